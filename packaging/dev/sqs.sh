# An SQS server for development and tests: fauxqs from npm, behind a server that checks signatures
# (tests/sqs/server.mjs). The packages stay in the user's cache, because npm is slow and may be
# unreachable.

SQS_FAUXQS=1.9.2 # the last version that runs on Node 20
SQS_NODE=20      # version of npm's package `node`, used when the installed Node is older
SQS_QUEUES=es-a.fifo,es-b.fifo

# sqs_find: set SQS_FOLDER and NODE, and fetch missing packages. On failure set $sqs_lost to the
# reason.
sqs_find() {
	SQS_FOLDER=${ES_SQS_CACHE:-${XDG_CACHE_HOME:-${HOME:-$DEV}/.cache}/echostream}/sqs-$SQS_FAUXQS
	NODE=$(command -v node) || NODE=''
	if [ -z "$NODE" ] || [ "$("$NODE" -p 'parseInt(process.versions.node)')" -lt 20 ]; then
		NODE=$SQS_FOLDER/node_modules/node/bin/node
		[ -x "$NODE" ] || sqs_fetch "node@$SQS_NODE" || return 1
	fi
	[ -f "$SQS_FOLDER/ready" ] && return 0
	sqs_fetch --ignore-scripts "fauxqs@$SQS_FAUXQS" && : >"$SQS_FOLDER/ready"
}

sqs_fetch() {
	have npm || {
		sqs_lost='npm is not installed'
		return 1
	}
	mkdir -p "$SQS_FOLDER" || return 1
	out=$(cd "$SQS_FOLDER" && timeout 180 npm install --no-audit --no-fund --silent "$@" 2>&1) && return 0
	sqs_lost="npm could not fetch $*: $(printf %s "$out" | tail -n 1)"
	return 1
}

# Print the programs' settings for SQS, including the AWS_ names.
sqs_env() {
	env_secret sqs.key 20
	base=http://sqs.us-east-1.localhost:$SQS_PORT/000000000000
	cat <<END
ES_SQS_QUEUE_URLS=$base/${SQS_QUEUES%%,*},$base/${SQS_QUEUES##*,}
ES_SQS_ENDPOINT=http://127.0.0.1:$SQS_PORT
ES_SQS_REGION=us-east-1
SQS_PORT=$SQS_PORT
SQS_VISIBILITY_S=${SQS_VISIBILITY_S:-30}
END
	# From this address the programs fetch the keys of a role, which a test can change.
	if [ "${ES_TEST_SQS_KEYS:-given}" = role ]; then
		say "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$SQS_PORT/_test/credentials"
		say SQS_SESSION_TOKEN=first
	else
		say AWS_ACCESS_KEY_ID=AKDEV
		say "AWS_SECRET_ACCESS_KEY=$(cat "$DEV/secrets/sqs.key")"
	fi
}

sqs_run() {
	sqs_find || exit 1
	SQS_ACCESS_KEY=AKDEV SQS_SECRET_KEY=$(cat "$DEV/secrets/sqs.key")
	export SQS_ACCESS_KEY SQS_SECRET_KEY
	exec setsid "$NODE" "$ROOT/tests/sqs/server.mjs" "$SQS_FOLDER" "$SQS_PORT" "$SQS_QUEUES"
}
