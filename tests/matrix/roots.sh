# Shell library: Debian roots made by debootstrap, entered by chroot. Needs root, and tests/lib.sh.
# Source it from the top of the tree.

# The archive that this machine itself uses.
mirror=${MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(SITE)' 'Created-By: Packages' |
  awk '$1 == "Debian" {print $2; exit}')}
[ -n "$mirror" ] || die "apt names no Debian archive (run 'apt-get update', or set MIRROR)"

# Runs a command inside a root.
inside() {
  local root=$1
  shift
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    ${PIP_CERT:+PIP_CERT=/etc/ssl/machine-ca.pem} \
    chroot "$root" "$@" </dev/null
}

# Gives a root /proc, shared memory and terminals; taken away again when the script ends, however
# it ends.
mount_root() {
  mkdir -p "$1/dev/pts"
  mount -t proc proc "$1/proc" && mount -t tmpfs -o mode=1777 tmpfs "$1/dev/shm" || return 1
  mounted=$1
  # A container may refuse terminals: tests that need one are skipped there. The node that
  # debootstrap makes is of the outer instance.
  if mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$1/dev/pts"; then
    [ -L "$1/dev/ptmx" ] || ln -sf pts/ptmx "$1/dev/ptmx"
  fi
}
unmount_root() {
  [ -z "$mounted" ] || ! mountpoint -q "$mounted/dev/pts" || umount -l "$mounted/dev/pts"
  [ -z "$mounted" ] || umount -l "$mounted/dev/shm" "$mounted/proc"
  mounted=
}
mounted=
trap unmount_root EXIT
trap 'exit 130' INT TERM

# Makes a bare root of a suite: what is essential, and apt and pip reach their archives as here.
bootstrap() {
  local suite=$1 root=$2 script=/usr/share/debootstrap/scripts
  rm -rf --one-file-system "$root"
  # An older debootstrap does not know the newest suites; all are made like sid.
  [ -e "$script/$suite" ] || script=$script/sid
  debootstrap --variant=minbase "$suite" "$root" "$mirror" \
    $([ -e "/usr/share/debootstrap/scripts/$suite" ] || echo "$script") || return 1
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  grep -liE 'proxy' /etc/apt/apt.conf.d/* 2>/dev/null |
    xargs -r cp -t "$root/etc/apt/apt.conf.d/"
  # A mirror may serve a frozen copy of a testing suite, whose date has passed. The signature holds.
  echo 'Acquire::Check-Valid-Until "false";' >"$root/etc/apt/apt.conf.d/90frozen"
  [ -z "${PIP_CERT:-}" ] || install -D -m 644 "$PIP_CERT" "$root/etc/ssl/machine-ca.pem"
}

# Copies the tree, and the cases beside it, to /lineage of a root; objects stay behind.
copy_tree() {
  local root=$1 cases=${CASES:-$PWD/../shared/cases}
  rm -rf "$root/lineage/pg_lineage" "$root/lineage/shared"
  mkdir -p "$root/lineage/pg_lineage" "$root/lineage/shared"
  tar -c --exclude=./build --exclude=./.git --exclude='*.o' --exclude='*.so' --exclude='*.bc' \
    --exclude=./lineage-shipper . | tar -x -C "$root/lineage/pg_lineage"
  [ ! -d "$cases" ] || cp -r "$cases" "$root/lineage/shared/"
}
