/* The body of /readyz. */
#include "ops/ops.h"
#include "json/json_write.h"

#include "core/banned.h"

void
ops_readyz_body(
    const struct ops_check checks[], unsigned n, bool draining, struct ops_answer *out)
{
	struct json_write w;
	bool ok = !draining;

	for (unsigned i = 0; i < n; i++)
		ok = ok && checks[i].ok;
	out->status = ok ? 200 : 503;
	out->type = "application/json";
	jw_init(&w, out->body);
	jw_object(&w, NULL);
	jw_string(&w, "status", ok ? "ok" : "unavailable");
	if (draining)
		jw_bool(&w, "draining", true);
	jw_object(&w, "checks");
	for (unsigned i = 0; i < n; i++) {
		jw_object(&w, checks[i].name);
		jw_bool(&w, "ok", checks[i].ok);
		jw_int(&w, "ms", checks[i].ms);
		if (checks[i].detail != NULL)
			jw_string(&w, "detail", checks[i].detail);
		jw_object_end(&w);
	}
	jw_object_end(&w);
	jw_object_end(&w);
	text_add(out->body, "\n", 1);
}
