/* The list of pages of each channel. */
#include "cunit_main.h"

#include "crypto/keyed_hash.h"
#include "log/page_channels.h"

#include "core/banned.h"

static const struct tenant_id acme = {"01900000-0000-7000-8000-000000000001"},
			      globex = {"01900000-0000-7000-8000-000000000002"};
static const struct channel_id general = {"01900000-0000-7000-8000-0000000000c1"},
			       other = {"01900000-0000-7000-8000-0000000000c2"};

static void
a_channel_exists_while_it_has_pages(void)
{
	struct table channels;
	struct list pages[3];
	struct page_channel *ch;

	keyed_hash_draw();
	table_init(&channels);
	CU_ASSERT_PTR_NULL(page_channels_find(&channels, &acme, &general));
	ch = page_channels_join(&channels, &acme, &general, &pages[0]);
	CU_ASSERT_PTR_EQUAL(page_channels_find(&channels, &acme, &general), ch);
	CU_ASSERT_PTR_NULL(page_channels_find(&channels, &acme, &other));
	CU_ASSERT_PTR_NULL(page_channels_find(&channels, &globex, &general));
	CU_ASSERT_PTR_EQUAL(
	    page_channels_join(&channels, &acme, &general, &pages[1]), ch);
	CU_ASSERT_PTR_NOT_EQUAL(
	    page_channels_join(&channels, &globex, &general, &pages[2]), ch);
	CU_ASSERT_EQUAL(channels.n, 2);
	page_channels_leave(&channels, ch, &pages[0]);
	CU_ASSERT_PTR_EQUAL(page_channels_find(&channels, &acme, &general), ch);
	page_channels_leave(&channels, ch, &pages[1]);
	CU_ASSERT_PTR_NULL(page_channels_find(&channels, &acme, &general));
	page_channels_leave(
	    &channels, page_channels_find(&channels, &globex, &general), &pages[2]);
	CU_ASSERT_EQUAL(channels.n, 0);
	table_fini(&channels);
}

static CU_TestInfo cases[] = {
    {"a channel exists while it has pages", a_channel_exists_while_it_has_pages},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/page_channels", cases)
