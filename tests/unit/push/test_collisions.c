/* A client chooses the ids in its frames, so it must not be able to choose their buckets
 * in the hub's tables. */
#include "cunit_main.h"

#include "hub/channel.h"
#include "hub/hub_state.h"
#include "hub_rig.h"
#include "unit/fnv_collisions.h"

#include "core/banned.h"

/* 8,000 ids in 8,192 buckets: one run in 10^16 has a longer chain by chance. */
#define LONGEST_CHAIN 20

static struct fnv_collision ids[FNV_COLLISIONS];

static void
ignore_topic(void *ctx, const char *topic, bool wanted)
{
	(void)ctx, (void)topic, (void)wanted;
}

static void
channels_chosen_to_collide_are_spread(void)
{
	struct hub *hub;

	fnv_collisions(OUT_TENANT, ids);
	hub_begin(NULL);
	hub = worker.hub;
	hub->io.topic = ignore_topic; /* the fake has room for few topics */
	for (size_t i = 0; i < FNV_COLLISIONS; i++)
		(void)channel_find_or_add(hub, &ids[i].tenant, &ids[i].channel);
	CU_ASSERT_EQUAL(hub->channels.n, FNV_COLLISIONS);
	CU_ASSERT_TRUE(fnv_collisions_longest(&hub->channels) <= LONGEST_CHAIN);
	hub_end();
}

static CU_TestInfo cases[] = {
    {"8,000 channels chosen to collide are spread",
	channels_chosen_to_collide_are_spread},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/collisions", cases)
