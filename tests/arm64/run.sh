#!/bin/bash
# run.sh: the unit tests and a share of tests/blackbox with the programs for arm64, which qemu runs on another machine. What qemu
# cannot do is left out by tests/arm64/left_out.txt, which says why. Every test that is left out and every failure is told.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
built=build/aarch64 proof=build/test/proof
mkdir -p "$proof"

status=0 units=0
left_out=$(sed -nE 's/^(test_[a-z0-9_]+) .*/\1/p' tests/arm64/left_out.txt)
for program in "$built"/target/test_*; do
    [[ ${program##*/} != *.* ]] || continue
    grep -qx "${program##*/}" <<<"$left_out" && continue
    output=$(qemu-aarch64 "$program" 2>&1) || { echo "$output" && echo "arm64/run.sh: ${program##*/} failed" && status=1; }
    units=$((units + 1))
done

# A start under qemu takes ten times as long.
FERNIT_TEST_BINARY=$built/emulated/fernit FERNIT_TEST_EMULATED=yes FERNIT_TEST_EVERY=${FERNIT_TEST_EVERY:-29} FERNIT_TEST_PATIENCE=6 \
    tests/pytest.sh arm64 -n "${FERNIT_TEST_WORKERS:-4}" -q tests/blackbox || status=1
tests=$(sed -nE 's/.*<testsuite [^>]*\btests="([0-9]+)".*/\1/p' build/test/arm64.xml | head -n 1)
echo "arm64: $units unit programs and ${tests:-0} black-box tests under qemu" | tee "$proof/arm64.txt"
exit "$status"
