#include "rig.h"

#include <stdio.h>
#include <string.h>

#include "cunit_main.h"

#include "core/banned.h"

struct rig rig;

static const struct user a_user = {.id = {RIG_BOB},
    .email = "b@example.test",
    .display_name = "Bob",
    .role = "member",
    .status = "active",
    .external_id = "ext-7",
    .read_receipts = true,
    .created_ms = RIG_TIME_MS,
    .acl_version = 9};
static const struct channel a_channel = {.id = {RIG_CHANNEL},
    .name = "lobby",
    .topic = "talk",
    .posting_policy = "everyone",
    .kind = "channel",
    .created_by = {RIG_ALICE},
    .created_ms = RIG_TIME_MS,
    .role = "owner",
    .last_message_id = 7,
    .seq = 8};
static const struct member a_member = {.user = {RIG_BOB},
    .display_name = "Bob",
    .status = "active",
    .role = "member",
    .joined_ms = RIG_TIME_MS,
    .last_read_message_id = 5};
static const struct ban a_ban = {.user = {RIG_BOB},
    .display_name = "Bob",
    .banned_by = {RIG_ALICE},
    .banned_ms = RIG_TIME_MS};
static struct message_reaction reactions[] = {{.emoji = ":ok:", .count = 2, .me = true}};
static const struct message a_message = {.id = 7,
    .channel = {RIG_CHANNEL},
    .sender = {RIG_BOB},
    .sender_display_name = "Bob",
    .body = "hi",
    .client_id = "k",
    .created_ms = RIG_TIME_MS,
    .version = 3,
    .reactions = reactions,
    .n_reactions = 1};
static const struct tenant a_tenant = {.id = {RIG_TENANT},
    .name = "Acme",
    .created_ms = RIG_TIME_MS,
    .max_channels = 10,
    .max_messages_per_second = 20,
    .acl_version = 9,
    .status = "active",
    .settings = "{}"};
static const struct api_key a_key = {.id = {RIG_KEY},
    .name = "CRM",
    .hint = "beef",
    .scopes = "messages:write users:manage",
    .created_by = {RIG_ALICE},
    .created_ms = RIG_TIME_MS,
    .acl_version = 9};
static const struct auth_key an_auth_key = {.kid = "k1",
    .alg = "HS256",
    .issuer = "https://id.example.test",
    .created_ms = RIG_TIME_MS,
    .provision = true};

void
rig_begin(void)
{
	rig_end();
	rig = (struct rig){.fails_at = -1,
	    .user = a_user,
	    .channel = a_channel,
	    .event = {.kind = EVENT_CHANNEL_UPDATED, .seq = 8},
	    .member = a_member,
	    .ban = a_ban,
	    .message = a_message,
	    .tenant = a_tenant,
	    .admin = {{RIG_ALICE}, "a@example.test", "Alice"},
	    .key = a_key,
	    .auth_key = an_auth_key,
	    .revoked = {.valid_after_ms = RIG_TIME_MS, .acl_version = 9},
	    .n_items = 1};
	rig.conf = (struct api_conf){.auth_rate = 300, .ticket_rate = 600};
	rig.api.conf = &rig.conf;
}

void
rig_end(void)
{
	arena_free(&rig.mem);
}

static void
rig_request(const struct rig_row *row)
{
	const char *target =
	    row->query == NULL ? "/here" : arena_printf(rig.mem, "/here?%s", row->query);
	struct http_req *req = &rig.req;

	*req = (struct http_req){.arena = rig.mem,
	    .method = "POST",
	    .target = target,
	    .body = row->body,
	    .body_len = row->body == NULL ? 0 : strlen(row->body),
	    .headers = {.content_type = "application/json",
		.idempotency_key = row->idempotency_key},
	    .claims = {.tenant = {RIG_TENANT}, .user = {RIG_ALICE}, .jti = "j-1"},
	    .request_id = "req-1",
	    .faults = &rig.faults,
	    .who = {.actor = {.tenant = {RIG_TENANT},
			.user = {RIG_ALICE},
			.role = row->role == NULL ? "member" : row->role,
			.display_name = "Alice"}}};
	memcpy(req->params, row->params, sizeof(req->params));
	CU_ASSERT_EQUAL_FATAL(
	    uri_parse(req->target, rig.mem, &req->uri, &rig.err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(
	    query_parse(req->uri.query, rig.mem, &req->query, &rig.err), ES_OK);
}

enum es_code
rig_call(const struct rig_row *row)
{
	arena_free(&rig.mem);
	rig.mem = arena_new();
	text_init(&rig.calls, rig.mem, 16384);
	text_add(&rig.calls, "", 0);
	rig.n_calls = 0;
	rig.err = (struct es_err){0};
	rig.faults = (struct json_faults){.n = 0};
	rig_request(row);
	http_res_init(&rig.res, rig.mem);
	return row->handler(&rig.api, &rig.req, &rig.res, &rig.err);
}

static void
rig_write(const char *name, const char *fmt, va_list ap)
{
	char args[2048];
	const int len = vsnprintf(args, sizeof(args), fmt, ap);

	CU_ASSERT_FATAL(len >= 0 && (size_t)len < sizeof(args));
	text_addf(&rig.calls, "%s%s(%s)", rig.calls.len > 0 ? "; " : "", name, args);
	CU_ASSERT_FALSE_FATAL(rig.calls.overflow);
}

void
rig_note_call(const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	rig_write(name, fmt, ap);
	va_end(ap);
}

enum es_code
rig_called(struct es_err *err, const char *name, const char *fmt, ...)
{
	const bool by_name = rig.fails != NULL && strcmp(rig.fails, name) == 0;
	const bool by_number = rig.fails_at == (int)rig.n_calls++;
	va_list ap;

	va_start(ap, fmt);
	rig_write(name, fmt, ap);
	va_end(ap);
	if (!by_name && !by_number)
		return ES_OK;
	if (by_name && rig.fails_once)
		rig.fails = NULL;
	(void)es_fail(err, rig.failure, "the fake refuses");
	if (rig.sqlstate != NULL)
		memcpy(err->sqlstate, rig.sqlstate, sizeof(err->sqlstate));
	return rig.failure;
}

void
rig_actor(const struct actor *who)
{
	const struct actor *caller = &rig.req.who.actor;

	CU_ASSERT_STRING_EQUAL(who->tenant.text, caller->tenant.text);
	CU_ASSERT_STRING_EQUAL(who->user.text, caller->user.text);
	CU_ASSERT_STRING_EQUAL(who->role, caller->role);
}

const char *
rig_id(const char *id)
{
	const size_t len = id == NULL ? 0 : strlen(id);

	return len < 4 ? "-" : arena_strdup(rig.mem, id + len - 4);
}

const char *
rig_text(const char *s)
{
	return s == NULL ? "-" : s;
}

const char *
rig_bool(bool b)
{
	return b ? "true" : "false";
}

void
rig_number(char id[ES_UUID_TEXT], unsigned i)
{
	CU_ASSERT_FATAL(i < 9);
	id[ES_UUID_TEXT - 2] = (char)('1' + i);
}

bool
rig_body_contains(const char *part)
{
	return rig.res.body.data != NULL && strstr(rig.res.body.data, part) != NULL;
}
