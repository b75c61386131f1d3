/* Feeds: the events that concern one user, or all users of a tenant, whatever channels
 * their sockets read. A feed has a counter, a log and a topic like a channel, under the
 * id of its user or tenant; no row of the table channels has that id. Clients call the
 * feeds
 * "@me" and "@tenant". */
#ifndef EVENT_FEED_H
#define EVENT_FEED_H

#include "event/event.h"

#define FEED_ME     "@me"
#define FEED_TENANT "@tenant"

/* Reads the channel that a client names in a frame that reads events: the id of a
 * channel, or the name of a feed of this user. ES_NOT_FOUND for the id of a feed: each
 * feed has one name. */
enum es_code feed_parse_channel(const char *text, const struct tenant_id *tenant,
    const struct user_id *user, struct channel_id *out, struct es_err *err) ES_MUST_CHECK;
/* Does the same for a frame that feeds do not take. */
enum es_code feed_parse_only_channel(const char *text, const struct tenant_id *tenant,
    const struct user_id *user, struct channel_id *out, struct es_err *err) ES_MUST_CHECK;

/* Returns the name under which this user knows the channel or feed: an id, or the name of
 * the feed. The text lives as long as the argument. */
const char *feed_channel_name(const struct channel_id *channel,
    const struct tenant_id *tenant, const struct user_id *user);
/* Returns the same for the channel of an event, which only users who may read it see. */
const char *feed_event_channel(const struct event *ev);

/* Makes the lossy event that the user's read mark in the channel now stands at this
 * message; 0: before all messages. The payload is allocated in the arena a. */
struct event feed_read_event(const struct tenant_id *tenant, const struct user_id *user,
    const struct channel_id *channel, int64_t message, struct arena *a);

/* True for a kind that only feeds of users have. */
bool feed_kind_of_user(enum event_kind kind);
/* True for an event of the tenant's feed. It is about another channel, or about a user:
 * channel_updated and channel_deleted do not change or end the feed. */
bool feed_event_of_tenant(const struct event *ev);

#endif
