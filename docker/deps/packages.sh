#!/bin/bash
# packages.sh PURPOSE...: names the Debian packages that a purpose needs and the machine lacks, as one line for apt, and fails
# if there are any. With APT=yes in the environment and as root it installs them. The one place that names packages.
# Nothing missing: one dpkg-query, no network.
set -euo pipefail

declare -A packages=(
    [build]="gcc make dpkg-dev xz-utils patch autoconf automake libtool ca-certificates debian-archive-keyring linux-libc-dev"
    # The program for aarch64 is linked by it; see the Makefile.
    [lld]="lld"
    # To build for the other processor.
    [aarch64]="gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
    [x86_64]="gcc-x86-64-linux-gnu libc6-dev-amd64-cross"
    # The tests judge the binary with Debian's Python, so that every machine has the same judges.
    [test]="libc6-dev libcmocka-dev libsodium-dev python3 python3-pytest python3-pytest-xdist
            python3-cryptography binutils strace util-linux mount e2fsprogs libfuse3-dev fuse3 fuse-overlayfs valgrind
            mandoc bash-completion
            postgresql mariadb-server-core python3-sqlalchemy python3-psycopg2 python3-mysqldb python3-pymysql"
    # The tests with the program for arm64, on another machine.
    [arm64]="qemu-user"
    # The container tests: an engine, what it makes networks and pods of, what makes the base image, and what knows Kubernetes' fields.
    [container]="podman buildah runc catatonit netavark aardvark-dns iptables podman-compose docker-compose openssl debootstrap
                 iproute2 util-linux mount python3 python3-pytest python3-pytest-xdist python3-cryptography python3-yaml python3-kubernetes"
    # The tests with a real Airflow: its environments are made of Debian's Python; a database and a broker.
    [airflow]="python3 python3-venv python3-pytest python3-pytest-xdist python3-cryptography ca-certificates util-linux postgresql redis-server"
    # clang only recommends what its sanitizers and its fuzzer are made of.
    [fuzz]="clang libclang-rt-dev libc6-dev libsodium-dev"
    [lint]="clang-format clang-tidy cppcheck shellcheck mandoc libc6-dev libcmocka-dev libsodium-dev libfuse3-dev"
    # The peers that fernit is held against and measured beside.
    [peers]="tini dumb-init catatonit python3 python3-pytest python3-pytest-xdist python3-cryptography util-linux mount"
    [bench]="tini dumb-init catatonit gosu python3 python3-cryptography binutils strace libc6-dev"
)

wanted=()
for purpose in "$@"; do
    [[ -v packages[$purpose] ]] || {
        echo "packages.sh: no purpose \"$purpose\"; there are: ${!packages[*]}" >&2
        exit 2
    }
    read -r -d '' -a names <<<"${packages[$purpose]}" || true
    wanted+=("${names[@]}")
done

command -v dpkg-query >/dev/null || {
    echo "packages.sh: this is no Debian; install what Debian calls: ${wanted[*]}" >&2
    exit 1
}

# Sets `missing`; false where nothing is.
lacks() {
    mapfile -t missing < <(
        comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) \
            <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/^ii  *//p' | sort -u)
    )
    ((${#missing[@]}))
}
lacks || exit 0

if [[ ${APT:-} != yes ]] || ((EUID != 0)); then
    echo "packages.sh: Debian packages are missing; as root: apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
fi
# make asks for several purposes at once, another checkout may do the same, and apt does not wait for its own lock.
exec 9<"$(command -v apt-get)"
flock 9
lacks || exit 0
echo "packages.sh: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ apt-get update -q && apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null || {
    cat "$log" >&2
    echo "packages.sh: apt could not install ${missing[*]}; mend what it says above and start again" >&2
    exit 1
}
