#!/bin/sh
# The process that `make run` starts under fernit: shows what it was given, as fingerprints. No key is printed.
set -eu

fernit=$(dirname "$0")/../build/fernit
fingerprint() { "$fernit" key fingerprint - | paste -sd, -; }

printf '%s\n' "Process $$ was given:"
printf '  %-32s %s\n' AIRFLOW__CORE__FERNET_KEY "$(printf %s "$AIRFLOW__CORE__FERNET_KEY" | fingerprint)" \
    "fernet_key in airflow.cfg" "$(sed -n 's/^fernet_key *= *//p' "$AIRFLOW_HOME/airflow.cfg" | fingerprint)"
printf '  %-32s %s\n' "variables named FERNIT_*" "$(env | grep -c '^FERNIT_' || :)"
