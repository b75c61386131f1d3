# enter.sh TREE WORK PREPARE [ALONE]: run the scripts PREPARE and ALONE of WORK/src in a copy of
# the tree that is forgotten with this namespace. WORK/src is /src there, WORK/out is /out. ALONE has
# a network of its own, so that it may use port 443.
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
