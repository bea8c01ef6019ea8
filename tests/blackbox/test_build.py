"""What `make` builds: by rules that do not disturb each other, small, static, and hardened. test_dist.py: the same bytes everywhere."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
from collections import Counter

import pytest

pytestmark = pytest.mark.real_binary  # about the bytes themselves

TREE = pathlib.Path(__file__).resolve().parents[2]
MACHINE = os.uname().machine
#: Each processor's program, from `make programs`.
BINARIES = {"x86_64": TREE / "build" / "x86_64" / "fernit", "aarch64": TREE / "build" / "aarch64" / "fernit", MACHINE: TREE / "build" / "fernit"}
BINARY = BINARIES[MACHINE]
LARGEST = 320 * 1024


@pytest.fixture(params=sorted(BINARIES))
def binary(request):
    return BINARIES[request.param]


@pytest.fixture
def readelf(binary):
    return lambda *options: subprocess.run(["readelf", "-W", *options, binary], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def segments(readelf):
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


def test_it_is_small(binary):
    assert binary.stat().st_size <= LARGEST


def test_the_page_on_costs_tells_its_size():
    (told,) = re.findall(r"^fernit is one static binary of at most (\d+) KiB\.", (TREE / "doc/costs.md").read_text(), re.MULTILINE)
    assert int(told) == LARGEST / 1024


def test_it_is_for_its_processor(binary, readelf):
    names = {"x86_64": "Advanced Micro Devices X86-64", "aarch64": "AArch64"}
    assert re.search(r"Machine: +(.+)", readelf("-h"))[1] == names[{file: name for name, file in BINARIES.items()}[binary]]


def test_it_can_be_mapped_in_the_largest_pages_of_its_processor(binary, readelf):
    """Of 64 KiB on some kernels for arm64: of two segments, no page must be the same."""
    page = 0x10000 if binary == BINARIES["aarch64"] else 0x1000
    loads = [[int(word, 16) for word in line] for line in re.findall(r"^  LOAD +0x(\S+) 0x(\S+) 0x\S+ 0x\S+ 0x(\S+) ", readelf("-l"), re.MULTILINE)]
    assert all((offset - address) % page == 0 for offset, address, _ in loads)
    assert all((before + size - 1) // page < after // page for (_, before, size), (_, after, _) in zip(loads, loads[1:]))


def test_it_is_a_stripped_static_pie(readelf):
    assert "Type:                              DYN" in readelf("-h")
    assert "INTERP" not in readelf("-l")
    assert "NEEDED" not in readelf("-d")
    assert ".symtab" not in readelf("-S") and ".debug" not in readelf("-S")


def test_relocations_are_read_only_and_bound_at_the_start(readelf, segments):
    assert ("GNU_RELRO", "R  ") in segments
    assert re.search(r"BIND_NOW|FLAGS_1.* NOW", readelf("-d"))
    assert "TEXTREL" not in readelf("-d")


def test_nothing_is_both_writable_and_executable(segments):
    assert ("GNU_STACK", "RW ") in segments
    assert not [flags for _, flags in segments if "W" in flags and "E" in flags]


def test_constants_are_read_only_and_cannot_be_executed(readelf, segments):
    headers = [flags for kind, flags in segments]
    (number,) = re.findall(r"^   (\d\d) .*\.rodata\b", readelf("-l"), re.MULTILINE)
    assert headers[int(number)] == "R  "


@pytest.mark.parametrize("processor, canary", [("x86_64", r"%fs:0x28"), ("aarch64", r"mrs\s+x\d+, tpidr_el0\n.*ldu?r\s+x\d+, \[x\d+, #-16\]")])
def test_functions_with_buffers_check_the_stack(processor, canary):
    """Where musl keeps the thread's canary: its src/internal/pthread_impl.h."""
    program = shutil.which(f"{processor}-linux-gnu-objdump")
    code = subprocess.run([program, "-d", BINARIES[processor]], check=True, capture_output=True, text=True).stdout
    assert len(re.findall(canary, code)) > 20


def test_the_canary_is_where_the_program_for_arm64_looks_for_it(tmp_path):
    """Compared with musl's own symbol, by a program that is built and run as fernit is."""
    folder = BINARIES["aarch64"].parent
    compiler = pathlib.Path((folder / "deps").read_text().strip(), "bin/musl-gcc")
    source = tmp_path / "canary.c"
    source.write_text('''#include <stdint.h>
extern uintptr_t __stack_chk_guard;
int main(void) { uintptr_t *thread; __asm__("mrs %0, tpidr_el0" : "=r"(thread)); return !(thread[-2] == __stack_chk_guard && thread[-2]); }
''')
    subprocess.run([compiler, "-static", source, "-o", tmp_path / "canary"], check=True)
    emulator = [] if MACHINE == "aarch64" else ["qemu-aarch64"]
    assert subprocess.run([*emulator, tmp_path / "canary"]).returncode == 0
