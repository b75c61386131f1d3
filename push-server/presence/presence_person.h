/* The status of one user, as this worker received it from Redis and sent it to
 * clients. */
#ifndef PUSH_PRESENCE_PERSON_H
#define PUSH_PRESENCE_PERSON_H

#include "presence/presence_state.h"

struct presence_person *presence_person_find(
    const struct presence_tenant *pt, const struct user_id *user);
struct presence_person *presence_person_find_in(
    const struct table *people, const struct user_id *user);
/* Finds the person or creates it as offline. */
struct presence_person *presence_person_get(
    struct presence_tenant *pt, const struct user_id *user);
/* Stores a status received from Redis. The next flush of the tenant sends the change to
 * clients. */
void presence_person_see(struct presence_tenant *pt, struct presence_person *person,
    enum presence_status status);
/* Returns true when the topic has named this person since question number `asked` was
 * sent to Redis, so the caller must ignore the answer's status. Answers and topic use two
 * connections, so an answer may arrive after a newer status. */
bool presence_person_named_since(const struct presence_person *person, uint64_t asked);
/* Free the person if no client needs its status any more. */
void presence_person_drop_idle(
    struct presence_tenant *pt, struct presence_person *person);

#endif
