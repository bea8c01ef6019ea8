#!/bin/bash
# run.sh [PYTEST-OPTION...]: runs the tests with a real Airflow; -k NAME takes some of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What is missing of the environments, all at once; what cannot be had is said by the tests that need it.
for lock in tests/airflow/locks/*.txt; do
    tests/airflow/environment.sh "$(basename "$lock" .txt)" >/dev/null &
done
wait

exec tests/pytest.sh airflow -n 2 --dist loadgroup tests/airflow "$@"
