/* A fake of Redis for presence. It stores one status for each user, and publishes changes
 * on the tenant's topic. tests/contract/test_presence.c runs the real scripts on a real
 * Redis. */
#ifndef TESTS_FAKE_PRESENCE_H
#define TESTS_FAKE_PRESENCE_H

#include "fake_outside.h"
#include "presence/presence_keys.h"

#define SEEN_MAX 2000

struct seen {
	char user[ES_UUID_TEXT];
	enum presence_status status;
};

extern struct seen seen[SEEN_MAX];
extern unsigned n_seen, n_sets, n_lists, n_leases;
extern bool presence_away, lease_known;

/* Sets o->redis to this fake. */
void presence_fake_init(struct outside *o);
/* Stores and publishes this status of the user, as another worker does. */
void presence_fake_set(struct outside *o, const char *user, enum presence_status status);
enum presence_status presence_fake_get(const char *user);
/* Answers the oldest command under way. Returns false when no command is under way. */
bool presence_fake_answer(struct outside *o);

#endif
