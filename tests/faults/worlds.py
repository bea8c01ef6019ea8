#!/usr/bin/python3
"""Worlds: random lives of some deployments, and what must hold after each step.

    python3 tests/faults/worlds.py --seed 77 --show           this one, with each command as a person would type it
    python3 tests/faults/worlds.py --worlds 50000 --seed 1    so many worlds, the first from this seed

FERNIT_TEST_BINARY is another fernit than build/fernit. A world that breaks a rule is shown with as few steps as still break it.

A world has two stores, and up to three deployments that each have an environment, an AIRFLOW_HOME and a database of their own.
Its steps (world_steps.py) are what people do (give a key in one of many ways, edit or remove a file, restore a backup, change a
setting, rebuild a container) and what fernit does (starts and key commands, alone or several at once, killed, paused or
failed by the kernel). A start that is disturbed and ends with 0 is judged as any other. world_model.py is what the rules know.

The rules:

    kept     a key that ever encrypted for a deployment is in its store's ring, staged, retired, or in a source of it;
             unless a person took it away: by an edit, a deletion, a restored backup, or `fernit key destroy`.
             Every key that a start hands on is. After a start that ends with 0 a key from outside is in the store,
             unless it says that the store cannot be read or written
    erased   fernit itself erases no key anywhere, and `key destroy` no other key than its own
    silent   a start that gives a ring without such a key names it, or the source that holds it, or is refused. Once is enough
             for one that is retired, or stays where it is not asked for (fernet_key_secret beside fernet_key). What a person took
             away fernit may not know of; it does where the store shows that its ring is gone. What a write to standard error,
             which the kernel failed, should have said counts as said. A key that is new or retired is told
    created  a new key is created only where no source, ring, staged or retired key, and no other secret is; one in each store
    changed  --on-change decides what becomes of a new key from outside, and of the ring
    steady   the same start once more writes nothing, nor does what has no --yes
    foreseen what `fernit status` says a run right after it does: whether it is refused, its ring, what it writes
    printed  no key is in what fernit prints
    ends     with a status that its kind of command may have
"""
import argparse
import ast
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter

TREE = pathlib.Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.append(str(TREE / "tests" / "blackbox"))

from keys import fingerprint  # noqa: E402
from world_model import LOST, Deployment, Outcome, Stored, keys_in, read  # noqa: E402
from world_steps import INIT, KEYS, RIVALS, RUN, STATUS, Dice, smaller, story  # noqa: E402

BINARY = os.environ.get("FERNIT_TEST_BINARY") or str(TREE / "build" / "fernit")

#: A line of the log whose write failed, as strace shows it.
UNHEARD = re.compile(r'write\(\d+, ("\{\\"time\\"(?:[^"\\]|\\.)*"), \d+\) += -1')


class Broken(Exception):
    """A rule does not hold."""


def demand(holds, rule, text):
    if not holds:
        raise Broken(f"{rule}: {text}")


# --- The steps


def prefix(fault, trace):
    """The words in front of fernit: a kill, error or pause at the nth call of a name, or a kill at a moment."""
    if not fault:
        return []
    if fault[0] == "moment":
        return ["timeout", "-s", "KILL", fault[1]]
    what, name, number = fault
    fast = [] if what.startswith("signal") else ["--seccomp-bpf"]
    return ["strace", "-f", "-qq", *fast, "-s", "9999", "-o", trace, "-e", f"trace={name}", "-e", f"inject={name}:{what}:when={number}"]


class World:
    def __init__(self, seed, folder):
        dice = Dice(seed)
        self.folder, self.count = folder, Counter()
        self.keys = {name: base64.urlsafe_b64encode(dice.randbytes(32)).decode() for name in [*KEYS, *RIVALS]}
        self.deployments = [Deployment(self.base(i)) for i in range(dice.crew)]
        self.foreseen = None  # (deployment, what `status` said) in the last step
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

    def stores(self):
        return {one.store: Stored.look(one.store) for one in self.deployments}

    def beside(self, one):
        """The stores whose keys its airflow.cfg may get, and lose when they are retired there: of all who have the same file."""
        return {other.store for other in self.deployments if other.cfg == one.cfg}

    def step(self, name, *arguments):
        """What is gone after a step of a person he took himself; fernit erases nothing but what it is told to destroy."""
        if name != "together":
            self.foreseen = None
        destroyed = getattr(self, name)(*arguments)
        stores = self.stores()
        for one in self.deployments:
            before, own = one.own, one.sources() | stores[one.store].fernet
            held = own.union(one.asides(), *(stores[store].all for store in self.beside(one)))
            erased = one.held - held
            demand(name != "together" or len(erased) <= destroyed, "erased", f"{len(erased)} keys are gone")
            if name != "together" or destroyed:
                one.gone |= erased | before - own
            one.gone -= own
            one.own, one.held = own, held
            demand(one.handed_on <= held, "kept", "a key was handed on and is held nowhere")
            demand(one.used - one.gone <= held, "kept", "a key that encrypted is held nowhere")
            one.handed_on = set()
            one.told &= one.unasked()

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
        one = self.deployments[number]
        one.environment = {name: self.real(value) for name, value in {**one.environment, **changes}.items() if value is not None}

    def together(self, actions, again=False):
        """fernit runs, several at the same time; `again`: the same start once more. Returns how many keys were to be destroyed."""
        before, state = self.stores(), self.state()
        foreseen, self.foreseen = self.foreseen, None
        without = {one.store for one in map(self.one, actions) if one.has_none()}
        outcomes = self.run(actions)
        after = self.stores()
        demand(any(action.may_change for action in actions) or self.state() == state, "steady", "what is to change nothing writes")
        self.judge_created(before, after, without)
        self.judge_retired(outcomes, before, after)
        self.judge_stores(outcomes, before, after)
        used = [set(one.used) for one in self.deployments]
        for outcome in outcomes:
            self.judge_output(outcome)
            if outcome.ring is not None and not self.is_overwritten(outcome, outcomes):
                # Of several starts the first alone may find that.
                finds_loss = len(outcomes) == 1 and before[outcome.deployment.store].shows_loss
                beside = self.beside(outcome.deployment)
                retired = {key for stores in (before, after) for one in beside for key in stores[one].retired}
                self.judge_ring(outcome, used[outcome.action.deployment] - retired, finds_loss, outcomes)
        for outcome in outcomes:
            for one in self.deployments:
                if one.cfg == outcome.deployment.cfg:
                    one.told |= {key for key in one.used if outcome.tells_of(key)}
        if len(outcomes) == 1 and actions[0].is_start and (outcomes[0].status == 0 or not actions[0].fault):
            self.judge_change(outcomes[0], before, after)
        if len(outcomes) == 1 and not actions[0].fault:
            self.judge_foreseen(outcomes[0], before, after, foreseen)
            # A command of airflow.cfg whose first key is not the store's is asked once: then the ring stands beside it.
            if again and outcomes[0].ring is not None and "other-first" not in outcomes[0].said:
                self.judge_steady(outcomes[0])
        return sum("destroy" in action.words for action in actions)

    def is_overwritten(self, outcome, outcomes):
        """By a start with another store and the same airflow.cfg: what this one left there is not seen any more."""
        one = outcome.deployment
        return any(other.deployment.cfg == one.cfg and other.deployment.store != one.store for other in outcomes)

    def one(self, action):
        return self.deployments[action.deployment]

    def words_of(self, action):
        """With fingerprints; None where there is no such key."""
        words = []
        for word in action.words:
            place, _, index = word.partition(" ")
            found = getattr(Stored.look(self.one(action).store), place) if index else []
            if index and int(index) >= len(found):
                return None
            words.append(fingerprint(found[int(index)]) if index else word)
        return words

    def run(self, actions):
        started = []
        for action in actions:
            words = self.words_of(action)
            if words is None:
                continue
            environment, offered, trace = self.one(action).environment, self.one(action).given(), os.memfd_create("trace")
            before = prefix(action.fault, f"/dev/fd/{trace}")
            files = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "pass_fds": [trace]}
            process = subprocess.Popen([*before, BINARY, *words], env=environment, cwd=self.folder, **files)
            started.append((action, process, offered, trace, len(self.lines)))
            usual = {name: value for name, value in self.base(0).items() if name not in ("AIRFLOW_HOME", "FERNIT_STORE")}
            shown = [f'{name}="{value}"' for name, value in environment.items() if usual.get(name) != value]
            self.note(" ".join([*shown, *before, "fernit", *words, *(["&"] if len(actions) > 1 else [])]))
        outcomes = []
        for action, process, offered, trace, line in started:
            out, err = (text.decode(errors="replace") for text in process.communicate(timeout=120))
            with open(trace, errors="replace") as file:
                unheard = "".join(map(ast.literal_eval, UNHEARD.findall(file.read())))
            outcomes.append(Outcome(action, self.one(action), process.returncode, out, err, unheard, offered))
            self.lines[line] += f"  # {process.returncode} {' '.join(sorted(outcomes[-1].said))}"
            self.count["killed" if process.returncode in (-9, 137) else "refused" if process.returncode else "good"] += 1
        return outcomes

    def state(self):
        """Each file and folder, and what changes with any write of it."""
        found = {}
        for folder, _, files in os.walk(self.folder):
            for path in [folder, *(f"{folder}/{name}" for name in files)]:
                status = os.lstat(path)
                found[path] = (status.st_ino, status.st_mtime_ns, status.st_size)
        return found

    # --- The rules

    def judge_output(self, outcome):
        shown = outcome.err if outcome.action.words[0] == "run" else outcome.out + outcome.err
        demand(not keys_in(shown), "printed", "a key is in the output")
        allowed = {0, 125} if outcome.action.is_start else {0, 1}
        if outcome.action.fault:
            allowed |= {-9, 137, 1, 2, 125, 126, 127}  # also of what runs it, and of the command
        demand(outcome.status in allowed, "ends", f"with {outcome.status}: {outcome.err}")

    def judge_ring(self, outcome, used, finds_loss, outcomes):
        one, ring = outcome.deployment, outcome.ring
        lacks = used - set(ring) - one.gone - one.told
        untold = {key for key in lacks if not outcome.tells_of(key)}
        # What is not asked for the first of several has told, and has written beside it what the others then find.
        once = untold & one.unasked()
        beside = [other for other in outcomes if other.deployment.cfg == one.cfg]
        untold -= {key for key in once if any(other.tells_of(key) for other in beside)}
        self.count["starts"] += 1
        self.count["lacking"] += bool(lacks)
        demand(not untold, "silent", f"lacks {len(untold)} keys and says only {outcome.warnings}")
        says_loss = LOST in outcome.said or outcome.passes_store
        demand(not finds_loss or says_loss, "silent", "the store's ring is gone, and it does not say so")
        one.used |= set(ring[:1])
        one.handed_on |= set(ring)

    def judge_created(self, before, after, without):
        had, has = (set().union(*(stored.fernet for stored in stores.values())) for stores in (before, after))
        new = has - had - set(self.keys.values())
        demand(len(new) <= len(without), "created", f"{len(new)} new keys, where {len(without)} stores had none")
        self.keys.update({f"G{len(self.keys) + i}": key for i, key in enumerate(sorted(new))})
        self.count["created"] += len(new)

    def judge_retired(self, outcomes, before, after):
        """One that was killed may not have come to say it, and another one finds nothing more to do."""
        for store in after:
            here = [outcome for outcome in outcomes if outcome.deployment.store == store]
            told = any(outcome.said & {"replaced-key", "joined-key"} or outcome.action.words[0] == "key" for outcome in here)
            calm = not any(outcome.status for outcome in here)
            demand(told or not calm or set(after[store].retired) <= set(before[store].retired), "silent", "a key is retired without a word")

    def judge_stores(self, outcomes, before, after):
        """Nothing leaves a store, and what a start was given from outside is in it: the source may be gone tomorrow."""
        destroyed = sum("destroy" in outcome.action.words for outcome in outcomes)
        lost = sum(len(before[store].all - after[store].all) for store in after)
        demand(lost <= destroyed, "erased", f"{lost} keys have left their store")
        for outcome in outcomes:
            if outcome.action.is_start and outcome.status == 0 and not outcome.passes_store:
                # Of several starts one may have written fernet_key beside the command that another one had to ask.
                given = outcome.given if len(outcomes) == 1 else outcome.given.intersection(outcome.deployment.given())
                demand(given <= after[outcome.deployment.store].fernet, "kept", "a key from outside is not in the store")

    def judge_change(self, outcome, before, after):
        if outcome.passes_store:
            return
        old, now = before[outcome.deployment.store], after[outcome.deployment.store]
        given, left = outcome.given, set(old.ring) - set(now.ring)
        new = given - old.fernet
        rule = outcome.deployment.environment.get("FERNIT_ON_CHANGE", "keep")
        is_new = bool(old.ring and new)
        self.count[rule] += is_new
        if not is_new or rule == "refuse" or outcome.status != 0:
            demand(not (is_new and rule == "refuse") or outcome.status == 125, "changed", "a new key is not refused")
            demand(not left, "changed", "a key leaves the ring, though none is new or it is refused")
            return
        leave = set(old.ring) - (given - set(old.retired)) if rule == "replace" else set()
        demand(left == leave, "changed", f"{rule}: {len(left)} keys leave the ring, and not {len(leave)}")
        word = "staged-key" if rule == "stage" else "replaced-key" if left else "changed-key"
        demand(word in outcome.said, "silent", f"a new key, and no {word}")
        demand(left <= set(now.retired), "changed", "replace retires what leaves the ring")
        demand(new <= set(now.staged if rule == "stage" else now.ring), "changed", f"{rule}: the new key is not where it belongs")
        demand(rule != "stage" or outcome.action.words == INIT or outcome.ring[0] not in new, "changed", "a staged key encrypts")

    def judge_foreseen(self, outcome, before, after, foreseen):
        """What `status` says, and what the next step does, if that is a run of the same deployment."""
        one, words = outcome.deployment, outcome.action.words
        if words == STATUS:
            self.foreseen = (one, read(one.cfg), json.loads(outcome.out))
            demand(self.foreseen[2]["verdict"] != "refuse" or outcome.status == 1, "foreseen", "a refusal that is no problem")
        if words != RUN or not foreseen or foreseen[0] is not one:
            return
        _, cfg, said = foreseen
        verdict, old, now = said["verdict"], before[one.store], after[one.store]
        self.count["foreseen"] += 1
        demand((verdict == "refuse") == (outcome.status == 125), "foreseen", f"{verdict}, and it ends with {outcome.status}")
        if outcome.status:
            return
        ring, *kept = [[fingerprint(key) for key in keys] for keys in (outcome.ring, now.ring, now.staged)]
        # An airflow.cfg with the same first key and the others in another order stays as it is.
        agrees = said["fingerprints"][:1] == ring[:1] and sorted(said["fingerprints"]) == sorted(ring)
        demand(verdict in ("generate", "secret") or agrees, "foreseen", "another ring")
        changes = (old.ring, old.staged) != (now.ring, now.staged)
        demand(said["is_kept"] == changes, "foreseen", f"is_kept is {said['is_kept']}")
        holds = verdict == "generate" or not changes or [said["would_hold"], said["would_stage"]] == kept
        demand(holds, "foreseen", "the store holds something else")
        writes = re.search("would be (created|changed|written)", said["airflow_cfg"]["state"])
        demand(bool(writes) == (read(one.cfg) != cfg), "foreseen", f"airflow.cfg: {said['airflow_cfg']['state']}")

    def judge_steady(self, outcome):
        state, ring = self.state(), outcome.ring
        again = self.run([outcome.action])[0]
        self.judge_output(again)
        demand(again.status == 0, "steady", f"the same start once more ends with {again.status}: {again.err}")
        demand(self.state() == state, "steady", "the same start once more writes")
        demand(again.ring == ring, "steady", "the same start once more gives another ring")
        self.count["again"] += 1


# --- Many of them


def live(seed, steps):
    """The world after its steps, and the rule that is broken, if any."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.mkdtemp(prefix="fernit-world-", dir=memory)
    world = World(seed, folder)
    try:
        for step in steps:
            world.step(*step)
    except Broken as broken:
        return world, str(broken)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return world, ""


def shrunk(seed, steps, rule):
    """As little of it as breaks the same rule."""
    for fewer in smaller(steps):
        if live(seed, fewer)[1].startswith(rule):
            return shrunk(seed, fewer, rule)
    return steps


def prove(seeds):
    """(what was counted, the failures as texts) of these worlds, up to five failures."""
    counts, failures = Counter(), []
    for seed in seeds:
        world, broken = live(seed, story(seed))
        counts.update(world.count)
        if broken:
            least, again = live(seed, shrunk(seed, story(seed), broken.split(":")[0]))
            told = [f"world {seed}: {again}", *least.lines] if again else [f"world {seed}, not each time: {broken}", *world.lines]
            failures.append("\n".join(told))
            print(failures[-1], end="\n\n", flush=True)
        if len(failures) == 5:
            break
    return counts, failures


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--worlds", type=int, default=1)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--show", action="store_true", help="each command, as a person would type it")
    chosen = options.parse_args()
    if chosen.show:
        world, broken = live(chosen.seed, story(chosen.seed))
        print("\n".join([*world.lines, broken]))
        return bool(broken)
    counts, failures = prove(range(chosen.seed, chosen.seed + chosen.worlds))
    print(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
