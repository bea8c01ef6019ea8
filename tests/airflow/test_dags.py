"""A DAG of Airflow 2 that uses a connection, run by Airflow itself in a container that comes after the one that saved it."""
import json
import shutil

import pytest

from deployment import HERE

PASSWORD = "the password of the connection"


@pytest.mark.parametrize("version", ["2.10", "2.11"])
def test_a_dag_reads_its_connection_after_a_rebuild(deployment):
    shutil.copytree(HERE / "dags", deployment.folder / "dags")
    deployment.container().ask(["connections", "add", "first", "--conn-type", "http", "--conn-password", PASSWORD])
    place = deployment.folder / "left"
    deployment.container().run("airflow", "dags", "test", "work", "--conf", json.dumps({"place": str(place)}))
    assert place.read_text(encoding="utf-8") == PASSWORD
