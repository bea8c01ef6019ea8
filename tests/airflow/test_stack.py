"""A deployment as it runs for real: PostgreSQL, Redis, and an API server, a scheduler and a Celery worker of Airflow 3, each in a container of its own."""
import json
import pathlib
import shutil
import signal
import tempfile
import time
import urllib.error
import urllib.request

import pytest

from conftest import blackbox
from deployment import HERE, PATIENCE, Deployment, environment
from services import free_port, postgresql, redis

pytestmark = pytest.mark.xdist_group("stack")
PASSWORD = "the password of the connection"
DAG = "work"


def wait_until(asked, what):
    end = time.monotonic() + PATIENCE
    while not (answer := asked()):
        assert time.monotonic() < end, what()
        time.sleep(0.2)
    return answer


class Stack:
    """The containers of one deployment; each start of one is a rebuild: nothing is left of the one before but store and database."""

    def __init__(self, deployment, broker):
        self.deployment = deployment
        self.port = free_port()
        self.broker = broker
        self.running = {}
        self.runs = 0

    def container(self, **env):
        return self.deployment.container(**{
            "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
            "AIRFLOW__CELERY__BROKER_URL": self.broker,
            "AIRFLOW__CELERY__RESULT_BACKEND": self.deployment.url.replace("postgresql+psycopg2", "db+postgresql"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{self.port}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__API__EXPOSE_CONFIG": "non-sensitive-only",
            "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "1",
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
            "C_FORCE_ROOT": "1",
            **env,
        })

    def start(self, name, *words, options=(), **env):
        if name in self.running:
            self.stop(name)
        container = self.container(**env)
        self.running[name] = (container, container.start("airflow", *words, options=options))

    def start_all(self):
        self.api()
        self.scheduler()
        self.worker()
        return self.ready()

    def api(self):
        self.start("api", "api-server", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "1")

    def scheduler(self, **env):
        self.start("scheduler", "scheduler", **env)

    def worker(self, *options):
        self.start("worker", "celery", "worker", "--concurrency", "1", "--skip-serve-logs", options=options)

    def stop(self, name):
        """TERM, as `docker stop` does; the log of what is stopped."""
        container, process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
        return container.log.read_text(errors="replace")

    def log(self, name):
        return self.running[name][0].log.read_text(errors="replace")

    def logs(self):
        return "\n".join(f"--- {name}\n{self.log(name)[-4000:]}" for name in self.running)

    def ready(self):
        """Once all that is started is up."""
        wait_until(lambda: self.get("/api/v2/version", token=False), self.logs)
        wait_until(lambda: " ready." in self.log("worker"), self.logs)
        return self

    def get(self, path, body=None, token=True):
        """The API's answer, or None where it does not answer yet."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {self.get('/auth/token', token=False)['access_token']}"
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode() if body else None, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            return None

    def trigger(self, seconds=0):
        """The file that the task writes, and how to ask for the run."""
        self.runs += 1
        place = self.deployment.folder / f"run-{self.runs}"
        runs = f"/api/v2/dags/{DAG}/dagRuns"
        run = self.get(runs, {"logical_date": None, "conf": {"place": str(place), "seconds": seconds}})
        return place, f"{runs}/{run['dag_run_id']}"

    def begun(self, place):
        wait_until(place.with_suffix(".begun").exists, self.logs)

    def ended(self, run):
        return wait_until(lambda: (state := self.get(run)["state"]) in ("success", "failed") and state, self.logs)


@pytest.fixture(scope="module")
def stack():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fernit-airflow-"))
    folder.chmod(0o755)  # for PostgreSQL's user
    fernit = blackbox.Fernit(folder)
    try:
        with postgresql(folder) as address, redis(folder) as broker:
            deployment = Deployment(fernit, folder, environment("3") / "bin", f"postgresql+psycopg2://{address}")
            shutil.copytree(HERE / "dags", folder / "dags")
            stack = Stack(deployment, broker)
            first = stack.container()
            first.run("airflow", "db", "migrate")
            first.ask(["dags", "reserialize"], ["connections", "add", "first", "--conn-type", "http", "--conn-password", PASSWORD])
            try:
                yield stack.start_all()
            finally:
                for process in fernit.started:
                    blackbox.end_all(process)
                    process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_task_reads_a_connection_and_each_container_takes_the_tokens_of_the_others(stack):
    place, run = stack.trigger()
    assert stack.ended(run) == "success", stack.logs()
    assert place.read_text() == PASSWORD


def secrets(stack):
    """Each one that the store holds."""
    found = {value for name in ("fernet_key", "secret_key", "jwt_secret") for value in (stack.deployment.store / name).read_text().strip().split(",")}
    assert len(found) == 3
    return found


def test_the_configuration_page_hides_each_secret(stack):
    shown = json.dumps(stack.get("/api/v2/config"))
    assert '{"key": "fernet_key", "value": "< hidden >"}' in shown
    assert not [value for value in secrets(stack) if value in shown]


def test_a_rebuilt_stack_reads_what_the_one_before_has_saved(stack):
    for name in list(stack.running):
        stack.stop(name)
    stack.start_all()
    place, run = stack.trigger()
    assert stack.ended(run) == "success", stack.logs()
    assert place.read_text() == PASSWORD


def test_a_rebuilt_scheduler_with_the_local_executor_reads_it_as_well(stack):
    """With one process: LocalExecutor.end() of 3.3.2 sends a word for each that runs, and can wait for ever for one whose word another took."""
    stack.stop("worker")
    stack.scheduler(AIRFLOW__CORE__EXECUTOR="LocalExecutor", AIRFLOW__CORE__PARALLELISM="1")
    place, run = stack.trigger()
    assert stack.ended(run) == "success", stack.logs()
    assert place.read_text() == PASSWORD
    stack.scheduler()
    stack.worker()
    stack.ready()


def test_a_worker_that_is_stopped_finishes_its_task(stack):
    place, run = stack.trigger(seconds=8)
    stack.begun(place)
    stack.stop("worker")
    assert place.read_text() == PASSWORD
    assert stack.ended(run) == "success", stack.logs()


def test_a_worker_whose_whole_group_is_stopped_does_not(stack):
    stack.worker("--signal-scope", "group")
    stack.ready()
    place, _ = stack.trigger(seconds=8)
    stack.begun(place)
    log = stack.stop("worker")
    time.sleep(10)
    assert not place.exists(), log


def test_a_scheduler_with_another_jwt_secret_is_not_believed(stack):
    stack.worker()
    stack.scheduler(FERNIT_MANAGE="fernet_key,secret_key", AIRFLOW__API_AUTH__JWT_SECRET="another secret " * 5)
    stack.ready()
    place, _ = stack.trigger()
    wait_until(lambda: "Invalid auth token" in stack.log("worker") + stack.log("api"), stack.logs)
    assert not place.with_suffix(".begun").exists()


def test_no_log_holds_a_secret(stack):
    values = secrets(stack)
    for container in stack.deployment.containers:
        for log in container.home.rglob("*log"):
            if log.is_file():
                assert not [value for value in values if value in log.read_text(errors="replace")], log
