"""Many first starts at once on one volume: one key, all agree, whatever the file system lacks and whoever is killed."""
import os
import pathlib
import random
import re
import signal
import time

import pytest

import configs
from conftest import BINARY, new_key
from ground import WAYS, Trace, on_way, wait_for

KEY = re.compile(r"[A-Za-z0-9_-]{43}=\n")
HOW_MANY = {"link": 100, "rename": 30, "lock": 30}
COMMAND = ["run", "printenv", "AIRFLOW__CORE__FERNET_KEY"]


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture
def crowd(fernit, tmp_path):
    """crowd(number, prefix): so many starts, held back at a gate that opens for all at the same moment.

    To open a FIFO for reading waits until somebody opens it for writing.
    """

    def start(number, prefix=(), environment=lambda i: {}, words=COMMAND):
        gate = tmp_path / "gate"
        os.mkfifo(gate)
        waiting = ["sh", "-c", f': < {gate}; exec "$@"', "sh", *prefix]
        processes = [fernit.start(*words, prefix=waiting, **environment(i)) for i in range(number)]
        time.sleep(0.2)
        # Those that come late find it open, since it stays open until all have passed.
        opened = os.open(gate, os.O_RDWR)
        return processes, opened

    return start


def fernit_of(process):
    """The number of the fernit that this is, or that has this strace above it; None where it is not there yet."""
    number = str(process.pid)
    try:
        if "strace" in process.args:
            number = pathlib.Path(f"/proc/{number}/task/{number}/children").read_text().strip()
        return int(number) if os.readlink(f"/proc/{number}/exe") == str(BINARY) else None
    except OSError:
        return None


def kill_one_of(processes, dice):
    """Kills a fernit in the middle of its work; not strace, whose end would leave it stopped for ever."""
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        process = dice.choice(processes)
        if number := fernit_of(process):
            time.sleep(dice.uniform(0, 0.003))
            if fernit_of(process) == number:
                os.kill(number, signal.SIGKILL)
                return


def outcomes(processes, opened):
    """(status, what it printed, what it said) of all of them."""
    found = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        found.append((process.returncode, out.decode(), err.decode()))
    os.close(opened)
    return found


def agree(store, found):
    """Asserts that all who were not killed have the one stored key; how many said that they made it."""
    kept = (store / "fernet_key").read_text()
    assert KEY.fullmatch(kept)
    for status, out, err in found:
        assert (status, out) in ((0, kept), (-signal.SIGKILL, ""), (-signal.SIGKILL, kept)), err
    assert {path.name for path in store.iterdir()} <= {"fernet_key", ".lock"}
    return sum("made a new" in err for _, _, err in found)


def test_all_first_starts_at_once_agree_on_one_key(crowd, way, store, cfg):
    made = agree(store, outcomes(*crowd(HOW_MANY[way], on_way(way))))
    assert made == 1
    assert cfg.read_text() == f"[core]\nfernet_key = {(store / 'fernet_key').read_text()}"
    assert [path.name for path in cfg.parent.iterdir()] == ["airflow.cfg"]


def test_they_agree_where_each_has_an_airflow_home_of_its_own(crowd, way, store, tmp_path):
    found = outcomes(*crowd(HOW_MANY[way] // 2, on_way(way), lambda i: {"AIRFLOW_HOME": tmp_path / "homes" / str(i)}))
    assert agree(store, found) == 1
    kept = (store / "fernet_key").read_text()
    files = list((tmp_path / "homes").glob("*/airflow.cfg"))
    assert len(files) == HOW_MANY[way] // 2
    assert {file.read_text() for file in files} == {f"[core]\nfernet_key = {kept}"}


def test_they_agree_on_an_airflow_cfg_that_all_of_them_edit(crowd, way, store, write_cfg):
    before = b"# ours\r\n[a]\r\nb = %%\r\n[core]\r\nexecutor = LocalExecutor\r\nfernet_key =\r\n[c]\r\nd = 1\r\n"
    cfg = write_cfg(before)
    agree(store, outcomes(*crowd(HOW_MANY[way], on_way(way))))
    key = (store / "fernet_key").read_text().strip()
    assert cfg.read_bytes() == before.replace(b"key =", f"key = {key}".encode())
    assert configs.effective(configs.parse(cfg.read_bytes())) == configs.expected(configs.parse(before), key)
    assert [path.name for path in cfg.parent.iterdir()] == ["airflow.cfg"]


@pytest.mark.parametrize("seed", range(3))
def test_they_agree_also_where_many_are_killed(fernit, crowd, way, store, cfg, seed):
    dice = random.Random(seed)
    processes, opened = crowd(HOW_MANY[way] * 2 // 3, on_way(way))
    for _ in range(len(processes) // 2):
        kill_one_of(processes, dice)
    found = outcomes(processes, opened)
    assert any(status == 0 for status, _, _ in found)
    # The last of them may have been killed with its temporary; the next start sweeps it.
    after = fernit(*COMMAND, prefix=on_way(way))
    assert after.returncode == 0, after.stderr
    agree(store, [*found, (0, after.stdout, after.stderr)])
    assert cfg.read_text() == f"[core]\nfernet_key = {after.stdout}"
    assert fernit("init").stderr == ""
    assert [path.name for path in cfg.parent.iterdir()] == ["airflow.cfg"]


def test_all_of_them_finish_what_a_killed_one_left(crowd, way, store):
    store.mkdir()
    (store / "fernet_key").write_text(new_key()[:20])
    (store / "fernet_key").chmod(0o600)
    (store / ".fernet_key.claim").touch()
    (store / ".fernet_key.tmp.0123456789abcdef").write_text("half")
    agree(store, outcomes(*crowd(30, on_way(way))))


def test_different_ways_at_once_agree_too(fernit, tmp_path, store):
    """Hosts of different kernels on one network file system."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    held_back = ["sh", "-c", f': < {gate}; exec "$@"', "sh"]
    ways = list(WAYS) * 10
    processes = [fernit.start(*COMMAND, prefix=[*held_back, *on_way(way)]) for way in ways]
    time.sleep(0.2)
    assert agree(store, outcomes(processes, os.open(gate, os.O_RDWR))) == 1


def test_readers_and_a_key_from_outside_at_once_leave_the_store_as_it_is(crowd, stored, store, tmp_path):
    kept, outside = new_key(), new_key()
    file = stored(kept + "\n")
    before = file.stat()
    found = outcomes(
        *crowd(
            40,
            environment=lambda i: {"FERNET_KEY": outside if i % 2 else None, "AIRFLOW_HOME": tmp_path / "homes" / str(i)},
            words=["run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY"],
        )
    )
    for i, (status, out, err) in enumerate(found):
        assert (status, out) == (0, f"{outside},{kept}\n" if i % 2 else kept + "\n"), err
    assert file.read_text() == kept + "\n" and file.stat().st_mtime_ns == before.st_mtime_ns


def cfg_key(cfg):
    """The key in an airflow.cfg; None where there is none."""
    found = re.search(r"^fernet_key = (.*)$", cfg.read_text(), re.MULTILINE)
    return found and found[1]


@pytest.mark.parametrize("text", [None, "[core]\nexecutor = LocalExecutor\n"], ids=["no cfg", "a cfg without a key"])
@pytest.mark.parametrize("outside", [False, True], ids=["two stores", "two keys from outside"])
def test_of_two_that_have_different_keys_and_one_airflow_home_only_the_file_s_own_runs(fernit, crowd, tmp_path, text, outside):
    homes = [tmp_path / "homes" / str(i) for i in range(40)]
    for home in homes:
        home.mkdir(parents=True)
        if text:
            (home / "airflow.cfg").write_text(text)

    def environment(i):
        return {"AIRFLOW_HOME": homes[i // 2], "FERNIT_STORE": tmp_path / "stores" / str(i), "FERNET_KEY": new_key() if outside else None}

    found = outcomes(*crowd(2 * len(homes), environment=environment))
    for i, home in enumerate(homes):
        both = found[2 * i : 2 * i + 2]
        key = cfg_key(home / "airflow.cfg")
        assert key, both
        assert [out.strip() for status, out, _ in both if status == 0] in ([key], [key, key]), both
        assert all(status in (0, 125) for status, _, _ in both), both
        assert [path.name for path in home.iterdir()] == ["airflow.cfg"]


def test_a_second_store_s_key_waits_for_the_first_one_s_write_and_does_not_overwrite_it(fernit, write_cfg, tmp_path):
    cfg = write_cfg("[core]\nexecutor = LocalExecutor\n")
    slow = Trace("/dev/null", ["renameat:delay_enter=700ms:when=1"], only="renameat")
    first = fernit.start(*COMMAND, prefix=slow.prefix, FERNIT_STORE=tmp_path / "a")
    wait_for(lambda: len(list(cfg.parent.iterdir())) > 1)
    second = fernit.start(*COMMAND, FERNIT_STORE=tmp_path / "b")
    out, err = first.communicate(timeout=20)
    refused, said = second.communicate(timeout=20)
    assert (first.returncode, out.decode().strip()) == (0, cfg_key(cfg)), err
    assert (second.returncode, refused) == (125, b""), said
    assert [path.name for path in cfg.parent.iterdir()] == ["airflow.cfg"]
