#!/bin/sh
# fernit for arm64 under qemu, in fernit's place: make puts the program's path in. By full paths, since a test's PATH may lead
# nowhere.
#
# qemu 7.2, of Debian 12, refuses prctl(PR_SET_CHILD_SUBREAPER), which a process keeps across an exec: 36, and call 157 of x86-64.
case " $* " in
*" --no-subreaper "*) ;;
*" --init "*) exec /usr/bin/perl -e 'syscall 157, 36, 1, 0, 0, 0; exec @ARGV' /usr/bin/qemu-aarch64 'PROGRAM' "$@" ;;
esac
exec /usr/bin/qemu-aarch64 'PROGRAM' "$@"
