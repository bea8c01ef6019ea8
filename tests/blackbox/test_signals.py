"""Signals: one that asks to end is heard at every moment and leaves nothing half-done; the command finds them as we did."""
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import marked_processes, new_key
from system import AS_NOBODY, NOBODY, Trace, each_call, held_fixture, need, wait_for  # noqa: F401

ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT]
KEY = re.compile(r"[A-Za-z0-9_-]{43}=\n")
COMMAND = "AIRFLOW__CORE__FERNET_KEY_CMD"


def names(folder):
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def is_waiting(process):
    """Whether it holds all signals back, fernit's first act, and waits in poll(2), or ppoll(2)."""
    try:
        with open(f"/proc/{process.pid}/status") as status, open(f"/proc/{process.pid}/syscall") as call:
            return "SigBlk:\tfffffff" in status.read() and call.read().split()[0] in ("7", "271", "73")
    except OSError:
        return False


def end_of(process, timeout=60):
    out, err = process.communicate(timeout=timeout)
    return process.returncode, (err or b"").decode()


# --- While fernit waits


@pytest.fixture(params=["a command", "a command that hears nothing", "a command of airflow.cfg", "the lock for the key", "the lock for airflow.cfg"])
def waiting(request, fernit, store, write_cfg, held, stored, tmp_path):
    """waiting(**options of start): a fernit that waits for something that never comes."""
    script = tmp_path / "command"
    script.write_text(f"#!/bin/sh\ntrap '' TERM INT HUP QUIT\nsleep 1000 &\necho > {tmp_path}/runs\nsleep 1000\n")
    script.chmod(0o755)
    quiet = tmp_path / "quiet"
    quiet.write_text(f"#!/bin/sh\necho > {tmp_path}/runs\nexec sleep 1000\n")
    quiet.chmod(0o755)

    def start(**arguments):
        if request.param.startswith("a command of"):
            write_cfg(f"[core]\nfernet_key_cmd = {script}\n")
        elif request.param.startswith("a command"):
            arguments[COMMAND] = script if "hears" in request.param else quiet
        else:
            store.mkdir(exist_ok=True)
            held()
            if request.param == "the lock for the key":
                (store / "fernet_key").touch(mode=0o600)
                (store / ".fernet_key.claim").touch()
            else:
                stored(new_key() + "\n")
        process = fernit.start("run", "--cmd-timeout", "1m", "echo", "the command ran", **arguments)
        if request.param.startswith("a command"):
            wait_for((tmp_path / "runs").exists)
        else:
            wait_for(lambda: is_waiting(process))
        return process

    return start


@pytest.mark.parametrize("number", ENDING)
def test_a_wait_is_ended_with_128_plus_n_and_nothing_is_left(waiting, store, cfg, number):
    process = waiting()
    before = {name for name in names(store) if ".tmp." not in name}
    cfg_before = cfg.read_text() if cfg.exists() else None
    process.send_signal(number)
    status, err = end_of(process, 5)
    assert status == 128 + number, err
    assert names(store) == before
    assert (cfg.read_text() if cfg.exists() else None) == cfg_before
    wait_for(lambda: not marked_processes(process), 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_was_ignored_for_us_does_not_end_a_wait(waiting, number):
    process = waiting(popen={"preexec_fn": lambda: signal.signal(number, signal.SIG_IGN)})
    process.send_signal(number)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert end_of(process)[0] == 128 + signal.SIGINT


def test_a_signal_that_was_blocked_for_us_does_not_end_a_wait(waiting):
    process = waiting(popen={"preexec_fn": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])})
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert end_of(process)[0] == 128 + signal.SIGINT


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGALRM, signal.SIGWINCH, signal.SIGPIPE, signal.SIGCHLD, signal.SIGCONT, 34, 64])
def test_a_signal_that_does_not_ask_to_end_does_not_end_a_wait(waiting, number):
    process = waiting()
    process.send_signal(number)
    time.sleep(0.1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert end_of(process)[0] == 128 + signal.SIGTERM


def test_it_says_no_more_about_a_signal_than_a_line(waiting):
    process = waiting()
    process.send_signal(signal.SIGTERM)
    _, err = end_of(process)
    assert len(err.splitlines()) <= 1, err


# --- At any moment


@pytest.mark.parametrize("start", ["first", "later"])
def test_a_signal_at_every_call_ends_it_with_128_plus_n_and_nothing_half_done(fernit, tmp_path, start):
    """Also at those between the last look and the command: there the kernel would drop it for process 1."""

    def place(name):
        folder = tmp_path / name
        folder.mkdir()
        environment = {"FERNIT_STORE": folder / "store", "AIRFLOW_HOME": folder / "airflow"}
        if start == "later":
            assert fernit("init", guard=False, leaves=True, **environment).returncode == 0
        return folder, environment

    folder, environment = place("model")
    trace = Trace(tmp_path / "trace")
    assert fernit("run", "true", prefix=trace.prefix, **environment).returncode == 0
    calls = list(each_call(trace))
    masked = next(i for i, (name, _, _) in enumerate(calls) if name == "rt_sigprocmask")
    tried = 0
    for number, (name, count, call) in enumerate(calls[masked:]):
        folder, environment = place(str(number))
        injection = Trace("/dev/null", [f"{name}:signal=TERM:when={count}"], only=name)
        done = fernit("run", "echo", "the command ran", prefix=injection.prefix, guard=False, leaves=True, **environment)
        where = f"at {name} number {count}: {call.arguments}\n{done.stderr}"
        assert (done.returncode, done.stdout) == (143, ""), where
        assert names(folder / "store") <= {"fernet_key", ".lock"}, where
        assert names(folder / "airflow") <= {"airflow.cfg"}, where
        key = folder / "store" / "fernet_key"
        had = key.read_text() if key.exists() else None
        assert had is None or KEY.fullmatch(had), where
        after = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", guard=False, leaves=True, **environment)
        assert after.returncode == 0 and had in (None, after.stdout), where
        tried += 1
    assert tried > 20


def test_a_standard_error_that_nobody_reads_any_more_ends_nothing(fernit, store):
    """The log's broken pipe raises SIGPIPE, which the command must not get."""
    read, write = os.pipe()
    os.close(read)
    process = fernit.start("run", "sh", "-c", "sleep 0.05; exit 7", popen={"stderr": write})
    os.close(write)
    assert process.wait(timeout=60) == 7
    assert KEY.fullmatch((store / "fernet_key").read_text())


# --- What the command finds


def signals_of(text):
    return dict(re.findall(r"^(Sig(?:Blk|Ign|Cgt)|ShdPnd|SigPnd):\s*([0-9a-f]+)$", text, re.MULTILINE))


def ignore(*numbers):
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def block(*numbers):
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)


EVERY = [number for number in range(1, 65) if number not in (9, 19, 32, 33)]
PRESETS = {
    "as they are": lambda: None,
    "some ignored, others blocked": lambda: (ignore(1, 2, 13, 22), block(10, 15, 20, 21)),
    "TERM ignored and blocked": lambda: (ignore(15), block(15)),
    "real-time ones": lambda: (ignore(34, 40, 64), block(35, 50, 64)),
    "all ignored": lambda: ignore(*EVERY),
    "all blocked": lambda: block(*EVERY),
    "CHLD ignored": lambda: ignore(17),
}


@pytest.mark.real_binary
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_the_command_finds_masks_and_dispositions_as_in_a_direct_run(fernit, preset):
    direct = subprocess.run(["cat", "/proc/self/status"], preexec_fn=preset, capture_output=True, text=True, check=True)
    first = fernit("run", "cat", "/proc/self/status", popen={"preexec_fn": preset})
    steady = fernit("run", "cat", "/proc/self/status", popen={"preexec_fn": preset})
    assert len(signals_of(direct.stdout)) == 5
    assert signals_of(first.stdout) == signals_of(steady.stdout) == signals_of(direct.stdout)


@pytest.mark.real_binary
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_a_command_for_the_key_finds_them_so_too(fernit, tmp_path, preset):
    key = new_key()
    script = tmp_path / "command"
    script.write_text(f"#!/bin/sh\ncat /proc/self/status > {tmp_path}/seen\necho {key}\n")
    script.chmod(0o755)
    subprocess.run([script], preexec_fn=preset, capture_output=True, check=True)
    direct = signals_of((tmp_path / "seen").read_text())
    done = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", popen={"preexec_fn": preset}, **{COMMAND: script})
    assert (done.returncode, done.stdout) == (0, key + "\n"), done.stderr
    assert signals_of((tmp_path / "seen").read_text()) == direct


def test_a_blocked_signal_that_came_meanwhile_waits_for_the_command(fernit):
    def preset():
        block(signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)

    done = fernit("run", "cat", "/proc/self/status", popen={"preexec_fn": preset})
    seen = signals_of(done.stdout)
    assert (int(seen["SigPnd"], 16) | int(seen["ShdPnd"], 16)) & 1 << signal.SIGUSR1 - 1


STATUS = ("Umask", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Cpus_allowed")
LIMITS = ["prlimit", "--cpu=1000:2000", "--nofile=100:200", "--memlock=0:65536", "--stack=1000000:2000000", "--fsize=1000000", "--"]


def of_status(text):
    return {line for line in text.splitlines() if line.startswith(STATUS)}


@pytest.mark.parametrize("prefix", [["sh", "-c", 'umask 053; exec "$@"', "sh"], [*AS_NOBODY[:-1], "--no-new-privs", "--"]], ids=["as root", "as nobody"])
def test_the_command_finds_user_rights_and_umask_as_in_a_direct_run(fernit, stored, store, prefix):
    need("become another user")
    stored(new_key() + "\n").chmod(0o644)
    store.chmod(0o755)
    direct = subprocess.run([*prefix, "cat", "/proc/self/status"], capture_output=True, text=True, check=True)
    done = fernit("run", "--deliver", "env", "cat", "/proc/self/status", prefix=prefix)
    assert of_status(done.stdout) == of_status(direct.stdout) and len(of_status(direct.stdout)) >= 10


@pytest.mark.real_binary
def test_the_command_finds_limits_and_priority_as_in_a_direct_run(fernit):
    words = [*LIMITS, "nice", "-n", "7"]
    script = ["sh", "-c", "cat /proc/self/limits /proc/self/oom_score_adj /proc/self/timerslack_ns; nice; pwd"]
    direct = subprocess.run([*words, *script], capture_output=True, text=True, check=True, cwd="/usr")
    for _ in range(2):
        done = fernit("run", *script, prefix=words, cwd="/usr")
        assert (done.returncode, done.stdout) == (0, direct.stdout), done.stderr


def test_a_limit_of_no_locked_memory_is_no_hindrance(fernit, store):
    need("become another user")
    store.mkdir()
    os.chown(store, NOBODY, NOBODY)
    done = fernit("run", "--deliver", "env", "true", prefix=["prlimit", "--memlock=0:0", "--", *AS_NOBODY])
    assert done.returncode == 0, done.stderr
    assert KEY.fullmatch((store / "fernet_key").read_text())


# --- Nobody looks into it


def test_its_memory_is_closed_to_its_own_user_while_it_works_and_the_command_s_is_not(fernit, store, stored):
    need("become another user")
    stored(new_key() + "\n")
    for path in (store, store / "fernet_key"):
        os.chown(path, NOBODY, NOBODY)
    process = fernit.start("run", "true", prefix=AS_NOBODY, **{COMMAND: "sleep 1000"})
    wait_for(lambda: is_waiting(process))
    assert os.stat(f"/proc/{process.pid}/environ").st_uid == 0
    process.terminate()
    assert end_of(process)[0] == 143
    done = fernit("run", "--deliver", "env", "sh", "-c", "stat -c %u /proc/$$/environ", prefix=AS_NOBODY)
    assert done.stdout == f"{NOBODY}\n", done.stderr
