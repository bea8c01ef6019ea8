"""`run --init` in surroundings that are not well: a log that nobody reads, pipes whose ends others wait for, little room."""
import fcntl
import os
import signal
import time

import pytest

from conftest import hints, warnings, new_key
from system import Trace, need, wait_for


@pytest.fixture
def full_pipe():
    """The writing end of a pipe that is full, and that nobody empties."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(write, bytes(65536))
    except BlockingIOError:
        pass
    fcntl.fcntl(write, fcntl.F_SETFL, 0)
    yield write
    os.close(read)
    os.close(write)


@pytest.fixture
def supervised(fernit, stored, tmp_path):
    """supervised(script, *options, **popen): `run --init` of a shell script that says when it is `ready`, once it has."""
    stored(new_key() + "\n")
    fernit("init")

    def start(script, *options, **popen):
        process = fernit.start("run", "--init", *options, "--", "sh", "-c", f"ready() {{ > ready; }}; {script}", popen=popen)
        wait_for((tmp_path / "ready").exists)
        return process

    return start


def test_a_log_that_nobody_reads_keeps_no_signal_from_the_command(supervised, full_pipe):
    process = supervised("ready; exec sleep 30", "--verbose", stderr=full_pipe)
    process.terminate()
    assert process.wait(timeout=60) == 143


def test_a_log_that_nobody_reads_keeps_no_status_back(supervised, full_pipe):
    script = 'ready; setsid sh -c "trap \\"\\" TERM; while :; do sleep 1; done" & sleep 0.1; exit 4'
    process = supervised(script, "--grace", "100ms", stderr=full_pipe)
    assert process.wait(timeout=60) == 4


def test_a_terminal_that_nobody_reads_keeps_no_signal_from_the_command(supervised):
    """It has room for a byte long before it has room for a line."""
    ours, theirs = os.openpty()
    process = supervised("trap '' HUP; ready; exec sleep 30", "--verbose", stderr=theirs)
    for _ in range(8000):
        os.kill(process.pid, signal.SIGHUP)
    time.sleep(0.1)
    process.terminate()
    assert process.wait(timeout=60) == 143
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("words", [["run"], ["run", "--init"], ["run", "--user", "65534"]], ids=" ".join)
def test_a_terminal_that_nobody_reads_does_not_keep_a_start_from_its_end(fernit, stored, store, words):
    """Line after line, until it is full to the last byte; one that the user may not open, too."""
    if "--user" in words:
        need("become another user")
    stored(new_key() + "\n")
    store.chmod(0o755)
    for path in (store, *store.iterdir()):
        os.chown(path, 65534, 65534)
    ours, theirs = os.openpty()
    os.fchmod(theirs, 0o620)
    for _ in range(1000):
        began = time.monotonic()
        process = fernit.start(*words, "--deliver", "env", "--verbose", "--", "true", popen={"stderr": theirs})
        assert process.wait(timeout=60) == 0, os.read(ours, 10000)
        if time.monotonic() - began > 0.9:
            break
    else:
        pytest.fail("the terminal was never full")
    os.close(ours)
    os.close(theirs)


def test_a_log_that_nobody_reads_does_not_keep_a_start_from_its_end(fernit, full_pipe):
    process = fernit.start("run", "--init", "sh", "-c", "exit 5", popen={"stderr": full_pipe})
    assert process.wait(timeout=60) == 5


def test_who_writes_to_the_command_hears_that_it_reads_no_more(supervised):
    read, write = os.pipe()
    process = supervised("ready; exec <&-; sleep 30", stdin=read)
    os.close(read)
    wait_for(lambda: broken(write))
    os.close(write)
    process.terminate()
    assert process.wait(timeout=60) == 143


def broken(write):
    try:
        os.write(write, b"x")
    except BrokenPipeError:
        return True
    return False


def test_who_reads_from_the_command_hears_that_it_writes_no_more(supervised):
    read, write = os.pipe()
    process = supervised("ready; exec >&-; sleep 30", stdout=write)
    os.close(write)
    assert os.read(read, 1) == b""
    os.close(read)
    process.terminate()
    assert process.wait(timeout=60) == 143


@pytest.mark.real_binary
def test_a_namespace_that_was_unshared_for_its_children_is_none_of_its_business(fernit, stored):
    """Its command is process 1 there, and has no parent that it could see."""
    need("be process 1")
    stored(new_key() + "\n")
    done = fernit("run", "--init", "sh", "-c", "exit 6", prefix=["unshare", "--pid"])
    assert done.returncode == 6, done.stderr


@pytest.mark.parametrize("stack", [128 * 1024, 256 * 1024, 8 * 1024 * 1024])
def test_a_small_stack_is_no_hindrance_to_wiping_it(fernit, stored, tmp_path, stack):
    stored(new_key() + "\n")
    fernit("init")
    fault = Trace(tmp_path / "trace", ["execveat:error=ENOSYS"], only="execveat").prefix
    done = fernit("run", "--init", "sh", "-c", "exit 7", prefix=[*fault, "prlimit", f"--stack={stack}", "--"])
    assert done.returncode == 7, done.stderr


def test_a_command_without_a_name_is_said_to_have_none(fernit, stored):
    stored(new_key() + "\n")
    done = fernit("run", "--init", "")
    assert done.returncode == 127 and "empty" in done.stderr


WORKER = "airflow celery worker"
TASK = "airflow tasks run dag task run_id"
AUTO, CHILD, SCOPE_GROUP = [], ["--signal-scope", "child"], ["--signal-scope", "group"]
LOST = [
    (AUTO, f"dumb-init -- {WORKER}", {}),
    (AUTO, f"/usr/bin/dumb-init -v -r 15:3 -- /entrypoint {WORKER}", {}),
    (AUTO, f"dumb-init {TASK}", {}),
    (AUTO, f"dumb-init -- {WORKER}", {"DUMB_INIT_SETSID": "1"}),
    (CHILD, f"dumb-init -- {WORKER}", {}),
]
HEEDED = [
    (AUTO, WORKER, {}),
    (AUTO, "dumb-init -- airflow scheduler", {}),
    (AUTO, f"dumb-init -c {WORKER}", {}),
    (AUTO, f"dumb-init --single-child {WORKER}", {}),
    (AUTO, f"dumb-init -- {WORKER}", {"DUMB_INIT_SETSID": "0"}),
    (AUTO, f"DUMB_INIT_SETSID=0 dumb-init -- {WORKER}", {}),
    (SCOPE_GROUP, f"dumb-init -- {WORKER}", {}),
]


def says_of(fernit, options, words, variables):
    """The words stand in a comment: no dumb-init is needed."""
    done = fernit("run", "--init", *options, "sh", "-c", f"exit 0 # {words}", **variables)
    assert done.returncode == 0
    return done


@pytest.mark.parametrize("options, words, variables", LOST)
def test_a_dumb_init_that_signals_all_of_a_worker_is_warned_of_once_with_the_cure(fernit, stored, options, words, variables):
    stored(new_key() + "\n")
    fernit("init")
    done = says_of(fernit, options, words, variables)
    (warning,), (hint,) = warnings(done), hints(done)
    assert "dumb-init" in warning and "DUMB_INIT_SETSID=0" in hint and "fernit run --init" in hint
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("options, words, variables", HEEDED)
def test_where_the_scope_is_heeded_nothing_is_said(fernit, stored, options, words, variables):
    stored(new_key() + "\n")
    fernit("init")
    assert says_of(fernit, options, words, variables).stderr == ""


@pytest.mark.parametrize("options, words, variables, whom, why", [
    (AUTO, WORKER, {}, "the command alone", "names a worker or a task"),
    (AUTO, TASK, {}, "the command alone", "names a worker or a task"),
    (AUTO, "airflow scheduler", {"AIRFLOW_COMPONENT_TYPE": "worker"}, "the command alone", "AIRFLOW_COMPONENT_TYPE, names a worker"),
    (AUTO, "airflow scheduler", {}, "the command's process group", "names no worker"),
    (AUTO, "airflow scheduler", {"DUMB_INIT_SETSID": "0"}, "the command alone", "DUMB_INIT_SETSID=0"),
    (AUTO, "airflow scheduler", {"DUMB_INIT_SETSID": "1"}, "the command's process group", "names no worker"),
    (CHILD, "airflow scheduler", {}, "the command alone", "--signal-scope"),
    (SCOPE_GROUP, WORKER, {}, "the command's process group", "--signal-scope"),
])  # fmt: skip
def test_verbose_says_in_one_line_whom_signals_go_to_and_why(fernit, options, words, variables, whom, why):
    done = says_of(fernit, ["--verbose", *options], words, variables)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("fernit: signals go to ")]
    assert line.startswith(f"fernit: signals go to {whom}: ") and why in line
