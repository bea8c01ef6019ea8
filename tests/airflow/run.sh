#!/bin/bash
# run.sh [PYTEST-WORD...]: runs the tests with a real Airflow; without words all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec tests/pytest.sh airflow -n 2 --dist loadgroup "${@:-tests/airflow}"
