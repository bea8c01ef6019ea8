#!/bin/bash
# dist.sh VERSION BUILD "FOLDER..." [FILE...]: packs a release into BUILD/dist, from the program in each FOLDER, one for each
# processor, with the map of its link and the file `deps` beside it, which names its libraries, and from files below BUILD/share:
#
#   fernit-VERSION-linux-ARCH.tar.gz    the program, what a person reads about it, the licences of what is linked in; ARCH is
#                                       Debian's name of the processor
#   fernit-VERSION-linux-ARCH.cdx.json  the bill of materials: bill.sh; it lies in the first one, too
#   fernit-VERSION.tar.gz               the sources: what git tracks, or, where there is no git, all but BUILD
#   SHA256SUMS
#
# The same tree makes the same bytes, wherever, whenever and by whomever: sorted, of owner 0, with modes of our own, and as old
# as the release. That is SOURCE_DATE_EPOCH, else the day that CHANGELOG.md gives, and 1980 as long as it says "unreleased".
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC0
unset TAR_OPTIONS GZIP

die() {
    printf 'dist.sh: %s\n' "$@" >&2
    exit 1
}

version=$1 build=$2
read -r -a folders <<<"$3"
shift 3
here=$(dirname "${BASH_SOURCE[0]}")
source=fernit-$version

# --- When

heading=$(sed -n 's/^## //p' CHANGELOG.md | head -n 1)
day=$(sed -nE 's/^[^ ]+ \(([0-9]{4}-[0-9]{2}-[0-9]{2}|unreleased)\)$/\1/p' <<<"$heading")
[[ $day && ${heading%% *} == "$version" ]] ||
    die "CHANGELOG.md begins with \"$heading\"; it has to begin with \"$version (YYYY-MM-DD)\", or \"$version (unreleased)\"."
[[ $day != unreleased ]] || day=1980-01-01
epoch=${SOURCE_DATE_EPOCH:-$(date -u -d "$day" +%s)} || die "CHANGELOG.md: $day is no day."
[[ $epoch =~ ^[0-9]+$ ]] || die "SOURCE_DATE_EPOCH is \"$epoch\"; it has to be seconds since 1970."

# --- What

# The files of the sources, each ending with NUL. A repository around us that does not begin here is not ours.
sources() {
    if [[ -e .git ]]; then
        git ls-files -z
    else
        find . -path "./$build" -prune -o ! -type d -printf '%P\0'
    fi
}
if [[ -e .git ]]; then
    changed=$(git status --porcelain) || die "there is a .git, and git cannot read it: see above."
    [[ ! $changed ]] || echo "dist.sh: this tree is not what its last commit holds:" "$changed" >&2
fi

# pack NAME FOLDER: the names on standard input, each ending with NUL, of what lies in FOLDER.
pack() {
    sort -z | tar --create --directory="$2" --null --no-recursion --verbatim-files-from --files-from=- --format=ustar \
        --owner=0 --group=0 --numeric-owner --mode='a=rX,u+w' --mtime="@$epoch" --transform="flags=r;s|^|$1/|" |
        gzip -n -9 >"$out/$1.tar.gz"
}

out=$build/dist.new
tree=$build/dist.tree
rm -rf "$out" "$tree"
mkdir -p "$out" "$tree"
trap 'rm -rf "$out" "$tree"' EXIT

for folder in "${folders[@]}"; do
    libraries=$(<"$folder/deps")
    case $("$libraries/bin/musl-gcc" -dumpmachine) in
    x86_64-*) arch=amd64 ;;
    aarch64-*) arch=arm64 ;;
    *) die "$libraries are libraries for a processor without a name here." ;;
    esac
    binary=fernit-$version-linux-$arch
    rm -rf "$tree"
    mkdir -p "$tree"
    "$here/bill.sh" "$version" "$folder" "$libraries" "$epoch" "$tree/licenses" >"$out/$binary.cdx.json"
    install -m 0755 "$folder/fernit" "$tree/fernit"
    install -m 0644 README.md CHANGELOG.md LICENSE SECURITY.md "$tree"
    install -D -m 0644 -t "$tree/doc" doc/*.md
    install -m 0644 "$out/$binary.cdx.json" "$tree/fernit.cdx.json"
    for file in "$@"; do
        install -D -m 0644 "$file" "$tree/${file#"$build"/}"
    done
    (cd "$tree" && find . ! -type d -printf '%P\0') | pack "$binary" "$tree"
done
sources | pack "$source" .
(cd "$out" && sha256sum -- * >SHA256SUMS)

rm -rf "$build/dist"
mv -T "$out" "$build/dist"
(cd "$build/dist" && sed 's/^/  /' SHA256SUMS)
