#!/usr/bin/python3
"""Worlds: random lives of some deployments, and what must hold after each step.

    tests/faults/worlds.py --worlds 50000 --seed 1    so many worlds, the first from this seed
    tests/faults/worlds.py --seed 77 --show           this one, with the commands that a person would type

A world has two stores, and deployments that each have an environment, an AIRFLOW_HOME and a database of their own. Its steps
are what people do (give a key in one of many ways, edit or remove a file, restore a backup, change a setting, rebuild a
container) and what fernit does (starts and key commands, alone or several at once, killed, slowed or failed by the kernel).

The rules:

    kept     a key that ever encrypted for a deployment is in its store's ring, staged, retired, or in a source of it;
             unless a person took it away: by an edit, a deletion, a restored backup, or `fernit key destroy`
    erased   fernit itself erases no key anywhere, and `key destroy` no other key than its own
    silent   a start that gives a ring without such a key says so or is refused. When a key was retired, fernit has said so.
             What a person took away may be unknown to fernit; not so where the store shows that its ring is missing
    created  a new key is created only where no source, ring, staged or retired key, and no other secret is
    changed  --on-change decides what becomes of a new key from outside, and of the ring
    steady   the same start once more writes nothing
    printed  no key is in what fernit prints
"""
import argparse
import base64
import configparser
import dataclasses
import functools
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field

from calls import FAILS

TREE = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("FERNIT_TEST_BINARY") or str(TREE / "build" / "fernit")

KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
RUN, INIT, STATUS = ["run", "--", "/usr/bin/env", "-0"], ["init"], ["status"]

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
#: How a deployment is given a key from outside the store, in fernit's order. What ends so names a file.
WAYS = [
    VARIABLE, f"{VARIABLE}_CMD", f"{VARIABLE}_SECRET", "FERNET_KEY", f"{VARIABLE}_FILE", "FERNET_KEY_FILE", "FERNIT_SECRET_FILE",
]  # fmt: skip
BY_FILE = ("_CMD", "_SECRET", "_FILE")
MISNAMED = "FERNETKEY"
ON_CHANGE = ["keep", "stage", "refuse", "replace"]
OTHERS = ["secret_key", "jwt_secret", "internal_api_secret_key"]

#: Warnings that say that something cannot be read.
SAYS = {
    "broken-source", "dropped-key", "empty-value", "fewer-keys", "lost-ring", "other-key", "replaced-key", "unused-source",
}  # fmt: skip
#: ... that an Airflow which starts without fernit, behind `fernit init`, gets less than the ring.
SAYS_OF_ENVIRONMENT = {"changed-key", "joined-key", "other-first", "staged-key"}


class Broken(Exception):
    """A rule does not hold."""


def keys_in(text):
    return KEY.findall(text)


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


@functools.lru_cache(100)
def core_options(text):
    """[core] of an airflow.cfg."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return dict(parser["core"]) if "core" in parser else {}


def named_file(value):
    """Of `cat FILE` or FILE."""
    return value.split()[-1] if value.split() else ""


# --- What there is


@dataclass(frozen=True)
class Stored:
    """What a store holds; the keys of a file in their order."""

    ring: list
    staged: list
    retired: set
    has_others: bool
    has_file: bool

    @staticmethod
    def look(folder):
        names = os.listdir(f"{folder}/retired") if os.path.isdir(f"{folder}/retired") else []
        retired = {key for name in names if "." not in name for key in keys_in(read(f"{folder}/retired/{name}"))}
        others = any(os.path.exists(f"{folder}/{name}") for name in OTHERS)
        return Stored(keys_in(read(f"{folder}/fernet_key")), keys_in(read(f"{folder}/fernet_key.staged")), retired, others, os.path.lexists(f"{folder}/fernet_key"))

    @property
    def all(self):
        return {*self.ring, *self.staged, *self.retired}

    @property
    def shows_loss(self):
        return not self.has_file and bool(self.staged or self.retired)


@dataclass
class Deployment:
    number: int
    environment: dict
    used: set = field(default_factory=set)  # keys that have encrypted
    gone: set = field(default_factory=set)  # keys that a person took away

    @property
    def store(self):
        return self.environment["FERNIT_STORE"]

    @property
    def cfg(self):
        return self.environment["AIRFLOW_HOME"] + "/airflow.cfg"

    def cfg_options(self):
        return core_options(read(self.cfg))

    def sources(self):
        """Every key that its sources hold now."""
        texts = [*self.environment.values(), read(self.cfg)]
        files = [named_file(value) for name, value in self.environment.items() if name.endswith(BY_FILE)]
        files += [named_file(value) for name, value in self.cfg_options().items() if name.endswith(("_cmd", "_secret"))]
        return {key for text in [*texts, *map(read, files)] for key in keys_in(text)}

    def outside(self):
        """The keys that come from outside the store; None: Airflow asks its secrets backend for them."""
        for name in WAYS:
            value = self.environment.get(name, "").strip()
            if value:
                by_file = name.endswith(BY_FILE)
                return None if name.endswith("_SECRET") else keys_in(read(named_file(value)) if by_file else value)
        options = self.cfg_options()
        return [] if keys_in(options.get("fernet_key", "")) else keys_in(read(named_file(options.get("fernet_key_cmd", ""))))

    def airflow_reads(self, environment):
        """The ring that an Airflow with this environment decrypts with."""
        for name in (VARIABLE, f"{VARIABLE}_CMD", f"{VARIABLE}_SECRET"):
            if name in environment:
                return keys_in(environment[name] if name == VARIABLE else read(named_file(environment[name])))
        options = self.cfg_options()
        if "fernet_key" in options:
            return keys_in(options["fernet_key"].replace("$FERNET_KEY", environment.get("FERNET_KEY", "")))
        return keys_in(read(named_file(options.get("fernet_key_cmd") or options.get("fernet_key_secret", ""))))


# --- What fernit does


@dataclass(frozen=True)
class Action:
    """One run of fernit in a deployment. A word such as `retired 0` stands for the fingerprint of a key there."""

    deployment: int
    words: list
    fault: tuple = ()

    @property
    def is_start(self):
        return self.words[0] in ("run", "init")

    @property
    def may_change(self):
        return self.is_start or "--yes" in self.words


@dataclass
class Outcome:
    action: Action
    status: int
    out: str
    err: str

    @property
    def said(self):
        """The warnings' names."""
        return set(re.findall(r'"level":"warning","id":"([a-z-]+)"', self.err))

    @property
    def environment(self):
        return dict(pair.split("=", 1) for pair in self.out.split("\0") if "=" in pair)


def prefix(fault):
    """The words in front of fernit: a kill, error or pause at the nth call of a name, or a kill at a moment."""
    if not fault:
        return []
    what, *rest = fault
    if what == "moment":
        return ["timeout", "-s", "KILL", rest[0]]
    name, number = rest
    fast = [] if what.startswith("signal") else ["--seccomp-bpf"]
    return ["strace", "-f", "-qq", *fast, "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:{what}:when={number}"]


class World:
    """Paths and values of the steps are written with `@` for the world's folder and K1, K2 ... for keys."""

    def __init__(self, seed, folder, show=None):
        dice = Dice(seed)
        self.folder, self.show, self.count = folder, show, Counter()
        self.keys = {f"K{i}": base64.urlsafe_b64encode(dice.randbytes(32)).decode() for i in range(1, 6)}
        self.deployments = [Deployment(i, self.base(i)) for i in range(dice.crew)]
        self.lines = [f"{name}={key}" for name, key in self.keys.items()]
        self.lines.append("export FERNIT_ALLOW_EPHEMERAL=1 FERNIT_MANAGE=fernet_key")

    def base(self, number):
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": self.folder,
            "FERNIT_ALLOW_EPHEMERAL": "1",
            "FERNIT_LOG_FORMAT": "json",
            "FERNIT_MANAGE": "fernet_key",
            "FERNIT_STORE": f"{self.folder}/s0",
            "AIRFLOW_HOME": f"{self.folder}/h{number}",
        }

    def real(self, text):
        return re.sub(r"\bK\d\b", lambda name: self.keys[name[0]], text).replace("@", self.folder)

    def note(self, line):
        """As a person would type it."""
        for name, key in self.keys.items():
            line = line.replace(key, f"${name}")
        self.lines.append(line.replace(self.folder, "$PWD"))
        if self.show:
            print(self.lines[-1], file=self.show)

    def stored(self, deployment):
        return Stored.look(deployment.store)

    def held(self, deployment):
        """By its sources and its store; who shares an airflow.cfg with others has keys in their stores, too."""
        stores = {other.store for other in self.deployments if other.cfg == deployment.cfg}
        return deployment.sources().union(*(Stored.look(store).all for store in stores))

    def all_held(self):
        return [self.held(deployment) for deployment in self.deployments]

    def has_none(self, deployment):
        """Whether a start there is the first of all, and may create a key."""
        stored = self.stored(deployment)
        return not (stored.all or stored.has_others or deployment.sources())

    # --- Steps

    def step(self, name, *arguments):
        """Runs it, and judges. What a step of a person takes away he took himself."""
        before = self.all_held()
        getattr(self, name)(*arguments)
        after = self.all_held()
        self.count[name] += 1
        for deployment, had, has in zip(self.deployments, before, after):
            if name != "together":
                deployment.gone |= had - has
            deployment.gone -= has
            self.demand(deployment.used - deployment.gone <= has, "kept", "a key that encrypted is held nowhere")

    def demand(self, holds, rule, text):
        if not holds:
            raise Broken(f"{rule}: {text}")

    def write(self, path, text):
        path, text = pathlib.Path(self.real(path)), self.real(text)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        self.note(f"install -Dm600 <(printf %b {json.dumps(text)}) {path}")

    def remove(self, path):
        path = self.real(path)
        shutil.rmtree(path) if os.path.isdir(path) else pathlib.Path(path).unlink(missing_ok=True)
        self.note(f"rm -rf {path}")

    def copy(self, source, target):
        """A backup, or its restoration: the target is what the source is."""
        source, target = self.real(source), self.real(target)
        if not os.path.exists(source):
            return
        if os.path.isdir(source):
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        else:
            os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            shutil.copy2(source, target)
        self.note(f"rm -rf {target}; cp -a {source} {target}")

    def environment(self, number, changes):
        """Sets variables of a deployment, or takes out those that are None."""
        environment = {**self.deployments[number].environment, **changes}
        environment = {name: self.real(value) for name, value in environment.items() if value is not None}
        self.deployments[number].environment = environment

    def together(self, actions, again=False):
        """fernit runs, several at the same time; `again`: the same start once more, which must write nothing."""
        before = {deployment.store: self.stored(deployment) for deployment in self.deployments}
        held = self.all_held()
        used = [set(deployment.used) for deployment in self.deployments]
        without = {deployment.store for deployment in self.deployments if self.has_none(deployment)}
        state = self.state()
        outcomes = self.run(actions)
        after = {deployment.store: self.stored(deployment) for deployment in self.deployments}
        if not any(action.may_change for action in actions):
            self.demand(self.state() == state, "steady", "what is to change nothing has written")
        self.judge_created(before, after, without & {self.deployments[action.deployment].store for action in actions})
        self.judge_stores(outcomes, before, after)
        for outcome in outcomes:
            deployment = self.deployments[outcome.action.deployment]
            number = deployment.number
            self.judge_output(outcome)
            if outcome.action.is_start:
                # Of several starts only the first may see it.
                finds_loss = len(outcomes) == 1 and before[deployment.store].shows_loss
                told = before[deployment.store].retired | after[deployment.store].retired
                self.judge_start(outcome, used[number], told, finds_loss)
        self.judge_erased(outcomes, held)
        if len(outcomes) == 1 and not actions[0].fault and actions[0].is_start:
            self.judge_change(outcomes[0], before, after)
            if again and outcomes[0].status == 0:
                self.judge_steady(outcomes[0])

    def resolve(self, action):
        """The words with fingerprints; None where there is no such key."""
        stored = self.stored(self.deployments[action.deployment])
        words = []
        for word in action.words:
            place, _, index = word.partition(" ")
            if index:
                found = sorted(getattr(stored, place)) if place == "retired" else getattr(stored, place)
                if int(index) >= len(found):
                    return None
                word = fingerprint(found[int(index)])
            words.append(word)
        return words

    def run(self, actions):
        started = []
        for action in actions:
            words = self.resolve(action)
            if words is None:
                continue
            environment = self.deployments[action.deployment].environment
            command = [*prefix(action.fault), BINARY, *words]
            files = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
            process = subprocess.Popen(command, env=environment, cwd=self.folder, **files)
            base = self.base(0)
            shown = [f'{name}="{value}"' for name, value in environment.items() if name == "AIRFLOW_HOME" or base.get(name) != value]
            store = f'FERNIT_STORE="{environment["FERNIT_STORE"]}"'
            self.note(" ".join(["env", *dict.fromkeys([store, *shown]), *prefix(action.fault), "fernit", *words]) + (" &" if len(actions) > 1 else ""))
            started.append((action, process))
        outcomes = []
        for action, process in started:
            out, err = process.communicate(timeout=120)
            outcomes.append(Outcome(action, process.returncode, out.decode(errors="replace"), err.decode(errors="replace")))
            self.lines[-1] += f"  # {process.returncode} {' '.join(sorted(outcomes[-1].said))}"
            self.count["killed" if process.returncode in (-9, 137) else "refused" if process.returncode else "good"] += 1
        if len(actions) > 1:
            self.note("wait")
        return outcomes

    def state(self):
        """Each file of the stores and homes, and what changes with any write of it."""
        found = {}
        for folder, _, files in os.walk(self.folder):
            for name in [".", *files]:
                status = os.lstat(os.path.join(folder, name))
                found[os.path.join(folder, name)] = (status.st_ino, status.st_mtime_ns, status.st_size)
        return found

    # --- Rules

    def judge_output(self, outcome):
        start = outcome.action.words[0] == "run"
        shown = outcome.err if start else outcome.out + outcome.err
        self.demand(not keys_in(shown), "printed", "a key is in the output")
        allowed = {0, 125} if outcome.action.is_start else {0, 1}
        if outcome.action.fault:
            allowed |= {-9, 137, 1, 2, 125, 126, 127}
        self.demand(outcome.status in allowed, "ends", f"with {outcome.status}: {outcome.err}")

    def ring_of(self, outcome):
        """What Airflow decrypts with after this start; None where it is not started."""
        deployment = self.deployments[outcome.action.deployment]
        if outcome.action.words[0] == "run":
            return deployment.airflow_reads(outcome.environment) if outcome.out else None
        serves = outcome.status == 0 and "cfg" in deployment.environment.get("FERNIT_DELIVER", "cfg")
        return deployment.airflow_reads(deployment.environment) if serves else None

    def judge_start(self, outcome, used, told, finds_loss):
        deployment = self.deployments[outcome.action.deployment]
        ring = self.ring_of(outcome)
        if ring is None:
            return
        now = self.held(deployment)
        self.count["starts"] += 1
        self.demand(set(ring) <= now, "kept", "a key was handed on and is held nowhere")
        lacks = used - set(ring) - told - (set() if finds_loss else deployment.gone)
        self.count["lacking"] += bool(lacks)
        says = SAYS | SAYS_OF_ENVIRONMENT if outcome.action.words == INIT else SAYS
        self.demand(not lacks or outcome.said & says, "silent", f"lacks {len(lacks)} keys and says only {sorted(outcome.said)}")
        self.demand(not finds_loss or "lost-ring" in outcome.said, "silent", "the store's ring is missing, and it does not say so")
        deployment.used |= set(ring[:1])

    def judge_created(self, before, after, stores):
        """At most one key is created in each store that had none, and by a deployment that is given none."""
        had, has = (set().union(*(stored.all for stored in all.values())) for all in (before, after))
        new = has - had - set(self.keys.values())
        self.demand(len(new) <= len(stores), "created", f"{len(new)} new keys, where {len(stores)} stores had none")
        self.keys.update({f"G{len(self.keys) + i}": key for i, key in enumerate(sorted(new))})
        self.count["created"] += len(new)

    def judge_stores(self, outcomes, before, after):
        """What goes to retired/ is told."""
        for store, now in after.items():
            moved = now.retired - before[store].retired
            here = [one for one in outcomes if self.deployments[one.action.deployment].store == store]
            told = any(one.said & {"replaced-key", "joined-key"} or one.action.words[0] == "key" for one in here)
            killed = any(one.action.fault for one in here)
            self.demand(not moved or told or killed, "silent", "a key was retired and nobody said so")

    def judge_erased(self, outcomes, held):
        destroys = [one for one in outcomes if "destroy" in one.action.words]
        for deployment, had in zip(self.deployments, held):
            erased = had - self.held(deployment)
            self.demand(len(erased) <= len(destroys), "erased", f"{len(erased)} keys are gone")
            deployment.gone |= erased

    def judge_change(self, outcome, before, after):
        deployment = self.deployments[outcome.action.deployment]
        old, now = before[deployment.store], after[deployment.store]
        given = deployment.outside()
        ring = self.ring_of(outcome)
        rule = deployment.environment.get("FERNIT_ON_CHANGE", "keep")
        new = set(given or []) - old.all
        if not old.ring or ring is None:
            return
        if not new:
            self.demand(set(old.ring) <= set(now.ring), "changed", "a key left the ring, though none is new")
            return
        self.count[rule] += 1
        self.demand(rule != "refuse", "changed", "a new key is not refused")
        if rule == "replace":
            self.demand(set(old.ring) - set(given) <= now.retired, "changed", "replace has not retired the others")
            self.demand(not set(now.ring) & (set(old.ring) - set(given)), "changed", "replace has left others in the ring")
        else:
            self.demand(set(old.ring) <= set(now.ring), "changed", f"{rule}: a key left the ring")
        if rule == "stage":
            self.demand(new <= set(now.staged), "changed", "stage has not staged the new key")
            self.demand(outcome.action.words[0] == "init" or ring[0] not in new, "changed", "a staged key encrypts")
        else:
            self.demand(new <= set(now.ring), "changed", f"{rule}: the new key is not in the ring")

    def judge_steady(self, outcome):
        state, ring = self.state(), self.ring_of(outcome)
        again = self.run([outcome.action])[0]
        self.judge_output(again)
        self.demand(again.status == 0, "steady", f"the same start once more ends with {again.status}: {again.err}")
        self.demand(self.state() == state, "steady", "the same start once more writes")
        self.demand(self.ring_of(again) == ring, "steady", "the same start once more gives another ring")
        self.count["again"] += 1


@functools.cache
def fingerprint(key):
    from keys import fingerprint as of  # beside the black-box tests

    return of(key)


# --- Chance

#: How many deployments there are.
CREWS = [1, 1, 2, 2, 3]

NUMBERS = {"openat": 30, "fstat": 12, "read": 14, "close": 20, "newfstatat": 8}
FAULTY = [
    "openat", "linkat", "renameat", "renameat2", "fsync", "write", "unlinkat", "close", "getdents64", "fstat", "newfstatat", "read",
    "fchmod", "mkdirat", "mkdir", "fcntl",
]  # fmt: skip


def any_fault(dice):
    name = dice.choice(FAULTY)
    errors = [error for error in FAILS.get(name, []) if error != "ENOENT"]
    kinds = ["signal=KILL", "delay_enter=20ms", *([f"error={dice.choice(errors)}"] if errors else [])]
    if dice.random() < 0.2:
        return ("moment", f"{dice.uniform(0.0005, 0.006):.4f}")
    return (dice.choice(kinds), name, dice.randint(1, NUMBERS.get(name, 4)))


def any_keys(dice):
    """One key or several, as somebody gives them, now and then with a mistake."""
    names = dice.sample(["K1", "K2", "K3", "K4", "K5"], dice.choice([1, 1, 1, 2, 2, 3]))
    separator = dice.choices([",", "\n", " ", ";"], [40, 1, 1, 1])[0]
    return dice.choices([separator.join(names), "", "K1"[:1] + "x", " "], [40, 1, 1, 1])[0]


def any_action(dice, faults):
    number = dice.anyone()
    words = dice.choices([RUN, INIT, STATUS], [8, 2, 1])[0]
    return Action(number, words, any_fault(dice) if dice.random() < faults else ())


def any_key_command(dice):
    place = dice.choice(["ring 0", "ring 1", "ring 2", "staged 0", "retired 0", "retired 1"])
    verbs = {"promote": [[], [place]], "retire": [[], [], [place]], "unretire": [["retired 0"], ["retired 1"]], "destroy": [["retired 0"]]}
    verb = dice.choice(list(verbs))
    yes = ["--yes"] if dice.random() < 0.9 else []
    return Action(dice.anyone(), ["key", verb, *dice.choice(verbs[verb]), *yes], any_fault(dice) if dice.random() < 0.2 else ())


def starts(dice):
    if dice.random() < 0.75:
        return [("together", [any_action(dice, 0.25)], dice.random() < 0.3)]
    crowd = [any_action(dice, 0.6) for _ in range(dice.randint(2, 4))]
    if dice.random() < 0.3:
        command = any_key_command(dice)
        if "destroy" not in command.words:
            crowd.append(command)
    return [("together", crowd)]


def key_command(dice):
    return [("together", [any_key_command(dice)])]


def gives(dice):
    """A deployment gets its key in another way: every other one is taken out, but now and then."""
    number, steps = dice.anyone(), []
    changes = {name: None for name in [*WAYS, MISNAMED]} if dice.random() < 0.8 else {}
    for way in dice.sample([*WAYS, "FERNET_KEY", VARIABLE], dice.choice([0, 1, 1, 1, 1, 2])):
        if way.endswith(BY_FILE):
            file = f"@/f{number}{dice.choice('ab')}"
            steps.append(("write", file, any_keys(dice)))
            changes[way] = f"cat {file}" if way.endswith("_CMD") else file
        else:
            changes[way] = any_keys(dice)
    if dice.random() < 0.03:
        changes[MISNAMED] = "K5"
    return [*steps, ("environment", number, changes)]


def settings(dice):
    change = dice.choice([
        {"FERNIT_ON_CHANGE": dice.choice(ON_CHANGE)},
        {"FERNIT_ON_CHANGE": dice.choice(ON_CHANGE)},
        {"FERNIT_DELIVER": dice.choice(["env", "cfg", "env,cfg"])},
        {"FERNIT_STORE": dice.choice(["@/s0", "@/s1"])},
        {"AIRFLOW_HOME": dice.choice(["@/h0", "@/h1", "@/h2"])},
        {"FERNIT_MANAGE": dice.choice(["fernet_key", "fernet_key,secret_key"])},
    ])  # fmt: skip
    return [("environment", dice.anyone(), change)]


def edits(dice):
    number = dice.anyone()
    store, cfg, file = dice.choice(["@/s0", "@/s1"]), f"@/h{number}/airflow.cfg", f"@/f{number}c"
    section = dice.choices(["core", "DEFAULT"], [6, 1])[0]
    return dice.choice([
        [("write", f"{store}/fernet_key", any_keys(dice))],
        [("write", f"{store}/fernet_key.staged", any_keys(dice))],
        [("write", cfg, f"[{section}]\nfernet_key = {any_keys(dice)}\n[core]\n".replace("[core]\n", "", section == "core"))],
        [("write", cfg, "[core]\nexecutor = LocalExecutor\n")],
        [("write", cfg, "[core]\nfernet_key = $FERNET_KEY\n")],
        [("write", file, any_keys(dice)), ("write", cfg, f"[core]\nfernet_key_cmd = cat {file}\n")],
        [("write", file, any_keys(dice)), ("write", cfg, f"[core]\nfernet_key =\nfernet_key_cmd = cat {file}\n")],
        [("write", file, any_keys(dice)), ("write", cfg, f"[core]\nfernet_key_secret = {file}\n")],
        [("write", f"@/f{number}{dice.choice('abc')}", any_keys(dice))],
    ])  # fmt: skip


def removals(dice):
    """The key's file, airflow.cfg, the container's writable layer."""
    store, number = dice.choice(["@/s0", "@/s1"]), dice.anyone()
    names = [f"{store}/fernet_key", f"{store}/fernet_key.staged", store, f"@/h{number}", f"@/h{number}/airflow.cfg", f"@/f{number}a"]
    return [("remove", dice.choices(names, [4, 1, 1, 6, 3, 1])[0])]


def backups(dice):
    """The store whole, one of its files, or airflow.cfg; to and fro."""
    name = dice.choice(["s0", "s0", "s1", "s0/fernet_key", "s1/fernet_key", "h0/airflow.cfg", "h1/airflow.cfg"])
    there, backup = f"@/{name}", f"@/backup-{name.replace('/', '-')}"
    return [("copy", there, backup) if dice.random() < 0.5 else ("copy", backup, there)]


class Dice(random.Random):
    """Chance of one world, which has so many deployments."""

    def __init__(self, seed):
        super().__init__(seed)
        self.crew = self.choice(CREWS)

    def anyone(self):
        return self.randrange(self.crew)


def story(seed):
    """The steps of a world: all of its chance, so that each can be left out."""
    dice = Dice(seed)
    steps = [step for _ in range(dice.crew) for step in settings(dice) + (gives(dice) if dice.random() < 0.5 else [])]
    kinds = {starts: 50, key_command: 14, gives: 12, settings: 6, edits: 8, removals: 5, backups: 5}
    for kind in dice.choices(list(kinds), list(kinds.values()), k=dice.randint(6, 20)):
        steps += kind(dice)
    return steps


# --- Running them


def live(seed, steps, show=None):
    """The world after its steps, and the rule that is broken, if any."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="fernit-world-", dir=memory)
    world = World(seed, folder, show)
    try:
        for step in steps:
            world.step(*step)
    except Broken as broken:
        return world, str(broken)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return world, ""


def smaller(steps):
    """Less of it, by one: a step, one of several starts at once, a fault."""
    for index in reversed(range(len(steps))):
        before, step, behind = steps[:index], steps[index], steps[index + 1 :]
        yield before + behind
        if step[0] == "together":
            for i, action in enumerate(step[1]):
                others = step[1][:i] + step[1][i + 1 :]
                if others:
                    yield [*before, ("together", others, *step[2:]), *behind]
                if action.fault:
                    calm = dataclasses.replace(action, fault=())
                    yield [*before, ("together", [*step[1][:i], calm, *step[1][i + 1 :]], *step[2:]), *behind]


def shrunk(seed, steps, broken):
    """As little of it as breaks the same rule."""
    rule = broken.split(":")[0]
    for fewer in smaller(steps):
        if live(seed, fewer)[1].startswith(rule):
            return shrunk(seed, fewer, broken)
    return steps


def prove(seeds):
    """(what was counted, the failures as texts) of these worlds, up to five failures."""
    counts, failures = Counter(), []
    for seed in seeds:
        steps = story(seed)
        world, broken = live(seed, steps)
        counts.update(world.count)
        if broken:
            steps = shrunk(seed, steps, broken)
            smallest, again = live(seed, steps)
            told = [f"world {seed}: {again}", *smallest.lines] if again else [f"world {seed}, not each time: {broken}", *world.lines]
            failures.append("\n".join(told))
            print(failures[-1], flush=True)
        if len(failures) == 5:
            break
    return counts, failures


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--worlds", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", action="store_true", help="each command, as it is given")
    chosen = options.parse_args()
    if chosen.show:
        print(live(chosen.seed, story(chosen.seed), sys.stdout)[1])
        return 0
    counts, failures = prove(range(chosen.seed, chosen.seed + chosen.worlds))
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.path.append(str(TREE / "tests" / "blackbox"))
    sys.exit(main())
