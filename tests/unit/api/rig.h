/* Calls one handler with a request that is made in memory. Everything that a handler
 * calls (stores, limits, announcements, Redis, the queue) is a fake. A fake writes its
 * name and arguments to rig.calls and returns the answer that a test has set in struct
 * rig. A test is a table of requests. Each row has the expected calls and the expected
 * answer. */
#ifndef API_TEST_RIG_H
#define API_TEST_RIG_H

#include "core/text.h"
#include "env/api.h"
#include "http/http_body.h"
#include "store/api_key_store.h"
#include "store/auth_key_store.h"
#include "store/ban_store.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/message_store.h"
#include "store/read_mark_store.h"
#include "store/tenant_admin.h"
#include "store/tenant_store.h"
#include "store/token_store.h"
#include "store/unread_store.h"
#include "store/user_store.h"

#define RIG_TENANT  "01900000-0000-7000-8000-000000000001"
#define RIG_ALICE   "01900000-0000-7000-8000-00000000a001" /* the caller */
#define RIG_BOB     "01900000-0000-7000-8000-00000000a002"
#define RIG_CHANNEL "01900000-0000-7000-8000-00000000c001"
#define RIG_KEY     "01900000-0000-7000-8000-00000000e001"
/* The id that idempotency_store_claim() returns for an Idempotency-Key. */
#define RIG_CLAIMED "01900000-0000-7000-8000-00000000f001"

#define RIG_TIME_MS INT64_C(1767322984678)
#define RIG_TIME    "2026-01-02T03:03:04.678Z"

struct rig {
	struct arena *mem; /* of the last request */
	struct api_conf conf;
	struct api api;
	struct http_req req;
	struct http_res res;
	struct es_err err;
	struct json_faults faults;

	/* Calls of fakes during the last request: "name(arguments)", joined by "; ". An
	 * id is shortened to its last four characters, NULL is "-". */
	struct text calls;
	unsigned n_calls; /* number of calls of fakes that may fail */

	/* Selects the call that fails with `failure`: fails_at is the number of the call
	 * (from 0; -1: none), `fails` the name of the fake. */
	int fails_at;
	const char *fails;
	enum es_code failure;
	const char *sqlstate;
	bool fails_once; /* only the first call of the fake `fails` fails */

	/* The answers of the fakes. */
	struct user user;
	struct channel channel;
	struct event event;
	struct event_list events;
	struct member member;
	struct ban ban;
	struct message message;
	struct message_page messages;
	struct read_mark mark;
	struct unread unread;
	struct tenant tenant;
	struct tenant_admin admin;
	struct api_key key;
	struct auth_key auth_key;
	struct token_revocation revoked;
	enum es_code refusal; /* the code with which a message was refused */
	int64_t issue_s;
	unsigned n_items; /* number of items in a page of a list */
	bool more;        /* there are more items after that page */
	bool again;       /* the Idempotency-Key was seen before */
	bool there, added, lifted;

	/* Arguments of fakes that differ from run to run, so that a table can't contain
	 * them. */
	int64_t asked_ms;                    /* an expiry, or the present time */
	const char *made_key;                /* the text of an API key */
	const char *redis_key, *redis_value; /* arguments of SET */
};
extern struct rig rig;

struct rig_row {
	const char *about; /* names the row in the output when the row fails */
	http_handler *handler;
	const char *role; /* of the caller; NULL: "member" */
	const char *params[HTTP_PARAMS];
	const char *query; /* NULL: none */
	const char *body;  /* NULL: none */
	const char *idempotency_key;

	enum es_code rc;
	int status;        /* expected status if rc is ES_OK */
	const char *field; /* expected field of a refusal; NULL: any */
	const char *calls; /* NULL: none */
	const char *says;  /* the whole body of the answer; NULL: any */
	const char *location;
	bool replayed; /* Idempotency-Replayed is set */
};

/* Sets the default answers of the fakes. Call it at the start of each test. */
void rig_begin(void);
void rig_end(void);

/* Makes the request and calls the handler. */
enum es_code rig_call(const struct rig_row *row);
/* True when the body of the answer contains `part`. */
bool rig_body_contains(const char *part);

/* Runs each row and compares the calls and the answer. Names a row that fails on stderr.
 */
void rig_rows(const struct rig_row rows[], size_t n);
#define RIG_ROWS(rows) rig_rows(rows, ES_COUNT(rows))

/* For each row whose rc is ES_OK: lets one call after the other fail, with several codes.
 * The handler must return the code of the failed call without a body, and make no further
 * call. */
void rig_rows_failures(const struct rig_row rows[], size_t n);
#define RIG_FAILURES(rows) rig_rows_failures(rows, ES_COUNT(rows))

/* Checks the handler of a list: the limits of the page size, the link to the next page,
 * and that a forged cursor is refused. `after` is the position that the handler passes to
 * the store for the second page. row->query is a filter that the link must keep, or NULL.
 */
void rig_pages(const struct rig_row *row, const char *after);

/* Each fake calls this function with its own name and arguments. Writes the call to
 * rig.calls. Returns rig.failure for the call that has to fail, otherwise ES_OK. */
enum es_code rig_called(struct es_err *err, const char *name, const char *fmt, ...)
    ES_PRINTF(3, 4);
/* Writes the call of a fake that can't fail to rig.calls. */
void rig_note_call(const char *name, const char *fmt, ...) ES_PRINTF(2, 3);
/* Checks that the actor passed to a store is the caller of the request. */
void rig_actor(const struct actor *who);
const char *rig_id(const char *id);
const char *rig_text(const char *s);
const char *rig_bool(bool b);
/* Writes the id of item i of a page, which ends in the number i. */
void rig_number(char id[ES_UUID_TEXT], unsigned i);

#endif
