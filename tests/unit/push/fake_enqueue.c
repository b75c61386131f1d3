#include "fakes.h"

#include "core/banned.h"

enum es_code
fakes_enqueued(const struct queue_guard *guard, struct es_err *err)
{
	struct redis_value items[7] = {{.kind = REDIS_INT, .num = !fakes.limited}};
	const struct redis_value verdict = {.kind = REDIS_ARRAY, .items = items, .n = 7};

	for (size_t i = 1; i < ES_COUNT(items); i++)
		items[i] = (struct redis_value){.kind = REDIS_INT};
	items[3].num = fakes.limited ? 900 : 0; /* the user may try again */
	if (guard->read != NULL)
		TRY(guard->read(guard->ctx, &verdict, err));
	return fakes.queue != ES_OK ? es_fail(err, fakes.queue, "no") : ES_OK;
}
