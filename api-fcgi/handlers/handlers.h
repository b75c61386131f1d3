/* The handlers of all endpoints but sending. dispatch_request() has identified and
 * checked the caller before. A handler checks the request, calls a store and writes the
 * response. */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "env/api.h"
#include "http/http_body.h"

http_handler health_healthz, health_readyz, health_metrics, health_version;
/* Checks one of the services of /readyz, at most once a second, and logs the begin and
 * the end of an outage (core/outage.h). The health process calls it between two requests.
 */
void health_ready_watch(struct api *api);
http_handler tenants_create, tenants_list, tenants_get, tenants_patch, tenants_suspend,
    tenants_resume;
http_handler tenant_own_get, tenant_own_patch;
http_handler users_me, users_list, users_create, users_get, users_patch, users_deactivate,
    users_reactivate, users_delete;
http_handler user_tokens_create;
http_handler auth_revoke, api_keys_create, api_keys_list, api_keys_revoke,
    ws_tickets_create;
http_handler auth_keys_list, auth_keys_create, auth_keys_delete;
http_handler dms_open, dms_list, dms_hide;
http_handler channels_list, channels_create, channels_get, channels_patch,
    channels_archive, channels_unarchive, channels_delete, channels_take_over;
http_handler bans_list, bans_put, bans_delete;
http_handler members_join, members_leave, members_list, members_put, members_delete;
http_handler messages_list, messages_get, messages_by_client_id;
http_handler unread_list, unread_readers;
http_handler message_reactions, message_revisions;
http_handler read_mark_put, typing_post, presence_list, presence_query, presence_put_own;

#endif
