/* Reads key sets of tenants into PostgreSQL, where push-server finds them: a set that is
 * ten minutes old, or a minute when a token named a kid that the set does not have. */
#ifndef API_JWKS_READER_H
#define API_JWKS_READER_H

#include "env/api.h"

/* Call between two requests of the pool `api`. Reads at most one set in 2 s; after a
 * failure of the database's, other than its absence, nothing for a minute. */
void jwks_reader_poll(struct api *api);

#endif
