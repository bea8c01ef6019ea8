"""The file system of tests/fuse: without links, without modes, or without power from a certain request on."""
import os
import pathlib
import selectors
import subprocess

import pytest

SERVER = pathlib.Path(__file__).resolve().parents[2] / "build" / "fuse" / "server"

#: How a secret comes under its name, and the switches that leave no better way.
WAYS = {"link": [], "rename": ["no-link"], "lock": ["no-link", "no-noreplace", "shared-locks"]}

#: What may have arrived at a power cut though nobody waited for it: any sum of these.
MADE, REMOVED, RENAMED, DATA = 1, 2, 4, 8
ARRIVALS = range(16)


class FileSystem:
    """One that is mounted; the methods are the server's lines (tests/fuse/server.c)."""

    def __init__(self, path, *switches):
        self.path = pathlib.Path(path)
        self.path.mkdir()
        self.also = next((pathlib.Path(word.removeprefix("also=")) for word in switches if word.startswith("also=")), None)
        if self.also:
            self.also.mkdir()
        if not SERVER.exists():
            pytest.fail(f"{SERVER} is missing: run make build/fuse/server")
        # A pipe of its own for the end of the test, which ends the server, however the test ends.
        self.server = subprocess.Popen(
            [SERVER, self.path, *switches], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        if self.answer() != "ready":
            _, said = self.server.communicate()
            pytest.skip(f"no FUSE here: {said.strip()}")

    def answer(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self.server.stdout, selectors.EVENT_READ)
            assert selector.select(timeout=60), "the FUSE server does not answer"
        return self.server.stdout.readline().strip()

    def tell(self, line):
        self.server.stdin.write(line + "\n")
        return int(self.answer())

    def cut(self, request):
        """The power fails at so many requests from now on; 0: never."""
        self.tell(f"cut {request}")

    def kill(self, request):
        """Who makes that request from now on is killed."""
        self.tell(f"kill {request}")

    def count(self):
        return self.tell("count")

    def chowns(self):
        """How often somebody has tried to change an owner or a group."""
        return self.tell("chowns")

    def boot(self, arrived=0):
        """Power again; all that may have arrived. The same power cut can be tried with one arrival after the other."""
        return self.tell(f"boot {arrived}")

    def give(self, uid):
        """All that is there, but not what will be made, belongs to it."""
        self.tell(f"give {uid}")

    def empty(self):
        self.tell("empty")

    def end(self):
        """Its status: 0, unless the server has found something wrong with itself."""
        _, said = self.server.communicate(timeout=60)
        assert self.server.returncode == 0, said
        for path in filter(None, (self.path, self.also)):
            assert not os.path.ismount(path), f"{path} is still mounted"


@pytest.fixture(name="mounted")
def mounted_fixture(tmp_path):
    """mounted(*switches, at="disk"): a FileSystem on that folder of the test's directory."""
    made = []

    def mount(*switches, at="disk"):
        made.append(FileSystem(tmp_path / at, *switches))
        return made[-1]

    yield mount
    for system in made:
        system.end()
