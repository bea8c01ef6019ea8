"""A power cut at any request of a start leaves nothing or a whole key, never loses one that was used, and the next start works."""
import os

import pytest

from conftest import new_key, nobody  # noqa: F401
from fuse import WAYS, mounted_fixture  # noqa: F401
from power import WHOLE, Disk, cut_everywhere, kill_everywhere, put
from proofs import proof

SENTENCE = "{cuts} power cuts, each request of {starts} kinds of start, {states} different disks after them; {losses} losses"
PRINT = ["run", "printenv", "AIRFLOW__CORE__FERNET_KEY"]

#: The fourth keeps airflow.cfg by a link, and the key, too.
WAYS = {**WAYS, "link, no rename without overwriting": ["no-noreplace"]}


@pytest.fixture(params=WAYS)
def disk(request, mounted):
    return Disk(mounted(*WAYS[request.param]))


def report(figures, wrong):
    proof("power loss", SENTENCE, starts=1, cuts=figures.cuts, states=figures.states, losses=figures.losses)
    assert not wrong, f"{len(wrong)}:\n" + "\n\n".join(wrong[:3])


def whole_key(disk):
    """The stored key, or None; a torn one only where a claim says that it is being made."""
    text = disk.stored()
    if text is None or WHOLE.fullmatch(text):
        return text
    assert ".fernet_key.claim" in disk.names(), f"torn: {text!r}"
    return None


def next_start_works(disk, key):
    """It gives the key, if there was one; nothing temporary is left; and the start after it has nothing to do."""
    done = disk.start(*PRINT)
    assert done.status == 0, done.err
    assert WHOLE.fullmatch(done.out) and key in (None, done.out)
    assert disk.stored() == done.out
    assert set(disk.names()) <= {"fernet_key", ".lock"}
    assert disk.cfg_names() == ["airflow.cfg"]
    again = disk.start(*PRINT)
    assert (again.status, again.out, again.err) == (0, done.out, "")
    return done.out


def test_a_first_start(disk):
    def judge(ended):
        key = whole_key(disk)
        assert ended.out in ("", key), "a key was used that is not there any more"
        assert disk.text(disk.cfg) in (None, f"[core]\nfernet_key = {key}")
        key = next_start_works(disk, key)
        assert disk.text(disk.cfg) == f"[core]\nfernet_key = {key}"

    report(*cut_everywhere(disk, lambda: None, lambda: disk.start(*PRINT), judge))


def test_a_start_that_uses_what_a_killed_one_left(disk):
    """Nobody but the reader can have made it durable."""

    def judge(ended):
        assert ended.status == 0, ended.err
        assert disk.stored() == ended.out, "a key was used that is not there any more"
        next_start_works(disk, ended.out)

    start = ["run", "--deliver", "env", *PRINT[1:]]
    report(*kill_everywhere(disk, lambda: None, lambda: disk.start("init"), lambda: disk.start(*start), judge))


OLD = "# ours\n[core]\nexecutor = LocalExecutor\nfernet_key =\n[c]\nd = 1\n"


def test_a_write_of_airflow_cfg(mounted):
    disk = Disk(mounted())
    key = new_key() + "\n"
    new = OLD.replace("key =", f"key = {key.strip()}")

    def prepare():
        put(disk.store / "fernet_key", key)
        put(disk.cfg, OLD)

    def judge(ended):
        assert ended.out in ("", key)
        assert disk.text(disk.cfg) in (OLD, new)
        next_start_works(disk, key)
        assert disk.text(disk.cfg) == new

    report(*cut_everywhere(disk, prepare, lambda: disk.start(*PRINT), judge))


def test_a_write_of_an_airflow_cfg_that_cannot_be_replaced(nobody, mounted):
    """In place, with a copy in the store: by a user who may write the file, and not its folder."""
    disk = Disk(mounted(), user=nobody)
    key = new_key() + "\n"
    new = OLD.replace("key =", f"key = {key.strip()}")
    init = ["init", "--deliver", "cfg"]

    def prepare():
        put(disk.store / "fernet_key", key, owner=65534)
        os.chown(disk.store, 65534, 65534)
        put(disk.cfg, OLD, owner=65534)

    def judge(ended):
        now = disk.text(disk.cfg)
        copies = [name for name in disk.names() if name.startswith(".airflow.cfg.")]
        assert now in (OLD, new) or copies, f"torn: {now}"
        assert ended.status != 0 or now == new or copies, "it said that the file was written"
        done = disk.start(*init)
        assert done.status == 0, done.err
        assert disk.text(disk.cfg) == new
        assert disk.stored() == key and set(disk.names()) <= {"fernet_key", ".lock"}
        again = disk.start(*init)
        assert (again.status, again.out, again.err) == (0, "", "")

    report(*cut_everywhere(disk, prepare, lambda: disk.start(*init), judge))
