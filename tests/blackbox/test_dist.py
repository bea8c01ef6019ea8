"""`make dist`: what a release holds, the same bytes whenever and wherever it is made, and a bill that says what is linked in."""
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import urllib.parse

import pytest

pytestmark = pytest.mark.real_binary  # about the bytes themselves

TREE = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r"^VERSION := (\S+)$", (TREE / "Makefile").read_text(), re.M)[1]
ARCH = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True).stdout.strip()
OTHER_ARCH, OTHER = {"amd64": ("arm64", "aarch64"), "arm64": ("amd64", "x86_64")}[ARCH]
BINARY, OTHER_BINARY, SOURCE = f"fernit-{VERSION}-linux-{ARCH}", f"fernit-{VERSION}-linux-{OTHER_ARCH}", f"fernit-{VERSION}"
BILL, OTHER_BILL = f"{BINARY}.cdx.json", f"{OTHER_BINARY}.cdx.json"
UNRELEASED = 315532800  # 1980-01-01
DAY = re.search(r"^## \S+ \((.*)\)$", (TREE / "CHANGELOG.md").read_text(), re.M)[1]
EPOCH = UNRELEASED if DAY == "unreleased" else int(datetime.datetime.fromisoformat(f"{DAY}T00:00:00+00:00").timestamp())
PARTS = {"musl": "MIT", "libsodium": "ISC", "libinih": "BSD-3-Clause"}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def environment(**changes):
    """Without the flags and job slots of the make that runs the tests, and without anybody's git."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "GIT_", "SOURCE_DATE"))}
    return {**kept, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", **changes}


def run(*words, folder, umask=0o022, **changes):
    return subprocess.run(words, cwd=folder, env=environment(**changes), umask=umask, capture_output=True, text=True, timeout=600)


def git(folder, *words):
    if not shutil.which("git"):
        pytest.skip("there is no git")
    done = run("git", "-c", "user.name=x", "-c", "user.email=x@localhost", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def copy_of_the_tree(folder):
    """With what was built, so that make has nothing to do; the times count."""
    shutil.copytree(TREE, folder, symlinks=True, ignore=lambda _, names: {".git", "build", "__pycache__"} & set(names))
    (folder / "build").mkdir()
    shutil.copytree(TREE / "build" / "obj", folder / "build" / "obj")
    shutil.copytree(TREE / "build" / OTHER, folder / "build" / OTHER, ignore=lambda _, names: {"target"} & set(names))
    for name in ("fernit", "fernit.map", "deps"):
        shutil.copy2(TREE / "build" / name, folder / "build")
    if (TREE / "build" / "share").exists():
        shutil.copytree(TREE / "build" / "share", folder / "build" / "share")
    return folder


def dist(folder, **options):
    """In a tree that is built."""
    return run("make", "dist", folder=folder, **options)


def script(folder, *files):
    """The script alone, for a tree that make would build anew."""
    return run("docker/dist/dist.sh", VERSION, "build", f"build build/{OTHER}", *files, folder=folder)


def packed(folder):
    """Name to bytes of all that is in build/dist."""
    return {path.name: path.read_bytes() for path in sorted((folder / "build" / "dist").iterdir())}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A tree in which a release was made."""
    folder = copy_of_the_tree(tmp_path_factory.mktemp("dist") / "tree")
    done = run("make", "dist", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def own_tree(tree, tmp_path):
    """Another one, for this test alone."""
    folder = tmp_path / "tree"
    shutil.copytree(tree, folder, symlinks=True)
    return folder


@pytest.fixture(scope="module")
def release(tree):
    return packed(tree)


@pytest.fixture(scope="module")
def bill(release):
    return json.loads(release[BILL])


@pytest.fixture(scope="module")
def unpacked(tree, tmp_path_factory):
    """The folder that the binary's archive makes."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(tree / "build" / "dist" / f"{BINARY}.tar.gz") as archive:
        archive.extractall(folder)
    return folder / BINARY


def members(tree, name):
    with tarfile.open(tree / "build" / "dist" / f"{name}.tar.gz") as archive:
        return archive.getmembers()


# --- What is there


def test_a_release_is_an_archive_and_a_bill_for_each_processor_the_sources_and_the_sums(release):
    assert set(release) == {f"{BINARY}.tar.gz", f"{OTHER_BINARY}.tar.gz", f"{SOURCE}.tar.gz", BILL, OTHER_BILL, "SHA256SUMS"}


def test_the_other_processors_archive_has_its_program_and_its_bill_and_else_the_same(tree, release):
    other = {member.name.removeprefix(OTHER_BINARY): member for member in members(tree, OTHER_BINARY)}
    mine = {member.name.removeprefix(BINARY) for member in members(tree, BINARY)}
    assert {name for name in other if "libgcc" not in name} == {name for name in mine if "libgcc" not in name}
    with tarfile.open(tree / "build" / "dist" / f"{OTHER_BINARY}.tar.gz") as archive:
        program, bill = (archive.extractfile(other[name]).read() for name in ("/fernit", "/fernit.cdx.json"))
    assert program == (TREE / "build" / OTHER / "fernit").read_bytes() and bill == release[OTHER_BILL]
    found = json.loads(bill)
    assert found["metadata"]["component"]["hashes"] == [{"alg": "SHA-256", "content": sha256(program)}]
    assert {part["name"] for part in found["components"] if not part["name"].startswith("libgcc")} == set(PARTS)


def test_the_sums_are_right_and_of_all(tree, release):
    lines = release["SHA256SUMS"].decode().splitlines()
    assert {tuple(line.split("  ")) for line in lines} == {(sha256(data), name) for name, data in release.items() if name != "SHA256SUMS"}
    assert run("sha256sum", "--check", "--strict", "SHA256SUMS", folder=tree / "build" / "dist").returncode == 0


def test_the_program_in_it_is_the_one_that_was_built_and_runs(unpacked):
    assert (unpacked / "fernit").read_bytes() == (TREE / "build" / "fernit").read_bytes()
    done = subprocess.run([unpacked / "fernit", "version"], env={}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"fernit {VERSION}\n")


def test_what_a_person_reads_lies_beside_it(unpacked):
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md", *(f"doc/{page.name}" for page in TREE.glob("doc/*.md"))):
        assert (unpacked / name).read_bytes() == (TREE / name).read_bytes()


def test_the_bill_lies_beside_it_too(unpacked, release):
    assert (unpacked / "fernit.cdx.json").read_bytes() == release[BILL]


@pytest.mark.parametrize("part, words", [
    ("musl", "standard MIT license"),
    ("libsodium", "ISC License"),
    ("libinih", "New BSD license"),
    ("libgcc-*-dev", "GCC Runtime Library Exception"),
])  # fmt: skip
def test_the_licence_of_each_part_is_there(unpacked, part, words):
    (folder,) = (unpacked / "licenses").glob(part)
    text = "".join(path.read_text(errors="replace") for path in folder.iterdir())
    assert words.lower() in " ".join(text.split()).lower()


def test_what_else_belongs_to_it_lies_below_share(own_tree):
    page = own_tree / "build" / "share" / "man" / "man7" / "more.7"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("more")
    page.chmod(0o600)
    assert script(own_tree, "build/share/man/man7/more.7").returncode == 0
    (found,) = [member for member in members(own_tree, BINARY) if "share" in member.name and member.name.endswith("more.7")]
    assert (found.name, found.mode) == (f"{BINARY}/share/man/man7/more.7", 0o644)


def test_our_own_licence_is_the_whole_apache_licence():
    assert (TREE / "LICENSE").read_bytes() == pathlib.Path("/usr/share/common-licenses/Apache-2.0").read_bytes()


def test_the_sources_are_the_tree_and_nothing_that_was_built(tree):
    names = {member.name for member in members(tree, SOURCE)}
    there = {path.relative_to(tree) for path in tree.rglob("*") if not path.is_dir()}
    assert names == {f"{SOURCE}/{path}" for path in there if path.parts[0] != "build"}
    assert {f"{SOURCE}/Makefile", f"{SOURCE}/docker/deps/lock", f"{SOURCE}/tests/run.sh"} <= names


# --- The same bytes


@pytest.mark.parametrize("name", [BINARY, OTHER_BINARY, SOURCE])
def test_nothing_in_an_archive_is_of_whom_when_or_where_it_was_made(tree, release, name):
    found = members(tree, name)
    assert [member.name for member in found] == sorted(member.name for member in found)
    assert {(member.uid, member.gid, member.uname, member.gname) for member in found} == {(0, 0, "", "")}
    assert {member.mode for member in found if member.isfile()} == {0o644, 0o755}
    assert {member.mtime for member in found} == {EPOCH}
    header = release[f"{name}.tar.gz"][:10]
    assert header[3] == 0 and header[4:8] == bytes(4), "gzip has put a name or a time into it"
    assert str(tree).encode() not in gzip.decompress(release[f"{name}.tar.gz"])


def test_again_with_another_umask_locale_and_time_zone_it_is_the_same(own_tree, release):
    for path in own_tree.rglob("*"):
        if path.is_file():
            path.chmod(path.stat().st_mode & 0o700 | 0o040)
            os.utime(path, (1e9, 1e9))
    other = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "LANG": "tr_TR.UTF-8", "TAR_OPTIONS": "--owner=5 --mtime=@5", "GZIP": "-1"}
    done = dist(own_tree, umask=0o077, **other)
    assert done.returncode == 0, done.stderr
    assert packed(own_tree) == release


def test_the_sources_unpacked_elsewhere_make_the_same_release(tree, tmp_path, release):
    """Also the program, from nothing but the libraries, which are pinned: in another folder, with another way to the cache."""
    with tarfile.open(tree / "build" / "dist" / f"{SOURCE}.tar.gz") as archive:
        archive.extractall(tmp_path / "deeper" / "down")
    folder = tmp_path / "deeper" / "down" / SOURCE
    cache = pathlib.Path((tree / "build" / "deps").read_text().strip()).parent
    (tmp_path / "another-name").symlink_to(cache)
    done = run("make", "-j3", "dist", folder=folder, umask=0o077, TZ="Asia/Tokyo", LANG="C.UTF-8", FERNIT_CACHE=str(tmp_path / "another-name"))
    assert done.returncode == 0, done.stdout + done.stderr
    program = (folder / "build" / "fernit").read_bytes()
    assert program == (TREE / "build" / "fernit").read_bytes(), "build/fernit is not what its sources make: run make"
    program += (folder / "build" / OTHER / "fernit").read_bytes()
    assert str(tmp_path).encode() not in program and str(cache).encode() not in program
    assert packed(folder) == release


def test_in_a_repository_it_is_the_same_and_what_git_does_not_know_is_left_out(own_tree, release):
    git(own_tree, "init", "-q")
    git(own_tree, "add", "-A")
    git(own_tree, "commit", "-q", "-m", "all")
    done = dist(own_tree)
    assert (done.returncode, done.stderr) == (0, "")
    assert packed(own_tree) == release
    (own_tree / "notes").write_text("mine")
    done = dist(own_tree)
    assert done.returncode == 0 and "is not what its last commit holds" in done.stderr and "notes" in done.stderr
    assert packed(own_tree) == release


def test_a_repository_around_it_is_not_its_own(tmp_path, tree, release):
    folder = tmp_path / "around" / "tree"
    folder.parent.mkdir()
    git(folder.parent, "init", "-q")
    shutil.copytree(tree, folder, symlinks=True)
    assert dist(folder).returncode == 0
    assert packed(folder) == release


# --- When


def set_heading(folder, heading):
    file = folder / "CHANGELOG.md"
    file.write_text(re.sub(r"^## .*$", f"## {heading}", file.read_text(), count=1, flags=re.M))


@pytest.mark.parametrize("heading, epoch, seconds", [
    (f"{VERSION} (2026-11-28)", None, 1795824000),
    (f"{VERSION} (2026-11-28)", "1700000000", 1700000000),
    (f"{VERSION} (unreleased)", "1700000000", 1700000000),
    (f"{VERSION} (unreleased)", None, UNRELEASED),
])  # fmt: skip
def test_it_is_as_old_as_the_release(own_tree, heading, epoch, seconds):
    set_heading(own_tree, heading)
    done = dist(own_tree, **({"SOURCE_DATE_EPOCH": epoch} if epoch else {}), TZ="America/New_York")
    assert done.returncode == 0, done.stderr
    assert {member.mtime for name in (BINARY, SOURCE) for member in members(own_tree, name)} == {seconds}
    when = json.loads(packed(own_tree)[BILL])["metadata"]["timestamp"]
    shown = subprocess.run(["date", "-u", "-d", f"@{seconds}", "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True)
    assert when == shown.stdout.strip()


@pytest.mark.parametrize("heading, says", [
    ("9.9.9 (2026-11-28)", f'it has to begin with "{VERSION} (YYYY-MM-DD)"'),
    (f"{VERSION}", 'it has to begin with'),
    (f"{VERSION} (soon)", 'it has to begin with'),
    (f"{VERSION} (2026-13-28)", "2026-13-28 is no day"),
])  # fmt: skip
def test_a_changelog_that_is_not_about_this_version_is_an_error(own_tree, release, heading, says):
    set_heading(own_tree, heading)
    done = dist(own_tree)
    assert done.returncode != 0 and says in done.stderr
    assert packed(own_tree) == release, "the release that was there is gone"


@pytest.mark.parametrize("epoch", ["yesterday", "-1", "1.5", " 1"])
def test_a_time_that_is_none_is_an_error(own_tree, epoch):
    done = dist(own_tree, SOURCE_DATE_EPOCH=epoch)
    assert done.returncode != 0 and f'SOURCE_DATE_EPOCH is "{epoch}"' in done.stderr


def test_a_git_that_cannot_be_read_is_an_error_and_no_reason_to_pack_everything(own_tree):
    (own_tree / ".git").write_text("gitdir: /nowhere\n")
    done = dist(own_tree)
    assert done.returncode != 0 and "there is a .git, and git cannot read it" in done.stderr


# --- The bill of materials: https://cyclonedx.org/docs/1.5/json/

#: Object to (keys that it must have, keys that it may have), of those that we use; no other key is allowed in any.
KEYS = {
    "bill": ({"bomFormat", "specVersion"}, {"$schema", "serialNumber", "version", "metadata", "components", "dependencies", "compositions"}),
    "metadata": (set(), {"timestamp", "component"}),
    "component": (
        {"type", "name"},
        {"bom-ref", "version", "hashes", "licenses", "purl", "externalReferences", "components", "properties"},
    ),
    "hash": ({"alg", "content"}, set()),
    "reference": ({"type", "url"}, {"hashes", "comment"}),
    "property": (set(), {"name", "value"}),
    "dependency": ({"ref"}, {"dependsOn"}),
    "composition": ({"aggregate"}, {"assemblies", "dependencies"}),
}
TYPES = {
    "application", "framework", "library", "container", "platform", "operating-system", "device", "device-driver", "firmware", "file",
    "machine-learning-model", "data",
}  # fmt: skip
LICENSES = {"Apache-2.0", "MIT", "ISC", "BSD-3-Clause"}  # SPDX ids, in its list
EXPRESSIONS = {"GPL-3.0-or-later WITH GCC-exception-3.1"}
AGGREGATES = {"complete", "incomplete", "incomplete_first_party_only", "incomplete_third_party_only", "unknown", "not_specified"}
#: https://github.com/package-url/purl-spec: a version and values of qualifiers are percent-encoded.
PURL = re.compile(r"pkg:[a-z][a-z0-9.+-]*(/[a-z0-9.~_-]+)*/[A-Za-z0-9.~_%-]+@([A-Za-z0-9.~_:-]|%[0-9A-F]{2})+(\?[a-z_]+=[^&#+ ]+(&[a-z_]+=[^&#+ ]+)*)?")


def check_keys(kind, found):
    must, may = KEYS[kind]
    assert isinstance(found, dict) and must <= set(found) <= must | may, f"{kind}: {sorted(found)}"


def check_texts(found, *keys):
    assert all(isinstance(found[key], str) and found[key] for key in keys if key in found), found


def check_hashes(hashes):
    assert isinstance(hashes, list) and hashes
    for found in hashes:
        check_keys("hash", found)
        assert found["alg"] == "SHA-256" and re.fullmatch("[0-9a-f]{64}", found["content"])


def check_licenses(licenses):
    """Either licences, or one expression."""
    assert isinstance(licenses, list) and len(licenses) == 1
    (found,) = licenses
    if "expression" in found:
        assert set(found) == {"expression"} and found["expression"] in EXPRESSIONS
    else:
        assert set(found) == {"license"} and set(found["license"]) == {"id"} and found["license"]["id"] in LICENSES


def check_component(found, refs):
    check_keys("component", found)
    check_texts(found, "name", "version", "bom-ref", "purl")
    assert found["type"] in TYPES
    refs.append(found["bom-ref"])
    if "purl" in found:
        assert PURL.fullmatch(found["purl"]), found["purl"]
    for key, check in (("hashes", check_hashes), ("licenses", check_licenses)):
        if key in found:
            check(found[key])
    for reference in found.get("externalReferences", []):
        check_keys("reference", reference)
        check_texts(reference, "url")
        assert reference["type"] == "distribution" and re.fullmatch(r"[A-Za-z0-9._~+-]+", reference["url"])
        check_hashes(reference["hashes"])
    for found_property in found.get("properties", []):
        check_keys("property", found_property)
        check_texts(found_property, "name", "value")
    for part in found.get("components", []):
        check_component(part, refs)


def no_double_keys(pairs):
    assert len({name for name, _ in pairs}) == len(pairs), f"a key twice: {pairs}"
    return dict(pairs)


def test_the_bill_is_what_the_standard_asks_for(release):
    bill = json.loads(release[BILL], object_pairs_hook=no_double_keys)
    refs = []
    check_keys("bill", bill)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["$schema"] == "http://cyclonedx.org/schema/bom-1.5.schema.json"
    assert re.fullmatch("urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", bill["serialNumber"])
    assert type(bill["version"]) is int and bill["version"] >= 1
    check_keys("metadata", bill["metadata"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["metadata"]["timestamp"])
    check_component(bill["metadata"]["component"], refs)
    assert isinstance(bill["components"], list) and bill["components"]
    for component in bill["components"]:
        check_component(component, refs)
    assert len(set(refs)) == len(refs), "an id stands there twice"
    for dependency in bill["dependencies"]:
        check_keys("dependency", dependency)
        assert {dependency["ref"], *dependency["dependsOn"]} <= set(refs)
        assert len(set(dependency["dependsOn"])) == len(dependency["dependsOn"])
    for composition in bill["compositions"]:
        check_keys("composition", composition)
        assert composition["aggregate"] in AGGREGATES and set(composition["dependencies"]) <= set(refs)


def test_the_bill_is_about_this_very_program(bill, unpacked):
    component = bill["metadata"]["component"]
    assert (component["name"], component["version"], component["purl"]) == ("fernit", VERSION, f"pkg:generic/fernit@{VERSION}")
    assert component["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert component["hashes"] == [{"alg": "SHA-256", "content": sha256((unpacked / "fernit").read_bytes())}]
    assert bill["dependencies"] == [{"ref": "fernit", "dependsOn": [component["bom-ref"] for component in bill["components"]]}]


def read_lock():
    """(suite, name to (version, {file: sum}))"""
    suite, sources, name = None, {}, None
    for line in (TREE / "docker" / "deps" / "lock").read_text().splitlines():
        words = line.split()
        if words[:1] == ["suite"]:
            suite = words[1]
        elif words[:1] == ["source"]:
            name = words[1]
            sources[name] = (words[2], {})
        elif len(words) == 2 and len(words[0]) == 64:
            sources[name][1][words[1]] = words[0]
    return suite, sources


def test_the_libraries_in_the_bill_are_those_of_the_lock_file_with_every_sum(bill):
    suite, sources = read_lock()
    parts = {part["name"]: part for part in bill["components"] if not part["name"].startswith("libgcc")}
    assert set(parts) == set(sources) == set(PARTS)
    for name, (version, files) in sources.items():
        part = parts[name]
        assert (part["version"], part["licenses"]) == (version, [{"license": {"id": PARTS[name]}}])
        assert part["purl"] == f"pkg:deb/debian/{name}@{urllib.parse.quote(version)}?arch=source&distro={suite}"
        assert {found["url"]: found["hashes"][0]["content"] for found in part["externalReferences"]} == files


def read_map():
    """The files from which anything is in the program, less our own objects and what the compiler has made of all of them."""
    text = (TREE / "build" / "fernit.map").read_text()
    layout = text[text.index("Linker script and memory map") :]
    found = re.findall(r"^ (?:\.\S+|COMMON)\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", layout, re.M)
    files = {file.split("(")[0] for size, file in found if int(size, 16)}
    files |= set(re.findall(r"^(/\S+?)\(\S+\)", text[: text.index("Discarded input sections")], re.M))
    return {pathlib.Path(file) for file in files if not file.startswith("build/obj/") and not file.endswith(".ltrans.o")}


def test_the_bill_says_what_the_map_of_the_link_shows(bill):
    libraries = pathlib.Path((TREE / "build" / "deps").read_text().strip()) / "lib"
    homes = {"libsodium.a": "libsodium", "libinih.a": "libinih"}
    linked, runtime = {}, {}
    for file in read_map():
        if file.parent == libraries:
            linked.setdefault(homes.get(file.name, "musl"), set()).add(file.name)
        else:
            runtime[file.name] = sha256(file.read_bytes())
    said = {part["name"]: {*part["properties"][0]["value"].split()} for part in bill["components"]}
    (compiler,) = [part for part in bill["components"] if part["name"].startswith("libgcc")]
    assert {name: files for name, files in said.items() if name != compiler["name"]} == {name: files | said[name] & {"crti.o", "crtn.o"} for name, files in linked.items()}
    assert said["musl"] >= {"libc.a", "rcrt1.o"}
    assert said[compiler["name"]] == set(runtime) and "crtbeginS.o" in runtime
    assert {part["name"]: part["hashes"][0]["content"] for part in compiler["components"]} == runtime


def test_the_compilers_part_is_the_package_that_is_installed_here(bill):
    (part,) = [part for part in bill["components"] if part["name"].startswith("libgcc")]
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", part["name"]], capture_output=True, text=True, check=True).stdout
    assert part["version"] == shown
    assert part["purl"] == f"pkg:deb/debian/{part['name']}@{urllib.parse.quote(shown)}?arch={ARCH}"
    assert part["licenses"] == [{"expression": "GPL-3.0-or-later WITH GCC-exception-3.1"}]


@pytest.mark.parametrize("line", ["LOAD /usr/lib/x86_64-linux-gnu/libm-2.36.o", "LOAD /opt/other.o"])
def test_a_file_that_nobody_knows_is_not_linked_in_unseen(own_tree, release, line):
    with open(own_tree / "build" / "fernit.map", "a") as file:
        file.write(f"{line}\n")
    done = dist(own_tree)
    assert done.returncode != 0 and line.split()[1] in done.stderr
    assert packed(own_tree) == release


def test_a_library_that_the_lock_file_does_not_name_is_an_error(own_tree):
    lock = own_tree / "docker" / "deps" / "lock"
    lock.write_text(lock.read_text().replace("source musl ", "source other "))
    done = script(own_tree)
    assert done.returncode != 0 and "names no version or no files of musl" in done.stderr
