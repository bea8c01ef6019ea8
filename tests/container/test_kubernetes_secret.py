"""docker/kubernetes/secret.yaml: a key from a Secret, in a container from which everything is taken that can be."""
import time

import pytest

from cluster import that_restarts
from test_kubernetes import ADD, GET, KEY, ready, says

OLD = "VGhpcyBpcyBhbiBvbGQgb25lLCBvZiAzMiBieXRlczE="
NEW = "VGhpcyBpcyB0aGUgbmV3IG9uZSBvZiAzMiBieXRlczI="
WEB = "VGhpcyBpcyB0aGUgd2ViIHNlcnZlcidzIHNlY3JldDE="
STATUS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


@pytest.fixture
def webserver(cluster):
    cluster.secret("airflow-fernet-key", fernet_key=f"{OLD}\n")
    cluster.secret("airflow-secret-key", secret_key=f"{WEB}\n")
    return lambda change=None: cluster.apply("secret.yaml", change)


def with_store(spec):
    """What remembers a key that the Secret no longer has."""
    spec["volumes"].append({"name": "fernit", "persistentVolumeClaim": {"claimName": "fernit"}})
    spec["containers"][0]["volumeMounts"].append({"name": "fernit", "mountPath": "/var/lib/fernit"})


def test_everything_that_is_locked_is_locked_and_a_connection_is_read_all_the_same(cluster, webserver):
    pod = ready(webserver())
    says(pod.exec(*ADD))
    assert says(pod.exec(*GET)) == "db s3cret"
    assert says(pod.exec(*KEY)) == OLD
    assert says(pod.exec("airflow", "config", "get-value", "webserver", "secret_key")) == WEB
    assert pod.exec("touch", "/written").returncode
    assert says(pod.exec("id", "-u")) == "1000650000"
    status = dict(line.split(":\t", 1) for line in says(pod.exec("cat", "/proc/1/status")).splitlines())
    assert {status[name].strip() for name in STATUS} == {"0000000000000000"}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert says(ready(cluster.again(pod), 1).exec(*GET)) == "db s3cret"


def test_a_uid_that_etc_passwd_does_not_know_is_enough(box):
    # podman gives a uid its entry in /etc/passwd, which a cluster does not, and kube play cannot be told not to.
    done = box.run("--user", "1000650000:0", "--passwd=false", "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges",
                   "-e", f"FERNET_KEY={OLD}", "-e", "FERNIT_DELIVER=env", "airflow-with-fernit",
                   "bash", "-c", "getent passwd 1000650000 || airflow config get-value core fernet_key")
    assert (done.returncode, done.stdout) == (0, f"{OLD}\n"), done.stderr


def test_the_key_is_in_airflow_cfg_in_memory_and_in_no_environment(webserver):
    pod = ready(webserver())
    environments = says(pod.exec("sh", "-c", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'"))
    assert "AIRFLOW_CONFIG=/config/airflow.cfg" in environments
    assert OLD not in environments and WEB not in environments
    assert says(pod.exec("stat", "-f", "-c", "%T", "/config/airflow.cfg")) == "tmpfs"
    assert says(pod.exec("stat", "-c", "%a", "/config/airflow.cfg")) in ("600", "660")
    assert OLD not in pod.logs() and "warning" not in pod.logs(), pod.logs()


def test_a_secret_that_changes_under_a_running_pod_changes_nothing_until_it_restarts(cluster, webserver):
    pod = ready(webserver(that_restarts))
    says(pod.exec(*ADD))
    cluster.secret("airflow-fernet-key", fernet_key=f"{NEW},{OLD}\n")
    assert says(pod.exec("cat", "/secrets/fernet-key/fernet_key")) == f"{NEW},{OLD}"
    assert says(pod.exec(*KEY)) == OLD
    pod.crash()
    pod.wait_for_log("ready, 1 connections read")
    assert says(pod.exec(*KEY)) == f"{NEW},{OLD}"
    says(pod.exec("airflow", "rotate-fernet-key"))
    cluster.secret("airflow-fernet-key", fernet_key=NEW)
    another = ready(cluster.again(pod), 1)
    assert says(another.exec(*GET)) == "db s3cret"


def test_a_secret_that_is_exchanged_is_a_change_for_the_store_and_both_keys_read(cluster, webserver):
    def change(spec):
        with_store(spec)
        that_restarts(spec)
    pod = ready(webserver(change))
    says(pod.exec(*ADD))
    kept = cluster.claim("fernit") / "fernet_key"
    cluster.secret("airflow-fernet-key", fernet_key=NEW)
    pod.crash()
    pod.wait_for_log("ready, 1 connections read")
    assert says(pod.exec(*GET)) == "db s3cret"
    assert says(pod.exec(*KEY)) == kept.read_text().strip() == f"{NEW},{OLD}"
    assert "warning: changed-key: AIRFLOW__CORE__FERNET_KEY_FILE" in pod.logs() and "brings the new key" in pod.logs()


@pytest.mark.parametrize("data, text", [
    ({"other": OLD}, "No such file or directory"),
    ({"fernet_key": ""}, "is empty"),
    ({"fernet_key": OLD[:-3]}, "the key"),
], ids=["missing", "empty", "cut"])
def test_a_secret_without_a_good_key_is_named_and_no_other_is_made(cluster, webserver, data, text):
    cluster.secret("airflow-fernet-key", **data)
    pod = webserver(with_store)
    cluster.box.podman("wait", pod.main)
    assert "AIRFLOW__CORE__FERNET_KEY_FILE" in pod.logs() and text in pod.logs()
    assert cluster.box.state(pod.main, "ExitCode") == "125"
    assert list(cluster.claim("fernit").iterdir()) == []
    assert list(pod.volume("empty-dir", "config").iterdir()) == []


def test_a_webserver_that_is_deleted_serves_until_the_nodes_have_heard_of_it_and_then_ends_by_itself(cluster, webserver):
    pod = ready(webserver())
    began = time.monotonic()
    pod.stop()
    assert 5 <= time.monotonic() - began
    assert "webserver: ending" in pod.logs()
    assert cluster.box.state(pod.main, "ExitCode") == "0"
