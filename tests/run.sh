#!/bin/bash
# run.sh UNIT-PROGRAM...: runs them, then tests/blackbox, tests/faults and tests/airflow against build/fernit, beside them
# tests/container with images of it, and ends with what the proofs have counted, how long each part took and one line over all.
# Every test is run, also after a failure.
set -uo pipefail
unset FERNIT_TEST_EVERY PYTEST_ADDOPTS # by which tests would be left out without a word

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
logs=build/test
rm -rf "$logs"
mkdir -p "$logs"
broken=() times=()

# All temporary files lie below one folder, which must be empty at the end.
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/fernit.XXXXXX") || exit 1
trap 'rm -rf "$TMPDIR"' EXIT
chmod 755 "$TMPDIR"
export TMPDIR

# part NAME COMMAND...
part() {
    local begun=$SECONDS
    "${@:2}" || broken+=("$1")
    times+=("$1 $((SECONDS - begun)) s")
}

units() {
    local program name status=0
    for program in "$@"; do
        name=${program##*/}
        # cmocka speaks on both, and its closing lines belong together.
        "$program" 2>&1 | tee "$logs/$name.log" || { echo "run.sh: $name failed" >&2 && status=1; }
    done
    return "$status"
}

rules() { iptables-save | sed -n /NETAVARK/p; }

container() {
    local before status=0 begun=$SECONDS
    before=$(rules) || status=1
    # The shell has what it starts beside itself ignore Ctrl-C.
    tests/inherited.py /usr/bin/python3 -B tests/container/run.py || status=1
    [[ $(rules) == "$before" ]] || { echo "run.sh: the container tests left firewall rules on this machine" >&2 && status=1; }
    echo "container: $((SECONDS - begun)) s beside the other parts"
    return "$status"
}

join() {
    local status=0
    wait "$beside" || status=1
    cat "$logs/container.out"
    return "$status"
}

nothing_left() {
    local left
    left=$(ls -A "$TMPDIR")
    [[ ! $left ]] || { echo "run.sh: a part left temporary files: $left" >&2 && return 1; }
}

# It mostly waits, and so runs beside the other parts.
container >"$logs/container.out" 2>&1 &
beside=$!
part unit units "$@"
part arm64 tests/arm64/run.sh
part fuzz tests/fuzz/run.sh --share 60
part blackbox tests/pytest.sh blackbox -n 4 tests/blackbox
part faults tests/pytest.sh faults -n 4 tests/faults
part airflow tests/airflow/run.sh
# A share of the black-box tests once more, under those who see what a start does with its memory.
part sanitized tests/memory/run.sh sanitized 10
part valgrind tests/memory/run.sh valgrind 97
part released tests/memory/released.sh
part container join
nothing_left || broken+=("temporary files")

# cmocka:  [  PASSED  ] 3 test(s).   Its FAILED and SKIPPED lines with a count are sums too; newer ones name the group first.
count() { cat "$logs"/*.log 2>/dev/null | sed -nE "s/^\[ +$1 +\] ([^ ]+: )?([0-9]+) test\(s\).*/\2/p" | awk '{ n += $1 } END { print n + 0 }'; }
# pytest's own sums, from its reports.
attribute() { sed -nE "s/.*<testsuite [^>]*\b$1=\"([0-9]+)\".*/\1/p" "$logs"/*.xml 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'; }

all=$(attribute tests) skips=$(attribute skipped)
bad=$(($(attribute failures) + $(attribute errors)))
passed=$(($(count PASSED) + all - skips - bad)) failed=$(($(count FAILED) + bad)) skipped=$(($(count SKIPPED) + skips))

if compgen -G "$logs/proof/*.txt" >/dev/null; then
    echo "proofs:"
    sed 's/^/  /' "$logs"/proof/*.txt
fi
printf 'time: %s' "${times[0]}" && printf ', %s' "${times[@]:1}" && echo ", $SECONDS s in all"
if ((${#broken[@]})); then
    # A program that died says nothing of its own end.
    ((failed)) || failed=${#broken[@]}
    echo "run.sh: not good: ${broken[*]}; see above"
fi
echo "all: $passed passed, $failed failed, $skipped skipped"
# Skips are for machines that lack something; one that calls itself CI lacks nothing.
if [[ ${CI:-} == true ]] && ((skipped)); then
    echo "run.sh: not good: skipped under CI=true; see the reasons above"
    exit 1
fi
((failed == 0))
