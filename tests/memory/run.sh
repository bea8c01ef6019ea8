#!/bin/bash
# run.sh sanitized|valgrind [EVERY]: tests/blackbox with the program of build/sanitized or build/valgrind in fernit's place, but
# for what asks about the very program of make. Only each EVERYth test, where that is given.
# Not good is a test that fails, and a report that was left, whatever became of the test.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
how=${1:?sanitized or valgrind} every=${2:-1}
files=(tests/blackbox)
# Under valgrind only what is about keys and files: it is too slow for deadlines and races, stands in /proc as the program that
# runs, dies of an execve(2) that fails late, and has descriptors of its own.
[[ $how == valgrind ]] && files=(tests/blackbox/test_{sources,cfg,cfg_write,cfg_random,key,status,bad_input,store,store_damage}.py)
proof=build/test/proof log=build/test/$how.xml reports=build/$how/reports

# An ordinary user's fernit reports, too. valgrind makes a file for each process, which is empty where it found nothing.
fresh() { rm -rf "$reports" && mkdir "$reports" && chmod 1777 "$reports"; }
# The sanitizers' words on what they leave undone, as on a stack that was made for clone(2), are none on the program.
findings() { grep -rlE 'ERROR: |runtime error: |^==[0-9]+== .*[a-z]' "$reports" | sort; }

# What finds nothing in programs with faults would find nothing in fernit.
for fault in overflow freed "$([[ $how == valgrind ]] && echo uninitialised || echo undefined)" lost; do
    fresh
    "build/$how/control" "$fault" </dev/null >/dev/null 2>&1
    if (($? != 99)) || [[ ! $(findings) ]]; then
        echo "memory/run.sh: a program with this fault is not found out by $how: $fault" >&2
        exit 1
    fi
done

fresh
mkdir -p "$proof"
# valgrind takes most of a second for each start, and a loaded machine many.
FERNIT_TEST_BINARY=build/$how/fernit FERNIT_TEST_EVERY=$every FERNIT_TEST_PATIENCE=6 \
    tests/pytest.sh "$how" -n "${FERNIT_TEST_WORKERS:-4}" -q -m "not real_binary" "${files[@]}"
status=$?

attribute() { sed -nE "s/.*<testsuite [^>]*\b$1=\"([0-9]+)\".*/\1/p" "$log" 2>/dev/null | head -n 1; }
mapfile -t found < <(findings)
tests=$(($(attribute tests) + 0 - $(attribute skipped) - 0))
bad=$(($(attribute failures) + $(attribute errors) + 0))
echo "$how: $tests black-box tests, $bad failed, ${#found[@]} reports" | tee "$proof/$how.txt"
((${#found[@]})) && head -n 40 -- "${found[@]:0:5}" >&2
((status == 0 && ${#found[@]} == 0))
