"""A command that is a script with a line that creates a Fernet key: that key would take the place of the one fernit keeps."""
import json
import os
import shutil

import pytest

from conftest import errors, hints, listing, new_key, warnings

GENERATE = "$(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())')"
CLASSIC = f"export AIRFLOW__CORE__FERNET_KEY={GENERATE}"
#: https://github.com/puckel/docker-airflow, script/entrypoint.sh
CONDITIONAL = f': "${{AIRFLOW__CORE__FERNET_KEY:=${{FERNET_KEY:={GENERATE}}}}}"'
LIMIT = 64 * 1024


@pytest.fixture
def script(tmp_path):
    """script(*lines): a script with these behind its first line, and the command's ending before them."""

    def write(*lines, first="#!/bin/sh", name="entrypoint.sh", mode=0o755):
        path = tmp_path / name
        path.write_text("\n".join([first, "echo it ran; exit 0", *lines]) + "\n")
        path.chmod(mode)
        return path

    return write


def warned(done):
    return [line for line in warnings(done) if "creates a Fernet key" in line]


@pytest.mark.parametrize("options", [[], ["--init"], ["--deliver", "cfg"]], ids=" ".join)
@pytest.mark.parametrize(
    "lines, number",
    [
        ([CLASSIC], 3),
        (["", "# a comment", CLASSIC, 'exec "$@"'], 5),
        ([f'export FERNET_KEY="{GENERATE}"'], 3),
        (["key=" + GENERATE, "export AIRFLOW__CORE__FERNET_KEY=$key"], 3),
    ],
)
def test_it_is_warned_of_and_the_command_runs(fernit, script, options, lines, number):
    path = script(*lines)
    done = fernit("run", *options, path, "webserver")
    assert (done.returncode, done.stdout) == (0, "it ran\n")
    (line,) = warned(done)
    assert line.startswith(f"fernit: warning: own-key: {path}: line {number}: ")
    assert "fernit: hint: remove that line: fernit delivers the key" in hints(done)


def test_the_id_is_own_key(fernit, script):
    done = fernit("run", "--log-format", "json", script(CLASSIC))
    (entry,) = [entry for entry in map(json.loads, done.stderr.splitlines()) if entry.get("id") == "own-key"]
    assert entry["level"] == "warning" and "line 3" in entry["message"]


@pytest.mark.parametrize("options", [[], ["--init"]], ids=" ".join)
def test_strict_refuses_it_before_anything_is_written(fernit, script, tmp_path, options):
    path = script(CLASSIC)
    before = listing(tmp_path)
    done = fernit("run", "--strict", *options, path)
    assert (done.returncode, done.stdout) == (125, "")
    assert errors(done) == [f"fernit: error: {path}: line 3: creates a Fernet key, which may replace the one in the store (refused: --strict)"]
    assert listing(tmp_path) == before


def test_one_on_the_path_is_found_there(fernit, script, tmp_path):
    script(CLASSIC)
    other = tmp_path / "other"
    other.mkdir()
    done = fernit("run", "entrypoint.sh", PATH=f"{other}:{tmp_path}:/usr/bin:/bin")
    assert done.stdout == "it ran\n" and "entrypoint.sh: line 3: " in warned(done)[0]


def test_the_first_one_on_the_path_counts(fernit, script, tmp_path):
    script(CLASSIC)
    other = tmp_path / "other"
    other.mkdir()
    script("exit 1", name="other/entrypoint.sh")
    done = fernit("run", "entrypoint.sh", PATH=f"{other}:{tmp_path}:/usr/bin:/bin")
    assert done.stdout == "it ran\n" and not warned(done)


def test_one_that_is_as_large_as_may_be_is_read(fernit, script):
    path = script(CLASSIC)
    path.write_text(path.read_text() + "#" * (LIMIT - path.stat().st_size))
    assert warned(fernit("run", path))


@pytest.mark.parametrize("words", [["sh"], ["/bin/bash", "-e"], ["dash", "-x"]], ids=" ".join)
def test_the_script_of_a_shell_is_looked_into(fernit, script, words):
    path = script(CLASSIC, first="# no interpreter", mode=0o644)
    done = fernit("run", *words, path)
    assert done.stdout == "it ran\n" and warned(done)[0].startswith(f"fernit: warning: own-key: {path}: line 3: ")
    assert fernit("run", "--strict", *words, path).returncode == 125


@pytest.mark.parametrize("words", [["sh", "-c"], ["/bin/bash", "-euc"], ["bash", "-eo", "pipefail", "-c"], ["dash", "-e", "-c"]], ids=" ".join)
@pytest.mark.parametrize("before, number", [("echo it ran; exit 0; ", 1), ("echo it ran; exit 0\n", 2)])
def test_the_text_of_a_shell_is_looked_into(fernit, words, before, number):
    done = fernit("run", *words, before + CLASSIC, "name", "-c")
    assert done.stdout == "it ran\n"
    assert warned(done)[0].startswith(f"fernit: warning: own-key: the text of -c: line {number}: ")
    assert fernit("run", "--strict", *words, before + CLASSIC).returncode == 125


def test_one_on_the_path_that_cannot_be_run_is_passed_over(fernit, script, tmp_path):
    (tmp_path / "other").mkdir()
    script("exit 1", name="other/entrypoint.sh", mode=0o644)
    script(CLASSIC)
    done = fernit("run", "entrypoint.sh", PATH=f"{tmp_path}/other:{tmp_path}:/usr/bin:/bin")
    assert done.stdout == "it ran\n" and warned(done)


# --- What is none


@pytest.mark.parametrize(
    "lines",
    [
        ['if [ -z "$AIRFLOW__CORE__FERNET_KEY" ]; then', f"  {CLASSIC}", "fi"],
        ['[ -n "$AIRFLOW__CORE__FERNET_KEY" ] || ' + CLASSIC],
        ["if [[ -z $FERNET_KEY ]]; then", "  echo one is missing", f"  key={GENERATE}", "fi"],
        [f'export AIRFLOW__CORE__FERNET_KEY="${{AIRFLOW__CORE__FERNET_KEY-{GENERATE}}}"'],
        [f': "${{AIRFLOW__CORE__FERNET_KEY={GENERATE}}}"'],
    ],
)
def test_a_line_that_a_key_it_is_given_keeps_from_running_is_fine(fernit, script, lines):
    done = fernit("run", "--strict", script(*lines))
    assert (done.returncode, done.stdout) == (0, "it ran\n") and not warned(done)


def test_a_text_without_such_a_line_is_fine(fernit, script):
    for text in ("echo it ran", f'echo it ran; exit; [ -n "$FERNET_KEY" ] || {CLASSIC}', f"{script(CLASSIC)}; exit"):
        done = fernit("run", "--strict", "sh", "-c", text)
        assert (done.returncode, done.stdout) == (0, "it ran\n") and not warned(done)


@pytest.mark.parametrize("words", [["sh"], ["sh", "-e"], ["bash", "--version"]], ids=" ".join)
def test_a_shell_without_a_script_is_fine(fernit, words):
    done = fernit("run", "--strict", *words, stdin="")
    assert done.returncode == 0 and not warned(done)


@pytest.mark.parametrize("key", ["given", "kept"])
def test_a_line_that_keeps_a_key_it_is_given_is_fine(fernit, script, stored, key):
    environment = {"FERNET_KEY": new_key()} if key == "given" else {}
    if key == "kept":
        stored(new_key())
    done = fernit("run", "--strict", script(CONDITIONAL, first="#!/usr/bin/env bash"), **environment)
    assert (done.returncode, done.stdout) == (0, "it ran\n") and not warned(done)


def test_the_same_line_is_warned_of_where_the_environment_does_not_carry_the_key(fernit, script):
    assert warned(fernit("run", "--deliver", "cfg", script(CONDITIONAL)))


@pytest.mark.parametrize(
    "lines",
    [["# " + CLASSIC], ["echo $FERNET_KEY"], ["python -c 'generate_key()'"], ["python -c 'generate_key()'", "fernet_key=1"], []],
    ids=["a comment", "the name alone", "another key", "another name", "nothing"],
)
def test_a_script_that_creates_no_fernet_key_is_fine(fernit, script, lines):
    done = fernit("run", "--strict", script(*lines))
    assert (done.returncode, done.stdout) == (0, "it ran\n") and not warned(done)


def test_one_that_is_too_large_is_not_read(fernit, script):
    path = script(CLASSIC)
    path.write_text(path.read_text() + "#" * (LIMIT - path.stat().st_size + 1))
    done = fernit("run", "--strict", path)
    assert (done.returncode, done.stdout) == (0, "it ran\n") and not warned(done)


def test_a_program_is_not_read(fernit, tmp_path):
    path = tmp_path / "program"
    shutil.copy("/bin/true", path)
    with open(path, "ab") as file:
        file.write(f"\n{CLASSIC}\n".encode())
    done = fernit("run", "--strict", path)
    assert done.returncode == 0 and not warned(done)


def test_one_without_a_first_line_is_not_read_and_not_run(fernit, script):
    done = fernit("run", "--strict", script(CLASSIC, first="# no interpreter"))
    assert done.returncode == 126 and not warned(done)


def test_one_that_may_not_be_read_is_not_read(fernit, script, nobody):
    path = script(CLASSIC, mode=0o111)
    done = fernit("run", "--strict", path, prefix=nobody)
    assert done.returncode not in (0, 125) and "Permission denied" in done.stderr and not warned(done)


@pytest.mark.parametrize("kind", ["a FIFO", "a folder", "nothing"])
def test_what_is_no_file_is_not_waited_for(fernit, tmp_path, kind):
    path = tmp_path / "entrypoint.sh"
    if kind == "a FIFO":
        os.mkfifo(path, 0o755)
    elif kind == "a folder":
        path.mkdir()
    done = fernit("run", "--strict", path, timeout=10)
    assert done.returncode == (127 if kind == "nothing" else 126) and not warned(done)


def test_where_the_key_is_not_managed_nothing_is_said(fernit, script):
    done = fernit("run", "--strict", script(CLASSIC), FERNIT_MANAGE="secret_key")
    assert (done.returncode, done.stdout) == (0, "it ran\n") and not warned(done)
