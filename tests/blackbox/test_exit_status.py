"""The command's own status comes through, in every mode; fernit's own failures are 125 and nothing else."""
import signal
from pathlib import Path

import pytest

from conftest import errors, hints
from keys import new_key

MODES = {"exec": [], "init": ["--init"], "init with a session": ["--init", "--setsid"]}


@pytest.fixture(params=MODES.values(), ids=MODES.keys())
def mode(request):
    return request.param


@pytest.fixture(params=["init", "init with a session"])
def init(request):
    return MODES[request.param]


@pytest.mark.parametrize("tens", range(26))
def test_status_of_the_command_is_the_status_of_run(fernit, stored, mode, tens):
    stored(new_key())
    for status in range(tens * 10, min(tens * 10 + 10, 256)):
        assert fernit("run", *mode, "--deliver", "env", "--", "sh", "-c", f"exit {status}").returncode == status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT, 34, 64])
def test_a_death_by_signal_is_seen_as_such(fernit, number):
    """fernit has become the command: whoever waits sees the signal itself."""
    assert fernit("run", "--", "sh", "-c", f"ulimit -c 0; kill -{int(number)} $$").returncode == -number


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGINT, 34, 64])
def test_a_death_by_signal_is_128_plus_its_number_under_init(fernit, init, number):
    assert fernit("run", *init, "--", "sh", "-c", f"ulimit -c 0; kill -{int(number)} $$").returncode == 128 + number


def test_a_core_that_was_dumped_changes_nothing(fernit, init, tmp_path):
    done = fernit("run", *init, "--", "sh", "-c", "ulimit -c unlimited; kill -SEGV $$", cwd=tmp_path)
    assert done.returncode == 128 + signal.SIGSEGV


# --- 127 and 126


NOT_FOUND = ["/no/such/command", "no-such-command", "", "/etc/passwd/below", "./no-such-command"]


@pytest.mark.parametrize("command", NOT_FOUND)
def test_a_missing_command_is_127_and_says_its_name(fernit, mode, command):
    done = fernit("run", *mode, "--quiet", "--", command)
    assert done.returncode == 127
    assert len(errors(done)) == 1 and command in errors(done)[0]


def test_a_missing_interpreter_is_127(fernit, mode, tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    done = fernit("run", *mode, "--quiet", script)
    assert done.returncode == 127
    assert str(script) in errors(done)[0] and "interpreter" in errors(done)[0]


def a_directory(path):
    path.mkdir()


def not_executable(path):
    path.write_text("#!/bin/sh\n")


def no_format(path):
    path.write_text("echo it ran\n")
    path.chmod(0o755)


def empty(path):
    path.touch(0o755)
    path.chmod(0o755)


def a_loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [a_directory, not_executable, no_format, empty, a_loop])
def test_a_command_that_cannot_be_run_is_126_and_says_its_name(fernit, mode, tmp_path, make):
    make(tmp_path / "command")
    done = fernit("run", *mode, "--quiet", "--", tmp_path / "command")
    assert (done.returncode, done.stdout) == (126, "")
    assert len(errors(done)) == 1 and str(tmp_path / "command") in errors(done)[0]


@pytest.mark.parametrize("make", [no_format, empty])
@pytest.mark.parametrize("by_path", [True, False], ids=["by its path", "on PATH"])
def test_a_script_without_a_first_line_is_126_and_says_why_and_the_cure(fernit, mode, tmp_path, make, by_path):
    make(tmp_path / "command")
    name = str(tmp_path / "command") if by_path else "command"
    done = fernit("run", *mode, "--quiet", "--", name, PATH=str(tmp_path))
    (error,), (first, second) = errors(done), hints(done)
    assert (done.returncode, done.stdout) == (126, "")
    assert error.startswith(f"fernit: error: {name}: ") and '"#!/bin/sh"' in error and "tini" in error
    assert '"#!/bin/sh"' in first and second.endswith(f"sh {name}")


@pytest.mark.parametrize("cure", ["a first line", "sh"])
def test_the_cure_of_a_script_without_a_first_line_works(fernit, mode, tmp_path, cure):
    script = tmp_path / "command"
    no_format(script)
    if cure == "a first line":
        script.write_text("#!/bin/sh\n" + script.read_text())
    done = fernit("run", *mode, "--", *(["sh"] if cure == "sh" else []), script)
    assert (done.returncode, done.stdout) == (0, "it ran\n")


def test_a_program_for_another_processor_is_no_script(fernit, mode, tmp_path):
    path = tmp_path / "command"
    program = bytearray(Path("/bin/true").read_bytes())
    program[18:20] = b"\x15\0"  # e_machine: EM_PPC64
    path.write_bytes(program)
    path.chmod(0o755)
    done = fernit("run", *mode, "--quiet", "--", path)
    (error,) = errors(done)
    assert done.returncode == 126 and "another processor" in error and hints(done) == []


def test_one_on_the_path_that_is_not_executable_is_126(fernit, mode, tmp_path):
    not_executable(tmp_path / "command")
    assert fernit("run", *mode, "command", PATH=str(tmp_path)).returncode == 126


def test_one_without_a_format_is_not_searched_for_further(fernit, mode, tmp_path):
    no_format(tmp_path / "command")
    assert fernit("run", *mode, "command", PATH=f"{tmp_path}:/bin").returncode == 126


def test_arguments_that_are_too_long_are_126(fernit, mode):
    """A quarter of the stack's limit holds them for fernit, and not for the command, whose environment has a ring more."""
    ring = ",".join(new_key() for _ in range(64))
    limit = ["sh", "-c", 'ulimit -s 560; exec "$@"', "sh"]
    long = {"FERNET_KEY": ring, "A": "x" * 69_000, "B": "x" * (560 * 256 - 69_000 - 2 * len(ring))}
    done = fernit("run", *mode, "--quiet", "true", prefix=limit, **long)
    assert done.returncode == 126
    assert len(errors(done)) == 1 and "true" in errors(done)[0]


def test_the_key_is_kept_also_where_the_command_is_missing(fernit, mode, store):
    assert fernit("run", *mode, "no-such-command").returncode == 127
    assert (store / "fernet_key").exists()


# --- 125


FAILURES = {
    "no command": ([], {}),
    "no command behind --": (["--"], {}),
    "an unknown option": (["--frobnicate", "--", "true"], {}),
    "a short option": (["-x", "true"], {}),
    "an option without its value": (["--store"], {}),
    "a bad value": (["--store-mode", "0777", "--", "true"], {}),
    "a bad value in the environment": (["true"], {"FERNIT_CMD_TIMEOUT": "soon"}),
    "an option of another command": (["--json", "--", "true"], {}),
    "a missing settings file": (["--config", "/no/such/file", "--", "true"], {}),
    "a bad key": (["true"], {"FERNET_KEY": "hunter2hunter2"}),
    "a missing secret file": (["true"], {"FERNET_KEY_FILE": "/no/such/file"}),
    "a failing command": (["true"], {"AIRFLOW__CORE__FERNET_KEY_CMD": "sh -c 'exit 3'"}),
    "a missing command for the key": (["true"], {"AIRFLOW__CORE__FERNET_KEY_CMD": "/no/such/command"}),
    "a store that is a file": (["--store", "/etc/passwd", "--", "true"], {}),
    "a store below a file": (["--store", "/etc/passwd/store", "--", "true"], {}),
    "no place for airflow.cfg": (["--deliver", "cfg", "--", "true"], {"AIRFLOW_HOME": "/proc/none"}),
    "an empty AIRFLOW_CONFIG": (["true"], {"AIRFLOW_CONFIG": ""}),
}


@pytest.mark.parametrize("arguments, environment", FAILURES.values(), ids=FAILURES.keys())
def test_a_failure_of_fernits_own_is_125_and_one_line(fernit, mode, arguments, environment):
    fernit.secrets.add("hunter2")
    done = fernit("run", *mode, *arguments, **environment)
    assert (done.returncode, done.stdout) == (125, "")
    (error,), lines = errors(done), done.stderr.splitlines()
    assert set(lines[lines.index(error) + 1 :]) <= set(hints(done))


OF_RUN_ALONE = {"no command", "no command behind --", "an option that is not built yet", "an option of another command"}


@pytest.mark.parametrize("name", sorted(FAILURES.keys() - OF_RUN_ALONE))
def test_init_fails_with_125_too(fernit, name):
    arguments, environment = FAILURES[name]
    fernit.secrets.add("hunter2")
    words = [word for word in arguments if word not in ("--", "true")]
    done = fernit("init", *words, **environment)
    assert (done.returncode, done.stdout) == (125, "")
    assert len(errors(done)) == 1


def test_init_takes_no_command(fernit, store):
    done = fernit("init", "true")
    assert done.returncode == 125
    assert "fernit run" in done.stderr
    assert not store.exists()


def test_a_failing_airflow_cfg_is_125_and_the_command_is_not_run(fernit, mode, write_cfg):
    write_cfg("no section\n")
    done = fernit("run", *mode, "--", "echo", "it ran")
    assert (done.returncode, done.stdout) == (125, "")


def test_125_of_the_command_comes_without_a_word_of_fernits(fernit, mode, stored):
    stored(new_key())
    assert fernit("run", *mode, "--deliver", "env", "--", "sh", "-c", "exit 125").stderr == ""


def test_a_standard_error_that_cannot_be_written_does_not_change_the_status(fernit, mode):
    with open("/dev/full", "wb") as full:
        assert fernit("run", *mode, "--", "sh", "-c", "exit 3", popen={"stderr": full}).returncode == 3
        assert fernit("run", *mode, popen={"stderr": full}).returncode == 125


# --- The nearest known one


NEAREST = {
    "--stor": "--store",
    "--stroe": "--store",
    "--stroe=/a/long/path/that/is/no/part/of/the/name": "--store",
    "--store-mod=0600": "--store-mode",
    "--secret-fil": "--secret-file",
    "--cmd_timeout": "--cmd-timeout",
    "--delivr=env": "--deliver",
    "--quite": "--quiet",
    "--verbos": "--verbose",
    "--conifg=/x": "--config",
    "--allow-ephemerl": "--allow-ephemeral",
    "-quiet": "--quiet",
    "--on-chnage": "--on-change",
}


@pytest.mark.parametrize("word, nearest", NEAREST.items(), ids=NEAREST.keys())
def test_an_unknown_option_is_named_with_the_nearest_one(fernit, store, word, nearest):
    done = fernit("run", word, "--", "true")
    assert done.returncode == 125
    assert word.split("=")[0] in done.stderr
    assert f"{nearest}?" in done.stderr or f"as {nearest}" in done.stderr
    assert not store.exists()


COMMANDS = {"statsu": "status", "rnu": "run", "inti": "init", "versoin": "version", "hlep": "help", "keys": "key"}


@pytest.mark.parametrize("word, nearest", COMMANDS.items(), ids=COMMANDS.keys())
def test_an_unknown_command_is_2_and_named_with_the_nearest_one(fernit, word, nearest):
    done = fernit(word)
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr and f"fernit {nearest}" in done.stderr


KEY_COMMANDS = {"generat": "generate", "pritn": "print", "chekc": "check", "fingerprnit": "fingerprint"}


@pytest.mark.parametrize("word, nearest", KEY_COMMANDS.items(), ids=KEY_COMMANDS.keys())
def test_an_unknown_key_command_is_2_and_named_with_the_nearest_one(fernit, word, nearest):
    done = fernit("key", word)
    assert done.returncode == 2
    assert word in done.stderr and f"key {nearest}" in done.stderr


WRONG_USAGE = [
    ["frobnicate"],
    ["--frobnicate"],
    ["key"],
    ["key", "frobnicate"],
    ["key", "print", "--frobnicate"],
    ["key", "print", "--store"],
    ["key", "print", "--store-mode", "1"],
    ["key", "print", "--deliver", "env"],
    ["status", "word"],
    ["status", "--frobnicate"],
    ["status", "--cmd-timeout", "soon"],
    ["help", "frobnicate"],
]


@pytest.mark.parametrize("words", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_of_the_other_commands_is_2_and_one_line_with_a_hint(fernit, tmp_path, words):
    done = fernit(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(errors(done)) == 1 and done.stderr.startswith(errors(done)[0])
    assert list(tmp_path.iterdir()) == []


# --- Help and version


HELP = [
    ["--help"],
    ["-h"],
    ["help"],
    ["run", "--help"],
    ["run", "-h"],
    ["run", "--quiet", "--help", "--frobnicate"],
    ["init", "--help"],
    ["status", "--help"],
    ["key", "--help"],
    ["key", "generate", "--help"],
    ["key", "print", "--help"],
    ["key", "check", "--help"],
    ["key", "fingerprint", "--help"],
    ["version", "--help"],
    ["help", "--help"],
    ["help", "run"],
    ["help", "init"],
    ["help", "status"],
    ["help", "key"],
]


@pytest.mark.parametrize("words", HELP, ids=" ".join)
def test_help_is_given_with_status_0_and_nothing_is_done(fernit, tmp_path, words):
    done = fernit(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert "fernit" in done.stdout and len(done.stdout.splitlines()) > 3
    assert list(tmp_path.iterdir()) == []


def test_help_is_given_also_where_the_settings_are_wrong(fernit):
    assert fernit("run", "--help", FERNIT_CMD_TIMEOUT="soon", FERNIT_CONFIG="/no/such/file").returncode == 0


@pytest.mark.parametrize("words", [["version"], ["--version"]])
def test_version_is_one_line(fernit, words):
    done = fernit(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("fernit ") and len(done.stdout.splitlines()) == 1


# --- Options stop at the first word that is not one


@pytest.mark.parametrize("words", [["sh", "-c", "exit 3"], ["--", "sh", "-c", "exit 3"], ["--quiet", "sh", "-c", "exit 3"]])
def test_the_command_may_stand_with_or_without_two_dashes(fernit, mode, words):
    assert fernit("run", *mode, *words).returncode == 3


@pytest.mark.parametrize("words", [["--help"], ["--store", "/x"], ["--quiet"], ["--"], ["-h"], ["--frobnicate"]])
def test_options_behind_the_command_are_its_own(fernit, mode, words):
    assert fernit("run", *mode, "printf", "%s\\n", *words).stdout.split() == words


def test_behind_two_dashes_everything_is_the_command(fernit, mode):
    done = fernit("run", *mode, "--", "--quiet")
    assert done.returncode == 127
    assert "--quiet" in done.stderr


def test_a_single_dash_is_a_command(fernit, mode):
    assert fernit("run", *mode, "-").returncode == 127
