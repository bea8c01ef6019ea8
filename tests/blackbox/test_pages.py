"""The pages for readers, README.md and doc/: short enough, no link that leads nowhere, and their samples are what the program prints.
tests/container/test_readme.py runs their commands."""
import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import new_key
from containers import STORE, container_fixture, disk_fixture  # noqa: F401
from tables import TREE
from test_survives import inside, named_volume  # noqa: F401

pytestmark = pytest.mark.real_binary  # about the pages, which are the same for every build

README = TREE / "README.md"
DOC = sorted(TREE.glob("doc/*.md"))
PAGES = [README, *DOC, TREE / "CONTRIBUTING.md", TREE / "SECURITY.md"]
README_LINES, LONG, WIDTH = 200, 100, 120

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^]]+\]\(([^)\s]+)\)")


def each(pages):
    return {"argvalues": pages, "ids": [str(page.relative_to(TREE)) for page in pages]}


def prose(page):
    return FENCED.sub("", page.read_text())


def anchors(page, level="#+"):
    """What GitHub makes of the headings."""
    heads = re.findall(rf"^{level} (.*)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads]


def links(page):
    """The links within this tree, as (file, anchor)."""
    found = [link.partition("#") for link in LINK.findall(prose(page)) if not link.startswith("https://")]
    return [((page.parent / path).resolve() if path else page, anchor) for path, _, anchor in found]


def sample(page, title, language):
    section = re.search(rf"^#+ {title}\n(.*?)(?=^#+ |\Z)", page.read_text(), re.MULTILINE | re.DOTALL)[1]
    return re.search(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1]


def test_the_readme_is_short():
    assert len(README.read_text().splitlines()) <= README_LINES


@pytest.mark.parametrize("page", **each(PAGES))
def test_lines_are_short_but_in_tables(page):
    assert not [line for line in page.read_text().splitlines() if len(line) > WIDTH and not line.startswith("|")]


@pytest.mark.parametrize("page", **each([*PAGES, TREE / "src/README.md"]))
def test_every_link_leads_somewhere(page):
    wrong = [f"{path}#{anchor}" for path, anchor in links(page) if not path.exists() or anchor and anchor not in anchors(path)]
    assert not wrong
    assert len(set(anchors(page))) == len(anchors(page))


def test_the_readme_leads_to_every_page():
    assert set(DOC) <= {path for path, _ in links(README)}


@pytest.mark.parametrize("page", **each([page for page in PAGES if len(page.read_text().splitlines()) > LONG]))
def test_a_long_page_begins_with_a_table_of_its_contents(page):
    chapters = anchors(page, "##")
    assert [anchor for path, anchor in links(page) if path == page][: len(chapters)] == chapters


def test_the_readme_names_the_versions_of_airflow_that_are_tested():
    locked = [re.search(r"^apache-airflow==(\S+)", lock.read_text(), re.MULTILINE) for lock in TREE.glob("tests/airflow/locks/*.txt")]
    section = re.search(r"^## What it runs with\n(.*?)^## ", README.read_text(), re.MULTILINE | re.DOTALL)[1]
    tested = re.search(r"tested with (.*?);", section)[1]
    assert re.findall(r"\d+\.\d+\.\d+", tested) == sorted(match[1] for match in locked if match)


# --- Samples

# What the sample has in place of what this test has: the one thing to change when the words of status change is the README.
PLACES = {"/var/airflow": "/opt/airflow"}


def squeezed(line):
    """A line with any fingerprint, and with as many blanks between its columns as the width of the longest path asks for."""
    return re.sub(r"  +", "  ", re.sub(r"\b[0-9a-f]{16}\b", "FINGERPRINT", line))


def test_the_sample_of_status_is_what_status_prints(inside, container):  # noqa: F811
    """As of a container that has been started once, with a volume. "..." stands for any lines."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    box, _ = named_volume(container)
    os.chown(box.path(STORE), 50000, 0)
    box.path(STORE).chmod(0o2770)
    box.path("/var/airflow").mkdir()
    environment = {"AIRFLOW_HOME": "/var/airflow", "AIRFLOW_CONFIG": None, "AIRFLOW_VERSION": "2.10.5"}
    assert inside(box, "run", "true", **environment).returncode == 0
    printed = inside(box, "status", **environment).stdout
    for here, there in PLACES.items():
        printed = printed.replace(here, there)
    lines = [squeezed(line) for line in printed.splitlines()]
    place = 0
    for line in sample(README, "Status", "text").splitlines():
        if line == "...":
            continue
        assert squeezed(line) in lines[place:], f"README.md shows, under Status,\n{line}\nand status prints\n{printed}"
        place = lines.index(squeezed(line), place) + 1


def test_the_sample_of_a_json_line_has_the_keys_of_a_real_one(fernit):
    shown = json.loads(sample(TREE / "doc/messages.md", "Logs for programs", "json"))
    line = fernit("key", "print", "--log-format", "json", FERNET_KEY="", AIRFLOW__CORE__FERNET_KEY=new_key()).stderr.splitlines()[0]
    real = json.loads(line)
    assert list(shown) == list(real)
    assert (shown["level"], shown["id"]) == (real["level"], real["id"])
    assert real["message"].startswith(shown["message"].removesuffix("..."))


# --- make run


def test_make_run_says_what_its_two_starts_did(tmp_path):
    """In a copy, since it leaves its store beside the program."""
    for name in ("build/fernit", "tests/demo.sh"):
        (tmp_path / name).parent.mkdir()
        shutil.copy2(TREE / name, tmp_path / name)

    def demo():
        done = subprocess.run([tmp_path / "tests/demo.sh"], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        assert len(done.stdout.splitlines()) <= 35, "more than a screen"
        return done.stdout

    first, later = demo(), demo()
    key = re.search(r"^Both starts had the same key, ([0-9a-f]{16}):", first, re.MULTILINE)[1]
    assert first.startswith("Start 1: there is no key yet. fernit creates one") and "Start 2: fernit finds the key in the store" in first
    assert first.count(f" {key}\n") == 4
    assert later.startswith("Start 1: the store holds the key of an earlier make run") and later.count(f" {key}\n") == 4
    status = re.search(r"^  (AIRFLOW_HOME=.*)$", first, re.MULTILINE)[1]
    done = subprocess.run(status, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and key in done.stdout


def test_make_run_fails_where_the_second_start_has_another_key(tmp_path):
    for name in ("build/fernit", "tests/demo.sh"):
        (tmp_path / name).parent.mkdir()
        shutil.copy2(TREE / name, tmp_path / name)
    text = (tmp_path / "tests/demo.sh").read_text()
    (tmp_path / "tests/demo.sh").write_text(text.replace('rm "$folder/airflow/airflow.cfg"', 'rm -r "$folder/store" "$folder/airflow"'))
    done = subprocess.run([tmp_path / "tests/demo.sh"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (1, "Start 2 had another key than start 1.\n")
