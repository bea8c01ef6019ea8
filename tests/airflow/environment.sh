#!/bin/bash
# environment.sh NAME: prints the folder of the virtual environment that locks/NAME.txt describes, with Airflow from PyPI in it.
# It lies in the cache, and is made where it is not there yet; several may ask at once.
# Status 3: this machine cannot have it (no PyPI, another Python, another processor), and standard error says why.
set -euo pipefail

lock=$(dirname "${BASH_SOURCE[0]}")/locks/$1.txt
cannot() {
    echo "environment.sh: no environment $1: $2" >&2
    exit 3
}

python=/usr/bin/python3
[[ $("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>&1) == 3.11 ]] || cannot "$1" "$python is not Python 3.11"
case $(uname -m) in
x86_64 | aarch64) ;;
*) cannot "$1" "$lock has no hashes for $(uname -m)" ;;
esac

cache=${FERNIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/fernit}
read -r hash _ < <(sha256sum "$lock")
version=$(sed -n 's/^apache-airflow==\([0-9.]*\).*/\1/p' "$lock")
place=$cache/airflow-${version:-$1}-${hash:0:12}
mkdir -p "$cache"

# An environment knows its own path, so that it is made where it stays; the stamp says that it is whole.
exec 9>>"$place.lock"
flock 9
if [[ ! -e $place/whole ]]; then
    echo "environment.sh: making $place" >&2
    rm -rf "$place"
    "$python" -m venv "$place" >&2 || {
        echo "environment.sh: $python could not make $place: is python3-venv installed? (docker/deps/packages.sh airflow)" >&2
        exit 1
    }
    "$place/bin/python" -m pip install --no-input --no-cache-dir --disable-pip-version-check --progress-bar off --quiet \
        --no-deps --only-binary :all: --require-hashes -r "$lock" >"$place/pip.log" 2>&1 || {
        cat "$place/pip.log" >&2
        grep -qF 'WARNING: Retrying (Retry(total=0' "$place/pip.log" && cannot "$1" "PyPI does not answer"
        exit 1
    }
    touch "$place/whole"
fi
echo "$place"
