"""First starts where two of them can hold the same exclusive lock at once, as on Docker Desktop's shared folders: creation does not
stand on locks."""
import pytest

from conftest import end_all, errors, hints, new_key
from crowd import crowd_fixture  # noqa: F401
from fuse import mounted_fixture  # noqa: F401
from kept import cfg_is_right
from system import Lock, Trace, wait_for
from test_race_proof import agree, released

WAYS = {"link": [], "rename": ["no-link"], "no way but a lock": ["no-link", "no-noreplace"]}
STARTS, ROUNDS = 40, 3
PRINT = ["run", "printenv", "AIRFLOW__CORE__FERNET_KEY"]
BEFORE = b"[a]\nb = 1\n"


@pytest.fixture
def two(request, mounted, tmp_path):
    """two(*switches): two mounts of the same files."""
    return lambda *switches: mounted(f"also={tmp_path / 'other'}", *switches)


@pytest.mark.parametrize("linger", [[], ["linger=500"]], ids=["names go at once", "names linger"])
@pytest.mark.parametrize("way", WAYS)
def test_first_starts_on_two_mounts_agree_on_one_key(crowd, two, tmp_path, way, linger):
    system = two(*WAYS[way], *linger)
    for number in range(ROUNDS):
        mounts = [path / str(number) for path in (system.path, system.also)]
        (mounts[0] / "airflow").mkdir(parents=True)
        cfg = mounts[0] / "airflow" / "airflow.cfg"
        cfg.write_bytes(BEFORE)

        def environment(i):
            home = tmp_path / "homes" / f"{number}-{i}" if linger else mounts[i % 2] / "airflow"
            return {"FERNIT_STORE": mounts[i % 2] / "store", "AIRFLOW_HOME": home, "FERNIT_MANAGE": "fernet_key,secret_key"}

        assert agree(mounts[0] / "store", released(crowd(STARTS, environment=environment))) == 1
        assert linger or cfg_is_right(cfg.read_bytes(), mounts[0] / "store", BEFORE)


@pytest.fixture
def slow(fernit, two, tmp_path):
    """Two mounts on which the third way alone is left, and a first start on one of them that is about to write its key."""
    system = two(*WAYS["no way but a lock"])
    trace = Trace("/dev/null", ["write:delay_enter=1500ms:when=2"], only="write")
    homes = [{"FERNIT_STORE": path / "store", "AIRFLOW_HOME": tmp_path / name} for name, path in (("a", system.path), ("b", system.also))]
    start = fernit.start(*PRINT, prefix=trace.prefix, **homes[0])
    wait_for(lambda: (system.path / "store" / "fernet_key").exists())
    return start, system, homes[1]


def test_who_holds_the_lock_too_waits_for_the_file_of_the_one_who_is_writing_it(fernit, slow):
    first, system, other = slow
    second = fernit(*PRINT, guard=False, **other)
    out, err = first.communicate(timeout=20)
    kept = (system.path / "store" / "fernet_key").read_text()
    assert (first.returncode, out.decode()) == (0, kept), err
    assert (second.returncode, second.stdout) == (0, kept), second.stderr


def test_what_a_killed_start_has_left_is_finished_where_somebody_is_said_to_be_alone(fernit, slow):
    first, system, other = slow
    end_all(first)
    first.wait()
    refused = fernit("init", "--lock-timeout", "100ms", **other)
    assert (refused.returncode, len(errors(refused))) == (125, 1), refused.stderr
    assert "has not finished" in refused.stderr and "fernit init --assume-single-writer" in hints(refused)[0]
    assert fernit("init", "--assume-single-writer", **other).returncode == 0
    done = fernit(*PRINT, guard=False, **other)
    assert (done.returncode, done.stdout) == (0, (system.path / "store" / "fernet_key").read_text())


def test_a_lock_that_somebody_holds_keeps_no_first_start_waiting(fernit, two):
    system = two(*WAYS["no way but a lock"])
    (system.path / "store").mkdir()
    lock = Lock(system.path / "store")
    done = fernit(*PRINT, guard=False, FERNIT_STORE=system.path / "store", FERNIT_LOCK_TIMEOUT="100ms", FERNIT_DELIVER="env")
    lock.release()
    assert done.returncode == 0, done.stderr


def test_a_change_on_two_mounts_is_refused(fernit, two, tmp_path):
    system = two()
    place = {"FERNIT_STORE": system.path / "store", "AIRFLOW_HOME": tmp_path / "a"}
    assert fernit("init", **place).returncode == 0
    before = (system.path / "store" / "fernet_key").read_text()
    done = fernit("init", FERNET_KEY=new_key(), **place)
    assert done.returncode == 125 and "whose locks do not reach other hosts" in done.stderr
    assert (system.path / "store" / "fernet_key").read_text() == before
