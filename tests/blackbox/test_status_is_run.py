"""What status says and what a run right after it does are one thing: a table of states, and in each the run is held to every word.

Run by a user who is not root, since root may read and write everything.
"""
import configparser
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from conftest import BINARY, MARK, listing
from keys import fingerprint, new_key
from managed import SECRETS, mark
from system import immutable_fixture, need  # noqa: F401

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
WHOLE = os.environ.get("FERNIT_TEST_STATES") == "all"  # every combination, not a sample
SAMPLE = 43  # has no divisor in common with what is combined


class Keys:
    """The keys of one state, each by a word."""

    def __init__(self):
        self.made = {}

    def __call__(self, *names):
        return ",".join(self.made.setdefault(name, new_key()) for name in names)


# --- The dimensions. Each function puts something into the folder; `key` is a Keys.


def write(path, text, mode=0o600):
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def store_of(*, ring=(), staged=(), retired=(), others=(), text=None, mode=0o700):
    """A store with these keys, and in the end with that mode."""

    def put(store, key):
        store.mkdir(mode=0o700)
        if ring or text:
            write(store / "fernet_key", text or key(*ring) + "\n")
        if staged:
            write(store / "fernet_key.staged", key(*staged) + "\n")
        for name in retired:
            write(store / "retired" / fingerprint(key(name)), key(name) + "\n")
        for name in others:
            write(store / name, "x" * 40 + "\n")
        store.chmod(mode)

    return put


def with_lock(put):
    """A store with a ring and `.lock`, which put(path) makes."""

    def make(store, key):
        store_of(ring=["stored"])(store, key)
        put(store / ".lock")

    return make


STORES = {
    "absent": lambda store, key: None,
    "cannot be created": lambda store, key: store.parent.chmod(0o555),
    "empty": store_of(),
    "ring": store_of(ring=["stored"]),
    "two keys": store_of(ring=["stored", "older"]),
    "ring and staged": store_of(ring=["stored"], staged=["staged"]),
    "ring and retired": store_of(ring=["stored"], retired=["retired"]),
    "retired only": store_of(retired=["retired"]),
    "staged only": store_of(staged=["staged"]),
    "other secrets only": store_of(others=["secret_key"]),
    "unreadable": store_of(ring=["stored"], mode=0),
    "read-only": store_of(ring=["stored"], mode=0o555),
    "read-only and empty": store_of(mode=0o555),
    "read-only with staged": store_of(ring=["stored"], staged=["staged"], mode=0o555),
    "a broken key": store_of(text="not-a-key\n"),
    "a file": lambda store, key: store.write_text(""),
    "a link to nothing": lambda store, key: store.symlink_to("nothing"),
    "below a file": lambda store, key: (store.parent.rmdir(), store.parent.write_text("")),
    "a lock that cannot be opened": with_lock(lambda lock: write(lock, "", mode=0)),
    "a lock that is a folder": with_lock(pathlib.Path.mkdir),
    "a lock that is a link": with_lock(lambda lock: lock.symlink_to("nothing")),
    "read-only with its lock": with_lock(lambda lock: (write(lock, ""), lock.parent.chmod(0o555))),
}


def variable(name):
    return lambda folder, ring: {name: ring}


def file_variable(folder, ring):
    write(folder / "secret", ring + "\n")
    return {"FERNET_KEY_FILE": folder / "secret"}


def command_variable(folder, ring):
    write(folder / "secret", ring + "\n")
    return {VARIABLE + "_CMD": f"cat {folder}/secret"}


def in_cfg(folder, ring):
    write(folder / "airflow" / "airflow.cfg", f"[core]\nfernet_key = {ring}\n")
    return {}


def command_in_cfg(folder, ring):
    write(folder / "secret", ring + "\n")
    write(folder / "airflow" / "airflow.cfg", f"[core]\nfernet_key_cmd = cat {folder}/secret\n")
    return {}


def failing_command_in_cfg(folder, ring):
    write(folder / "airflow" / "airflow.cfg", "[core]\nfernet_key_cmd = false\n")
    return {}


def command_beside_a_key(folder, ring):
    command_in_cfg(folder, ring)
    with open(folder / "airflow" / "airflow.cfg", "a", encoding="utf-8") as file:
        file.write(f"fernet_key = {ring}\n")
    return {}


def command_beside_what_fernit_wrote(folder, ring):
    command_in_cfg(folder, ring)
    with open(folder / "airflow" / "airflow.cfg", "a", encoding="utf-8") as file:
        file.write(f"# fernit keeps this beside fernet_key_cmd\nfernet_key = {ring}\n")
    return {}


def own_store_in_cfg(folder, ring):
    write(folder / "airflow" / "airflow.cfg", f"[core]\nfernet_key_cmd = cat {folder}/volume/store/fernet_key\n")
    return {}


SOURCES = {
    "nothing": lambda folder, ring: {},
    "FERNET_KEY": variable("FERNET_KEY"),
    "Airflow's variable": variable(VARIABLE),
    "a file": file_variable,
    "a command": command_variable,
    "airflow.cfg": in_cfg,
    "a command in airflow.cfg": command_in_cfg,
    "a command in airflow.cfg that fails": failing_command_in_cfg,
    "a command beside a key in airflow.cfg": command_beside_a_key,
    "a command beside a key in airflow.cfg that fernit wrote": command_beside_what_fernit_wrote,
    "our store in airflow.cfg": own_store_in_cfg,
}
ALONE = ["nothing", "a command in airflow.cfg that fails", "our store in airflow.cfg"]  # they give no key of their own
RINGS = [["stored"], ["given"], ["given", "stored"], ["stored", "given"], ["retired"], ["staged"]]


def cfg_of(*names, mode=0o600, folder=0o755):
    def put(cfg, key):
        if not cfg.exists():
            write(cfg, f"[core]\nfernet_key = {key(*names)}\n" if names else "[core]\nexecutor = LocalExecutor\n")
        cfg.chmod(mode)
        cfg.parent.chmod(folder)

    return put


CFGS = {
    "absent": lambda cfg, key: None,
    "absent in a read-only folder": lambda cfg, key: (cfg.parent.mkdir(exist_ok=True), cfg.parent.chmod(0o555)),
    "below a file": lambda cfg, key: write(cfg.parent, "", mode=0o755),
    "without a key": cfg_of(),
    "right": cfg_of("stored"),
    "a key too many": cfg_of("stored", "extra"),
    "another key": cfg_of("extra"),
    "in a read-only folder": cfg_of(folder=0o555),
    "read-only": cfg_of(mode=0o400, folder=0o555),
    "unreadable": cfg_of("stored", mode=0),
}
#: For those who are in the file themselves.
FILLED = ["without a key", "in a read-only folder", "read-only", "unreadable"]
CHANGES = ["keep", "stage", "refuse", "replace"]
DELIVERIES = ["env", "cfg", "env,cfg"]


def combinations(store, source):
    """(ring, airflow.cfg, --on-change, --deliver): each so manieth, from another one on for each store and source."""
    rings = [[]] if source in ALONE else RINGS
    cfgs = FILLED if "airflow.cfg" in source else CFGS
    every = list(itertools.product(rings, cfgs, CHANGES, DELIVERIES))
    step = 1 if WHOLE else SAMPLE
    return every[(list(STORES).index(store) * 5 + list(SOURCES).index(source) * 3) % step :: step]


# --- What is compared


def texts(lines, kind):
    """What fernit says in lines of this kind, without an id; "": notices."""
    found = [re.match("fernit: (?:(error|hint|warning): )?((?<=warning: )[a-z-]+: )?(.*)$", line) for line in lines]
    return [match[3] for match in found if match and (match[1] or "") == kind]


def prints(text, name="fernet_key"):
    """The fingerprints of a list of keys, or of one value."""
    if not (text or "").strip():
        return []
    return [fingerprint(key) for key in text.strip().split(",")] if name == "fernet_key" else [mark(text.strip())]


def kept(store, name="fernet_key"):
    """What the store holds: its ring, and its staged keys."""
    return [path.read_text() if path.is_file() else "" for path in (store / name, store / f"{name}.staged")]


def cfg_bytes(cfg):
    return cfg.read_bytes() if cfg.exists() else None


def in_file(cfg):
    """What Airflow finds in it: by fernet_key, else by its command."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(cfg)
    if parser.has_option("core", "fernet_key"):
        return parser.get("core", "fernet_key")
    if parser.has_option("core", "fernet_key_cmd"):
        return subprocess.run(parser.get("core", "fernet_key_cmd").split(), check=False, capture_output=True, text=True).stdout
    return ""


UNTOUCHED = ("right", "not written", "left to", "cannot be", "cannot be used", "missing, cannot", "would not be touched")


class State:
    """One row of the table, in a folder of its own."""

    owner = "65534:65534"  # of the store and of airflow.cfg

    def __init__(self, folder, prefix, **dimensions):
        self.folder, self.prefix, self.dimensions = folder, prefix, dimensions
        self.store, self.cfg = folder / "volume" / "store", folder / "airflow" / "airflow.cfg"
        self.faults = []
        shutil.rmtree(folder, ignore_errors=True)
        self.store.parent.mkdir(parents=True)

    def build(self, store, source, ring, cfg, change, deliver, **environment):
        key = Keys()
        self.store = environment.get("FERNIT_STORE") or self.store
        given = SOURCES[source](self.folder, key(*ring))
        STORES[store](self.store, key)
        CFGS[cfg](self.cfg, key)
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": self.folder,
            "AIRFLOW_HOME": self.cfg.parent,
            "FERNIT_STORE": self.store,
            "FERNIT_MANAGE": "fernet_key",
            "FERNIT_ALLOW_EPHEMERAL": "1",
            "FERNIT_ON_CHANGE": change,
            "FERNIT_DELIVER": deliver,
            **given,
            **environment,
        }
        if os.getuid() == 0:
            subprocess.run(["chown", "-R", self.owner, self.folder], check=True)

    def fernit(self, *words):
        environment = {name: str(value) for name, value in self.environment.items() if value is not None}
        return subprocess.run([*self.prefix, BINARY, *words], env=environment, capture_output=True, text=True, timeout=60)

    def expect(self, found, wanted, what):
        if found != wanted:
            self.faults.append(f"{what}: {found!r}, not {wanted!r}")

    def judge(self):
        before = listing(self.folder)
        table, done = self.fernit("status", "--run-commands"), self.fernit("status", "--run-commands", "--json")
        self.expect((table.stderr, done.stderr), ("", ""), "status on standard error")
        self.expect(listing(self.folder) == before, True, "status changes nothing")
        self.said = json.loads(done.stdout)
        self.table = table.stdout
        self.expect(table.returncode, done.returncode, "the status of --json")
        self.expect(done.returncode, 1 if self.said["problems"] else 0, "status, as there are problems")
        was_kept = {secret.name: kept(self.store, secret.name) for secret in SECRETS}
        was_file = cfg_bytes(self.cfg)
        self.run = self.fernit("run", "--", "/usr/bin/env", "-0")
        self.judge_end()
        for secret in (self.said, *self.said["secrets"]):
            self.judge_store(secret, was_kept[secret["name"]])
        self.judge_file(was_file)
        self.judge_sentences()
        return self.faults

    def judge_end(self):
        is_refused = self.said["verdict"] == "refuse"
        self.expect(self.run.returncode, 125 if is_refused else 0, "the run")
        if is_refused:
            self.expect(self.said["fingerprints"], [], "keys of a run that is refused")
            reason = texts(self.run.stderr.splitlines(), "error")[-1]
            self.expect(reason in self.said["problems"], True, f"the reason, {reason!r}, is in {self.said['problems']}")
            return
        seen = dict(line.split("=", 1) for line in self.run.stdout.split("\0")[:-1])
        self.in_environment = seen.get(VARIABLE)
        sentences = re.findall("^verdict +(.*)$", self.table, re.M)
        for secret, sentence in zip(self.said["secrets"], sentences[1:], strict=True):
            self.judge_value(secret, "not delivered" not in sentence and "env" in self.environment["FERNIT_DELIVER"], seen)
        found = prints(self.in_environment)
        if self.said["verdict"] == "generate":
            self.new = self.in_environment or kept(self.store)[0].strip()
            self.expect((len(prints(self.new)), self.said["fingerprints"]), (1, []), "a new key")
        elif "env" in self.environment["FERNIT_DELIVER"]:
            self.expect(found, self.said["fingerprints"], "keys in the environment")
        else:
            self.expect(found, [], "keys in the environment, by --deliver cfg")
        if "FERNIT_QUIET" in self.environment:
            return
        told = sorted(self.said["warnings"] + self.said["problems"])
        self.expect(told, sorted(texts(self.run.stderr.splitlines(), "warning")), "what is told")

    def judge_value(self, secret, is_delivered, seen):
        """Of a secret that is one value: what the command gets by its environment."""
        (variables,) = [known.variables for known in SECRETS if known.name == secret["name"]]
        found = [mark(seen[variable]) for variable in variables if variable in seen]
        if secret["verdict"] == "generate" and is_delivered:
            self.expect(len(found), 1, f"a new {secret['name']}")
        else:
            self.expect(found, secret["fingerprints"] if is_delivered else [], secret["name"])

    def judge_store(self, secret, before):
        name = secret["name"]
        after = kept(self.store, name)
        self.expect(after != before, secret["is_kept"], f"the store's {name} is written")
        if not secret["is_kept"]:
            self.expect(secret["would_hold"] + secret["would_stage"], [], f"what is not kept of {name}")
        elif secret["would_hold"]:
            wanted = [secret["would_hold"], secret["would_stage"]]
            self.expect([prints(text, name) for text in after], wanted, f"ring and staged keys of {name}")
        else:
            self.expect(len(prints(after[0], name)), 1, f"a new {name} in the store")

    def judge_file(self, before):
        state, after = self.said["airflow_cfg"]["state"], cfg_bytes(self.cfg)
        is_untouched = state.startswith(UNTOUCHED)
        self.expect(is_untouched, after == before, f"airflow.cfg is as it was, by {state!r}")
        self.expect(state == "missing, would be created", before is None and after is not None, "airflow.cfg is created")
        if self.said["verdict"] in ("use", "adopt", "generate") and (state.startswith("right") or not is_untouched):
            wanted = prints(self.new) if self.said["verdict"] == "generate" else self.said["fingerprints"]
            found = prints(in_file(self.cfg))
            if state.startswith("left to its command"):
                wanted = [key for key in wanted if key in found]
            self.expect(found, wanted, f"keys in airflow.cfg, by {state!r}")
        self.expect("lacks" in state, False, "a guess")

    def judge_sentences(self):
        sentences = re.findall("^verdict +(.*)$", self.table, re.M)
        if self.said["verdict"] == "refuse":
            self.expect(sentences, ["a run would be refused"], "the verdicts of a run that is refused")
            return
        uses = re.match("uses ([0-9a-f]{16}), from (.*)$", sentences[0])
        self.expect(bool(uses), self.said["verdict"] in ("use", "adopt"), "the key and its source")
        if uses:
            first, name = uses.groups()
            sources = {row["name"]: row["fingerprints"] for row in self.said["sources"]}
            sources[f"{self.store}/fernet_key.staged"] = self.said["staged"]
            self.expect(first, self.said["fingerprints"][0], "the first key")
            self.expect(first in sources.get(name, []), True, f"the first key, {first}, is from {name}")

    def __str__(self):
        return f"{self.dimensions}\n  " + "\n  ".join(self.faults) + f"\n{self.table}\n{self.run.stderr}"


@pytest.fixture
def judged(tmp_path, nobody):
    """judged(**dimensions): nothing, or what does not agree."""

    def run(**dimensions):
        state = State(tmp_path / "state", nobody, **dimensions)
        state.build(**dimensions)
        try:
            return "" if not state.judge() else str(state)
        finally:
            for folder in (state.folder, state.store.parent, state.store, state.cfg.parent):
                if folder.is_dir():
                    folder.chmod(0o755)

    return run


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("store", STORES)
def test_a_run_does_what_status_has_said(judged, store, source):
    faults = []
    for ring, cfg, change, deliver in combinations(store, source):
        faults.append(judged(store=store, source=source, ring=ring, cfg=cfg, change=change, deliver=deliver))
    faults = [fault for fault in faults if fault]
    assert not faults, f"{len(faults)} states\n" + "\n".join(faults[:5])


#: What the table above keeps still, each in a few of its states: what is different in the environment.
MANAGED = {"FERNIT_MANAGE": None, "AIRFLOW_VERSION": "2.11.2"}
OTHERS = {
    "all secrets": MANAGED,
    "all secrets, Airflow 3": {"FERNIT_MANAGE": None, "AIRFLOW_VERSION": "3.1.0"},
    "a value is given": {**MANAGED, "AIRFLOW__WEBSERVER__SECRET_KEY": "w" * 40},
    "a value that this Airflow does not read": {**MANAGED, "AIRFLOW__API_AUTH__JWT_SECRET": "w" * 40},
    "strict": {"FERNIT_STRICT": "1"},
    "strict and all secrets": {**MANAGED, "FERNIT_STRICT": "1"},
    "quiet": {"FERNIT_QUIET": "1"},
    "an option's file is missing": {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE": "/missing"},
    "an option's file is empty": {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE": ""},
    "twins": {"FERNET_KEY": "x", "FERNET_KEY_FILE": "/missing"},
    "a misnamed key": {"AIRFLOW_CORE_FERNET_KEY": "x" * 43 + "="},
    "inside a command": {"FERNIT_IN_COMMAND": "1"},
    "a backend": {VARIABLE + "_SECRET": "path/of/it"},
    "an empty variable": {VARIABLE: ""},
    "a placeholder": {VARIABLE: "$NOT_SET"},
    "a store that is not named": {"FERNIT_STORE": None},
}


@pytest.mark.parametrize("store", ["absent", "ring", "other secrets only", "unreadable", "read-only"])
@pytest.mark.parametrize("other", OTHERS)
def test_so_it_does_whatever_else_is_set(judged, store, other):
    faults = []
    for source, cfg, deliver in itertools.product(["nothing", "FERNET_KEY"], ["absent", "a key too many", "read-only"], ["env,cfg", "cfg"]):
        environment = {**OTHERS[other], "FERNIT_DELIVER": deliver}
        if source == "FERNET_KEY" and "FERNET_KEY" in environment:
            continue
        faults.append(judged(store=store, source=source, ring=["stored"], cfg=cfg, change="keep", deliver=deliver, **environment))
    faults = [fault for fault in faults if fault]
    assert not faults, f"{len(faults)} states\n" + "\n".join(faults[:5])


@pytest.mark.parametrize("permission", [None, "1"])
@pytest.mark.parametrize("cfg", ["absent", "right", "another key", "read-only"])
@pytest.mark.parametrize("source", ["nothing", "FERNET_KEY", "a file", "airflow.cfg"])
def test_so_it_does_where_the_store_dies_with_the_container(judged, source, cfg, permission):
    memory = pathlib.Path(tempfile.mkdtemp(prefix="fernit-test-", dir="/dev/shm"))
    memory.chmod(0o777)
    try:
        environment = {"FERNIT_STORE": memory / "store", "FERNIT_ALLOW_EPHEMERAL": permission}
        fault = judged(store="absent", source=source, ring=["given"], cfg=cfg, change="keep", deliver="env,cfg", **environment)
        assert not fault, fault
    finally:
        shutil.rmtree(memory)


@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("deliver", DELIVERIES)
@pytest.mark.parametrize("store", ["absent", "ring", "read-only"])
def test_so_it_does_with_an_airflow_cfg_that_is_mounted(tmp_path, nobody, namespace, store, deliver, mode):
    """What is mounted cannot be replaced: it is left, or written in place."""
    state = State(tmp_path / "state", [*namespace.prefix, *nobody])
    state.build(store=store, source="FERNET_KEY", ring=["stored"], cfg="another key", change="keep", deliver=deliver)
    state.cfg.chmod(mode)
    namespace.run("mount", "-n", "--bind", state.cfg, state.cfg)
    faults = state.judge()
    state.store.parent.chmod(0o755)
    assert not faults, str(state)
    if deliver == "cfg":
        assert (state.said["verdict"] == "refuse") == (mode == 0o400 or store == "read-only")


def test_what_cannot_be_read_is_not_said_to_be_created(tmp_path, nobody):
    state = State(tmp_path / "state", nobody)
    state.build(store="unreadable", source="nothing", ring=[], cfg="absent", change="keep", deliver="env,cfg", FERNIT_MANAGE=None)
    table = state.fernit("status")
    state.store.chmod(0o700)
    assert table.returncode == 1
    assert set(re.findall("^verdict +(.*)$", table.stdout, re.M)) == {"a run would be refused"}


def test_a_key_is_said_to_be_from_where_it_is_from(tmp_path, nobody):
    state = State(tmp_path / "state", nobody)
    state.build(store="ring and staged", source="FERNET_KEY", ring=["stored"], cfg="absent", change="keep", deliver="env,cfg")
    said, table = json.loads(state.fernit("status", "--json").stdout), state.fernit("status").stdout
    (row,) = [row for row in said["sources"] if row["name"] == "FERNET_KEY"]
    (sentence,) = re.findall("^verdict +(.*)$", table, re.M)
    assert len(said["fingerprints"]) == 2
    assert re.findall("[0-9a-f]{16}", sentence) == row["fingerprints"]
    assert f"\nreads also   {said['staged'][0]}\n" in table


def test_an_airflow_cfg_with_a_key_too_many_lacks_none(tmp_path, nobody):
    """A retired key is taken out of the file."""
    state = State(tmp_path / "state", nobody)
    state.build(store="ring and retired", source="airflow.cfg", ring=["stored", "retired"], cfg="without a key", change="keep", deliver="env,cfg")
    said = json.loads(state.fernit("status", "--json").stdout)
    assert said["airflow_cfg"]["state"] == "would be changed: sets [core] fernet_key"


# --- What no permission shows


@pytest.mark.parametrize("deliver", DELIVERIES)
@pytest.mark.parametrize("home", ["/proc/x", "/proc/x/y", "/sys/x", "/etc/passwd"])
@pytest.mark.parametrize("who", ["root", "nobody"])
def test_an_airflow_home_where_nothing_can_be_created(request, tmp_path, who, home, deliver):
    state = State(tmp_path / "state", request.getfixturevalue("nobody") if who == "nobody" else [])
    state.cfg = pathlib.Path(home, "airflow.cfg")
    state.build(store="ring", source="nothing", ring=[], cfg="absent", change="keep", deliver=deliver)
    assert not state.judge(), str(state)


@pytest.mark.parametrize("source", ["nothing", "FERNET_KEY"])
@pytest.mark.parametrize("store", ["/proc/x", "/sys/x"])
def test_a_store_where_nothing_can_be_created(tmp_path, store, source):
    state = State(tmp_path / "state", [])
    state.build(
        store="absent", source=source, ring=["given"] if source != "nothing" else [], cfg="absent",
        change="keep", deliver="env,cfg", FERNIT_STORE=pathlib.Path(store),
    )  # fmt: skip
    assert not state.judge(), str(state)
    assert (state.said["verdict"] == "refuse") == (source == "nothing")


#: What cannot be changed, by its path; the store; airflow.cfg; --on-change; and --deliver of a run that is refused.
IMMUTABLE = {
    "airflow.cfg": ("airflow/airflow.cfg", "ring", "another key", "keep", ["cfg"]),
    "its folder": ("airflow", "ring", "another key", "keep", []),
    "the ring": ("volume/store/fernet_key", "ring", "right", "keep", DELIVERIES),
    "the ring, beside which a key is staged": ("volume/store/fernet_key", "ring", "right", "stage", []),
    "staged keys": ("volume/store/fernet_key.staged", "ring and staged", "right", "stage", DELIVERIES),
    "retired keys": ("volume/store/retired", "ring and retired", "right", "replace", DELIVERIES),
    "the store": ("volume/store", "ring", "right", "keep", DELIVERIES),
    "an empty store": ("volume/store", "empty", "right", "keep", []),
}


@pytest.mark.parametrize("deliver", DELIVERIES)
@pytest.mark.parametrize("what", IMMUTABLE)
def test_what_is_immutable(tmp_path, immutable, what, deliver):
    path, store, cfg, change, refused = IMMUTABLE[what]
    state = State(tmp_path / "state", [])
    ring = ["stored"] if path.startswith("airflow") else ["given"]
    state.build(store=store, source="FERNET_KEY", ring=ring, cfg=cfg, change=change, deliver=deliver)
    immutable(state.folder / path)
    assert not state.judge(), str(state)
    assert (state.said["verdict"] == "refuse") == (deliver in refused)
    if path.startswith("volume/store/fernet_key") and refused:
        assert f"fernit: hint: chattr -i {state.folder / path}" in state.run.stderr.splitlines()


#: root without CAP_CHOWN: what it creates is its own, and uid 50000 could not read that. Whether it is refused.
WITHOUT_CHOWN = {
    "a first start": ("empty", "nothing", "absent", False),
    "a ring of uid 50000's": ("ring", "FERNET_KEY", "absent", True),
    "and airflow.cfg": ("ring", "nothing", "another key", True),
    "airflow.cfg alone": ("absent", "airflow.cfg", "without a key", False),
    "nothing": ("absent", "nothing", "absent", False),
}


@pytest.mark.parametrize("deliver", DELIVERIES)
@pytest.mark.parametrize("change", ["keep", "replace"])
@pytest.mark.parametrize("what", WITHOUT_CHOWN)
def test_root_that_may_not_chown(tmp_path, what, change, deliver):
    need("become another user")
    store, source, cfg, is_refused = WITHOUT_CHOWN[what]
    state = State(tmp_path / "state", ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown", "--"])
    state.owner = "50000:0"
    ring = [] if source == "nothing" else ["given"]
    state.build(store=store, source=source, ring=ring, cfg=cfg, change=change, deliver=deliver)
    assert not state.judge(), str(state)
    assert (state.said["verdict"] == "refuse") == is_refused


def test_a_lock_of_root_s_is_cured_by_a_chown(tmp_path, nobody):
    """It was told to go to another host."""
    need("become another user")
    state = State(tmp_path / "state", nobody)
    state.build(store="a lock that cannot be opened", source="FERNET_KEY", ring=["given"], cfg="absent", change="keep", deliver="env")
    os.chown(state.store / ".lock", 0, 0)
    assert not state.judge(), str(state)
    line = state.run.stderr
    (cure,) = re.findall("once, as root: (cd .+ && chown .+)$", line, re.MULTILINE)
    assert "on a host" not in line and f"cd {state.store} " in cure and " .lock" in cure
    subprocess.run(["sh", "-c", cure], check=True)
    (state.store / ".lock").chmod(0o600)
    assert state.fernit("init").returncode == 0
