/* Fakes of what the database knows about envelopes. */
#include "fakes.h"
#include "store/envelope_version.h"
#include "store/outcome_store.h"

#include "core/banned.h"

const struct pg_stmt outcome_store_stmt = {.name = "outcome"};
const struct pg_stmt envelope_version_stmt = {.name = "envelope_version"};

int64_t
envelope_version_read(struct pg_rows *rows, struct arena *a)
{
	(void)rows, (void)a;
	return fakes.envelope_version;
}

const char *const *
outcome_store_params(struct arena *a, const struct envelope *e)
{
	(void)a, (void)e;
	return NULL;
}

void
outcome_store_read(struct pg_rows *rows, const struct envelope *e, struct arena *a,
    struct outcome outcomes[], bool known[])
{
	(void)rows, (void)a;
	for (size_t i = 0; i < e->n; i++) {
		known[i] = fakes.known;
		outcomes[i] = (struct outcome){.client_id = e->messages[i].client_id,
		    .result = OUTCOME_COMMITTED,
		    .message_id = 100 + (int64_t)i};
	}
}
