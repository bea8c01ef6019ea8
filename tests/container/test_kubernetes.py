"""docker/kubernetes/: an init container that brings the key, or fernit itself, to Airflow's own image."""
import pytest

from cluster import give_to_group, that_restarts
from conftest import PATIENCE

ADD = ("airflow", "connections", "add", "db", "--conn-password", "s3cret")
GET = ("airflow", "connections", "get", "db")
KEY = ("airflow", "config", "get-value", "core", "fernet_key")


def ready(pod, connections=0):
    assert pod.played.returncode == 0, pod.played.stderr
    pod.wait_for_log(f"ready, {connections} connections read")
    return pod


def says(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def names(folder):
    return sorted(one.name for one in folder.iterdir())


def as_user(uid, gid=0, group=0):
    """A change of a pod's specification."""
    def change(spec):
        spec["securityContext"].update(runAsUser=uid, runAsGroup=gid, fsGroup=group)
    return change


# --- init-container.yaml

def test_an_unmodified_container_reads_with_the_key_that_the_init_container_has_made(cluster):
    pod = ready(cluster.apply("init-container.yaml"))
    says(pod.exec(*ADD))
    assert says(pod.exec(*GET)) == "db s3cret"
    kept = (cluster.claim("fernit") / "fernet_key").read_text().strip()
    assert says(pod.exec(*KEY)) == kept
    assert says(pod.exec("stat", "-c", "%a %u", "/config/airflow.cfg")) in ("600 50000", "660 50000")
    assert says(pod.exec("cat", "/proc/1/comm")) == "dumb-init"
    assert kept not in says(pod.exec("sh", "-c", "tr '\\0' '\\n' </proc/1/environ"))
    assert kept not in pod.logs("fernit") + pod.logs()


def test_a_container_that_crashes_and_a_pod_that_is_made_again_read_what_was_encrypted_before(cluster):
    pod = ready(cluster.apply("init-container.yaml", that_restarts))
    says(pod.exec(*ADD))
    pod.crash()
    pod.wait_for_log("ready, 1 connections read")
    assert says(pod.exec(*GET)) == "db s3cret"
    assert says(ready(cluster.again(pod), 1).exec(*GET)) == "db s3cret"


def test_an_init_container_that_runs_again_changes_nothing(cluster):
    pod = ready(cluster.apply("init-container.yaml"))
    cfg = pod.volume("empty-dir", "config") / "airflow.cfg"
    before = [(file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes()) for file in (cfg, cluster.claim("fernit") / "fernet_key")]
    says(pod.exec(*ADD))
    pod.stop()
    cluster.box.podman("pod", "start", pod.name)
    pod.wait_for_log("ready, 1 connections read")
    after = [(file.stat().st_ino, file.stat().st_mtime_ns, file.read_bytes()) for file in (cfg, cluster.claim("fernit") / "fernet_key")]
    assert after == before


def test_ten_pods_that_start_at_once_on_one_claim_have_one_key(cluster):
    pods = [ready(pod) for pod in cluster.apply_many("init-container.yaml", 10)]
    kept = (cluster.claim("fernit") / "fernet_key").read_text().strip()
    assert {says(pod.exec(*KEY)) for pod in pods} == {kept}
    assert [name for name in names(cluster.claim("fernit")) if "tmp" in name or "claim" in name] == []
    says(pods[0].exec(*ADD))
    assert says(pods[9].exec(*GET)) == "db s3cret"


@pytest.mark.parametrize("medium, kind", [("", "emptyDir (disk)"), ("Memory", "emptyDir of medium Memory")])
def test_an_empty_dir_as_store_is_refused_with_the_lines_to_add(cluster, medium, kind):
    def change(spec):
        spec["volumes"] = [one for one in spec["volumes"] if one["name"] != "fernit"] + [{"name": "fernit", "emptyDir": {"medium": medium}}]
    pod = cluster.apply("init-container.yaml", change)
    assert pod.played.returncode
    assert cluster.box.state(f"{pod.name}-fernit", "ExitCode") == "125"
    log = pod.logs("fernit")
    assert "none was created: /var/lib/fernit is on" in log
    assert kind in log
    assert "hint: add to the container's volumeMounts: - {name: fernit, mountPath: /var/lib/fernit}\n" in log
    assert "hint: add to the pod's volumes: - {name: fernit, persistentVolumeClaim: {claimName: fernit}}\n" in log
    assert names(pod.volume("empty-dir", "fernit")) == []
    assert names(pod.volume("empty-dir", "config")) == []


def test_pods_with_uids_of_their_own_share_what_fs_group_has_opened_to_them(cluster):
    first = ready(cluster.apply("init-container.yaml", as_user(1000650000)))
    says(first.exec(*ADD))
    # 0660 and 2770, and more for others where the storage has it: the kubelet did that when it mounted.
    second = ready(cluster.apply("init-container.yaml", as_user(1000660000)), 1)
    status = (cluster.claim("fernit") / "fernet_key").stat()
    assert (oct(status.st_mode), status.st_uid, status.st_gid) == ("0o100660", 1000650000, 0)
    assert oct(cluster.claim("fernit").stat().st_mode) == "0o42775"
    assert says(second.exec("id", "-u")) == "1000660000"
    assert says(second.exec(*GET)) == "db s3cret"


def test_a_claim_whose_group_is_another_one_than_the_containers_is_read_by_it(cluster):
    # fsGroup is a supplementary group for the container. kube play gives none: so this is podman run, on the same folder.
    def start(uid):
        return cluster.box.run("--user", f"{uid}:0", "--group-add", "2000", "-v", f"{cluster.claim('fernit')}:/var/lib/fernit",
                               "-e", "AIRFLOW_CONFIG=/tmp/airflow.cfg", "--tmpfs", "/tmp", "-e", "KUBERNETES_SERVICE_HOST=10.96.0.1",
                               "fernit", "init", timeout=PATIENCE)
    give_to_group(cluster.claim("fernit"), 2000)
    assert start(1000650000).returncode == 0
    give_to_group(cluster.claim("fernit"), 2000)
    status = (cluster.claim("fernit") / "fernet_key").stat()
    assert (oct(status.st_mode), status.st_uid, status.st_gid) == ("0o100660", 1000650000, 2000)
    again = start(1000660000)
    assert (again.returncode, "error" in again.stderr) == (0, False), again.stderr


def test_a_claim_that_fs_group_does_not_reach_is_an_error_that_says_so(cluster):
    cluster.storage_knows_groups = False
    pod = cluster.apply("init-container.yaml")
    assert pod.played.returncode
    assert cluster.box.state(f"{pod.name}-fernit", "ExitCode") == "125"
    assert "/var/lib/fernit" in pod.logs("fernit") and "Permission denied" in pod.logs("fernit")
    assert names(pod.volume("empty-dir", "config")) == []


# --- install.yaml

def test_an_unmodified_image_starts_through_the_fernit_that_an_init_container_has_installed_after_a_crash_and_anew(cluster):
    pod = ready(cluster.apply("install.yaml", that_restarts))
    kept = (cluster.claim("fernit") / "fernet_key").read_text().strip()
    assert says(pod.exec("cat", "/proc/1/comm")) == "fernit"
    assert says(pod.exec("sh", "-c", "cat /proc/[0-9]*/comm")).count("dumb-init") == 0
    assert "worker: broker says +PONG" in pod.logs()
    assert says(pod.exec(*KEY)) == kept
    says(pod.exec(*ADD))
    pod.crash()
    pod.wait_for_log("ready, 1 connections read")
    assert says(pod.exec("cat", "/proc/1/comm")) == "fernit"
    assert says(ready(cluster.again(pod), 1).exec(*GET)) == "db s3cret"


def test_a_worker_that_is_deleted_finishes_with_its_pool_alive(cluster):
    pod = ready(cluster.apply("install.yaml"))
    pod.stop()
    assert "celery worker: ending\n" in pod.logs()
    assert cluster.box.state(pod.main, "ExitCode") == "0"


def test_pods_that_install_into_one_folder_at_once_all_start(cluster):
    def change(spec):
        spec["volumes"] = [one for one in spec["volumes"] if one["name"] != "program"] + [
            {"name": "program", "persistentVolumeClaim": {"claimName": "program"}}]
    pods = [ready(pod) for pod in cluster.apply_many("install.yaml", 4, change)]
    assert names(cluster.claim("program")) == ["fernit"]
    assert len({says(pod.exec(*KEY)) for pod in pods}) == 1


def test_where_containers_share_their_processes_pause_is_process_1_and_fernit_supervises_all_the_same(cluster):
    def change(spec):
        spec["shareProcessNamespace"] = True
    pod = ready(cluster.apply("install.yaml", change))
    assert says(pod.exec("cat", "/proc/1/comm")) not in ("fernit", "dumb-init")
    processes = says(pod.exec("ps", "-eo", "pid,ppid,comm", "--no-headers")).splitlines()
    fernit = next(line.split()[0] for line in processes if line.split()[2] == "fernit")
    assert fernit != "1"
    pod.stop()
    assert "celery worker: ending\n" in pod.logs()
    assert cluster.box.state(pod.main, "ExitCode") == "0"
