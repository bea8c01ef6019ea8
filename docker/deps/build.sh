#!/bin/bash
# build.sh: builds musl, libsodium and inih from the sources pinned in the file `lock`, once, and prints the folder they are
# in (include/, kernel/, lib/, bin/musl-gcc, share/inih/, share/licenses/) as its only line of standard output.
#
# The folder lies in ${FERNIT_CACHE:-${XDG_CACHE_HOME:-~/.cache}/fernit}, under a name made of everything that decides what is
# in it. No path of the machine gets into the code, so the same compiler makes the same bytes anywhere.
set -euo pipefail
umask 022
export LC_ALL=C
# Nothing of the caller's decides what is built: not its make's flags, not its compiler's.
unset MAKEFLAGS MFLAGS MAKELEVEL CC CPP LD AR RANLIB CFLAGS CPPFLAGS LDFLAGS LIBS REALGCC \
    CPATH C_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH GCC_EXEC_PREFIX

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$here/lock
cache=${FERNIT_CACHE:-${XDG_CACHE_HOME:-${HOME:?build.sh needs HOME or FERNIT_CACHE to know where its cache is}/.cache}/fernit}

die() {
    printf 'build.sh: %s\n' "$@" >&2
    exit 1
}

cache=$(realpath -m -- "$cache")
[[ $cache != *[[:space:]]* ]] || die "the cache $cache has a blank in its name, which makefiles cannot stand; name another with FERNIT_CACHE"

"$here/packages.sh" build

id=$({ cat "$lock" "${BASH_SOURCE[0]}" && gcc --version && gcc -dumpmachine && ld --version; } | sha256sum)
prefix=$cache/deps-${id:0:16}
if [[ -d $prefix ]]; then
    echo "$prefix"
    exit
fi

# One builder at a time; the others wait, and then find the work done. What a killed one left is swept by the next.
mkdir -p "$cache" || die "cannot make the cache folder $cache; name another one with FERNIT_CACHE"
exec 9>"$cache/.lock"
flock 9
if [[ -d $prefix ]]; then
    echo "$prefix"
    exit
fi
rm -rf "$cache"/building.*
work=$(mktemp -d "$cache/building.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
log=$work/log
stage=$work/stage
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$work/sources" "$stage/lib" "$stage/include"

# run NAME COMMAND...: its output is shown only if it fails.
run() {
    local name=$1
    shift
    echo "build.sh: $name" >&2
    "$@" >"$log" 2>&1 9>&- || {
        tail -n 40 "$log" >&2
        die "$name failed: $*"
    }
}

# --- Sources: apt as it is configured here, but another suite, in folders of its own.

suite=$(awk '$1 == "suite" { print $2 }' "$lock")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -f $keyring ]] || keyring=/usr/share/keyrings/debian-archive-keyring.pgp
[[ -f $keyring ]] || die "no keyring of the Debian archive in /usr/share/keyrings: apt-get install debian-archive-keyring"

private_apt() {
    # Sandbox: apt's own user may not write into our folder. What comes is checked by signature and by the lock file.
    "$@" -q -o Dir::State="$work/apt" -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" \
        -o Dir::Etc::sourcelist="$work/apt/debian.sources" -o Dir::Etc::sourceparts=/dev/null \
        -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
}
private_update() { private_apt apt-get update; }
private_source() { (cd "$work/sources" && private_apt apt-get source --download-only "$@"); }

# Where apt gets Debian's main archive from, best guess first. apt itself reads its configuration, in either format. Where the
# lists have been fetched it knows whose archive each is; a machine without lists gives the ones of a plain suite.
archives() {
    # shellcheck disable=SC2016 # the dollars are apt's
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main'
    # shellcheck disable=SC2016
    apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Component: main' |
        awk '$1 !~ /-/ { print $2 }'
}
mapfile -t uris < <(archives | awk '!seen[$0]++')
((${#uris[@]})) || die "apt has no deb line for Debian's main archive: see /etc/apt/sources.list and /etc/apt/sources.list.d"

found=
for uri in "${uris[@]}"; do
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
        "$uri" "$suite" "$keyring" >"$work/apt/debian.sources"
    echo "build.sh: reading the list of sources of Debian's $suite" >&2
    if private_update >"$log" 2>&1; then
        found=$uri
        break
    fi
    cat "$log" >&2
done
[[ $found ]] || die "none of the archives in apt's configuration serves a $suite signed by a key in $keyring." \
    "Is it a signature? Then debian-archive-keyring is too old: apt-get install debian-archive-keyring"

while read -r name version; do
    private_source "$name=$version" >"$log" 2>&1 || {
        there=$(private_apt apt-cache showsrc --only-source "$name" 2>/dev/null | awk '$1 == "Version:" { print $2 }' | sort -uV | xargs)
        [[ " $there " == *" $version "* || ! $there ]] && cat "$log" >&2 && die "cannot fetch the source of $name $version"
        die "$name $version is gone from the mirror; it now has: $there" \
            "In $lock, change \"source $name $version\" and the sums below it, which the next run names."
    }
done < <(awk '$1 == "source" { print $2, $3 }' "$lock")

# Both ways: a file that the lock does not name is as wrong as one with another content.
pinned=$(awk 'length($1) == 64 { print $1 "  " $2 }' "$lock" | sort -k2)
fetched=$(cd "$work/sources" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum | sort -k2)
[[ $fetched == "$pinned" ]] || {
    diff <(echo "$pinned") <(echo "$fetched") | sed -n 's/^</  lock:    /p; s/^>/  fetched: /p' >&2 || true
    die "the sources are not the ones that $lock names, so nothing was built." \
        "If you have just changed a version there, take over the lines above; if not, do not trust what the mirror sends."
}

# unpack NAME [OPTION]: into a folder of that name, with Debian's patches. The lock file has vouched for the files.
unpack() {
    local dsc=("$work/sources/$1"_*.dsc)
    dpkg-source --no-check "${@:2}" -x "${dsc[0]}" "$work/$1" >"$log" 2>&1 || { cat "$log" >&2 && die "cannot unpack ${dsc[0]}"; }
}
unpack musl
unpack libsodium
# Debian's patches make inih's options variables for a shared library, at the price of an array of length 0, which is undefined.
unpack libinih --skip-patches

# --- Code. The linker drops every section that nothing uses; no table for unwinding is needed in C that never does.
# Small as the program itself, and in the same words: see the Makefile.
common=(-Oz -fno-caller-saves -fno-jump-tables -fno-thread-jumps -pipe -fPIE -ffunction-sections -fdata-sections
    -fno-unwind-tables -fno-asynchronous-unwind-tables "-ffile-prefix-map=$work=.")
# For the libraries, not for libc: with the whole program in view the compiler drops what is written and never read, as the
# tables of implementations that sodium_init fills for every algorithm. They need a linking gcc with -flto.
whole=("${common[@]}" -flto -fstack-protector-strong)
export ARFLAGS=Dcr AR=gcc-ar RANLIB=gcc-ranlib
jobs=-j$(nproc)

build_musl() {
    cd "$work/musl"
    CFLAGS="${common[*]}" AR=ar RANLIB=ranlib \
        ./configure --prefix="$stage" --syslibdir="$stage/lib" --disable-shared --enable-wrapper=gcc
    make "$jobs"
    make install
}

build_libsodium() {
    cd "$work/libsodium"
    # minimal: no deprecated and rarely used parts. asm off, no intrinsics: fernit hashes some 32 bytes a start, and one
    # implementation per algorithm is less code to carry than five and a choice.
    local off=(-UHAVE_MMINTRIN_H -UHAVE_EMMINTRIN_H -UHAVE_PMMINTRIN_H -UHAVE_TMMINTRIN_H -UHAVE_SMMINTRIN_H
        -UHAVE_AVXINTRIN_H -UHAVE_AVX2INTRIN_H -UHAVE_AVX512FINTRIN_H -UHAVE_WMMINTRIN_H)
    # No locks either: every process of fernit is one thread.
    off+=(-UHAVE_PTHREAD -UHAVE_ATOMIC_OPS)
    autoreconf --force --install # Debian's source comes without what upstream's release has made already
    # pie off: its way to ask for it breaks the programs that configure tries; -fPIE is in our own flags.
    ./configure --prefix="$stage" --enable-minimal --disable-asm --disable-pie --disable-shared --disable-dependency-tracking \
        CC="$stage/bin/musl-gcc" CFLAGS="${whole[*]}" CPPFLAGS="${off[*]}" LDFLAGS="-static -no-pie" AR="$AR" RANLIB="$RANLIB"
    make "$jobs"
    make install
}

build_inih() {
    # airflow.cfg wants " ;" kept, lines of any length, values over several lines. The memory is fernit's own allocator's, because
    # a value may be a secret. The tests compile ini.c again, with the same words.
    mkdir -p "$stage/share/inih"
    cp "$work/libinih/ini.c" "$work/libinih/ini.h" "$stage/share/inih/"
    cp "$work/libinih/ini.h" "$stage/include/"
    cat >"$stage/share/inih/flags" <<'FLAGS'
-DINI_ALLOW_INLINE_COMMENTS=0
-DINI_ALLOW_MULTILINE=1
-DINI_ALLOW_REALLOC=1
-DINI_CUSTOM_ALLOCATOR=1
-DINI_MAX_LINE=16777216
-DINI_STOP_ON_FIRST_ERROR=1
-DINI_USE_STACK=0
'-DINI_START_COMMENT_PREFIXES="#;"'
FLAGS
    "$stage/bin/musl-gcc" "${whole[@]}" "@$stage/share/inih/flags" -c "$work/libinih/ini.c" -o "$work/ini.o"
    "$AR" Dcrs "$stage/lib/libinih.a" "$work/ini.o"
}

# In subshells of their own, since `set -e` does not reach into a function that is tested.
export -f build_musl build_libsodium build_inih
run "building musl" bash -euc "$(declare -p work stage common jobs); build_musl"
run "building libsodium" bash -euc "$(declare -p work stage whole jobs); build_libsodium"
run "building inih" bash -euc "$(declare -p work stage whole); build_inih"

# What a release has to bring along, under the names that the lock file gives.
install -D -m 0644 -t "$stage/share/licenses/musl" "$work/musl/COPYRIGHT"
install -D -m 0644 -t "$stage/share/licenses/libsodium" "$work/libsodium/LICENSE"
install -D -m 0644 -t "$stage/share/licenses/libinih" "$work/libinih/LICENSE.txt"

# musl brings no headers of the kernel, and the wrapper looks at nobody else's: fernit's Makefile adds this folder last.
mkdir "$stage/kernel"
ln -s /usr/include/linux /usr/include/asm-generic "/usr/include/$(gcc -print-multiarch)/asm" "$stage/kernel/"

# The wrapper knows the folder it was installed in; it is about to move.
sed -i "s|$stage|$prefix|g" "$stage/bin/musl-gcc" "$stage/lib/musl-gcc.specs"
rm -rf "$stage"/lib/*.la "$stage/lib/pkgconfig"
mv -T "$stage" "$prefix"
echo "$prefix"
