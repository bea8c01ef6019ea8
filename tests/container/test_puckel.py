"""From the classic image, puckel/docker-airflow, to the same with fernit in front: by the commands that a person would run."""
import json

import pytest
from cryptography.fernet import Fernet

from deployment import CLASSIC, Deployment, listed, made_a_key, warnings

HOME = "/usr/local/airflow"
OLD, NEW = "puckel/docker-airflow:1.10.9", "puckel-with-fernit"
VARIABLES = pytest.mark.parametrize("variable", ["FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY"])


@pytest.fixture
def classic(box):
    """The deployment before: the database outlives the containers, nothing else does."""
    return Deployment(box, image=OLD, data=CLASSIC)


@pytest.fixture
def key():
    return Fernet.generate_key().decode()


def upgrade(airflow):
    airflow.image = NEW


def still_there_without(airflow, key):
    """The store has taken the key over: it is not needed from outside any more, nor the container that took it."""
    name = airflow.start()
    log = airflow.box.wait_for_log(name, "webserver: ready, 2 connections read")
    assert not made_a_key(log)
    assert airflow.box.exec(name, "airflow", "connections", "list").stdout == listed("old", "new")
    assert airflow.box.exec(name, "cat", "/var/lib/fernit/fernet_key").stdout == key + "\n"


# --- Its key is known


@VARIABLES
def test_a_key_in_the_environment_moves_into_the_store(classic, key, variable):
    given = ("-e", f"{variable}={key}")
    classic.add("old", options=given)
    upgrade(classic)
    said = classic.check("old", options=given)
    assert not made_a_key(said) and warnings(said) == [], said
    classic.add("new", options=given)
    still_there_without(classic, key)


def with_cfg(box, tmp_path, text):
    """An airflow.cfg of one's own, mounted as many have it; it can be written, for the user of the image."""
    cfg = tmp_path / "airflow.cfg"
    cfg.write_text(text)
    cfg.chmod(0o666)
    return ("-v", f"{cfg}:{HOME}/airflow.cfg")


def test_a_key_in_a_mounted_airflow_cfg_moves_into_the_store(box, classic, tmp_path, key):
    """The classic entrypoint had beaten it with a fresh one at each start: so its owner has set both."""
    mounted = with_cfg(box, tmp_path, f"[core]\nfernet_key = {key}\n")
    classic.add("old", options=(*mounted, "-e", f"AIRFLOW__CORE__FERNET_KEY={key}"))
    upgrade(classic)
    assert not made_a_key(classic.check("old", options=mounted))
    classic.add("new", options=mounted)
    still_there_without(classic, key)


def test_a_key_in_an_airflow_cfg_on_a_volume_moves_into_the_store(box, classic, key):
    home = ("-v", f"{box.volume()}:{HOME}")
    given = (*home, "-e", f"AIRFLOW__CORE__FERNET_KEY={key}")
    classic.add("old", options=given)
    edit = f"sed -i 's/^fernet_key = .*/fernet_key = {key}/' airflow.cfg"
    assert classic.run("bash", "-c", edit, options=given).returncode == 0
    upgrade(classic)
    assert not made_a_key(classic.check("old", options=home))
    classic.add("new", options=home)
    still_there_without(classic, key)


def test_a_mounted_airflow_cfg_that_names_the_variable_stays_as_it_is(box, classic, tmp_path, key):
    text = "[core]\nfernet_key = $FERNET_KEY\n\n[webserver]\nsecret_key = mine\n"
    given = (*with_cfg(box, tmp_path, text), "-e", f"FERNET_KEY={key}")
    classic.add("old", options=given)
    upgrade(classic)
    assert not made_a_key(classic.check("old", options=given))
    classic.add("new", options=given)
    assert (tmp_path / "airflow.cfg").read_text() == text
    still_there_without(classic, key)


def test_the_secret_key_that_the_image_publishes_is_not_taken_over(classic):
    upgrade(classic)
    done = classic.run("airflow", "config", "get-value", "webserver", "secret_key")
    assert done.returncode == 0 and "temporary_key" not in done.stdout and len(done.stdout.strip()) == 44, done.stderr


def test_the_published_key_is_warned_of_and_used(classic):
    """The one in puckel's compose files."""
    key = "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho="
    given = ("-e", f"FERNET_KEY={key}")
    classic.add("old", options=given)
    upgrade(classic)
    said = classic.check("old", options=given)
    assert any("everybody knows, from puckel" in warning for warning in warnings(said)), said
    classic.add("new", options=given)
    still_there_without(classic, key)


# --- Nobody has set a key: the classic image makes a fresh one at each start


def test_the_key_of_a_container_that_still_runs_is_in_its_first_process_and_can_be_brought_along(box, classic):
    old = classic.start("webserver")
    box.wait_for_log(old, "webserver: ready")
    # What the webserver does when somebody stores a connection in its pages.
    environment = box.exec(old, "sh", "-c", "tr '\\0' '\\n' </proc/1/environ").stdout
    (key,) = [line.split("=", 1)[1] for line in environment.splitlines() if line.startswith("AIRFLOW__CORE__FERNET_KEY=")]
    stored = box.podman("exec", "-e", f"AIRFLOW__CORE__FERNET_KEY={key}", old, "airflow", "connections", "add", "old", "--conn-password", "pw-old", check=False)
    assert stored.returncode == 0, stored.stderr
    box.podman("stop", "--time", "0", old)
    upgrade(classic)
    given = ("-e", f"FERNET_KEY={key}")
    assert not made_a_key(classic.check("old", options=given))
    classic.add("new", options=given)
    still_there_without(classic, key)


def test_a_key_that_is_gone_with_its_container_is_gone_and_fernit_says_that_it_has_made_another(classic):
    classic.add("old")
    upgrade(classic)
    done = classic.run("airflow", "connections", "list")
    assert made_a_key(done.stderr) and "InvalidToken: old" in done.stderr, done.stderr
    # From now on it is the last time.
    assert classic.run("airflow", "connections", "add", "old", "--conn-password", "pw-old").returncode == 0
    classic.check("old")


def test_the_classic_image_loses_its_connections_at_each_start_and_with_fernit_it_does_not(classic):
    """The control: what all of this is for."""
    classic.add("old")
    assert "InvalidToken: old" in classic.run("airflow", "connections", "list").stderr
    upgrade(classic)
    classic.add("old")
    classic.check("old")


# --- As it is used


def test_the_webserver_and_the_scheduler_that_the_entrypoint_starts_beside_it_both_end_with_the_container(box, classic):
    upgrade(classic)
    name = classic.start()
    box.wait_for_log(name, "webserver: ready")
    box.wait_for_log(name, "scheduler: ready")
    box.podman("stop", name)
    log = box.logs(name)
    assert box.state(name, "ExitCode") == "0" and {"webserver: ending", "scheduler: ending"} <= set(log.splitlines()), log


def test_a_worker_gets_its_stop_alone(box, classic):
    classic.options += ["-e", "AIRFLOW__CELERY__BROKER_URL="]
    upgrade(classic)
    name = classic.start("worker")
    box.wait_for_log(name, "worker: ready")
    box.podman("stop", name)
    log = box.logs(name)
    assert box.state(name, "ExitCode") == "0" and "worker: ending\n" in log, log


def test_fernit_deliver_does_not_leave_the_key_to_airflow_cfg_where_the_entrypoint_s_fresh_one_would_beat_it(classic):
    upgrade(classic)
    classic.add("db", options=("-e", "FERNIT_DELIVER=cfg"))
    classic.check("db")


def test_without_a_volume_it_is_refused_before_the_entrypoint_begins(box):
    done = box.run("-e", "AIRFLOW__CORE__EXECUTOR=SequentialExecutor", NEW)
    assert done.returncode == 125 and "none was created" in done.stderr and "webserver" not in done.stdout, done.stderr


def test_in_exec_mode_it_works_as_well(classic):
    classic.options += ["--entrypoint", json.dumps(["fernit", "run", "--", "/entrypoint.sh"])]
    upgrade(classic)
    classic.add("db")
    classic.check("db")
