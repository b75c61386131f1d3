#include "log/removal.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "json/json_bind.h"

#include "core/banned.h"

struct member_payload {
	const char *userId;
	bool banned;
};

static const struct json_field member_fields[] = {
    JSON_FIELD(struct member_payload, userId, JSON_UUID, true, 0, ES_UUID_TEXT),
    JSON_FIELD(struct member_payload, banned, JSON_BOOL, false, 0, 0),
};

bool
removal_of(const struct event *ev, struct arena *a, struct removal *out)
{
	struct member_payload in = {0};
	struct es_err err;

	if (ev->kind != EVENT_MEMBER_LEFT)
		return false;
	*out = (struct removal){.seq = ev->seq, .left = true};
	out->user =
	    ev->user; /* the user has left, unless the payload names another user */
	if (ev->payload == NULL)
		return true;
	if (json_bind(ev->payload, strlen(ev->payload), member_fields,
		ES_COUNT(member_fields), JSON_IGNORE_UNKNOWN, a, &in, &err) != ES_OK)
		return true;
	out->banned = in.banned;
	IGNORE(user_id_parse(in.userId, &out->user, &err));
	out->left = strcmp(out->user.text, ev->user.text) == 0;
	return true;
}

void
removals_add(struct removals **removals, const struct removal *one)
{
	struct removals *r = *removals;
	struct removal *slot;

	if (r == NULL)
		r = *removals = mem_new(1, sizeof(*r));
	slot = &r->last[r->next];
	if (r->n == REMOVALS_KEPT) {
		if (slot->seq > r->forgotten)
			r->forgotten = slot->seq;
	} else {
		r->n++;
	}
	*slot = *one;
	r->next = (r->next + 1) % REMOVALS_KEPT;
}

void
removals_free(struct removals **r)
{
	free(*r);
	*r = NULL;
}

bool
removals_find(const struct removals *r, const struct user_id *user, int64_t above,
    bool bans_only, struct removal *out)
{
	struct removal first = {.seq = INT64_MAX};

	if (r == NULL) {
		*out = first;
		return true;
	}
	if (above < r->forgotten)
		return false;
	for (unsigned i = 0; i < r->n; i++) {
		const struct removal *one = &r->last[i];

		if (one->seq > above && one->seq < first.seq &&
		    (one->banned || !bans_only) &&
		    strcmp(one->user.text, user->text) == 0)
			first = *one;
	}
	*out = first;
	return true;
}
