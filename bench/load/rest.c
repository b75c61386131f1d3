/* Closed loops of REST requests: each connection sends its next request when it has the
 * answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "commands.h"
#include "http.h"

static struct rest {
	char request[8192];
	size_t len;
	int64_t count_from_us, until_us;
	uint64_t n, failed;
	int last_failure; /* status */
	unsigned busy;
	struct histogram times;
} rest;

static void
rest_ask(struct load *l, struct http *h)
{
	h->began_us = load_now_us();
	rest.busy++;
	http_ask(l, h, rest.request, rest.len);
}

static void
rest_done(struct load *l, struct http *h)
{
	const int64_t now_us = load_now_us();

	rest.busy--;
	if (h->status < 200 || h->status > 299) {
		rest.failed++;
		rest.last_failure = h->status;
	}
	if (h->began_us >= rest.count_from_us && now_us <= rest.until_us) {
		rest.n++;
		histogram_add(&rest.times, now_us - h->began_us);
	}
	if (now_us < rest.until_us)
		rest_ask(l, h);
}

/* rest CONNECTIONS MS WARM_MS METHOD PATH [PREFER]; a POST has a message for its body */
void
rest_command(struct load *l, const char *words)
{
	char method[8], path[400], prefer[40] = "", body[300] = "";
	unsigned n, ms, warm_ms;
	struct http *all;

	if (sscanf(words, "%u %u %u %7s %399s %39s", &n, &ms, &warm_ms, method, path,
		prefer) < 5 ||
	    n == 0 || l->n_clients == 0)
		load_die("rest: wrong arguments");
	(void)snprintf(
	    body, sizeof(body), "{\"body\":\"%0200d\"}", 0); /* 200 characters */
	memset(&rest, 0, sizeof(rest));
	rest.len = http_request(rest.request, sizeof(rest.request), method, path,
	    l->clients[0].token, prefer, strcmp(method, "POST") == 0 ? body : NULL);
	all = http_open(l, n, rest_done);
	rest.count_from_us = load_now_us() + (int64_t)warm_ms * 1000;
	rest.until_us = rest.count_from_us + (int64_t)ms * 1000;
	for (unsigned i = 0; i < n; i++)
		rest_ask(l, &all[i]);
	/* Stop waiting after COMMAND_GRACE_US. Answers that did not come by then count as
	 * failed. */
	while (rest.busy > 0 && load_now_us() < rest.until_us + COMMAND_GRACE_US)
		load_turn(l, rest.until_us + COMMAND_GRACE_US);
	http_close(l, &all, n);
	printf("{\"requests\":%lu,\"perS\":%.1f,\"failed\":%lu,\"lastFailure\":%d,",
	    (unsigned long)rest.n, (double)rest.n * 1000 / ms,
	    (unsigned long)(rest.failed + rest.busy), rest.last_failure);
	report_times("us", &rest.times);
	printf("}\n");
}
