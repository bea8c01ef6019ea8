#!/bin/bash
# check.sh UNIT-PROGRAM...: runs them and the quick black-box tests, for who has changed a line; make test runs everything.
# tests/blackbox/slow.txt lists the slow ones, as they were measured.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

status=0
for program in "$@"; do
    output=$("$program" 2>&1) || { echo "$output" && echo "check.sh: ${program##*/} failed" && status=1; }
done
echo "check.sh: $# unit programs"
tests/pytest.sh check -n 4 -q -m "not slow" tests/blackbox || status=1
exit "$status"
