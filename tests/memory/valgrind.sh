#!/bin/sh
# fernit under valgrind, in fernit's place: make puts a copy beside the program. What valgrind finds goes to a file, which is
# otherwise empty, and ends the program with a status that no test expects. By full paths, since a test's PATH may lead nowhere.
here=${0%/*}
exec /usr/bin/valgrind --quiet --vgdb=no --error-exitcode=99 --leak-check=full --suppressions="$here/suppressions" \
    --log-file="$here/reports/report.%p" "$0.program" "$@"
