/* Checks that the caller may write into a channel. The handlers of sends and typing
 * notices call it: they change no row themselves, so no function of a store checks the
 * right. */
#ifndef API_CHANNEL_ACCESS_H
#define API_CHANNEL_ACCESS_H

#include "env/api.h"

/* Returns ES_OK when the caller may post in the channel, ES_NOT_FOUND when the channel
 * does not exist or the caller may not see it, ES_CHANNEL_ARCHIVED, or ES_FORBIDDEN when
 * only admins may post. */
enum es_code channel_access_check_post(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err) ES_MUST_CHECK;

#endif
