#!/bin/sh
# What `make run` does: starts a command under fernit twice, with the loss of airflow.cfg in between, and says what happened.
# The store and AIRFLOW_HOME are below build/run, and stay for the next time. Keys are shown as fingerprints only.
# This folder may be in a container without a volume, where fernit would refuse to create a key: hence --allow-ephemeral.
set -eu
cd "$(dirname "$0")/.."
fernit=$PWD/build/fernit
folder=$PWD/build/run

fingerprint() { "$fernit" key fingerprint - | paste -sd, -; }

# The command that fernit starts: prints the fingerprint of the key that it was given.
if [ "${1:-}" = command ]; then
    variable=$(printf %s "$AIRFLOW__CORE__FERNET_KEY" | fingerprint)
    file=$(sed -n 's/^fernet_key *= *//p' "$AIRFLOW_HOME/airflow.cfg" | fingerprint)
    echo "  The command was given a key in two places:"
    echo "    AIRFLOW__CORE__FERNET_KEY in its environment   $variable"
    echo "    fernet_key in its airflow.cfg                  $file"
    [ "$variable" = "$file" ]
    echo "$variable" >"$folder/seen"
    exit
fi

# An environment of its own, so that no key or setting of the caller's shell takes part.
start() {
    env -i PATH="$PATH" HOME="$folder" AIRFLOW_HOME="$folder/airflow" \
        "$fernit" run --store "$folder/store" --allow-ephemeral -- tests/demo.sh command 2>&1
    seen=$(cat "$folder/seen")
}

if [ -e "$folder/store/fernet_key" ]; then
    echo "Start 1: the store holds the key of an earlier make run, and fernit finds it."
else
    echo "Start 1: there is no key yet. fernit creates one, keeps it in the store, and starts the command with it."
    echo "Its hints are for an Airflow that already has connections. Here there is none."
fi
echo "The store is a folder here. --allow-ephemeral tells fernit to accept it even if it is not on a volume."
start
first=$seen

echo
echo "Now airflow.cfg is deleted, as when a container is replaced. The store stays, as a volume does."
rm "$folder/airflow/airflow.cfg"

echo
echo "Start 2: fernit finds the key in the store, writes airflow.cfg again, and starts the command with it:"
start
[ "$seen" = "$first" ] || { echo "Start 2 had another key than start 1." >&2; exit 1; }

echo
echo "Both starts had the same key, $seen: what was encrypted in start 1 can be read in start 2."
echo
echo "Where to look:"
echo "  build/run/store                what fernit keeps: in a real deployment a volume, /var/lib/fernit"
echo "  build/run/airflow/airflow.cfg  what fernit wrote for Airflow"
echo "  README.md                      how to put fernit in front of your Airflow"
echo "What the next start would do, and why:"
echo "  AIRFLOW_HOME=$folder/airflow build/fernit status --store $folder/store --allow-ephemeral"
echo "To begin anew: rm -r build/run"
