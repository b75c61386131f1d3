/* Redis as presence sees it: one device a user and worker, what is seen, the tenant's
 * topic. The scripts themselves are tried against a real Redis elsewhere. */
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

/* Makes o->redis this. */
void presence_fake_init(struct outside *o);
/* Somebody else's worker says so. */
void presence_fake_set(struct outside *o, const char *user, enum presence_status status);
enum presence_status presence_fake_get(const char *user);
/* Answer what was asked. False: nothing was. */
bool presence_fake_step(struct outside *o);

#endif
