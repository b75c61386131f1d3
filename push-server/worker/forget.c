#include "worker/forget.h"

#include <string.h>

#include "core/check.h"
#include "redis/redis_async.h"
#include "worker/replay.h"

#include "core/banned.h"

/* hiredis reads into 16 KiB of the stack; the functions above it use a few KiB. */
#define STACK_WIPED 65536

/* Overwrites the stack below the caller. */
__attribute__((noinline)) static void
forget_stack(void)
{
	unsigned char area[STACK_WIPED];

	explicit_bzero(area, sizeof(area));
}

void
forget_deleted(struct worker *w)
{
	w->env.deleted = false;
	redis_topics_wipe(w->topics);
	replay_forget(w->replay);
	forget_stack();
}
