"""Airflow's own compose file, changed as doc/migrating.md says: airflow-init is root, and what it leaves its services have to read."""
import json
import re

import pytest
import yaml

from conftest import STORE
from engine import TREE
from stack import Stack

ANOTHER = 54321  # an arbitrary uid, with group 0 as all have there

# What airflow-init does, without what it says on the way. Compose replaces ${AIRFLOW_UID}, by nothing where it is not set.
INIT = {
    2: """
        mkdir -p /sources/logs /sources/dags /sources/plugins
        chown -R "${AIRFLOW_UID}:0" /sources/{logs,dags,plugins}
        exec /entrypoint airflow version
    """,
    3: """
        mkdir -v -p /opt/airflow/{logs,dags,plugins,config}
        /entrypoint airflow version
        /entrypoint airflow config list >/dev/null
        chown -R "${AIRFLOW_UID}:0" /opt/airflow/
        chown -v -R "${AIRFLOW_UID}:0" /opt/airflow/{logs,dags,plugins,config}
    """,
}


def changes():
    """The lines that doc/migrating.md has for that file."""
    chapter = (TREE / "doc/migrating.md").read_text().split("\n## From Airflow's own compose file\n")[1]
    return yaml.safe_load(re.search("```yaml\n(.*?)```", chapter, re.S)[1])


def changed(version):
    """The file in the shape that it has for Airflow 2 or 3, with those lines in it."""
    lines = changes()
    common = {
        **lines["x-airflow-common"],
        "user": "${AIRFLOW_UID:-50000}:0",
        "environment": {
            **lines["x-airflow-common"]["environment"],
            "CONNECTION_CHECK_MAX_COUNT": "20",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://airflow:airflow@postgres/airflow",
            **({"AIRFLOW_CONFIG": "/opt/airflow/config/airflow.cfg"} if version == 3 else {}),
        },
        "volumes": [*(f"./{name}:/opt/airflow/{name}" for name in ("dags", "logs", "config", "plugins")), *lines["x-airflow-common"]["volumes"]],
    }
    init = lines["services"]["airflow-init"]
    return {
        "services": {
            "postgres": {
                "image": "postgres:16",
                "environment": {"POSTGRES_USER": "airflow", "POSTGRES_PASSWORD": "airflow", "POSTGRES_DB": "airflow"},
                "healthcheck": {"test": ["CMD", "pg_isready", "-U", "airflow"]},
            },
            "airflow-init": {
                **common,
                "entrypoint": init["entrypoint"],
                "command": ["-c", INIT[version]],
                "environment": {**common["environment"], "_AIRFLOW_DB_MIGRATE": "true", "_AIRFLOW_WWW_USER_CREATE": "true", "_AIRFLOW_WWW_USER_PASSWORD": "airflow"},
                "user": "0:0",
                **({"volumes": [".:/sources", *init["volumes"]]} if version == 2 else {}),
            },
            "airflow-scheduler": {**common, "command": "scheduler"},
            "airflow-triggerer": {**common, "command": "triggerer", "user": f"{ANOTHER}:0"},
        },
        "volumes": lines["volumes"],
    }


@pytest.mark.parametrize(("version", "uid"), [(2, None), (3, None), (3, 123456)])
def test_after_root_has_migrated_services_of_any_uid_read_the_same_key(engine, tmp_path, version, uid):
    with Stack(engine, tmp_path, "docker-compose.json") as stack:
        stack.environment["AIRFLOW_IMAGE_NAME"] = "airflow-with-fernit"
        if uid:
            stack.environment["AIRFLOW_UID"] = str(uid)
        (stack.folder / "docker-compose.json").write_text(json.dumps(changed(version)))
        stack.up("postgres")
        stack.wait_until_healthy("postgres")
        stack.up("airflow-init")
        init = stack.name("airflow-init")
        stack.wait_until("airflow-init has ended", lambda: stack.state(init) == "exited")
        log = stack.logs(init)
        assert stack.state(init, "ExitCode") == "0", log
        assert "Database migrating done!" in log and log.count("created Fernet key") == 1, log
        assert "warning" not in log, log

        services = {"airflow-scheduler": uid or 50000, "airflow-triggerer": ANOTHER}
        stack.up(*services)
        for service, runs_as in services.items():
            name = stack.name(service)
            stack.wait_for_log(name, "ready")
            assert "created Fernet key" not in stack.logs(name) and "warning" not in stack.logs(name), stack.logs(name)
            assert stack.exec(name, "id", "-u").stdout == f"{runs_as}\n"
            assert stack.airflow(name, "config", "get-value", "core", "fernet_key").strip() == stack.stored(name).strip()
            assert stack.exec(name, "fernit", "status").returncode == 0
            left = stack.exec(name, "find", STORE, "/opt/airflow", "!", "-readable")
            assert left.stdout + left.stderr == ""
        stack.airflow(stack.name("airflow-scheduler"), "connections", "add", "db", "--conn-password", "s3cret")
        assert stack.get(stack.name("airflow-triggerer")) == "db s3cret\n"


def test_the_file_s_own_entrypoint_would_leave_fernit_out(engine):
    """Which is why doc/migrating.md has a line for it."""
    assert changes()["services"]["airflow-init"]["entrypoint"] == ["fernit", "run", "--", "/bin/bash"]
    done = engine.podman("run", "--rm", "--entrypoint", "/bin/bash", "airflow-with-fernit", "-c", "/entrypoint airflow config get-value core fernet_key")
    assert done.stdout == "\n"
