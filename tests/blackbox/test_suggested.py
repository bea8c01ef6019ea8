"""Each command that fernit suggests works as it stands: pasted into a shell, it acts on the store that led to it.

A table of states. In each a start is told what to do; whatever commands it prints are run by a shell whose variables
name another store, and the store is looked at.
"""
import dataclasses
import os
import re
import stat
import subprocess

import pytest

from conftest import BINARY, errors, hints, listing
from keys import fingerprint, new_key
from system import Trace, pretend_mounts

#: A folder whose name no shell takes for one word.
NAME = "it's a \"store\" in $HOME and `here`; " + "x" * 200

#: Words up to the end of the line, a double quote or what ends a sentence.
WORD = r"""(?: (?:[^\s'",;()\\]|'[^']*'|\\')+)"""
COMMAND = re.compile(rf"\b(?:fernit (?:run|init|status|key (?:promote|retire|unretire|destroy)){WORD}+)")

FIRST, SECOND, THIRD = new_key(), new_key(), new_key()


@dataclasses.dataclass
class World:
    fernit: object
    store: object
    home: object
    prefix: list

    def put(self, name, *keys, mode=0o600):
        path = self.store / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(",".join(keys) + "\n")
        path.chmod(mode)

    def retire(self, key):
        self.put(f"retired/{fingerprint(key)}", key)

    def ring(self, name="fernet_key"):
        path = self.store / name
        return path.read_text().strip().split(",") if path.exists() else []

    def start(self, *words, **variables):
        return self.fernit(*words, prefix=self.prefix, FERNIT_STORE=None, **variables)

    def paste(self, command, **variables):
        other = self.home / "another store"
        environment = self.fernit.environment(FERNIT_STORE=other, PATH=f"{self.home}/bin:{os.environ['PATH']}", **variables)
        words = [*self.prefix, "sh", "-c", command]
        done = subprocess.run(words, env=environment, cwd="/", capture_output=True, text=True, timeout=60)
        assert not other.exists(), command
        return done


@pytest.fixture
def world(fernit, tmp_path):
    """A store with a difficult name; "fernit" and "airflow" are on PATH. What airflow is told stands in a file."""
    store = tmp_path / NAME
    store.mkdir(mode=0o700)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "fernit").symlink_to(BINARY)
    airflow = tmp_path / "bin" / "airflow"
    airflow.write_text(f'#!/bin/sh\necho "$* $AIRFLOW__CORE__FERNET_KEY" >>{tmp_path}/told\n')
    airflow.chmod(0o755)
    return World(fernit, store, tmp_path, [])


def suggested(done):
    return COMMAND.findall(done.stdout + done.stderr)


# --- The states: what is in the store, what is started, how many commands that suggests, and the store behind them.


def put(ring=(), staged=(), retired=()):
    def prepare(world):
        if ring:
            world.put("fernet_key", *ring)
        if staged:
            world.put("fernet_key.staged", *staged)
        for key in retired:
            world.retire(key)

    return prepare


@dataclasses.dataclass
class State:
    prepare: object
    words: list
    variables: dict
    status: int
    verbs: list  # of the commands, in their order
    ring: list  # behind them
    staged: list = dataclasses.field(default_factory=list)
    retired: list = dataclasses.field(default_factory=list)
    later: tuple = ()  # those that are for afterwards: not run


INIT, YES = ["init"], {"FERNET_KEY": SECOND}
BOTH = [FIRST, SECOND]
UP = [SECOND, FIRST]
STATES = {
    "lost, retired": State(put(retired=[FIRST]), INIT, {}, 125, ["key unretire"], [FIRST]),
    "lost, staged": State(put(staged=[FIRST]), INIT, {}, 125, ["key promote"], [FIRST]),
    "lost, another given": State(put(retired=[FIRST]), INIT, YES, 0, ["key unretire"], UP),
    "lost, in a backend": State(put(retired=[FIRST]), INIT, {"AIRFLOW__CORE__FERNET_KEY_SECRET": "k"}, 0, ["key unretire"], [FIRST]),
    "changed": State(put([FIRST]), INIT, YES, 0, ["run", "key retire"], [SECOND], retired=[FIRST]),
    "changed by Airflow's own variable": State(put([FIRST]), INIT, {"AIRFLOW__CORE__FERNET_KEY": SECOND}, 0, ["run", "run", "key retire"], [SECOND], retired=[FIRST]),
    "staged": State(put([FIRST]), ["init", "--on-change", "stage"], YES, 0, ["key promote"], UP),
    "two are staged": State(put([FIRST]), ["init", "--on-change", "stage"], {"FERNET_KEY": f"{SECOND},{THIRD}"}, 0, ["key promote"], UP, [THIRD]),
    "replaced": State(put([FIRST]), ["init", "--on-change", "replace"], YES, 0, ["key unretire"], UP),
    "a retired one is given": State(put([FIRST], retired=[SECOND]), INIT, YES, 0, ["key unretire"], BOTH),
    "another first": State(put(BOTH), INIT, YES, 0, ["key promote"], UP),
    "promote": State(put([FIRST], [SECOND]), ["key", "promote"], {}, 1, ["run", "key retire", "key promote"], UP, later=("run", "key retire")),
    "promote a retired one": State(put([FIRST], retired=[SECOND]), ["key", "promote", fingerprint(SECOND)], {}, 1, ["key unretire"], BOTH),
    "retire": State(put(BOTH), ["key", "retire"], {}, 1, ["run", "key unretire", "key retire"], [FIRST], retired=[SECOND], later=("key unretire",)),
    "retire the first": State(put([FIRST], [SECOND]), ["key", "retire", fingerprint(FIRST)], {}, 1, ["key promote"], UP),
    "retire what is given": State(put(BOTH), ["key", "retire", fingerprint(SECOND)], YES, 1, ["key promote"], UP),
    "unretire": State(put([FIRST], retired=[SECOND]), ["key", "unretire", fingerprint(SECOND)], {}, 1, ["key unretire"], BOTH),
    "destroy": State(put([FIRST], retired=[SECOND]), ["key", "destroy", fingerprint(SECOND)], {}, 1, ["key destroy"], [FIRST]),
    "destroy one in use": State(put(BOTH), ["key", "destroy", fingerprint(SECOND)], {}, 1, ["key retire"], [FIRST], retired=[SECOND]),
}


@pytest.mark.parametrize("name", STATES)
def test_what_is_suggested_does_it(world, name):
    state = STATES[name]
    state.prepare(world)
    done = world.start(*state.words, "--store", world.store, **state.variables)
    assert done.returncode == state.status, done.stderr
    commands = suggested(done)
    verbs = [re.match("fernit (key [a-z]+|[a-z]+)", command)[1] for command in commands]
    assert verbs == state.verbs, done.stdout + done.stderr
    for verb, command in zip(verbs, commands):
        if verb in state.later:
            continue
        pasted = world.paste(command, **state.variables)
        assert pasted.returncode == 0, f"{command}\n{pasted.stderr}"
        if command.startswith("fernit run"):
            words, keys = (world.home / "told").read_text().splitlines()[-1].rsplit(" ", 1)
            assert words in ("rotate-fernet-key", "...") and set(keys.split(",")) == {FIRST, SECOND}
    assert (world.ring(), world.ring("fernet_key.staged")) == (state.ring, state.staged)
    retired = world.store / "retired"
    assert [path.name for path in retired.iterdir()] == [fingerprint(key) for key in state.retired] if retired.exists() else not state.retired


def test_a_ring_that_comes_back_is_the_store_s_owner_s(world):
    """As a first start creates it."""
    world.retire(FIRST)
    if os.getuid() == 0:
        for path in [world.store, *world.store.rglob("*")]:
            os.chown(path, 65534, 65534)
    assert world.start("key", "unretire", fingerprint(FIRST), "--yes", "--store", world.store).returncode == 0
    status = (world.store / "fernet_key").stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (world.store.stat().st_uid, 0o600)


def test_a_crash_while_a_ring_comes_back_loses_no_key(world, tmp_path):
    """Killed at each call that changes a file: the key is in the ring or in retired/, and the same command ends it."""
    calls = ("openat", "linkat", "link", "unlinkat", "unlink", "fsync", "renameat2", "renameat", "rename")
    words = ["key", "unretire", fingerprint(FIRST), "--yes", "--store", world.store]
    world.retire(FIRST)
    trace = Trace(tmp_path / "trace")
    assert world.fernit(*words, prefix=trace.prefix, FERNIT_STORE=None).returncode == 0
    made = [call.name for call in trace.calls()[1:] if call.name in calls]
    killed = 0
    for place, name in enumerate(made):
        for left in ("fernet_key", ".lock"):
            (world.store / left).unlink(missing_ok=True)
        world.retire(FIRST)
        number = made[: place + 1].count(name)
        fault = Trace("/dev/null", [f"{name}:signal=KILL:when={number}"], only=name)
        process = world.fernit.start(*words, prefix=fault.prefix, FERNIT_STORE=None)
        process.communicate()
        killed += process.returncode != 0
        assert world.ring() == [FIRST] or world.ring(f"retired/{fingerprint(FIRST)}") == [FIRST], (name, number)
        again = world.start(*words)
        assert again.returncode in (0, 1) and world.ring() == [FIRST], again.stderr
    assert killed == len(made) > 5


def test_a_store_without_a_key_tells_how_to_create_one(world):
    done = world.start("key", "print", "--store", world.store)
    assert (done.returncode, len(hints(done))) == (1, 2)
    status, create = suggested(done)
    assert "would create one" in world.paste(status).stdout
    assert world.paste(create).returncode == 0 and len(world.ring()) == 1


# --- fernit init, where the start itself could not


@pytest.fixture
def elsewhere(world, namespace):
    pretend_mounts(namespace, f"99 1 0:99 / {world.home} rw,relatime - nfs server:/export nolock")
    return dataclasses.replace(world, prefix=namespace.prefix)


def test_init_carries_what_came_by_the_command_line(elsewhere):
    """The rule for a new key, where it is, what is managed, ...: else this init would do something else."""
    elsewhere.put("fernet_key", FIRST)
    given = elsewhere.home / "a new key"
    given.write_text(SECOND)
    words = ["--on-change", "stage", "--secret-file", given, "--manage=fernet_key", "--deliver", "env", "--strict", "--quiet", "--wait-timeout", "1s"]
    done = elsewhere.start("init", "--store", elsewhere.store, *words)
    assert (done.returncode, elsewhere.ring("fernet_key.staged")) == (125, []), done.stderr
    (command,) = suggested(done)
    for word in ("--on-change stage", f"--secret-file '{given}'", "--manage fernet_key", "--deliver env", "--strict"):
        assert f" {word}" in command
    assert "--quiet" not in command and "--wait" not in command
    assert elsewhere.paste(command).returncode == 0
    assert (elsewhere.ring(), elsewhere.ring("fernet_key.staged")) == ([FIRST], [SECOND])


def test_a_destroyed_key_leaves_airflow_cfg_first(world, write_cfg, cfg):
    world.put("fernet_key", FIRST)
    world.retire(SECOND)
    write_cfg(f"[core]\nfernet_key = {FIRST},{SECOND}\n")
    words = ["key", "destroy", fingerprint(SECOND), "--yes", "--store", world.store]
    (command,) = suggested(world.start(*words))
    assert world.paste(command).returncode == 0 and SECOND not in cfg.read_text()
    assert world.start(*words).returncode == 0


# --- What cannot be shown whole


@pytest.mark.parametrize("name", ["a\nb", "a\x1bb", "/".join(["y" * 230] * 3), "y" * 20 + "A" * 23], ids=["newline", "escape", "long", "like a key"])
def test_a_value_that_cannot_be_shown_is_no_value(world, name):
    """The command fails: another store, with a name that is cut, is not what it is about."""
    store = world.store / name
    store.mkdir(mode=0o700, parents=True)
    world = dataclasses.replace(world, store=store)
    world.put("fernet_key", FIRST, SECOND)
    before = listing(world.home)
    done = world.start("key", "retire", "--store", store)
    command = suggested(done)[-1]
    assert command == "fernit key retire --yes --store ..."
    pasted = world.paste(command)
    assert pasted.returncode == 2 and "--store" in pasted.stderr and listing(world.home) == before


@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_relative_fernit_ini_is_named_with_its_folder(world, by):
    world.put("fernet_key", FIRST, SECOND)
    (world.home / "my settings.ini").write_text("[fernit]\nstore_mode = 0640\n")
    words = ["--config", "my settings.ini"] if by == "option" else []
    done = world.start("key", "retire", "--store", world.store, *words, **({} if words else {"FERNIT_CONFIG": "my settings.ini"}))
    command = suggested(done)[-1]
    assert f"--config '{world.home}/my settings.ini'" in command
    assert world.paste(command).returncode == 0 and world.ring() == [FIRST]


def test_another_writer_s_word_is_carried(world):
    """What --assume-single-writer permits is permitted to the one that is suggested, too."""
    world.put("fernet_key", FIRST, SECOND)
    done = world.start("key", "retire", "--assume-single-writer", "--store", world.store)
    assert suggested(done)[-1].endswith(" --assume-single-writer")


# --- What is written for a folder, and is none

WHOLE = "only a shell replaces that: write the whole path"


@pytest.mark.parametrize(
    "given, hint",
    [
        ("~", "write {HOME}"),
        ("~/st", "write {HOME}/st"),
        ("~root/st", WHOLE),
        ("$HOME/st", WHOLE),
        ("file:///srv/st", "write /srv/st"),
        ("./a/./b", "write {cwd}/a/./b"),
        ("./" + "long/" * 30, "write {cwd}/" + "long/" * 30),
        ("data/airflow/of/production/keys/main", "write {cwd}/..."),
    ],
)
def test_a_store_that_is_no_absolute_path_is_shown_resolved(fernit, tmp_path, given, hint):
    before = listing(tmp_path)
    done = fernit("status", FERNIT_STORE=given)
    assert done.returncode == 2 and "is not an absolute path" in errors(done)[0]
    assert hints(done) == [f"fernit: hint: {hint.format(HOME=tmp_path, cwd=tmp_path)}"]
    assert listing(tmp_path) == before


def test_the_end_of_the_options_is_no_folder(fernit, tmp_path):
    before = listing(tmp_path)
    done = fernit("run", "--store", "--", "true", FERNIT_STORE=None)
    assert (done.returncode, errors(done)) == (125, ["fernit: error: --store needs a value"])
    assert hints(done) == ["fernit: hint: --store DIR"]
    assert listing(tmp_path) == before


@pytest.mark.parametrize("name", ["YESS", "YES_", "KEY", "KEYS"])
def test_a_flag_that_is_no_setting_is_not_what_somebody_meant(fernit, name, tmp_path):
    done = fernit("status", **{f"FERNIT_{name}": "1"})
    assert done.stderr == ""
    if name in ("KEY", "KEYS"):
        assert f"FERNIT_{name} is set, which Airflow and fernit do not read" in done.stdout
    else:
        assert f"\nwarning: unknown-variable: FERNIT_{name} is ignored: it is not a setting of fernit\n" in done.stdout
        assert "did you mean" not in done.stdout
    ini = tmp_path / "fernit.ini"
    ini.write_text(f"[fernit]\n{name.lower()} = 1\n")
    said = fernit("status", "--config", ini)
    assert said.returncode == 2 and "is not a setting" in errors(said)[0] and "did you mean" not in said.stderr
    ini.write_text("[fernit]\nconfi = 1\n")
    assert "did you mean" not in fernit("status", "--config", ini).stderr


# --- An errno that alone tells what to do


@pytest.mark.parametrize("call, errno, advice", [("fsync", "EIO", "check its file system and the disk below"), ("linkat", "EIO", "check its file system and the disk below"), ("getrandom", "EPERM", "see what this kernel lacks or a sandbox (seccomp) forbids")])
@pytest.mark.parametrize("is_change", [False, True], ids=["first", "change"])
def test_another_volume_is_no_cure_for_it(fernit, store, stored, call, errno, advice, is_change):
    if is_change:
        if call == "linkat":
            call = "renameat"
        stored(FIRST)
    fault = Trace("/dev/null", [f"{call}:error={errno}:when=1+"], only=call)
    done = fernit("init", prefix=fault.prefix, FERNET_KEY=SECOND if is_change else None)
    assert done.returncode == 125 and advice in "\n".join(hints(done)), done.stderr
    assert "writable" not in done.stderr and "on a host" not in done.stderr and "--store DIR" not in done.stderr
