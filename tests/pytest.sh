#!/bin/bash
# pytest.sh PART WORD...: runs pytest with these words, as every part of the tests does. The report is build/test/PART.xml.
#
# Debian's Python runs it, whatever comes first on PATH, and nothing is written into the source tree. Temporary files lie in a
# folder of this run, which is removed at the end; a test that leaves a file there has failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
part=$1
shift

mkdir -p build/test
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/fernit-$part.XXXXXX") || exit 1
trap 'rm -rf "$TMPDIR"' EXIT
chmod 1777 "$TMPDIR" # as /tmp: other users write there, too, and valgrind as them
export TMPDIR PYTHONDONTWRITEBYTECODE=1

tests/inherited.py /usr/bin/python3 -m pytest -p no:cacheprovider --basetemp="$TMPDIR/pytest" -ra --junit-xml="build/test/$part.xml" "$@"
status=$?
rm -rf "$TMPDIR/pytest"
mapfile -t left < <(ls -A "$TMPDIR")
if ((${#left[@]})); then
    echo "pytest.sh: tests of $part left temporary files: ${left[*]}" >&2
    status=1
fi
# Skips are for machines that lack something; one that calls itself CI lacks nothing.
if [[ ${CI:-} == true ]] && grep -qE '<testsuite [^>]*\bskipped="[1-9]' "build/test/$part.xml"; then
    echo "pytest.sh: tests of $part were skipped under CI=true; see the reasons above" >&2
    status=1
fi
exit "$status"
