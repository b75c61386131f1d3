/* The rig's fakes of announcements, limits and the log. The fakes of the stores are in
 * other files. */
#include <string.h>

#include "core/log.h"
#include "cunit_main.h"
#include "env/announce.h"
#include "guard/call_limit.h"
#include "guard/channel_access.h"
#include "rig.h"

#include "core/banned.h"

void
announce_event(struct api *api, const struct http_req *req, struct event *event)
{
	(void)api, (void)req;
	rig_note_call("announce_event", "%s %lld", event_kind_name(event->kind),
	    (long long)event->seq);
}

void
announce_events(struct api *api, const struct http_req *req, struct event_list *events)
{
	(void)api, (void)req;
	rig_note_call("announce_events", "%zu", events->n);
}

void
announce_acl(struct api *api, const struct http_req *req, const struct control *change)
{
	(void)api, (void)req;
	CU_ASSERT_EQUAL(change->names_user, change->user.text[0] != '\0');
	rig_note_call("announce_acl", "%s user=%s jti=%s version=%lld",
	    rig_id(change->tenant.text), rig_id(change->user.text),
	    change->jti[0] == '\0' ? "-" : change->jti, (long long)change->acl_version);
}

void
announce_user_offline(
    struct api *api, const struct http_req *req, const struct user_id *user)
{
	(void)api, (void)req;
	rig_note_call("announce_user_offline", "%s", rig_id(user->text));
}

void
announce_tenant_offline(
    struct api *api, const struct http_req *req, const struct tenant_id *tenant)
{
	(void)api, (void)req;
	rig_note_call("announce_tenant_offline", "%s", rig_id(tenant->text));
}

void
announce_typing(
    struct api *api, const struct http_req *req, const struct channel_id *channel)
{
	(void)api, (void)req;
	rig_note_call("announce_typing", "%s", rig_id(channel->text));
}

void
announce_receipt(struct api *api, const struct http_req *req,
    const struct channel_id *channel, int64_t message)
{
	(void)api, (void)req;
	rig_note_call(
	    "announce_receipt", "%s %lld", rig_id(channel->text), (long long)message);
}

void
announce_read(struct api *api, const struct http_req *req,
    const struct channel_id *channel, int64_t message)
{
	(void)api, (void)req;
	rig_note_call(
	    "announce_read", "%s %lld", rig_id(channel->text), (long long)message);
}

enum es_code
call_limit_charge(struct api *api, const struct http_req *req, const char *policy,
    int64_t per_minute, struct http_res *res, struct es_err *err)
{
	(void)api, (void)req, (void)res;
	return rig_called(
	    err, "call_limit_charge", "%s %lld", policy, (long long)per_minute);
}

enum es_code
channel_access_check_post(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err)
{
	(void)api, (void)req;
	return rig_called(err, "channel_access_check_post", "%s", rig_id(channel->text));
}

/* Records a line of the log as a call. */
void
log_write(
    enum log_level level, const char *msg, const struct log_field fields[], unsigned n)
{
	struct text said;

	CU_ASSERT_EQUAL(level, LOG_INFO);
	text_init(&said, rig.mem, 4096);
	for (unsigned i = 0; i < n; i++) {
		const bool is_id = strlen(fields[i].str) == ES_UUID_TEXT - 1;

		text_addf(&said, " %s=%s", fields[i].key,
		    is_id ? rig_id(fields[i].str) : fields[i].str);
	}
	rig_note_call("log", "%s%s", msg, said.data);
}
