#!/bin/bash
# fetch.sh LOCK FOLDER: fetches the Debian source packages that the file LOCK names into FOLDER, and checks every sum.
#
# apt runs as it is configured here, but with another suite, and in folders of its own.
set -euo pipefail
export LC_ALL=C

lock=$1 sources=$2

die() {
    printf 'fetch.sh: %s\n' "$@" >&2
    exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
log=$work/log
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"

suite=$(awk '$1 == "suite" { print $2 }' "$lock")
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -f $keyring ]] || keyring=/usr/share/keyrings/debian-archive-keyring.pgp
[[ -f $keyring ]] || die "no keyring of the Debian archive in /usr/share/keyrings: apt-get install debian-archive-keyring"

private_apt() {
    # Sandbox: apt's own user may not write into our folder. What comes is checked by signature and by the lock file.
    "$@" -q -o Dir::State="$work/apt" -o Dir::State::lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" \
        -o Dir::Etc::sourcelist="$work/apt/debian.sources" -o Dir::Etc::sourceparts=/dev/null \
        -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any
}
private_update() { private_apt apt-get update; }
private_source() { (cd "$sources" && private_apt apt-get source --download-only "$@"); }

# Where apt gets Debian's main archive from, best guess first. apt itself reads its configuration, in either format. Where the
# lists have been fetched it knows whose archive each is; a machine without lists gives the ones of a plain suite.
archives() {
    # shellcheck disable=SC2016 # the dollars are apt's
    apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main'
    # shellcheck disable=SC2016
    apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Component: main' |
        awk '$1 !~ /-/ { print $2 }'
}
mapfile -t uris < <(archives | awk '!seen[$0]++')
((${#uris[@]})) || die "apt has no deb line for Debian's main archive: see /etc/apt/sources.list and /etc/apt/sources.list.d"

found=
for uri in "${uris[@]}"; do
    printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
        "$uri" "$suite" "$keyring" >"$work/apt/debian.sources"
    echo "fetch.sh: reading the list of sources of Debian's $suite" >&2
    if private_update >"$log" 2>&1; then
        found=$uri
        break
    fi
    cat "$log" >&2
done
[[ $found ]] || die "none of the archives in apt's configuration serves a $suite signed by a key in $keyring." \
    "Is it a signature? Then debian-archive-keyring is too old: apt-get install debian-archive-keyring"

while read -r name version; do
    private_source "$name=$version" >"$log" 2>&1 || {
        there=$(private_apt apt-cache showsrc --only-source "$name" 2>/dev/null | awk '$1 == "Version:" { print $2 }' | sort -uV | xargs)
        [[ " $there " == *" $version "* || ! $there ]] && cat "$log" >&2 && die "cannot fetch the source of $name $version"
        die "$name $version is gone from the mirror; it now has: $there" \
            "In $lock, change \"source $name $version\" and the sums below it, which the next run names."
    }
done < <(awk '$1 == "source" { print $2, $3 }' "$lock")

# Both ways: a file that the lock does not name is as wrong as one with another content.
pinned=$(awk 'length($1) == 64 { print $1 "  " $2 }' "$lock" | sort -k2)
fetched=$(cd "$sources" && find . -type f -printf '%P\0' | sort -z | xargs -0 sha256sum | sort -k2)
[[ $fetched == "$pinned" ]] || {
    diff <(echo "$pinned") <(echo "$fetched") | sed -n 's/^</  lock:    /p; s/^>/  fetched: /p' >&2 || true
    die "the sources are not the ones that $lock names, so nothing was built." \
        "If you have just changed a version there, take over the lines above; if not, do not trust what the mirror sends."
}
