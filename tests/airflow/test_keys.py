"""What one container of a real Airflow saves, the next one reads, whatever happened to the key between them."""
import sqlite3

import pytest

from conftest import new_key
from deployment import PATIENCE, opens

ADD = (
    ["connections", "add", "first", "--conn-type", "postgres", "--conn-password", "pässwort %", "--conn-extra", '{"a": "b"}'],
    ["variables", "set", "first", "a value"],
)
ADD_MORE = (["connections", "add", "second", "--conn-type", "http", "--conn-password", "another"], ["variables", "set", "second", "two"])
SAVED = {"connections": {"first": ["pässwort %", '{"a": "b"}']}, "variables": {"first": "a value"}}
SAVED_MORE = {"connections": {**SAVED["connections"], "second": ["another", None]}, "variables": {**SAVED["variables"], "second": "two"}}


def read_by(key, tokens):
    """The names of what this key alone reads."""
    return {name for name, token in tokens.items() if token and opens(key, token)}


FIRST = {"first", "first.password", "first.extra"}
SECOND = {"second", "second.password"}


def test_a_rebuilt_container_reads_what_the_one_before_has_saved(deployment):
    assert deployment.container().ask(*ADD, ["saved"])[-1] == SAVED
    [key] = deployment.ring
    assert read_by(key, deployment.tokens()) == FIRST
    assert deployment.container().ask(["saved"]) == [SAVED]


def test_without_the_store_a_rebuilt_container_reads_nothing(deployment):
    deployment.container().ask(*ADD)
    deployment.store.joinpath("fernet_key").write_text(new_key())
    assert deployment.container().ask(["saved"]) == [{"error": "InvalidToken"}]


def test_a_command_that_bypasses_fernit_reads_airflow_cfg(deployment):
    container = deployment.container()
    container.ask(*ADD)
    assert container.execute_ask(["saved"]) == [SAVED]
    # So does what it saves, which the next container finds.
    container.execute_ask(*ADD_MORE)
    assert deployment.container().ask(["saved"]) == [SAVED_MORE]


def test_a_key_from_outside_changes_and_is_rotated_to_and_the_old_one_retired(deployment):
    deployment.container().ask(*ADD)
    [old], new = deployment.ring, new_key()
    container = deployment.container(FERNET_KEY=new)
    assert container.ask(*ADD_MORE, ["saved"])[-1] == SAVED_MORE
    assert read_by(old, deployment.tokens()) == FIRST
    assert read_by(new, deployment.tokens()) == SECOND
    container.run("airflow", "rotate-fernet-key")
    assert read_by(new, deployment.tokens()) == FIRST | SECOND
    container.fernit("key", "retire", "--yes")
    assert deployment.ring == [new]
    assert deployment.container().ask(["saved"]) == [SAVED_MORE]


def test_a_staged_key_is_read_at_once_and_used_once_it_is_promoted(deployment):
    deployment.container().ask(*ADD)
    [old], new = deployment.ring, new_key()
    container = deployment.container()
    assert container.ask(["saved"], FERNET_KEY=new, FERNIT_ON_CHANGE="stage") == [SAVED]
    assert deployment.ring == [old]
    # A replica that was started before the promotion, with the key staged, reads what one from after it saves.
    before = container.run("sh", "-c", 'echo "$AIRFLOW__CORE__FERNET_KEY"').strip()
    container.fernit("key", "promote", "--yes")
    assert deployment.container().ask(*ADD_MORE, ["saved"])[-1] == SAVED_MORE
    assert read_by(new, deployment.tokens()) == SECOND
    replica = deployment.container(AIRFLOW__CORE__FERNET_KEY=before)
    assert replica.execute_ask(["saved"]) == [SAVED_MORE]


def test_of_containers_that_start_at_once_each_reads_what_one_saves(deployment):
    containers = [deployment.container() for _ in range(8)]
    starts = [deployment.fernit.start("init", **container.env) for container in containers]
    assert [start.wait(60) for start in starts] == [0] * 8
    containers[0].execute_ask(*ADD)
    assert [container.execute_ask(["saved"]) for container in containers[1:3]] == [[SAVED]] * 2
    assert len({container.cfg.read_text() for container in containers}) == 1


@pytest.mark.parametrize("version", ["3"])
def test_a_rotation_that_fails_loses_nothing(deployment):
    """While a task is deferred the trigger has plain text, which rotate-fernet-key of Airflow 3 takes for a token."""
    deployment.container().ask(*ADD)
    before = deployment.tokens()
    with sqlite3.connect(deployment.folder / "airflow.db") as database:
        database.execute("INSERT INTO trigger (classpath, kwargs, created_date) VALUES ('a.Trigger', '{\"moment\": 1}', '2026-01-01')")
    container = deployment.container(FERNET_KEY=new_key())
    done = deployment.fernit("run", "--", "airflow", "rotate-fernet-key", timeout=PATIENCE, **container.env)
    assert done.returncode == 1
    assert "InvalidToken" in done.stdout + done.stderr
    assert deployment.tokens() == before
    assert len(deployment.ring) == 2
    assert container.ask(["saved"]) == [SAVED]
