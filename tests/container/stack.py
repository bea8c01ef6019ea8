"""A stack of docker/compose: a copy of its files in a folder, with passwords made as the file's own head says.

Two programs bring it up, both for real: podman-compose, and Docker's own docker-compose, which speaks to podman's socket
(Debian 12 has its version 1.29, Debian 13 the second). What podman-compose 1.0.3 does not know of the files, `Stack` does in
its place, as the file has it, and nothing else:

  - stop_grace_period: it is told to wait for the longest that the file names;
  - depends_on has no conditions: what ends since the tables are not there yet is started again by the restart policy;
  - --scale does nothing: the number stands in one more file, as deploy.replicas.

Podman has systemd start health checks, and no systemd runs in a container: so the tests ask for them (`podman healthcheck run`).
"""
import json
import pathlib
import re
import shutil
import subprocess
import time
import uuid

from conftest import PATIENCE
from engine import TREE

FOLDER = TREE / "docker" / "compose"
GRACE = 600  # seconds, the files' longest stop_grace_period: test_the_grace_period_is_what_the_tests_say
PASSWORD = re.compile(r"[0-9a-f]{48}")


def commands(file):
    """Those at the head of the file by which a person makes the passwords."""
    return re.findall(r"^#   ((?:umask|p=).*)$", (FOLDER / file).read_text(), re.MULTILINE)


class Stack:
    """`with Stack(...)`: everything of it is removed behind it."""

    patience = PATIENCE
    pause = 0.2  # seconds between two looks, each of which starts podman

    def __init__(self, engine, folder, *files, program="podman-compose", image="airflow-with-fernit", passwords="compose.yaml"):
        self.engine = engine
        self.folder = pathlib.Path(folder)
        self.files = files or ("compose.yaml",)
        self.program = program
        self.project = f"t{uuid.uuid4().hex[:10]}"
        self.service = None
        # docker-compose gives up after 60 s, in which podman may not have started twenty containers on a busy machine.
        self.environment = dict(engine.environment, AIRFLOW_IMAGE=image, DOCKER_HOST=f"unix://{self.folder}/podman.sock",
                                COMPOSE_HTTP_TIMEOUT="600")
        for file in FOLDER.glob("*.yaml"):
            shutil.copy(file, self.folder)
        (self.folder / "dags").mkdir()
        self.engine.run("bash", "-euc", "\n".join(commands(passwords)), cwd=self.folder)

    def __enter__(self):
        if self.program == "docker-compose":
            self.service = subprocess.Popen(["podman", "system", "service", "--time", "0", self.environment["DOCKER_HOST"]],
                                            env=self.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            end = time.monotonic() + PATIENCE
            while not (self.folder / "podman.sock").exists():
                assert time.monotonic() < end and self.service.poll() is None, "podman's socket does not come"
                time.sleep(0.05)
        return self

    def __exit__(self, *_):
        if self.service:
            self.service.kill()
            self.service.wait()
        label = f"label=com.docker.compose.project={self.project}"
        names = self.engine.podman("ps", "--all", "--quiet", "--filter", label).stdout.split()
        if names:
            self.engine.podman("rm", "--force", "--time", "0", *names, check=False)
        volumes = self.engine.podman("volume", "ls", "--quiet", "--filter", f"name=^{self.project}_").stdout.split()
        if volumes:
            self.engine.podman("volume", "rm", "--force", *volumes, check=False)
        self.engine.podman("network", "rm", "--force", f"{self.project}_default", check=False)

    # --- What a person types

    def compose(self, *words, check=True):
        """docker compose -f FILE... WORDS, in the folder of the files."""
        files = [word for file in self.files for word in ("-f", file)]
        any_port = {"docker-compose": "0", "podman-compose": ""}[self.program]
        return self.engine.run(self.program, "-p", self.project, *files, *words, check=check, cwd=self.folder,
                               env=dict(self.environment, AIRFLOW_PORT=any_port), timeout=3 * self.patience)

    def up(self, *words):
        return self.compose("up", "-d", *words)

    def stop(self, *services):
        return self.compose("stop", *self.grace(), *services)

    def down(self, *services):
        return self.compose("down", *self.grace(), *services)

    def grace(self):
        return ("-t", str(GRACE)) if self.program == "podman-compose" else ()

    def exec(self, container, *words):
        """podman exec CONTAINER WORDS; what subprocess.run gives. Not checked.

        podman's name server reads its files anew whenever a container starts or ends anywhere, and for a moment knows nobody:
        then once more.
        """
        end = time.monotonic() + PATIENCE
        while True:
            done = self.engine.podman("exec", container, *words, check=False)
            if "could not translate host name" not in done.stderr or time.monotonic() > end:
                return done
            time.sleep(0.2)

    def airflow(self, container, *words):
        """airflow WORDS beside the process of a container, as `docker exec` starts it; what it prints."""
        done = self.exec(container, "airflow", *words)
        assert done.returncode == 0, f"{container}: airflow {' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def get(self, container):
        return self.airflow(container, "connections", "get", "db")

    # --- What has come of it

    def override(self, name, **services):
        """One more file, over the others: each service's settings, in JSON, which is YAML."""
        (self.folder / name).write_text(json.dumps({"services": services}))
        self.files = (*self.files, name)

    def names(self, *services):
        """The containers of these services, or of all."""
        found = []
        for service in services or [None]:
            filters = ["--filter", f"label=com.docker.compose.project={self.project}"]
            if service:
                filters += ["--filter", f"label=com.docker.compose.service={service}"]
            found += self.engine.podman("ps", "--all", *filters, "--format", "{{.Names}}").stdout.split()
        return sorted(found)

    def name(self, service):
        [name] = self.names(service)
        return name

    def state(self, name, what="Status"):
        return self.engine.podman("inspect", "--format", f"{{{{.State.{what}}}}}", name).stdout.strip()

    def logs(self, name):
        done = self.engine.podman("logs", name)
        return done.stdout + done.stderr

    def wait_until(self, what, is_so):
        end = time.monotonic() + self.patience
        while not is_so():
            if time.monotonic() > end:
                told = "\n".join(f"--- {name}\n{self.logs(name)[-2000:]}" for name in self.names())
                raise AssertionError(f"not within {self.patience} s: {what}\n{told}")
            time.sleep(self.pause)

    def wait_for_log(self, name, text):
        self.wait_until(f"{name} says {text!r}", lambda: text in self.logs(name))

    def is_healthy(self, name):
        return self.engine.podman("healthcheck", "run", name, check=False).returncode == 0

    def wait_until_healthy(self, *services):
        for name in self.names(*services):
            self.wait_until(f"{name} is healthy", lambda name=name: self.is_healthy(name))

    def stored(self, container, name="fernet_key"):
        return self.engine.podman("exec", container, "cat", f"/var/lib/fernit/{name}").stdout

    def secrets(self, container):
        """All that nobody may see: the passwords, and what fernit keeps."""
        texts = [file.read_text() for file in (self.folder / "secrets").iterdir()]
        values = {value for text in texts for value in PASSWORD.findall(text)}
        kept = self.engine.podman("exec", container, "sh", "-c", "cat /var/lib/fernit/*_key /var/lib/fernit/*_secret").stdout
        return values | set(kept.replace(",", "\n").split())
