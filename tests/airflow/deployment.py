"""Deployments of a real Airflow: containers that come and go, each with an AIRFLOW_HOME of its own, on one store and one database."""
import functools
import json
import pathlib
import sqlite3
import subprocess
from dataclasses import dataclass, field

import pytest
from cryptography.fernet import Fernet, InvalidToken

HERE = pathlib.Path(__file__).resolve().parent
PATIENCE = 300  # seconds, for what takes five: the machine may be busy

# No examples, no default connections, nothing asked of the network.
QUIET = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "SCARF_ANALYTICS": "false",
    "NO_PROXY": "*",
    "PYTHONWARNINGS": "ignore",
    "SPT_NOENV": "1",  # a process that sets its title leaves the mark of tests/blackbox in its environment
}


@functools.cache
def asked_for(name):
    return subprocess.run([HERE / "environment.sh", name], capture_output=True, text=True, check=False)


def environment(name):
    """The folder of the environment locks/NAME.txt. Where it cannot be had the test is skipped, which CI=true forbids."""
    done = asked_for(name)
    if done.returncode == 3:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())


def number(name):
    """The version of the Airflow in it, as in 2.10.5."""
    return environment(name).name.split("-")[1]


@dataclass
class Container:
    """What lives as long as a container: an AIRFLOW_HOME, which a rebuild loses, and an environment."""

    deployment: "Deployment"
    home: pathlib.Path
    env: dict

    @property
    def cfg(self):
        return self.home / "airflow.cfg"

    @property
    def log(self):
        """What the process of start() has said."""
        return self.home / "log"

    def fernit(self, *words, **env):
        """fernit WORDS in this container, and no failure."""
        done = self.deployment.fernit(*words, timeout=PATIENCE, **{**self.env, **env})
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def run(self, *words, options=(), **env):
        """What WORDS print behind `fernit run OPTIONS`."""
        return self.fernit("run", *options, "--", *words, **env).stdout

    def ask(self, *questions, options=(), **env):
        """The answers of ask.py behind `fernit run OPTIONS`, as a list."""
        return json.loads(self.run("python", HERE / "ask.py", json.dumps(questions), options=options, **env).splitlines()[-1])

    def start(self, *words, options=(), **env):
        """WORDS behind `fernit run --init`, which ends with this process and leaves nothing: a Popen."""
        init = ("--init", "--pdeathsig", "TERM", "--grace", "5s")
        with open(self.log, "wb") as log:
            return self.deployment.fernit.start("run", *init, *options, "--", *words, popen={"stdout": log, "stderr": log}, **{**self.env, **env})

    def execute(self, *words):
        """What WORDS print without fernit: `docker exec`, which has the container's own environment and its files."""
        env = {name: value for name, value in self.deployment.fernit.environment(**self.env).items() if not name.startswith("FERNIT")}
        done = subprocess.run(words, env=env, cwd=self.home, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def execute_ask(self, *questions):
        return json.loads(self.execute(self.deployment.bin / "python", HERE / "ask.py", json.dumps(questions)).splitlines()[-1])

    def judge(self, options=(), **env):
        """What judge.py makes of a start."""
        return json.loads(self.run("python", HERE / "judge.py", self.deployment.store, options=options, **env).splitlines()[-1])


@dataclass
class Deployment:
    """One store, one database; made by the fixture `deploy`."""

    fernit: object  # the runner of tests/blackbox
    folder: pathlib.Path
    bin: pathlib.Path  # of the environment
    url: str
    containers: list = field(default_factory=list)

    @property
    def store(self):
        return self.fernit.store

    @property
    def ring(self):
        return self.store.joinpath("fernet_key").read_text().strip().split(",")

    def container(self, **env):
        """A new container: nothing of an earlier one's AIRFLOW_HOME is in it."""
        home = self.folder / f"home-{len(self.containers) + 1}"
        home.mkdir()
        here = {
            **QUIET,
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "AIRFLOW_HOME": home,
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": self.url,
            "AIRFLOW__CORE__DAGS_FOLDER": self.folder / "dags",
            "FERNIT_MANAGE": None,  # all of them
        }
        self.containers.append(Container(self, home, {**here, **env}))
        return self.containers[-1]

    def tokens(self):
        """{name: token} of all that the SQLite database holds, as Airflow stored it: read without Airflow."""
        with sqlite3.connect(self.folder / "airflow.db") as database:
            found = dict(database.execute("SELECT key, val FROM variable"))
            for name, password, extra in database.execute("SELECT conn_id, password, extra FROM connection"):
                found.update({f"{name}.password": password, f"{name}.extra": extra})
        return found


def opens(key, token):
    """Whether this key alone reads the token, which it must be: judged without fernit and without Airflow."""
    assert token.startswith("gAAAAA"), f"stored in clear: {token}"
    try:
        return bool(Fernet(key).decrypt(token.encode()))
    except InvalidToken:
        return False
