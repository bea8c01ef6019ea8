"""`run --init`: every option of it, by the command line, by its variable and by fernit.ini, with whatever value."""
import os
import pathlib
import re
import signal

import pytest

from conftest import BINARY, errors, new_key
from inits import children_of, starter_fixture, marked, mode_fixture, program_of, python, start_fixture, status_of  # noqa: F401
from system import Trace, need, wait_for

#: A command and, behind it, a child in its group. The command says what it hears, and whether its child heard it, too.
TELLS = """
import os, signal
every = signal.valid_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, every)
(asked, ask), (told, tell) = os.pipe(), os.pipe()
if not os.fork():
    os.close(ask)
    while number := os.read(asked, 1):
        has = number[0] in signal.sigpending()
        if has:
            signal.sigwait(number)
        os.write(tell, b" and its child" if has else b" alone")
    os._exit(0)
os.write(1, b"ready\\n")
while True:
    number = signal.sigwait(every)
    os.write(ask, bytes([number]))
    os.write(1, b"%d:%s\\n" % (number, os.read(told, 100)))
"""
STAYS = ["sh", "-c", "echo ready; exec sleep 60"]
ALONE, GROUP = "15: alone", "15: and its child"


def on_the_command_line(tmp_path, **options):
    words = [(f"--{name.replace('_', '-')}", value) for name, value in options.items()]
    return {"options": [word for name, value in words for word in ([name] if value == "yes" else [name, value])]}


def in_the_environment(tmp_path, **options):
    return {"before": ["env", *(f"FERNIT_{name.upper()}={value}" for name, value in options.items())]}


def in_the_ini(tmp_path, **options):
    file = tmp_path / "fernit.ini"
    file.write_text("[fernit]\n" + "".join(f"{name} = {value}\n" for name, value in options.items()))
    return {"before": ["env", f"FERNIT_CONFIG={file}"]}


PLACES = {"command line": on_the_command_line, "environment": in_the_environment, "ini": in_the_ini}


@pytest.fixture(params=PLACES.values(), ids=PLACES.keys())
def given(request, tmp_path):
    """given(option=value, ...): what start() takes to have the options given in one of their three places."""
    return lambda **options: request.param(tmp_path, **options)


def hears(running, number):
    running.send(number)
    return running.line()


# --- --signal-scope


@pytest.fixture
def programs(tmp_path):
    """Programs like those of Airflow's image, which do what TELLS does; their folder."""
    folder = tmp_path / "programs"
    folder.mkdir()
    texts = {name: "#!/usr/bin/python3 -IS\n" + TELLS for name in ("airflow", "celery")}
    texts["entrypoint"] = texts["docker-entrypoint.sh"] = texts["start-worker.sh"] = '#!/bin/sh\nexec airflow "$@"\n'
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def modules(tmp_path):
    """A folder for PYTHONPATH with the module that executors start a task by."""
    path = tmp_path / "modules" / "airflow" / "sdk" / "execution_time"
    path.mkdir(parents=True)
    (path / "execute_workload.py").write_text(TELLS)
    return tmp_path / "modules"


def on_path(folder):
    return {"before": ["env", f"PATH={folder}:{os.environ['PATH']}"]}


WORKERS = [
    "airflow celery worker",
    "airflow celery worker --queues default --concurrency 16",
    "airflow worker",
    "airflow edge worker",
    "celery -A airflow.executors.celery_executor.app worker",
    "celery --app=airflow.providers.celery.executors.celery_executor.app worker -Q default",
    "entrypoint celery worker",
    "docker-entrypoint.sh celery worker",
    "sh entrypoint celery worker",
    "python3 -IS programs/airflow celery worker",
    "env -u A B=C airflow celery worker",
    "nice -n 1 airflow celery worker",
    "bash -c|exec airflow celery worker",
    "bash -c|airflow celery worker",
    "bash -c|cd / && exec airflow celery worker",
    "bash -c|true && airflow celery worker -q x",
    "bash -c|exec airflow ${WHAT:-celery worker}",
    "sh -c|trap : USR1; exec airflow celery worker >&1",
    "timeout --foreground 60 airflow celery worker",
    "start-worker.sh",
    "airflow tasks run dag task run_id --local",
    "bash -c|exec airflow tasks run dag task run_id",
    "entrypoint tasks run dag task run_id",
]
OTHERS = [
    "airflow scheduler",
    "airflow api-server",
    "airflow triggerer",
    "airflow webserver",
    "airflow celery flower",
    "airflow standalone",
    "airflow webserver --workers 4",
    "airflow",
    "celery -A app beat",
    "entrypoint scheduler",
    "python3 -IS programs/airflow scheduler",
    "bash -c|exec airflow scheduler",
    "bash -c|true && exec airflow scheduler",
]


def words_of(line, programs):
    line, *string = line.replace("programs/", f"{programs}/").split("|")
    return [f"{programs}/{word}" if word == "entrypoint" and line.startswith("sh ") else word for word in line.split()] + string


@pytest.mark.parametrize("line", WORKERS)
def test_signals_for_a_worker_are_for_it_alone(starter, programs, line):
    running = starter.start("plain", *words_of(line, programs), **on_path(programs)).ready()
    assert hears(running, signal.SIGTERM) == ALONE


@pytest.mark.parametrize("line", OTHERS)
def test_signals_for_anything_else_are_for_its_group(starter, programs, line):
    running = starter.start("plain", *words_of(line, programs), **on_path(programs)).ready()
    assert hears(running, signal.SIGTERM) == GROUP


@pytest.mark.parametrize("command", [["python3"], ["sh", "-c", 'exec "$@"', "_", "python3"]], ids=["python", "by a shell"])
def test_signals_for_a_task_of_airflow_3_are_for_its_supervisor_alone(starter, modules, command):
    words = [*command, "-m", "airflow.sdk.execution_time.execute_workload", "--json-path", "/x"]
    running = starter.start("plain", *words, before=["env", f"PYTHONPATH={modules}"]).ready()
    assert hears(running, signal.SIGTERM) == ALONE


@pytest.mark.parametrize("value, expected", [("0", ALONE), ("1", GROUP), ("", GROUP), ("00", GROUP), ("no", GROUP)])
def test_dumb_inits_variable_is_heeded_as_dumb_init_reads_it(start, programs, value, expected):
    before = ["env", f"DUMB_INIT_SETSID={value}", f"PATH={programs}:{os.environ['PATH']}"]
    assert hears(start("airflow", "scheduler", before=before).ready(), signal.SIGTERM) == expected


def test_a_scope_that_is_given_beats_dumb_inits_variable(start, programs):
    before = ["env", "DUMB_INIT_SETSID=0", f"PATH={programs}:{os.environ['PATH']}"]
    running = start("airflow", "scheduler", options=["--signal-scope", "group"], before=before).ready()
    assert hears(running, signal.SIGTERM) == GROUP


@pytest.mark.parametrize("line, expected", [("airflow celery worker", ALONE), ("airflow scheduler", GROUP)])
def test_the_scope_that_the_command_has_is_the_same_as_process_1(starter, programs, line, expected):
    need("be process 1")
    running = starter.start("process 1", *line.split(), **on_path(programs)).ready()
    assert hears(running, signal.SIGTERM) == expected


@pytest.mark.parametrize("line, scope, expected", [("airflow celery worker", "group", GROUP), ("airflow scheduler", "child", ALONE)])
def test_a_scope_that_is_given_beats_the_command(start, programs, line, scope, expected):
    running = start(*line.split(), options=["--signal-scope", scope], **on_path(programs)).ready()
    assert hears(running, signal.SIGTERM) == expected


@pytest.mark.parametrize("scope, expected", [("auto", GROUP), ("child", ALONE), ("group", GROUP)])
def test_the_scope_is_given_in_each_place(start, given, scope, expected):
    assert hears(start(*python(TELLS), **given(signal_scope=scope)).ready(), signal.SIGTERM) == expected


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGWINCH, 34, 64])
@pytest.mark.parametrize("scope, whom", [("child", "alone"), ("group", "and its child")])
def test_the_scope_is_the_same_for_every_signal(start, number, scope, whom):
    assert hears(start(*python(TELLS), scope=scope).ready(), number) == f"{number:d}: {whom}"


LEAVES_ITS_GROUP = """
import os
(asked, ask), (told, tell) = os.pipe(), os.pipe()
if not (other := os.fork()):
    os.setpgid(0, 0)
    os.close(ask)
    os.write(tell, b"x")
    os._exit(os.read(asked, 1) and 0)
os.read(told, 1)
os.setpgid(0, other)
"""


def test_a_command_that_has_left_its_group_still_hears(start):
    running = start(*python(LEAVES_ITS_GROUP + TELLS), scope="group").ready()
    assert hears(running, signal.SIGTERM) == ALONE


# --- Groups and sessions

IDS = ["sh", "-c", "set -- $(cat /proc/self/stat); echo $$ $5 $6; exec sleep 60"]  # group and session, cat's being the shell's


@pytest.mark.parametrize("scope", ["auto", "child", "group"])
def test_the_command_has_a_group_of_its_own_in_every_scope(starter, scope):
    running = starter.start("plain", *IDS, options=["--signal-scope", scope])
    pid, group, session = map(int, running.line().split())
    assert (pid, session) == (group, os.getsid(running.init)) and group != os.getpgid(running.init)


@pytest.mark.parametrize("scope", ["auto", "child", "group"])
def test_with_setsid_it_has_a_session_of_its_own_in_every_scope(start, scope):
    pid, group, session = start(*IDS, options=["--setsid", "--signal-scope", scope]).line().split()
    assert pid == group == session


def test_the_session_is_given_in_each_place(start, given):
    pid, _, session = start(*IDS, **given(setsid="yes")).line().split()
    assert session == pid


@pytest.mark.parametrize("scope, expected", [("child", ALONE), ("group", GROUP)])
def test_with_setsid_signals_arrive_as_without(start, scope, expected):
    assert hears(start(*python(TELLS), options=["--setsid"], scope=scope).ready(), signal.SIGTERM) == expected


def test_fernit_stays_in_the_session_and_group_that_it_was_started_in(starter):
    running = starter.start("plain", *STAYS, options=["--setsid"]).ready()
    assert (os.getsid(running.init), os.getpgid(running.init)) == (os.getsid(0), os.getpgid(0))


# --- --rewrite

REWRITES = {
    "by names": (["TERM:QUIT"], "TERM", "QUIT"),
    "by long names": (["SIGTERM:SIGQUIT"], "TERM", "QUIT"),
    "by small letters": (["sigterm:quit"], "TERM", "QUIT"),
    "by numbers": (["15:3"], "TERM", "QUIT"),
    "by number and name": (["15:QUIT"], "TERM", "QUIT"),
    "to the first real-time one": (["TERM:RTMIN"], "TERM", 34),
    "to one behind it": (["TERM:SIGRTMIN+1"], "TERM", 35),
    "to the last": (["TERM:64"], "TERM", 64),
    "to the last by name": (["TERM:RTMAX"], "TERM", 64),
    "to one before it": (["TERM:RTMAX-3"], "TERM", 61),
    "from the first real-time one": (["RTMIN:USR1"], 34, "USR1"),
    "from one behind it": (["RTMIN+1:USR1"], 35, "USR1"),
    "from the last": (["64:USR1"], 64, "USR1"),
    "the first of several": (["TERM:INT", "HUP:USR1", "34:USR2"], "TERM", "INT"),
    "the last of several": (["TERM:INT", "HUP:USR1", "34:USR2"], 34, "USR2"),
    "not one behind the other": (["TERM:INT", "INT:HUP"], "TERM", "INT"),
    "two exchanged": (["USR1:USR2", "USR2:USR1"], "USR2", "USR1"),
    "twice, and the later counts": (["TERM:INT", "TERM:QUIT"], "TERM", "QUIT"),
    "into itself": (["TERM:TERM"], "TERM", "TERM"),
    "dropped, and then not": (["TERM:0", "TERM:INT"], "TERM", "INT"),
    "another one only": (["HUP:INT"], "TERM", "TERM"),
}


def number_of(signal_):
    return signal_ if isinstance(signal_, int) else int(getattr(signal, f"SIG{signal_}"))


@pytest.mark.parametrize("values, sent, arrives", REWRITES.values(), ids=REWRITES.keys())
def test_a_signal_is_rewritten(start, values, sent, arrives):
    running = start(*python(TELLS), options=[word for value in values for word in ("--rewrite", value)]).ready()
    assert hears(running, number_of(sent)) == f"{number_of(arrives)}: and its child"


@pytest.mark.parametrize("values, sent, arrives", [case for case in REWRITES.values() if len(case[0]) > 1])
def test_the_variable_holds_a_comma_list(start, values, sent, arrives):
    running = start(*python(TELLS), before=["env", f"FERNIT_REWRITE={', '.join(values)}"]).ready()
    assert hears(running, number_of(sent)) == f"{number_of(arrives)}: and its child"


def test_the_ini_may_have_them_line_by_line(start, tmp_path):
    (tmp_path / "fernit.ini").write_text("[fernit]\nrewrite =\n    TERM:INT\n    HUP:USR1, 34:USR2\n")
    running = start(*python(TELLS), options=["--config", str(tmp_path / "fernit.ini")]).ready()
    assert [hears(running, number)[:3] for number in (15, 1, 34)] == ["2: ", "10:", "12:"]


def test_signals_are_rewritten_as_given_in_each_place(start, given):
    assert hears(start(*python(TELLS), **given(rewrite="TERM:INT")).ready(), signal.SIGTERM) == "2: and its child"


def test_every_signal_can_be_rewritten_at_once(start):
    """To the one before it: what of that is handed over must not be too long."""
    numbers = [number for number in range(1, 65) if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD)]
    running = start(*python(TELLS), before=["env", f"FERNIT_REWRITE={','.join(f'{number}:64' for number in numbers)}"]).ready()
    for number in (1, 32, 33, 34, 63):
        assert hears(running, number) == "64: and its child"


@pytest.mark.parametrize("value, number", [("TERM:0", 15), ("SIGHUP:0", 1), ("34:0", 34), ("RTMIN+1:0", 35)])
def test_a_signal_is_dropped(start, value, number):
    running = start(*python(TELLS), options=["--rewrite", value]).ready()
    running.send(number)
    assert hears(running, 64) == "64: and its child"


def test_a_signal_can_be_rewritten_to_one_that_nobody_can_withstand(start):
    running = start("sh", "-c", "trap '' TERM; echo ready; exec sleep 60", options=["--rewrite", "TERM:KILL"]).ready()
    running.send(signal.SIGTERM)
    assert running.end() == 137


def test_a_signal_is_rewritten_for_the_child_alone_too(start):
    running = start(*python(TELLS), options=["--rewrite", "TERM:INT"], scope="child").ready()
    assert hears(running, signal.SIGTERM) == "2: alone"


BAD_REWRITES = {
    "KILL:TERM": "cannot be caught",
    "9:TERM": "cannot be caught",
    "STOP:TERM": "cannot be caught",
    "SIGSTOP:0": "cannot be caught",
    "CHLD:TERM": "fernit's own children",
    "17:0": "fernit's own children",
    "65:1": "65",
    "TERM:65": "65",
    "TERM:-1": "-1",
    "-1:TERM": "-1",
    "TERM": "HUP:0",
    "TERM:": "no signal",
    ":TERM": "no signal",
    ":": "no signal",
    "FOO:TERM": "FOO",
    "TERM:FOO": "FOO",
    "0:TERM": "behind the colon",
    "TERM:INT:HUP": '"...": there is no signal "INT:HUP"',
    "RTMIN+31:TERM": '"...": there is no signal "RTMIN+31"',
    "TERM :INT": "TERM ",
    "015:2": "015",
    "TERM=INT": "TERM:QUIT",
}


@pytest.mark.parametrize("value, says", BAD_REWRITES.items(), ids=BAD_REWRITES.keys())
def test_what_cannot_be_rewritten_is_refused(fernit, value, says):
    done = fernit("run", "--init", f"--rewrite={value}", "--", "echo", "it ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert "--rewrite" in done.stderr and (value in done.stderr or len(value) > 8) and says in done.stderr


@pytest.mark.parametrize("value", ["KILL:TERM", "TERM", "TERM:INT,FOO:TERM"])
def test_what_cannot_be_rewritten_is_refused_in_the_variable_too(fernit, value):
    done = fernit("run", "--", "echo", "it ran", FERNIT_INIT="1", FERNIT_REWRITE=value)
    assert (done.returncode, done.stdout) == (125, "")
    assert "FERNIT_REWRITE" in done.stderr


# --- --ok-exit


@pytest.mark.parametrize("given_, status, expected", [("3", 3, 0), ("3", 4, 4), ("3", 0, 0), ("255", 255, 0), ("0", 0, 0), ("0", 1, 1), ("64", 64, 0)])
def test_a_status_that_is_named_is_reported_as_0(start, given_, status, expected):
    assert start("sh", "-c", f"exit {status}", options=["--ok-exit", given_]).end() == expected


def test_the_end_by_a_signal_can_be_named(start):
    running = start(*STAYS, options=["--ok-exit", "143"]).ready()
    running.send(signal.SIGTERM)
    assert running.end() == 0


def test_the_end_by_another_signal_is_not_meant(start):
    running = start(*STAYS, options=["--ok-exit", "143"]).ready()
    running.send(signal.SIGINT)
    assert running.end() == 130


@pytest.mark.parametrize("status, expected", [(3, 0), (143, 0), (200, 0), (4, 4)])
def test_several_can_be_named(start, status, expected):
    script = ["sh", "-c", f"exit {status}"]
    assert start(*script, options=["--ok-exit", "3", "--ok-exit", "143", "--ok-exit=200"]).end() == expected
    assert start(*script, before=["env", "FERNIT_OK_EXIT=3,143, 200"]).end() == expected


def test_a_good_status_is_named_in_each_place(start, given):
    assert start("sh", "-c", "exit 3", **given(ok_exit="3")).end() == 0


@pytest.mark.parametrize("status", [126, 127])
def test_a_command_that_is_not_run_is_never_good(start, status):
    command = "/no/such/command" if status == 127 else "/"
    assert start(command, options=["--ok-exit", str(status)]).end() == status


@pytest.mark.parametrize("value", ["256", "-1", "x", "3x", "0x3", "+3", "3.0", "18446744073709551619", "TERM"])
def test_what_is_no_status_is_refused(fernit, value):
    for done in (
        fernit("run", "--init", f"--ok-exit={value}", "--", "echo", "it ran"),
        fernit("run", "--init", "--", "echo", "it ran", FERNIT_OK_EXIT=f"3,{value}"),
    ):
        assert (done.returncode, done.stdout) == (125, "")
        assert (value if len(value) <= 8 else '"..."') in done.stderr and "0 to 255" in done.stderr


# --- --pdeathsig

PARENT = ["sh", "-c", '"$@" & wait', "sh"]


def orphaned(running):
    """fernit, once the process that has started it was killed. In the other mode that is unshare(1) itself."""
    running.ready()
    assert running.init
    running.process.kill()
    running.process.wait()
    return running


@pytest.mark.parametrize("name, number", [("USR1", 10), ("SIGTERM", 15), ("34", 34), ("RTMAX", 64)])
def test_when_who_has_started_fernit_dies_the_signal_is_passed_on(starter, name, number):
    running = starter.start("plain", *python(TELLS), outside=PARENT, options=["--pdeathsig", name])
    assert orphaned(running).line() == f"{number}: and its child"


def test_as_process_1_it_is_about_who_has_made_the_namespace(starter):
    need("be process 1")
    running = starter.start("process 1", *python(TELLS), options=["--pdeathsig", "USR1"])
    assert orphaned(running).line() == "10: and its child"


def test_the_signal_is_given_in_each_place(starter, given):
    running = starter.start("plain", *python(TELLS), outside=PARENT, **given(pdeathsig="USR1"))
    assert orphaned(running).line() == "10: and its child"


def test_it_is_rewritten_as_any_other(starter):
    running = starter.start("plain", *python(TELLS), outside=PARENT, options=["--pdeathsig", "HUP", "--rewrite", "HUP:TERM"])
    assert orphaned(running).line() == GROUP


def test_it_lasts_though_fernit_becomes_another_user(starter, tmp_path):
    need("become another user")
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.chown(path, 65534, 65534)
    options = ["--pdeathsig", "USR1", "--user", "65534:65534"]
    running = orphaned(starter.start("plain", *python(TELLS), outside=PARENT, options=options))
    assert (running.line(), status_of(running.init)["Uid"].split()[0]) == ("10: and its child", "65534")


def test_without_it_fernit_outlives_who_has_started_it(starter):
    running = orphaned(starter.start("plain", *python(TELLS), outside=PARENT))
    assert hears(running, signal.SIGUSR1) == "10: and its child"


def test_one_who_died_before_fernit_could_ask_is_noticed(starter, tmp_path):
    """It asks a second late; meanwhile its parent dies."""
    trace = Trace(tmp_path / "trace", ["prctl:delay_enter=1000000:when=2"], only="prctl,exit_group")
    parent = ["sh", "-c", '"$@" & echo $$ > parent; wait', "sh"]
    starter.start("plain", *STAYS, outside=trace.prefix, before=parent, options=["--pdeathsig", "TERM"])
    asks = wait_for(lambda: trace.log.exists() and re.search(r"^(\d+) +prctl\(PR_SET_PDEATHSIG", trace.log.read_text(), re.M))
    os.kill(int(wait_for(lambda: (tmp_path / "parent").exists() and (tmp_path / "parent").read_text())), signal.SIGKILL)
    wait_for(lambda: re.search(rf"^{asks[1]} +exit_group\(143\)", trace.log.read_text(), re.M))


@pytest.mark.parametrize("value", ["FOO", "65", "-1", "TERM,INT", "RTMIN+31"])
def test_what_is_no_signal_is_refused(fernit, value):
    done = fernit("run", "--init", f"--pdeathsig={value}", "--", "echo", "it ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert "--pdeathsig" in done.stderr and value in done.stderr and "TERM" in done.stderr


# --- Orphans

LEAVES_ONE = ["sh", "-c", "(sleep 60 & echo $!); echo ready; exec sleep 60"]


def parent_of_the_orphan(running):
    orphan = running.line()
    running.ready()
    return int(status_of(orphan)["PPid"])


def test_fernit_gets_the_orphans_though_not_process_1(starter):
    running = starter.start("plain", *LEAVES_ONE)
    assert parent_of_the_orphan(running) == running.init


def test_orphans_go_elsewhere_if_so_given(starter, given):
    running = starter.start("plain", *LEAVES_ONE, **given(no_subreaper="yes"))
    assert parent_of_the_orphan(running) not in (running.init, running.child)


def test_process_1_gets_them_whatever_is_given(starter):
    need("be process 1")
    running = starter.start("process 1", *LEAVES_ONE, options=["--no-subreaper"])
    running.line()
    running.ready()
    assert len(children_of(running.init)) == 2


# --- It is quiet


def test_it_does_not_say_a_word_of_its_own(start):
    running = start("sh", "-c", "echo out; echo err >&2; exit 3")
    assert running.result() == (3, "out\n")
    assert running.said == "err\n"


def test_it_does_not_say_a_word_when_it_passes_signals_on_and_adopts(start):
    running = start("sh", "-c", "trap '' HUP; (sleep 60 & ); echo ready; exec sleep 60", options=["--signal-scope", "group"]).ready()
    for number in (signal.SIGHUP, signal.SIGCHLD, signal.SIGTERM):
        running.send(number)
    assert running.result() == (143, "")
    assert running.said == ""


# --- --no-new-privs

NEW_PRIVS = ["grep", "NoNewPrivs", "/proc/self/status"]


def test_the_command_can_gain_no_rights_if_so_given(start, given):
    assert start(*NEW_PRIVS, **given(no_new_privs="yes")).result() == (0, "NoNewPrivs:\t1\n")


def test_without_it_it_can(start):
    assert start(*NEW_PRIVS).result() == (0, "NoNewPrivs:\t0\n")


def test_fernits_own_rights_stay(start):
    running = start(*STAYS, options=["--no-new-privs"]).ready()
    assert (status_of(running.init)["NoNewPrivs"], status_of(running.child)["NoNewPrivs"]) == ("0", "1")


@pytest.mark.parametrize("options, environment", [(["--no-new-privs"], {}), ([], {"FERNIT_NO_NEW_PRIVS": "on"})], ids=["command line", "environment"])
def test_without_init_the_command_can_gain_no_rights_either(fernit, options, environment):
    assert fernit("run", *options, *NEW_PRIVS, **environment).stdout == "NoNewPrivs:\t1\n"


# --- Options in general


def test_init_is_given_in_each_place(fernit, tmp_path):
    file = tmp_path / "fernit.ini"
    file.write_text("[fernit]\ninit = yes\n")
    parent = ["sh", "-c", "readlink /proc/$PPID/exe"]
    for options, environment in ((["--init"], {}), ([], {"FERNIT_INIT": "1"}), (["--config", file], {})):
        assert fernit("run", *options, "--", *parent, **environment).stdout == f"{BINARY}\n"
    assert fernit("run", "--init=no", "--", *parent, FERNIT_INIT="1").stdout != f"{BINARY}\n"


OF_INIT = {
    "--signal-scope": "child",
    "--setsid": None,
    "--rewrite": "TERM:INT",
    "--grace": "1s",
    "--term-delay": "1s",
    "--ok-exit": "3",
    "--pdeathsig": "TERM",
    "--no-subreaper": None,
}


@pytest.mark.parametrize("option, value", OF_INIT.items(), ids=OF_INIT.keys())
def test_an_option_about_supervision_is_refused_without_init(fernit, option, value):
    done = fernit("run", *([option, value] if value else [option]), "--", "echo", "it ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert option in done.stderr and "--init" in done.stderr


@pytest.mark.parametrize("option", OF_INIT)
def test_it_is_refused_by_the_commands_that_run_nothing(fernit, option):
    value = OF_INIT[option]
    for command, status in (("init", 125), ("status", 2)):
        done = fernit(command, *([option, value] if value else [option]))
        assert (done.returncode, done.stdout) == (status, "") and option in done.stderr


def test_their_variables_do_not_matter_without_init(fernit, stored):
    """A container's environment is the same for all that is run in it."""
    stored(new_key())
    environment = {f"FERNIT_{option[2:].upper().replace('-', '_')}": value or "yes" for option, value in OF_INIT.items()}
    done = fernit("run", "--deliver", "env", "--", "sh", "-c", "exit 3", **environment)
    assert (done.returncode, done.stderr) == (3, "")
    done = fernit("init", **environment)
    assert done.returncode == 0 and "FERNIT" not in done.stderr


def test_they_do_not_matter_in_the_ini_either(fernit, tmp_path):
    file = tmp_path / "fernit.ini"
    file.write_text("[fernit]\n" + "".join(f"{option[2:].replace('-', '_')} = {value or 'yes'}\n" for option, value in OF_INIT.items()))
    assert fernit("run", "--config", file, "sh", "-c", "exit 3").returncode == 3


WRONG = {
    ("signal_scope", "all"): "auto, child, group",
    ("signal_scope", "Child"): "auto, child, group",
    ("setsid", "maybe"): "yes or no",
    ("grace", "soon"): "10s",
    ("grace", "10"): "10s",
    ("grace", "-1s"): "10s",
    ("term_delay", "5 s"): "5 s",
    ("term_delay", "1d"): "10s",
    ("pdeathsig", "SIGFOO"): "TERM",
    ("no_subreaper", "2"): "yes or no",
    ("no_new_privs", "x"): "yes or no",
}


@pytest.mark.parametrize("option, value", WRONG, ids="=".join)
def test_a_value_that_is_not_known_is_refused_with_what_is_right(start, option, value):
    running = start("echo", "it ran", before=["env", f"FERNIT_{option.upper()}={value}"])
    assert running.result() == (125, "")
    said = running.said
    assert f"FERNIT_{option.upper()}" in said and value in said and WRONG[option, value] in said


@pytest.mark.parametrize("option, value", [case for case in WRONG if case[0] in ("signal_scope", "grace", "term_delay", "pdeathsig")], ids="=".join)
def test_on_the_command_line_too(fernit, option, value):
    word = f"--{option.replace('_', '-')}"
    done = fernit("run", "--init", f"{word}={value}", "--", "echo", "it ran")
    assert (done.returncode, done.stdout) == (125, "")
    assert word in done.stderr and value in done.stderr and WRONG[option, value] in done.stderr


NEAREST = {"--signal-scop=child": "--signal-scope", "--set-sid": "--setsid", "--rewrit=1:2": "--rewrite", "--gracetime=1s": "--grace", "--inti": "--init"}


@pytest.mark.parametrize("word, nearest", NEAREST.items(), ids=NEAREST.keys())
def test_an_option_that_is_nearly_one_is_named(fernit, word, nearest):
    done = fernit("run", word, "--", "true")
    assert done.returncode == 125 and f"{nearest}?" in done.stderr


def test_the_command_line_beats_the_variable(start):
    options = {"options": ["--signal-scope", "child", "--rewrite", "TERM:INT"]}
    running = start(*python(TELLS), before=["env", "FERNIT_SIGNAL_SCOPE=group", "FERNIT_REWRITE=TERM:HUP,USR1:HUP"], **options).ready()
    assert hears(running, signal.SIGTERM) == "2: alone"
    assert hears(running, signal.SIGUSR1) == "10: alone"


def test_help_names_them_all(fernit):
    text = fernit("help", "run").stdout
    assert {option for option in [*OF_INIT, "--init", "--no-new-privs"] if option not in text} == set()


# --- What is seen of it


def words_of_supervisor(running):
    """Its command line, once it stands over the command."""
    path = pathlib.Path(f"/proc/{running.init}/cmdline")
    return wait_for(lambda: (words := path.read_bytes().split(b"\0"))[1:] and words[1].startswith(b"supervise:") and words)


def test_its_name_and_words_tell_that_it_supervises(start):
    running = start(*STAYS).ready()
    assert words_of_supervisor(running)[::2] == [b"fernit", b""]
    wait_for(lambda: status_of(running.init)["Name"] == "fernit")
    assert pathlib.Path(f"/proc/{running.init}/environ").read_bytes() == b""


def test_without_init_a_variable_for_it_changes_nothing_for_the_command(fernit, stored):
    stored(new_key() + "\n")
    script = ["/usr/bin/python3", "-ISc", "import ctypes; n = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(n)); print(n.value)"]
    assert fernit("run", *script, FERNIT_PDEATHSIG="TERM").stdout == "0\n"


def test_its_words_show_numbers_alone(start):
    running = start(*STAYS, options=["--rewrite", "HUP:TERM", "--grace", "5s", "--ok-exit", "3"]).ready()
    assert re.fullmatch(rb"supervise:[0-9.]+[0-9:]*", words_of_supervisor(running)[1])


def test_it_runs_on_where_it_cannot_be_executed_anew(starter, tmp_path):
    trace = Trace(tmp_path / "trace", ["execveat:error=EACCES"], only="execveat")
    running = starter.start("plain", *python(TELLS), outside=trace.prefix).ready()
    assert "warning" in running.said
    os.kill(children_of(running.process.pid)[0], signal.SIGTERM)
    assert running.line() == GROUP


FIELDS = ":0:1:2:0:1:0:0:0:0:0:0"
TYPED = {
    "nothing": "",
    "garbage": "garbage",
    "its version alone": "VERSION",
    "its version and garbage": "VERSION:x",
    "no pid": "VERSION:" + FIELDS,
    "pid 0": "VERSION:0" + FIELDS,
    "a negative pid": "VERSION:-1" + FIELDS,
    "process 1": "VERSION:1" + FIELDS,
    "its own caller": f"VERSION:{os.getpid()}" + FIELDS,
    "a pid that there is not": "VERSION:4194304" + FIELDS,
    "a pid beyond all": "VERSION:99999999999999999999" + FIELDS,
    "another version": "9.9.9:1" + FIELDS,
    "a version that begins as its own": "VERSION9:1" + FIELDS,
    "a field too few": "VERSION:1" + FIELDS[:-2],
    "half a signal": "VERSION:1" + FIELDS + ":15",
    "a signal beyond all": "VERSION:1" + FIELDS + ":65:1",
    "very much": "VERSION:1" + FIELDS + ":1:1" * 30_000,
}


@pytest.mark.parametrize("word", TYPED.values(), ids=TYPED.keys())
def test_its_own_word_typed_by_a_person_is_refused(fernit, tmp_path, word):
    version = fernit("version").stdout.split()[1]
    done = fernit("supervise:" + word.replace("VERSION", version))
    assert (done.returncode, done.stdout) == (125, "")
    assert len(errors(done)) == 1 and done.stderr.splitlines() == [*errors(done), "fernit: hint: to supervise a command: fernit run --init -- COMMAND"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scope", ["child", "group"])
@pytest.mark.parametrize("options", [[], ["--setsid"], ["--no-subreaper"], ["--grace", "60s"]], ids=str)
def test_the_command_dies_with_a_fernit_that_is_killed(starter, scope, options):
    running = starter.start("plain", *STAYS, scope=scope, options=options).ready()
    child = running.child
    wait_for(lambda: program_of(child) != str(BINARY))
    running.send(signal.SIGKILL)
    wait_for(lambda: child not in marked(running.mark), seconds=2)


@pytest.mark.parametrize("more, rewritten", [("", True), ("0", False), (" ", False)], ids=repr)
def test_sockets_are_the_commands_exactly_where_they_were_fernits(start, more, rewritten):
    caller = ["sh", "-c", f'echo $$; LISTEN_FDS=1 LISTEN_PID="$${more}" exec "$@"', "sh"]
    running = start("sh", "-c", 'echo "$LISTEN_PID"; echo $$', before=caller)
    fernits, named, commands = running.line(), running.line(), running.line()
    assert named == (commands if rewritten else fernits + more)


def test_a_missing_command_is_missing_also_where_sockets_were_for_fernit(start):
    caller = ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh"]
    assert start("/no/such/command", before=caller).end() == 127


def test_the_command_is_in_the_callers_folder_and_fernit_in_the_root(start, tmp_path):
    (tmp_path / "below").mkdir()
    running = start("sh", "-c", "echo ready; pwd; exec sleep 60", cwd=tmp_path / "below").ready()
    assert running.line() == str(tmp_path / "below")
    wait_for(lambda: os.readlink(f"/proc/{running.init}/cwd") == "/")


def test_a_command_is_found_below_the_callers_folder(start, tmp_path):
    script = tmp_path / "here"
    script.write_text("#!/bin/sh\nexit 3\n")
    script.chmod(0o755)
    assert start("./here", cwd=tmp_path).end() == 3
