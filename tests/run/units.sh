# What `meson install` puts on a host, and the units: the tree, man pages, systemd's own checks, and
# the messages of the programs to systemd. No systemd has to run.
. "$(dirname -- "$0")/lib.sh"
DEST=$WORK/dest
PREFIX=$DEST/usr/local
UNITS=$WORK/units
mkdir -p "$UNITS"

DESTDIR=$DEST meson install -C "$BUILD" --no-rebuild >"$WORK/install.log" 2>&1
code=$?
[ $code -eq 0 ] || cat "$WORK/install.log"
result $code 'meson install honours DESTDIR'

# Take the files of db/ and lighttpd/ from this checkout; tests/install/tree.txt lists all others.
(cd "$DEST" && find . -type f -o -type l) | sed 's,^\./,,' | sort >"$WORK/tree"
{
	cat tests/install/tree.txt
	find db/migrations db/functions -name '*.sql' | sed 's,^,usr/local/share/echostream/,'
	find lighttpd/errors lighttpd/lua -type f | sed 's,^lighttpd,usr/local/share/echostream,'
	find lighttpd/conf-available -type f | sed 's,^,usr/local/etc/,'
} | sort >"$WORK/expected"
diff "$WORK/expected" "$WORK/tree"
result $? 'the installed files are those of tests/install/tree.txt, db/ and lighttpd/'
find "$DEST" -type f -perm /022 | grep . && code=1 || code=0
result $code 'no installed file is writable for others'
grep -q '^var.es_share  = "/usr/local/share/echostream"' "$PREFIX/etc/lighttpd/conf-available/50-echostream-paths.conf" &&
	grep -q '^ExecStart=/usr/local/bin/echostream-push$' "$PREFIX/lib/systemd/system/echostream-push.service" &&
	grep -q '/usr/local/share/echostream/db/migrations' "$PREFIX/bin/echostreamctl"
result $? 'snippets, units and echostreamctl have the paths of the prefix'

for page in "$PREFIX"/share/man/man?/*; do
	out=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
	[ -z "$out" ] || say "$out"
	bad=1
	[ -n "$out" ] || [ "$(wc -l <"$page")" -le 40 ] || bad=0
	result $bad "man formats $(basename "$page") without a warning"
done
missed=0
for name in $(sed -n 's/^- \*\*`\(ES_[A-Z0-9_]*\|AWS_[A-Z0-9_]*\)`.*/\1/p' docs/settings.md); do
	grep -qF "$name" "$PREFIX/share/man/man5/echostream-settings.5" || {
		say "$name"
		missed=1
	}
done
result $missed 'echostream-settings(5) has every setting of docs/settings.md'

# systemd looks for the programs and the man pages, so give it units with the paths of this tree.
for unit in "$PREFIX"/lib/systemd/system/*; do
	sed "s,/usr/local/bin/,$PREFIX/bin/," "$unit" >"$UNITS/$(basename "$unit")"
done
# verify NAME: check the unit by systemd-analyze verify, which exits with 0 after most complaints. So
# any output fails the check.
verify() {
	out=$(SYSTEMD_UNIT_PATH=$UNITS: MANPATH=$PREFIX/share/man systemd-analyze verify "$UNITS/$1" 2>&1)
	code=$?
	[ -z "$out" ] || say "$out"
	[ $code -eq 0 ] && [ -z "$out" ]
}
for unit in echostream-api.service echostream-fanout.service echostream-push.service echostream.target; do
	verify "$unit"
	result $? "systemd-analyze verify has no complaint about $unit"
done
sed 's/^TimeoutStopSec=/TimeoutStopSex=/' "$UNITS/echostream-api.service" >"$UNITS/planted.service"
! verify planted.service >/dev/null
result $? 'a misspelt key of a unit is found'

# systemd rates the exposure of a service from 0 (sealed) to 10.
for unit in api fanout push; do
	systemd-analyze security --offline=true --threshold=15 "$UNITS/echostream-$unit.service" >"$WORK/score" 2>&1
	code=$?
	tail -n 1 "$WORK/score"
	result $code "the exposure of echostream-$unit.service is at most 1.5"
done

# TimeoutStopSec= must be longer than the longest drain that the settings allow plus the 4.5 s that
# push-server takes afterwards.
for program in api:api-fcgi fanout:fanout push:push-server; do
	name=echostream-${program%%:*}
	longest=$("$BUILD/${program#*:}/$name" --settings-json |
		python3 -c 'import json, sys; print(next(i["max"] for i in json.load(sys.stdin) if i["name"].endswith("_DRAIN_MS")))')
	stop=$(sed -n 's/^TimeoutStopSec=//p' "$UNITS/$name.service")
	[ $((longest + 4500)) -lt $((stop * 1000)) ]
	result $? "systemd cuts no drain of $name"
done

# Each program accepts the example of a settings file when the files with secrets exist.
mkdir -p "$WORK/etc"
echo 'postgresql://echostream_app:secret@127.0.0.1/echostream' >"$WORK/etc/database.url"
openssl rand -hex 32 >"$WORK/etc/jwt.key"
openssl rand -hex 24 >"$WORK/etc/operator.key"
sed "s,/etc/echostream/,$WORK/etc/," "$PREFIX/share/doc/echostream/examples/echostream.env" >"$WORK/etc/echostream.env"
for name in api fanout push; do
	out=$(env -i ES_SETTINGS_FILE="$WORK/etc/echostream.env" "$PREFIX/bin/echostream-$name" --check-config 2>&1)
	code=$?
	[ "$out" = "echostream-$name: settings are good" ] || code=1
	[ $code -eq 0 ] || say "$out"
	result $code "echostream-$name accepts the example of a settings file"
done

# Users and folders, in a tree of their own.
mkdir -p "$WORK/root/etc"
printf 'root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n' >"$WORK/root/etc/passwd"
printf 'root:x:0:\nwww-data:x:33:\n' >"$WORK/root/etc/group"
if is_root; then
	systemd-sysusers --root="$WORK/root" "$PREFIX/lib/sysusers.d/echostream.conf" &&
		grep -q '^echostream:x:[0-9]*:[0-9]*:EchoStream:/:' "$WORK/root/etc/passwd" &&
		grep -q '^echostream-front:x:[0-9]*:echostream,www-data$' "$WORK/root/etc/group" &&
		grep -q '^echostream:x:[0-9]*:$' "$WORK/root/etc/group"
	result $? 'sysusers makes the user; lighttpd is in the group of the sockets, not in that of the secrets'
	mkdir -p "$WORK/root/run"
	systemd-tmpfiles --root="$WORK/root" --create "$PREFIX/lib/tmpfiles.d/echostream.conf" &&
		[ "$(stat -c '%a %u' "$WORK/root/run/echostream")" = "750 $(sed -n 's/^echostream:x:\([0-9]*\):.*/\1/p' "$WORK/root/etc/passwd")" ]
	result $? 'tmpfiles makes the folder of the sockets'
else
	skip 'sysusers and tmpfiles' 'need root [2 checks]'
fi

# A program keeps its log open and appends to it; logrotate empties the file.
mkdir -p "$WORK/log"
sed -e "s,/var/log/echostream,$WORK/log," -e '/^	su /d' "$PREFIX/etc/logrotate.d/echostream" >"$WORK/logrotate.conf"
chmod 644 "$WORK/logrotate.conf"
exec 7>>"$WORK/log/push.log"
echo before >&7
/usr/sbin/logrotate -f -s "$WORK/logrotate.state" "$WORK/logrotate.conf"
code=$?
echo after >&7
exec 7>&-
[ $code -eq 0 ] && [ "$(cat "$WORK/log/push.log.1")" = before ] && [ "$(cat "$WORK/log/push.log")" = after ]
result $? 'logrotate moves the old lines to another file, and the program goes on writing to its log'

part 'messages to systemd' python3 tests/run/units_notify.py "$WORK" "$PREFIX/bin"
