/* libwebsockets must keep no idle timer for a connection. It walks its sorted list of
 * timers at each insertion, so with a timer per connection each accept and each pong
 * would cost as many steps as there are connections. */
#include <dlfcn.h>
#include <libwebsockets.h>

#include "cunit_main.h"

#include "core/check.h"
#include "rig.h"

#include "core/banned.h"

#define CLIENTS 24

typedef void insert_function(struct lws_dll2 *d, lws_dll2_owner_t *own,
    int (*compare)(const lws_dll2_t *d, const lws_dll2_t *i));

static unsigned insertions, longest;

/* Replaces the library's own function, so that this test counts every insertion into the
 * list of timers. The program has to export the replacement; otherwise the library calls
 * its own function. The header of libwebsockets 4.3 sets no visibility, and our compiler
 * option hides functions without one. */
__attribute__((visibility("default"))) void
lws_dll2_add_sorted(struct lws_dll2 *d, lws_dll2_owner_t *own,
    int (*compare)(const lws_dll2_t *d, const lws_dll2_t *i))
{
	static insert_function *real;

	if (real == NULL) {
		void *symbol = dlsym(RTLD_NEXT, "lws_dll2_add_sorted");

		CHECK(symbol != NULL);
		memcpy(&real, &symbol, sizeof(real));
	}
	insertions++;
	if (own->count > longest)
		longest = own->count;
	real(d, own, compare);
}

static void
starts_no_timer_at_a_pong_and_keeps_none(void)
{
	static struct client clients[CLIENTS];
	static struct rig rig;
	unsigned seen;

	rig_up(&rig);
	rig.conf.user_connections = CLIENTS;
	for (size_t i = 0; i < CLIENTS; i++)
		rig_client(&rig, &clients[i], 0);
	CU_ASSERT_TRUE(insertions > 0); /* the test counts the timers of the handshake */
	seen = insertions;
	for (size_t i = 0; i < CLIENTS; i++)
		client_send(&clients[i], 10, true, "es", 2);
	rig_turn(&rig);
	CU_ASSERT_EQUAL(insertions, seen);
	/* The list holds only libwebsockets' own timers, however many clients are
	 * connected. */
	CU_ASSERT_TRUE(longest < CLIENTS / 2);
	for (size_t i = 0; i < CLIENTS; i++)
		client_close(&clients[i]);
	rig_turn(&rig);
	rig_down(&rig);
}

static CU_TestInfo cases[] = {
    {"starts no timer at a pong, and keeps none of an open connection",
	starts_no_timer_at_a_pong_and_keeps_none},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/idle_timers", cases)
