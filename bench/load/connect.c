/* Connects many clients, a fixed number at a time. */
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "commands.h"

#define TURN_US 100000

void
connect_cut(struct load *l)
{
	memset(&l->results, 0, sizeof(l->results));
	for (unsigned i = 0; i < l->n_clients; i++)
		if (l->clients[i].socket.fd >= 0)
			client_cut(l, &l->clients[i]);
	printf("{\"ready\":%u}\n", l->n_ready);
}

/* connect COUNT AT_ONCE MS: connects those of the first COUNT clients that are not
 * connected. A client whose attempt failed tries again after all others. Gives up after
 * MS milliseconds. */
void
connect_command(struct load *l, const char *words)
{
	unsigned count, at_once, ms, next = 0, before = l->n_ready;
	int64_t began_us, until_us, took_us;

	if (sscanf(words, "%u %u %u", &count, &at_once, &ms) != 3 ||
	    count > l->n_clients || at_once == 0)
		load_die("connect: wrong arguments");
	memset(&l->results, 0, sizeof(l->results));
	began_us = load_now_us();
	until_us = began_us + (int64_t)ms * 1000;
	while (l->n_ready < count && load_now_us() < until_us) {
		for (; next < count && l->under_way < at_once; next++)
			if (l->clients[next].phase == AWAY)
				client_connect(l, &l->clients[next]);
		if (next == count && l->under_way == 0)
			next = 0;
		load_turn(l, load_now_us() + TURN_US);
	}
	took_us = load_now_us() - began_us;
	printf("{\"clients\":%u,\"ready\":%u,\"us\":%lld,\"perS\":%.1f,", count,
	    l->n_ready, (long long)took_us,
	    (double)(l->n_ready - before) * 1e6 / (double)took_us);
	report_results(l);
	printf("}\n");
}
