"""What a test asks of the system: strace and its faults, mounts that only the test sees, users without rights, locks."""
import collections
import fcntl
import functools
import pathlib
import re
import subprocess
import time

import pytest

NOBODY = 65534
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]

#: How a secret comes under its name, and the faults that leave no better way.
WAYS = {
    "link": [],
    "rename": ["linkat:error=EPERM"],
    "lock": ["linkat:error=EPERM", "renameat2:error=EINVAL"],
}

#: They say nothing about files: a fault at one of them is the same as one at the next that does.
MEMORY = {"brk", "madvise", "mlock", "mmap", "mprotect", "munlock", "munmap"}

WRITES = {
    "chmod", "chown", "copy_file_range", "creat", "fallocate", "fchmod", "fchmodat", "fchown", "fchownat", "fdatasync", "fsync",
    "ftruncate", "lchown", "link", "linkat", "mkdir", "mkdirat", "mknod", "mknodat", "msync", "pwrite64", "pwritev", "rename",
    "renameat", "renameat2", "rmdir", "sendfile", "symlink", "symlinkat", "sync", "syncfs", "truncate", "unlink", "unlinkat",
    "utimensat", "write", "writev",
}  # fmt: skip


def works(*command):
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


@functools.cache
def can(what):
    return {
        "trace": lambda: works("strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=getpid:error=EPERM", "true"),
        "be process 1": lambda: works("unshare", "--pid", "--fork", "--mount-proc", "true"),
        "become another user": lambda: works(*AS_NOBODY, "true"),
    }[what]()


def need(*whats):
    """Skips the test where this machine does not let us do that."""
    for what in whats:
        if not can(what):
            pytest.skip(f"this machine does not let a test {what}")


Call = collections.namedtuple("Call", "name arguments result")


class Trace:
    """fernit under strace. `prefix` goes in front of fernit; `calls()` is what it did before the command took over."""

    def __init__(self, log, faults=(), only=None):
        need("trace")
        self.log = pathlib.Path(log)
        self.prefix = ["strace", "-f", "-qq", "-y", "-s", "64", "-o", str(self.log)]
        if only:
            self.prefix += ["-e", f"trace={only}"]
        if only and not any("signal=" in fault for fault in faults):
            # Only these calls stop, and a start is nearly as fast as without strace; but signals are not injected then.
            self.prefix += ["--seccomp-bpf"]
        for fault in faults:
            self.prefix += ["-e", f"inject={fault}"]

    def lines(self):
        return self.log.read_text(errors="replace").splitlines()

    def calls(self):
        found = []
        for line in self.lines():
            match = re.match(r"\d+ +(\w+)\((.*)\) += (.*)$", line)
            if not match:
                continue
            call = Call(*match.groups())
            if call.name == "execve" and found:
                if call.result.startswith("0"):
                    break
                continue
            found.append(call)
        return found

    def writes(self):
        """Calls that change a file, or open one for it."""
        return [
            call
            for call in self.calls()
            if call.name in WRITES
            or (call.name in ("open", "openat") and re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", call.arguments))
        ]


def faults_of(way):
    """Faults of a way, as words for `only`: the calls that they are about."""
    return ",".join(fault.split(":")[0] for fault in WAYS[way])


def on_way(way):
    """In front of fernit: a file system on which only this way is left."""
    if not WAYS[way]:
        return []
    return Trace("/dev/null", WAYS[way], only=faults_of(way)).prefix


def each_call(trace):
    """(name, number of that name, call) of what the start did, less what says nothing about files."""
    count = collections.Counter()
    for call in trace.calls()[1:]:
        count[call.name] += 1
        if call.name not in MEMORY:
            yield call.name, count[call.name], call


def bind(namespace, source, target, *options):
    """Mounts the source over the target, in the namespace alone; options such as "ro"."""
    namespace.run("mount", "-n", "--bind", source, target)
    if options:
        namespace.run("mount", "-n", "-o", ",".join(["remount", "bind", *options]), target)


#: What mountinfo says of the file system of "/" where a test says nothing else.
MACHINE = "1 0 254:0 / / rw,relatime - ext4 /dev/vda rw"


def pretend_mounts(namespace, *lines, root=MACHINE):
    """What /proc/self/mountinfo says in the namespace, whatever is mounted there: no more of /proc is left in it."""
    namespace.run("mount", "-n", "-t", "tmpfs", "none", "/proc")
    namespace.run("mkdir", "/proc/self")
    namespace.path("/proc/self/mountinfo").write_text("".join(f"{line}\n" for line in (root, *lines)))


class Lock:
    """The store's lock in our hands, as another fernit would have it."""

    def __init__(self, store):
        self.file = open(pathlib.Path(store) / ".lock", "wb")
        fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def release(self):
        self.file.close()


@pytest.fixture(name="held")
def held_fixture(store):
    """held(): takes the store's lock; the Lock it gives has release()."""
    locks = []

    def take():
        locks.append(Lock(store))
        return locks[-1]

    yield take
    for lock in locks:
        lock.release()


@pytest.fixture(name="immutable")
def immutable_fixture(tmp_path):
    """immutable(path): not even root may change it, until the test ends."""
    probe = tmp_path / "probe"
    probe.mkdir()
    if not works("chattr", "+i", probe) or not works("chattr", "-i", probe):
        pytest.skip("this file system knows no chattr +i")
    probe.rmdir()
    made = []

    def make(path):
        made.append(path)
        subprocess.run(["chattr", "+i", path], check=True)

    yield make
    for path in made:
        subprocess.run(["chattr", "-i", path], check=True)


def wait_for(condition, seconds=10):
    """Until it is true; its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.002)
    return value
