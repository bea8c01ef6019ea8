"""Many first starts at once on one volume: one key, all agree, whatever the file system lacks and whoever is killed."""
import functools
import os
import random
import re
import threading

import pytest

import configs
from conftest import new_key
from crowd import COMMAND, Outcome, crowd_fixture  # noqa: F401
from fuse import WAYS, mounted_fixture  # noqa: F401
from kept import NAMES, cfg_is_right
from proofs import proof
from system import Trace, on_way, wait_for

STARTS, KILLS = 500, 60
SENTENCE = f"{{starts}} first starts, {STARTS} at once on each of {{ways}} file systems; {{killed}} killed, {{edits}} edits by hand; {{losses}} losses"
BEFORE = b"# ours\r\n[a]\r\nb = %%\r\n[core]\r\nexecutor = LocalExecutor\r\nfernet_key =\r\n[c]\r\nd = 1\r\n"


@pytest.fixture(params=["plain", *WAYS])
def disk(request, mounted, tmp_path):
    """A folder of the machine's own file system, then one for each way that a secret comes under its name."""
    return tmp_path if request.param == "plain" else mounted(*WAYS[request.param], "shared-locks").path


def on(disk):
    """On a file system of the tests, where requests stand in a queue, the Fernet key alone; elsewhere all secrets."""
    manage = "fernet_key" if os.path.ismount(disk) else None
    return {"FERNIT_STORE": disk / "store", "AIRFLOW_HOME": disk / "airflow", "FERNIT_MANAGE": manage}


def losses(store, found):
    """What must not be: a start that failed, or that was given another key than the stored one."""
    kept = (store / "fernet_key").read_text()
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=\n", kept)
    return [one for one in found if (one.status, one.out) != (0, kept) and not (one.killed and one.out in ("", kept))]


def agree(store, found):
    """How many said that they made the key."""
    assert not losses(store, found)
    assert {path.name for path in store.iterdir()} <= NAMES
    return sum("created Fernet key" in one.err for one in found)


def released(crowd):
    crowd.open_gate()
    return crowd.outcomes()


class Hand:
    """Somebody who edits airflow.cfg again and again while fernits run, once the key is in it.

    Those that have looked before wait for the lock with a text in mind that is no longer the file's.
    """

    def __init__(self, cfg, crowd):
        self.cfg, self.crowd, self.edits = cfg, crowd, 0
        self.thread = threading.Thread(target=self.edit)
        self.thread.start()

    def edit(self):
        wait_for(lambda: not self.crowd.any_runs() or b"fernet_key = " in self.cfg.read_bytes(), seconds=60)
        while self.crowd.any_runs():
            beside = self.cfg.with_suffix(".by-hand")
            beside.write_bytes(self.edited(self.cfg.read_bytes(), self.edits))
            beside.rename(self.cfg)
            self.edits += 1
            threading.Event().wait(0.02)

    @staticmethod
    def edited(text, number):
        return text.replace(b"[c]\r\n", b"[c]\r\nedit_%d = x\r\n" % number)

    def done(self):
        """All of the edits in what the file was before."""
        self.thread.join()
        return functools.reduce(self.edited, range(self.edits), BEFORE)


def test_500_first_starts_at_once_agree_on_one_key_whoever_is_killed_and_whatever_is_edited(fernit, crowd, disk):
    store, cfg = disk / "store", disk / "airflow" / "airflow.cfg"
    cfg.parent.mkdir()
    cfg.write_bytes(BEFORE)
    starts = crowd(STARTS, environment=lambda i: on(disk))
    starts.open_gate()
    hand = Hand(cfg, starts)
    starts.kill_some(KILLS, random.Random(1))
    found = starts.outcomes()
    wanted = hand.done()
    # The last of them may have been killed with its temporary; the next start sweeps it.
    after = fernit(*COMMAND, **on(disk))
    lost = losses(store, [*found, Outcome(after.returncode, after.stdout, after.stderr)])
    if not (cfg_is_right(cfg.read_bytes(), store, wanted) and cfg.read_bytes().startswith(b"# ours\r\n")):
        lost.append(cfg.read_bytes())
    proof("race", SENTENCE, ways=1, starts=len(found), killed=sum(one.killed for one in found), edits=hand.edits, losses=len(lost))
    assert not lost
    assert {path.name for path in store.iterdir()} <= NAMES
    assert [path.name for path in cfg.parent.iterdir()] == ["airflow.cfg"]
    assert fernit("init", **on(disk)).stderr == ""


def test_the_first_one_alone_makes_the_key_and_each_airflow_home_gets_it(crowd, disk, tmp_path):
    found = released(crowd(100, environment=lambda i: {**on(disk), "AIRFLOW_HOME": tmp_path / "homes" / str(i)}))
    assert agree(disk / "store", found) == 1
    kept = (disk / "store" / "fernet_key").read_text()
    files = list((tmp_path / "homes").glob("*/airflow.cfg"))
    assert len(files) == 100
    assert {configs.parse(file.read_bytes())["core"]["fernet_key"] for file in files} == {kept.strip()}


def test_all_of_them_finish_what_a_killed_one_left(crowd, disk):
    store = disk / "store"
    store.mkdir()
    (store / "fernet_key").write_text(new_key()[:20])
    (store / "fernet_key").chmod(0o600)
    (store / ".fernet_key.claim").touch()
    (store / ".fernet_key.tmp.0123456789abcdef").write_text("half")
    agree(store, released(crowd(50, environment=lambda i: on(disk))))


def test_different_ways_at_once_agree_too(crowd, store):
    """Hosts of different kernels on one network file system."""
    ways = list(WAYS) * 10
    starts = crowd(len(ways), prefix=lambda i: on_way(ways[i]))
    assert agree(store, released(starts)) == 1


@pytest.mark.parametrize("text", [None, "[core]\nexecutor = LocalExecutor\n"], ids=["no cfg", "a cfg without a key"])
@pytest.mark.parametrize("outside", [False, True], ids=["two stores", "two keys from outside"])
def test_of_two_that_have_different_keys_and_one_airflow_home_none_uses_a_key_that_the_file_lacks(crowd, tmp_path, text, outside):
    homes = [tmp_path / "homes" / str(i) for i in range(40)]
    for home in homes:
        home.mkdir(parents=True)
        if text:
            (home / "airflow.cfg").write_text(text)

    def environment(i):
        return {"AIRFLOW_HOME": homes[i // 2], "FERNIT_STORE": tmp_path / "stores" / str(i), "FERNET_KEY": new_key() if outside else None}

    found = released(crowd(2 * len(homes), environment=environment))
    for i, home in enumerate(homes):
        both = found[2 * i : 2 * i + 2]
        ring = configs.parse((home / "airflow.cfg").read_bytes())["core"]["fernet_key"].split(",")
        assert {one.out.strip().split(",")[0] for one in both if one.status == 0} <= set(ring), both
        assert any(one.status == 0 for one in both) and all(one.status in (0, 125) for one in both), both
        assert [path.name for path in home.iterdir()] == ["airflow.cfg"]


def test_a_second_store_s_key_waits_for_the_first_one_s_write_and_takes_its_key_along(fernit, write_cfg, tmp_path):
    cfg = write_cfg("[core]\nexecutor = LocalExecutor\n")
    slow = Trace("/dev/null", ["renameat:delay_enter=700ms:when=1"], only="renameat")
    first = fernit.start(*COMMAND, prefix=slow.prefix, FERNIT_STORE=tmp_path / "a")
    wait_for(lambda: len(list(cfg.parent.iterdir())) > 1)
    second = fernit.start(*COMMAND, FERNIT_STORE=tmp_path / "b")
    out, err = first.communicate(timeout=60)
    other, said = second.communicate(timeout=60)
    assert first.returncode == 0, err
    assert second.returncode == 0, said
    assert other.decode().strip() == configs.parse(cfg.read_bytes())["core"]["fernet_key"]
    assert other.decode().strip().split(",")[1:] == [out.decode().strip()]
    assert [path.name for path in cfg.parent.iterdir()] == ["airflow.cfg"]
