#!/bin/sh
# fernit for arm64 under qemu, in fernit's place: make puts a copy into a folder beside the program. By full paths, since a
# test's PATH may lead nowhere.
exec /usr/bin/qemu-aarch64 "${0%/*}/../fernit" "$@"
