/* Which version of envelopes the installation allows (event/envelope.h). The last
 * migration of an upgrade allows a new one, when no program of the last release runs any
 * more. */
#ifndef STORE_ENVELOPE_VERSION_H
#define STORE_ENVELOPE_VERSION_H

#include <stdint.h>

#include "pg/pg.h"

/* The version for an event loop. Send the statement without parameters and tenant. */
extern const struct pg_stmt envelope_version_stmt;
/* Returns 0 when there is no row. */
int64_t envelope_version_read(struct pg_rows *rows, struct arena *a);

#endif
