"""What `make` builds: the same bytes wherever the tree and the cache lie, small, static, and hardened."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

pytestmark = pytest.mark.real_binary  # about the bytes themselves

TREE = pathlib.Path(__file__).resolve().parents[2]
BINARY = TREE / "build" / "fernit"
LARGEST = 320 * 1024


def readelf(*options):
    return subprocess.run(["readelf", "-W", *options, BINARY], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def segments():
    """Program headers as (type, flags)."""
    lines = re.findall(r"^  ([A-Z_]+) +0x\S+ 0x\S+ 0x\S+ 0x\S+ 0x\S+ ([RWE ]{3})", readelf("-l"), re.MULTILINE)
    assert lines
    return lines


def build_in(folder, cache, *options):
    folder.mkdir(parents=True)
    for name in ("src", "cmd", "docker"):
        shutil.copytree(TREE / name, folder / name)
    shutil.copy(TREE / "Makefile", folder)
    # The make that runs the tests must not hand its flags and its job slots to this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment["FERNIT_CACHE"] = str(cache)
    done = subprocess.run(["make", "-C", folder, *options], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return (folder / "build" / "fernit").read_bytes()


def test_two_trees_and_two_ways_to_the_cache_make_the_same_bytes(tmp_path):
    home_cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ["HOME"], ".cache")
    cache = pathlib.Path(os.environ.get("FERNIT_CACHE") or os.path.join(home_cache, "fernit"))
    elsewhere = tmp_path / "another-name"
    elsewhere.symlink_to(cache.resolve())

    first = build_in(tmp_path / "a", cache, "-j1")
    second = build_in(tmp_path / "a-longer-name" / "deeper", elsewhere, "-j4")
    assert first == second
    assert first == BINARY.read_bytes(), "build/fernit is not what its sources make: run make"
    assert str(tmp_path).encode() not in first and str(cache).encode() not in first


def test_it_is_small():
    assert BINARY.stat().st_size <= LARGEST


def test_the_readme_tells_its_size():
    """Another compiler makes a little more or less of it."""
    (told,) = re.findall(r"^One static binary of (\d+) KiB\.", (TREE / "README.md").read_text(), re.MULTILINE)
    assert int(told) == pytest.approx(BINARY.stat().st_size / 1024, rel=0.03)


def test_it_is_a_stripped_static_pie():
    assert "Type:                              DYN" in readelf("-h")
    assert "INTERP" not in readelf("-l")
    assert "NEEDED" not in readelf("-d")
    assert ".symtab" not in readelf("-S") and ".debug" not in readelf("-S")


def test_relocations_are_read_only_and_bound_at_the_start(segments):
    assert ("GNU_RELRO", "R  ") in segments
    assert "BIND_NOW" in readelf("-d")
    assert "TEXTREL" not in readelf("-d")


def test_nothing_is_both_writable_and_executable(segments):
    assert ("GNU_STACK", "RW ") in segments
    assert not [flags for _, flags in segments if "W" in flags and "E" in flags]


def test_constants_are_in_the_first_segment_which_is_read_only(segments):
    assert [flags for kind, flags in segments if kind == "LOAD"] == ["R  ", "R E", "RW "]
    assert re.search(r"^   00 .* \.rodata ", readelf("-l"), re.MULTILINE)


def test_functions_with_buffers_check_the_stack():
    """The canary is at %fs:0x28 on x86-64; other machines keep it in a symbol that stripping takes away."""
    if os.uname().machine != "x86_64":
        pytest.skip("only x86-64 shows its stack canary in a stripped program")
    code = subprocess.run(["objdump", "-d", BINARY], check=True, capture_output=True, text=True).stdout
    assert code.count("%fs:0x28") > 20
