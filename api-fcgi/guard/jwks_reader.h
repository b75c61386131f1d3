/* Fetches the tenants' key sets from their URLs and stores them in PostgreSQL, where
 * push-server reads them. A set is due after ten minutes, or after one minute when a
 * token named a kid that the set does not have. */
#ifndef API_JWKS_READER_H
#define API_JWKS_READER_H

#include "env/api.h"

/* Reads at most one set every 2 s in each worker. A worker of the pool `api` calls it
 * between two requests. Reads nothing for a minute after PostgreSQL refused a statement;
 * an outage of PostgreSQL causes no such pause. */
void jwks_reader_poll(struct api *api);

#endif
