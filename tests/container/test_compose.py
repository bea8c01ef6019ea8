"""docker/compose: the files as a person starts them, with real PostgreSQL and Redis behind them."""
import re
import types

import pytest

from conftest import STORE
from engine import TREE
from stack import FOLDER, GRACE, Stack, commands

SERVICES = ("webserver", "scheduler", "worker")
FILES = (("compose.yaml",), ("compose.yaml", "compose.secret.yaml"), ("compose.airflow3.yaml",), ("puckel.yaml",))


def add(stack, container, password="s3cret", name="db"):
    stack.airflow(container, "connections", "add", name, "--conn-password", password)


def lines(stack, container, text):
    return [line for line in stack.logs(container).splitlines() if text in line]


# --- As text

@pytest.mark.parametrize("files", FILES, ids=" ".join)
def test_dockers_own_compose_has_nothing_against_the_files(engine, files, tmp_path):
    words = [word for file in files for word in ("-f", FOLDER / file)]
    done = engine.run("docker-compose", *words, "config", "--quiet", cwd=tmp_path)
    assert not done.stderr


def test_no_file_holds_a_value_that_should_be_secret():
    for file in FOLDER.glob("*.yaml"):
        text = file.read_text()
        assert not re.search(r"[\w+/-]{43}=", text), file
        assert not re.search(r"://[^$\s\"]*:[^$\s\"]+@", text), file


@pytest.mark.parametrize("file", ["compose.yaml", "puckel.yaml"])
def test_the_passwords_are_made_by_three_commands_at_most(file):
    assert 1 <= len(commands(file)) <= 3


def test_the_grace_period_is_what_the_tests_say():
    for file in ("compose.yaml", "compose.airflow3.yaml", "puckel.yaml"):
        assert f"stop_grace_period: {GRACE // 60}m\n" in (FOLDER / file).read_text(), file


# --- One stack's days

@pytest.fixture(scope="module")
def life(engine, tmp_path_factory):
    """Stopped in the middle of tasks, taken down, started again; its image rebuilt, and started with twenty workers: what was
    seen on the way."""
    seen = types.SimpleNamespace()
    image = "airflow-with-fernit:life"
    engine.podman("tag", "airflow-with-fernit", image)
    with Stack(engine, tmp_path_factory.mktemp("life"), program="docker-compose", image=image) as stack:
        # Longer than the 10 seconds after which docker kills what has no stop_grace_period.
        stack.override("task.json", worker={"environment": {"STAND_IN_TASK": "12"}})
        stack.up()
        stack.wait_until_healthy("postgres", *SERVICES)
        add(stack, stack.name("webserver"))
        seen.key = stack.stored(stack.name("webserver"))

        stack.stop("worker")
        seen.stopped = {name: (stack.state(name, "ExitCode"), stack.logs(name)) for name in stack.names("worker")}

        stack.files = ("compose.yaml",)
        stack.down()
        seen.left = stack.names()
        stack.up("postgres", "redis", "webserver", "scheduler")
        stack.wait_until_healthy("postgres", "webserver", "scheduler")
        seen.again = {name: (stack.logs(name), stack.get(name)) for name in stack.names("webserver", "scheduler")}

        stack.down()
        old = engine.podman("image", "inspect", "--format", "{{.Id}}", image).stdout
        engine.build(image, TREE / "docker" / "airflow.Dockerfile", TREE, "--no-cache")
        seen.is_new_image = old != engine.podman("image", "inspect", "--format", "{{.Id}}", image).stdout
        # podman-compose starts one after the other: where many start at once podman's name server loses some for a minute.
        stack.program = "podman-compose"
        stack.override("twenty.json", worker={"deploy": {"replicas": 20}})
        stack.up()
        stack.wait_until_healthy("postgres", "webserver", "scheduler")
        for name in stack.names("worker"):
            stack.wait_for_log(name, "ready")
        seen.rebuilt = {name: stack.logs(name) for name in stack.names(*SERVICES)}
        seen.last_key = stack.stored(stack.name("webserver"))
        yield seen
    engine.podman("rmi", "--force", image, check=False)


@pytest.mark.xdist_group("compose-life")
class TestAStacksDays:
    def test_stop_lets_a_worker_finish_its_task_and_kills_nothing(self, life):
        assert len(life.stopped) == 2
        for status, log in life.stopped.values():
            assert status == "0", log
            assert "celery worker: task done" in log
            assert "the pool was killed" not in log

    def test_down_leaves_no_container_and_up_reads_what_was_stored(self, life):
        assert life.left == []
        for log, got in life.again.values():
            assert "ready, 1 connections read" in log
            assert got == "db s3cret\n"

    def test_no_key_is_made_the_second_time(self, life):
        assert not [log for log, _ in life.again.values() if "created Fernet key" in log]

    def test_a_rebuilt_image_reads_what_was_stored(self, life):
        assert life.is_new_image
        services = [log for name, log in life.rebuilt.items() if "worker" not in name]
        assert len(services) == 2
        assert all("ready, 1 connections read" in log for log in services)

    def test_twenty_workers_read_what_was_stored(self, life):
        workers = [log for name, log in life.rebuilt.items() if "worker" in name]
        assert len(workers) == 20
        assert all("ready, 1 connections read" in log for log in workers)

    def test_it_is_one_key_from_the_first_day_to_the_last(self, life):
        assert life.key == life.last_key


# --- One stack, which these tests look at and leave as it is

@pytest.fixture(scope="module")
def shared(engine, tmp_path_factory):
    with Stack(engine, tmp_path_factory.mktemp("shared")) as stack:
        stack.up()
        stack.wait_until_healthy("postgres", "redis", *SERVICES)
        stack.wait_until("init has ended", lambda: stack.state(stack.name("init")) == "exited")
        add(stack, stack.name("webserver"))
        yield stack


@pytest.mark.xdist_group("compose-shared")
class TestAStackThatRuns:
    def test_init_has_migrated_once_and_ended_well(self, shared):
        name = shared.name("init")
        assert shared.state(name, "ExitCode") == "0"
        assert len(lines(shared, name, "Database migrating done!")) == 1

    def test_there_are_two_workers(self, shared):
        assert len(shared.names("worker")) == 2

    def test_one_key_was_made_and_all_have_it(self, shared):
        made = [line for name in shared.names(*SERVICES, "init") for line in lines(shared, name, "created Fernet key")]
        assert len([line for line in made if "fernet_key" in line]) == 1, made
        names = shared.names(*SERVICES)
        assert re.fullmatch(r"[\w-]{43}=\n?", shared.stored(names[0]))
        assert {shared.airflow(name, "config", "get-value", "core", "fernet_key").strip() for name in names} == {shared.stored(names[0]).strip()}

    def test_a_connection_that_the_webserver_adds_is_read_by_all(self, shared):
        for name in shared.names(*SERVICES):
            assert shared.get(name) == "db s3cret\n", name

    def test_compose_exec_finds_the_key_and_the_database(self, shared):
        assert "db s3cret" in shared.compose("exec", "-T", "webserver", "airflow", "connections", "get", "db").stdout

    def test_sessions_and_logs_have_one_secret_key(self, shared):
        values = {shared.airflow(name, "config", "get-value", "webserver", "secret_key") for name in shared.names(*SERVICES)}
        assert len(values) == 1 and values != {"\n"}

    def test_status_in_a_service_finds_nothing_wrong_and_shows_no_secret(self, shared):
        name = shared.name("scheduler")
        done = shared.exec(name, "fernit", "status")
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{STORE}/fernet_key" in done.stdout
        assert not [value for value in shared.secrets(name) if value in done.stdout + done.stderr]

    def test_nothing_secret_is_in_inspect_or_in_the_logs(self, shared):
        secrets = shared.secrets(shared.name("webserver")) | {"s3cret"}
        assert len(secrets) >= 5
        for name in shared.names():
            seen = shared.engine.podman("inspect", name).stdout + shared.logs(name)
            assert not [value for value in secrets if value in seen], name

    def test_process_1_is_fernit_whose_environment_nobody_in_the_container_can_read(self, shared):
        seen = shared.engine.podman("exec", shared.name("scheduler"), "sh", "-c", "cat /proc/1/comm; ! cat /proc/1/environ")
        assert seen.stdout == "fernit\n"
        assert "Permission denied" in seen.stderr

    def test_the_port_is_open_to_this_machine_alone(self, shared):
        assert re.fullmatch(r"8080/tcp -> 127\.0\.0\.1:\d+\n", shared.engine.podman("port", shared.name("webserver")).stdout)

    def test_the_urls_as_fernits_own_files_lead_to_the_same_connection(self, shared):
        done = shared.engine.podman(
            "run", "--rm", "--pull", "never", "--label", f"com.docker.compose.project={shared.project}",
            "--network", f"{shared.project}_default", "-v", f"{shared.project}_fernit:{STORE}",
            "-v", f"{shared.folder}/secrets/sql_alchemy_conn:/run/secrets/sql_alchemy_conn:ro",
            "-e", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE=/run/secrets/sql_alchemy_conn", "-e", "FERNIT_WAIT_FOR=db",
            "airflow-with-fernit", "airflow", "connections", "get", "db")
        assert done.stdout == "db s3cret\n"


# --- A database that is late

def test_a_late_database_is_waited_for_with_one_line(engine, tmp_path):
    with Stack(engine, tmp_path) as stack:
        stack.up("redis", "webserver")  # and init, which it depends on
        waiting = stack.names("init", "webserver")
        for name in waiting:
            stack.wait_for_log(name, "waits for the database at postgres:5432")
        stack.up("postgres")
        stack.wait_until_healthy("webserver")
        for name in waiting:
            starts = 1 + int(engine.podman("inspect", "--format", "{{.RestartCount}}", name).stdout)
            assert 1 <= len(lines(stack, name, "waits for the database")) <= starts
        assert not [value for value in stack.secrets(stack.name("webserver")) for name in waiting if value in stack.logs(name)]


def test_a_database_that_is_not_there_is_an_error_with_125_and_the_restart_policy_tries_again(engine, tmp_path):
    with Stack(engine, tmp_path) as stack:
        stack.override("short.json", webserver={"environment": {"FERNIT_WAIT_TIMEOUT": "1s"}})
        stack.up("redis", "webserver")
        name = stack.name("webserver")
        error = "has not answered within 1s"
        stack.wait_until("it was tried three times", lambda: len(lines(stack, name, error)) >= 3)
        for line in lines(stack, name, error):
            assert line.startswith("fernit: error: the database at postgres:5432 "), line
        assert lines(stack, name, "fernit: hint: or wait longer: --wait-timeout")
        stack.wait_until("its status was 125", lambda: stack.state(name, "ExitCode") == "125")
        # No command of a person's is needed once the database is there.
        stack.up("postgres")
        stack.wait_until_healthy("webserver")


# --- Keys from outside

def test_one_service_with_another_key_says_so_and_nothing_becomes_unreadable(engine, tmp_path):
    services = ("postgres", "redis", "webserver", "scheduler")
    with Stack(engine, tmp_path, program="docker-compose") as stack:
        stack.up(*services)
        stack.wait_until_healthy(*services)
        add(stack, stack.name("webserver"))
        other = engine.podman("run", "--rm", "fernit", "key", "generate").stdout.strip()
        stack.override("other.json", webserver={"environment": {"FERNET_KEY": other}})
        stack.up("webserver")
        stack.wait_until_healthy("webserver")
        webserver, scheduler = stack.name("webserver"), stack.name("scheduler")

        [said] = lines(stack, webserver, "brings the new key")
        assert re.match(r"fernit: warning: changed-key: FERNET_KEY brings the new key [0-9a-f]{16}: it encrypts from now on$", said), said
        assert lines(stack, webserver, "fernit: hint: restart all processes that run with the old keys")
        assert other not in stack.logs(webserver)
        assert stack.get(webserver) == stack.get(scheduler) == "db s3cret\n"

        # What it writes from now on the others read once they are restarted, as it has said.
        add(stack, webserver, "newer", "newer")
        assert "InvalidToken: newer" in stack.exec(scheduler, "airflow", "connections", "get", "newer").stderr
        stack.compose("restart", "scheduler")
        stack.wait_until_healthy("scheduler")
        assert stack.airflow(scheduler, "connections", "list") == "db s3cret\nnewer newer\n"

        # The key is taken out of the file again: it stays in the volume.
        stack.files = ("compose.yaml",)
        stack.up("webserver")
        stack.wait_until_healthy("webserver")
        assert stack.airflow(stack.name("webserver"), "connections", "list") == "db s3cret\nnewer newer\n"


def test_a_key_that_is_a_docker_secret_is_the_one_that_all_use(engine, tmp_path):
    services = ("postgres", "redis", "webserver", "scheduler")
    with Stack(engine, tmp_path, "compose.yaml", "compose.secret.yaml") as stack:
        key = engine.podman("run", "--rm", "fernit", "key", "generate").stdout
        (stack.folder / "secrets" / "fernet_key").write_text(key)
        stack.up(*services)
        stack.wait_until_healthy(*services)
        add(stack, stack.name("webserver"))
        assert stack.get(stack.name("scheduler")) == "db s3cret\n"
        for name in stack.names("webserver", "scheduler"):
            assert stack.airflow(name, "config", "get-value", "core", "fernet_key") == key
            assert not lines(stack, name, "created Fernet key")
            assert key.strip() not in stack.logs(name) + engine.podman("inspect", name).stdout


# --- puckel.yaml; compose.airflow3.yaml is in test_airflow3.py

def test_puckels_image_has_one_key_for_all_its_services(engine, tmp_path):
    with Stack(engine, tmp_path, "puckel.yaml", image="puckel-with-fernit", passwords="puckel.yaml") as stack:
        stack.up()
        stack.wait_until_healthy("postgres", "redis", "webserver")
        run = ("fernit", "run", "--", "airflow", "connections")
        assert stack.exec(stack.name("webserver"), *run, "add", "db", "--conn-password", "s3cret").returncode == 0
        for name in stack.names(*SERVICES):
            stack.wait_for_log(name, "ready")
            assert stack.exec(name, *run, "get", "db").stdout == "db s3cret\n", name
        seen = "".join(engine.podman("inspect", name).stdout + stack.logs(name) for name in stack.names())
        assert not [value for value in stack.secrets(stack.name("webserver")) if value in seen]
        stack.stop()
        for name in stack.names("worker"):
            assert stack.state(name, "ExitCode") == "0"
            assert "the pool was killed" not in stack.logs(name)
