"""No memory is given back with a secret in it, and none is left with one when fernit ends.

build/released/fernit looks for itself (tests/memory/released.c): into each block that is freed, moved or unmapped, and at
the end into all that was never given back, and below the stack.
"""
import base64
import os
import re
import subprocess

import pytest

from conftest import TREE, errors, new_key
from keys import key_bytes
from memory import PART, STANDARD
from system import NOBODY, need

pytestmark = pytest.mark.real_binary  # not again with each program that others bring

PROGRAMS = TREE / "build" / "released"
#: What its random numbers are: a key that a test knows before it is made.
MADE = base64.urlsafe_b64encode(bytes((77 + 31 * i) % 256 for i in range(32))).decode()


def parts(text, size):
    """Every so many in a row: whatever is longer holds one of them."""
    return {text[at : at + size] for at in range(len(text) - size + 1)}


def forms(text):
    """What must not be found of a key, or of what was taken for one."""
    found = {part.encode() for spelling in (text, text.translate(STANDARD)) for part in parts(spelling, PART)}
    try:
        return found | parts(key_bytes(text), 16)
    except ValueError:
        return found


class Hook:
    """Tells a program what to look for, and what it has found."""

    def __init__(self, folder):
        self.file = folder / "found"
        self.file.touch()
        self.file.chmod(0o666)

    def variables(self, *texts):
        known = set().union(*map(forms, texts))
        assert len(known) <= 512, "more than the hook takes"
        # Bound at the start: where the dynamic linker binds later, it saves the registers on the stack, with parts of a key in them.
        return {"FERNIT_TEST_SECRETS": ",".join(form.hex() for form in known), "FERNIT_TEST_FOUND": self.file, "LD_BIND_NOW": "1"}

    @property
    def places(self):
        return re.findall(r"^found: (.*): a secret in ", self.file.read_text(), re.MULTILINE)

    @property
    def looked(self):
        """Blocks and mappings that were given back, and bytes at the end."""
        counts = re.findall(r"^looked: (\d+) blocks, (\d+) mappings, (\d+) bytes", self.file.read_text(), re.MULTILINE)
        assert counts, "it did not come to its end"
        return tuple(int(count) for count in counts[-1])


    def count(self):
        """For the summary of make test."""
        if (TREE / "build/test").is_dir():
            with open(TREE / "build/test/released.looked", "a") as file:
                file.write("blocks {} mappings {} bytes {} found {}\n".format(*self.looked, len(self.places)))


@pytest.fixture
def hook(tmp_path):
    assert os.access(PROGRAMS / "fernit", os.X_OK), f"{PROGRAMS}/fernit is missing: make build/released/fernit"
    return Hook(tmp_path)


@pytest.fixture
def clean(fernit, hook):
    """clean(*texts): fernit("run", ...) that knows these keys; what it leaves of them is an error."""
    fernit.program = PROGRAMS / "fernit"

    def with_keys(*texts):
        def run(*args, **arguments):
            done = fernit(*args, **hook.variables(*texts), **arguments)
            hook.count()
            assert not hook.places, hook.file.read_text()
            assert hook.looked[0] > 0, "it gave nothing back"
            return done

        return run

    return with_keys


# --- The hook itself


def control(hook, how, secret):
    words = [PROGRAMS / "control", how]
    environment = {name: str(value) for name, value in hook.variables(secret).items()}
    subprocess.run(words, input=secret.encode(), env=environment, check=True, timeout=30)


@pytest.mark.parametrize(
    "how, place",
    [("free", "free"), ("realloc", "realloc"), ("munmap", "munmap"), ("static", "control"), ("stack", "the stack")],
)
def test_a_program_that_leaves_a_secret_is_found_out(hook, how, place):
    control(hook, how, new_key())
    assert [found for found in hook.places if found.endswith(place)]


def test_a_program_that_leaves_none_is_not(hook):
    control(hook, "nothing", new_key())
    assert hook.places == []
    blocks, mappings, remaining = hook.looked
    assert blocks >= 1 and mappings >= 1 and remaining > 65536


# --- Every way to a key, and all that is done with one


@pytest.fixture
def ways(tmp_path, stored, write_cfg):
    """Name of a way to what it takes: the key into its place, and the variables."""

    def file(key):
        path = tmp_path / "secret"
        path.write_text(f"  {key}\n")
        return path

    return {
        "Airflow's variable": lambda key: {"AIRFLOW__CORE__FERNET_KEY": key},
        "its command": lambda key: {"AIRFLOW__CORE__FERNET_KEY_CMD": f"cat '{file(key)}'"},
        "the bare variable": lambda key: {"FERNET_KEY": key},
        "a file": lambda key: {"FERNET_KEY_FILE": file(key)},
        "the store": lambda key: stored(key) and {},
        "airflow.cfg": lambda key: write_cfg(f"[core]\nfernet_key = {key}\n") and {},
        "a command in airflow.cfg": lambda key: write_cfg(f"[core]\nfernet_key_cmd = cat '{file(key)}'\n") and {},
    }


@pytest.mark.parametrize(
    "args",
    [
        ("run", "true"),
        ("run", "--init", "true"),
        ("run", "no-such-command"),
        ("init",),
        ("status", "--run-commands"),
        ("status", "--json", "--run-commands"),
        ("key", "print"),
        ("key", "fingerprint"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "way",
    [
        "Airflow's variable", "its command", "the bare variable", "a file", "the store", "airflow.cfg",
        "a command in airflow.cfg",
    ],
)  # fmt: skip
def test_nothing_is_left_of_a_ring_from_anywhere(clean, ways, way, args):
    first, second = new_key(), new_key()
    run = clean(first, second)
    done = run(*args, **ways[way](f"{first},{second}"))
    assert done.returncode == (127 if "no-such-command" in args else 0), done.stderr


def test_nothing_is_left_of_a_key_that_was_made(clean, store, cfg):
    done = clean(MADE)("init", "--allow-ephemeral", FERNIT_TEST_RANDOM="the same")
    assert done.returncode == 0, done.stderr
    assert MADE in store.joinpath("fernet_key").read_text() and MADE in cfg.read_text()


def test_nothing_is_left_of_a_key_that_was_only_printed(clean):
    done = clean(MADE)("key", "generate", FERNIT_TEST_RANDOM="the same")
    assert done.stdout == MADE + "\n"


def test_nothing_is_left_of_a_large_airflow_cfg(clean, hook, write_cfg):
    """Larger than what small secrets share: it has pages of its own, which go back to the kernel."""
    old, new = new_key(), new_key()
    filling = "".join(f"option_{number} = {'x' * 60}\n" for number in range(2000))
    path = write_cfg(f"[core]\n{filling}fernet_key = {old}\n[database]\n{filling}")
    done = clean(old, new)("init", FERNET_KEY=f"{new},{old}")
    assert done.returncode == 0 and f"fernet_key = {new},{old}\n" in path.read_text(), done.stderr
    assert hook.looked[1] >= 2


@pytest.mark.parametrize("args", [("key", "check"), ("key", "fingerprint")], ids=" ".join)
def test_nothing_is_left_of_a_key_that_is_asked_about(clean, tmp_path, args):
    key = new_key()
    file = tmp_path / "key"
    file.write_text(key)
    run = clean(key)
    assert run(*args, file).returncode == 0
    assert run(*args, "-", stdin=key).returncode == 0


def test_nothing_is_left_where_root_reads_for_another_user(clean, namespace, mounted_secrets, tmp_path):
    need("become another user")
    key = new_key()
    file = mounted_secrets / "fernet_key"
    file.write_text(key)
    file.chmod(0o400)
    os.chown(tmp_path, NOBODY, NOBODY)
    done = clean(key)("init", "--user", str(NOBODY), prefix=namespace.prefix)
    assert done.returncode == 0, done.stderr


# --- Failures


def spoiled():
    """Keys that are none."""
    key = new_key()
    return {"one character more": key[:-1] + "A=", "an alphabet of its own": key[:20] + "!" + key[21:], "no padding": key[:42]}


@pytest.mark.parametrize("fault", spoiled())
@pytest.mark.parametrize(
    "way",
    [
        "Airflow's variable", "its command", "the bare variable", "a file", "the store", "airflow.cfg",
        "a command in airflow.cfg",
    ],
)  # fmt: skip
def test_nothing_is_left_of_a_ring_that_is_refused(clean, fernit, ways, way, fault):
    good, bad = new_key(), spoiled()[fault]
    fernit.secrets.add(bad)
    places = ways[way](f"{good},{bad}")
    for args in (("init",), ("status", "--run-commands"), ("key", "print")):
        done = clean(good, bad)(*args, **places)
        assert done.returncode in (1, 125) and (args[0] == "status" or errors(done)), done.stderr


def test_nothing_is_left_of_keys_that_contradict_each_other(clean, stored):
    texts = [new_key() for _ in range(3)]
    stored(texts[0])
    run = clean(*texts)
    done = run("init", AIRFLOW__CORE__FERNET_KEY=texts[1], FERNET_KEY=texts[2])
    assert done.returncode == 0, done.stderr


def test_nothing_is_left_of_what_a_failing_command_has_printed(clean, tmp_path):
    key = new_key()
    script = tmp_path / "command"
    script.write_text(f"#!/bin/sh\necho {key}\nexit 3\n")
    script.chmod(0o755)
    done = clean(key)("init", AIRFLOW__CORE__FERNET_KEY_CMD=script)
    assert done.returncode == 125, done.stderr
