"""An init under test, whichever it is: how it is started, what it offers, and what can be seen of it while it runs."""
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass, field

import pytest

from conftest import BINARY, EMULATED, MARK, PATH, new_key, said
from system import need, wait_for

PATIENCE = 60  # seconds, after which what should have come is taken to be lost

#: Words in front of an init. Only in the second mode does the kernel treat it as the first process.
MODES = {
    "plain": [],
    "process 1": ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--"],
}


@dataclass(frozen=True)
class Init:
    """An init as its manual has it: `words`, some of the options, `end`, the command."""

    name: str
    words: tuple
    end: tuple = ("--",)
    verbose: tuple = ()
    scopes: dict = field(default_factory=dict)  # whom a signal is for: the options that say so
    subreaper: bool = False  # whether it gets orphans without being process 1
    environment: dict = field(default_factory=dict)

    @property
    def program(self):
        return str(BINARY) if self.name == "fernit" else shutil.which(self.name, path=PATH)

    def command(self, *command, options=(), end=None):
        return [self.program, *self.words, *options, *(self.end if end is None else end), *command]


INITS = {
    "fernit": Init(
        "fernit",
        ("run", "--init", "--deliver", "env"),
        verbose=("--verbose",),
        scopes={"child": ("--signal-scope", "child"), "group": ("--signal-scope", "group")},
        subreaper=True,
    ),
    "tini": Init("tini", ("-s",), verbose=("-vvv",), scopes={"child": (), "group": ("-g",)}, subreaper=True),
    "dumb-init": Init("dumb-init", (), verbose=("-v",), scopes={"child": ("-c",), "group": ()}),
    "catatonit": Init(
        "catatonit",
        (),
        scopes={"child": (), "group": ("-g",)},
        subreaper=True,
        environment={"CATATONIT_DEBUG": "1"},
    ),
}


def selected():
    """The one that FERNIT_TEST_INIT names."""
    name = os.environ.get("FERNIT_TEST_INIT") or "fernit"
    if name not in INITS:
        raise pytest.UsageError(f'FERNIT_TEST_INIT: no init "{name}"; there are: {", ".join(INITS)}')
    if not INITS[name].program:
        raise pytest.UsageError(f"FERNIT_TEST_INIT: {name} is not installed; it is Debian's package of that name")
    return INITS[name]


def not_offered(what):
    """Ends a test whose question the init does not pretend to answer."""
    pytest.skip(f"not offered: {what}")


def python(text):
    """A command: Python as it starts fastest."""
    return ["/usr/bin/python3", "-I", "-S", "-c", text]


# --- What can be seen of a process


def status_of(pid):
    """The lines of its status file, by name; empty where it is gone."""
    try:
        return dict(re.findall(r"^(\w+):\t(.*)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))
    except OSError:
        return {}


def state_of(pid):
    """R, S, D, T, Z and the like; X where it is gone."""
    return status_of(pid).get("State", "X")[0]


def children_of(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def program_of(pid):
    """What it executes; of what qemu executes, /proc knows qemu alone."""
    try:
        program = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return None
    return str(BINARY) if EMULATED and program == os.path.realpath("/usr/bin/qemu-aarch64") else program


def holds_back(pid, number):
    """Whether it blocks this signal; not to be seen while it waits for just that one in sigwait(3)."""
    return bool(int(status_of(pid).get("SigBlk", "0"), 16) & 1 << number - 1)


def descriptors_of(pid):
    """Number to what it leads to."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            pass
    return found


def marked(mark):
    """Every process with this mark in its environment."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"{MARK}={mark}".encode() in pathlib.Path("/proc", name, "environ").read_bytes().split(b"\0"):
                found.append(int(name))
        except OSError:
            pass
    return found


# --- An init that runs


@dataclass
class Running:
    """An init that was started; `out` is the descriptor from which its command is heard."""

    process: subprocess.Popen
    mark: str
    out: int
    errors: pathlib.Path
    inner: bool  # whether the init is a child of what was started
    program: str
    heard: bytes = b""
    known: int = 0
    cleared: bool = False

    @property
    def said(self):
        """What it and its command wrote to standard error."""
        return said(self.errors.read_bytes()).decode()

    @property
    def init(self):
        """Its process, as we number it."""
        if not self.inner:
            return self.process.pid
        if not self.known:
            self.known = wait_for(lambda: children_of(self.process.pid) or self.process.poll() is not None)
            assert self.known is not True, f"it ended: {self.process.returncode}\n{self.said}"
            self.known = self.known[0]
        return self.known

    @property
    def child(self):
        """The process of its command."""
        return wait_for(lambda: children_of(self.init))[0]

    def send(self, number):
        """Sends the init a signal; one that has ended is for end() to tell."""
        try:
            os.kill(self.init, number)
        except ProcessLookupError:
            pass

    def stop(self):
        """Halts the init: what happens meanwhile it finds all at once when it is continued."""
        self.send(signal.SIGSTOP)
        wait_for(lambda: state_of(self.init) == "T")

    def read(self, seconds):
        """Hears more; False where nothing more comes."""
        if not select.select([self.out], [], [], max(0, seconds))[0]:
            return False
        try:
            data = os.read(self.out, 65536)
        except OSError:  # a terminal that nobody has open any more
            return False
        self.heard = said(self.heard + data)
        return bool(data)

    def line(self, seconds=PATIENCE):
        """The next line that its command writes; None where none comes."""
        end = time.monotonic() + seconds
        while b"\n" not in self.heard:
            if not self.read(end - time.monotonic()):
                return None
        line, self.heard = self.heard.split(b"\n", 1)
        return line.decode()

    def ready(self):
        """Once its command has said "ready"."""
        line = self.line()
        assert line == "ready", f"{line}\n{self.said}"
        return self

    def end(self, seconds=PATIENCE):
        """Its status, once it has ended; a negative one is the signal that it died of."""
        handle = os.pidfd_open(self.process.pid)
        try:
            if not select.select([handle], [], [], seconds)[0]:
                pytest.fail(f"it did not end within {seconds} s\n{self.said}")
        finally:
            os.close(handle)
        return self.process.wait()

    def result(self, seconds=PATIENCE):
        """Its status and what its command wrote, once nobody is left who could write more."""
        end = time.monotonic() + seconds
        while self.read(end - time.monotonic()):
            pass
        assert time.monotonic() < end, f"somebody still lives after {seconds} s"
        return self.end(end - time.monotonic()), self.heard.decode()

    def clear(self):
        """Ends it and all that it left behind."""
        if self.cleared:
            return
        if self.process.poll() is None:
            self.process.kill()
        end = time.monotonic() + PATIENCE
        while (left := marked(self.mark)) and time.monotonic() < end:
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.002)
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout):
            if file:
                file.close()
        self.cleared = True


@dataclass
class Starter:
    """The place of a test: starts inits, and clears them away."""

    init: Init
    home: pathlib.Path
    started: list = field(default_factory=list)

    def __post_init__(self):
        """fernit finds its key, as it does at every start but the first."""
        store = self.home / "store"
        store.mkdir(mode=0o700)
        file = store / "fernet_key"
        file.write_text(new_key() + "\n")
        file.chmod(0o600)

    def start(self, mode, *command, scope=None, options=(), end=None, before=(), outside=(), out=None, bare=False, **popen):
        """Starts the command under the init.

        scope: "child" or "group", where the test needs to know. before: words that are run between process 1's making
        and the init; outside: before that. out: where its command is heard if not on standard output. bare: no init.
        """
        mark = uuid.uuid4().hex
        environment = {
            "PATH": PATH,
            "HOME": str(self.home),
            "AIRFLOW_HOME": str(self.home / "airflow"),
            "FERNIT_STORE": str(self.home / "store"),
            # The machine may be a container, where a store in /tmp dies with it; and one key is enough here.
            "FERNIT_ALLOW_EPHEMERAL": "yes",
            "FERNIT_MANAGE": "fernet_key",
            MARK: mark,
            **(self.init.environment if "verbose" in options else {}),
        }
        options = [word for option in options for word in (self.init.verbose if option == "verbose" else [option])]
        options += self.init.scopes[scope] if scope else ()
        words = command if bare else self.init.command(*command, options=options, end=end)
        errors = self.home / f"errors.{len(self.started)}"
        with open(errors, "wb") as file:
            settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": file, "cwd": self.home, **popen}
            process = subprocess.Popen([*outside, *MODES[mode], *before, *words], env=environment, bufsize=0, **settings)
        if out is None:
            out = process.stdout.fileno() if process.stdout else -1
        running = Running(process, mark, out, errors, bool(MODES[mode]) or bool(outside), self.init.program)
        self.started.append(running)
        return running

    def clear(self):
        for running in self.started:
            running.clear()


@pytest.fixture(name="starter")
def starter_fixture(tmp_path):
    """Where the init under test is started."""
    place = Starter(selected(), tmp_path)
    yield place
    place.clear()


@pytest.fixture(name="mode", params=MODES)
def mode_fixture(request):
    """As a process like others, and as the first one of a process namespace."""
    if request.param == "process 1":
        need("be process 1")
    return request.param


@pytest.fixture(name="start")
def start_fixture(starter, mode):
    """start(*command, ...): Starter.start in the mode of the test."""
    return lambda *command, **arguments: starter.start(mode, *command, **arguments)
