#include "core/check.h"
#include "core/clock.h"
#include "pg/pg_async_private.h"

#include "core/banned.h"

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000

/* Only move the timer forward. When it fires too early, pg_async_timer() arms it
 * again. */
void
pg_async_arm(struct pg_async *pa, int64_t at_ms)
{
	const int64_t left_ms = at_ms - clock_mono_ms();

	if (pa->armed_ms >= 0 && pa->armed_ms <= at_ms)
		return;
	pa->armed_ms = at_ms;
	pa->loop.timer(pa->loop.ctx, left_ms > 0 ? left_ms : 0);
}

void
pg_async_watch(struct pg_async *pa, int want)
{
	if (want == pa->watched)
		return;
	pa->watched = want;
	pa->loop.watch(pa->loop.ctx, PQsocket(pa->conn), want);
}

/* libpq may replace the socket while it connects, so pass it to the loop each time. */
static void
pg_async_watch_anew(struct pg_async *pa, int want)
{
	pa->watched = -1;
	pg_async_watch(pa, want);
}

/* Report a failed connect or a lost connection to the owner. */
static void
pg_async_report_loss(struct pg_async *pa)
{
	struct es_err err;

	IGNORE(pg_error_lost(&err, pa->detail, pa->lost_state));
	if (pa->loop.failed != NULL)
		pa->loop.failed(pa->loop.ctx, &err);
}

static void
pg_async_drop(struct pg_async *pa, const char *why)
{
	const bool was_up = pa->state == ASYNC_UP;

	pg_error_connect(pa->detail, pa->lost_state, why);
	pa->loop.watch(pa->loop.ctx, -1, 0);
	pa->watched = -1;
	PQfinish(pa->conn);
	pa->conn = NULL;
	pa->broken = false;
	pg_known_clear(&pa->known);
	pa->state = ASYNC_DOWN;
	pa->due_ms = clock_mono_ms() +
	             clock_backoff_ms(pa->tries++, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
	pg_async_arm(pa, pa->due_ms);
	pg_async_report_loss(pa);
	pg_flight_fail_all(pa);
	if (was_up && pa->loop.state != NULL)
		pa->loop.state(pa->loop.ctx, false);
}

static void
pg_async_drop_broken(struct pg_async *pa)
{
	pg_async_drop(pa, pa->conn != NULL ? PQerrorMessage(pa->conn) : "out of memory");
}

static void
pg_async_set_up(struct pg_async *pa)
{
	if (!pg_target_setup(pa->conn) || PQenterPipelineMode(pa->conn) != 1) {
		pg_async_drop_broken(pa);
		return;
	}
	pa->state = ASYNC_UP;
	pa->tries = 0;
	pg_async_watch_anew(pa, PG_WANT_READ);
	if (pa->loop.state != NULL)
		pa->loop.state(pa->loop.ctx, true);
}

static void
pg_async_connect_step(struct pg_async *pa)
{
	switch (PQconnectPoll(pa->conn)) {
	case PGRES_POLLING_OK:
		pg_async_set_up(pa);
		break;
	case PGRES_POLLING_READING:
		pg_async_watch_anew(pa, PG_WANT_READ);
		break;
	case PGRES_POLLING_WRITING:
		pg_async_watch_anew(pa, PG_WANT_WRITE);
		break;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE:
	default:
		pg_async_drop_broken(pa);
		break;
	}
}

static void
pg_async_connect_start(struct pg_async *pa)
{
	pa->conn = pg_target_connect(&pa->target);
	pa->state = ASYNC_CONNECTING;
	if (pa->conn == NULL || PQstatus(pa->conn) == CONNECTION_BAD) {
		pg_async_drop_broken(pa);
		return;
	}
	pa->due_ms = clock_mono_ms() + pa->target.connect_timeout_ms;
	pg_async_arm(pa, pa->due_ms);
	pg_async_watch_anew(pa, PG_WANT_WRITE);
}

enum es_code
pg_async_open(const struct pg_settings *settings, size_t max_in_flight,
    const struct pg_async_loop *loop, struct pg_async **out, struct es_err *err)
{
	struct pg_async *pa = mem_new(1, sizeof(*pa));
	enum es_code rc;

	CHECK(max_in_flight > 0);
	pa->arena = arena_new();
	rc = pg_target_init(&pa->target, settings, pa->arena, err);
	if (rc != ES_OK) {
		arena_free(&pa->arena);
		mem_free(pa);
		return rc;
	}
	pa->loop = *loop;
	pa->size = max_in_flight;
	pa->ring = mem_new(max_in_flight, sizeof(*pa->ring));
	pa->rows_arena = arena_new();
	pa->watched = -1;
	pa->armed_ms = -1;
	pg_async_connect_start(pa);
	*out = pa;
	return ES_OK;
}

void
pg_async_close(struct pg_async **pap)
{
	struct pg_async *pa = *pap;

	if (pa == NULL)
		return;
	CHECK(!pa->inside);
	pa->loop.watch(pa->loop.ctx, -1, 0);
	pa->loop.timer(pa->loop.ctx, -1);
	pa->state = ASYNC_DOWN;
	pg_flight_fail_all(pa);
	PQfinish(pa->conn);
	pg_known_free(&pa->known);
	arena_free(&pa->rows_arena);
	arena_free(&pa->arena);
	mem_free(pa->ring);
	mem_free(pa);
	*pap = NULL;
}

void
pg_async_ready(struct pg_async *pa, int ready)
{
	CHECK(!pa->inside);
	if (pa->state == ASYNC_CONNECTING) {
		pg_async_connect_step(pa);
		return;
	}
	if (pa->state != ASYNC_UP)
		return;
	if ((ready & PG_WANT_READ) != 0 && PQconsumeInput(pa->conn) != 1)
		pa->broken = true;
	/* Results that arrived before the connection was lost are valid. */
	pg_flight_receive(pa);
	if (!pa->broken)
		pg_flight_flush(pa);
	if (pa->broken || PQstatus(pa->conn) != CONNECTION_OK)
		pg_async_drop_broken(pa);
}

static void
pg_async_check_deadlines(struct pg_async *pa, int64_t now_ms)
{
	const int64_t first_ms = pg_flight_first_deadline(pa);

	if (pa->broken)
		pg_async_drop_broken(pa);
	else if (first_ms >= 0 && first_ms <= now_ms)
		pg_async_drop(pa, "no answer in time");
	else if (first_ms >= 0)
		pg_async_arm(pa, first_ms);
}

void
pg_async_timer(struct pg_async *pa)
{
	const int64_t now_ms = clock_mono_ms();

	CHECK(!pa->inside);
	pa->armed_ms = -1;
	switch (pa->state) {
	case ASYNC_DOWN:
		if (now_ms >= pa->due_ms)
			pg_async_connect_start(pa);
		else
			pg_async_arm(pa, pa->due_ms);
		break;
	case ASYNC_CONNECTING:
		if (now_ms >= pa->due_ms)
			pg_async_drop(pa, "no connection in time");
		else
			pg_async_arm(pa, pa->due_ms);
		break;
	case ASYNC_UP:
		pg_async_check_deadlines(pa, now_ms);
		break;
	}
}

bool
pg_async_up(const struct pg_async *pa)
{
	return pa->state == ASYNC_UP && !pa->broken;
}

size_t
pg_async_in_flight(const struct pg_async *pa)
{
	return pa->n;
}

const char *
pg_async_detail(const struct pg_async *pa)
{
	return pa->detail;
}
