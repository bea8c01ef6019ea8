"""docker/compose/compose.airflow3.yaml with Airflow 3 for real: a task reads a connection; then all containers and their image are
made anew, and another task reads it.

Airflow's packages come from the virtual environment that tests/airflow keeps in the cache.
"""
import re
import types
import urllib.parse

import pytest
import yaml

from engine import TREE
from prepare import AIRFLOW3, packages
from stack import FOLDER, Stack

SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")

# Small and quick, for two cores. The environment lacks the provider of the file's auth manager; nobody logs in here.
SETTINGS = {
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "1",
    "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    # The API server's first answer takes seconds, on a busy machine more than the 5 after which a task gives up.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "120",
}

# The task asks the API server for the connection, and tells it how it has ended, with a token that the scheduler has signed.
DAG = """
from datetime import datetime
from airflow.sdk import Connection, dag, task

@dag(dag_id="{name}", schedule="@once", start_date=datetime(2024, 1, 1))
def reader():
    @task
    def read():
        assert Connection.get("db").password == "s3cret"
    read()

reader()
"""
FORGED = "curl -s -o /dev/null -w %{http_code} -H 'Authorization: Bearer a.b.c' http://localhost:8080/execution/connections/db"


class Airflow(Stack):
    patience = 600  # seconds, for five processes that each take some to start: the machine may be busy
    pause = 1

    def ask(self, query):
        """The metadata database's answer."""
        return self.exec(self.name("postgres"), "psql", "-U", "airflow", "-tAc", query).stdout.strip()

    def run_task(self, name):
        """The state in which the task of a new DAG has ended."""
        (self.folder / "dags" / f"{name}.py").write_text(DAG.format(name=name))
        query = f"SELECT state FROM task_instance WHERE dag_id = '{name}'"
        self.wait_until(f"the task of {name} has ended", lambda: self.ask(query) in ("success", "failed", "up_for_retry"))
        return self.ask(query)

    def secrets_of(self, name):
        """The lines of airflow.cfg that all containers have to have in common."""
        lines = self.exec(name, "cat", "/opt/airflow/airflow.cfg").stdout.splitlines()
        return sorted(line for line in lines if re.match("(fernet_key|secret_key|jwt_secret) = .", line))


@pytest.fixture(scope="module")
def days(engine, tmp_path_factory):
    """What was seen on the first day and on the second."""
    folder, why_not = packages()
    if not folder:
        pytest.skip(why_not)
    assert f"airflow-{AIRFLOW3[2]}-" in folder, "compose.airflow3.yaml names another version than tests/airflow/locks/3.txt"
    image = "airflow3-with-fernit:test"

    def build(*options):
        engine.build(image, TREE / "docker" / "airflow.Dockerfile", TREE, "--build-arg", f"AIRFLOW={AIRFLOW3[1]}", *options)
        return engine.podman("image", "inspect", "--format", "{{.Id}}", image).stdout

    def look(stack, day):
        seen = types.SimpleNamespace(task=stack.run_task(day))
        names = stack.names(*SERVICES)
        seen.ids = {stack.engine.podman("inspect", "--format", "{{.Id}}", name).stdout for name in names}
        seen.secrets = {name: stack.secrets_of(name) for name in names}
        seen.init = stack.state(stack.name("init"), "ExitCode")
        seen.logs = {name: stack.logs(stack.name(name)) for name in ("init", *SERVICES)}
        seen.inspected = "".join(engine.podman("inspect", name).stdout for name in stack.names())
        return seen

    images = [build()]
    with Airflow(engine, tmp_path_factory.mktemp("airflow3"), "compose.airflow3.yaml", program="docker-compose", image=image) as stack:
        small = {"environment": SETTINGS, "volumes": [f"{folder}:/home/airflow/.local/lib:ro"]}
        stack.override("small.json", **{name: small for name in ("init", *SERVICES)} | {"worker": {**small, "deploy": {"replicas": 1}}})
        stack.up()
        stack.wait_until_healthy("postgres", "redis", "api-server")
        api_server = stack.name("api-server")
        stack.airflow(api_server, "connections", "add", "db", "--conn-type", "generic", "--conn-password", "s3cret")
        first = look(stack, "first")
        stack.wait_until_healthy(*SERVICES)
        first.forged = stack.exec(api_server, "sh", "-c", FORGED).stdout
        first.comm = stack.exec(api_server, "cat", "/proc/1/comm").stdout
        stack.down()
        first.left = stack.names()

        images.append(build("--no-cache"))
        stack.program = "podman-compose"
        stack.up()
        stack.wait_until_healthy("postgres")
        second = look(stack, "second")
        second.token = stack.ask("SELECT is_encrypted, password FROM connection WHERE conn_id = 'db'")
        stack.stop("worker")
        second.stopped = stack.state(stack.name("worker"), "ExitCode")
        yield types.SimpleNamespace(images=images, first=first, second=second, secret=stack.secrets(api_server) | {"s3cret"})
    engine.podman("rmi", "--force", image, check=False)


def test_a_worker_waits_for_the_server_that_its_tasks_call():
    """A task that cannot reach it fails, and depends_on is not asked when a container starts again by itself."""
    environment = yaml.safe_load((FOLDER / "compose.airflow3.yaml").read_text())["services"]["worker"]["environment"]
    server = urllib.parse.urlsplit(environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"])
    assert f"tcp://{server.netloc}" in environment["FERNIT_WAIT_FOR"].split(",")


@pytest.mark.xdist_group("airflow3")
class TestTwoDays:
    def test_each_day_a_task_reads_the_connection(self, days):
        for day in (days.first, days.second):
            assert day.task == "success", day.logs["worker"] + day.logs["api-server"]

    def test_each_day_the_api_server_believes_the_worker_that_asks_for_it(self, days):
        for day in (days.first, days.second):
            assert re.search("path=/execution/connections/db .*status_code=200", day.logs["api-server"])

    def test_the_containers_and_their_image_are_others_on_the_second_day(self, days):
        assert days.first.left == []
        assert len(days.first.ids) == len(days.second.ids) == len(SERVICES)
        assert not days.first.ids & days.second.ids and len(set(days.images)) == 2

    def test_all_services_have_the_same_secrets_on_both_days(self, days):
        [lines] = {tuple(lines) for day in (days.first, days.second) for lines in day.secrets.values()}
        assert {line.split(" = ")[0] for line in lines} == {"fernet_key", "secret_key", "jwt_secret"}

    def test_the_key_is_made_once_and_never_again(self, days):
        made = [log.count("created Fernet key") for day in (days.first, days.second) for log in day.logs.values()]
        assert sorted(made)[-2:] == [0, 1]

    def test_the_connection_is_encrypted_in_the_database(self, days):
        assert re.fullmatch(r"t\|gAAAA[\w-]+=*", days.second.token)

    def test_the_api_server_takes_no_token_that_it_has_not_signed(self, days):
        assert days.first.forged in ("401", "403")

    def test_init_ends_well_and_a_worker_that_is_stopped_too(self, days):
        assert (days.first.init, days.second.init, days.second.stopped) == ("0", "0", "0")

    def test_process_1_is_fernit(self, days):
        assert days.first.comm == "fernit\n"

    def test_nothing_secret_is_in_inspect_or_in_the_logs(self, days):
        assert len(days.secret) >= 5
        for day in (days.first, days.second):
            shown = day.inspected + "".join(day.logs.values())
            assert not [value for value in days.secret if value in shown]
