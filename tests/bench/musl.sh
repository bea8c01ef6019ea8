#!/bin/bash
# musl.sh CC FOLDER: builds tini and dumb-init with the compiler CC, fernit's own musl-gcc, as small as they come,
# and leaves them in FOLDER, each under its name. What is there already is not made again.
#
# They are what fernit's memory is measured against: Debian's builds carry glibc. The sources are the ones of the packages
# that the bench installs, upstream's archives without Debian's patches: fetched by name through apt as it is configured
# here, with the suite's deb lines read as deb-src, in folders of its own. apt checks them against Debian's keyring.
set -euo pipefail
umask 022
export LC_ALL=C

cc=$1 folder=$2
names=(tini dumb-init)

built() { for name in "${names[@]}"; do [[ -x $folder/$name ]] || return; done; }
built && exit

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -f $keyring ]] || keyring=/usr/share/keyrings/debian-archive-keyring.pgp

mkdir -p "$folder"
work=$(mktemp -d "$folder/building.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/sources"
log=$work/log

die() {
    tail -n 5 "$log" >&2
    echo "musl.sh: $*" >&2
    exit 1
}

# An archive that is not Debian's fails here for want of a signature, and is left out.
# shellcheck disable=SC2016 # the dollars are apt's
apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' |
    sort -u | sed "s|.*|deb-src [signed-by=$keyring] & main|" >"$work/apt/debian.list"

private_apt() {
    timeout 60 "$@" -q -o Dir::State="$work/apt" -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" \
        -o Dir::Etc::sourcelist="$work/apt/debian.list" -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root \
        -o Acquire::http::Timeout=10 >>"$log" 2>&1
}
private_apt apt-get update || true
(cd "$work/sources" && private_apt apt-get source --tar-only "${names[@]}") || die "apt could not fetch the sources of ${names[*]}"

build() {
    mkdir "$work/$1"
    tar -xf "$work/sources/$1"_*.orig.tar.* -C "$work/$1" --strip-components=1 >>"$log" 2>&1 || die "cannot unpack $1"
    "$cc" -w -Os -ffunction-sections -fdata-sections -static -no-pie -s -Wl,--gc-sections "-I$work" "${@:3}" \
        "$work/$1/$2" -o "$work/$1.new" >>"$log" 2>&1 || die "$1 does not build with $cc"
}
# What tini's own build would have written.
printf '#define TINI_VERSION "musl"\n#define TINI_GIT ""\n' >"$work/tiniConfig.h"
build tini src/tini.c -include libgen.h
build dumb-init dumb-init.c
for name in "${names[@]}"; do mv "$work/$name.new" "$folder/$name"; done
