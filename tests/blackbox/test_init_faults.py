"""`run --init` where the kernel fails it, or a signal comes, at any call from the start of the command to its end.

Each time it ends with a message and 125, or goes on and gives the command's own status: it never hangs, never ends with a
status that nobody knows, and never leaves the command alone.
"""
import collections
import os
import pathlib
import re
import signal
import subprocess
import time
from dataclasses import dataclass

import pytest

from conftest import BINARY, marked_processes, new_key
from inits import MODES, children_of, program_of, state_of
from memory import NUMBERS, can_refuse, refusing
from system import need, wait_for

pytestmark = pytest.mark.real_binary  # its own calls are what fails, not those of a sanitizer

PATIENCE = 10
LEAVES = 3  # the status of the command that ends soon, but not before fernit has settled down
BRIEF = ["/bin/sh", "-c", f"sleep 0.03; exit {LEAVES}"]
LONG = ["/bin/sh", "-c", "echo ready; exec sleep 30"]

FAULTS = {
    "chdir": ["EACCES", "EIO"],
    "clone": ["EAGAIN", "ENOMEM", "ENOSYS", "EPERM"],
    "close_range": ["ENOSYS", "EPERM"],
    "execveat": ["EPERM", "EACCES", "ENOSYS", "ENOMEM", "ETXTBSY"],
    "fcntl": ["EINVAL", "EPERM"],
    "madvise": ["EINVAL", "ENOMEM", "ENOSYS"],
    "pipe2": ["EMFILE", "ENFILE", "ENOSYS"],
    "prctl": ["EINVAL", "EPERM"],
    "rt_sigaction": ["EINVAL", "EPERM"],
    "rt_sigpending": ["EPERM"],
    "rt_sigprocmask": ["EINVAL", "EPERM"],
    "rt_sigtimedwait": ["EINTR", "EAGAIN", "ENOSYS", "EPERM"],
    "signalfd4": ["EMFILE", "ENOSYS", "EPERM"],
    "wait4": ["EINTR", "EAGAIN", "ECHILD", "ENOSYS", "EPERM"],
    "waitid": ["EINTR", "EAGAIN", "ECHILD", "ENOSYS", "EPERM"],
}

#: A fault of close(2) is not among them: strace would not close then, and the kernel always does.
#: Of the child, before it is the command, and the statuses that they may lead to beside the usual ones.
CHILD_FAULTS = {
    "execve": (["EACCES", "ENOMEM", "ETXTBSY", "ENOENT", "EAGAIN"], {126, 127}),
    "prctl": (["EINVAL", "EPERM"], set()),
    "rt_sigaction": (["EINVAL", "EPERM"], set()),
    "rt_sigprocmask": (["EINVAL", "EPERM"], set()),
    "setpgid": (["EACCES", "EPERM", "ESRCH"], set()),
    "setsid": (["EPERM", "ENOSYS"], set()),
}

#: No kernel does that, and it would be waited for for ever: a call that never blocks, interrupted each time.
NEVER = {("wait4", "EINTR")}


# --- Starts


def strace(log="/dev/null", fault=None, followed=False):
    """Words in front of fernit. What it starts has its calls counted, and failed, only where it is followed."""
    words = ["strace", "-qq", "-o", str(log)]
    return [*words, *(["-f"] if followed else []), *(["-e", f"trace={fault.split(':')[0]}", "-e", f"inject={fault}"] if fault else [])]


@dataclass
class Run:
    """A fernit that was started under strace, or in front of which something else stands."""

    process: subprocess.Popen
    known: int = 0

    @property
    def fernit(self):
        """Its process, below what stands in front of it; 0 where it has ended. strace has other children before."""

        def look():
            found = [pid for pid in children_of(self.process.pid) if program_of(pid) == str(BINARY)]
            return found or self.process.poll() is not None

        if not self.known:
            found = wait_for(look)
            self.known = 0 if found is True else found[0]
        return self.known

    def is_ready(self):
        return self.process.stdout.readline() == b"ready\n"

    def send(self, number):
        """Where it still runs."""
        try:
            if self.fernit:
                os.kill(self.fernit, number)
        except ProcessLookupError:
            pass

    def end(self, where):
        """(status, what it said); nobody of it is left."""
        try:
            _, err = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            left = [self.fernit, *marked_processes(self.process)]
            self.clear()
            pytest.fail(f"{where}: it did not end; there are still {left}")
        err = err.decode()
        left = marked_processes(self.process)
        end = time.monotonic() + 2
        while left and time.monotonic() < end:
            time.sleep(0.005)
            left = marked_processes(self.process)
        alone = self.known and state_of(self.known) not in "XZ"
        self.clear()
        assert not left and not alone, f"{where}: left running: {left}, {alone}\n{err}"
        return self.process.returncode, err

    def clear(self):
        """Ends what is left. The supervisor has no mark any more, and its number is known."""
        pids = [pid for pid, _ in marked_processes(self.process)]
        for pid in [*pids, *([self.known] if self.known and self.process.poll() is None else [])]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def run(fernit, stored):
    """run(prefix, command, *options): a start like all but the first, in which there is nothing to write."""
    stored(new_key() + "\n")

    def start(prefix, command, *options):
        process = fernit.start("run", "--init", "--deliver", "env", *options, "--", *command, prefix=prefix)
        fernit.started.remove(process)
        runs.append(Run(process))
        return runs[-1]

    runs = []
    yield start
    for each in runs:
        each.clear()


@pytest.fixture
def model(run, tmp_path):
    """model(command, *options): [(whose, name, number of that name)] of the calls of a start that nothing disturbs."""
    need("trace")

    def trace(command, *options):
        log = tmp_path / "trace"
        first = run(strace(log, followed=True), command, *options)
        if command is LONG:
            assert first.is_ready()
            first.send(signal.SIGTERM)
        first.end("undisturbed")
        found, count, fernit, child, is_command = [], collections.Counter(), None, None, False
        for line in log.read_text(errors="replace").splitlines():
            pid, text = line.split(None, 1)
            fernit = fernit or pid
            child = child or (pid if pid != fernit else None)
            name = re.match(r"(\w+)\(", text)
            if name and (pid == fernit or (pid == child and not is_command)):
                count[pid, name[1]] += 1
                found.append(("fernit" if pid == fernit else "the child", name[1], count[pid, name[1]]))
            is_command |= pid == child and bool(re.search(r"execve.* = 0$", text))
        return found[1:]

    return trace


# --- What must come of it


def said(err):
    """Whether it has said why."""
    return any(line.startswith("fernit: error: ") for line in err.splitlines())


def check_brief(run, prefix, where, others=(), options=()):
    status, err = run(prefix, BRIEF, *options).end(where)
    assert status == LEAVES or (status in {125, *others} and said(err)), f"{where}: {status}\n{err}"


def check_long(run, prefix, where, others=(), options=()):
    """A command that stays, and fernit is asked to end once it runs."""
    long = run(prefix, LONG, *options)
    ran = long.is_ready()
    if ran:
        long.send(signal.SIGTERM)
    status, err = long.end(where)
    allowed = {125, 143} if ran else {125, *others}
    assert status in allowed and (status == 143 or said(err)), f"{where}: {status}, ran: {ran}\n{err}"


def check(run, prefix, where, others=(), options=()):
    check_brief(run, prefix, where, others, options)
    check_long(run, prefix, where, others, options)


def counts_of(calls, whose, name):
    return [number for who, called, number in calls if (who, called) == (whose, name)]


# --- Faults


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_call_is_survived_or_told(run, model, name):
    """Of each call of that name that fernit makes, of that and all behind it, and of all."""
    counts = counts_of(model(BRIEF), "fernit", name)
    assert counts, f"it does not call {name}"
    tried = 0
    for number in FAULTS[name]:
        for which in [*(f":when={count}" for count in counts), *(f":when={count}+" for count in counts[1:]), ""]:
            if (name, number) in NEVER and (which == "" or which.endswith("+")):
                continue
            fault = f"{name}:error={number}{which}"
            check(run, strace(fault=fault), fault)
            tried += 2
    print(f"{tried} faults of {name}")


@pytest.mark.parametrize("number", ["EINTR", "EAGAIN"])
def test_a_wait_that_is_disturbed_for_a_while_is_gone_on_with(run, number):
    need("trace")
    for fault in (f"rt_sigtimedwait:error={number}:when=1..20", f"wait4:error={number}:when=1..20"):
        status, err = run(strace(fault=fault), BRIEF).end(fault)
        assert (status, err) == (LEAVES, "")


def test_a_wait_that_is_disturbed_now_and_then_is_gone_on_with_for_ever(run):
    """As by the freezer of `docker pause`, or a debugger that comes and goes."""
    need("trace")
    fault = "rt_sigtimedwait:error=EINTR:delay_enter=10ms:when=1..130"
    assert run(strace(fault=fault), ["/bin/sh", "-c", f"sleep 2; exit {LEAVES}"]).end(fault) == (LEAVES, "")


@pytest.mark.parametrize("name", CHILD_FAULTS)
def test_a_fault_in_the_child_before_it_is_the_command_is_survived_or_told(run, model, name):
    """The same call of fernit and of the command fails with it, where they make as many."""
    errnos, others = CHILD_FAULTS[name]
    options = ["--setsid"] if name == "setsid" else []
    counts = counts_of(model(BRIEF, *options), "the child", name)
    assert counts, f"it does not call {name}"
    tried = 0
    for number in errnos:
        for count in counts:
            fault = f"{name}:error={number}:when={count}"
            check(run, strace(fault=fault, followed=True), fault, others, options)
            tried += 2
    print(f"{tried} faults of {name}")


@pytest.mark.parametrize("name", [name for name in {**FAULTS, "setpgid": [], "kill": []} if name in NUMBERS])
def test_a_call_that_is_never_allowed_is_done_without_or_told_also_as_process_1(run, name):
    need("be process 1")
    if not can_refuse():
        pytest.skip("the filter of the test is for Linux on x86_64")
    tried = 0
    for number in ("ENOSYS", "EPERM"):
        filtered = [*MODES["process 1"], *refusing(f"{name}:{number}")]
        check_brief(run, filtered, f"{name}: {number}")
        if name != "kill":
            check_long(run, filtered, f"{name}: {number}")
        tried += 2
    print(f"{tried} faults of {name}")


# --- Signals


def between(calls):
    """From the start of the command to the first wait for a signal."""
    start = calls.index(("fernit", "clone", 1))
    return calls[start : calls.index(("fernit", "rt_sigtimedwait", 1)) + 1]


def test_a_term_at_each_call_until_the_first_wait_reaches_the_command(run, model):
    calls = [(name, number) for whose, name, number in between(model(LONG)) if whose == "fernit"]
    for name, number in calls:
        fault = f"{name}:signal=TERM:when={number}"
        status, err = run(strace(fault=fault), LONG).end(fault)
        assert (status, err) == (143, ""), fault
    print(f"{len(calls)} signals")
    assert len(calls) > 15


def test_a_kill_at_each_call_until_the_first_wait_leaves_no_command(run, model):
    calls = [(name, number) for whose, name, number in between(model(LONG)) if whose == "fernit"]
    for name, number in calls:
        fault = f"{name}:signal=KILL:when={number}"
        status, _ = run(strace(fault=fault), LONG).end(fault)
        assert status == -signal.SIGKILL, fault
    print(f"{len(calls)} signals")
    assert len(calls) > 15


def call_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/syscall").read_text()
    except OSError:
        return ""


def held_at(run, name, pause=0.02):
    """The child, once it stands still at a call of this name; None where it does not come to that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and run.process.poll() is None:
        for child in children_of(run.fernit):
            before = call_of(child)
            time.sleep(pause)
            if before.split(" ")[0] == str(NUMBERS[name]) and call_of(child) == before and state_of(child) == "t":
                return child
    return None


@pytest.mark.parametrize(
    ("who", "number", "status"),
    [("fernit", "TERM", 143), ("fernit", "KILL", -9), ("the child", "KILL", 137), ("the child", "TERM", 143)],
)
def test_a_signal_at_each_call_of_the_child_before_it_is_the_command_ends_both(run, model, who, number, status):
    """Here fernit waits for its child, which is in its memory, and hears nothing else."""
    calls = [(name, count) for whose, name, count in model(LONG) if whose == "the child" and name in NUMBERS]
    for name, count in calls:
        fault = f"{name}:delay_enter=400ms:when={count}"
        long = run(strace(fault=fault, followed=True), LONG)
        child = held_at(long, name)
        assert child, f"{fault}: it did not come to that"
        os.kill(long.fernit if who == "fernit" else child, signal.Signals[f"SIG{number}"])
        ended, err = long.end(fault)
        # strace ends as what it has started.
        assert ended == status, f"{fault}: {ended}\n{err}"
    print(f"{len(calls)} signals")
    assert len(calls) > 8


# --- Passing signals on


@pytest.mark.parametrize(("number", "warned"), [("EPERM", 1), ("EAGAIN", 1), ("ENOSYS", 1)])
def test_a_signal_that_cannot_be_passed_on_is_warned_of_once_and_the_next_one_can(run, number, warned):
    need("trace")
    long = run(strace(fault=f"kill:error={number}:when=1..2"), LONG)
    assert long.is_ready()
    for which in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM):
        long.send(which)
        time.sleep(0.1)
    status, err = long.end(number)
    assert status == 143 and err.count("warning: signal-not-passed: ") == warned == err.count("\n"), err


def test_a_group_that_is_not_there_any_more_does_not_hide_the_command(run):
    need("trace")
    long = run(strace(fault="kill:error=ESRCH:when=1"), LONG)
    assert long.is_ready()
    long.send(signal.SIGTERM)
    assert long.end("ESRCH") == (143, "")


def test_a_command_that_no_signal_reaches_is_still_waited_for(run):
    need("trace")
    long = run(strace(fault="kill:error=ESRCH"), LONG)
    assert long.is_ready()
    long.send(signal.SIGTERM)
    time.sleep(0.1)
    os.kill(children_of(long.fernit)[0], signal.SIGKILL)
    assert long.end("ESRCH") == (137, "")


# --- What is left over

LEFT_FAULTS = {
    "pidfd_open": ["ENOSYS", "EPERM", "EMFILE"],
    "pidfd_send_signal": ["ENOSYS", "EPERM"],
    "kill": ["EPERM", "ESRCH"],
    "getdents64": ["EIO", "ENOMEM"],
    "open": ["ENFILE", "ENOENT"],
    "rt_sigtimedwait": ["EINTR", "EAGAIN", "ENOSYS"],
    "wait4": ["EAGAIN", "EPERM"],
}
GRACE = ["--grace", "100ms"]
LEAVES_SOME = {
    "it ends on TERM": "sleep 30 >/dev/null 2>&1 & exit 3",
    "it hears no TERM": "trap '' TERM; sleep 30 >/dev/null 2>&1 & exit 3",
}


@pytest.fixture
def ends(run, tmp_path):
    """ends(name, left): counts of the calls of that name that fernit makes once it is anew."""

    def count(name, left):
        need("trace")
        log = tmp_path / "trace"
        run(strace(log), left, *GRACE).end("undisturbed")
        calls = [line.split("(")[0] for line in log.read_text(errors="replace").splitlines()]
        anew = calls.index("execveat")
        before, after = calls[:anew].count(name), calls[anew:].count(name)
        return range(before + 1, before + after + 1)

    return count


@pytest.mark.parametrize("left", LEAVES_SOME)
@pytest.mark.parametrize(("name", "number"), [(name, number) for name, numbers in LEFT_FAULTS.items() for number in numbers])
def test_a_fault_while_what_is_left_is_ended_is_survived_or_told(run, ends, name, number, left):
    """It is ended, or there is a word about it."""
    command = ["/bin/sh", "-c", LEAVES_SOME[left]]
    counts = ends(name, command) or range(1, 2)
    tried = 0
    for which in [*(f":when={count}" for count in (*counts[:3], counts[-1])), f":when={counts[0]}+"]:
        fault = f"{name}:error={number}{which}"
        start = run(strace(fault=fault), command, *GRACE)
        status, err = end_and_count_left(start, fault)
        assert status == LEAVES or (status == 125 and said(err)), f"{fault}: {status}\n{err}"
        tried += 1
    print(f"{tried} faults of {name}")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("left", LEAVES_SOME)
def test_what_is_left_is_ended_or_told_of_without_proc(run, mode, left):
    """fernit finds it there."""
    need("be process 1")
    apart = ["unshare", "-m", "--"] if mode == "plain" else MODES[mode]
    start = run([*apart, "sh", "-ec", 'mount -n -t tmpfs none /proc; exec "$@"', "sh"], ["/bin/sh", "-c", LEAVES_SOME[left]], *GRACE)
    status, err = end_and_count_left(start, "no /proc")
    assert status == LEAVES, err


@pytest.mark.parametrize("mode", MODES)
def test_what_is_left_has_its_time_without_proc(run, mode, tmp_path):
    """It is asked to end, and may do what it has to: 200 ms of the five seconds that it has."""
    need("be process 1")
    apart = ["unshare", "-m", "--"] if mode == "plain" else MODES[mode]
    tidies = f"trap 'sleep 0.2; echo > {tmp_path}/tidied; exit' TERM; echo ready; while :; do sleep 0.01; done"
    command = ["/bin/sh", "-c", f"({tidies}) & sleep 0.2; exit 3"]
    start = run([*apart, "sh", "-ec", 'mount -n -t tmpfs none /proc; exec "$@"', "sh"], command, "--grace", "5s")
    assert start.is_ready()
    status, err = end_and_count_left(start, "no /proc")
    assert status == LEAVES and ((tmp_path / "tidied").exists() or "fernit: " in err), err


def end_and_count_left(start, fault):
    """(status, what it said). Whoever is left, who may hold the pipes open, must have been told of."""
    try:
        start.process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        fernit = start.fernit
        start.clear()
        pytest.fail(f"{fault}: process {fernit} did not end")
    left = marked_processes(start.process)
    start.clear()
    _, err = start.process.communicate()
    told = start.process.returncode == 125 or b"fernit: warning: " in err
    assert not left or told, f"{fault}: {left} is left, and nothing was said"
    return start.process.returncode, err.decode()
