# The Debian package, on Debian 12 and 13. Build the package and check it with lintian. Then run
# docs/install.md line by line in a bare tree, from the package to a WebSocket behind TLS, and once
# more from source. Needs root, namespaces, and a Debian mirror.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/packages.sh"
. "$ROOT/tests/install/trees.sh"

# Packages that the suite needs beside those of the page. socat receives the notifications to systemd.
TOOLS='socat iproute2'

build_packages() {
	sed -n '/^Build-Depends/,/^Standards/p' packaging/debian/control | tr ',' '\n' |
		sed -n 's/^\(Build-Depends:\)\{0,1\} *\([a-z0-9.+-]\{2,\}\).*/\2/p' | grep -v '^Standards' |
		sed 's/^debhelper-compat$/debhelper/'
	printf '%s\n' build-essential lintian
}

# in_tree TREE PREPARE [ALONE]: see enter.sh
in_tree() {
	rm -rf "$WORK/top" "$WORK/root"
	mkdir -p "$WORK/top" "$WORK/root"
	in_namespaces timeout 900 sh "$WORK/src/tests/install/enter.sh" "$1" "$WORK" "$2" "${3:-}"
}

# try_page WAY: install by docs/install.md in a bare tree. The section that installs the programs has
# the network of this machine, because apt needs it. The sections after it have only loopback.
try_page() {
	python3 tests/install/page.py "$1" docs/install.md "$release" >"$WORK/src/page.sh"
	awk -v file="$WORK/src/prepare.sh" '{ print >file } /^section_ends/ { exit }' "$WORK/src/page.sh"
	{
		echo '. /src/tests/install/checks.sh'
		sed -n 2p "$WORK/src/page.sh"
		echo 'cd /srv && boot'
		awk 'seen { print } /^section_ends/ { seen = 1 }' "$WORK/src/page.sh"
	} >"$WORK/src/alone.sh"
	{
		# No service starts while apt has the network of this machine.
		printf 'printf "#!/bin/sh\\nexit 101\\n" >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d\n'
		printf 'echo 127.0.0.1 chat.example.com >>/etc/hosts; cp /out/%s/*.deb /srv/; cd /srv; rm -f *dbgsym*\n' "$release"
		[ "$1" = package ] || echo 'cp -R /src /srv/echostream; cd /srv/echostream'
		cat "$WORK/src/prepare.sh"
		echo "apt-get install -y -q --no-install-recommends $TOOLS >/dev/null && rm /usr/sbin/policy-rc.d"
	} >"$WORK/src/first.sh"
	in_tree "$TREE" /src/first.sh /src/alone.sh >"$WORK/out/said" 2>&1
	code=$?
	# Other programs print lines that begin with "ok", too.
	sed '/^\(not \)\{0,1\}ok deb: /!s/^/  | /' "$WORK/out/said" | tee "$WORK/out/log"
	part_judge "deb: $release, $1" $code "$WORK/out/log"
}

tree_possible deb
mkdir -p "$WORK/src" "$WORK/out"
git -c safe.directory="$ROOT" ls-files -z --cached --others --exclude-standard |
	tar --null --files-from=- --ignore-failed-read -cf - | tar -xf - -C "$WORK/src"
for release in ${ES_DEB_RELEASES:-bookworm trixie}; do
	tree_find "deb-build-$release" $release apt "$(build_packages)" || tree_leave_out deb "$lost"
	mkdir -p "$WORK/out/$release"
	echo "cd /src && packaging/ci/deb /out/$release" >"$WORK/src/build.sh"
	in_tree "$TREE" /src/build.sh >"$WORK/out/build.log" 2>&1
	code=$?
	cat "$WORK/out/build.log"
	built=1
	[ -z "$(ls "$WORK/out/$release"/echostream_*.deb 2>/dev/null)" ] || built=0
	result $built "deb: $release: the package is built"
	result $code "deb: $release: lintian has no error and no warning"
	tree_find "deb-bare-$release" $release minbase "$(printf '%s\n' ca-certificates systemd)" || tree_leave_out deb "$lost"
	[ $built -ne 0 ] || try_page package
	try_page source
done
