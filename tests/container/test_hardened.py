"""Containers as careful people run them: a read-only root, any uid, no capability, secrets that are files."""
import pytest
from cryptography.fernet import Fernet

from deployment import OFFICIAL, Deployment, listed, made_a_key, warnings

READ_ONLY = ("--read-only", "--read-only-tmpfs=false")
READ_ONLY_WITH_TMP = (*READ_ONLY, "--tmpfs", "/tmp:rw,mode=1777")
BY_ENVIRONMENT = (*READ_ONLY, "-e", "FERNIT_DELIVER=env")
# A tmpfs that podman makes belongs to root.
HOME_IN_MEMORY = (*READ_ONLY, "--tmpfs", "/opt/airflow:rw,mode=1777")
NO_RIGHTS = ("--cap-drop", "all", "--security-opt", "no-new-privileges")
ANY = ("--user", "123456:0", "-e", "FERNIT_STORE_MODE=0660")
ANOTHER = ("--user", "234567:0", "-e", "FERNIT_STORE_MODE=0660")


def restarted(airflow, first, later):
    """The first boot makes the key, and a later container reads what that has stored. Returns what both have said."""
    said = airflow.add("db", options=first)
    assert made_a_key(said), said
    again = airflow.check("db", options=later)
    assert not made_a_key(again), again
    return said, again


# --- A read-only root


@pytest.mark.parametrize("options", [READ_ONLY, READ_ONLY_WITH_TMP], ids=["without /tmp", "with a tmpfs on /tmp"])
def test_on_a_read_only_root_the_command_has_its_key_and_one_warning_says_that_exec_has_not(box, options):
    for said in restarted(Deployment(box), options, options):
        (warning,) = warnings(said)
        assert "Read-only file system" in warning and "docker exec" in said


def test_on_a_read_only_root_delivery_by_the_environment_alone_needs_no_warning(box):
    for said in restarted(Deployment(box), BY_ENVIRONMENT, BY_ENVIRONMENT):
        assert warnings(said) == []


def test_on_a_read_only_root_airflow_home_in_memory_gets_an_airflow_cfg(box):
    for said in restarted(Deployment(box), HOME_IN_MEMORY, HOME_IN_MEMORY):
        assert warnings(said) == [] and "created /opt/airflow/airflow.cfg" in said


def test_on_a_read_only_root_airflow_home_on_a_volume_keeps_its_airflow_cfg(box):
    home = ("-v", f"{box.volume()}:/opt/airflow")
    first, later = restarted(Deployment(box), (*READ_ONLY, *home), (*READ_ONLY, *home))
    assert "created /opt/airflow/airflow.cfg" in first and later == ""


# --- Who runs it


def test_any_uid_with_group_0_boots_first_and_another_one_later(box):
    restarted(Deployment(box), ANY, ANOTHER)


def test_a_store_of_another_uid_that_is_not_shared_is_refused_and_no_other_key_is_made(box):
    """Without --store-mode the key is its owner's alone: the next uid hears why, and whose file it is stays."""
    airflow = Deployment(box)
    airflow.add("db", options=ANY[:2])
    key = airflow.key()
    done = airflow.run("bash", "-c", "echo begun", options=ANOTHER[:2])
    assert (done.returncode, done.stdout) == (125, "") and "/var/lib/fernit/fernet_key: Permission denied" in done.stderr, done.stderr
    assert airflow.key() == key


def test_without_capabilities_and_new_privileges_it_is_the_same(box):
    restarted(Deployment(box), NO_RIGHTS, NO_RIGHTS)


def test_all_of_it_together(box):
    everything = (*HOME_IN_MEMORY, *NO_RIGHTS, "--pids-limit", "100", "--network", "none")
    restarted(Deployment(box), (*everything, *ANY), (*everything, *ANOTHER))


def test_all_of_it_together_supervised_and_stopped(box):
    airflow = Deployment(box, options=(*READ_ONLY, *NO_RIGHTS, *ANY))
    name = airflow.start("celery", "worker")
    box.wait_for_log(name, "celery worker: ready")
    box.podman("stop", name)
    assert box.state(name, "ExitCode") == "0" and "the pool was killed" not in box.logs(name), box.logs(name)


def test_root_becomes_another_user_and_his_store_is_his(box):
    root = ("--user", "0", "-e", "FERNIT_USER=50000")
    airflow = Deployment(box)
    restarted(airflow, root, ())
    assert airflow.run("bash", "-c", "id -u; stat -c %u /var/lib/fernit/fernet_key", options=root).stdout == "50000\n50000\n"


# --- Secrets


@pytest.fixture
def secret(box, engine):
    """A podman secret with a key: (name, key)."""
    name, key = f"{box.name}-secret", Fernet.generate_key().decode()
    engine.run("sh", "-c", f"echo {key} | podman secret create {name} -")
    yield name, key
    engine.podman("secret", "rm", name, check=False)


def airflow_has(box, key, *options):
    done = box.run(*options, "airflow-with-fernit", "airflow", "config", "get-value", "core", "fernet_key")
    assert (done.returncode, done.stdout) == (0, key + "\n"), done.stderr
    return done


def test_a_secret_of_podman_s_is_found_without_a_word_and_needs_no_volume(box, secret):
    name, key = secret
    done = airflow_has(box, key, "--secret", f"source={name},target=fernet_key")
    assert warnings(done.stderr) == [], done.stderr


def test_a_secret_by_another_name_is_found_by_its_file_variable(box, secret):
    name, key = secret
    airflow_has(box, key, "--secret", f"source={name},target=mine", "-e", "AIRFLOW__CORE__FERNET_KEY_FILE=/run/secrets/mine")


def unreadable(airflow, options):
    """Refused by the secret's name, and no key is made in its place. Returns what was said."""
    done = airflow.run("bash", "-c", "echo begun", options=options)
    assert (done.returncode, done.stdout) == (125, "") and "Permission denied" in done.stderr, done.stderr
    assert airflow.stored() == []
    return done.stderr


@pytest.mark.parametrize("mode", ["0000", "0400"])
def test_a_secret_that_cannot_be_read_is_no_reason_to_make_a_key(box, secret, mode):
    mounted = ("--secret", f"source={secret[0]},target=fernet_key,uid=0,gid=0,mode={mode}")
    assert "/run/secrets/fernet_key: Permission denied" in unreadable(Deployment(box), mounted)


def test_a_secret_in_a_folder_that_cannot_be_entered_is_no_reason_to_make_a_key(box, tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    (folder / "fernet_key").write_text(Fernet.generate_key().decode())
    mounted = ("-v", f"{folder}:/secrets:ro", "-e", "FERNIT_SECRET_FILE=/secrets/fernet_key")
    assert "/secrets/fernet_key: Permission denied" in unreadable(Deployment(box), mounted)


def test_run_secrets_that_cannot_be_entered_is_no_reason_to_make_a_key(box, tmp_path):
    """Whether the key lies in there nobody knows."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    (folder / "fernet_key").write_text(Fernet.generate_key().decode())
    assert "/run/secrets/fernet_key: Permission denied" in unreadable(Deployment(box), ("-v", f"{folder}:/run/secrets:ro"))


def test_a_secret_for_root_alone_is_read_by_root_before_it_becomes_the_user(box, secret):
    name, key = secret
    airflow_has(box, key, "--secret", f"source={name},target=fernet_key,uid=0,gid=0,mode=0400", "--user", "0", "-e", "FERNIT_USER=50000")


# --- What podman exec sees


def exec_sees(box, options):
    """A component that runs, and whether podman exec reads its connection."""
    airflow = Deployment(box, options=options)
    airflow.add("db")
    name = airflow.start("webserver")
    log = box.wait_for_log(name, "webserver: ready, 1 connections read")
    done = box.exec(name, "airflow", "connections", "list")
    return done.stdout == listed("db"), [line for line in log.splitlines() if "docker exec" in line or line in warnings(log)]


def test_exec_sees_the_key_by_airflow_cfg(box):
    assert exec_sees(box, ()) == (True, [])


def test_exec_sees_the_key_where_the_container_has_the_variable(box):
    key = Fernet.generate_key().decode()
    assert exec_sees(box, ("-e", f"AIRFLOW__CORE__FERNET_KEY={key}", "-e", "FERNIT_MANAGE=fernet_key", *READ_ONLY)) == (True, [])


def test_exec_that_does_not_see_the_key_was_warned_of(box):
    seen, said = exec_sees(box, READ_ONLY)
    assert not seen and "cfg-not-written" in said[0] and "docker exec" in said[1]
