#include "door/request_head.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "crypto/digest.h"
#include "door/head_text.h"

#include "core/banned.h"

#define HEADERS_MAX 100

/* The values that are collected while the lines are read. */
struct reading {
	struct request_head *head;
	char *path, *query;
	const char *method, *upgrade, *connection, *version, *authorization, *protocols;
	bool has_body;
};

static enum request_verdict
request_head_refuse(struct request_head *head, int status, const char *why)
{
	head->status = status;
	head->why = why;
	return REQUEST_REFUSED;
}

/* GET /ws?token=x HTTP/1.1 */
static const char *
request_head_read_request_line(struct reading *r, char *line)
{
	char *target = strchr(line, ' '), *version;

	if (target == NULL || target == line)
		return "malformed request line";
	*target++ = '\0';
	version = strchr(target, ' ');
	if (version == NULL || *target != '/')
		return "malformed request line";
	*version++ = '\0';
	if (strcmp(version, "HTTP/1.1") != 0)
		return "the protocol must be HTTP/1.1";
	if (!head_text_token(line) || !head_text_visible(target))
		return "malformed request line";
	r->method = line;
	r->path = target;
	r->query = strchr(target, '?');
	if (r->query != NULL)
		*r->query++ = '\0';
	return NULL;
}

/* Stores a header's value in *slot. A header that comes twice is an error. */
static const char *
request_head_once(const char **slot, const char *value)
{
	if (*slot != NULL)
		return "a header that may appear only once appears twice";
	*slot = value;
	return NULL;
}

static const char *
request_head_read_header(struct reading *r, const char *name, char *value)
{
	struct request_head *h = r->head;
	const struct {
		const char *name;
		const char **slot;
	} known[] = {
	    {"Host", &h->host},
	    {"Upgrade", &r->upgrade},
	    {"Connection", &r->connection},
	    {"Origin", &h->origin},
	    {"Authorization", &r->authorization},
	    {"Sec-WebSocket-Key", &h->key},
	    {"Sec-WebSocket-Version", &r->version},
	    {"Sec-WebSocket-Protocol", &r->protocols},
	};

	for (size_t i = 0; i < ES_COUNT(known); i++)
		if (strcasecmp(name, known[i].name) == 0)
			return request_head_once(known[i].slot, value);
	if (strcasecmp(name, "X-Forwarded-For") == 0)
		forwarded_add(&h->forwarded, value);
	else if (strcasecmp(name, "Transfer-Encoding") == 0 ||
		 (strcasecmp(name, "Content-Length") == 0 && strcmp(value, "0") != 0))
		r->has_body = true;
	return NULL;
}

static const char *
request_head_read_header_line(struct reading *r, char *line)
{
	char *value = strchr(line, ':');

	if (value == NULL || value == line)
		return "malformed header";
	*value++ = '\0';
	if (!head_text_token(line))
		return "malformed header";
	value = head_text_trim(value);
	if (!head_text_value(value))
		return "malformed header";
	return request_head_read_header(r, line, value);
}

/* Reads the lines of a head, which ends with an empty line. Terminates each in place. */
static const char *
request_head_read_lines(struct reading *r, char *data, size_t len)
{
	const char *wrong = NULL;
	char *line = data, *end;
	unsigned n = 0;

	if (memchr(data, '\0', len) != NULL)
		return "the request head contains a NUL byte";
	data[len - 2] = '\0'; /* the empty line that request_head_parse() has found */
	while (wrong == NULL && *line != '\0') {
		end = strstr(line, "\r\n");
		if (end == NULL)
			return "the request head contains a bare CR or LF";
		*end = '\0';
		if (strpbrk(line, "\r\n") != NULL)
			return "the request head contains a bare CR or LF";
		if (n == 0)
			wrong = request_head_read_request_line(r, line);
		else
			wrong = request_head_read_header_line(r, line);
		if (++n > HEADERS_MAX)
			return "too many headers";
		line = end + 2;
	}
	return n == 0 ? "malformed request line" : wrong;
}

static enum request_verdict
request_head_judge_handshake(struct reading *r)
{
	struct request_head *h = r->head;

	if (r->has_body)
		return request_head_refuse(
		    h, 400, "a WebSocket handshake must not have a body");
	if (r->upgrade == NULL || !head_text_has(r->upgrade, "websocket") ||
	    r->connection == NULL || !head_text_has(r->connection, "upgrade"))
		return request_head_refuse(h, 426,
		    "this is a WebSocket endpoint; connect with Upgrade: websocket");
	if (r->version == NULL || strcmp(r->version, "13") != 0)
		return request_head_refuse(h, 426, "Sec-WebSocket-Version must be 13");
	if (h->key == NULL || !head_text_key(h->key))
		return request_head_refuse(
		    h, 400, "Sec-WebSocket-Key must be 16 bytes in base64");
	h->protocol =
	    r->protocols != NULL && head_text_has(r->protocols, REQUEST_HEAD_PROTOCOL);
	if (r->protocols != NULL && !h->protocol)
		return request_head_refuse(h, 400,
		    "Sec-WebSocket-Protocol must offer " REQUEST_HEAD_PROTOCOL
		    " or be absent");
	return REQUEST_UPGRADE;
}

static enum request_verdict
request_head_judge(struct reading *r)
{
	struct request_head *h = r->head;
	const bool health = strcmp(r->path, "/healthz") == 0;

	if (h->host == NULL)
		return request_head_refuse(h, 400, "missing header: Host");
	if (!health && strcmp(r->path, "/ws") != 0)
		return request_head_refuse(
		    h, 404, "no such path; the WebSocket endpoint is /ws");
	if (strcmp(r->method, "GET") != 0)
		return request_head_refuse(h, 405, "the method must be GET");
	if (health)
		return REQUEST_HEALTH;
	if (r->authorization != NULL && strncasecmp(r->authorization, "Bearer ", 7) == 0)
		h->token = head_text_trim_const(r->authorization + 7);
	if (r->query != NULL && !head_text_query(r->query, "token", &h->token))
		return request_head_refuse(h, 400, "malformed query string");
	return request_head_judge_handshake(r);
}

enum request_verdict
request_head_parse(char *data, size_t len, struct request_head *out)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4), *wrong;
	struct reading r = {.head = out};

	memset(out, 0, sizeof(*out));
	if (end == NULL && len >= REQUEST_HEAD_MAX)
		return request_head_refuse(
		    out, 431, "the request head is longer than 8 KiB");
	if (end == NULL)
		return REQUEST_MORE;
	out->len = (size_t)(end - data) + 4;
	wrong = request_head_read_lines(&r, data, out->len);
	if (wrong != NULL)
		return request_head_refuse(out, 400, wrong);
	return request_head_judge(&r);
}

size_t
request_head_accept(const struct request_head *head, char out[REQUEST_HEAD_ANSWER_MAX])
{
	char accept[DIGEST_ACCEPT_TEXT];

	digest_websocket_accept(head->key, accept);
	return (size_t)snprintf(out, REQUEST_HEAD_ANSWER_MAX,
	    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
	    accept,
	    head->protocol ? "Sec-WebSocket-Protocol: " REQUEST_HEAD_PROTOCOL "\r\n"
			   : "");
}

bool
request_head_same_origin(const struct request_head *head)
{
	const char *host = strstr(head->origin, "://");

	return host != NULL && strcasecmp(host + 3, head->host) == 0;
}
