/* May the caller see a channel, and write into it? For what does not go through a store.
 */
#ifndef API_CHANNEL_ACCESS_H
#define API_CHANNEL_ACCESS_H

#include "env/api.h"

/* ES_NOT_FOUND for a channel that is not there for the caller, ES_CHANNEL_ARCHIVED. */
enum es_code channel_access_check_post(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err) ES_MUST_CHECK;

#endif
