#!/bin/sh
# fernit for arm64 under qemu, in fernit's place: make puts the program's path in. By full paths, since a test's PATH may lead
# nowhere.
exec /usr/bin/qemu-aarch64 'PROGRAM' "$@"
