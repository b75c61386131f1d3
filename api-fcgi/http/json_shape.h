/* Writes the resources of the API as JSON. Each has one shape, in every response. */
#ifndef API_JSON_SHAPE_H
#define API_JSON_SHAPE_H

#include "store/ban_store.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/message_store.h"
#include "store/tenant_store.h"
#include "store/unread_store.h"
#include "store/user_store.h"
#include "json/json_write.h"

/* Writes a time as RFC 3339 in UTC; 0 as null. */
void json_shape_time(struct json_write *w, const char *key, int64_t ms);
/* Writes a number; 0 as null. */
void json_shape_number(struct json_write *w, const char *key, int64_t n);

/* Write the fields of a resource without the enclosing object, so that the caller may add
 * fields between jw_object() and jw_object_end(). */
void json_shape_tenant(struct json_write *w, const struct tenant *t, struct arena *a);
/* Shows e-mail, externalId and readReceipts to admins and to the user; to others they are
 * null. */
void json_shape_user(
    struct json_write *w, const struct user *u, const struct actor *reader);
void json_shape_channel(struct json_write *w, const struct channel *c);
void json_shape_ban(struct json_write *w, const struct ban *b);
void json_shape_member(struct json_write *w, const struct member *m);
/* u NULL: the caller is not a member and has no read mark, so the fields are null. */
void json_shape_unread(struct json_write *w, const struct unread *u);
void json_shape_message(struct json_write *w, const struct message *m);

#endif
