"""A second key behind the first, as `cat backup >> fernet_key` leaves it: no source loses it in silence.

Python reads the first key of such a text and passes over the rest. So would a start, and the next write would erase it.
"""
import json

import pytest

from conftest import errors, fingerprint, new_key

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
BETWEEN = {
    "a line end": "\n",
    "two line ends": "\r\n\r\n",
    "a blank": " ",
    "a tab": "\t",
    "a semicolon": ";",
    "a semicolon and a blank": "; ",
    "a comment": "\n# the old one: ",
    "another name": "\nFERNET_KEY=",
    "nothing": "",
}
ERROR = "is followed by another key"


class World:
    """Two keys in one source, and all that fernit could have lost them from."""

    def __init__(self, request, fernit, between):
        self.request, self.fernit = request, fernit
        self.keys = [new_key(), new_key()]
        self.text = between.join(self.keys)
        self.store, self.cfg = fernit.home / "store", fernit.home / "airflow" / "airflow.cfg"
        self.environment, self.files, self.prefix, self.options, self.stdin = {}, {}, [], [], None
        self.source = None

    def put(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        path.chmod(0o600)
        self.files[path] = text

    def start(self, *words):
        return self.fernit(*words, prefix=self.prefix, stdin=self.stdin, **self.environment)

    def check_kept(self):
        for path, text in self.files.items():
            assert path.read_bytes().decode() == text, path


def in_the_variable(world):
    world.environment[VARIABLE] = world.text
    world.source = VARIABLE


def in_a_variable_that_airflow_expands(world):
    world.environment.update({VARIABLE: "$RING", "RING": world.text})
    world.source = VARIABLE


def in_the_bare_variable(world):
    world.environment["FERNET_KEY"] = world.text
    world.source = "FERNET_KEY"


def in_what_a_command_prints(world):
    world.put(world.fernit.home / "given", world.text)
    world.environment[f"{VARIABLE}_CMD"] = f"cat {world.fernit.home / 'given'}"
    world.source = f"{VARIABLE}_CMD"


def in_a_file(world):
    world.put(world.fernit.home / "given", world.text)
    world.environment[f"{VARIABLE}_FILE"] = world.fernit.home / "given"
    world.source = f"{VARIABLE}_FILE"


def in_a_bare_file(world):
    world.put(world.fernit.home / "given", world.text)
    world.environment["FERNET_KEY_FILE"] = world.fernit.home / "given"
    world.source = "FERNET_KEY_FILE"


def in_a_secret_file(world):
    world.put(world.fernit.home / "given", world.text)
    world.environment["FERNIT_SECRET_FILE"] = world.fernit.home / "given"
    world.source = str(world.fernit.home / "given")


def in_a_mounted_secret(world):
    secrets = world.request.getfixturevalue("mounted_secrets")
    world.put(secrets / "fernet_key", world.text)
    world.prefix = world.request.getfixturevalue("namespace").prefix
    world.source = "/run/secrets/fernet_key"


def in_the_store(world):
    world.put(world.store / "fernet_key", world.text)
    world.source = str(world.store / "fernet_key")


def in_the_staged_file(world):
    world.put(world.store / "fernet_key", new_key() + "\n")
    world.put(world.store / "fernet_key.staged", world.text)
    world.source = str(world.store / "fernet_key.staged")


def in_airflow_cfg(world):
    """Where a line end does, the second key is in a line that continues the first."""
    world.put(world.cfg, "[core]\nfernet_key = " + world.text.replace("\n", "\n  ") + "\n")
    world.source = f"{world.cfg}: fernet_key"


def in_a_command_of_airflow_cfg(world):
    world.put(world.fernit.home / "given", world.text)
    world.put(world.cfg, f"[core]\nfernet_key_cmd = cat {world.fernit.home / 'given'}\n")
    world.source = f"{world.cfg}: fernet_key_cmd"


OUTSIDE = [
    in_the_variable,
    in_a_variable_that_airflow_expands,
    in_the_bare_variable,
    in_what_a_command_prints,
    in_a_file,
    in_a_bare_file,
    in_a_secret_file,
    in_a_mounted_secret,
]
SOURCES = [*OUTSIDE, in_the_store, in_the_staged_file, in_airflow_cfg, in_a_command_of_airflow_cfg]


@pytest.fixture(params=BETWEEN)
def between(request):
    return BETWEEN[request.param]


@pytest.fixture
def world(request, fernit, between, source):
    made = World(request, fernit, between)
    source(made)
    return made


def is_comment(between):
    """To configparser: a line that begins with "#" is none of the value."""
    return "\n#" in between


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
@pytest.mark.parametrize("words", [["run", "--", "true"], ["init"], ["key", "print"], ["key", "check"]], ids=lambda words: " ".join(words[:2]))
def test_it_ends_the_start_and_the_source_stays(world, source, between, words):
    if source is in_airflow_cfg and is_comment(between):
        done = world.start(*words)
        assert done.returncode == 0
        assert world.keys[1] in world.cfg.read_text()
        return
    done = world.start(*words)
    assert done.returncode == (125 if words[0] in ("run", "init") else 1)
    assert errors(done)[-1].startswith(f"fernit: error: {world.source}") and ERROR in errors(done)[-1]
    assert done.stdout == ""
    world.check_kept()
    assert not (world.store / "fernet_key").exists() or world.store / "fernet_key" in world.files


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_status_says_so(world, source, between):
    if source is in_airflow_cfg and is_comment(between):
        return
    done = world.start("status", "--json", "--run-commands")
    shown = json.loads(done.stdout)
    assert done.returncode == 1 and shown["verdict"] == "refuse"
    assert any(ERROR in problem and world.source in problem for problem in shown["problems"])
    world.check_kept()


@pytest.mark.parametrize("source", [in_the_store, in_airflow_cfg], ids=lambda source: source.__name__)
@pytest.mark.parametrize("on_change", ["keep", "stage", "replace"])
def test_below_a_source_that_gives_a_key_it_is_a_warning_and_the_source_stays(world, source, between, on_change):
    key = new_key()
    world.environment.update({"FERNET_KEY": key, "FERNIT_ON_CHANGE": on_change})
    done = world.start("run", "--", "sh", "-c", 'echo "$AIRFLOW__CORE__FERNET_KEY"')
    assert done.returncode == 0 and done.stdout.split(",")[0].strip() == key
    if source is in_airflow_cfg and is_comment(between):
        return
    assert ERROR in done.stderr and "fernit: warning: " in done.stderr
    path = world.store / "fernet_key" if source is in_the_store else world.cfg
    assert path.read_bytes().decode() == world.files[path]


@pytest.mark.parametrize("source", [in_the_staged_file], ids=lambda source: source.__name__)
@pytest.mark.parametrize("words", [["promote"], ["retire"]], ids=" ".join)
def test_no_key_command_touches_it(world, words):
    done = world.start("key", *words, "--yes")
    assert done.returncode == 1 and ERROR in done.stderr
    world.check_kept()


def in_a_retired_file(world):
    world.put(world.store / "fernet_key", new_key() + "\n")
    world.put(world.store / "retired" / fingerprint(world.keys[0]), world.text)


@pytest.mark.parametrize("source", [in_a_retired_file], ids=lambda source: source.__name__)
def test_unretire_leaves_it_where_it_is(world):
    done = world.start("key", "unretire", fingerprint(world.keys[0]), "--yes")
    assert done.returncode == 1 and ERROR in done.stderr
    world.check_kept()


@pytest.mark.parametrize("command", ["check", "fingerprint"])
@pytest.mark.parametrize("where", ["standard input", "a file"])
def test_key_check_and_key_fingerprint_refuse_it(fernit, between, command, where):
    text = between.join([new_key(), new_key()])
    (fernit.home / "given").write_bytes(text.encode())
    stdin = {"stdin": text} if where == "standard input" else {}
    done = fernit("key", command, "-" if stdin else fernit.home / "given", **stdin)
    assert (done.returncode, done.stdout) == (1, "") and ERROR in errors(done)[0]


@pytest.mark.parametrize("place", [1, 2])
def test_in_a_list_the_element_is_named(fernit, between, place):
    elements = [new_key(), new_key()]
    elements[place - 1] += between + new_key()
    done = fernit("key", "check", "-", stdin=",".join(elements))
    assert done.returncode == 1 and f"key {place} of 2 {ERROR}" in errors(done)[0]


@pytest.mark.parametrize("junk", ["\n# made by hand", " ; the old one is gone", "==", "\n\n", '"', " of 2021-01-02"])
def test_other_junk_behind_a_key_is_dropped_as_python_drops_it(fernit, junk):
    key = new_key()
    assert fernit("run", "--", "sh", "-c", 'echo "$AIRFLOW__CORE__FERNET_KEY"', FERNET_KEY=key + junk).stdout == f"{key}\n"


def test_there_is_one_cure(fernit, stored):
    """The key can be had by editing the file: nobody needs a backup of it."""
    stored(f"{new_key()}\n{new_key()}\n")
    (line,) = errors(fernit("init"))
    assert line.endswith(f": the key {ERROR}")
