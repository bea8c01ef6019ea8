#!/bin/bash
# run.sh: the unit tests, and beside them tests/blackbox, with the programs for arm64, which qemu runs on another machine.
# tests/arm64/left_out.txt lists what is not run, each with its reason; tests that are marked real_binary are about this machine's
# own program. The last line has the counts, and every failure is told.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
built=build/aarch64 proof=build/test/proof left_out=tests/arm64/left_out.txt
mkdir -p "$proof"

programs=()
for program in "$built"/target/test_*; do
    [[ ${program##*/} == *.* ]] || grep -q "^${program##*/} " "$left_out" || programs+=("$program")
done
units() {
    local program output status=0
    for program in "${programs[@]}"; do
        output=$(qemu-aarch64 "$program" 2>&1) || { echo "$output" && echo "arm64/run.sh: ${program##*/} failed" && status=1; }
    done
    return "$status"
}
units &
beside=$! status=0

# A start under qemu takes ten times as long.
FERNIT_TEST_BINARY=$built/emulated/fernit FERNIT_TEST_EMULATED=yes FERNIT_TEST_PATIENCE=6 \
    tests/pytest.sh arm64 -n "${FERNIT_TEST_WORKERS:-4}" -q tests/blackbox || status=1
wait "$beside" || status=1
tests=$(sed -nE 's/.*<testsuite [^>]*\btests="([0-9]+)".*/\1/p' build/test/arm64.xml | head -n 1)
echo "arm64: ${#programs[@]} unit programs and ${tests:-0} black-box tests under qemu, left out: $(grep -c '^test_' "$left_out") entries of $left_out" |
    tee "$proof/arm64.txt"
exit "$status"
