#include "ctl_dead.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/token_parse.h"
#include "core/clock.h"
#include "core/parse.h"
#include "store/dead_letter_store.h"
#include "json/json_check.h"
#include "json/json_write.h"

#include "ctl_find.h"
#include "ctl_print.h"
#include "ctl_redrive.h"

#include "core/banned.h"

#define DEAD_PAGE 100 /* letters of one list */

/* Returns the bytes of the entry when they are JSON, else NULL. */
static const char *
ctl_dead_entry(const struct dead_letter *d, struct arena *a)
{
	char *url = arena_memdup(a, d->entry_64, strcspn(d->entry_64, "="));
	struct json_check check;
	const char *bytes;
	size_t len;

	for (char *c = url; *c != '\0'; c++)
		if (*c == '+' || *c == '/')
			*c = *c == '+' ? '-' : '_';
	bytes = token_base64url(url, strlen(url), a, &len);
	return bytes != NULL && json_check(bytes, len, &check) ? bytes : NULL;
}

static const char *
ctl_dead_json(const struct dead_letter *d, bool with_entry, struct arena *a)
{
	char created[ES_TIME_TEXT];
	const char *entry = with_entry ? ctl_dead_entry(d, a) : NULL;
	struct json_write w;
	struct text out;

	clock_format(d->created_ms, created);
	text_init(&out, a, (1 << 16) + (with_entry ? 2 * strlen(d->entry_64) : 0));
	jw_init(&w, &out);
	jw_object(&w, NULL);
	jw_string(&w, "id", arena_printf(a, "%" PRId64, d->id));
	jw_string(&w, "createdAt", created);
	jw_string(&w, "source", d->source);
	jw_string(&w, "sourceId", d->source_id);
	jw_string(&w, "tenantId", d->tenant);
	jw_string(&w, "channelId", d->channel);
	jw_string(&w, "envelopeId", d->envelope);
	jw_string(&w, "sqlstate", d->sqlstate);
	jw_string(&w, "reason", d->reason);
	jw_int(&w, "bytes", d->bytes);
	if (entry != NULL)
		jw_raw(&w, "entry", entry);
	else if (with_entry)
		jw_string(&w, "entryBase64", d->entry_64);
	jw_object_end(&w);
	return out.data;
}

static int
ctl_dead_list(struct ctl *c, struct pg *pg, int64_t before)
{
	static const struct ctl_column columns[] = {{"id", "ID", 8},
	    {"createdAt", "CREATED", 24}, {"tenantId", "TENANT", 36},
	    {"sqlstate", "STATE", 5}, {"reason", "REASON", 0}};
	struct dead_letter *letters;
	struct ctl_list page = {0};
	struct es_err err;
	size_t n;

	if (dead_letter_store_list(pg, before, DEAD_PAGE, c->arena, &letters, &n, &err) !=
	    ES_OK)
		return ctl_fail(c, "%s", err.text);
	page.items = arena_alloc(c->arena, n * sizeof(*page.items));
	for (page.n = 0; page.n < n; page.n++)
		page.items[page.n] = ctl_dead_json(&letters[page.n], false, c->arena);
	return ctl_print_list(c, &page, columns, ES_COUNT(columns));
}

static int
ctl_dead_show(struct ctl *c, struct pg *pg, int64_t id)
{
	struct dead_letter *letters;
	struct es_err err;
	size_t n;

	if (dead_letter_store_list(pg, id + 1, 1, c->arena, &letters, &n, &err) != ES_OK)
		return ctl_fail(c, "%s", err.text);
	if (n == 0 || letters[0].id != id)
		return ctl_fail(c, "no such dead letter");
	(void)puts(ctl_dead_json(&letters[0], true, c->arena));
	return CTL_OK;
}

static int
ctl_dead_drop(struct ctl *c, struct pg *pg, int64_t id)
{
	struct es_err err;

	if (dead_letter_store_drop(pg, id, c->arena, &err) != ES_OK)
		return ctl_fail(c, "%s", err.text);
	ctl_note(c, "dead letter %" PRId64 " was deleted", id);
	return CTL_OK;
}

static const struct dead_verb {
	const char *name;
	bool needs_id;
	int (*run)(struct ctl *c, struct pg *pg, int64_t id);
} dead_verbs[] = {
    {"list", false, ctl_dead_list},
    {"show", true, ctl_dead_show},
    {"drop", true, ctl_dead_drop},
};

int
ctl_dead(struct ctl *c)
{
	const struct dead_verb *verb = NULL;
	int64_t id = 0;
	struct pg *pg;

	if (strcmp(c->words[0], "redrive") == 0)
		return ctl_needs(c, c->conf.database_url, "ES_DATABASE_URL") &&
		               ctl_needs(c, c->conf.redis_url, "ES_REDIS_URL")
		           ? ctl_redrive(c)
		           : CTL_CONFIG;
	if (c->n_words > 2 || c->opt.all)
		return ctl_usage(
		    c, "unexpected argument: %s", c->opt.all ? "--all" : c->words[2]);
	for (size_t i = 0; i < ES_COUNT(dead_verbs); i++)
		if (strcmp(dead_verbs[i].name, c->words[0]) == 0)
			verb = &dead_verbs[i];
	if (verb == NULL)
		return ctl_usage(
		    c, "\"%s\" is not list, show, redrive or drop", c->words[0]);
	if (verb->needs_id && c->n_words < 2)
		return ctl_usage(c, "missing argument: ID");
	if (c->n_words == 2 && !parse_int(c->words[1], 1, INT64_MAX - 1, &id))
		return ctl_usage(c, "ID must be a whole number, at least 1");
	if (!ctl_needs(c, c->conf.database_url, "ES_DATABASE_URL"))
		return CTL_CONFIG;
	pg = ctl_find_database(c);
	return pg != NULL ? verb->run(c, pg, id) : CTL_FAILED;
}
