#!/bin/bash
# run.sh [--share] SECONDS [NAME...]: runs the fuzz targets, SECONDS each, or with --share SECONDS for all of them together,
# two at a time; those that are NAMEd, or all. They begin with tests/fuzz/seeds/NAME and with what earlier runs have found
# worth keeping, in build/fuzz/corpus/NAME.
#
# A finding fails the run: its input is kept in build/fuzz/findings, and the command that shows it again is printed. The
# figures are libFuzzer's own; their sum is appended to build/test/proof/fuzz.txt.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
at_once=2
out=build/fuzz

# one NAME SECONDS: runs it, and prints its line.
one() {
    local name=$1 log=$out/log/$1 dictionary=() status findings executions coverage
    mkdir -p "$out/corpus/$name"
    [[ -f tests/fuzz/$name.dict ]] && dictionary=(-dict="tests/fuzz/$name.dict")
    "$out/fuzz_$name" -max_total_time="$2" -timeout=60 -rss_limit_mb=1024 -print_final_stats=1 "${dictionary[@]}" \
        -artifact_prefix="$out/findings/$name-" "$out/corpus/$name" "tests/fuzz/seeds/$name" >"$log" 2>&1
    status=$?
    executions=$(figure executions "$log")
    coverage=$(sed -nE 's/.* cov: ([0-9]+) .*/\1/p' "$log" | tail -n 1)
    mapfile -t findings < <(sed -n 's/.*Test unit written to //p' "$log")
    printf 'fuzz: %-10s %9d executions, coverage %s, %d findings\n' "$name" "$executions" \
        "${coverage:-unknown}" "${#findings[@]}"
    ((status || executions == 0 || ${#findings[@]})) || return 0
    grep -E 'does not hold|SUMMARY|ERROR' "$log" | sed 's/^/    /'
    ((${#findings[@]})) || sed 's/^/    /' "$log" | tail -n 20
    for input in "${findings[@]}"; do
        printf '    see it again: %s %s\n' "$out/fuzz_$name" "$input"
    done
    return 1
}

# figure executions|findings LOG...: the sum of it.
figure() {
    case $1 in
    executions) awk '/^stat::number_of_executed_units:/ { n += $2 } END { print n + 0 }' "${@:2}" ;;
    findings) cat "${@:2}" | grep -c 'Test unit written to ' ;;
    esac
}

if [[ ${1:-} == --one ]]; then
    one "$2" "$3"
    exit
fi

share=
[[ ${1:-} == --share ]] && share=yes && shift
seconds=${1:?run.sh: how many seconds? [--share] SECONDS [NAME...]}
names=("${@:2}")
if ((${#names[@]} == 0)); then
    mapfile -t names < <(basename -s .c tests/fuzz/fuzz_*.c | sed 's/^fuzz_//')
fi
each=$seconds
# In rounds; two seconds less, since they start and run what they begin with.
[[ $share ]] && each=$((seconds / ((${#names[@]} + at_once - 1) / at_once) - 2))
((each > 0)) || each=1

rm -rf "$out/log"
mkdir -p "$out/log" "$out/findings" build/test/proof
begun=$SECONDS
printf '%s\n' "${names[@]}" | xargs -P "$at_once" -I NAME tests/fuzz/run.sh --one NAME "$each"
status=$?
printf "fuzz: %d targets, %d s, %s executions, %d findings\n" "${#names[@]}" $((SECONDS - begun)) \
    "$(figure executions "$out"/log/* | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta')" "$(figure findings "$out"/log/*)" |
    tee -a build/test/proof/fuzz.txt
((status == 0))
