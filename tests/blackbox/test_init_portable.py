"""What may be asked of any init: of fernit's `run --init`, and of those that FERNIT_TEST_INIT names.

Everything is asked twice: of the init as a process like others, and as the first one of a process namespace.
"""
import ast
import ctypes
import fcntl
import os
import random
import select
import signal
import termios
import time

import pytest

from system import need, wait_for
from inits import (  # noqa: F401
    MODES,
    children_of,
    descriptors_of,
    starter_fixture,
    holds_back,
    mode_fixture,
    not_offered,
    program_of,
    python,
    selected,
    start_fixture,
    state_of,
    status_of,
)

INIT = selected()
TRIES = 100
KERNELS = {signal.SIGKILL, signal.SIGSTOP}  # nobody else hears them
THREADS = {32, 33}  # the C library has them for itself, and most programs cannot name them
FORWARDED = [number for number in range(1, 65) if number not in KERNELS | THREADS | {signal.SIGCHLD}]

STAYS = ["sh", "-c", "echo ready; exec sleep 60"]
RECORDS = python(
    """
import os, signal
every = signal.valid_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, every)
if os.environ.get("TWO"):
    name = b"the command's child" if not os.fork() else b"the command"
    os.write(1, b"ready\\n")
    while True:
        os.write(1, b"%s: %d\\n" % (name, signal.sigwait(every)))
os.write(1, b"ready\\n")
while True:
    os.write(1, b"%d\\n" % signal.sigwait(every))
"""
)


@pytest.fixture(scope="module")
def init():
    return INIT


@pytest.fixture
def direct(starter, mode):
    """direct(*command, ...): what the command writes where it is run without any init."""

    def run(*command, **arguments):
        status, out = starter.start(mode, *command, bare=True, **arguments).result()
        assert status == 0 and out
        return out

    return run


def ignoring(*numbers):
    """Words in front of a command, which finds these signals ignored."""
    return ["env", f"--ignore-signal={','.join(str(int(number)) for number in numbers)}"]


# --- The command's status


@pytest.mark.parametrize("status", [0, 1, 42, 125, 126, 127, 255])
def test_the_status_of_the_command_is_its_status(start, status):
    assert start("sh", "-c", f"exit {status}").end() == status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, 34, 64])
def test_a_command_that_dies_of_a_signal_gives_128_plus_its_number(start, number):
    assert start("sh", "-c", f"kill -{int(number)} $$", before=["prlimit", "--core=0"]).end() == 128 + number


@pytest.mark.parametrize("command", ["/no/such/command", "no-such-command", ""])
def test_a_missing_command_is_127_and_is_named(start, command):
    running = start(command)
    assert running.end() == 127
    assert command in running.said != ""


def test_a_missing_interpreter_is_127(start, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    assert start(script).end() == 127


def a_directory(path):
    path.mkdir()


def not_executable(path):
    path.write_text("#!/bin/sh\n")


def no_program(path):
    path.write_bytes(b"\x7fELF\x02\x01\x01\0")
    path.chmod(0o755)


def a_loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [a_directory, not_executable, no_program, a_loop])
def test_a_command_that_cannot_be_run_is_126_and_is_named(start, tmp_path, make):
    make(tmp_path / "command")
    running = start(tmp_path / "command")
    assert running.end() == 126
    assert str(tmp_path / "command") in running.said


@pytest.mark.parametrize("arguments", [[], ["-g", "-v"], ["--", "-s"]])
def test_options_behind_the_first_word_are_the_commands_own(start, arguments):
    assert start("sh", "-c", "exit $#", "sh", *arguments, end=()).end() == len(arguments)


def test_it_ends_with_the_command_though_others_live_on(start):
    assert start("sh", "-c", "sleep 60 >/dev/null & exit 4").end() == 4


def test_a_system_that_gives_no_more_processes_is_a_message_and_no_hang(start, init, tmp_path):
    need("become another user")
    user = 100_000 + os.getpid()
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, user, user)
    rights = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    running = start("true", before=["prlimit", "--nproc=1", *rights, "--"])
    status, said = running.end(), running.said
    if "setpriv: failed to execute" in said:
        pytest.skip(f"other users cannot run {init.program}")
    assert 0 < status < 128
    assert init.name in said


# --- What the command finds

PRESETS = {
    "as they are": [],
    "some ignored, others blocked": ["--ignore-signal=1,2,13,22", "--block-signal=10,15,20,21"],
    "TERM ignored and blocked": ["--ignore-signal=TERM", "--block-signal=TERM"],
    "real-time ones": ["--ignore-signal=34,40,64", "--block-signal=35,50,64"],
    "all ignored": ["--ignore-signal"],
    "all blocked": ["--block-signal"],
    "CHLD ignored": ["--ignore-signal=CHLD"],
}


def lines_of(text, *names):
    return {line for line in text.splitlines() if line.startswith(names)}


@pytest.mark.real_binary
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_the_command_finds_masks_and_dispositions_as_in_a_direct_run(start, direct, preset):
    names = "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt"
    expected = lines_of(direct("cat", "/proc/self/status", before=["env", *preset]), *names)
    assert len(expected) == 5
    status, out = start("cat", "/proc/self/status", before=["env", *preset]).result()
    assert (status, lines_of(out, *names)) == (0, expected)


@pytest.mark.real_binary
def test_the_command_finds_rights_limits_and_priority_as_in_a_direct_run(start, direct):
    limits = ["prlimit", "--cpu=1000:2000", "--nofile=100:200", "--memlock=0:65536", "--stack=1000000:2000000", "nice", "-n", "7"]
    lines = "^(Uid|Gid|Groups|Cap|NoNew|Seccomp:|Cpus_a)"
    files = "/proc/self/limits /proc/self/oom_score_adj /proc/self/timerslack_ns"
    script = ["sh", "-c", f"cat {files}; nice; umask; pwd; grep -E '{lines}' /proc/self/status"]
    expected = direct(*script, before=limits, cwd="/usr")
    assert start(*script, before=limits, cwd="/usr").result() == (0, expected)


def test_the_command_finds_the_environment_that_the_init_had(start, direct):
    def variables(text):
        ours = "BLACKBOX_MARK=", "FERNIT_", "AIRFLOW__CORE__FERNET_KEY="
        return sorted(line for line in text.split("\0") if not line.startswith(ours))

    before = ["env", "EMPTY=", "LINES=one\ntwo", "A.B=c d"]
    status, out = start("env", "-0", before=before).result()
    assert (status, variables(out)) == (0, variables(direct("env", "-0", before=before)))


@pytest.fixture
def pipe():
    """(read, write): a pipe whose ends have numbers that nothing else would have by chance."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD, 150))
        os.close(end)
    yield ends
    for end in ends:
        try:
            os.close(end)
        except OSError:
            pass


def test_the_command_finds_the_descriptors_of_a_direct_run(start, direct, pipe):
    expected = direct("ls", "/proc/self/fd", pass_fds=pipe)
    assert str(pipe[1]) in expected
    assert start("ls", "/proc/self/fd", pass_fds=pipe).result() == (0, expected)


def test_nothing_of_the_inits_own_is_open_in_the_command(start):
    status, out = start("ls", "-l", "/proc/self/fd").result()
    found = [line.split(" -> ")[1] for line in out.splitlines() if " -> " in line]
    assert status == 0 and len(found) == 4 and found[3].startswith("/proc/"), out


STANDARD = {0: "<&-", 1: ">&-", 2: "2>&-"}
LISTS = """
import os
found = {}
for number in range(64):
    try:
        found[number] = os.readlink("/proc/self/fd/%d" % number)
    except OSError:
        pass
with open("seen", "w") as file:
    file.write(repr(found))
os._exit(3)
"""


@pytest.mark.parametrize("closed", [[fd for fd in STANDARD if 1 << fd & which] for which in range(8)], ids=lambda fds: f"closed {fds}")
def test_closed_standard_descriptors_do_not_become_files_of_its_own(start, tmp_path, closed):
    script = f'exec "$@" {" ".join(STANDARD[fd] for fd in closed)}'
    assert start(*python(LISTS), before=["sh", "-c", script, "sh"]).end() == 3
    found = ast.literal_eval((tmp_path / "seen").read_text())
    assert set(found) - set(closed) == set(STANDARD) - set(closed)
    assert {found[fd] for fd in closed if fd in found} <= {"/dev/null"}


CALLER = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3</dev/null', "sh"]


def test_sockets_that_were_passed_to_the_init_are_the_commands(start):
    """sd_listen_fds(3) takes them only where LISTEN_PID is the process itself."""
    status, out = start("sh", "-c", "echo $LISTEN_PID $$ $LISTEN_FDS", before=CALLER).result()
    pid, own, count = out.split()
    assert (status, pid, count) == (0, own, "1")


def test_sockets_that_were_passed_to_another_stay_so(start):
    running = start("sh", "-c", "echo $LISTEN_PID", before=["env", "LISTEN_FDS=1", "LISTEN_PID=99999"])
    assert running.result() == (0, "99999\n")


# --- What the init keeps


def test_it_keeps_none_of_the_descriptors_that_it_inherited(start, pipe):
    running = start(*STAYS, pass_fds=pipe).ready()
    wait_for(lambda: not set(pipe) & set(descriptors_of(running.init)), seconds=2)


def test_a_pipe_ends_when_the_command_closes_it(starter, pipe):
    read, write = pipe
    closes = python(f"import os, time; os.close({write}); os.write(1, b'ready\\n'); time.sleep(60)")
    starter.start("plain", *closes, pass_fds=[write]).ready()
    os.close(write)
    assert select.select([read], [], [], 2)[0] and os.read(read, 1) == b""


def test_it_does_not_stay_in_the_folder_where_it_was_started(start, tmp_path):
    running = start("sh", "-c", "echo ready; pwd; exec sleep 60", cwd=tmp_path).ready()
    assert running.line() == str(tmp_path)
    wait_for(lambda: os.readlink(f"/proc/{running.init}/cwd") == "/", seconds=2)


def test_it_does_not_wake_up_while_nothing_happens(starter):
    need("be process 1")
    inits = [starter.start(mode, *STAYS).ready().init for mode in MODES]
    time.sleep(0.3)
    before = [status_of(pid)["voluntary_ctxt_switches"] for pid in inits]
    time.sleep(3)
    assert [status_of(pid)["voluntary_ctxt_switches"] for pid in inits] == before


# --- Signals


def heard(running, number):
    """Whether the command, which says what it hears, hears a signal. Another one sent behind it shows where it does not."""
    last = signal.SIGUSR1 if number == signal.SIGUSR2 else signal.SIGUSR2
    running.send(number)
    running.send(last)
    lines = [running.line()]
    if lines == [str(int(last))]:
        lines.append(running.line(0.5))
    return str(int(number)) in lines


@pytest.mark.parametrize("number", FORWARDED, ids=str)
def test_every_signal_is_passed_on(start, number):
    assert heard(start(*RECORDS).ready(), number)


@pytest.fixture
def not_ignored():
    """make may have had these ignored, and glibc's own functions would not change that."""
    rt_sigaction = {"x86_64": 13, "aarch64": 134}.get(os.uname().machine)
    for number in THREADS if rt_sigaction else ():
        ctypes.CDLL(None, use_errno=True).syscall(rt_sigaction, number, bytes(32), None, 8)


@pytest.mark.usefixtures("not_ignored")
@pytest.mark.parametrize("number", sorted(THREADS))
def test_signals_that_the_c_library_keeps_for_threads_are_passed_on(start, number):
    running = start(*STAYS).ready()
    running.send(number)
    assert running.end(2) == 128 + number


@pytest.mark.parametrize("number, scope", [(signal.SIGTERM, "child"), (signal.SIGTERM, "group"), (signal.SIGUSR1, "group"), (64, "group")])
def test_a_signal_that_comes_early_is_not_lost(start, init, mode, number, scope):
    """At random moments after its start; as process 1, whom the kernel spares what it does not handle, after it blocks it.

    Before that moment a process like others dies of the signal, and has no command yet that could stay behind.
    """
    dice = random.Random(1)
    for _ in range(TRIES):
        running = start("sleep", "60", scope=scope)
        if mode == "process 1":
            wait_for(lambda: program_of(running.init) == init.program and (holds_back(running.init, number) or children_of(running.init)))
        time.sleep(dice.uniform(0, 0.005))
        running.send(number)
        assert running.result()[0] in ((128 + number, -number) if mode == "plain" else (128 + number,))
        running.clear()


def test_a_storm_of_signals_does_not_drown_the_one_that_counts(start):
    storm = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGWINCH, signal.SIGCHLD, 35, 64]
    running = start(*ignoring(*storm), *STAYS).ready()
    handle = os.pidfd_open(running.init)
    for count in range(50_000):
        signal.pidfd_send_signal(handle, storm[count % len(storm)])
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    os.close(handle)
    assert running.end() == 143


def test_a_signal_for_the_child_is_for_it_alone(start):
    running = start("env", "TWO=1", *RECORDS, scope="child").ready().ready()
    running.send(signal.SIGUSR1)
    assert running.line() == f"the command: {signal.SIGUSR1:d}"
    assert running.line(0.2) is None


def test_a_signal_for_the_group_is_for_all_of_it(start):
    running = start("env", "TWO=1", *RECORDS, scope="group").ready().ready()
    running.send(signal.SIGUSR1)
    assert {running.line(), running.line()} == {f"the command: {signal.SIGUSR1:d}", f"the command's child: {signal.SIGUSR1:d}"}


def test_a_sigchld_of_a_user_breaks_nothing(start):
    running = start(*STAYS).ready()
    for _ in range(10):
        running.send(signal.SIGCHLD)
        time.sleep(0.005)
    assert state_of(running.init) in "RS" and running.process.poll() is None
    running.send(signal.SIGTERM)
    assert running.end() == 143


def test_sigchld_ignored_by_its_parent_does_not_make_it_hang(start):
    assert start("sh", "-c", "sleep 0.05; exit 3", before=ignoring(signal.SIGCHLD)).end() == 3


def test_being_stopped_and_continued_changes_nothing(start):
    running = start(*STAYS).ready()
    running.stop()
    running.send(signal.SIGCONT)
    wait_for(lambda: state_of(running.init) in "RS")
    running.send(signal.SIGTERM)
    assert running.end() == 143


def test_a_command_that_is_stopped_and_continued_does_not_end_it(start):
    running = start(*STAYS).ready()
    child = running.child
    os.kill(child, signal.SIGSTOP)
    wait_for(lambda: state_of(child) == "T")
    time.sleep(0.1)
    assert running.process.poll() is None and state_of(running.init) in "RS"
    os.kill(child, signal.SIGCONT)
    running.send(signal.SIGTERM)
    assert running.end() == 143


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU])
def test_a_signal_to_stop_neither_ends_nor_stops_process_1(starter, number):
    need("be process 1")
    running = starter.start("process 1", *ignoring(number), *STAYS).ready()
    child = running.child
    running.send(number)
    time.sleep(0.1)
    assert running.process.poll() is None and state_of(running.init) in "RS"
    os.kill(child, signal.SIGCONT)  # it may have got SIGSTOP in its place
    running.send(signal.SIGTERM)
    assert running.end() == 143


def test_the_command_does_not_outlive_it(start):
    running = start(*STAYS).ready()
    wait_for(lambda: program_of(running.child) != program_of("self"))
    handle = os.pidfd_open(running.child)
    time.sleep(0.05)  # for what it does once the command is there
    running.send(signal.SIGKILL)
    ended = select.select([handle], [], [], 2)[0]
    os.close(handle)
    assert ended


# --- The dead

ORPHANS = """
import os
os.read_end, os.write_end = os.pipe()
if not os.fork():
    os.close(os.write_end)
    for number in range({count}):
        if not os.fork():
            os.write(1, b".") if os.read(os.read_end, 1) else os._exit(number % 100)
    os._exit(0)
os.wait()
os.write(1, b"ready\\n")
os.read(0, 1)
os.close(os.write_end)
{then}
"""


def test_four_hundred_orphans_are_all_reaped(start, init, mode):
    if mode == "plain" and not init.subreaper:
        not_offered("orphans of who is not process 1")
    running = start(*python(ORPHANS.format(count=400, then="os.read(0, 2)")), stdin=-1).ready()
    assert len(children_of(running.init)) == 401
    running.process.stdin.write(b"x")
    wait_for(lambda: len(children_of(running.init)) == 1)


def test_when_all_die_at_once_the_status_is_the_commands(start):
    """As the init finds them that has not run for a while."""
    running = start(*python(ORPHANS.format(count=50, then="os._exit(42)")), stdin=-1).ready()
    running.stop()
    running.process.stdin.write(b"x")
    wait_for(lambda: {state_of(pid) for pid in children_of(running.init)} == {"Z"})
    running.send(signal.SIGCONT)
    assert running.end() == 42


def test_a_signal_for_a_command_that_has_just_died_changes_nothing(start):
    running = start("sh", "-c", "echo ready; read x; exit 5", stdin=-1).ready()
    child = running.child
    running.stop()
    running.process.stdin.write(b"x\n")
    wait_for(lambda: state_of(child) == "Z")
    for number in (signal.SIGTERM, signal.SIGUSR1, 64, signal.SIGCONT):
        running.send(number)
    assert running.end() == 5


# --- The log and the terminal


def test_a_log_that_nobody_reads_any_more_ends_nothing(start, tmp_path):
    """Its broken pipe raises SIGPIPE: that is not for the command."""
    read, write = os.pipe()
    os.close(read)
    script = "touch ready; until test -e end; do sleep 0.01; done; exit 7"
    running = start(*ignoring(signal.SIGUSR1), "sh", "-c", script, options=["verbose"], stdout=write, stderr=write)
    os.close(write)
    wait_for(lambda: (tmp_path / "ready").exists() or running.process.poll() is not None)
    for _ in range(5):
        running.send(signal.SIGUSR1)
        time.sleep(0.01)
    (tmp_path / "end").touch()
    assert running.end() == 7


@pytest.fixture
def terminal():
    """(our side, the other): a terminal that stops who writes to it from the background, and shows what is written as it is."""
    ours, theirs = os.openpty()
    settings = termios.tcgetattr(theirs)
    settings[1] &= ~termios.OPOST
    settings[3] = settings[3] & ~termios.ECHO | termios.TOSTOP
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def start_on(start, terminal):
    """start_on(*command): in a session of its own on the terminal, as a container's process 1 is."""
    ours, theirs = terminal

    def on(*command, **arguments):
        return start(*command, before=["setsid", "--ctty"], stdin=theirs, stdout=theirs, stderr=theirs, out=ours, **arguments)

    return on


def test_its_log_does_not_stop_it_once_the_command_has_the_terminal(start_on):
    script = "trap '' USR1; trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"
    running = start_on("sh", "-c", script, options=["verbose"])
    while "ready" not in (line := running.line() or pytest.fail("the command does not speak")):
        assert line
    for _ in range(3):
        running.send(signal.SIGUSR1)
        time.sleep(0.02)
        assert state_of(running.init) in "RS"
    running.send(signal.SIGTERM)
    assert running.end() == 7


def test_the_command_reads_from_the_terminal(start_on, terminal):
    running = start_on("sh", "-c", "echo ready; read line; echo $line; exit 7").ready()
    os.write(terminal[0], b"typed\n")
    assert running.line() == "typed"
    assert running.end() == 7


def test_what_is_typed_to_interrupt_ends_the_command(start_on, terminal):
    running = start_on(*STAYS).ready()
    os.write(terminal[0], b"\x03")
    assert running.end() == 130


BEHIND = python(
    """
import os, sys
if not os.fork():
    os.setpgid(0, 0)
    os.execvp(sys.argv[1], sys.argv[1:])
os.wait()
"""
)


def test_in_the_background_it_does_not_take_the_terminal_away(start, terminal):
    ours, theirs = terminal
    session = {"start_new_session": True, "preexec_fn": lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)}
    running = start(*STAYS, outside=BEHIND, stdin=theirs, **session).ready()
    time.sleep(0.05)
    assert os.tcgetpgrp(ours) == running.process.pid
