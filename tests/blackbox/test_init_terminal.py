"""`run --init` at a terminal: who is in its foreground, whom its keys reach, who stops and who goes on."""
import os
import pathlib
import random
import signal
import time

import pytest

from inits import children_of, descriptors_of, starter_fixture, holds_back, mode_fixture, program_of, python, selected, state_of, status_of  # noqa: F401
from system import need, wait_for
from terminals import INTERRUPT, LEADS, QUIT, SHELLS, SUSPEND, Terminal, line_of, send, shell_at

INIT = selected()
TRIES = 500
STAYS = ["sh", "-c", "echo ready; exec sleep 60"]
READS = ["sh", "-c", 'echo ready; while read -r line; do echo "got $line"; done']

#: Tells every signal that it gets, in the order of their numbers.
HEARS = python(
    """
import os, signal
every = signal.valid_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, every)
os.write(1, b"ready\\n")
while True:
    os.write(1, b"%d\\n" % signal.sigwait(every))
"""
)


@pytest.fixture
def terminal():
    it = Terminal()
    yield it
    it.close()


@pytest.fixture
def start_in(starter, terminal):
    """start_in(mode, *command, ...): Starter.start as the leader of the terminal's session.

    within: words between the session's making and the init.
    """

    def start(mode, *command, within=(), **arguments):
        settings = {"stdin": terminal.theirs, "stdout": terminal.theirs, "stderr": terminal.theirs, "out": terminal.ours, **arguments}
        return starter.start(mode, *command, before=[*LEADS, *within], **settings)

    return start


@pytest.fixture
def start(start_in, mode):
    return lambda *command, **arguments: start_in(mode, *command, **arguments)


@pytest.fixture(params=SHELLS)
def shell(request, starter, terminal):
    return shell_at(starter, terminal, request.param)


@pytest.fixture
def line(tmp_path):
    """line(*command, options=()): a line for a shell, that runs the command under fernit. It does not show what is in the command."""

    def write(*command, options=()):
        script = tmp_path / "job"
        script.write_text(f"#!/bin/sh\nexec {line_of(command)}\n")
        script.chmod(0o755)
        return line_of(INIT.command(script, options=options))

    return write


def has_begun(running):
    """Whether fernit holds all signals back, its first act."""
    return program_of(running.init) == INIT.program and (holds_back(running.init, signal.SIGINT) or children_of(running.init))


def held(running):
    """Within: fernit is stopped. What comes then it gets when it is continued, and later than who gets it from the terminal."""

    class Held:
        def __enter__(self):
            running.stop()

        def __exit__(self, *_):
            running.send(signal.SIGCONT)

    return Held()


def heard(running, init=None):
    """What HEARS gets until it has heard a USR1 that we send now, and all that was passed on to it before.

    CONT, which held() sends to fernit, may come late.
    """
    send(init or running.init, signal.SIGUSR1)
    found = []
    while (line := running.line()) != str(int(signal.SIGUSR1)):
        assert line, f"nothing comes after {found}"
        found.append(signal.Signals(int(line)))
    return [number for number in found if number != signal.SIGCONT]


# --- The foreground


def test_the_command_has_the_terminal(start, terminal):
    running = start(*STAYS).ready()
    assert terminal.foreground == running.child


def test_the_command_has_it_from_its_first_moment(start):
    """A read in the background would stop it."""
    running = start("sh", "-c", 'stty -a >tty 2>&1; ps -o tpgid= -p $$; echo $$')
    assert running.line().strip() == running.line()


def test_the_command_reads_what_is_typed(start, terminal):
    running = start(*READS).ready()
    terminal.type("a line")
    assert running.line() == "got a line"


def test_what_was_typed_before_is_the_commands(start, terminal):
    terminal.type("early")
    running = start(*READS).ready()
    assert running.line() == "got early"


def test_the_command_sees_the_end_of_what_is_typed(start, terminal):
    running = start("sh", "-c", "cat; exit 7")
    wait_for(lambda: terminal.foreground not in (0, running.init) and running.child)
    terminal.type(b"\x04")
    assert running.end() == 7


@pytest.fixture(params=["</dev/null", "</dev/null >out 2>&1"], ids=["not stdin", "none of the three"])
def redirected(request):
    """Words in front of an init, to which the terminal then belongs though it is not on these descriptors."""
    return ["sh", "-c", f'exec "$@" {request.param}', "sh"]


def test_keys_reach_the_command_though_standard_input_is_no_terminal(start, terminal, redirected):
    running = start("sleep", "60", within=redirected)
    wait_for(lambda: program_of(running.child).endswith("/sleep"))
    terminal.type(INTERRUPT)
    assert running.end() == 130


def test_the_command_can_read_the_terminal_though_standard_input_is_none(start, terminal, redirected):
    running = start("sh", "-c", "exec </dev/tty >/dev/tty; read -r line; echo $line; exit 7", within=redirected)
    terminal.type("typed")
    assert running.line() == "typed"
    assert running.end() == 7


def test_the_command_has_the_terminal_though_dev_is_empty(start, terminal):
    within = ["unshare", "--mount", "sh", "-c", 'mount -n -t tmpfs none /dev && exec "$@"', "sh"]
    running = start("sh", "-c", "ls /dev; echo ready; exec sleep 60", within=within).ready()
    assert terminal.foreground == running.child
    terminal.type(INTERRUPT)
    assert running.end() == 130


def test_the_command_gets_no_descriptor_of_the_terminal_but_the_three(start):
    running = start(*READS).ready()
    assert sorted(descriptors_of(running.child)) == [0, 1, 2]


def test_fernit_has_one_descriptor_of_the_terminal_beside_the_three(start):
    running = start(*STAYS).ready()
    wait_for(lambda: len(descriptors_of(running.init)) == 4)
    time.sleep(0.02)
    assert len(descriptors_of(running.init)) == 4


# --- Keys


@pytest.mark.parametrize("key, status", [(INTERRUPT, 130), (QUIT, 131)], ids=["Ctrl-C", "Ctrl-\\"])
def test_a_key_ends_the_command(start, terminal, key, status):
    running = start(*STAYS, within=["prlimit", "--core=0"]).ready()
    terminal.type(key)
    assert running.end() == status


@pytest.mark.parametrize("key, number", [(INTERRUPT, signal.SIGINT), (QUIT, signal.SIGQUIT), (SUSPEND, signal.SIGTSTP)], ids=["Ctrl-C", "Ctrl-\\", "Ctrl-Z"])
def test_a_key_reaches_the_command_once(start, terminal, key, number):
    running = start(*HEARS).ready()
    with held(running):
        terminal.type(key)
        assert running.line() == str(int(number))
    assert heard(running) == []


@pytest.mark.parametrize("scope", ["child", "group"])
def test_a_key_reaches_all_of_the_commands_group_in_every_scope(start, terminal, scope):
    script = "trap 'echo one' INT; (trap 'echo two; exit' INT; echo ready; while :; do sleep 0.01; done) & wait; wait"
    running = start("bash", "-c", script, scope=scope).ready()
    terminal.type(INTERRUPT)
    assert {running.line(), running.line()} == {"one", "two"}


def test_a_term_from_outside_ends_the_command(start):
    running = start(*STAYS).ready()
    running.send(signal.SIGTERM)
    assert running.end() == 143


def test_an_early_key_is_not_lost(start, terminal):
    """Pressed at moments of the start, once fernit holds signals back: whose it is then does not matter."""
    for number in range(20):
        running = start("sleep", "60")
        wait_for(lambda: has_begun(running))
        time.sleep(number * 0.0004)
        terminal.type(INTERRUPT)
        assert running.end() == 130


# --- Nobody who could continue it


def test_suspending_leaves_the_command_running(start, terminal):
    running = start(*READS).ready()
    terminal.type(SUSPEND)
    terminal.type("still there")
    assert running.line() == "got still there"


def test_suspending_leaves_the_commands_children_running(start, terminal):
    running = start("sh", "-c", "(echo ready; read -r line </dev/tty; echo $line); exit 7").ready()
    terminal.type(SUSPEND)
    terminal.type("still there")
    assert running.line() == "still there"
    assert running.end() == 7


def test_suspending_again_and_again_leaves_the_command_running(start, terminal):
    running = start(*READS).ready()
    for number in range(20):
        terminal.type(SUSPEND)
        terminal.type(str(number))
        assert running.line() == f"got {number}"


def test_suspending_early_leaves_the_command_running(start, terminal):
    for number in range(10):
        running = start(*READS)
        wait_for(lambda: has_begun(running))
        time.sleep(number * 0.0008)
        terminal.type(SUSPEND)
        running.ready()
        terminal.type("still there")
        assert running.line() == "got still there"
        running.send(signal.SIGTERM)
        assert running.end() == 143


def test_a_command_that_is_sent_stop_stays_so_and_fernit_does_not(start):
    """Who sends it has a reason, and can send CONT."""
    running = start(*STAYS).ready()
    child = running.child
    send(child, signal.SIGSTOP)
    time.sleep(0.05)
    assert state_of(child) == "T" and state_of(running.init) in "RS"
    send(child, signal.SIGCONT)
    running.send(signal.SIGTERM)
    assert running.end() == 143


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU])
def test_a_stop_signal_from_outside_stops_process_1_never(start_in, number):
    need("be process 1")
    running = start_in("process 1", *STAYS).ready()
    running.send(number)
    time.sleep(0.05)
    assert state_of(running.init) in "RS"
    running.send(signal.SIGCONT)
    running.send(signal.SIGTERM)
    assert running.end() == 143


# --- The window


def test_the_window_becomes_another_and_the_command_hears_it_once(start, terminal):
    running = start(*HEARS).ready()
    with held(running):
        terminal.resize(50, 132)
        assert running.line() == str(int(signal.SIGWINCH))
    assert heard(running) == []


def test_the_command_sees_the_windows_size(start, terminal):
    terminal.resize(50, 132)
    running = start("sh", "-c", 'stty size; trap "stty size; exit 7" WINCH; echo ready; while :; do sleep 0.01; done')
    assert running.line() == "50 132"
    running.ready()
    terminal.resize(24, 80)
    assert running.line() == "24 80"
    assert running.end() == 7


# --- A log at a terminal that stops who writes from the background


def test_its_log_never_stops_it(start, terminal):
    terminal.stops_writers()
    script = "trap '' USR1; echo ready; while :; do sleep 0.01; done"
    running = start("sh", "-c", script, options=["verbose"])
    while (line := running.line()) != "ready":
        assert line is not None
    for _ in range(3):
        running.send(signal.SIGUSR1)
        assert "USR1" in running.line()
        assert state_of(running.init) in "SR"


# --- Hangup


def test_a_hangup_ends_the_command(start, terminal):
    running = start(*STAYS).ready()
    terminal.hang_up()
    assert running.end() == 129


def test_a_hangup_reaches_the_command_once(start, terminal):
    out, into = os.pipe()
    running = start(*HEARS, stdout=into, out=out)
    os.close(into)
    running.ready()
    terminal.hang_up()
    wait_for(lambda: running.line() == "1")
    assert heard(running) == []
    os.close(out)


def test_a_hangup_of_a_shell_ends_the_command(shell, terminal, line):
    shell.type(line(*STAYS))
    shell.hears("ready")
    left = [shell.init, *children_of(shell.init)]
    terminal.hang_up()
    wait_for(lambda: all(state_of(pid) in "XZ" for pid in left))


def test_a_hangup_of_a_script_ends_the_command(starter, start_in, terminal):
    script = line_of(INIT.command(*STAYS))
    running = start_in("plain", "sh", "-c", f"{script}; echo end", bare=True).ready()
    left = [running.init, *children_of(running.init)]
    terminal.hang_up()
    wait_for(lambda: all(state_of(pid) in "XZ" for pid in left))


# --- After the end


@pytest.mark.parametrize(
    "command",
    [["true"], ["sh", "-c", "kill -9 $$"], ["no-such-command"], ["sh", "-c", "sleep 60 </dev/null >/dev/null 2>&1 & exit 0"]],
    ids=["ends", "is killed", "is missing", "leaves a process"],
)
def test_a_script_goes_on_reading_after_it(start_in, terminal, command):
    script = f'{line_of(INIT.command(*command))}; echo ready; read -r line; echo "got $line"'
    running = start_in("plain", "sh", "-c", script, bare=True)
    while (told := running.line()) != "ready":
        assert told is not None
    assert terminal.foreground == running.process.pid
    terminal.type("more")
    assert running.line() == "got more"


def test_a_script_goes_on_reading_after_an_interrupt(start_in, terminal):
    script = f'trap : INT; {line_of(INIT.command(*STAYS))}; echo "status $?"; read -r line; echo "got $line"'
    running = start_in("plain", "sh", "-c", script, bare=True).ready()
    terminal.type(INTERRUPT)
    assert running.line() == "status 130"
    terminal.type("more")
    assert running.line() == "got more"


def test_a_script_keeps_the_terminal_from_what_it_starts_beside_itself(start_in, terminal):
    """Both are one group, and such a command's standard input is none."""
    script = f'{line_of(INIT.command(*STAYS))} & read -r line; echo "got $line"'
    running = start_in("plain", "sh", "-c", script, bare=True).ready()
    terminal.type("more")
    assert running.line() == "got more"


# --- A session of its own


def test_in_a_session_of_its_own_the_command_has_the_terminal(start, terminal):
    """As by `setsid --ctty`."""
    running = start("sh", "-c", "(: </dev/tty) 2>/dev/null && echo terminal || echo none; sleep 60", options=["--setsid"])
    assert running.line() == "terminal"
    [command] = children_of(running.init)
    assert terminal.foreground == command and os.getsid(command) == command


def test_a_shell_in_a_session_of_its_own_has_job_control(start, terminal):
    script = "exec 2>/dev/null; sleep 60 & fg %1 >/dev/null; echo back"
    running = start("bash", "-mc", script, options=["--setsid"])
    wait_for(lambda: terminal.foreground in [job for command in children_of(running.init) for job in children_of(command)])
    os.kill(terminal.foreground, signal.SIGTERM)
    assert running.line() == "back"


@pytest.mark.parametrize("key, number", [(INTERRUPT, signal.SIGINT), (QUIT, signal.SIGQUIT)], ids=["Ctrl-C", "Ctrl-\\"])
def test_keys_reach_a_session_of_its_own(start, terminal, key, number):
    running = start(*HEARS, options=["--setsid"]).ready()
    terminal.type(key)
    assert running.line() == str(int(number))
    assert heard(running) == []


def test_the_window_reaches_a_session_of_its_own(start, terminal):
    running = start(*HEARS, options=["--setsid"]).ready()
    terminal.resize(50, 132)
    assert running.line() == str(int(signal.SIGWINCH))
    assert heard(running) == []


def test_suspending_leaves_a_session_of_its_own_running(start, terminal):
    running = start("sh", "-c", "echo ready; sleep 0.1; echo on; exit 7", options=["--setsid"]).ready()
    terminal.type(SUSPEND)
    assert running.line() == "on"
    assert running.end() == 7


# --- Jobs of a shell


def test_in_the_foreground_of_a_shell_the_command_has_the_terminal(shell, terminal, line):
    shell.type(line(*STAYS))
    shell.hears("ready")
    assert [terminal.foreground] == children_of(shell.init)


def test_the_shell_gets_the_terminal_back_and_the_status(shell, line):
    shell.type(line("sh", "-c", "exit 7"))
    assert shell.status() == 7


def test_a_job_that_is_interrupted_has_status_130(shell, line):
    shell.type(line(*STAYS))
    shell.hears("ready")
    shell.type(INTERRUPT)
    assert shell.status() == 130


def test_suspending_stops_the_command_and_fernit_and_fg_continues_both(shell, terminal, line):
    shell.type(line(*READS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    shell.suspend(init, command)
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("got more\n")


def test_the_shell_says_that_the_job_is_stopped(shell, line):
    shell.type(line(*STAYS))
    shell.hears("ready")
    shell.suspend(shell.init)
    shell.type("jobs >listed; cat listed; echo end")
    shell.hears("end\n")
    listed = (pathlib.Path(f"/proc/{shell.pid}/cwd") / "listed").read_text()
    assert "Stopped" in listed or "Suspended" in listed


def test_suspending_works_again_and_again(shell, terminal, line):
    shell.type(line(*READS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    for number in range(10):
        shell.suspend(init, command)
        shell.type("fg")
        wait_for(lambda: terminal.foreground == command)
        shell.type(str(number))
        shell.hears(f"got {number}\n")


def test_suspending_right_after_fg_works(shell, terminal, line):
    """While fernit has not yet given the terminal away the key is its own.

    Between giving the terminal and sending CONT, fernit and every shell lose a key: CONT discards the stop signal that is pending for
    a stopped process. Then the command runs in the foreground, and the key is pressed again.
    """
    shell.type(line(*READS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    pressed = worked = 0  # keys in this turn, turns in which the first one worked

    def press():
        nonlocal pressed
        pressed += 1
        shell.type(SUSPEND)

    def stopped():
        if state_of(init) == state_of(command) == "T":
            return True
        if terminal.foreground == command and state_of(command) == "S" and state_of(init) == "S":
            press()
        return False

    # On a busy machine the key comes late in most turns: then there are more of them.
    for turn in range(400):
        shell.suspend(init, command)
        shell.type("fg")
        while state_of(init) == "T":  # until the shell has sent CONT the key would be lost for anybody
            pass
        pressed = 0
        press()
        wait_for(stopped)
        worked += pressed == 1
        shell.ready()
        shell.type("fg")
        wait_for(lambda: terminal.foreground == command and state_of(command) == "S")
        if turn >= 20 and worked:
            break
    assert worked, "no key works before fernit has given the terminal away"
    shell.suspend(init, command)
    shell.type("fg")
    shell.type("more")
    shell.hears("got more\n")


def test_a_job_that_is_stopped_again_while_it_is_being_continued_is_stopped_whole(shell, line):
    """A SIGCONT that fernit has not seen yet is taken away by the next SIGTSTP."""
    dice = random.Random(1)
    shell.type(line(*STAYS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    shell.suspend(init, command)
    for _ in range(TRIES):
        send(init, signal.SIGCONT)
        later = time.perf_counter() + dice.uniform(0, 0.00015)
        while time.perf_counter() < later:
            pass
        send(init, signal.SIGTSTP)
        wait_for(lambda: state_of(init) == state_of(command) == "T")


def test_bg_continues_the_command_without_the_terminal(shell, terminal, line):
    shell.type(line(*STAYS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    shell.suspend(init, command)
    shell.type("bg")
    wait_for(lambda: state_of(command) == "S" and state_of(init) == "S")
    shell.ready()
    assert terminal.foreground == shell.pid


def test_a_job_in_the_background_that_reads_is_stopped_and_fg_lets_it_read(shell, terminal, line):
    shell.type(line(*READS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    shell.suspend(init, command)
    shell.type("bg; echo done")
    shell.hears("done\n")
    wait_for(lambda: state_of(command) == "T" and state_of(init) == "T")
    shell.ready()
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("got more\n")


def test_a_job_that_runs_in_the_background_gets_keys_after_fg(shell, terminal, line):
    """The shell does not tell a running job that it is in the foreground."""
    shell.type(line(*STAYS))
    shell.hears("ready")
    shell.suspend(shell.init)
    shell.type("bg")
    wait_for(lambda: state_of(shell.init) == "S")
    shell.ready()
    shell.type("fg")
    wait_for(lambda: terminal.foreground != shell.pid)
    shell.type(INTERRUPT)
    assert shell.status() == 130


def test_a_job_that_is_started_in_the_background_does_not_take_the_terminal(shell, terminal, line):
    shell.type(line(*STAYS) + " &")
    shell.hears("ready")
    assert terminal.foreground == shell.pid
    shell.ready()
    assert terminal.foreground == shell.pid


def test_a_job_that_is_started_in_the_background_gets_keys_after_fg(shell, terminal, line):
    shell.type(line(*STAYS) + " &")
    shell.hears("ready")
    shell.type("fg")
    wait_for(lambda: terminal.foreground != shell.pid)
    shell.type(INTERRUPT)
    assert shell.status() == 130


def test_a_job_that_is_started_in_the_background_and_reads_is_stopped_and_fg_lets_it_read(shell, terminal, line):
    shell.type(line(*READS) + " &")
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    wait_for(lambda: state_of(command) == "T")
    wait_for(lambda: state_of(init) == "T")
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("got more\n")


def test_a_job_that_is_started_in_the_background_can_be_suspended_after_fg(shell, terminal, line):
    shell.type(line(*STAYS) + " &")
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    shell.type("fg")
    wait_for(lambda: terminal.foreground != shell.pid)
    shell.suspend(init, command)


def test_a_key_reaches_a_job_that_runs_in_the_background_once_after_fg(shell, terminal, line):
    shell.type(line(*HEARS) + " &")
    shell.hears("ready\n")
    shell.type("fg")
    wait_for(lambda: terminal.foreground != shell.pid)
    shell.hears("\n")  # the shell shows what it continues
    shell.type(INTERRUPT)
    while (told := shell.running.line()) == str(int(signal.SIGCONT)):  # some shells send it to one that runs, too
        pass
    assert told == "2"
    assert heard(shell.running, shell.init) == []


@pytest.mark.parametrize("scope", ["child", "group"])
def test_fg_continues_all_of_the_commands_group_in_every_scope(shell, terminal, line, scope):
    shell.type(line("sh", "-c", "(echo ready; read -r line </dev/tty; echo $line); exit 7", options=INIT.scopes[scope]))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    shell.suspend(init, command, *children_of(command))
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("more\n")
    assert shell.status() == 7


def test_a_stopped_job_that_is_sent_term_ends_when_it_is_continued(shell, line):
    shell.type(line(*STAYS))
    shell.hears("ready")
    shell.suspend(shell.init)
    send(shell.init, signal.SIGTERM)
    shell.type("fg")
    assert shell.status() == 143


def test_a_stopped_job_whose_command_is_killed_ends_when_it_is_continued(shell, line):
    shell.type(line(*STAYS))
    shell.hears("ready")
    [command] = children_of(shell.init)
    shell.suspend(shell.init, command)
    send(command, signal.SIGKILL)
    shell.type("fg")
    assert shell.status() == 137


def test_a_command_that_is_sent_stop_stops_the_job_too(shell, terminal, line):
    shell.type(line(*READS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    send(command, signal.SIGSTOP)
    wait_for(lambda: state_of(init) == "T")
    shell.ready()
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("got more\n")


def test_a_job_that_is_sent_tstp_stops_and_fg_continues_it(shell, terminal, line):
    shell.type(line(*READS))
    shell.hears("ready")
    init, [command] = shell.init, children_of(shell.init)
    send(init, signal.SIGTSTP)
    wait_for(lambda: state_of(init) == state_of(command) == "T")
    shell.ready()
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("got more\n")


def test_suspending_stops_the_script_around_it_and_fg_continues_it(shell, terminal, line, tmp_path):
    script = tmp_path / "around"
    script.write_text(f'{line(*READS)}\nread -r line\necho "then $line"\n')
    shell.type(f"sh {script}")
    shell.hears("ready")
    [around] = children_of(shell.pid)
    [init] = children_of(around)
    [command] = children_of(init)
    shell.suspend(around, init, command)
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("got more\n")
    shell.type(b"\x04")
    wait_for(lambda: terminal.foreground == around)
    shell.type("last")
    shell.hears("then last\n")


def test_a_pipeline_is_stopped_and_continued_as_one_job(shell, terminal, line):
    shell.type(line(*READS) + " | cat")
    shell.hears("ready")
    job = children_of(shell.pid)
    [init] = [pid for pid in job if program_of(pid) == INIT.program]
    [command] = children_of(init)
    shell.type("one")
    shell.hears("got one\n")  # so cat runs: the shell gives the terminal to the job for each of the two, cat's maybe behind fernit's
    wait_for(lambda: terminal.foreground == command)
    shell.suspend(*job, command)
    shell.type("fg")
    wait_for(lambda: terminal.foreground == command)
    shell.type("more")
    shell.hears("got more\n")
    shell.type(INTERRUPT)
    shell.ready()
    wait_for(lambda: all(state_of(pid) in "XZ" for pid in [*job, command]))


#: Does what a slow start of the pipeline's last process does in a shell: takes the terminal back for the job.
TAKES_BACK = python(
    """
import os, signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
told = os.read(0, 100)
end = time.monotonic() + 5  # by then our own start was the late one
while os.tcgetpgrp(2) == os.getpgrp() and time.monotonic() < end:
    time.sleep(0.01)
os.tcsetpgrp(2, os.getpgrp())
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTTOU])
os.write(1, told)
os.execvp("cat", ["cat"])
"""
)


@pytest.mark.real_binary
def test_a_pipeline_whose_job_takes_the_terminal_back_while_it_reads_is_still_one_job(shell, terminal, line):
    shell.type(f"{line(*READS)} | {line_of(TAKES_BACK)}")
    shell.hears("ready")
    job = children_of(shell.pid)
    [init] = [pid for pid in job if program_of(pid) == INIT.program]
    [command] = children_of(init)
    assert terminal.foreground == os.getpgid(init)
    shell.suspend(*job, command)
    shell.type("fg")
    shell.type("more")
    shell.hears("got more\n")
    shell.type(INTERRUPT)
    shell.ready()
    wait_for(lambda: all(state_of(pid) in "XZ" for pid in [*job, command]))


def test_a_pipeline_into_it_can_read_the_terminal(shell, terminal, line):
    """What is in front of it in the pipeline is who reads: its standard input is no terminal."""
    shell.type(f"cat | {line(*READS)}")
    shell.hears("ready")
    for number in range(3):
        shell.type(str(number))
        shell.hears(f"got {number}\n")


#: Shows the first line that it is given, and reads from the terminal itself, as less does.
PAGES = ["sh", "-c", 'head -n 1; cat >/dev/null & exec </dev/tty; read -r line; echo "got $line"']


def test_a_pager_behind_it_can_read_the_terminal(shell, line):
    """What is behind it in the pipeline is who reads: its standard output is no terminal."""
    shell.type(f"{line('sh', '-c', 'echo ready; exec sleep 60')} | {line_of(PAGES)}")
    shell.hears("ready")
    shell.type("more")
    shell.hears("got more")


def test_a_pager_behind_it_can_read_the_terminal_after_it_was_suspended(shell, line):
    shell.type(f"{line('sh', '-c', 'echo ready; exec sleep 60')} | {line_of(PAGES)}")
    shell.hears("ready")
    shell.type(SUSPEND)
    shell.ready()
    shell.type("fg")
    shell.type("more")
    shell.hears("got more")


def test_a_command_that_wants_a_terminal_which_nobody_can_give_it_is_hung_up(shell, line, tmp_path):
    """Its group is orphaned: without fernit its read would have failed."""
    pid = tmp_path / "pid"
    shell.type(f"(set -m; {line('sh', '-c', f'echo $$ > {pid}; sleep 0.3; exec cat </dev/tty')} & exit)")
    command = int(wait_for(lambda: pid.exists() and pid.read_text()))
    wait_for(lambda: state_of(command) in "XZ")


def test_what_wants_a_terminal_that_nobody_can_give_it_fails_to_read_as_it_would_without_fernit(shell, line, tmp_path):
    """Its group is orphaned, and fernit no leader of one."""
    told = tmp_path / "told"
    script = f'sleep 0.2; read -r line </dev/tty || echo failed > {told}'
    shell.type(f"(set +m; {line('sh', '-c', script)} & exit)")
    wait_for(lambda: told.exists() and told.read_text() == "failed\n")


def test_a_fernit_in_a_fernit_that_cannot_get_the_terminal_is_idle(shell, line, tmp_path):
    """Or has ended with it."""
    pid = tmp_path / "pid"
    inner = line("sh", "-c", f"echo $$ > {pid}; sleep 0.4; exec cat /dev/tty")
    shell.type(f"(set +m; {line_of(INIT.command())} {inner} & sleep 0.2)")
    command = int(wait_for(lambda: pid.exists() and pid.read_text()))
    inner = int(status_of(command)["PPid"])
    outer = int(status_of(inner)["PPid"])
    time.sleep(0.8)

    def worked():
        return [status_of(each)["voluntary_ctxt_switches"] for each in (outer, inner) if state_of(each) not in "XZ"]

    before = worked()
    time.sleep(0.2)
    assert worked() == before


def test_a_shell_that_has_taken_the_terminal_back_keeps_it_when_the_command_ends(shell, line, tmp_path):
    """The script around fernit is killed; the shell would read the end of what is typed, and exit."""
    script, end = tmp_path / "around", tmp_path / "end"
    script.write_text(f"{line('sh', '-c', f'echo ready; until test -e {end}; do sleep 0.01; done')}; echo done\n")
    shell.type(f"sh {script}")
    shell.hears("ready")
    [around] = children_of(shell.pid)
    [init] = children_of(around)
    os.kill(around, signal.SIGTERM)
    shell.ready()
    end.touch()
    wait_for(lambda: state_of(init) in "XZ")
    shell.ready()


@pytest.mark.parametrize("name", ["plain", "process 1"])
def test_who_reads_after_a_shell_that_died_with_its_job_gets_the_terminal(start_in, terminal, name):
    if name != "plain":
        need("be process 1")
    inner = 'set -m; sh -c "echo inner; exec sleep 60"; :'
    running = start_in(name, "sh", "-c", f"sh -c '{inner}'; echo ended; read -r line; echo \"got $line\"")
    while running.line() != "inner":
        pass
    [dying] = children_of(running.child)
    [job] = children_of(dying)
    send(dying, signal.SIGSTOP)  # so that it does not clean up
    send(job, signal.SIGKILL)
    wait_for(lambda: state_of(job) == "Z")
    send(dying, signal.SIGKILL)
    while running.line() != "ended":
        pass
    terminal.type("more")
    assert running.line() == "got more"


def test_a_script_goes_on_reading_after_a_command_that_left_the_terminal_to_another_group(start_in, terminal):
    """An interactive shell that is killed leaves it to its job."""
    inner = 'set -m; sh -c "echo inner; exec sleep 60"; :'
    script = f'{line_of(INIT.command("sh", "-c", inner))}; echo ended; read -r line; echo "got $line"'
    running = start_in("plain", "sh", "-c", script, bare=True)
    assert running.line() == "inner"
    fernit = children_of(running.process.pid)[0]
    os.kill(children_of(fernit)[0], signal.SIGKILL)
    assert running.line() == "ended"
    terminal.type("more")
    assert running.line() == "got more"


# --- A shell as the command


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_as_the_command_has_job_control(start, terminal, name):
    running = start(*SHELLS[name])
    child = running.child
    terminal.type("PS1= PS2=; echo ready")
    while "ready" not in (told := running.line()):
        assert told is not None
    terminal.type("sleep 60")
    wait_for(lambda: terminal.foreground not in (running.init, child))
    sleep = terminal.foreground
    wait_for(lambda: program_of(sleep).endswith("sleep"))
    terminal.type(SUSPEND)
    wait_for(lambda: state_of(sleep) == "T" and terminal.foreground == child)
    terminal.type("fg")
    wait_for(lambda: state_of(sleep) == "S" and terminal.foreground == sleep)
    terminal.type(INTERRUPT)
    wait_for(lambda: terminal.foreground == child)
    terminal.type("exit 7")
    assert running.end() == 7


def test_a_shell_as_a_job_of_a_shell_can_suspend_itself(shell, terminal, line):
    shell.type(line(*SHELLS["bash"]))
    init = shell.init
    wait_for(lambda: children_of(init) == [terminal.foreground])
    shell.type("PS1= PS2=; echo i'n'")
    shell.hears("in\n")
    shell.type("suspend")
    wait_for(lambda: state_of(init) == "T")
    shell.ready()
    shell.type("fg")
    wait_for(lambda: children_of(init) == [terminal.foreground])
    shell.type("exit 7")
    assert shell.status() == 7
