# Black-box tests on a private stack: the scenarios, a walk over the tables of routes and frames, ten
# concurrent senders, tenants' own keys, stalled commits, draining, texts of deleted messages, metrics,
# alerts and traces.
. "$(dirname -- "$0")/lib.sh"
# The certificate of the host that serves a key set in issuers.py. The stack trusts it.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
	-keyout "$WORK/jwks.key" -out "$WORK/jwks.pem" 2>"$WORK/openssl.log" || die 1 'no certificate'
cat "$WORK/jwks.pem" >>"$WORK/jwks.key"
export ES_METRICS_EMF=1 ES_METRICS_EMF_PERIOD_S=1
export ES_JWKS_ALLOW_HOSTS=localhost ES_JWKS_CA_FILE="$WORK/jwks.pem"
# The stack sends its traces to this collector, which checks each span against OTLP.
traces_port=$(random_port)
: >"$WORK/spans"
python3 tests/scenario/collector.py "$traces_port" "$WORK/spans" >"$WORK/collector.log" 2>&1 &
collector=$!
trap 'code=$?; kill $collector 2>/dev/null; suite_end $code' EXIT
export ES_TRACE_URL="http://127.0.0.1:$traces_port/v1/traces" ES_TRACE_SAMPLE_PPM=200000
export ES_TRACE_HEADERS='X-Key=a key'
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
part 'the scenarios' python3 tests/scenario/run.py --env "$WORK/env" --schemas api --coverage tests/scenario
part 'the walk' python3 tests/scenario/walk.py --env "$WORK/env" --build "$BUILD" --schemas api
part 'ten senders' python3 tests/scenario/concurrency.py --env "$WORK/env" --schemas api
part 'issuers' python3 tests/scenario/issuers.py --env "$WORK/env" --cert "$WORK/jwks.key"
part 'stalled commits' python3 tests/scenario/stalled.py --env "$WORK/env"
part 'draining' python3 tests/scenario/drain.py --env "$WORK/env" --build "$BUILD"
part 'forgotten texts' python3 tests/scenario/forgotten.py --env "$WORK/env"
part 'metrics' python3 tests/scenario/metrics.py --env "$WORK/env"
part 'monitoring' python3 tests/scenario/monitoring.py --env "$WORK/env"
part 'metrics for CloudWatch' python3 tests/scenario/emf.py --env "$WORK/env"
part 'traces' python3 tests/scenario/traces.py --env "$WORK/env" --spans "$WORK/spans" --port "$traces_port"
# A program that exited during the run is a failure even when every scenario passed. So is a worker
# that crashed (scenarios kill workers by the signals 9 and 15 only).
{
	grep -h -A 12 ' ended after ' "$LOG/up.log"
	grep -hE 'CHECK failed|"msg":"worker ended".*"signal":(4|6|7|8|11),' "$LOG"/*.log
} >"$WORK/deaths"
cat "$WORK/deaths"
[ ! -s "$WORK/deaths" ]
result $? 'no program and no worker crashed'
