/* The status of one user, as this worker has heard it from Redis and told it. */
#ifndef PUSH_PRESENCE_PERSON_H
#define PUSH_PRESENCE_PERSON_H

#include "presence/presence_state.h"

struct presence_person *presence_person_find(
    const struct presence_tenant *pt, const struct user_id *user);
struct presence_person *presence_person_find_in(
    const struct table *people, const struct user_id *user);
/* Found or made; a new one is seen as offline. */
struct presence_person *presence_person_get(
    struct presence_tenant *pt, const struct user_id *user);
/* A change is told with the tenant's next flush. */
void presence_person_see(struct presence_tenant *pt, struct presence_person *person,
    enum presence_status status);
/* Answers and topic come over two connections: what the topic has said since question
 * number `asked` is as young as its answer or younger. */
bool presence_person_heard_since(const struct presence_person *person, uint64_t asked);
/* Free the person when nobody needs to know of it any more. */
void presence_person_drop_idle(
    struct presence_tenant *pt, struct presence_person *person);

#endif
