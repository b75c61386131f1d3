#include "env/unreadable_message.h"

#include "core/banned.h"

void
unreadable_message_seen(struct unreadable_messages *o, struct loop_env *env,
    const char *topic, const struct es_err *err)
{
	metrics_add(env->metrics, PM_ODD_MESSAGES, 1);
	o->n++;
	if (env->now_ms < o->next_ms)
		return;
	log_warn("unreadable message", LOG_STR("topic", topic),
	    LOG_STR("field", err->field), LOG_STR("detail", err->text),
	    LOG_INT("count", (int64_t)o->n));
	o->n = 0;
	o->next_ms = env->now_ms + UNREADABLE_MESSAGE_LOG_MS;
}
