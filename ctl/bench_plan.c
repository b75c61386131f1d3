#include "bench_plan.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

bool
bench_plan_read(
    const struct bench_words *words, struct bench_plan *out, char why[BENCH_WHY])
{
	struct bench_plan plan = {
	    .sockets = 100, .channels = 10, .rate = 10, .seconds = 10};
	const struct {
		const char *name, *word;
		int64_t max, *value;
	} rows[] = {
	    {"sockets", words->sockets, BENCH_SOCKETS_MAX, &plan.sockets},
	    {"channels", words->channels, BENCH_CHANNELS_MAX, &plan.channels},
	    {"rate", words->rate, BENCH_RATE_MAX, &plan.rate},
	    {"seconds", words->seconds, BENCH_SECONDS_MAX, &plan.seconds},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++)
		if (rows[i].word != NULL &&
		    !parse_int(rows[i].word, 1, rows[i].max, rows[i].value)) {
			(void)snprintf(why, BENCH_WHY,
			    "--%s must be 1 to %lld, got: %.100s", rows[i].name,
			    (long long)rows[i].max, rows[i].word);
			return false;
		}
	*out = plan;
	return true;
}

uint64_t
bench_plan_messages(const struct bench_plan *p)
{
	return (uint64_t)(p->rate * p->seconds);
}

int64_t
bench_plan_due_us(const struct bench_plan *p, uint64_t k)
{
	return (int64_t)k * 1000000 / p->rate;
}

unsigned
bench_plan_each(const struct bench_plan *p)
{
	return p->channels < BENCH_EACH ? (unsigned)p->channels : BENCH_EACH;
}

unsigned
bench_plan_channel(const struct bench_plan *p, unsigned socket, unsigned i)
{
	return (socket + i) % (unsigned)p->channels;
}

static bool
bench_plan_is_loopback(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;
	char bare[BENCH_HOST];

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	(void)snprintf(bare, sizeof(bare), "%s", host + (*host == '['));
	bare[strcspn(bare, "]")] = '\0';
	return inet_pton(AF_INET6, bare, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool
bench_plan_is_local(const char *url, char out[BENCH_HOST])
{
	CURLU *parts = curl_url();
	char *host = NULL;
	bool local = false;

	(void)snprintf(out, BENCH_HOST, "%.*s", BENCH_HOST - 1, url);
	if (strncmp(url, "unix:", 5) == 0)
		local = true;
	else if (curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) ==
		     CURLUE_OK &&
		 curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
		(void)snprintf(out, BENCH_HOST, "%.*s", BENCH_HOST - 1, host);
		local = bench_plan_is_loopback(out);
	}
	curl_free(host);
	curl_url_cleanup(parts);
	return local;
}
