/* May the caller see a channel, and write into it? For what does not go through a store.
 */
#ifndef API_VISIBLE_H
#define API_VISIBLE_H

#include "env/api.h"

/* ES_NOT_FOUND for a channel that is not there for the caller, ES_CHANNEL_ARCHIVED. */
enum es_code visible_for_writing(struct api *api, const struct http_req *req,
    const struct channel_id *channel, struct es_err *err) ES_MUST_CHECK;

#endif
