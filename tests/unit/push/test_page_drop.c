/* Pages that were read before the deletion of a message are not used any more. */
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "cunit_main.h"
#include "log/page.h"

#include "core/banned.h"

static struct page_ask *asked[8];
static unsigned n_asked, arrived;
static struct pages *pages;
static struct tenant_id tenant;
static struct channel_id channel;

static bool
ask_page(void *ctx, struct page_ask *ask)
{
	(void)ctx;
	CHECK(n_asked < ES_COUNT(asked));
	asked[n_asked++] = ask;
	return true;
}

static void
page_arrived(void *ctx, struct page *page, struct list *waiters)
{
	(void)ctx, (void)page;
	arrived++;
	while (!list_empty(waiters))
		list_del(waiters->next);
}

static void
page_gone(void *ctx, struct list *waiters)
{
	page_arrived(ctx, NULL, waiters);
}

static void
begin(void)
{
	const struct pages_limits limits = {
	    .bytes = 1 << 20, .reading = 4, .per_tenant = 4, .keep_ms = 10000};
	const struct pages_io io = {.page = ask_page};
	const struct pages_events events = {.arrived = page_arrived, .gone = page_gone};

	keyed_hash_draw();
	n_asked = arrived = 0;
	memset(&tenant, 0, sizeof(tenant));
	memset(&channel, 0, sizeof(channel));
	memcpy(tenant.text, "t", 2);
	memcpy(channel.text, "c", 2);
	pages = pages_new(&limits, &io, &events);
}

/* Asks for the page after the number, as a reader that waits for it. */
static void
want(int64_t after)
{
	static struct list readers[ES_COUNT(asked)];
	struct list *reader = &readers[n_asked];

	list_init(reader);
	list_add_tail(pages_want(pages, &tenant, &channel, after, 0, 1000), reader);
}

/* Answers the question i by one event, read when the head was `head`. */
static void
answer(unsigned i, enum event_kind kind, int64_t message_id, int64_t head)
{
	struct event ev = {.kind = kind,
	    .display_name = "X",
	    .body = kind == EVENT_MESSAGE ? "the text" : NULL,
	    .message_id = message_id,
	    .seq = asked[i]->after + 1};
	const struct event_page page = {
	    .events = &ev, .n = 1, .through = asked[i]->to, .head = head};

	asked[i]->done(asked[i], ES_OK, &page);
}

static bool
held(int64_t after)
{
	return pages_find(pages, &tenant, &channel, after, 1000) != NULL;
}

static void
a_page_with_the_text_is_dropped(void)
{
	begin();
	for (int64_t after = 0; after < 400; after += 100)
		want(after);
	answer(0, EVENT_MESSAGE, 0, 400);
	answer(1, EVENT_MESSAGE, 0, 400);
	answer(2, EVENT_MESSAGE, 0, 400);
	answer(3, EVENT_MESSAGE, 0, 500); /* the answer includes the event 500 */
	pages_drop_message(pages, &tenant, &channel, 150, 500);
	CU_ASSERT_TRUE(held(0)); /* only numbers below the message's */
	CU_ASSERT_FALSE(held(100));
	CU_ASSERT_FALSE(held(200)); /* may have an edit of the message */
	CU_ASSERT_TRUE(held(300));
	pages_drop_message(pages, &tenant, &channel, 1, 600);
	CU_ASSERT_FALSE(held(0));
	CU_ASSERT_FALSE(held(300));
	pages_drop_message(pages, &tenant, &channel, 1, 600); /* no page is left */
	pages_free(&pages);
}

static void
a_read_under_way_is_repeated_once(void)
{
	begin();
	want(100);
	pages_drop_message(pages, &tenant, &channel, 150, 500);
	answer(0, EVENT_MESSAGE, 0, 499);
	CU_ASSERT_EQUAL(arrived, 0);
	CU_ASSERT_EQUAL(n_asked, 2);
	CU_ASSERT_FALSE(held(100));
	answer(1, EVENT_MESSAGE, 0, 400); /* the database was restored */
	CU_ASSERT_EQUAL(arrived, 1);
	CU_ASSERT_EQUAL(n_asked, 2);
	/* an answer that includes the deletion is good at once */
	want(200);
	pages_drop_message(pages, &tenant, &channel, 150, 500);
	answer(2, EVENT_MESSAGE, 0, 500);
	CU_ASSERT_EQUAL(n_asked, 3);
	CU_ASSERT_TRUE(held(200));
	pages_free(&pages);
}

/* Redis has lost the event, and a page brings it. */
static void
a_deletion_in_a_page_drops_older_pages(void)
{
	begin();
	want(0);
	want(100);
	want(200);
	want(300);
	answer(0, EVENT_MESSAGE, 0, 200);
	answer(1, EVENT_MESSAGE, 0, 200);
	answer(3, EVENT_MESSAGE_DELETED, 150, 400);
	CU_ASSERT_TRUE(held(0));
	CU_ASSERT_FALSE(held(100));
	CU_ASSERT_TRUE(held(300));
	answer(2, EVENT_MESSAGE, 0, 250); /* read before the deletion */
	CU_ASSERT_FALSE(held(200));
	CU_ASSERT_EQUAL(n_asked, 5);
	answer(4, EVENT_MESSAGE, 0, 400);
	CU_ASSERT_TRUE(held(200));
	pages_free(&pages);
}

/* An old page is of no use, and may have texts that were deleted since. */
static void
an_expired_page_leaves_memory(void)
{
	const struct list *waiters;

	begin();
	want(0);
	answer(0, EVENT_MESSAGE, 0, 100);
	pages_tick(pages, 11000);
	CU_ASSERT_TRUE(held(0));
	pages_tick(pages, 11001);
	CU_ASSERT_FALSE(held(0)); /* it would still be found for the time 1000 */
	waiters = pages_want(pages, &tenant, &channel, 0, 0, 11001);
	CU_ASSERT_TRUE(list_empty(waiters));
	pages_free(&pages);
}

static CU_TestInfo cases[] = {
    {"a page that may have the text is dropped", a_page_with_the_text_is_dropped},
    {"a read under way is repeated once", a_read_under_way_is_repeated_once},
    {"a deletion in a page drops older pages", a_deletion_in_a_page_drops_older_pages},
    {"an expired page leaves memory", an_expired_page_leaves_memory},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/page_drop", cases)
