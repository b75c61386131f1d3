#include "guard/jwks_fetch.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "auth/jwks.h"
#include "core/check.h"
#include "core/text.h"
#include "guard/public_address.h"

#include "core/banned.h"

struct fetch {
	struct text body;
	bool any_address; /* ES_JWKS_ALLOW_HOSTS lists the host */
	bool refused;     /* the host has an address that is not public */
};

static enum es_code
jwks_fetch_fail(struct es_err *err, const char *why)
{
	return es_fail_field(err, ES_INVALID, "jwksUrl", "%s", why);
}

static size_t
jwks_fetch_on_data(char *data, size_t size, size_t n, void *ctx)
{
	struct fetch *f = ctx;

	if (f->body.len + size * n > JWKS_BYTES_MAX)
		return 0; /* libcurl aborts the transfer */
	text_add(&f->body, data, size * n);
	return size * n;
}

static bool
jwks_fetch_read_address(const struct curl_sockaddr *from, struct net_address *out)
{
	if (from->family == AF_INET && from->addrlen >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in v4;

		memcpy(&v4, &from->addr, sizeof(v4));
		*out = net_address_v4((const unsigned char *)&v4.sin_addr);
		return true;
	}
	if (from->family == AF_INET6 && from->addrlen >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 v6;

		memcpy(&v6, &from->addr, sizeof(v6));
		memcpy(out->bytes, &v6.sin6_addr, sizeof(out->bytes));
		return true;
	}
	return false;
}

/* libcurl is about to connect to this address. */
static curl_socket_t
jwks_fetch_on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct fetch *f = ctx;
	struct net_address address;

	if (purpose != CURLSOCKTYPE_IPCXN || !jwks_fetch_read_address(to, &address))
		return CURL_SOCKET_BAD;
	if (!f->any_address && !public_address(&address)) {
		f->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static bool
jwks_fetch_is_listed(const char *list, const char *host)
{
	const size_t n = strlen(host);

	while (*list != '\0') {
		const size_t len = strcspn(list, ",");

		if (len == n && strncasecmp(list, host, n) == 0)
			return true;
		list += len;
		list += strspn(list, ",");
	}
	return false;
}

/* Accepts an https URL with a host and without user and password. */
static enum es_code
jwks_fetch_check_url(
    const char *url, const char *allowed, bool *any_address, struct es_err *err)
{
	CURLU *u = curl_url();
	char *host = NULL, *user = NULL, *scheme = NULL;
	bool good;

	CHECK(u != NULL);
	good = curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	       curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	       strcmp(scheme, "https") == 0 &&
	       curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	       curl_url_get(u, CURLUPART_USER, &user, 0) != CURLUE_OK;
	if (good)
		*any_address = jwks_fetch_is_listed(allowed, host);
	curl_free(host);
	curl_free(user);
	curl_free(scheme);
	curl_url_cleanup(u);
	return good ? ES_OK
	            : jwks_fetch_fail(
			  err, "must be an https URL without user and password");
}

static void
jwks_fetch_set_options(
    CURL *curl, const struct api_conf *conf, const char *url, struct fetch *f)
{
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(
	    curl, CURLOPT_PROXY, ""); /* else the check would see a proxy's address */
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)JWKS_FETCH_MS);
	(void)curl_easy_setopt(curl, CURLOPT_MAXFILESIZE, (long)JWKS_BYTES_MAX);
	(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, jwks_fetch_on_socket);
	(void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, f);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, jwks_fetch_on_data);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, f);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "EchoStream/" ES_VERSION);
	if (conf->jwks_ca_file[0] != '\0')
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, conf->jwks_ca_file);
}

/* The error text holds the HTTP status or is one of these fixed texts, never a part of
 * the response: a tenant must not read the data of hosts that only this network can
 * reach. */
static enum es_code
jwks_fetch_check_result(
    CURLcode rc, long status, const struct fetch *f, struct es_err *err)
{
	if (f->refused)
		return jwks_fetch_fail(err, "the host has an address that is not public");
	if (rc == CURLE_OPERATION_TIMEDOUT)
		return jwks_fetch_fail(err, "the host has not answered in 3 s");
	if (rc == CURLE_WRITE_ERROR || rc == CURLE_FILESIZE_EXCEEDED)
		return jwks_fetch_fail(err, "the answer has more than 65536 bytes");
	if (rc == CURLE_PEER_FAILED_VERIFICATION)
		return jwks_fetch_fail(err, "the certificate of the host is not valid");
	if (rc != CURLE_OK)
		return jwks_fetch_fail(err, "the host can't be reached");
	if (status >= 300 && status < 400)
		return jwks_fetch_fail(
		    err, "the answer is a redirect, which is not followed");
	if (status != 200)
		return es_fail_field(err, ES_INVALID, "jwksUrl",
		    "the host has answered with status %ld", status);
	return ES_OK;
}

enum es_code
jwks_fetch(const struct api_conf *conf, const char *url, enum token_alg alg,
    struct arena *a, const char **out, struct es_err *err)
{
	struct jwk keys[JWKS_KEYS_MAX];
	struct es_err why = {0};
	struct fetch f = {0};
	long status = 0;
	size_t n = 0;
	CURLcode rc;
	CURL *curl;

	TRY(jwks_fetch_check_url(url, conf->jwks_allow_hosts, &f.any_address, err));
	text_init(&f.body, a, JWKS_BYTES_MAX + 1);
	curl = curl_easy_init();
	CHECK(curl != NULL);
	jwks_fetch_set_options(curl, conf, url, &f);
	rc = curl_easy_perform(curl);
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	TRY(jwks_fetch_check_result(rc, status, &f, err));
	if (jwks_parse(f.body.data, f.body.len, alg, a, keys, &n, &why) != ES_OK)
		return jwks_fetch_fail(err, why.text);
	for (size_t i = 0; i < n; i++)
		token_pubkey_free(&keys[i].key);
	*out = arena_memdup(a, f.body.data, f.body.len);
	return ES_OK;
}
