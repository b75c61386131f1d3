#include "ws_wire.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"

#include "core/banned.h"

#define SEND_MS 10000

/* libcurl knows http, not ws; the path does not matter to CONNECT_ONLY. */
static void
set_address(CURL *curl, const char *url)
{
	char http[4200];

	if (strncmp(url, "unix:", 5) == 0) {
		curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, url + 5);
		curl_easy_setopt(curl, CURLOPT_URL, "http://localhost/");
		return;
	}
	(void)snprintf(
	    http, sizeof(http), "http%s", url + 2); /* ws -> http, wss -> https */
	curl_easy_setopt(curl, CURLOPT_URL, http);
}

bool
ws_wire_open(struct ws_wire *w, const char *url, int64_t timeout_ms, char why[WS_WHY])
{
	CURLcode rc;

	w->len = 0;
	w->curl = curl_easy_init();
	set_address(w->curl, url);
	curl_easy_setopt(w->curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(w->curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(w->curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(w->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(w->curl, CURLOPT_NOSIGNAL, 1L);
	rc = curl_easy_perform(w->curl);
	if (rc == CURLE_OK)
		rc = curl_easy_getinfo(w->curl, CURLINFO_ACTIVESOCKET, &w->fd);
	if (rc != CURLE_OK)
		(void)snprintf(why, WS_WHY, "%s", curl_easy_strerror(rc));
	return rc == CURLE_OK;
}

void
ws_wire_close(struct ws_wire *w)
{
	curl_easy_cleanup(w->curl);
}

static bool
ready(const struct ws_wire *w, short what, int64_t deadline_ms)
{
	struct pollfd p = {.fd = w->fd, .events = what};
	const int64_t left_ms = deadline_ms - clock_mono_ms();

	return poll(&p, 1, left_ms > 0 ? (int)left_ms : 0) > 0;
}

bool
ws_wire_send(struct ws_wire *w, const void *data, size_t len)
{
	const int64_t deadline_ms = clock_mono_ms() + SEND_MS;
	size_t sent = 0;

	while (sent < len) {
		size_t n = 0;
		const CURLcode rc =
		    curl_easy_send(w->curl, (const char *)data + sent, len - sent, &n);

		sent += n;
		if (rc == CURLE_AGAIN && !ready(w, POLLOUT, deadline_ms))
			return false;
		if (rc != CURLE_OK && rc != CURLE_AGAIN)
			return false;
	}
	return true;
}

int
ws_wire_read(struct ws_wire *w, int64_t deadline_ms)
{
	for (;;) {
		size_t n = 0;
		CURLcode rc;

		if (w->len == sizeof(w->data))
			return -1;
		rc = curl_easy_recv(
		    w->curl, w->data + w->len, sizeof(w->data) - w->len, &n);
		w->len += n;
		if (rc == CURLE_OK)
			return n > 0 ? 1 : -1;
		if (rc != CURLE_AGAIN)
			return -1;
		if (!ready(w, POLLIN, deadline_ms))
			return 0;
	}
}

void
ws_wire_drop(struct ws_wire *w, size_t n)
{
	memmove(w->data, w->data + n, w->len - n);
	w->len -= n;
}
