#!/bin/bash
# released.sh: one line over what tests/blackbox/test_released.py has looked into, for the summary of make test.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
mkdir -p build/test/proof
awk '{ starts++; blocks += $2; mappings += $4; bytes += $6; found += $NF }
     END { printf "released memory: %d starts, %d blocks and %d mappings given back, %d MiB at their ends, %d with a key\n",
                  starts, blocks, mappings, bytes / 1048576, found }' \
    build/test/released.looked >build/test/proof/released.txt
