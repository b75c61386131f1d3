#!/bin/sh
# Run once by the postgres image on an empty volume: the login roles, with passwords.
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
	-v owner_password="$ES_OWNER_PASSWORD" -v app_password="$ES_APP_PASSWORD" -f /roles.sql
