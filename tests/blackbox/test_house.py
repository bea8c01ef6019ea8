"""The house: which folder may know which, what it may take from outside, and how long a file may become."""
import pathlib
import re

import pytest

pytestmark = pytest.mark.real_binary  # about the sources

TREE = pathlib.Path(__file__).resolve().parents[2]
LONGEST = 400  # lines

# What a folder may include beside itself: all of another folder, or one header of it.
KNOWS = {
    "src/base": (),
    "src/fernet": ("base",),
    "src/airflow": ("fernet", "base"),
    "src/store": ("fernet", "base"),
    "src/resolve": ("store", "airflow", "fernet", "base"),
    "src/process": ("base",),
    "src/cli": ("base", "airflow/version.h", "process/supervision.h", "resolve/on_change.h"),
    "src/run": ("cli", "resolve", "store", "airflow", "fernet", "process", "base"),
    "src/command": ("run", "cli", "resolve", "store", "airflow", "fernet", "process", "base"),
    "cmd/fernit": ("command", "cli", "process", "base"),
    "tools": ("cli", "base"),
}
THIRD_PARTY = {"sodium.h", "ini.h"}
LIBC = re.compile(
    r"(assert|ctype|dirent|elf|errno|fcntl|ftw|getopt|grp|ifaddrs|inttypes|libgen|limits|link|locale|math|mntent|netdb|poll|"
    r"pwd|sched|setjmp|signal|spawn|std[a-z]+|string|strings|syslog|termios|time|unistd|(arpa|linux|netinet|sys)/[a-z0-9_]+)\.h"
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\b[ \t]*(.*)$', re.MULTILINE)

FILES = sorted(path for place in ("src", "cmd", "tools") for path in (TREE / place).rglob("*") if path.suffix in (".c", ".h"))
HEADERS = [path for path in FILES if path.suffix == ".h"]


def name(path):
    return str(path.relative_to(TREE))


def includes(path, opening):
    """What stands between the quotes or angle brackets of its #include lines."""
    return [what[1:-1] for what in INCLUDE.findall(path.read_text()) if what.startswith(opening)]


def test_every_file_stands_in_a_folder_whose_place_is_known():
    assert FILES
    assert {name(path.parent) for path in FILES} == set(KNOWS)


@pytest.mark.parametrize("folder", KNOWS)
def test_a_folder_includes_only_what_it_may_know(folder):
    allowed = {*KNOWS[folder], folder.split("/")[-1]}
    wrong = [f"{name(path)}: {what}" for path in FILES if name(path.parent) == folder
             for what in includes(path, '"') if not allowed & {what, what.split("/")[0]}]
    assert not wrong


def test_headers_of_our_own_are_named_by_folder_and_are_there():
    wrong = [f"{name(path)}: {what}" for path in FILES for what in includes(path, '"')
             if not re.fullmatch(r"[a-z]+/[a-z_]+\.h", what) or not ((TREE / "src" / what).is_file() or (TREE / what).is_file())]
    assert not wrong


def test_every_include_says_plainly_what_it_includes():
    wrong = [f"{name(path)}: {what}" for path in FILES for what in INCLUDE.findall(path.read_text())
             if not re.fullmatch(r'"[^"]+"|<[^>]+>', what)]
    assert not wrong


def test_nothing_comes_from_outside_but_libc_libsodium_and_inih():
    wrong = [f"{name(path)}: {what}" for path in FILES for what in includes(path, "<")
             if what not in THIRD_PARTY and not LIBC.fullmatch(what)]
    assert not wrong


def test_inih_is_known_to_one_file_alone():
    """It is configparser's dialect only with what base/ini.c puts before it."""
    assert [name(path) for path in FILES if "ini.h" in includes(path, "<")] == ["src/base/ini.c"]


def test_every_header_begins_with_what_it_is_for():
    assert HEADERS
    assert not [name(path) for path in HEADERS if not path.read_text().startswith("/* ")]


def test_every_header_is_read_once():
    assert not [name(path) for path in HEADERS if "#pragma once\n" not in path.read_text()]


def test_no_file_is_too_long_to_be_read_at_one_sitting():
    assert not [name(path) for path in FILES if len(path.read_text().splitlines()) > LONGEST]


def test_no_file_knows_one_that_knows_it():
    """A file and its header are one here, and its tests are left out."""
    knows = {}
    for path in FILES:
        knows.setdefault(name(path)[:-2], set()).update(f"src/{what}"[:-2] for what in includes(path, '"'))
    order, open_ = [], []

    def visit(file):
        assert file not in open_, " -> ".join([*open_[open_.index(file):], file])
        if file in knows and file not in order:
            open_.append(file)
            for other in knows[file] - {file}:
                visit(other)
            order.append(open_.pop())

    for file in knows:
        visit(file)
    assert set(order) == set(knows)


def test_no_folder_has_more_than_a_fifth_of_the_lines():
    lines = {}
    for path in FILES:
        if name(path).startswith("src/"):
            lines[path.parent.name] = lines.get(path.parent.name, 0) + path.read_text().count("\n")
    most = sum(lines.values()) / 5
    assert not {folder: count for folder, count in lines.items() if count > most}
