"""Power cuts at every request that a start makes of its file system, and what may be there afterwards."""
import os
import re
import subprocess
from dataclasses import dataclass

from conftest import BINARY, PATH
from fuse import ARRIVALS

WHOLE = re.compile(r"[A-Za-z0-9_-]{43}=\n")


@dataclass
class Ended:
    status: int
    out: str
    err: str


class Disk:
    """The store and an AIRFLOW_HOME on a file system that can lose power."""

    def __init__(self, system, user=(), manage="fernet_key"):
        self.system, self.user, self.manage = system, list(user), manage
        self.store, self.cfg = system.path / "volume" / "store", system.path / "airflow" / "airflow.cfg"

    def start(self, *words, **environment):
        """Without the fixture's judges, which take longer than the start: there are thousands of them."""
        env = {
            "PATH": PATH, "HOME": "/nonexistent", "AIRFLOW_HOME": str(self.cfg.parent), "FERNIT_STORE": str(self.store),
            "FERNIT_MANAGE": self.manage, "FERNIT_ALLOW_EPHEMERAL": "1",
        }  # fmt: skip
        done = subprocess.run(
            [*self.user, BINARY, *words], env={**env, **environment}, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def names(self):
        return sorted(os.listdir(self.store)) if self.store.exists() else []

    def cfg_names(self):
        return sorted(os.listdir(self.cfg.parent)) if self.cfg.parent.exists() else []

    def text(self, file):
        return file.read_text() if file.exists() else None

    def stored(self):
        return self.text(self.store / "fernet_key")

    def state(self):
        """All that there is, to tell whether two power cuts have left the same."""
        found = {}
        for folder, folders, files in os.walk(self.system.path):
            found |= {os.path.join(folder, name): None for name in folders}
            for name in files:
                path = os.path.join(folder, name)
                with open(path) as file:
                    found[path] = (os.stat(path).st_nlink, file.read())
        return found


def put(file, text, mode=0o600, owner=0):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    os.chown(file, owner, owner)


@dataclass
class Figures:
    cuts: int = 0
    states: int = 0
    losses: int = 0


def cut_everywhere(disk, prepare, act, judge):
    """Cuts the power at each request of act(), and once after the last; judge(ended) looks at what is left.

    prepare() is durable. After each cut whatever nobody waited for arrives in every combination; those that leave
    different disks are all judged, each by an assertion. Returns what was tried, and what was found wrong.
    """

    def stop(request):
        disk.system.cut(request)
        return act()

    return at_every_request(disk, prepare, act, stop, judge)


def kill_everywhere(disk, prepare, act, then, judge):
    """The same where the process dies at each request of act(), and the power after then(), whose end is judged."""

    def stop(request):
        disk.system.kill(request)
        act()
        return then()

    return at_every_request(disk, prepare, act, stop, judge)


def at_every_request(disk, prepare, act, stop, judge):
    begin(disk, prepare)
    act()
    figures, wrong = Figures(cuts=disk.system.count() + 1), []
    for request in range(1, figures.cuts + 1):
        begin(disk, prepare)
        ended = stop(request)
        for arrived, state in different_disks(disk):
            figures.states += 1
            try:
                judge(ended)
            except AssertionError as error:
                wrong.append(f"at request {request}, arrived {arrived}: {error}\ndisk: {state}\nstart: {ended}")
    figures.losses = len(wrong)
    return figures, wrong


def begin(disk, prepare):
    disk.system.empty()
    prepare()
    disk.system.boot(max(ARRIVALS))
    disk.system.cut(0)


def different_disks(disk):
    """The power fails, if it has not; (what arrived, all there is) for each of the disks that may be found then."""
    seen = []
    possible = disk.system.boot()
    for arrived in ARRIVALS:
        if arrived & ~possible:
            continue
        disk.system.boot(arrived)
        state = disk.state()
        if state not in seen:
            seen.append(state)
            yield arrived, state
