#!/bin/sh
# Creates the login roles. The postgres image runs this script once, on an empty volume.
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
	-v owner_password="$ES_OWNER_PASSWORD" -v app_password="$ES_APP_PASSWORD" -f /roles.sql
