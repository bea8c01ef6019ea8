"""Many starts of fernit at the same moment, and kills among them."""
import os
import pathlib
import random
import signal
import time
from dataclasses import dataclass, field

import pytest

from conftest import BINARY

#: The command says which key it was given, on a line of its own.
COMMAND = ["run", "--allow-ephemeral", "printenv", "AIRFLOW__CORE__FERNET_KEY"]


@dataclass
class Outcome:
    status: int
    out: str
    err: str

    @property
    def killed(self):
        return self.status == -signal.SIGKILL


@dataclass
class Crowd:
    """Starts that wait at a gate, which opens for all of them at once."""

    fernit: object
    folder: pathlib.Path
    processes: list = field(default_factory=list)
    gate: int = -1

    def gather(self, number, words=COMMAND, environment=lambda i: {}, prefix=lambda i: ()):
        """To open a FIFO for reading waits until somebody opens it for writing."""
        fifo = self.folder / "gate"
        self.folder.mkdir()
        os.mkfifo(fifo)
        for i in range(number):
            # Files, since so many pipes are more than a process may have open.
            with open(self.folder / f"{i}.out", "wb") as out, open(self.folder / f"{i}.err", "wb") as err:
                held_back = ["sh", "-c", f': < {fifo}; exec "$@"', "sh", *prefix(i)]
                files = {"stdout": out, "stderr": err}
                self.processes.append(self.fernit.start(*words, prefix=held_back, popen=files, **environment(i)))
        time.sleep(0.2)

    def open_gate(self):
        # Those that come late find it open, since it stays open until all have passed.
        self.gate = os.open(self.folder / "gate", os.O_RDWR)

    def at_work(self, process):
        """Whether it is fernit now: neither held back any more nor its command."""
        try:
            return os.readlink(f"/proc/{process.pid}/exe") == str(BINARY)
        except OSError:
            return False

    def any_runs(self):
        return any(process.poll() is None for process in self.processes)

    def kill_some(self, number, dice):
        """At random moments of their work, as long as any of them runs."""
        while number and self.any_runs():
            process = dice.choice(self.processes)
            if process.poll() is None and self.at_work(process):
                process.kill()
                number -= 1
            time.sleep(dice.uniform(0, 0.01))

    def outcomes(self):
        found = []
        for i, process in enumerate(self.processes):
            process.wait(timeout=60)
            # It has been replaced by its command, and that has ended: nothing of it is left to look for.
            self.fernit.started.remove(process)
            found.append(Outcome(process.returncode, (self.folder / f"{i}.out").read_text(), (self.folder / f"{i}.err").read_text()))
        os.close(self.gate)
        return found


@pytest.fixture(name="crowd")
def crowd_fixture(fernit, tmp_path):
    """crowd(number, ...): a Crowd that waits at its gate."""

    def gather(*arguments, **options):
        crowd = Crowd(fernit, tmp_path / f"crowd-{random.getrandbits(32)}")
        crowd.gather(*arguments, **options)
        return crowd

    return gather
