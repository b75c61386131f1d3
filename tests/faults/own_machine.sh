# Namespaces instead of a separate machine: a network with loopback only, in which a test can drop
# packets, and small disks, which a test can fill.

# own_machine_enter SCRIPT [ARGUMENT...]: run the script again in namespaces. When that is impossible,
# print `skip` with the reason and return 1.
own_machine_enter() {
	[ -z "${ES_TEST_MACHINE_NET:-}" ] || return 0
	why=$(own_machine_lack) && {
		echo "skip machine $why"
		return 1
	}
	ES_TEST_MACHINE_NET=$(readlink /proc/self/ns/net)
	export ES_TEST_MACHINE_NET
	exec unshare --net --mount --propagation private -- sh "$@"
}

# own_machine_lack: print the missing right or program; return 1 when nothing is missing
own_machine_lack() {
	if [ "$(id -u)" -ne 0 ]; then
		echo 'only root may make namespaces'
	elif ! command -v unshare >/dev/null || ! command -v nft >/dev/null; then
		echo 'unshare or nft is not installed'
	elif ! unshare --net --mount true 2>/dev/null; then
		echo 'no right to make namespaces'
	elif ! unshare --mount mount -t tmpfs echostream-test /mnt 2>/dev/null; then
		echo 'no right to mount a small disk'
	elif ! unshare --net nft add table inet t 2>/dev/null; then
		echo 'the kernel has no nftables'
	else
		return 1
	fi
}

# own_machine_disks: mount small disks at the folders of PostgreSQL, Redis and the logs. The kernel
# unmounts them at the end of the namespace.
own_machine_disks() {
	for disk in pg:400 redis:100 log:20; do
		mkdir -p "$ES_DEV_DIR/${disk%:*}"
		mount -t tmpfs -o "size=${disk#*:}m" echostream-test "$ES_DEV_DIR/${disk%:*}" ||
			die 1 "no tmpfs for ${disk%:*}"
	done
}

# own_machine_leave CODE: unmount the disks, return CODE
own_machine_leave() {
	for disk in pg redis log; do
		umount -l "$ES_DEV_DIR/$disk" 2>/dev/null
	done
	return "$1"
}

# own_machine_stack: start a stack in the namespaces, and write the stack's settings to $WORK/env
own_machine_stack() {
	ip link set lo up
	own_machine_disks
	export ES_DEV_TCP=on ES_API_SEND_WORKERS=16
	private_stack || return 1
	load_env "$WORK/env"
	# Keep the write-ahead log small, so that it does not fill the disk without a fault.
	psql -X -q -d "$ES_DATABASE_ADMIN_URL" -c "alter system set max_wal_size = '64MB'" \
		-c "alter system set min_wal_size = '32MB'" -c 'select pg_reload_conf()' >/dev/null
}
