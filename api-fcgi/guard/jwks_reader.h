/* Reads the key sets of tenants into PostgreSQL, where push-server finds them. A set is
 * due after ten minutes, or after one minute when a token named a kid that the set does
 * not have. */
#ifndef API_JWKS_READER_H
#define API_JWKS_READER_H

#include "env/api.h"

/* Reads at most one set in 2 s. A worker of the pool `api` calls it between two requests.
 * Reads nothing for a minute after PostgreSQL refused a statement; an outage of
 * PostgreSQL causes no such pause. */
void jwks_reader_poll(struct api *api);

#endif
