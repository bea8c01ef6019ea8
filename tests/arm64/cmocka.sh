#!/bin/bash
# cmocka.sh COMPILER FOLDER: cmocka for the unit tests, made by COMPILER from the source that the file `lock` names: cmocka.h and
# libcmocka.a in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
compiler=$1 folder=$2

rm -rf "$folder"
mkdir -p "$folder/sources"
"$here/../../docker/deps/fetch.sh" "$here/lock" "$folder/sources"
tar -C "$folder" --strip-components=1 -xf "$folder"/sources/cmocka_*.orig.tar.xz
cp "$folder"/include/*.h "$folder"

# What its configure would find out of musl.
have=(-D__WORDSIZE=64 -DHAVE_{CLOCK_REALTIME,GCC_THREAD_LOCAL_STORAGE,INTTYPES_H,MALLOC_H,SIGLONGJMP,SIGNAL_H,STRINGS_H,STRSIGNAL,STRUCT_TIMESPEC})
"$compiler" -D_GNU_SOURCE -O1 -g -fno-pie "${have[@]}" -I"$folder" -c "$folder/src/cmocka.c" -o "$folder/cmocka.o"
gcc-ar crs "$folder/libcmocka.a.new" "$folder/cmocka.o"
mv "$folder/libcmocka.a.new" "$folder/libcmocka.a"
