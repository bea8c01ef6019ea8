"""The README and the pages of doc/, followed word by word: each of their command blocks is run, in the order of the page, as a reader
would.

A chapter (a heading with blocks under it) is followed in a directory of its own, that holds a clone of the project. What a fence
says decides what becomes of it:

    ```sh                 is run by bash, which ends at the first command that fails
    ```sh status 125      its last command must end with that status
    ```yaml compose.yaml  (or any language and a name) is written to the file of that name
    ```text               is what a program prints: a line of it must have been printed in the chapter before

What no fence of its chapter runs is held to the program by another test: ELSEWHERE names it.

`docker` is podman, `docker compose` podman-compose and `kubectl apply` podman play kube, as everywhere in these tests.
"""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import uuid
from dataclasses import dataclass, field

import pytest
import yaml

from cluster import PEERS
from conftest import PATIENCE
from engine import CACHE, HERE, TREE

PAGES = [TREE / "README.md", *sorted(TREE.glob("doc/*.md"))]
FENCE = re.compile(r"^```(.*)$")

# (page, chapter, language) of a block that is not run, and the test that looks at it.
ELSEWHERE = {
    ("README.md", "How it works", "text"): None,  # a picture
    ("README.md", "Compose", "yaml"): "container/test_readme.py::test_the_lines_for_a_compose_file_are_those_of_the_files_to_copy",
    ("README.md", "Status", "text"): "blackbox/test_pages.py::test_the_sample_of_status_is_what_status_prints",
    ("doc/messages.md", "Logs for programs", "json"): "blackbox/test_pages.py::test_the_sample_of_a_json_line_has_the_keys_of_a_real_one",
    ("doc/migrating.md", "From Airflow's own compose file", "yaml"): "container/test_official_compose.py::test_after_root_has_migrated_services_of_any_uid_read_the_same_key",
    ("doc/options.md", "Commands", "text"): "blackbox/test_option_table.py::test_the_page_has_every_command_and_no_other",
    ("doc/process-1.md", "Waiting for the database", "yaml"): "container/test_readme.py::test_the_lines_for_a_compose_file_are_those_of_the_files_to_copy",
}


@dataclass
class Block:
    where: str
    language: str
    words: list
    text: str


@dataclass
class Chapter:
    page: str
    title: str
    blocks: list = field(default_factory=list)


def chapters(path):
    page = str(path.relative_to(TREE))
    found, fence, lines = [Chapter(page, "the beginning")], None, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark = FENCE.match(line)
        if mark and fence is None:
            fence, lines = (number, mark[1].split()), []
        elif mark:
            start, words = fence
            found[-1].blocks.append(Block(f"{page}:{start}", words[0] if words else "", words[1:], "\n".join(lines) + "\n"))
            fence = None
        elif fence is not None:
            lines.append(line)
        elif line.startswith("#"):
            found.append(Chapter(page, line.lstrip("# ")))
    return [chapter for chapter in found if chapter.blocks]


def is_run(chapter):
    return any(block.language == "sh" for block in chapter.blocks)


CHAPTERS = [chapter for page in PAGES for chapter in chapters(page)]
KNOWN = {"sh", "text", "dockerfile", "yaml", "ini", "json"}


def test_each_block_says_what_it_is():
    assert sum(map(is_run, CHAPTERS)) >= 8
    wrong = [f"{block.where}: a fence without one of {sorted(KNOWN)}" for chapter in CHAPTERS for block in chapter.blocks if block.language not in KNOWN]
    for page in PAGES:
        fenced = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
        wrong += [f"{page}: {loose!r} is indented, and run by no test; fence it" for loose in re.findall(r"\n\n((?:    )\S.*)", fenced)]
    assert not wrong


def is_followed(block, chapter):
    return block.language == "sh" or is_run(chapter) and (block.language == "text" or bool(block.words))


def test_there_is_no_block_that_no_test_looks_at():
    left = {(chapter.page, chapter.title, block.language) for chapter in CHAPTERS for block in chapter.blocks if not is_followed(block, chapter)}
    assert left == set(ELSEWHERE)
    for test in filter(None, ELSEWHERE.values()):
        file, name = test.split("::")
        assert f"\ndef {name}(" in (TREE / "tests" / file).read_text(encoding="utf-8"), test


def lines_for_a_compose_file(page, title):
    (block,) = [block for chapter in CHAPTERS if (chapter.page, chapter.title) == (page, title) for block in chapter.blocks if block.language == "yaml"]
    return yaml.safe_load(block.text)


@pytest.mark.parametrize("page, title, file, service", [
    ("README.md", "Compose", "compose.yaml", "scheduler"),
    ("README.md", "Compose", "compose.airflow3.yaml", "scheduler"),
    ("doc/process-1.md", "Waiting for the database", "compose.airflow3.yaml", "worker"),
])  # fmt: skip
def test_the_lines_for_a_compose_file_are_those_of_the_files_to_copy(page, title, file, service):
    there = yaml.safe_load((TREE / "docker" / "compose" / file).read_text(encoding="utf-8"))["services"][service]
    lines = lines_for_a_compose_file(page, title)
    assert set(lines) <= {"volumes", "environment"}
    assert set(lines.get("volumes", [])) <= set(there["volumes"])
    assert lines["environment"].items() <= there["environment"].items()


# What a reader fills in, and what a test does.
DATABASE = "postgresql://USER:PASSWORD@HOST/DATABASE"
# What looks into a container that has just been started is tried again for a while, as a person would.
LOOKS = re.compile(r"^docker (exec|logs|compose exec) ")


@dataclass
class Reader:
    """Who follows a chapter: the directory, and what has been printed so far."""

    engine: object
    folder: pathlib.Path
    environment: dict
    database: str
    printed: str = ""

    def follow(self, block):
        where = block.where
        if block.language == "sh":
            self.type(block, where)
        elif block.language == "text":
            self.compare(block, where)
        elif block.words:
            (self.folder / block.words[0]).write_text(block.text, encoding="utf-8")

    def type(self, block, where):
        """Line by line would lose `cd` and variables: so what is looked at last is a block's last line, tried until it is there."""
        lines = block.text.replace(DATABASE, self.database).rstrip("\n").split("\n")
        last = lines.pop() if LOOKS.match(lines[-1]) else None
        script = "\n".join(lines)
        if last:
            script += f"\nfor i in $(seq {PATIENCE}); do seen=$({last} 2>&1) && [ -n \"$seen\" ] && echo \"$seen\" && exit; sleep 1; done; exit 1"
        expected = int(block.words[1]) if block.words[:1] == ["status"] else 0
        done = self.engine.run("bash", "-euo", "pipefail", "-c", script, cwd=self.folder, env=self.environment, check=False, timeout=900)
        self.printed += done.stdout + done.stderr
        assert done.returncode == expected, f"{where}: status {done.returncode}\n{script}\n{done.stdout}{done.stderr}"

    def compare(self, block, where):
        """Line by line; "..." stands for anything, a fingerprint for any fingerprint."""
        for line in block.text.splitlines():
            # A message names the engine that it finds itself in.
            line = line.replace("docker run", "podman run")
            pattern = re.sub("[0-9a-f]{16}", "[0-9a-f]{16}", re.escape(line).replace(r"\.\.\.", ".*"))
            assert re.search(f"^{pattern}$", self.printed, re.M), f"{where}: nothing has printed\n{line}\nbut\n{self.printed}"


def forget(engine):
    """The names that the pages give."""
    engine.podman("pod", "rm", "--force", "--ignore", "--time", "0", "airflow-webserver-pod-0", "airflow-webserver-pod-1", check=False)
    names = engine.podman("ps", "--all", "--quiet", "--filter", "label=com.docker.compose.project=compose").stdout.split()
    engine.podman("rm", "--force", "--ignore", "--time", "0", "airflow", *names, check=False)
    engine.podman("volume", "rm", "--force", "fernit", "restored", *(f"compose_{name}" for name in ("fernit", "logs", "postgres", "redis")),
                  "config", "home", "tmp", *SECRETS, check=False)
    engine.podman("secret", "rm", *SECRETS, check=False)


SECRETS = ("airflow-fernet-key", "airflow-secret-key", "airflow-database", "RELEASE-fernet-key")


@pytest.fixture
def reader(engine, peers, tmp_path):
    """One reader at a time: the names are there once. The Helm release that a chapter comes from is made before."""
    tree = tmp_path / "fernit"
    tree.mkdir()
    for name in subprocess.run(["git", "-C", TREE, "ls-files"], capture_output=True, text=True, check=True).stdout.split():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TREE / name, tree / name)
    # What `make run` would compile in a minute, so that it need not.
    (tree / "build").mkdir()
    for name in ("obj", "deps", "fernit"):
        subprocess.run(["cp", "-a", TREE / "build" / name, tree / "build"], check=True)
    (tmp_path / "kubectl").symlink_to(HERE / "kubectl")
    (tmp_path / "cluster").mkdir()
    environment = dict(engine.environment, PATH=f"{tmp_path}:{engine.environment['PATH']}", AIRFLOW_PORT="", FERNIT_TEST_NETWORK=PEERS,
                       FERNIT_CACHE=str(CACHE), FERNIT_TEST_SECRETS="volume", FERNIT_TEST_CLUSTER=str(tmp_path / "cluster"))
    with engine.lock("readme.lock"), engine.lock("as-they-stand.lock"):
        forget(engine)
        key = base64.b64encode(base64.urlsafe_b64encode(os.urandom(32))).decode()
        (tmp_path / "cluster" / "RELEASE-fernet-key.json").write_text(json.dumps({"fernet-key": key}))
        yield Reader(engine, tree, environment, peers.database(f"t{uuid.uuid4().hex[:10]}"))
        forget(engine)


@pytest.mark.xdist_group("readme")
@pytest.mark.parametrize("chapter", [chapter for chapter in CHAPTERS if is_run(chapter)], ids=lambda chapter: f"{chapter.page}-{chapter.title}")
def test_a_reader_who_follows_the_chapter_gets_there(reader, chapter):
    for block in chapter.blocks:
        reader.follow(block)
