/* How things look in JSON: one shape each, wherever they appear. */
#ifndef API_JSON_SHAPE_H
#define API_JSON_SHAPE_H

#include "store/ban_store.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/message_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"
#include "json/json_write.h"

/* RFC 3339 in UTC; 0 is null. */
void json_shape_time(struct json_write *w, const char *key, int64_t ms);
/* 0 is null. */
void json_shape_number(struct json_write *w, const char *key, int64_t n);

/* Members only, so that the caller may add his own: between jw_object and jw_object_end.
 */
void json_shape_tenant(struct json_write *w, const struct tenant *t, struct arena *a);
/* The e-mail is for admins and for the user itself; null to others. */
void json_shape_user(
    struct json_write *w, const struct user *u, const struct actor *reader);
void json_shape_channel(struct json_write *w, const struct channel *c);
void json_shape_ban(struct json_write *w, const struct ban *b);
void json_shape_member(struct json_write *w, const struct member *m);
void json_shape_message(struct json_write *w, const struct message *m);

#endif
