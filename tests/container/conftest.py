"""What the container tests stand on: `podman` with the images of prepare.py, and names that are cleaned up after each test.

Each test has names of its own, so that several run at once in one place.
"""
import shutil
import time
import uuid

import pytest

from engine import Engine

STORE = "/var/lib/fernit"
PATIENCE = 120  # seconds, for what is a matter of one: the machine may be busy


def pytest_configure():
    if not shutil.which("podman"):
        raise pytest.UsageError("podman is missing: make test-container installs it")


@pytest.fixture(scope="session")
def engine():
    """The place that prepare.py has filled."""
    engine = Engine()
    if not engine.has("airflow-with-fernit"):
        raise pytest.UsageError("the images are missing: make test-container builds them")
    return engine


class Box:
    """The containers and volumes of one test."""

    def __init__(self, engine):
        self.engine = engine
        self.name = f"t{uuid.uuid4().hex[:10]}"
        self.volumes = []
        self.count = 0

    def new_name(self):
        self.count += 1
        return f"{self.name}-{self.count}"

    def volume(self):
        """The name of a named volume; podman makes it with the first container that has it."""
        self.volumes.append(self.new_name())
        return self.volumes[-1]

    def podman(self, *words, **options):
        return self.engine.podman(*words, **options)

    def run(self, *words, **options):
        """podman run --rm WORDS; status, stdout and stderr of the container as subprocess.run gives them. Not checked."""
        return self.podman("run", "--rm", "--name", self.new_name(), *words, check=False, **options)

    def start(self, *words):
        """podman run -d WORDS; the container's name."""
        name = self.new_name()
        self.podman("run", "-d", "--name", name, *words)
        return name

    def exec(self, name, *words, **options):
        return self.podman("exec", name, *words, check=False, **options)

    def logs(self, name):
        """Both streams, of a container that runs or has ended."""
        done = self.podman("logs", name)
        return done.stdout + done.stderr

    def state(self, name, what="Status"):
        return self.podman("inspect", "--format", f"{{{{.State.{what}}}}}", name).stdout.strip()

    def wait_for_log(self, name, text, patience=PATIENCE):
        """Until the container's log has it; a container that ends without is a failure at once."""
        end = time.monotonic() + patience
        while text not in (log := self.logs(name)):
            if self.state(name) in ("exited", "stopped") and text not in self.logs(name):
                raise AssertionError(f"{name} ended with {self.state(name, 'ExitCode')} without {text!r}:\n{self.logs(name)}")
            if time.monotonic() > end:
                raise AssertionError(f"{name} has not said {text!r}:\n{log}")
            time.sleep(0.1)
        return log

    def wait_for_process(self, name, command, patience=PATIENCE):
        """Until the container has a process of that name."""
        end = time.monotonic() + patience
        while command not in (seen := self.podman("top", name, "comm", check=False).stdout.split()):
            if time.monotonic() > end:
                raise AssertionError(f"{name} has no process {command}, but {seen}:\n{self.logs(name)}")
            time.sleep(0.1)

    def clean(self):
        names = self.podman("ps", "--all", "--filter", f"name={self.name}", "--format", "{{.Names}}").stdout.split()
        if names:
            self.podman("rm", "--force", "--time", "0", "--volumes", *names, check=False)
        for volume in self.volumes:
            self.podman("volume", "rm", "--force", volume, check=False)


@pytest.fixture
def box(engine):
    box = Box(engine)
    yield box
    box.clean()


@pytest.fixture(scope="session")
def peers(engine):
    """PostgreSQL and Redis, for all."""
    from cluster import Peers
    peers = Peers(engine)
    peers.start()
    return peers


@pytest.fixture
def cluster(box, peers):
    """A cluster of the test's own, with the Secrets of its database and its broker."""
    from cluster import Cluster
    cluster = Cluster(box)
    cluster.secret("airflow-database", connection=peers.database(box.name))
    cluster.secret("airflow-broker", connection=peers.broker())
    yield cluster
    cluster.clean()
