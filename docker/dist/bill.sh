#!/bin/bash
# bill.sh VERSION BUILD LIBRARIES EPOCH LICENSES: prints what BUILD/fernit is made of as CycloneDX 1.5 JSON, and copies the licences
# of it into the folder LICENSES.
#
# What is linked in is read from the map of the link, so that nothing gets in unseen: a file of a place that
# is not known here is an error. Where the libraries come from is what docker/deps/lock says; the start files are the
# compiler's, which is the machine's own. https://cyclonedx.org/docs/1.5/json/
set -euo pipefail
export LC_ALL=C TZ=UTC0

die() {
    printf 'bill.sh: %s\n' "$@" >&2
    exit 1
}

version=$1 build=$2 libraries=$3 epoch=$4 licenses=$5
# The first of two links, where there are two.
map=$build/fernit.map
[[ ! -e $build/whole/fernit.map ]] || map=$build/whole/fernit.map
lock=$(dirname "${BASH_SOURCE[0]}")/../deps/lock
suite=$(awk '$1 == "suite" { print $2 }' "$lock")

# --- What the map shows: "COMPONENT FILE", of archives of which a member was taken, and of objects.

compiler=$(dirname "$("$libraries/bin/musl-gcc" -print-libgcc-file-name)")
linked=$(awk '
    /^(Discarded input sections|Memory Configuration)/ { members = 0 }
    /^Archive member included/ { members = 1 }
    members && /^\/.*\(.*\)/ { sub(/\(.*/, ""); print $1 }
    $1 == "LOAD" && $2 !~ /\.a$/ && !/ linker stubs$/ { print $2 }
' "$map" | sort -u | while read -r path; do
    file=${path##*/}
    case $path in
    "$build"/obj/* | *.ltrans.o) ;;
    "$libraries"/lib/libsodium.a) echo "libsodium $file" ;;
    "$libraries"/lib/libinih.a) echo "libinih $file" ;;
    "$libraries"/lib/libc.a | "$libraries"/lib/*crt[1in].o) echo "musl $file" ;;
    "$compiler"/*) echo "compiler $file" ;;
    *) echo "unknown $path" ;;
    esac
done)
[[ $linked != *"unknown "* ]] || die "of this I do not know where it comes from, or under which licence:" "$linked"
files_of() { awk -v component="$1" '$1 == component { print $2 }' <<<"$linked"; }

# --- JSON, of words that need no escapes

plain() { [[ $* =~ ^[A-Za-z0-9.+~:_/\ -]+$ ]] || die "\"$*\" is no word that I can write."; }
hash_of() { printf '{"alg": "SHA-256", "content": "%s"}' "$1"; }
property() { printf '{"name": "fernit:%s", "value": "%s"}' "$1" "$2"; }
# "+" stands for a blank to some who read it.
purl() { printf 'pkg:deb/debian/%s@%s?arch=%s%s' "$1" "${2//+/%2B}" "$3" "${4:-}"; }

# The files that the lock file names behind "source NAME", each with its sum.
archives() {
    awk -v name="$1" '$1 == "source" { on = $2 == name } on && length($1) == 64' "$lock" | while read -r sum file; do
        plain "$sum $file"
        printf '        {"type": "distribution", "url": "%s", "hashes": [%s]},\n' "$file" "$(hash_of "$sum")"
    done | sed '$ s/,$//'
}

# library NAME LICENSE
library() {
    local name=$1 license=$2 number sources
    number=$(awk -v name="$name" '$1 == "source" && $2 == name { print $3 }' "$lock")
    sources=$(archives "$name")
    [[ $number && $sources ]] || die "$lock names no version or no files of $name."
    plain "$name $number $license"
    install -D -m 0644 -t "$licenses/$name" "$libraries/share/licenses/$name"/*
    cat <<JSON
    {
      "type": "library",
      "bom-ref": "$name",
      "name": "$name",
      "version": "$number",
      "licenses": [{"license": {"id": "$license"}}],
      "purl": "$(purl "$name" "$number" source "&distro=$suite")",
      "externalReferences": [
$sources
      ],
      "properties": [$(property linked "$(files_of "$name" | xargs)")]
    }
JSON
}

# What the compiler links in beside what it compiles: its code for the start and the end of a program, and members of libgcc, if any.
runtime() {
    local package number machine parts
    package=$(dpkg-query -S "$compiler/libgcc.a") || die "no package has $compiler/libgcc.a: this compiler is not Debian's."
    package=${package%%:*}
    read -r number machine < <(dpkg-query -W -f '${Version} ${Architecture}\n' "$package")
    plain "$package $number $machine"
    parts=$(files_of compiler | while read -r file; do
        read -r sum _ < <(sha256sum "$compiler/$file")
        printf '        {"type": "file", "bom-ref": "%s/%s", "name": "%s", "hashes": [%s]},\n' "$package" "$file" "$file" "$(hash_of "$sum")"
    done | sed '$ s/,$//')
    install -D -m 0644 -t "$licenses/$package" "/usr/share/doc/$package/copyright"
    cat <<JSON
    {
      "type": "library",
      "bom-ref": "$package",
      "name": "$package",
      "version": "$number",
      "licenses": [{"expression": "GPL-3.0-or-later WITH GCC-exception-3.1"}],
      "purl": "$(purl "$package" "$number" "$machine")",
      "components": [
$parts
      ],
      "properties": [$(property linked "$(files_of compiler | xargs)")]
    }
JSON
}

# --- The bill

components=() refs=()
mapfile -t found < <(cut -d ' ' -f 1 <<<"$linked" | sort -u)
for name in "${found[@]}"; do
    case $name in
    musl) text=$(library musl MIT) ;;
    libsodium) text=$(library libsodium ISC) ;;
    libinih) text=$(library libinih BSD-3-Clause) ;;
    compiler) text=$(runtime) ;;
    *) die "no licence of $name is known here." ;;
    esac
    components+=("$text")
    refs+=("$(sed -n 's/^      "bom-ref": \(.*\),$/\1/p' <<<"$text")")
done
# list ITEM...: with commas between them.
list() { printf '%s,\n' "$@" | sed '$ s/,$//'; }

plain "$version"
read -r sum _ < <(sha256sum "$build/fernit")
when=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
# A UUID of its own kind (RFC 9562, 8), so that the same program has the same one.
serial=${sum:0:8}-${sum:8:4}-8${sum:13:3}-8${sum:17:3}-${sum:20:12}

cat <<JSON
{
  "\$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
  "bomFormat": "CycloneDX",
  "specVersion": "1.5",
  "serialNumber": "urn:uuid:$serial",
  "version": 1,
  "metadata": {
    "timestamp": "$when",
    "component": {
      "type": "application",
      "bom-ref": "fernit",
      "name": "fernit",
      "version": "$version",
      "hashes": [$(hash_of "$sum")],
      "licenses": [{"license": {"id": "Apache-2.0"}}],
      "purl": "pkg:generic/fernit@$version"
    }
  },
  "components": [
$(list "${components[@]}")
  ],
  "dependencies": [
    {"ref": "fernit", "dependsOn": [$(list "${refs[@]}" | xargs -d '\n')]}
  ],
  "compositions": [
    {"aggregate": "complete", "dependencies": ["fernit"]}
  ]
}
JSON
