"""What all tests stand on: `fernit` runs the real binary in a directory and an environment of its own.

Every run through it is also judged: no key in what it prints, no process and no temporary file left.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field

import pytest

import keys
from keys import fingerprint, new_key  # noqa: F401  (for `from conftest import ...`)

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(TREE / "tests"))
from inherited import forget_inherited_state  # noqa: E402

BINARY = pathlib.Path(os.environ.get("FERNIT_TEST_BINARY") or TREE / "build" / "fernit").resolve()
PATH = "/usr/local/bin:/usr/bin:/bin"

SLOW = set((TREE / "tests" / "blackbox" / "slow.txt").read_text(encoding="utf-8").split())

#: Test to the reason why it is left out where qemu runs fernit: `FILE[::TEST] reason` a line, and comments.
LEFT_OUT = dict(line.split(maxsplit=1) for line in (TREE / "tests" / "arm64" / "left_out.txt").read_text(encoding="utf-8").splitlines()
                if line and not line.startswith("#"))

KEY_TEXT = re.compile(r"[A-Za-z0-9_+/-]{43}=")
TEMPORARIES = ("**/.*.tmp.*", "**/.*.change.*")
PART = 12  # characters of a secret that must not be seen in a row
MARK = "BLACKBOX_MARK"
PATIENCE = int(os.environ.get("FERNIT_TEST_PATIENCE") or 1)  # so many times as long, where each start is slow
EMULATED = bool(os.environ.get("FERNIT_TEST_EMULATED"))
# qemu 7.2, of Debian 12, has no execveat(2): there each start of a supervisor warns.
NOT_ANEW = re.compile(rb'fernit: warning: not-executed-anew: .*\nfernit: hint: .*\n|{.*"id":"not-executed-anew".*\n')


def said(errors):
    """What fernit wrote to standard error, without what it says of qemu alone."""
    return NOT_ANEW.sub(b"", errors) if EMULATED else errors


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: in slow.txt; make check leaves it out")
    config.addinivalue_line("markers", "left_out: in tests/arm64/left_out.txt, since qemu cannot do it")
    config.addinivalue_line("markers", "real_binary: about the very program of make: its bytes, calls, memory, limits, or life without /proc")
    if not os.access(BINARY, os.X_OK):
        raise pytest.UsageError(f"{BINARY} is missing: run make, or set FERNIT_TEST_BINARY")
    forget_inherited_state()


def pytest_collection_modifyitems(items):
    """Marks what slow.txt and left_out.txt list. FERNIT_TEST_EVERY: only each so manieth test, as a sample where each start is slow."""
    for item in items:
        if f"{item.path.name}::{item.originalname}" in SLOW:
            item.add_marker("slow")
        if {item.path.name, f"{item.path.name}::{item.originalname}"} & set(LEFT_OUT):
            item.add_marker("left_out")
    if EMULATED:
        items[:] = [item for item in items if not item.get_closest_marker("left_out") and not item.get_closest_marker("real_binary")]
    items[:] = items[:: int(os.environ.get("FERNIT_TEST_EVERY") or 1)]


@pytest.fixture
def tmp_path():
    """In place of pytest's: one that other users may enter, for what is run without root's rights."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="fernit-test-"))
    path.chmod(0o755)
    yield path
    for folder, folders, _ in os.walk(path):
        for name in folders:
            if not os.path.islink(os.path.join(folder, name)):
                os.chmod(os.path.join(folder, name), 0o700)
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def store(tmp_path):
    """The directory of the store; not made."""
    return tmp_path / "store"


@pytest.fixture
def airflow_home(tmp_path):
    """AIRFLOW_HOME; not made."""
    return tmp_path / "airflow"


@pytest.fixture
def cfg(airflow_home):
    """The path of airflow.cfg; neither made nor its directory."""
    return airflow_home / "airflow.cfg"


@pytest.fixture
def write_cfg(cfg):
    """write_cfg(text or bytes): airflow.cfg, with its directory."""

    def write(text):
        cfg.parent.mkdir(parents=True, exist_ok=True)
        cfg.write_bytes(text if isinstance(text, bytes) else text.encode())
        cfg.chmod(0o600)
        return cfg

    return write


@pytest.fixture
def stored(store):
    """stored(key or list of keys): puts them into the store, as the operator does who restores a backup."""

    def put(text):
        store.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = store / "fernet_key"
        file.write_text(text if isinstance(text, str) else ",".join(text))
        file.chmod(0o600)
        return file

    return put


def marked_processes(process):
    """`process` and its descendants, also those that it no longer knows: (pid, command line).

    Their environment tells, and they are younger: a process has a higher number than its parent (but where the
    numbers begin anew).
    """
    found = []
    mark = f"{MARK}={process.mark}".encode()
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) < process.pid:
            continue
        folder = pathlib.Path("/proc", name)
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((int(name), (folder / "cmdline").read_bytes().replace(b"\0", b" ")))
        except OSError:
            pass
    return found


def end_all(process):
    """The youngest first: what strace holds at a call would make it where strace ended before it."""
    for pid, _ in sorted(marked_processes(process), reverse=True):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def parts(text, size):
    """Every `size` characters in a row."""
    return {text[at : at + size] for at in range(len(text) - size + 1)}


#: Of a message or a hint, and of a path in it that is a usual one.
LINE_MOST, WORD_MOST = 160, 48


@dataclass
class Fernit:
    """Runs fernit; an instance for each test, made by the fixture `fernit`.

    fernit("run", *args, stdin=None, timeout=30, **env) -> CompletedProcess with text

    A keyword in capitals is a variable of the environment: str, bytes or path; None takes it out.
    prefix: words in front of the binary, such as ["unshare", "-m"].
    leaves: the command may leave processes behind (they are ended all the same).
    guard=False: what is printed is not searched for keys.
    Runs at the same time in one directory would find each other's temporary files: use start() for them.
    """

    home: pathlib.Path
    secrets: set = field(default_factory=set)
    started: list = field(default_factory=list)
    taken_apart: set = field(default_factory=set)
    parts: dict = field(default_factory=dict)  # of all secrets, by their size
    program: pathlib.Path = BINARY

    @property
    def store(self):
        return self.home / "store"

    def environment(self, **changes):
        """The clean environment with the changes, and a mark of its own."""
        env = {
            "PATH": PATH,
            "HOME": self.home,
            "AIRFLOW_HOME": self.home / "airflow",
            "FERNIT_STORE": self.store,
            # The machine may be a container, where a store in /tmp dies with it; and most tests are about the one key.
            "FERNIT_ALLOW_EPHEMERAL": "yes",
            "FERNIT_MANAGE": "fernet_key",
            MARK: uuid.uuid4().hex,
            **changes,
        }
        return {name: value if isinstance(value, bytes) else str(value) for name, value in env.items() if value is not None}

    def start(self, *args, prefix=(), cwd=None, popen=None, **env):
        """The same without waiting and judging: a Popen, ended at the end of the test."""
        environment = self.environment(**env)
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **(popen or {})}
        process = subprocess.Popen([*prefix, self.program, *args], env=environment, cwd=cwd or self.home, **options)
        process.mark = environment[MARK]
        self.started.append(process)
        return process

    def __call__(self, *args, stdin=None, timeout=30, prefix=(), cwd=None, guard=True, leaves=False, popen=None, **env):
        before = self.temporaries()
        options = {**(popen or {}), **({"stdin": subprocess.PIPE} if stdin is not None else {})}
        data = stdin.encode(errors="surrogateescape") if isinstance(stdin, str) else stdin
        with self.start(*args, prefix=prefix, cwd=cwd, popen=options, **env) as process:
            try:
                out, err = process.communicate(data, timeout * PATIENCE)
            except subprocess.TimeoutExpired:
                end_all(process)
                process.kill()
                out, err = process.communicate()
                pytest.fail(f"fernit {args} did not end within {timeout * PATIENCE} s\n{out}\n{err}")
        done = subprocess.CompletedProcess(
            process.args,
            process.returncode,
            (out or b"").decode(errors="surrogateescape"),
            said(err or b"").decode(errors="surrogateescape"),
        )
        if guard:
            self.judge_output(args, done)
        self.judge_lines(args, done)
        if not leaves:
            self.judge_processes(args, process)
        # Where the name could not be made durable the temporary tells the next start so, which sweeps it.
        if done.returncode >= 0 and b"cannot sync its names to disk" not in (err or b""):
            left = self.temporaries() - before
            assert not left, f"temporary files left by fernit {args}: {left}"
        return done

    def temporaries(self):
        return {path for pattern in TEMPORARIES for path in self.home.glob(pattern)}

    def known(self):
        """Every secret of this test: told by the test, made by new_key, or in the store."""
        texts = set(self.secrets) | keys.made
        for file in self.store.glob("**/*"):
            try:
                if file.is_file() and not file.is_symlink() and file.stat().st_size <= 65536:
                    texts |= set(KEY_TEXT.findall(file.read_text(errors="replace")))
            except OSError:
                pass
        return {text.rstrip("=") for text in texts if len(text.rstrip("=")) >= 6}

    def judge_lines(self, args, done):
        """Each message and each hint is short, where the paths in it are usual ones."""
        usual = {self.store: "/var/lib/fernit", self.home / "airflow": "/opt/airflow", self.home: "/secret"}
        for line in done.stderr.splitlines():
            text = re.sub(r"^fernit: (error: |warning: [a-z-]+: |hint: )?", "", line)
            for path, short in usual.items():
                text = text.replace(str(path), short)
            text = text.replace(" --store /var/lib/fernit", "")
            is_usual = max(map(len, text.split()), default=0) <= WORD_MOST
            assert len(text) <= LINE_MOST or not is_usual or not line.startswith("fernit: "), f"{len(text)} characters: {line}"

    def judge_output(self, args, done):
        shown = done.stderr
        if args[:1] != ("run",) and args[:2] not in (("key", "print"), ("key", "generate")):
            shown += done.stdout
        assert not KEY_TEXT.search(shown), f"a key in the output of fernit {args}:\n{shown}"
        for secret in self.known() - self.taken_apart:
            self.taken_apart.add(secret)
            size = min(PART, len(secret))
            for spelling in (secret, secret.translate(str.maketrans("-_", "+/"))):
                self.parts.setdefault(size, set()).update(parts(spelling, size))
        for size, known in self.parts.items():
            found = known & parts(shown, size)
            assert not found, f"a part of a secret in the output of fernit {args}: {found}\n{shown}"

    def judge_processes(self, args, process):
        for _ in range(100):
            left = marked_processes(process)
            if not left:
                self.started.remove(process)
                return
            time.sleep(0.02)
        end_all(process)
        pytest.fail(f"left running by fernit {args}: {left}")


@pytest.fixture
def fernit(tmp_path):
    keys.made.clear()
    runner = Fernit(tmp_path)
    yield runner
    for process in runner.started:
        end_all(process)
        process.wait()


@dataclass
class Seen:
    """What a command under `fernit run` found in its environment."""

    returncode: int
    stderr: str
    pairs: list  # (name, value), in order

    @property
    def environment(self):
        return dict(self.pairs)

    def __getitem__(self, name):
        return self.environment[name]

    def get(self, name, default=None):
        return self.environment.get(name, default)

    def __contains__(self, name):
        return name in self.environment

    @property
    def keys(self):
        """The ring that Airflow would find in the environment, as a list."""
        return self["AIRFLOW__CORE__FERNET_KEY"].split(",")


@pytest.fixture
def child_sees(fernit):
    """child_sees(*options, **env): what the command of `fernit run OPTIONS` sees; fails where it is not run."""

    def run(*options, **arguments):
        done = fernit("run", *options, "--", "/usr/bin/env", "-0", **arguments)
        assert done.returncode == 0, done.stderr
        pairs = [tuple(line.split("=", 1)) for line in done.stdout.split("\0")[:-1]]
        return Seen(done.returncode, done.stderr, [pair for pair in pairs if pair[0] != MARK])

    return run


@dataclass
class Namespace:
    """A mount namespace that lasts as long as the test: what is mounted in it is seen in it alone."""

    holder: subprocess.Popen

    @property
    def prefix(self):
        """Words in front of a command that bring it in."""
        return ["nsenter", "-t", str(self.holder.pid), "-m", "--"]

    def path(self, path):
        """The place that is called `path` in there, for Python out here."""
        return pathlib.Path(f"/proc/{self.holder.pid}/root{path}")

    def run(self, *words):
        subprocess.run([*self.prefix, *words], check=True, capture_output=True)

    def leave_others(self):
        """Takes away what other tests have mounted: with its folder, which they remove, it would go from here, too, at any time."""
        lines = pathlib.Path(f"/proc/{self.holder.pid}/mountinfo").read_text(encoding="utf-8").splitlines()
        others = [line.split()[4] for line in lines if line.split(" - ")[1].startswith(("fuse", "overlay")) and line.split()[4] != "/"]
        if others:
            self.run("sh", "-c", 'umount --lazy --quiet "$@" || true', "sh", *others)

    def tmpfs(self, path, size="1m"):
        """Mounts an empty file system over a directory that exists."""
        self.run("mount", "-n", "-t", "tmpfs", "-o", f"size={size}", "none", path)
        return self.path(path)


@pytest.fixture
def namespace():
    words = ["unshare", "-m", "sh", "-c", "echo in && exec sleep 600"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as holder:
        try:
            if holder.stdout.readline() != "in\n":
                pytest.skip(f"no mount namespace here: {holder.stderr.read().strip()}")
            yield Namespace(holder)
        finally:
            holder.kill()


@pytest.fixture
def mounted_secrets(namespace):
    """An empty /run/secrets that is the namespace's own; a path to it from out here."""
    run = namespace.tmpfs("/run")
    run.chmod(0o755)
    run.joinpath("secrets").mkdir(mode=0o755)
    return namespace.path("/run/secrets")


@pytest.fixture
def nobody(fernit, tmp_path):
    """Words in front of fernit that take root's rights away; the test's directory then is this user's."""
    if os.getuid() != 0:
        return []
    if not os.access(BINARY, os.X_OK) or subprocess.run([*NOBODY, BINARY, "version"], capture_output=True).returncode:
        pytest.skip(f"other users cannot run {BINARY}, or there is no setpriv")
    os.chown(tmp_path, 65534, 65534)
    return NOBODY


NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def listing(folder):
    """Everything below a folder: path to (mode, owner, group, inode, mtime, links, target or bytes; None: neither)."""
    found = {}
    for path in sorted([folder, *pathlib.Path(folder).rglob("*")]):
        status = path.lstat()
        if path.is_symlink():
            content = os.readlink(path)
        else:
            content = path.read_bytes() if path.is_file() and os.access(path, os.R_OK) else None
        found[str(path)] = (
            status.st_mode,
            status.st_uid,
            status.st_gid,
            status.st_ino,
            status.st_mtime_ns,
            status.st_nlink,
            content,
        )
    return found


def warnings(done):
    return [line for line in done.stderr.splitlines() if line.startswith("fernit: warning: ")]


def hints(done):
    """What fernit advises, each on a line of its own."""
    return [line for line in done.stderr.splitlines() if line.startswith("fernit: hint: ")]


def hints_of(report):
    """The same in what `status --json` printed."""
    return [hint for message in report["messages"] for hint in message.get("hint", [])]


def errors(done):
    """Why fernit stopped."""
    return [line for line in done.stderr.splitlines() if line.startswith("fernit: error: ")]


def notices(done):
    """fernit's lines on standard error that are no errors, no warnings and no hints."""
    return [line for line in done.stderr.splitlines() if re.match("fernit: (?!error: |warning: |hint: )", line)]
