"""The order in which a start writes: nothing gets a name before its data is durable, and no command runs before the name is."""
import os
from collections import Counter

import pytest

import order
from conftest import new_key, nobody  # noqa: F401
from fuse import WAYS, mounted_fixture  # noqa: F401
from power import Disk, put
from proofs import proof
from system import Trace

SENTENCE = (
    f"{{steps}} steps of {{traces}} kinds of start by {len(order.RULES)} rules, {{broken}} broken; "
    "of {fsynced} files and folders {missed} would break one without their fsync"
)


def first_start(mounted, switches):
    return Disk(mounted(*switches)), [], []


def write_of_cfg(mounted):
    disk = Disk(mounted())
    put(disk.store / "fernet_key", new_key() + "\n")
    put(disk.cfg, "[core]\nfernet_key =\n")
    return disk, [], []


def write_in_place(mounted):
    disk = Disk(mounted())
    put(disk.store / "fernet_key", new_key() + "\n", owner=65534)
    os.chown(disk.store, 65534, 65534)
    put(disk.cfg, "[core]\nfernet_key =\n", owner=65534)
    # strace stays root: it could not look into what another user keeps from being looked into.
    return disk, ["-u", "nobody"], ["--deliver", "cfg"]


#: How it begins, and how many steps of which kind it must have: an order of nothing would be in order.
STARTS = {
    "a first start by link": (lambda mounted: first_start(mounted, WAYS["link"]), {"link": 1, "rename": 1, "sync": 9}),
    "a first start by rename": (lambda mounted: first_start(mounted, WAYS["rename"]), {"link": 0, "rename": 2, "sync": 11}),
    "a first start under the lock": (lambda mounted: first_start(mounted, WAYS["lock"]), {"link": 0, "rename": 1, "sync": 14}),
    "a write of airflow.cfg": (write_of_cfg, {"link": 0, "rename": 1, "sync": 2}),
    "a write of airflow.cfg in place": (write_in_place, {"link": 0, "rename": 1, "sync": 3}),
}


@pytest.mark.parametrize("start", STARTS)
def test_no_start_does_anything_before_what_it_rests_on_is_durable(fernit, nobody, mounted, tmp_path, start):
    begin, expected = STARTS[start]
    disk, user, options = begin(mounted)
    trace = Trace(tmp_path / "trace")
    done = fernit(
        "run", "--allow-ephemeral", *options, "true", prefix=[*trace.prefix, *user], FERNIT_STORE=disk.store, AIRFLOW_HOME=disk.cfg.parent, FERNIT_MANAGE=disk.manage
    )
    assert done.returncode == 0, done.stderr
    steps = order.steps_of(trace, disk.system.path)
    wrong = order.broken(steps)
    # A rule that no missing fsync breaks says nothing.
    places = sorted({step.path for step in steps if step.kind == "sync"} - order.thrown_away(steps))
    unsaid = [place for place in places if not order.broken(without_fsync(steps, place))]
    proof("order", SENTENCE, traces=1, steps=len(steps), broken=len(wrong), fsynced=len(places), missed=len(places) - len(unsaid))
    assert not wrong, steps
    assert not unsaid, steps
    assert {kind: Counter(step.kind for step in steps)[kind] for kind in expected} == expected


def without_fsync(steps, path):
    return [step for step in steps if (step.kind, step.path) != ("sync", path)]


def steps_from(words):
    """"make d/t, link d/t d/n" as Steps."""
    return [order.Step(*step.split()) for step in words.split(", ")]


#: For each rule the shortest way to break it, and it alone.
TOO_EARLY = [
    ("its data is durable before it gets its name", "make d/t, write d/t, link d/t d/n, sync d/t, sync d, run"),
    ("its data is durable before it gets its name", "make d/t, sync d/t, write d/t, rename d/t d/n, sync d, run"),
    ("what is written is durable before the command runs", "make d/n, write d/n, sync d, run"),
    ("each name is durable before the command runs", "make d/t, write d/t, sync d/t, sync d, rename d/t d/n, run"),
    ("each name is durable before the command runs", "folder d/n, run, sync d"),
    ("a temporary is removed only after its name is durable", "make d/t, sync d/t, link d/t d/n, remove d/t, sync d, run"),
    (
        "a claim is durable before the name and goes after it is",
        "make d/t, sync d/t, make d/.fernet_key.claim, sync d/.fernet_key.claim, rename d/t d/fernet_key, sync d, remove d/.fernet_key.claim, run",
    ),
    (
        "a claim is durable before the name and goes after it is",
        "make d/t, sync d/t, make d/.fernet_key.claim, sync d/.fernet_key.claim, sync d, rename d/t d/fernet_key, remove d/.fernet_key.claim, sync d, run",
    ),
    (
        "airflow cfg gets no key before it is durable",
        "make d/t, sync d/t, link d/t d/fernet_key, make e/airflow/c, write e/airflow/c, sync d, sync e/airflow/c, sync e/airflow, run",
    ),
    ("what is written in place has a durable copy meanwhile", "write e/airflow/c, sync e/airflow/c, run"),
    (
        "what is written in place has a durable copy meanwhile",
        "make d/t, sync d/t, rename d/t d/.airflow.cfg.1, write e/airflow/c, sync e/airflow/c, sync d, run",
    ),
    (
        "what is written in place has a durable copy meanwhile",
        "make d/t, sync d/t, rename d/t d/.airflow.cfg.1, sync d, write e/airflow/c, remove d/.airflow.cfg.1, sync e/airflow/c, run",
    ),
]


@pytest.mark.parametrize("rule, words", TOO_EARLY)
def test_a_step_that_comes_too_early_breaks_the_rule_that_is_about_it(rule, words):
    assert {name for name, _ in order.broken(steps_from(words))} == {rule}
