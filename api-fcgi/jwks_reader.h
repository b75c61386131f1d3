/* Reads key sets again: those that a token named an unknown kid of (once a minute at
 * most) and those that are ten minutes old. push-server reads them from PostgreSQL alone.
 */
#ifndef API_JWKS_READER_H
#define API_JWKS_READER_H

#include "api.h"

/* Between two requests of the pool `api`; does something once in 2 s, and then reads one
 * set at most. */
void jwks_reader_turn(struct api *api);

#endif
