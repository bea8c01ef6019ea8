"""Stories: random steps of a world (worlds.py), all of them data, so that each can be left out and the rest stays the same.

A step is the name of a method of World and its arguments. Paths and values are written with `@` for the world's folder and K1,
K2 ... for keys. What is not possible when its turn comes does nothing.
"""
import random
from dataclasses import dataclass

from calls import FAILS

RUN, INIT, STATUS = ["run", "--", "/usr/bin/env", "-0"], ["init"], ["status", "--json", "--run-commands"]

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
#: How a deployment is given a key from outside the store, in fernit's order. What ends so names a file.
WAYS = [
    VARIABLE, f"{VARIABLE}_CMD", f"{VARIABLE}_SECRET", "FERNET_KEY", f"{VARIABLE}_FILE", "FERNET_KEY_FILE", "FERNIT_SECRET_FILE",
]  # fmt: skip
BY_FILE = ("_CMD", "_SECRET", "_FILE")
MISNAMED = "FERNETKEY"
ON_CHANGE = ["keep", "stage", "refuse", "replace"]
KEYS = ["K1", "K2", "K3", "K4", "K5"]
RIVALS = ["K6", "K7", "K8", "K9"]

#: Calls that fail, pause or are the last one, and how many of a name a start makes, where these are more than four.
FAULTY = [
    "openat", "linkat", "renameat", "renameat2", "fsync", "write", "unlinkat", "close", "getdents64", "fstat", "newfstatat", "read",
    "fchmod", "mkdirat", "mkdir", "fcntl",
]  # fmt: skip
NUMBERS = {"openat": 30, "fstat": 12, "read": 14, "close": 20, "newfstatat": 8, "fsync": 9, "write": 8, "fcntl": 9}


@dataclass(frozen=True)
class Action:
    """One run of fernit in a deployment. A word such as `retired 0` stands for the fingerprint of a key there."""

    deployment: int
    words: list
    fault: tuple = ()  # ("moment", seconds) or (what strace injects, call, number)

    @property
    def is_start(self):
        return self.words[0] in ("run", "init")

    @property
    def may_change(self):
        return self.is_start or "--yes" in self.words


class Dice(random.Random):
    """The chance of one world, which has so many deployments."""

    def __init__(self, seed):
        super().__init__(seed)
        self.crew = self.choice([1, 1, 2, 2, 3])

    def anyone(self):
        return self.randrange(self.crew)

    def happens(self, chance):
        return self.random() < chance

    def one_of(self, weights):
        return self.choices(list(weights), list(weights.values()))[0]


def any_fault(dice):
    if dice.happens(0.2):
        return ("moment", f"{dice.uniform(0.0005, 0.006):.4f}")
    name = dice.choice(FAULTY)
    errors = [error for error in FAILS.get(name, []) if error not in ("ENOENT", "ESTALE")]  # by which a file seems not to be there
    kinds = ["signal=KILL", "delay_enter=20ms", *([f"error={dice.choice(errors)}"] if errors else [])]
    return (dice.choice(kinds), name, dice.randint(1, NUMBERS.get(name, 4)))


def any_keys(dice):
    """One key or several, as somebody gives them, now and then with a mistake."""
    separator = dice.one_of({",": 30, "\n": 1, " ": 1, ";": 1})
    right = separator.join(dice.sample(KEYS, dice.choice([1, 1, 1, 2, 2, 3])))
    return dice.one_of({right: 30, "": 1, " ": 1, "not a key": 1})


def any_start(dice, faults):
    words = dice.choices([RUN, INIT, STATUS], [8, 2, 1])[0]
    return Action(dice.anyone(), words, any_fault(dice) if dice.happens(faults) else ())


def any_key_command(dice):
    place = dice.choice(["ring 0", "ring 1", "ring 2", "staged 0", "retired 0", "retired 1"])
    which = {"promote": ["", place], "retire": ["", "", place], "unretire": ["retired 0", "retired 1"], "destroy": ["retired 0"]}
    verb = dice.choice(list(which))
    target, yes = dice.choice(which[verb]), ["--yes"] if dice.happens(0.9) else []
    words = ["key", verb, *([target] if target else []), *yes]
    return Action(dice.anyone(), words, any_fault(dice) if dice.happens(0.4) else ())


# --- The kinds of steps: each gives one or more


def start_of(dice, number):
    """What shows at once what a step has done, or fails at it."""
    return [("together", [Action(number, RUN, any_fault(dice) if dice.happens(0.3) else ())])] if dice.happens(0.6) else []


def starts(dice):
    """One, foreseen by `status`, with `again` or without; or several at once, among them a key command."""
    if dice.happens(0.15):
        number = dice.anyone()
        return [("together", [Action(number, STATUS)]), ("together", [Action(number, RUN)])]
    if dice.happens(0.75):
        return [("together", [any_start(dice, 0.25)], dice.happens(0.3))]
    crowd = [any_start(dice, 0.6) for _ in range(dice.randint(2, 4))]
    command = any_key_command(dice)
    return [("together", [*crowd, command] if dice.happens(0.3) and "destroy" not in command.words else crowd)]


def key_commands(dice):
    command = any_key_command(dice)
    return [("together", [command]), *start_of(dice, command.deployment)]


def gives(dice):
    """A deployment gets its key in another way; mostly the ways that it had are taken out."""
    number, steps = dice.anyone(), []
    changes = {name: None for name in [*WAYS, MISNAMED]} if dice.happens(0.8) else {}
    for way in dice.sample([*WAYS, "FERNET_KEY", VARIABLE], dice.choice([0, 1, 1, 1, 1, 2])):
        file = f"@/f{number}{dice.choice('ab')}"
        if way.endswith(BY_FILE):
            steps.append(("write", file, any_keys(dice)))
            changes[way] = f"cat {file}" if way.endswith("_CMD") else file
        else:
            changes[way] = any_keys(dice)
    if dice.happens(0.03):
        changes[MISNAMED] = "K5"
    return [*steps, ("environment", number, changes), *start_of(dice, number)]


def rivals(dice):
    """Each deployment is given a key of its own, and all start at once; one pauses before the store's lock, or has another fault."""
    keys = dice.sample(RIVALS, dice.crew)
    steps = [("environment", i, {**dict.fromkeys(WAYS), "FERNET_KEY": key}) for i, key in enumerate(keys)]
    fault = ("delay_enter=50ms", "fcntl", 5) if dice.happens(0.5) else any_fault(dice)
    return [*steps, ("together", [Action(0, RUN, fault), *(Action(i, RUN) for i in range(1, dice.crew))])]


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
    """By hand: the store's files, airflow.cfg, a file that gives a key."""
    number = dice.anyone()
    store, cfg, file = dice.choice(["@/s0", "@/s1"]), f"@/h{number}/airflow.cfg", f"@/f{number}c"
    return dice.choice([
        [("write", f"{store}/fernet_key", any_keys(dice))],
        [("write", f"{store}/fernet_key.staged", any_keys(dice))],
        [("write", cfg, f"[core]\nfernet_key = {any_keys(dice)}\n")],
        [("write", cfg, f"[DEFAULT]\nfernet_key = {any_keys(dice)}\n[core]\n")],
        [("write", cfg, f"[core]\nfernet_key = {any_keys(dice)}\n[webserver]\nsecret_key = {dice.choice(KEYS)}\n")],
        [("write", cfg, "[core]\nexecutor = LocalExecutor\n")],
        [("write", cfg, "[core]\nfernet_key = $FERNET_KEY\n")],
        [("write", file, any_keys(dice)), ("write", cfg, f"[core]\nfernet_key_cmd = cat {file}\n")],
        [("write", file, any_keys(dice)), ("write", cfg, f"[core]\nfernet_key =\nfernet_key_cmd = cat {file}\n")],
        [("write", file, any_keys(dice)), ("write", cfg, f"[core]\nfernet_key_secret = {file}\n")],
        [("write", f"@/f{number}{dice.choice('abc')}", any_keys(dice))],
    ])  # fmt: skip


def removals(dice):
    """The store's files, the store, a file that gives a key, airflow.cfg; a rebuild, by which AIRFLOW_HOME is empty.
    The file behind airflow.cfg's command may come back after some starts."""
    store, number = dice.choice(["@/s0", "@/s1"]), dice.anyone()
    home = f"@/h{number}"
    weights = {f"{store}/fernet_key": 4, f"{store}/fernet_key.staged": 1, store: 1, home: 6, f"{home}/airflow.cfg": 3, f"@/f{number}a": 1}
    if dice.happens(0.8):
        return [("remove", dice.one_of(weights))]
    file, aside = f"@/f{number}c", f"@/aside{number}"
    outage = [("copy", file, aside), ("remove", file), ("together", [Action(number, dice.choice([RUN, INIT]))])]
    back = [("copy", aside, file)] if dice.happens(0.5) else [("write", file, any_keys(dice))]
    return [*outage, *(back + start_of(dice, number) if dice.happens(0.7) else [])]


def backups(dice):
    """Of the store, of one of its files, of airflow.cfg: made, or restored."""
    name = dice.choice(["s0", "s0", "s1", "s0/fernet_key", "s1/fernet_key", "h0/airflow.cfg", "h1/airflow.cfg"])
    there, backup = f"@/{name}", f"@/backup-{name.replace('/', '-')}"
    return [("copy", there, backup) if dice.happens(0.5) else ("copy", backup, there)]


KINDS = {starts: 36, key_commands: 12, gives: 22, rivals: 4, settings: 8, edits: 10, removals: 6, backups: 6}


def story(seed):
    dice = Dice(seed)
    steps = []
    for _ in range(dice.crew):
        steps += settings(dice) + (gives(dice) if dice.happens(0.5) else [])
    for _ in range(dice.randint(6, 20)):
        steps += dice.one_of(KINDS)(dice)
    return steps


def smaller(steps):
    """Stories that are less than this one: by a step, by one of several starts at once, by a fault."""
    for index in reversed(range(len(steps))):
        before, step, behind = steps[:index], steps[index], steps[index + 1 :]
        yield before + behind
        for i, action in enumerate(step[1] if step[0] == "together" else []):
            fewer = [step[1][:i] + step[1][i + 1 :]] if len(step[1]) > 1 else []
            calmer = [[*step[1][:i], Action(action.deployment, action.words), *step[1][i + 1 :]]] if action.fault else []
            for actions in fewer + calmer:
                yield [*before, ("together", actions, *step[2:]), *behind]
