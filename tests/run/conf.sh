# The configuration of lighttpd, for ./dev and for Debian, without and with TLS. lighttpd must accept
# it without a warning and behave as the snippets say. Stub programs answer in place of ours.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/ports.sh"
mkdir -p "$WORK/run" "$WORK/log" "$WORK/tls" "$WORK/etc"
ES_RUN_DIR=$WORK/run ES_LOG_DIR=$WORK/log ES_PORT=$(random_port) ES_TLS_PORT=$(random_port)
export ES_RUN_DIR ES_LOG_DIR ES_PORT ES_TLS_PORT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
	-addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
	-keyout "$WORK/tls/privkey.pem" -out "$WORK/tls/fullchain.pem" 2>/dev/null || die 1 'openssl failed'

# check_config NAME FILE: check a configuration of lighttpd. lighttpd -t checks only the syntax, and -tt
# accepts a misspelt key with a WARNING. So a warning or an error in the output fails the check.
check_config() {
	out=$(lighttpd -tt -f "$2" 2>&1)
	code=$?
	case $out in
	*WARNING* | *rror*) code=1 ;;
	esac
	[ $code -eq 0 ] || say "$out"
	result $code "$1"
}

# snippet_tls: print the TLS snippet with the port and the certificate of the test
snippet_tls() {
	sed -e "s,/etc/echostream/tls,$WORK/tls,; s,0.0.0.0:443,127.0.0.1:$ES_TLS_PORT,; /use-ipv6/d" \
		lighttpd/conf-available/61-echostream-tls.conf
}

check_config 'the dev configuration is clean' lighttpd/dev.conf

# Debian's main file with the snippets enabled, in the order of their names.
snippet_tls >"$WORK/etc/61-echostream-tls.conf"
cp lighttpd/conf-available/[56]0-*.conf lighttpd/conf-available/5[5-9]-*.conf "$WORK/etc"
sed -i "s,/usr/share/echostream,$ROOT/lighttpd,; s,/run/echostream,$WORK/run," "$WORK/etc/50-echostream-paths.conf"
sed -e "s,/etc/lighttpd/conf-enabled,$WORK/etc," /etc/lighttpd/lighttpd.conf >"$WORK/debian.conf"
check_config "the snippets are clean below Debian's lighttpd.conf" "$WORK/debian.conf"

# lighty-enable-mod finds a snippet by its name, and enables the snippets that `depends` names.
code=0
for name in $(sed -n 's/^# -\*- depends: \(.*\) -\*-/\1/p' lighttpd/conf-available/*.conf | tr -d , | tr ' ' '\n' | sort -u); do
	ls lighttpd/conf-available/[0-9][0-9]-"$name".conf >/dev/null || code=1
done
result $code 'the snippets that `depends` names exist'

# The check must find a planted mistake.
sed 's/^server.max-read-idle /server.max-reed-idle /' lighttpd/conf-available/55-echostream-limits.conf >"$WORK/etc/55-echostream-limits.conf"
out=$(lighttpd -tt -f "$WORK/debian.conf" 2>&1)
case $out in
*WARNING*) result 0 'a misspelt key is found' ;;
*) result 1 'a misspelt key is found' ;;
esac

code=0
for file in lighttpd/errors/problem.*.html; do
	status=$(basename "$file" .html | sed 's/problem.//')
	# lighttpd answers 500 when a back end exits during a request. Our page for 500 reports 502.
	python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["status"] == int(sys.argv[2])' "$file" "$(echo "$status" | sed s/500/502/)" || code=1
	grep -q "\"\\.$status\\.html\" => \"application/problem+json; by=lighttpd\"" lighttpd/conf-available/59-echostream-errors.conf || code=1
done
result $code 'each error page is JSON with its status, and is served as a problem document'

{
	cat <<END
include "$ROOT/lighttpd/dev.conf"
END
	snippet_tls
} >"$WORK/front.conf"
check_config 'the dev configuration with TLS is clean' "$WORK/front.conf"
# reload_lives OWNER MODE: give the TLS key this owner and mode, and succeed when lighttpd survives a
# reload. A reload reads the key as www-data, not as root.
reload_lives() {
	chown "$1" "$WORK/tls/privkey.pem" && chmod "$2" "$WORK/tls/privkey.pem" || return 1
	started() { [ "$(grep -c 'server started' "$WORK/log/reload.log")" -ge "$1" ]; }
	: >"$WORK/log/reload.log"
	chown -R www-data "$WORK/log" "$WORK/run"
	ES_ROOT=$WORK/open lighttpd -D -f "$WORK/reload.conf" &
	door=$! lives=1 limit=$(($(date +%s) + 10))
	until curl -sk -o /dev/null "https://127.0.0.1:$ES_TLS_PORT/" || [ "$(date +%s)" -ge $limit ]; do sleep 0.1; done
	kill -USR1 $door
	until started 2 || ! kill -0 $door 2>/dev/null || [ "$(date +%s)" -ge $limit ]; do sleep 0.1; done
	started 2 && curl -sk -o /dev/null "https://127.0.0.1:$ES_TLS_PORT/" && lives=0
	kill $door 2>/dev/null
	wait $door
	return $lives
}
if is_root && id www-data >/dev/null 2>&1; then
	# www-data may have no right to read this checkout.
	mkdir "$WORK/open" && cp -R lighttpd "$WORK/open/" && chmod -R a+rX "$WORK/open"
	{
		sed "s,$ROOT/lighttpd,$WORK/open/lighttpd," "$WORK/front.conf"
		printf 'server.errorlog := "%s"\n' "$WORK/log/reload.log"
		printf 'server.username = "www-data"\nserver.groupname = "www-data"\n'
	} >"$WORK/reload.conf"
	reload_lives root:www-data 0640
	result $? 'a reload reads a key with the rights that the TLS snippet names'
	! reload_lives root:root 0600
	result $? 'a reload with a key that only root may read fails'
	chown -R root "$WORK/log" "$WORK/run"
else
	skip 'a reload as another user than root' 'needs root and www-data [2 checks]'
fi

# In a private network namespace the firewall refuses the 501st connection of one address.
if is_root && have nft && have ip && unshare -n true 2>/dev/null; then
	unshare -n sh -c 'ip link set lo up && nft -f lighttpd/connections.nft && nft -f lighttpd/connections.nft &&
		exec python3 tests/run/front_many.py 500'
	result $? 'connections.nft limits the connections of one address, IPv4 and IPv6'
else
	skip 'connections.nft limits the connections of one address' 'needs root, nft, ip and unshare -n'
fi

# Send requests from an address outside 127.0.0.0/8, with the defaults of 50-echostream-paths.
if is_root && have ip && unshare -n true 2>/dev/null; then
	unshare -n python3 tests/run/front_from.py
	result $? 'with the defaults /healthz answers any client, the other paths only this machine'
else
	skip 'with the defaults /healthz answers any client' 'needs root, ip and unshare -n'
fi
grep '^var.es_\(healthz\|ops\)_\(from\|also\)' lighttpd/conf-available/50-echostream-paths.conf | tr -s ' ' >"$WORK/ours"
grep '^var.es_\(healthz\|ops\)_\(from\|also\)' lighttpd/dev.conf | tr -s ' ' | cmp -s - "$WORK/ours"
result $? 'the dev configuration has the defaults of the snippet'

# Give operators, a load balancer and all other clients different addresses of this machine.
sed -e 's,^var.es_ops_from4 .*,var.es_ops_from4 = "127.0.0.1/32",; s,^var.es_healthz_from4 .*,var.es_healthz_from4 = "127.0.0.0/16",
	s,^var.es_healthz_also4 .*,var.es_healthz_also4 = "198.51.100.0/24",' \
	lighttpd/dev.conf >"$WORK/plain.conf"
# Shorten the idle times, so that the checks need not wait for minutes. The block of /ws keeps its own
# idle times.
printf 'server.max-read-idle := 2\nserver.max-write-idle := 2\n' >>"$WORK/plain.conf"

# The configurations for a task behind an Application Load Balancer. Such a task has the key and the
# certificate in the folder of its sockets.
mkdir "$WORK/alb" && cp "$WORK/tls/"*.pem "$WORK/alb" || die 1 'cannot copy the certificate'
ES_PROXY_FROM=127.0.0.1/32
export ES_PROXY_FROM
for name in alb alb-push; do
	ES_RUN_DIR=$WORK/alb check_config "lighttpd/$name.conf is clean" "lighttpd/$name.conf"
done
ES_RUN_DIR=$WORK/alb part 'behind a load balancer' python3 tests/run/front_alb.py - "$WORK"
part 'the front door' python3 tests/run/front.py "$WORK/front.conf" "$WORK" "$WORK/plain.conf"
