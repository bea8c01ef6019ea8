"""`run --init`: the time that is given, to the command before it hears of a TERM, and to what it leaves behind."""
import os
import re
import signal
import time

import pytest

from conftest import BINARY
from inits import PATIENCE, children_of, starter_fixture, marked, mode_fixture, python, start_fixture, state_of, status_of  # noqa: F401
from system import AS_NOBODY, need, wait_for, works

#: A command that ends with `status` (a negative one: the signal) and leaves a process for each word behind.
#: The word says what that one is, and how it is: "stubborn" does not end on TERM.
LEAVES = """
import os, signal, sys
def leave(word):
    if "second-hand" in word and os.fork():
        os._exit(0)
    if "session" in word:
        os.setsid()
    if "group" in word:
        os.setpgid(0, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.write(tell, b"x")
    signal.sigwait([signal.SIGTERM])
    os.write(1, b"%s: TERM\\n" % word.encode())
    while "stubborn" in word:
        signal.pause()
    os._exit(0)
told, tell = os.pipe()
for word in sys.argv[2:]:
    if not os.fork():
        leave(word)
    os.read(told, 1)
status = int(sys.argv[1])
if status < 0:
    os.kill(os.getpid(), -status)
os._exit(status)
"""
#: A command that says what it hears, and ends on WINCH.
TELLS = """
import os, signal
every = signal.valid_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, every)
os.write(1, b"ready\\n")
while (number := signal.sigwait(every)) != signal.SIGWINCH:
    os.write(1, b"%d\\n" % number)
os._exit(7)
"""
#: What may stand in front of a command in Python, which then has this child.
WITH_A_CHILD = LEAVES.split("told, tell")[0] + "told, tell = os.pipe()\nif not os.fork(): leave({!r})\nos.read(told, 1)\n"
LONG = ["--grace", "1h"]
SHORT = ["--grace", "600ms"]
KINDS = ["child", "second-hand", "group", "session", "second-hand group", "second-hand session"]


def leaves(*words, status=7):
    return [*python(LEAVES), str(status), *words]


def said_by(running):
    """fernit's own lines."""
    return running.said


# --- What is left behind


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_left_is_sent_term_and_waited_for(start, kind):
    assert start(*leaves(kind), options=LONG).result() == (7, f"{kind}: TERM\n")


def test_all_that_is_left_is_sent_term(start):
    status, out = start(*leaves(*KINDS), options=LONG).result()
    assert (status, set(out.splitlines())) == (7, {f"{kind}: TERM" for kind in KINDS})


def test_a_hundred_are_sent_term(start):
    status, out = start(*leaves(*["second-hand"] * 100), options=LONG).result()
    assert (status, out) == (7, "second-hand: TERM\n" * 100)


TREE = """
import os, signal
def stay(deeper, wider):
    for number in range(wider if deeper else 0):
        if not os.fork():
            stay(deeper - 1, wider)
    os.write(tell, b"x")
    signal.pause()
told, tell = os.pipe()
if not os.fork():
    stay({deep}, {wide})
for number in range(sum({wide} ** level for level in range({deep} + 1))):
    os.read(told, 1)
os._exit(7)
"""


@pytest.mark.parametrize("deep, wide", [(1, 1), (1, 30), (8, 1), (3, 3)])
def test_the_children_of_what_is_left_are_sent_term(start, deep, wide):
    """Some while their parents end, and they become fernit's."""
    running = start(*python(TREE.format(deep=deep, wide=wide)), options=LONG)
    assert running.result() == (7, "") and said_by(running) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_end_is_killed_when_the_grace_is_over(start, kind):
    began = time.monotonic()
    running = start(*leaves(f"stubborn {kind}"), options=SHORT)
    assert running.result() == (7, f"stubborn {kind}: TERM\n")
    assert 0.6 <= time.monotonic() - began < PATIENCE
    assert "SIGKILL" in said_by(running) and " 1 " in said_by(running)


def test_all_that_do_not_end_are_killed(start):
    running = start(*leaves(*[f"stubborn {kind}" for kind in KINDS]), options=SHORT)
    assert running.result()[0] == 7
    assert f" {len(KINDS)} " in said_by(running)


def test_one_that_is_stopped_is_killed(start):
    script = "sleep 60 & kill -STOP $!; exit 7"
    assert start("sh", "-c", script, options=SHORT).result() == (7, "")


#: A command that leaves one behind which says what it hears, in its order, and one that is stopped.
LEAVES_A_LISTENER = """
import os, signal, sys
told, tell = os.pipe()
if not os.fork():
    heard = [signal.SIGTERM, signal.SIGCONT]
    signal.pthread_sigmask(signal.SIG_BLOCK, heard)
    os.write(tell, b"x")
    if sys.argv[1:]:
        os.kill(os.getpid(), signal.SIGSTOP)
    while number := signal.sigtimedwait(heard, 2):
        os.write(1, b"%d\\n" % number.si_signo)
    os._exit(0)
os.read(told, 1)
if sys.argv[1:]:
    os.waitid(os.P_ALL, 0, os.WSTOPPED | os.WNOWAIT)
os._exit(7)
"""


@pytest.mark.parametrize("words", [[], ["stopped"]])
def test_only_one_that_was_stopped_is_continued_and_hears_of_term(start, words):
    running = start(*python(LEAVES_A_LISTENER), *words, options=LONG)
    heard = [signal.SIGTERM] if not words else sorted([signal.SIGTERM, signal.SIGCONT])
    assert running.result() == (7, "".join(f"{number:d}\n" for number in heard))


def test_only_those_that_do_not_end_have_to_be_killed(start):
    running = start(*leaves("stubborn", "child", "session"), options=SHORT)
    assert running.result()[0] == 7
    assert "SIGKILL" in said_by(running) and " 1 " in said_by(running)


@pytest.mark.parametrize("name", [") Z 1 (", "a b", ")", "1 (x) S 1"])
def test_a_name_that_looks_like_something_else_hides_nobody(start, name):
    named = f"open('/proc/self/comm', 'w').write({name!r})\n{LEAVES}"
    running = start(*python(named), "7", "stubborn second-hand", options=SHORT)
    assert running.result() == (7, "stubborn second-hand: TERM\n")
    assert "SIGKILL" in said_by(running)


ENDS_FIRST_THREAD = """
import ctypes, os, threading, time
told, tell = os.pipe()
if not os.fork():
    threading.Thread(target=time.sleep, args=[60]).start()
    os.write(tell, b"%d" % os.getpid())
    ctypes.CDLL(None).syscall(60, 0)
pid = os.read(told, 10).decode()
while " Z " not in open(f"/proc/{pid}/stat").read():
    time.sleep(0.001)
os._exit(7)
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="exit(2) has another number")
def test_one_whose_first_thread_has_ended_is_still_one(starter):
    """The system shows it as a zombie, and its other threads live on."""
    running = starter.start("plain", *python(ENDS_FIRST_THREAD), options=LONG)
    assert running.result() == (7, "")


SLOW = """trap 'sleep 0.3; echo done; exit' TERM; touch there; while :; do sleep 0.01; done"""


def test_nobody_is_killed_before_the_grace_is_over(start):
    """One that takes its time to end."""
    script = 'sh -c "$0" & until test -e there; do sleep 0.01; done; exit 7'
    assert start("sh", "-c", script, SLOW, options=LONG).result() == (7, "done\n")


def test_nobody_left_means_that_nothing_is_waited_for(start):
    running = start("sh", "-c", "exit 7", options=LONG)
    assert running.result() == (7, "") and said_by(running) == ""


def test_one_that_had_ended_before_is_not_waited_for(start):
    """Its parent has not asked for its status; fernit does."""
    script = "import os\nif os.fork() == 0: os._exit(0)\nos.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)\nos._exit(7)"
    assert start(*python(script), options=LONG).result() == (7, "")


def test_what_ends_by_itself_during_the_grace_ends_it(start):
    running = start(*leaves("stubborn"), options=LONG)
    assert running.line() == "stubborn: TERM"
    os.kill(wait_for(lambda: children_of(running.init))[0], signal.SIGKILL)
    assert running.end() == 7


@pytest.mark.parametrize("status, expected", [(0, 0), (125, 125), (255, 255), (-signal.SIGTERM, 143), (-34, 162)])
def test_the_status_is_the_commands_own(start, status, expected):
    assert start(*leaves("child", status=status), options=LONG).end() == expected
    assert start(*leaves("stubborn", status=status), options=["--grace", "10ms"]).end() == expected


def test_a_good_status_is_good_after_a_grace_too(start):
    assert start(*leaves("child", status=3), options=[*LONG, "--ok-exit", "3"]).end() == 0


@pytest.mark.parametrize("scope", ["child", "group"])
def test_those_whom_a_term_did_not_reach_get_one_when_the_command_has_ended(start, scope):
    """As a container is stopped."""
    script = WITH_A_CHILD.format("session") + "os.write(1, b'ready\\n')\nsignal.pause()"
    running = start(*python(script), options=LONG, scope=scope).ready()
    running.send(signal.SIGTERM)
    assert running.result() == (143, "session: TERM\n")


# --- Its length


def test_without_a_grace_fernit_ends_with_the_command(starter):
    running = starter.start("plain", *leaves("stubborn"))
    assert running.end() == 7
    assert len(marked(running.mark)) == 1 and running.heard == b""


def test_without_a_grace_process_1_takes_all_along(starter):
    need("be process 1")
    assert starter.start("process 1", *leaves("stubborn")).result() == (7, "")


@pytest.mark.parametrize("none", ["0", "0s", "0ms"])
def test_a_grace_of_nothing_is_none(starter, none):
    running = starter.start("plain", *leaves("stubborn"), options=["--grace", none])
    assert running.end() == 7
    assert len(marked(running.mark)) == 1


def test_it_is_given_by_the_variable(start):
    running = start(*leaves("stubborn"), before=["env", "FERNIT_GRACE=10ms"])
    assert running.result()[0] == 7 and "SIGKILL" in said_by(running)


def test_it_is_given_in_the_ini(start, tmp_path):
    (tmp_path / "fernit.ini").write_text("[fernit]\ngrace = 10ms\n")
    config = ["--config", str(tmp_path / "fernit.ini")]
    running = start(*leaves("stubborn"), options=config)
    assert running.result()[0] == 7 and "SIGKILL" in said_by(running)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_another_signal_to_end_cuts_it_short(start, number):
    running = start(*leaves("stubborn", "stubborn session"), options=LONG)
    assert {running.line(), running.line()} == {"stubborn: TERM", "stubborn session: TERM"}
    running.send(number)
    assert running.result() == (7, "")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGWINCH, signal.SIGCHLD, signal.SIGCONT, 34, 64])
def test_no_other_signal_does(start, number):
    """Nor is it passed on: nobody is there any more."""
    running = start(*leaves("stubborn"), options=LONG)
    assert running.line() == "stubborn: TERM"
    running.send(number)
    time.sleep(0.05)
    assert running.process.poll() is None and len(children_of(running.init)) == 1
    running.send(signal.SIGTERM)
    assert running.result() == (7, "")


def test_a_second_term_of_a_rewritten_one_cuts_it_short_too(start):
    running = start(*leaves("stubborn"), options=[*LONG, "--rewrite", "TERM:0"])
    assert running.line() == "stubborn: TERM"
    running.send(signal.SIGTERM)
    assert running.result() == (7, "")


def test_fernit_sleeps_during_it(start):
    running = start(*leaves("stubborn"), options=LONG)
    assert running.line() == "stubborn: TERM"
    wait_for(lambda: state_of(running.init) == "S")
    before = status_of(running.init)["voluntary_ctxt_switches"]
    time.sleep(0.3)
    assert status_of(running.init)["voluntary_ctxt_switches"] == before


# --- Whom it means


def test_it_means_nobody_who_is_not_the_commands(starter):
    other = starter.start("plain", *python(TELLS)).ready()
    assert starter.start("plain", *leaves("child"), options=LONG).result() == (7, "child: TERM\n")
    other.send(signal.SIGUSR1)
    assert other.line() == "10"


def test_those_that_go_elsewhere_are_not_meant(starter):
    running = starter.start("plain", *leaves("stubborn"), options=[*LONG, "--no-subreaper"])
    assert running.end() == 7
    assert len(marked(running.mark)) == 1 and said_by(running) == ""


CHILD_OF_ROOT = 'sleep 60 >/dev/null 2>&1 & exec "$@"'  # fernit is what this shell becomes, and another user


@pytest.fixture
def beside_root(starter, tmp_path):
    """Words that are run before fernit, which then has a child of root's, and is nobody itself."""
    need("become another user")
    if not works(*AS_NOBODY, BINARY, "version"):
        pytest.skip(f"other users cannot run {BINARY}")
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 65534, 65534)
    return ["sh", "-c", CHILD_OF_ROOT, "sh", *AS_NOBODY]


def test_who_is_another_users_is_warned_of_and_not_waited_for(start, beside_root):
    running = start("sh", "-c", "exit 7", before=beside_root, options=LONG)
    assert running.end() == 7
    said = said_by(running)
    assert len(said.splitlines()) == 1 and "warning" in said and "another user" in said and " 1 " in said


def test_the_others_still_have_their_grace(start, beside_root):
    running = start(*leaves("child", "session"), before=beside_root, options=LONG)
    assert running.end() == 7
    assert {running.line(), running.line()} == {"child: TERM", "session: TERM"}
    assert "another user" in said_by(running)


def test_the_others_are_still_killed(start, beside_root):
    running = start(*leaves("stubborn", "child"), before=beside_root, options=SHORT)
    assert running.end() == 7
    assert {running.line(), running.line()} == {"stubborn: TERM", "child: TERM"}
    assert len([pid for pid in marked(running.mark) if state_of(pid) not in "ZX"]) <= 1


def test_without_a_grace_nobody_is_spoken_of(start, beside_root):
    running = start("sh", "-c", "exit 7", before=beside_root)
    assert running.end() == 7
    assert said_by(running) == ""


WITHOUT_PROC = 'mount -n -t tmpfs none /proc && exec "$@"'


def without_proc(mode):
    return ["sh", "-c", WITHOUT_PROC, "sh"] if mode == "process 1" else ["unshare", "-m", "sh", "-c", WITHOUT_PROC, "sh"]


@pytest.fixture
def proc_can_be_hidden():
    if not works("unshare", "-m", "mount", "-n", "-t", "tmpfs", "none", "/proc"):
        pytest.skip("this machine does not let a test hide /proc")


@pytest.mark.real_binary
@pytest.mark.usefixtures("proc_can_be_hidden")
def test_without_proc_the_status_is_the_commands(start, mode):
    assert start("sh", "-c", "exit 7", before=without_proc(mode), options=LONG).end() == 7


@pytest.mark.real_binary
@pytest.mark.usefixtures("proc_can_be_hidden")
def test_without_proc_nobody_is_found_and_fernit_ends(starter):
    running = starter.start("plain", *leaves("stubborn"), before=without_proc("plain"), options=LONG)
    assert running.end() == 7


@pytest.mark.real_binary
@pytest.mark.usefixtures("proc_can_be_hidden")
@pytest.mark.parametrize("kind", KINDS)
def test_without_proc_process_1_finds_them_all_the_same(starter, kind):
    need("be process 1")
    running = starter.start("process 1", *leaves(kind), before=without_proc("process 1"), options=LONG)
    assert running.result() == (7, f"{kind}: TERM\n")


@pytest.mark.real_binary
@pytest.mark.usefixtures("proc_can_be_hidden")
def test_without_proc_process_1_kills_what_does_not_end(starter):
    need("be process 1")
    began = time.monotonic()
    running = starter.start("process 1", *leaves("stubborn"), before=without_proc("process 1"), options=SHORT)
    assert running.result() == (7, "stubborn: TERM\n")
    assert 0.6 <= time.monotonic() - began < PATIENCE


@pytest.mark.real_binary
@pytest.mark.usefixtures("proc_can_be_hidden")
def test_without_proc_signals_are_passed_on(start, mode):
    running = start(*python(TELLS), before=without_proc(mode)).ready()
    running.send(signal.SIGUSR1)
    assert running.line() == "10"


# --- --term-delay


def delayed(time_):
    return ["--term-delay", time_]


def test_term_is_passed_on_after_the_delay(start):
    running = start(*python(TELLS), options=delayed("300ms")).ready()
    began = time.monotonic()
    running.send(signal.SIGTERM)
    assert running.line() == "15"
    assert 0.3 <= time.monotonic() - began < PATIENCE


def test_it_is_passed_on_once(start):
    running = start(*python(TELLS), options=delayed("100ms")).ready()
    running.send(signal.SIGTERM)
    assert running.line() == "15" and running.line(0.3) is None


def test_a_later_term_is_delayed_again(start):
    running = start(*python(TELLS), options=delayed("200ms")).ready()
    for _ in range(2):
        began = time.monotonic()
        running.send(signal.SIGTERM)
        assert running.line() == "15"
        assert 0.2 <= time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, 34, 64])
def test_other_signals_are_passed_on_at_once(start, number):
    running = start(*python(TELLS), options=delayed("1h")).ready()
    for before in ([], [signal.SIGTERM]):
        for sent in (*before, number):
            running.send(sent)
        assert running.line() == f"{number:d}"


def waits(running):
    """A TERM waits for its delay in there: fernit takes the lower of two signals first."""
    running.send(signal.SIGTERM)
    running.send(64)
    assert running.line() == "64"
    return running


def test_a_second_term_cuts_the_delay_short(start):
    running = waits(start(*python(TELLS), options=delayed("1h")).ready())
    running.send(signal.SIGTERM)
    assert running.line() == "15"


def test_a_third_one_is_delayed_again(start):
    running = waits(start(*python(TELLS), options=delayed("1h")).ready())
    running.send(signal.SIGTERM)
    assert running.line() == "15"
    assert waits(running).line(0.05) is None


def test_the_end_of_the_command_ends_the_delay(start):
    running = waits(start(*python(TELLS), options=delayed("1h")).ready())
    running.send(signal.SIGWINCH)
    assert running.result() == (7, "")


def test_the_end_of_another_does_not(start):
    orphan = "import os\nif not os.fork():\n    if not os.fork(): os.read(0, 1)\n    os._exit(0)\nos.wait()\n"
    running = waits(start(*python(orphan + TELLS), options=delayed("300ms"), stdin=-1).ready())
    began = time.monotonic()
    running.process.stdin.write(b"x")
    assert running.line() == "15"
    assert time.monotonic() - began < PATIENCE


def test_the_grace_begins_when_the_command_ends_though_a_term_waits(start):
    script = WITH_A_CHILD.format("stubborn session") + TELLS
    running = waits(start(*python(script), options=[*delayed("800ms"), *LONG]).ready())
    running.send(signal.SIGWINCH)
    assert running.line() == "stubborn session: TERM"
    time.sleep(0.9)  # the delay would be over
    assert running.process.poll() is None and children_of(running.init)
    running.send(signal.SIGTERM)
    assert running.result() == (7, "")


@pytest.mark.parametrize("second", [False, True], ids=["after it", "by a second one"])
def test_what_waits_is_rewritten(start, second):
    running = start(*python(TELLS), options=[*delayed("1h" if second else "100ms"), "--rewrite", "TERM:INT"]).ready()
    if second:
        waits(running)
    running.send(signal.SIGTERM)
    assert running.line() == "2"


def test_what_is_dropped_is_dropped_after_the_delay_too(start):
    running = start(*python(TELLS), options=[*delayed("50ms"), "--rewrite", "TERM:0"]).ready()
    running.send(signal.SIGTERM)
    assert running.line(0.3) is None
    running.send(64)
    assert running.line() == "64"


@pytest.mark.parametrize("scope, count", [("child", 1), ("group", 2)])
def test_what_waits_is_for_whom_it_was(start, scope, count):
    running = start(*python("import os\nos.fork()\n" + TELLS), options=delayed("50ms"), scope=scope).ready().ready()
    running.send(signal.SIGTERM)
    assert [running.line() for _ in range(count)] == ["15"] * count
    assert running.line(0.1) is None


def test_a_command_that_is_stopped_meanwhile_hears_it_when_continued(start):
    running = start(*python(TELLS), options=delayed("100ms")).ready()
    child = running.child
    os.kill(child, signal.SIGSTOP)
    wait_for(lambda: state_of(child) == "T")
    running.send(signal.SIGTERM)
    assert running.line(0.3) is None
    os.kill(child, signal.SIGCONT)
    assert {running.line(), running.line(0.5)} >= {"15"}


def test_a_fernit_that_is_stopped_meanwhile_passes_it_on_all_the_same(start):
    running = waits(start(*python(TELLS), options=delayed("300ms")).ready())
    running.stop()
    time.sleep(0.4)
    os.kill(running.init, signal.SIGCONT)
    assert {running.line(), running.line()} == {"15", "18"}


def test_the_delay_is_given_by_the_variable(start):
    running = waits(start(*python(TELLS), before=["env", "FERNIT_TERM_DELAY=1h"]).ready())
    running.send(signal.SIGTERM)
    assert running.line() == "15"


def test_the_delay_is_given_in_the_ini(start, tmp_path):
    (tmp_path / "fernit.ini").write_text("[fernit]\nterm_delay = 1h\n")
    running = waits(start(*python(TELLS), options=["--config", str(tmp_path / "fernit.ini")]).ready())
    running.send(signal.SIGTERM)
    assert running.line() == "15"


@pytest.mark.parametrize("option", ["--grace", "--term-delay"])
@pytest.mark.parametrize("value", ["soon", "10", "-1s", "1.5s", "s", "25h", "10 s", "0x10s"])
def test_what_is_no_time_is_refused(fernit, option, value):
    done = fernit("run", "--init", f"{option}={value}", "--", "echo", "it ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert re.search(rf"{option}.*{re.escape(value)}", done.stderr)
