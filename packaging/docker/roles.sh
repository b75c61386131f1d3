#!/bin/sh
# Creates the login roles. The postgres image runs this script once, on an empty volume.
set -eu
psql -X -q -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
	-v owner_password="$OWNER_PASSWORD" -v app_password="$APP_PASSWORD" -f /roles.sql
