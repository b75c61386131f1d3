#include "queue_fixture.h"

#include <string.h>

#include "core/check.h"
#include "queue/queue_mem.h"
#include "redis/redis.h"

#include "core/banned.h"

const struct queue_settings *subject;

void
flush(struct fixture *f)
{
	struct redis *r;
	struct redis_value v;

	if (f->q->driver == &queue_mem) {
		queue_mem_flush(f->q);
		return;
	}
	CHECK(redis_open(subject->redis_url, 1000, &r, &f->err) == ES_OK);
	CHECK(redis_text(r, f->a, &v, &f->err, "FLUSHDB", NULL) == ES_OK);
	redis_close(&r);
}

void
setup(struct fixture *f)
{
	*f = (struct fixture){.a = arena_new()};
	CHECK(queue_open(subject, &f->q, &f->err) == ES_OK);
	flush(f);
}

void
teardown(struct fixture *f)
{
	queue_close(&f->q);
	arena_free(&f->a);
}

enum es_code
send_bytes(struct fixture *f, const char *group, const char *body, size_t len)
{
	return queue_send(f->q,
	    &(struct queue_msg){.body = body, .len = len, .group = group, .dedupe = body},
	    &f->err);
}

enum es_code
send_text(struct fixture *f, const char *group, const char *body)
{
	return send_bytes(f, group, body, strlen(body));
}

enum es_code
receive(struct fixture *f, const char *group, const char *after, size_t max)
{
	return queue_receive(f->q, queue_partition_of(group, subject->partitions), after,
	    max, 0, f->a, f->got, &f->n, &f->err);
}

enum es_code
done(struct fixture *f, const char *group, const char *through)
{
	return queue_done(f->q, queue_partition_of(group, subject->partitions), f->got,
	    f->n, through, &f->err);
}

const char *
bodies(const struct fixture *f)
{
	const char *all = "";

	for (size_t i = 0; i < f->n; i++)
		all = arena_printf(f->a, "%s%s%.*s", all, i > 0 ? "," : "",
		    (int)f->got[i].len, f->got[i].body);
	return all;
}
