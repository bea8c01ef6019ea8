"""The manual pages: whole, well formed, and their examples do what they say."""
import os
import re
import shlex
import subprocess

import pytest

from conftest import fingerprint, new_key
from tables import COMMAND_ROWS, PAGES, SHARE, TREE, man_items

pytestmark = pytest.mark.real_binary  # about the pages, which are the same for every build

PAGE = SHARE / "man/man1/fernit.1"
INI_PAGE = SHARE / "man/man5/fernit.ini.5"
MESSAGES_PAGE = SHARE / "man/man7/fernit-messages.7"
COMPLETIONS = [SHARE / "completions" / "fernit.bash"]
# What stands in a container, and what in its place here.
AIRFLOW = """#!/bin/sh
echo "airflow $*"
"""


def rendered(page):
    return subprocess.run(["mandoc", "-T", "ascii", page], check=True, capture_output=True, timeout=60).stdout


@pytest.mark.parametrize("page", [PAGE, INI_PAGE, MESSAGES_PAGE], ids=lambda page: page.name)
def test_mandoc_finds_nothing_wrong(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")
    assert len(rendered(page)) > 2000


@pytest.mark.parametrize("page", [PAGE, INI_PAGE, MESSAGES_PAGE, *COMPLETIONS], ids=lambda page: page.name)
def test_no_place_is_left_unfilled(page):
    assert not re.search(r" @[a-z ]+@$", page.read_text(), re.MULTILINE)


@pytest.mark.parametrize("kind, text", [("man", '.\\" @nothing@\n'), ("man", '.\\" @options nothing@\n'), ("readme", "<!-- options -->\n"), ("readme", "<!-- nothing -->\n")])
def test_a_place_that_is_not_known_or_has_no_end_is_an_error(tmp_path, kind, text):
    (tmp_path / "file").write_text(text)
    done = subprocess.run([PAGES, kind, tmp_path / "file"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr.startswith("pages: ")


def test_the_sections_are_there_in_their_order():
    assert re.findall(r"^\.Sh (.*)", PAGE.read_text(), re.MULTILINE) == [
        "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "ENVIRONMENT", "FILES", "EXIT STATUS", "EXAMPLES", "DIAGNOSTICS", "SEE ALSO", "SECURITY CONSIDERATIONS",
    ]


def test_synopsis_and_description_have_every_command():
    synopsis = re.search(r"^\.Sh SYNOPSIS\n(.*?)^\.Sh ", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    names = [" ".join(row.words) for row in COMMAND_ROWS]
    assert re.findall(r"^\.Cm (.*)$", synopsis, re.MULTILINE) == names
    heads = [head for head, _ in man_items("man1/fernit.1") if head.startswith("Cm ")]
    assert [re.match(r"Cm ([a-z ]+?)(?: (?:Oo|Ar)|$)", head)[1] for head in heads] == names


@pytest.mark.parametrize("page", [PAGE, INI_PAGE, MESSAGES_PAGE], ids=lambda page: page.name)
def test_a_page_refers_to_pages_that_are_there(page):
    own = {(name, section) for name, section in re.findall(r"^\.Xr (fernit\S*) (\d)", page.read_text(), re.MULTILINE)}
    assert own and all((SHARE / f"man/man{section}/{name}.{section}").exists() for name, section in own)
    assert page != PAGE or ("fernit-messages", "7") in own


# --- Examples


def examples():
    section = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    return [line.replace("\\-", "-") for line in re.findall(r"^\.Dl (.*)", section, re.MULTILINE)]


def expects_start(words):
    return lambda done, key: done.returncode == 0 and done.stdout == f"airflow {words}\n"


EXPECTED = {
    "fernit run -- airflow scheduler": expects_start("scheduler"),
    "fernit run --init --store /var/lib/fernit -- airflow celery worker": expects_start("celery worker"),
    "fernit run --init --grace 8s --ok-exit 143 -- airflow triggerer": expects_start("triggerer"),
    "fernit run --user airflow -- airflow webserver": lambda done, key: done.returncode == 125 and "airflow" in done.stderr,  # there is no such user here
    "fernit init --secret-file /run/secrets/airflow-key": lambda done, key: done.returncode == 0 and "airflow.cfg" in done.stderr,
    "fernit status": lambda done, key: done.returncode == 0 and fingerprint(key) in done.stdout,
    "fernit key generate": lambda done, key: done.returncode == 0 and len(done.stdout) == 45,
    "fernit key print": lambda done, key: done.returncode == 0 and done.stdout == f"{key}\n",
    "fernit key promote --yes": lambda done, key: done.returncode == 0 and "has been changed" in done.stdout,
    "fernit key retire --yes": lambda done, key: done.returncode == 0 and "has been changed" in done.stdout,
}


def test_every_example_is_tried():
    assert examples() == list(EXPECTED)


@pytest.mark.parametrize("line", EXPECTED)
def test_an_example_does_what_it_says(fernit, tmp_path, stored, line):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/airflow").write_text(AIRFLOW)
    (tmp_path / "bin/airflow").chmod(0o755)
    key = new_key()
    file = stored([key, new_key()] if "retire" in line else key)
    if "promote" in line:
        file.with_name("fernet_key.staged").write_text(new_key())
    (tmp_path / "airflow-key").write_text(key)
    words = shlex.split(line.replace("/var/lib/fernit", str(tmp_path / "store")).replace("/run/secrets", str(tmp_path)))
    done = fernit(*words[1:], PATH=f"{tmp_path}/bin:/usr/bin:/bin")
    assert EXPECTED[line](done, key), (done.returncode, done.stdout, done.stderr)


def test_the_example_of_the_file_is_read_as_it_stands(fernit, tmp_path):
    text = re.search(r"^\.Bd -literal -offset indent\n(.*?)^\.Ed", INI_PAGE.read_text(), re.MULTILINE | re.DOTALL)[1]
    assert "[fernit]" in text and len(re.findall(r"^[a-z_]+ = ", text, re.MULTILINE)) > 5
    (tmp_path / "fernit.ini").write_text(text.replace("/var/lib/fernit", str(tmp_path / "store")))
    done = fernit("run", "--config", tmp_path / "fernit.ini", "--", "sh", "-c", "exit 143", FERNIT_STORE=None, FERNIT_MANAGE=None)
    assert done.returncode == 0, done.stderr
    assert all(line.startswith('{"time":') for line in done.stderr.splitlines())
    assert (tmp_path / "store/fernet_key").stat().st_mode & 0o777 == 0o660
    assert (tmp_path / "store/secret_key").exists() and not (tmp_path / "store/jwt_secret").exists()


# --- Where make install puts them


def test_make_install_puts_all_where_it_is_looked_for(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(["make", "-C", TREE, "-j1", "install", f"DESTDIR={tmp_path}", "PREFIX=/usr"], env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {str(path.relative_to(tmp_path)): path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {
        "usr/bin/fernit": 0o755,
        "usr/share/man/man1/fernit.1": 0o644,
        "usr/share/man/man5/fernit.ini.5": 0o644,
        "usr/share/man/man7/fernit-messages.7": 0o644,
        "usr/share/bash-completion/completions/fernit": 0o644,
    }
