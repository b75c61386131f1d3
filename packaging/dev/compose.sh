# Docker Compose for tests: the installed `docker compose`, or the binary of Debian 13's package. The
# binary needs no engine to read a file, and stays in the user's cache. Needs packages.sh.

COMPOSE_DEBIAN=2.26.1-4 # the version of Debian 13

# compose_find: set COMPOSE to the command; on failure set $compose_lost to the reason
compose_find() {
	COMPOSE='docker compose'
	# 2.24 is the first version that reads `env_file: [{path, required}]`.
	have docker && docker compose version --short 2>/dev/null |
		awk -F. '{ sub("v", ""); new = $1 > 2 || $1 == 2 && $2 >= 24 } END { exit !new }' && return 0
	folder=${XDG_CACHE_HOME:-${HOME:-$DEV}/.cache}/echostream/compose-$COMPOSE_DEBIAN
	COMPOSE=$folder/docker-compose
	[ -x "$COMPOSE" ] || compose_fetch "$folder"
}

# compose_fetch FOLDER: unpack the binary of Debian 13's package, with package lists of its own
compose_fetch() {
	work=$(mktemp -d) || return 1
	mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$1"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(packages_mirror) trixie main" \
		>"$work/sources.list"
	if (cd "$work" && compose_apt update && compose_apt download docker-compose &&
		dpkg -x docker-compose_*.deb tree) >"$work/log" 2>&1; then
		mv "$work/tree/usr/libexec/docker/cli-plugins/docker-compose" "$1/docker-compose.new" &&
			mv "$1/docker-compose.new" "$1/docker-compose"
		code=$?
		compose_lost='the package docker-compose of Debian 13 has no binary'
	else
		compose_lost="can't fetch the package docker-compose of Debian 13: $(tail -n 1 "$work/log")"
		code=1
	fi
	rm -rf "$work"
	return $code
}

compose_apt() {
	apt-get -q -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" \
		-o Dir::State::status=/dev/null -o APT::Sandbox::User=root "$@"
}
