#!/bin/bash
# build.sh [PROCESSOR]: builds musl, libsodium and inih from the sources pinned in the file `lock`, once, and prints the folder
# they are in (include/, kernel/, lib/, bin/musl-gcc, share/inih/, share/licenses/) as its only line of standard output.
#
# PROCESSOR is x86_64 or aarch64; without it, this machine's. Debian's compiler for the other one builds the libraries for it.
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

machine=$(uname -m) processor=${1:-$(uname -m)}
case $processor in
x86_64 | aarch64) ;;
*) die "fernit is built for x86_64 and aarch64, not for $processor" ;;
esac
purposes=(build)
[[ $processor != aarch64 ]] || purposes+=(lld)
[[ $processor == "$machine" ]] || purposes+=("$processor")
"$here/packages.sh" "${purposes[@]}"

# Debian's compiler has this name on every machine, also where it is the machine's own.
tools=$processor-linux-gnu
id=$({ cat "$lock" "${BASH_SOURCE[0]}" && "$tools-gcc" --version && "$tools-gcc" -dumpmachine && "$tools-ld" --version; } | sha256sum)
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
mkdir -p "$work/sources" "$stage/lib" "$stage/include"

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

"$here/fetch.sh" "$lock" "$work/sources"

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
[[ $processor != aarch64 ]] || whole+=(-fomit-frame-pointer -mcmodel=tiny
    -mstack-protector-guard=sysreg -mstack-protector-guard-reg=tpidr_el0 -mstack-protector-guard-offset=-16)
export ARFLAGS=Dcr AR=$tools-gcc-ar RANLIB=$tools-gcc-ranlib
jobs=-j$(nproc)

build_musl() {
    cd "$work/musl"
    CC=$tools-gcc CFLAGS="${common[*]}" AR=$tools-ar RANLIB=$tools-ranlib \
        ./configure --target="$tools" --prefix="$stage" --syslibdir="$stage/lib" --disable-shared --enable-wrapper=gcc
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
    ./configure --host="$tools" --prefix="$stage" --enable-minimal --disable-asm --disable-pie --disable-shared --disable-dependency-tracking \
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
run "building musl" bash -euc "$(declare -p work stage common jobs tools); build_musl"
run "building libsodium" bash -euc "$(declare -p work stage whole jobs tools); build_libsodium"
run "building inih" bash -euc "$(declare -p work stage whole); build_inih"

# What a release has to bring along, under the names that the lock file gives.
install -D -m 0644 -t "$stage/share/licenses/musl" "$work/musl/COPYRIGHT"
install -D -m 0644 -t "$stage/share/licenses/libsodium" "$work/libsodium/LICENSE"
install -D -m 0644 -t "$stage/share/licenses/libinih" "$work/libinih/LICENSE.txt"

# musl brings no headers of the kernel, and the wrapper looks at nobody else's: fernit's Makefile adds this folder last. The
# compiler knows where Debian keeps those for the processor.
mkdir "$stage/kernel"
for part in linux asm-generic asm; do
    header=$("$tools-gcc" -M -E -include "$part/types.h" -xc /dev/null | grep -o -m 1 "/[^ ]*/$part/types\.h") ||
        die "$tools-gcc finds no header $part/types.h of the kernel"
    ln -s "$(dirname "$header")" "$stage/kernel/$part"
done

# The wrapper knows the folder it was installed in; it is about to move.
sed -i "s|$stage|$prefix|g" "$stage/bin/musl-gcc" "$stage/lib/musl-gcc.specs"
# Its compiler looks for this linker in folders of its own alone.
ln -s /usr/bin/ld.lld "$stage/bin/ld.lld"
rm -rf "$stage"/lib/*.la "$stage/lib/pkgconfig"
mv -T "$stage" "$prefix"
echo "$prefix"
