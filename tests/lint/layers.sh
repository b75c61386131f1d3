#!/bin/sh
# Includes point down only, and each outside library is used in one folder.
. "$(dirname -- "$0")/lib.sh"

# may FOLDER ALLOWED...: print the includes of shared/FOLDER that lead neither to FOLDER nor to the
# folders ALLOWED of shared/
may() {
	folder=$1
	shift
	[ -d "shared/$folder" ] || return 0
	allowed=$(printf '%s|' "$folder" "$@")
	find "shared/$folder" -name '*.[ch]' -exec grep -nHE '^#include "' {} + |
		grep -vE "#include \"(${allowed%|})/[a-z0-9_]+\.h\""
}

rule 'shared/ includes only what is below it' "$(
	may core
	may conf core
	may json core
	may crypto core
	may unicode core
	may pg core
	may redis core crypto
	may queue core json redis event crypto
	may event core json crypto unicode
	may store core pg json event crypto unicode
	may auth core conf json crypto pg store
	may limits core redis crypto
	may presence core redis
	may ops core conf json
	may emf core json
	may trace core conf json crypto
	may measure core
)"

unknown=$(for folder in shared/*/; do
	grep -q "may $(basename "$folder")\b" "$0" || echo "$folder has no line in tests/lint/layers.sh"
done)
rule 'each folder of shared/ has a line in layers.sh' "$unknown"

# A program includes its own headers by their plain name or with a subfolder of its own.
programs=$(for program in api-fcgi fanout push-server ctl; do
	[ -d "$program" ] || continue
	own=$(find "$program" -mindepth 1 -type d -printf '%f|')
	find "$program" -name '*.[ch]' -exec grep -nHE '^#include "' {} + |
		grep -vE "#include \"(${own}core|conf|json|crypto|unicode|pg|redis|queue|event|store|auth|limits|presence|ops|emf|trace|measure)/" |
		grep -vE '#include "[a-z0-9_]+\.h"'
done)
rule 'programs never include each other' "$programs"

# only HEADER FOLDER...: print the files outside these folders that include the header
only() {
	header=$1
	shift
	homes=$(printf '%s|' "$@")
	c_files | xargs grep -nHE "#include <$header" | grep -vE "^(${homes%|})"
}

rule 'each outside library is used in its folder only' "$(
	only 'libpq-fe.h' shared/pg/
	only 'libpq/' shared/pg/
	only 'json-c/' shared/json/
	only 'jwt.h' shared/auth/
	only 'openssl/' shared/crypto/ shared/auth/ shared/redis/redis_tls
	only 'sodium' shared/crypto/
	only 'utf8proc.h' shared/unicode/
	only 'curl/' shared/queue/ shared/trace/trace_post ctl/ api-fcgi/guard/jwks_fetch
	only 'hiredis/' shared/redis/
	only 'fcgi' api-fcgi/http/fcgi_io
	only 'libwebsockets.h' push-server/conn/ws shared/ops/ ctl/ws_client
	only 'ev.h' push-server/ shared/redis/redis_async shared/redis/redis_link shared/redis/redis_topic shared/queue/queue_async
)"
