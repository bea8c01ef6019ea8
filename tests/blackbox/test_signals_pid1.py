"""As process 1 of a container: the kernel drops what process 1 does not handle, and fernit handles it."""
import os
import pathlib
import random
import re
import signal
import time

import pytest

from conftest import BINARY, hints, new_key, notices
from inits import program_of
from system import held_fixture, need, wait_for  # noqa: F401

AS_PROCESS_1 = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--"]
KEY = re.compile(r"[A-Za-z0-9_-]{43}=\n")
TRIES = 100


@pytest.fixture(autouse=True)
def possible():
    need("be process 1")


def child_of(process):
    """The process 1 below `unshare`, once it is there."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return int(wait_for(children.read_text).split()[0])


def state_of(pid):
    """"R (running)" and the like; X where it is gone."""
    try:
        return re.search(r"^State:\s*(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1]
    except OSError:
        return "X"


def holds_signals_back(pid):
    try:
        return program_of(pid) == str(BINARY) and "SigBlk:\tfffffff" in pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_the_command_becomes_process_1(fernit):
    done = fernit("run", "sh", "-c", "echo $$", prefix=AS_PROCESS_1)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


@pytest.mark.parametrize("status", [0, 3, 125, 255])
def test_the_status_of_the_command_is_its_status(fernit, status):
    assert fernit("run", "sh", "-c", f"exit {status}", prefix=AS_PROCESS_1).returncode == status


def send(handle, number):
    """Through a pidfd: the number may be another's by now."""
    try:
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        pass


def stop(pid, handle):
    """Stops it between two of its own instructions: never inside an execve(2). False where it has ended."""
    send(handle, signal.SIGSTOP)
    while not (state := state_of(pid)).startswith("T"):
        if state[0] in "ZX":
            return False
    return True


def test_a_term_that_comes_early_is_not_lost(fernit, tmp_path):
    """Sent at random moments of a first start. Where it is still fernit's it ends it; what is stored is whole.

    Sent while the process stands still, since one that comes inside of the execve itself is the kernel's, which
    drops it: whoever handles a signal before is gone by then.
    """
    dice = random.Random(1)
    heard = 0
    for number in range(TRIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {"FERNIT_STORE": folder / "store", "AIRFLOW_HOME": folder / "airflow"}
        process = fernit.start("run", "sleep", "10", prefix=AS_PROCESS_1, **environment)
        pid = child_of(process)
        handle = os.pidfd_open(pid)
        while not holds_signals_back(pid) and not (program_of(pid) or "").endswith("/sleep"):
            assert process.poll() is None
        time.sleep(dice.uniform(0, 0.005))
        was_fernit = stop(pid, handle) and program_of(pid) == str(BINARY)
        # Behind the exec it is the command's, and "sleep" as process 1 does not hear it.
        send(handle, signal.SIGTERM if was_fernit else signal.SIGKILL)
        send(handle, signal.SIGCONT)
        os.close(handle)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 143 or not was_fernit, (number, err)
        heard += was_fernit
        key = folder / "store" / "fernet_key"
        assert not key.exists() or KEY.fullmatch(key.read_text())
        assert not list(folder.glob("**/.*.tmp.*")) and not list(folder.glob("**/.airflow.cfg.*"))
    assert heard > TRIES // 10


@pytest.mark.parametrize("start", ["first", "later"])
def test_under_init_a_term_at_any_moment_ends_it_and_no_file_is_half_written(fernit, tmp_path, start):
    """100 times in the first 5 ms from when it holds signals back: none is lost, wherever fernit or its command is by then."""
    dice = random.Random(2)
    for number in range(TRIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {"FERNIT_STORE": folder / "store", "AIRFLOW_HOME": folder / "airflow"}
        if start == "later":
            assert fernit("init", guard=False, leaves=True, **environment).returncode == 0
        process = fernit.start("run", "--init", "sleep", "10", prefix=AS_PROCESS_1, **environment)
        pid = child_of(process)
        while not holds_signals_back(pid) and not pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text():
            assert process.poll() is None
        time.sleep(dice.uniform(0, 0.005))
        os.kill(pid, signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 143, (number, err)
        key = folder / "store" / "fernet_key"
        cfg = folder / "airflow" / "airflow.cfg"
        assert not key.exists() or KEY.fullmatch(key.read_text())
        assert not cfg.exists() or cfg.read_text().endswith(f"fernet_key = {key.read_text()}")
        assert not list(folder.glob("**/.*.tmp.*")) and not list(folder.glob("**/.airflow.cfg.*"))


#: A hundred children that leave a hundred children each, and then the number of who is left.
TEN_THOUSAND = """
import os, time
for _ in range(100):
    if os.fork() == 0:
        for _ in range(100):
            if os.fork() == 0:
                os._exit(0)
        os._exit(0)
    os.wait()
children = "/proc/1/task/1/children"
end = time.monotonic() + 30
while len(open(children).read().split()) > 1 and time.monotonic() < end:
    time.sleep(0.01)
print(len(open(children).read().split()))
"""


def test_ten_thousand_orphans_are_all_reaped(fernit, stored):
    stored(new_key() + "\n")
    done = fernit("run", "--init", "/usr/bin/python3", "-ISc", TEN_THOUSAND, prefix=AS_PROCESS_1, timeout=60)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_the_wait_for_a_command(fernit, store, number):
    process = fernit.start("run", "true", prefix=AS_PROCESS_1, AIRFLOW__CORE__FERNET_KEY_CMD="sleep 1000")
    pid = child_of(process)
    wait_for(lambda: holds_signals_back(pid) and pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text())
    os.kill(pid, number)
    assert process.wait(timeout=60) == 128 + number
    assert not store.exists()


def test_a_signal_ends_the_wait_for_the_lock(fernit, stored, held, cfg):
    stored(new_key() + "\n")
    held()
    process = fernit.start("run", "true", prefix=AS_PROCESS_1)
    pid = child_of(process)
    wait_for(lambda: holds_signals_back(pid))
    time.sleep(0.1)
    os.kill(pid, signal.SIGTERM)
    assert process.wait(timeout=60) == 143
    assert not cfg.exists()


def test_the_command_hears_what_it_handles(fernit, stored):
    stored(new_key() + "\n")
    process = fernit.start("run", "sh", "-c", 'trap "exit 7" TERM; echo ready; while :; do sleep 0.01; done', prefix=AS_PROCESS_1)
    assert wait_for(process.stdout.readline) == b"ready\n"
    os.kill(child_of(process), signal.SIGTERM)
    assert process.wait(timeout=60) == 7


# --- The advice


@pytest.fixture
def program(tmp_path):
    """program(name): a program of that name, which does nothing."""

    def make(name):
        script = tmp_path / "programs" / name
        script.parent.mkdir(exist_ok=True)
        script.write_text("#!/bin/sh\nexit 0\n")
        script.chmod(0o755)
        return script

    return make


def test_a_command_that_is_no_init_gets_one_line_of_advice(fernit, stored, program):
    stored(new_key() + "\n")
    fernit("init")
    done = fernit("run", program("airflow"), "scheduler", prefix=AS_PROCESS_1)
    assert done.returncode == 0 and len(notices(done)) == len(hints(done)) == 1 and len(done.stderr.splitlines()) == 2, done.stderr
    assert "airflow" in notices(done)[0] and "fernit run --init -- " in hints(done)[0]


@pytest.mark.parametrize("name", ["tini", "tini-static", "dumb-init", "catatonit", "docker-init", "init", "fernit"])
def test_an_init_gets_none(fernit, stored, program, name):
    stored(new_key() + "\n")
    fernit("init")
    done = fernit("run", program(name), prefix=AS_PROCESS_1)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_init_that_is_found_on_the_path_gets_none(fernit, stored, program):
    stored(new_key() + "\n")
    fernit("init")
    done = fernit("run", "tini", prefix=AS_PROCESS_1, PATH=f"{program('tini').parent}:/usr/bin:/bin")
    assert (done.returncode, done.stderr) == (0, "")


def test_quiet_gives_none(fernit, stored, program):
    stored(new_key() + "\n")
    fernit("init")
    assert fernit("run", "--quiet", program("airflow"), prefix=AS_PROCESS_1).stderr == ""


def test_who_is_not_process_1_gets_none(fernit, stored, program):
    stored(new_key() + "\n")
    fernit("init")
    assert fernit("run", program("airflow")).stderr == ""
