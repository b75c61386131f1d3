# enter.sh TREE WORK PREPARE [ALONE]: chroot into an overlay of the tree, and run the scripts PREPARE
# and ALONE there. The changes to the tree are lost with this mount namespace. WORK/src is mounted at /src,
# WORK/out at /out. ALONE runs in its own network namespace, so that it can use port 443.
set -eu
tree=$1 work=$2 prepare=$3 alone=${4:-}
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$work/top"
mkdir "$work/top/upper" "$work/top/work"
mount -t overlay -o "lowerdir=$tree,upperdir=$work/top/upper,workdir=$work/top/work" overlay "$work/root"
mount -t proc proc "$work/root/proc"
mount --rbind /dev "$work/root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$work/root/dev/shm"
mkdir -p "$work/root/src" "$work/root/out"
mount --bind "$work/src" "$work/root/src"
mount --bind "$work/out" "$work/root/out"
cp /etc/resolv.conf /etc/hosts "$work/root/etc/"
inside() {
	chroot "$work/root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
inside bash "$prepare" || exit 1
[ -z "$alone" ] || {
	# shellcheck disable=SC2016
	unshare --net sh -c 'ip link set lo up && exec "$@"' sh chroot "$work/root" env -i \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive bash "$alone"
}
