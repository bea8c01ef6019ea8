"""What is to be done where the system has no more to give: room, memory, descriptors; or where nothing can be written."""
import collections
import re
import shutil

import pytest

from conftest import errors, new_key
from system import Trace

pytestmark = pytest.mark.real_binary  # its own calls are what fails, in the words of its own C library

ROOM = "free some space there"
MEMORY = "give this container more memory"
#: What musl calls it, and what is to be done.
ADVICE = {
    "ENOSPC": ("No space left on device", ROOM),
    "EDQUOT": ("Quota exceeded", ROOM),
    "ENOMEM": ("Out of memory", MEMORY),
    "EMFILE": ("No file descriptors available", "raise the limit of open files (ulimit -n)"),
}
#: What helps against something else.
ELSEWHERE = re.compile(r"writable|on a host|--store DIR|can read and write|assume-single-writer|name a folder|put back|has gone")
CALLS = ("openat", "open", "mkdir", "mkdirat", "link", "linkat", "rename", "renameat", "renameat2", "fsync", "ftruncate", "fstat")


def first(fernit, store, cfg):
    return ["init"], {}


def change(fernit, store, cfg):
    keep(store, new_key())
    return ["init"], {"FERNET_KEY": new_key()}


def retire(fernit, store, cfg):
    keep(store, f"{new_key()},{new_key()}")
    return ["key", "retire", "--yes"], {}


def promote(fernit, store, cfg):
    keep(store, new_key())
    keep(store, new_key(), "fernet_key.staged")
    return ["key", "promote", "--yes"], {}


def look(fernit, store, cfg):
    keep(store, new_key())
    return ["key", "print"], {}


def check(fernit, store, cfg):
    keep(store, new_key())
    return ["key", "check", store / "fernet_key"], {}


def install(fernit, store, cfg):
    return ["install", fernit.home / "bin"], {}


STORIES = [first, change, retire, promote, look, check, install]


def keep(store, text, name="fernet_key"):
    store.mkdir(mode=0o700, exist_ok=True)
    (store / name).write_text(text + "\n")
    (store / name).chmod(0o600)


@pytest.fixture
def injected(fernit, store, cfg, tmp_path):
    """injected(story, name of an errno, calls): the same from the beginning, with a fault at each of these calls."""

    def clear():
        for folder in (store, cfg.parent, tmp_path / "bin"):
            if folder.exists():
                shutil.rmtree(folder)

    def run(story, number_of, wanted):
        words, environment = story(fernit, store, cfg)
        trace = Trace(tmp_path / "trace")
        assert fernit(*words, prefix=trace.prefix, **environment).returncode == 0
        seen = []
        count = collections.Counter()
        for name in [call.name for call in trace.calls()[1:]]:
            count[name] += 1
            number = count[name]
            if name not in wanted:
                continue
            clear()
            words, environment = story(fernit, store, cfg)
            fault = Trace("/dev/null", [f"{name}:error={number_of}:when={number}"], only=name)
            seen.append((name, number, fernit(*words, prefix=fault.prefix, **environment)))
        assert len(seen) > 2
        return seen

    return run


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
@pytest.mark.parametrize("name", ADVICE)
def test_it_is_about_what_is_lacking_at_whatever_call_that_shows(injected, story, name):
    says, advice = ADVICE[name]
    told = 0
    for call, number, done in injected(story, name, CALLS):
        assert done.returncode in (0, 1, 125), done.stderr
        lines = done.stderr.splitlines()
        for line, below in zip(lines, [*lines[1:], ""]):
            if says in line:
                told += 1
                assert below == f"fernit: hint: {advice}" and not ELSEWHERE.search(line.split(says)[1]), f"{call} {number}: {line}"
        if done.returncode:
            assert says in errors(done)[-1], f"{call} {number}: {done.stderr}"
    assert told > 2


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_no_memory_is_125_for_all_commands(injected, story):
    """And not 2, which is wrong usage, nor 1, which says that there is no key."""
    failed = 0
    for call, number, done in injected(story, "ENOMEM", (*CALLS, "mmap", "brk", "read")):
        assert done.returncode in (0, 125), f"{call} {number}: {done.returncode} {done.stderr}"
        failed += done.returncode == 125
    assert failed > 2


@pytest.mark.parametrize("story", [retire, promote], ids=lambda story: story.__name__)
def test_a_key_command_on_a_read_only_store_is_not_told_to_be_the_only_writer(injected, story):
    said = [done.stderr for call, number, done in injected(story, "EROFS", ("openat",)) if ".lock: " in done.stderr]
    assert said
    for text in said:
        assert "mount it writable, or name another place" in text and "single-writer" not in text


@pytest.mark.parametrize("name", ["EIO", "ENOMEM"])
def test_a_store_that_cannot_be_read_again_under_the_lock_says_why(injected, name):
    """It was said to have gone."""
    for call, number, done in injected(change, name, ("openat", "read", "fstat")):
        assert "has gone" not in done.stderr, f"{call} {number}: {done.stderr}"
