/* A channel is deleted or taken over: the event is announced and the log names the actor.
 */
#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define TOLD "; announce_event(channel_updated 8)"
#define AUDIT(action) \
	"; log(audit action=" action " tenant=0001 actor=a001 channel=c001 rid=req-1)"
#define TAKEN "ownership_store_take_over(c001)"

static void
deleted(void)
{
	static const struct rig_row rows[] = {
	    {"a channel", channels_delete, "owner", .params = {RIG_CHANNEL},
		.status = 204,
		.calls = "channel_store_delete(c001)" AUDIT("channel_deleted") TOLD},
	    {"a malformed id", channels_delete, "owner", .params = {"lobby"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
taken_over(void)
{
	static const struct rig_row rows[] = {
	    {"a channel", channels_take_over, "owner", .params = {RIG_CHANNEL},
		.status = 200, .calls = TAKEN AUDIT("channel_taken_over") TOLD,
		.says = "{\"channelId\":\"" RIG_CHANNEL
			"\",\"name\":\"lobby\",\"topic\":\"talk\",\"isPrivate\":false,"
			"\"postingPolicy\":\"everyone\",\"kind\":\"channel\","
			"\"createdBy\":\"" RIG_ALICE "\",\"createdAt\":\"" RIG_TIME "\","
			"\"archivedAt\":null,\"role\":\"owner\",\"lastMessageId\":7,"
			"\"seq\":8}"},
	    {"a malformed id", channels_take_over, "owner", .params = {"lobby"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

/* The caller already owns the channel, so the event has seq 0. announce_event() sends no
 * event with seq 0. */
static void
owned_already(void)
{
	static const struct rig_row rows[] = {
	    {"the caller's own", channels_take_over, "owner", .params = {RIG_CHANNEL},
		.status = 200, .calls = TAKEN "; announce_event(channel_updated 0)"},
	};

	rig_begin();
	rig.event.seq = 0;
	RIG_ROWS(rows);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"a channel is deleted", deleted},
    {"a channel is taken over", taken_over},
    {"taking over a channel that the caller owns announces nothing", owned_already},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/channels_owner", cases)
