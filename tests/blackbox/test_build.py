"""What `make` builds: by rules that do not disturb each other, small, static, and hardened. test_dist.py: the same bytes everywhere."""
import os
import pathlib
import re
import shlex
import subprocess
from collections import Counter

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


def test_each_file_has_one_command_that_makes_it_and_renames_it_into_place():
    """Whatever the number of jobs: two commands for one file would meet, and a reader would find half of one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-C", TREE, "--always-make", "--dry-run", "V=1", "programs"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [shlex.split(line, comments=True) for line in done.stdout.splitlines() if line and not line.startswith(("make", "echo"))]
    written = [word for words in lines for before, word in zip(words, words[1:]) if before in ("-o", "-MF", "crs") or words[0] == "install" and word == words[-1]]
    written += [word.removeprefix(">") for words in lines for word in words if word.startswith(">")]
    written += [word.removeprefix("-Wl,-Map=") for words in lines for word in words if word.startswith("-Wl,-Map=")]
    moved = [(words[2], words[3]) for words in lines if words[:2] == ["mv", "-f"]]
    assert len(written) > 500 and {"build/fernit.new", "build/valgrind/suppressions.new"} <= set(written)
    assert sorted(written) == sorted(source for source, _ in moved), "not written beside its place and renamed, once"
    targets = Counter(target for _, target in moved)
    assert not [target for target, count in targets.items() if count > 1]


def test_it_is_small():
    assert BINARY.stat().st_size <= LARGEST


def test_the_page_on_costs_tells_its_size():
    """Another compiler makes a little more or less of it."""
    (told,) = re.findall(r"^One static binary of (\d+) KiB\.", (TREE / "doc/costs.md").read_text(), re.MULTILINE)
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
