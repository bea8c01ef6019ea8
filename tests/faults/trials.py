"""Trials: a scenario in which one thing goes wrong, over and over until each has, and what must hold after each.

A Scenario is what fernit is asked to do, and where. A Proof runs it once undisturbed, to learn its calls and its end
(the model). Then it is tried with one disturbance at a time, and what each trial leaves is judged: the old state or the new one,
nothing handed on that is not durable, and a next start that works and clears up.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, field

from calls import errors_of, is_harmless
from ledger import CALLS, Ledger
from proofs import proof
from system import WAYS, Trace

TREE = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("FERNIT_TEST_BINARY") or TREE / "build" / "fernit").resolve()

SHOW = ["run", "--", "/usr/bin/env", "-0"]
#: Below the folder of a Place. Folders apart, so that what makes one durable says nothing of the other.
STORE, HOME, CFG = "volume/store", "airflow", "airflow/airflow.cfg"
SECRET = re.compile(r"[A-Za-z0-9_-]{43,}=")
COMMENT = re.compile(rb"# *[a-z_]+ = [A-Za-z0-9_-]{43,}=\r?\n")
#: What a start says that goes on without having kept a secret.
UNKEPT = "is not kept there"
#: The random part of a temporary's name.
RANDOM = re.compile(r"(?<=\.)[0-9a-f]{16}\b")
#: "fernit: PLACE: what failed: why; what to do"
ADVICE = re.compile(r"^fernit: (hint: .+|.+; .+)", re.M)


class Place:
    """A store and an AIRFLOW_HOME that are brought back to one state again and again; in memory, if that can be had.

    `folder` is where fernit finds it, `seen` where this process does: another path, if fernit runs in another namespace.
    """

    def __init__(self, namespace=None):
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="fernit-faults-", dir=memory))
        self.folder = self.root / "folder"
        self.folder.mkdir()
        self.store, self.home, self.cfg = self.folder / STORE, self.folder / HOME, self.folder / CFG
        self.seen = namespace.path(self.folder) if namespace else self.folder
        self.prefix = namespace.prefix if namespace else []
        self.store.parent.mkdir()

    def state(self):
        """Everything there is: relative path to bytes, None for a directory."""
        found = {}
        for folder, folders, files in os.walk(self.seen):
            for name in folders:
                found[os.path.relpath(os.path.join(folder, name), self.seen)] = None
            for name in files:
                path = os.path.join(folder, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.seen)] = file.read()
        return found

    def reset(self, state):
        """Files that are there already keep their inode, since one may be mounted."""
        now = self.state()
        for name in sorted(now.keys() - state.keys(), reverse=True):
            path = self.seen / name
            path.rmdir() if now[name] is None else path.unlink()
        for name in sorted(state):
            if state[name] is None:
                (self.seen / name).mkdir(mode=0o700, exist_ok=True)
            elif now.get(name) != state[name]:
                self.put(name, state[name])

    def put(self, name, content):
        path = self.seen / name
        path.write_bytes(content)
        path.chmod(0o600)

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)


@dataclass
class Done:
    status: int
    out: bytes
    err: str

    @property
    def environment(self):
        """What the command, env -0, has seen; empty where it was not run."""
        return dict(pair.split("=", 1) for pair in self.out.decode().split("\0") if "=" in pair)


@dataclass
class Scenario:
    """`before(place, run)` brings a Place to the old state; the words, then `after`, which is a start, to the new one."""

    name: str
    words: list = field(default_factory=lambda: SHOW)
    after: list = field(default_factory=lambda: SHOW)
    before: callable = lambda place, run: None
    lacks: list = field(default_factory=list)  # faults of the file system itself, as of WAYS
    environment: dict = field(default_factory=dict)
    generates: bool = False  # its secrets are other ones each time
    by_cfg: bool = False  # the command gets its secrets by airflow.cfg alone


class Failure(AssertionError):
    pass


def check(condition, text):
    if not condition:
        raise Failure(text)


def shape(text):
    return re.sub(rb"[A-Za-z0-9_-]", b"x", text)


def secrets_in(state):
    """The files of the store that hold a secret: name in it to bytes."""
    names = [name for name in state if name.startswith(f"{STORE}/") and "/." not in name and state[name] is not None]
    return {name.removeprefix(f"{STORE}/"): state[name] for name in names}


def cfg_of(state, secrets=None):
    """The text of airflow.cfg with names in place of the secrets, those of the store; None where there is none.

    A value that was replaced, and could not be retired, stays as a comment.
    """
    cfg = state.get(CFG)
    cfg = cfg and COMMENT.sub(b"", cfg)
    for name, text in sorted((secrets or secrets_in(state)).items(), key=lambda secret: -len(secret[1])):
        cfg = cfg and cfg.replace(text.strip(), b"<" + name.encode() + b">")
    return cfg


def values(secrets):
    """Every single key and value in them."""
    return {value for text in secrets.values() for value in text.strip().split(b",")}


class Proof:
    def __init__(self, scenario, place):
        self.scenario, self.place = scenario, place
        self.count, self.losses, self.ends = Counter(), [], {}
        self.lacking = {fault.split(":")[0] for fault in scenario.lacks}
        scenario.before(place, self.run)
        self.old = place.state()
        self.learn()

    # --- Running

    def run(self, words, prefix=(), **changes):
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": self.place.folder,
            "AIRFLOW_HOME": self.place.home,
            "FERNIT_STORE": self.place.store,
            "FERNIT_ALLOW_EPHEMERAL": "1",
            **self.scenario.environment,
            **changes,
        }
        done = subprocess.run(
            [*self.place.prefix, *prefix, BINARY, *words],
            env={name: str(value) for name, value in environment.items() if value is not None},
            cwd=self.place.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )
        err = done.stderr.decode(errors="replace")
        check(not SECRET.search(err), f"a secret in the output: {err}")
        return Done(done.returncode, done.stdout, err)

    def trace(self, faults=(), only=CALLS):
        """strace with what the file system lacks and these; `only` None: of all calls."""
        faulty = {fault.split(":")[0] for fault in faults}
        lacks = [fault for fault in self.scenario.lacks if fault.split(":")[0] not in faulty]
        names = only and ",".join({*only.split(","), *self.lacking, *faulty})
        return Trace(self.place.root / "trace", [*lacks, *faults], names)

    def run_after(self):
        """Undisturbed, on a file system that lacks what it lacks."""
        return self.run(self.scenario.after, self.trace(only="fsync").prefix if self.lacking else ())

    def learn(self):
        """The calls of the scenario, and the new state that it and what comes after lead to."""
        trace = self.trace(only=None)
        done = self.run(self.scenario.words, trace.prefix)
        check(done.status == 0, f"the scenario itself does not work: {done.err}")
        early = Ledger(self.place).read(trace.lines()).early
        check(not early, f"the scenario itself hands on too early: {early}")
        numbers = Counter()
        self.calls = []
        for call in trace.calls()[1:]:
            numbers[call.name] += 1
            self.calls.append((call.name, numbers[call.name], call.arguments))
        if self.scenario.words[0] == "run":
            self.calls.append(("execve", 1, ""))  # of the command; strace does not count its own
        done = self.run_after()
        check(done.status == 0, f"what comes after the scenario does not work: {done.err}")
        self.new = self.place.state()
        self.secrets, self.cfg = secrets_in(self.new), cfg_of(self.new)

    # --- Judging

    def is_being_made(self, name, state):
        return "renameat2" in self.lacking and f"{STORE}/.{name}.claim" in state

    def check_secrets(self, state):
        """Each is the old one or the new one, whole. Returns what is there of them."""
        found, old = secrets_in(state), secrets_in(self.old)
        for name in found.keys() | old.keys():
            now, was, will = found.get(name), old.get(name), self.secrets.get(name)
            if now in (was, will):
                continue
            check(now is not None, f"the store has lost {name}")
            check(will is not None, f"an unknown file in the store: {name}")
            if self.scenario.generates and was is None and shape(now) == shape(will):
                continue
            check(self.is_being_made(name, state), f"{name} is torn: {len(now)} bytes")
            del found[name]
        check(values(old) <= values(found), "the store has lost a value that it had")
        return found

    def check_nothing_lost(self, state):
        """Each secret that the store or airflow.cfg held is in one of them: a file that is being written in place has a copy."""
        there = b"\n".join(text for text in state.values() if text)
        held = b"\n".join(text for text in self.old.values() if text).decode(errors="replace")
        check(all(secret.encode() in there for secret in SECRET.findall(held)), "a secret of the old state is nowhere")

    def check_early(self, early, state, whose):
        """What a comment in airflow.cfg keeps need not be durable in retired/, too."""
        aside = self.kept_as_comments(state)
        texts = [text for name, text in early if not aside or "/retired" not in name]
        check(not texts, whose + "; ".join(texts))

    def check_cfg(self, state, secrets):
        """The old one or the new one, to the byte. A torn one has a copy, from which the next start mends it."""
        if state.get(CFG) == self.old.get(CFG) or cfg_of(state, secrets) == self.cfg:
            return
        copies = [name for name in state if name.startswith(f"{STORE}/.airflow.cfg.")]
        check(copies, f"airflow.cfg is neither the old one nor the new one: {shape(state.get(CFG) or b'')}")
        self.count["mended"] += 1

    def handed_on(self, done):
        """Secrets that the command has got by its environment: the name of its file in the store to the value."""
        variables = done.environment.items()
        seen = {name.split("__")[-1].lower(): value.encode() for name, value in variables if name.startswith("AIRFLOW__")}
        return {name: value for name, value in seen.items() if name in self.secrets}

    def judge(self, done, expected, calls):
        state = self.place.state()
        check(done.status in expected, f"ends with {done.status}: {done.err}")
        kept, handed = self.check_secrets(state), self.handed_on(done)
        # Where the store fails, a start makes up for itself what can be replaced at any time, and says so.
        unkept = {name for name in handed if name != "fernet_key" and not values({name: handed[name]}) <= values(kept)}
        check(not unkept or UNKEPT in done.err, f"{unkept} was handed on and is not in the store")
        used = {**kept, **{name: handed[name] for name in unkept}}
        check(values(handed) <= values(used), "the key that was handed on is not in the store")
        self.check_nothing_lost(state)
        self.check_cfg(state, used)
        if done.environment:
            has = cfg_of(state, used) == self.cfg if self.scenario.by_cfg else "fernet_key" in handed
            check(has, "the command ran without its secrets")
        ledger = Ledger(self.place).read(calls)
        early = [(name, text) for name, text in ledger.early if os.path.basename(name) not in unkept]
        self.check_early(early, state, "")
        self.judge_end(state, kept, {name: handed[name] for name in handed.keys() - unkept}, ledger.owed)

    def judge_end(self, state, kept, handed, owed):
        """What comes next depends on what is there, and on nothing else: it is tried once for each end of the trials."""
        end = self.normal([sorted(state.items()), self.links(), sorted(owed.items()), sorted(handed)])
        if end not in self.ends:
            try:
                self.judge_next(kept, handed, owed)
            except Failure as failure:
                self.ends[end] = str(failure)
            else:
                self.ends[end] = ""
            self.count["different ends"] += 1
        check(not self.ends[end], self.ends[end])

    def kept_as_comments(self, state):
        """Names of retired keys that stand in airflow.cfg instead, where they could not be retired."""
        comments = b"".join(COMMENT.findall(state.get(CFG) or b""))
        return {name for name, text in self.secrets.items() if name.startswith("retired/") and text.strip() in comments}

    def links(self):
        return sorted((path.name, path.stat().st_nlink) for path in self.place.seen.rglob("*") if path.is_file())

    def normal(self, end):
        """As a text in which nothing is random."""
        text = RANDOM.sub("", repr(end))
        return SECRET.sub("<secret>", text) if self.scenario.generates else text

    def judge_next(self, kept, handed, owed):
        """The next start, which nothing disturbs: it works, gives all that was handed on, and leaves nothing behind."""
        trace = self.trace() if owed else None
        done = self.run(self.scenario.after, trace.prefix) if trace else self.run_after()
        check(done.status == 0, f"the next start fails: {done.err}")
        check(values(handed) <= values(self.handed_on(done)) or self.scenario.by_cfg, "the next start does not give what was handed on")
        if trace:
            early = Ledger(self.place, owed).read(trace.lines()).early
            self.check_early(early, self.place.state(), "the next start: ")
        if self.scenario.words[0] == "key" and secrets_in(self.place.state()) != self.secrets:
            done = self.run(self.scenario.words)
            check(done.status == 0, f"it cannot be done again: {done.err}")
            done = self.run_after()
        state = self.place.state()
        secrets = self.check_secrets(state)
        check(values(kept) <= values(secrets), "the store has lost a value that it had in between")
        aside = self.kept_as_comments(state)
        check(secrets.keys() | aside == self.secrets.keys(), f"after the next start the store holds {sorted(secrets)}")
        self.check_nothing_lost(state)
        check(cfg_of(state) == self.cfg, "after the next start airflow.cfg is not the new one")
        # The lock stays where there was a need of it.
        odd = (state.keys() ^ self.new.keys()) - {f"{STORE}/{name}" for name in (".lock", *aside, *(["retired"] if aside else []))}
        check(not odd, f"after the next start there is, or is not: {', '.join(sorted(odd))}")
        again = self.run(self.scenario.after)
        same = (again.status, again.out, self.place.state()) == (0, done.out, state)
        check(same, f"the start after the next does other things: {again.err}")

    # --- Trying

    def attempt(self, what, expected, prefix, log=None):
        self.place.reset(self.old)
        done = self.run(self.scenario.words, prefix)
        try:
            self.judge(done, expected, log.lines() if log else [])
        except Failure as failure:
            self.losses.append(f"{what}: {failure}".replace(f"{self.place.folder}/", ""))
        return done

    def attempt_fault(self, fault, what, expected):
        trace = self.trace([fault])
        return self.attempt(what, expected, trace.prefix, trace)

    def every_call(self):
        """SIGKILL at the entry of each call, which is the moment after the call before; then each of its errors."""
        self.count["calls"] = len(self.calls)
        for name, number, arguments in self.calls:
            # strace knows one fault for each name: the second of such calls cannot be killed while the first fails.
            if name in self.lacking and number > 1:
                continue
            what = f"{name} number {number} ({arguments})"
            self.attempt_fault(f"{name}:signal=KILL:when={number}", f"killed at {what}", [-9])
            self.count["kills"] += 1
            for error in [] if name in self.lacking else errors_of(name, arguments):
                self.error_at(name, number, arguments, error)
                self.count["errors"] += 1
        return self

    def every_limit(self, limited, limits):
        """`limited(limit)` gives words in front of fernit, under which it can write so much and no more; until it needs no more."""
        name = limited.__name__.replace("_", " ")
        for limit in limits:
            done = self.attempt(f"{limit} {name}", [0, 125], limited(limit))
            self.count[f"limits of {name}"] += 1
            if done.status == 0:
                return self

    def error_at(self, name, number, arguments, error):
        failures = [126, 127] if name == "execve" else [0, 125] if self.scenario.words[0] == "run" else [0, 1, 2, 125]
        what = f"{error} of {name} number {number} ({arguments})"
        done = self.attempt_fault(f"{name}:error={error}:when={number}", what, [0] if is_harmless(name, arguments, error) else failures)
        if done.status in (1, 2, 125) and not arguments.startswith("1<") and not ADVICE.search(done.err):
            self.losses.append(f"{what}: fails and does not say what to do: {done.err}")

    def report(self):
        """Lines for the summary, this scenario's and the sum of all; fails if there was a loss."""
        counts = {**self.count, "losses": len(self.losses)}
        sentence = ", ".join(f"{{{what}}} {what}" for what in counts)
        proof(f"faults-{re.sub('[^A-Za-z]+', '-', self.scenario.name)}", sentence, **counts)
        limits = sum(count for what, count in counts.items() if what.startswith("limits"))
        kills, errors, losses = counts.get("kills", 0), counts.get("errors", 0), counts["losses"]
        total = "{scenarios} scenarios, {kills} kills, {errors} errors, {limits} writes cut short or forbidden, {losses} losses"
        proof("faults", total, scenarios=1, kills=kills, errors=errors, limits=limits, losses=losses)
        assert not self.losses, "\n".join([sentence.format(**counts), *self.losses[:20]])
