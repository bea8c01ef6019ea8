"""A variable that stands in the environment twice: Airflow and fernit read the first, and an empty one hides the other.

A template that sets it to nothing, and a Secret behind it, make such an environment; a shell or Python cannot.
"""
import json
import subprocess
import sys

import pytest

from conftest import errors, fingerprint, hints, hints_of, listing, new_key, warnings

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
#: execve(2) with the environment that it has, and behind it the words before "--" as they are.
TWICE = """
import ctypes, os, sys
end = sys.argv.index("--")
own = [f"{name}={value}" for name, value in os.environ.items()]
def strings(words):
    return (ctypes.c_char_p * (len(words) + 1))(*(os.fsencode(word) for word in words), None)
words = sys.argv[end + 1:]
libc = ctypes.CDLL(None, use_errno=True)
libc.execve(os.fsencode(words[0]), strings(words), strings(own + sys.argv[1:end]))
sys.exit(os.strerror(ctypes.get_errno()))
"""


@pytest.fixture
def twice(fernit):
    """twice(*words, assignments=[...], **env): fernit with these assignments behind the environment, whatever is in there."""

    def run(*words, assignments, **environment):
        return fernit(*words, prefix=[sys.executable, "-I", "-c", TWICE, *assignments, "--"], **environment)

    return run


def test_python_reads_the_first_too():
    words = [sys.executable, "-I", "-c", TWICE, "X=", "X=value", "--", sys.executable, "-I", "-c", 'import os; print(repr(os.environ["X"]))']
    assert subprocess.check_output(words, text=True) == "''\n"


GIVEN = [VARIABLE, f"{VARIABLE}_FILE", f"{VARIABLE}_CMD", f"{VARIABLE}_SECRET", "FERNET_KEY", "FERNET_KEY_FILE"]


@pytest.mark.parametrize("empty", ["", "  "], ids=["empty", "blank"])
@pytest.mark.parametrize("name", GIVEN)
@pytest.mark.parametrize("words", [["run", "--", "true"], ["init"]], ids=lambda words: words[0])
def test_no_key_is_created_beside_one_that_an_empty_one_hides(twice, tmp_path, name, words, empty):
    before = listing(tmp_path)
    done = twice(*words, assignments=[f"{name}={empty}", f"{name}=hunter2"])
    assert done.returncode == 125
    assert errors(done)[-1] == f"fernit: error: no Fernet key was created: {name} is set twice, and the first one is empty"
    assert any(hint.startswith("fernit: hint: remove the empty one") for hint in hints(done))
    assert listing(tmp_path) == before and "hunter2" not in done.stderr


@pytest.mark.parametrize("name", GIVEN)
def test_where_there_is_a_key_it_is_said(twice, stored, name):
    stored(new_key())
    done = twice("run", "--", "true", assignments=[f"{name}=", f"{name}=hunter2"])
    assert done.returncode == 0
    (line,) = warnings(done)
    assert f"{name} is set to nothing" in line
    assert hints(done)[0] == f"fernit: hint: remove the empty {name}: it is set twice, and the first one hides the other"


@pytest.mark.parametrize("name", [VARIABLE, "FERNET_KEY"])
def test_the_key_in_the_second_is_not_dropped_without_a_word(twice, name):
    first, second = new_key(), new_key()
    done = twice("init", assignments=[f"{name}={first}", f"{name}={first}", f"{name}={second}"])
    assert done.returncode == 0
    (line,) = warnings(done)
    assert f"the second {name} has another key ({fingerprint(second)}) than {name} ({fingerprint(first)}), and is not used" in line
    assert warnings(twice("init", assignments=[f"{name}={first}", f"{name}={first}", f"{name}="])) == []


def test_nor_is_the_second_of_another_secret(twice, stored):
    name = "AIRFLOW__API_AUTH__JWT_SECRET"
    stored(new_key())
    done = twice("init", assignments=[f"{name}={'a' * 40}", f"{name}={'b' * 40}"], FERNIT_MANAGE="fernet_key,jwt_secret", AIRFLOW_VERSION="3.1.0")
    assert done.returncode == 0
    assert len([line for line in warnings(done) if f"the second {name} has another" in line]) == 1, done.stderr


@pytest.mark.parametrize("name", [f"{VARIABLE}_FILE", "FERNET_KEY_FILE"])
def test_the_key_in_a_second_file_is_read_and_told(twice, tmp_path, name):
    first, second = new_key(), new_key()
    paths = [tmp_path / "first", tmp_path / "second", tmp_path / "same"]
    for path, key in zip(paths, (first, second, first), strict=True):
        path.write_text(key)
    done = twice("init", assignments=[f"{name}={paths[0]}", f"{name}={paths[1]}"])
    assert done.returncode == 0
    (line,) = warnings(done)
    assert f"the second {name} has another key ({fingerprint(second)}) than {name} ({fingerprint(first)}), and is not used" in line
    assert warnings(twice("init", assignments=[f"{name}={paths[0]}", f"{name}={paths[2]}"])) == []
    done = twice("init", assignments=[f"{name}={paths[0]}", f"{name}={tmp_path}/missing"])
    assert done.returncode == 0
    (line,) = warnings(done)
    assert f"the second {name}: " in line and "missing" in line and "until then the" in done.stderr


@pytest.mark.parametrize("words", [["init"], ["status"], ["status", "--run-commands"]], ids=" ".join)
@pytest.mark.parametrize("ending", ["_CMD", "_SECRET"])
def test_a_second_command_or_path_is_told_and_not_run(twice, tmp_path, stored, words, ending):
    key, name = new_key(), VARIABLE + ending
    stored(key)
    (tmp_path / "key").write_text(key)
    values = {"_CMD": [f"cat {tmp_path}/key", f"touch {tmp_path}/ran"], "_SECRET": ["one", "two"]}[ending]
    done = twice(*words, assignments=[f"{name}={value}" for value in values])
    assert done.returncode == 0, done.stderr
    assert f"the second {name} is not used, because {name} is used" in done.stdout + done.stderr
    assert not (tmp_path / "ran").exists()
    assert "the second" not in twice(*words, assignments=[f"{name}={values[0]}"] * 2).stderr


def test_of_another_secret_it_is_said(twice, stored):
    name = "AIRFLOW__API_AUTH__JWT_SECRET"
    stored(new_key())
    done = twice("run", "--", "true", assignments=[f"{name}=", f"{name}=hunter2"], FERNIT_MANAGE="fernet_key,jwt_secret")
    assert done.returncode == 0
    assert f"fernit: hint: remove the empty {name}: it is set twice, and the first one hides the other" in hints(done)


def test_of_an_option_s_file_it_is_said(twice, stored):
    name = "AIRFLOW__SMTP__SMTP_PASSWORD_FILE"
    stored(new_key())
    done = twice("run", "--", "true", assignments=[f"{name}=", f"{name}=/no/such"])
    assert done.returncode == 0
    assert f"fernit: warning: empty-value: {name} is set to nothing, and is ignored" in warnings(done)
    assert f"fernit: hint: remove the empty {name}: it is set twice, and the first one hides the other" in hints(done)


def test_status_says_both(twice, stored):
    done = twice("status", "--json", assignments=["FERNET_KEY=", "FERNET_KEY=hunter2"])
    shown = json.loads(done.stdout)
    assert done.returncode == 1 and shown["verdict"] == "refuse"
    assert any("FERNET_KEY is set twice" in problem for problem in shown["problems"])
    stored(new_key())
    done = twice("status", "--json", assignments=["FERNET_KEY=", "FERNET_KEY=hunter2"])
    assert done.returncode == 0
    assert any("remove the empty FERNET_KEY: it is set twice" in hint for hint in hints_of(json.loads(done.stdout)))


@pytest.mark.parametrize("values", [("", ""), ("KEY", ""), ("KEY", "hunter2"), ("KEY", "KEY")], ids=" ".join)
def test_other_duplicates_are_as_the_first_alone(twice, values):
    key = new_key()
    first, second = (key if value == "KEY" else value for value in values)
    done = twice("run", "--", "sh", "-c", "echo it ran", assignments=[f"FERNET_KEY={first}", f"FERNET_KEY={second}"])
    assert (done.returncode, done.stdout) == (0, "it ran\n")
    assert "twice" not in done.stderr


@pytest.mark.parametrize("deliver", ["env", "cfg"])
def test_the_command_has_it_once(twice, stored, deliver):
    key = new_key()
    stored(key)
    done = twice("run", "--deliver", deliver, "--", "env", assignments=[f"{VARIABLE}=", f"{VARIABLE}={new_key()}"])
    assert [line for line in done.stdout.splitlines() if line.startswith(VARIABLE)] == ([f"{VARIABLE}={key}"] if deliver == "env" else [])
