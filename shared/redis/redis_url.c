/* Parses the URL of a Redis server. */
#include <string.h>

#include "core/hex.h"
#include "core/parse.h"
#include "redis/redis_tls.h"

#include "core/banned.h"

#define DB_MAX 9999

static enum es_code
redis_url_refuse(struct es_err *err, const char *why)
{
	return es_fail(err, ES_INVALID, "Redis URL: %s", why);
}

/* Percent-decoding (RFC 3986 section 2.1). NULL: the text is malformed or contains
 * %00. */
static const char *
redis_url_decode(const char *s, size_t len, struct arena *a)
{
	char *out = arena_alloc(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int octet;

		if (s[i] != '%') {
			out[n++] = s[i];
			continue;
		}
		octet = hex_percent(s + i, len - i);
		if (octet <= 0)
			return NULL;
		out[n++] = (char)octet;
		i += 2;
	}
	return out;
}

/* Parses [user][:password], the part before the '@'. */
static enum es_code
redis_url_parse_login(
    const char *s, size_t len, struct arena *a, struct redis_url *url, struct es_err *err)
{
	const char *colon = memchr(s, ':', len);
	const size_t user_len = colon != NULL ? (size_t)(colon - s) : len;

	if (colon == NULL)
		return redis_url_refuse(
		    err, "a password is written :password@ or user:password@");
	if (user_len > 0)
		url->user = redis_url_decode(s, user_len, a);
	url->password = redis_url_decode(colon + 1, len - user_len - 1, a);
	if ((user_len > 0 && url->user == NULL) || url->password == NULL)
		return redis_url_refuse(err, "bad percent-encoding in user or password");
	if (url->password[0] == '\0')
		return redis_url_refuse(err, "empty password");
	return ES_OK;
}

/* Parses host[:port] or [IPv6 address][:port]. */
static enum es_code
redis_url_parse_host(
    const char *s, size_t len, struct arena *a, struct redis_url *url, struct es_err *err)
{
	const char *host = s, *end = s + len, *host_end, *port = NULL;
	int64_t number = 6379;

	if (len > 0 && *s == '[') {
		host = s + 1;
		host_end = memchr(s, ']', len);
		if (host_end == NULL)
			return redis_url_refuse(err, "missing ']'");
		if (host_end + 1 < end && host_end[1] != ':')
			return redis_url_refuse(err, "unexpected text after ']'");
		if (host_end + 1 < end)
			port = host_end + 2;
	} else {
		host_end = memchr(s, ':', len);
		if (host_end != NULL)
			port = host_end + 1;
		else
			host_end = end;
	}
	if (host_end == host)
		return redis_url_refuse(err, "missing host");
	if (port != NULL &&
	    !parse_int(arena_memdup(a, port, (size_t)(end - port)), 1, 65535, &number))
		return redis_url_refuse(err, "port is not 1 to 65535");
	url->host = arena_memdup(a, host, (size_t)(host_end - host));
	url->port = (int)number;
	return ES_OK;
}

static enum es_code
redis_url_parse_db(const char *s, struct redis_url *url, struct es_err *err)
{
	int64_t db;

	if (!parse_int(s, 0, DB_MAX, &db))
		return redis_url_refuse(err, "database is not a number from 0 to 9999");
	url->db = (int)db;
	return ES_OK;
}

static enum es_code
redis_url_parse_tcp(
    const char *s, struct arena *a, struct redis_url *url, struct es_err *err)
{
	const char *end = s + strcspn(s, "/?#");
	const char *at = memrchr(s, '@', (size_t)(end - s));

	if (*end == '?' || *end == '#')
		return redis_url_refuse(err, "unexpected query or fragment");
	if (at != NULL) {
		TRY(redis_url_parse_login(s, (size_t)(at - s), a, url, err));
		s = at + 1;
	}
	TRY(redis_url_parse_host(s, (size_t)(end - s), a, url, err));
	if (end[0] == '/' && end[1] != '\0')
		return redis_url_parse_db(end + 1, url, err);
	return ES_OK;
}

static enum es_code
redis_url_parse_tls(
    const char *s, struct arena *a, struct redis_url *url, struct es_err *err)
{
	if (!redis_tls_available())
		return redis_url_refuse(
		    err, "rediss:// needs TLS, which hiredis before 1.0 lacks");
	url->tls = true;
	return redis_url_parse_tcp(s, a, url, err);
}

static enum es_code
redis_url_parse_unix(
    const char *s, struct arena *a, struct redis_url *url, struct es_err *err)
{
	const size_t len = strcspn(s, "?");

	if (*s != '/')
		return redis_url_refuse(
		    err, "unix: needs an absolute path: unix:///path/to.sock");
	if (len > 107)
		return redis_url_refuse(
		    err, "the path of a unix socket has at most 107 bytes");
	url->path = arena_memdup(a, s, len);
	if (s[len] == '\0')
		return ES_OK;
	if (strncmp(s + len, "?db=", 4) != 0)
		return redis_url_refuse(
		    err, "unknown query parameter; only ?db=N is allowed");
	return redis_url_parse_db(s + len + 4, url, err);
}

enum es_code
redis_url_parse(
    const char *url, struct arena *a, struct redis_url *out, struct es_err *err)
{
	struct redis_url parsed = {0};

	for (const char *p = url; *p != '\0'; p++)
		if (*p <= ' ' || *p == 0x7f)
			return redis_url_refuse(err, "blank or control character");
	if (strncmp(url, "redis://", 8) == 0)
		TRY(redis_url_parse_tcp(url + 8, a, &parsed, err));
	else if (strncmp(url, "unix://", 7) == 0)
		TRY(redis_url_parse_unix(url + 7, a, &parsed, err));
	else if (strncmp(url, "rediss://", 9) == 0)
		TRY(redis_url_parse_tls(url + 9, a, &parsed, err));
	else
		return redis_url_refuse(
		    err, "must start with redis://, rediss:// or unix://");
	*out = parsed;
	return ES_OK;
}

size_t
redis_url_auth(const struct redis_url *url, const char *argv[3])
{
	size_t n = 0;

	if (url->password == NULL)
		return 0;
	argv[n++] = "AUTH";
	if (url->user != NULL)
		argv[n++] = url->user;
	argv[n++] = url->password;
	return n;
}

enum es_code
redis_url_check(const char *url, struct arena *a, struct es_err *err)
{
	struct redis_url parts;

	return redis_url_parse(url, a, &parts, err);
}
