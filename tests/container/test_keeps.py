"""The promise in containers: what the key survives, and where none is made since it would not."""
import re
import uuid

import pytest

from deployment import OFFICIAL, Deployment, listed, made_a_key
from engine import TREE

MANY = 20


# --- What it survives


def test_a_container_that_is_removed_leaves_key_and_connections(box):
    airflow = Deployment(box)
    assert made_a_key(airflow.add("db"))
    key = airflow.key()
    airflow.check("db")
    assert airflow.key() == key


@pytest.fixture
def rebuilt(engine, tmp_path):
    """The image built once more upon a base in which something has changed."""
    base, image = f"base-{uuid.uuid4().hex}", f"rebuilt-{uuid.uuid4().hex}"
    (tmp_path / "changed").write_text(base)
    (tmp_path / "Dockerfile").write_text("FROM apache/airflow:2.10.5\nCOPY changed /opt/airflow/changed\n")
    engine.build(base, tmp_path / "Dockerfile", tmp_path)
    engine.build(image, TREE / "docker/airflow.Dockerfile", TREE, "--build-arg", f"AIRFLOW={base}")
    yield image
    engine.podman("image", "rm", "--force", image, base, check=False)


def test_a_rebuilt_image_reads_what_the_old_one_has_stored(box, rebuilt):
    airflow = Deployment(box)
    airflow.add("old")
    key = airflow.key()
    airflow.image = rebuilt
    assert airflow.run("bash", "-c", "cat /opt/airflow/changed").stdout.startswith("base-")
    assert not made_a_key(airflow.check("old"))
    airflow.add("new")
    airflow.image = "airflow-with-fernit"
    airflow.check("old", "new")
    assert airflow.key() == key


@pytest.mark.parametrize("words", [["webserver"], ["celery", "worker"]], ids=" ".join)
def test_a_container_that_is_killed_reads_its_connections_when_it_is_started_again(box, words):
    airflow = Deployment(box)
    name = airflow.start(*words)
    box.wait_for_log(name, "ready, 0 connections read")
    airflow.add("db")
    key = airflow.key()
    box.podman("kill", "--signal", "KILL", name)
    box.podman("wait", name)
    assert box.state(name, "ExitCode") == "137"
    box.podman("start", name)
    box.wait_for_log(name, "ready, 1 connections read")
    assert airflow.key() == key
    assert box.exec(name, "airflow", "connections", "list").stdout == listed("db")


# Each stores a connection, and reads what its neighbour has stored.
NEIGHBOURS = f"""
airflow connections add c$MINE --conn-password pw-c$MINE >/dev/null && touch {OFFICIAL}/done.$MINE || exit
for ((i = 0; i < 600; i++)); do
    [ ! -e {OFFICIAL}/done.$NEXT ] || exec airflow connections get c$NEXT
    sleep 0.2
done
exit 99
"""


def test_twenty_containers_that_boot_at_once_on_a_new_volume_agree_on_one_key(box, tmp_path):
    tmp_path.chmod(0o777)
    airflow = Deployment(box, folder=tmp_path)
    # Made before, since of two podmans that make a volume at once one fails. It still is empty, and has no owner.
    box.podman("volume", "create", airflow.store)
    names = [box.new_name() for _ in range(MANY)]
    nexts = [(number + 1) % MANY for number in range(MANY)]
    boots = [box.engine.begin("podman", "run", "--rm", "--name", names[number], *airflow.options, "-e", f"MINE={number}",
                              "-e", f"NEXT={nexts[number]}", airflow.image, "bash", "-c", NEIGHBOURS) for number in range(MANY)]
    try:
        ends = [boot.communicate(timeout=200) for boot in boots]
    finally:
        for boot in boots:
            boot.kill()
    assert [boot.returncode for boot in boots] == [0] * MANY, ends
    assert [out for out, _ in ends] == [f"c{number} pw-c{number}\n" for number in nexts]
    assert sum(made_a_key(said) for _, said in ends) == 1
    airflow.check(*[f"c{number}" for number in range(MANY)])


# --- Where it would not, none is made


def refused(done):
    """It ended with 125 before the command has begun, and says why."""
    assert (done.returncode, done.stdout) == (125, ""), done.stdout + done.stderr
    assert "none was created" in done.stderr and not made_a_key(done.stderr), done.stderr


COMMAND = ("bash", "-c", "echo begun")


@pytest.fixture
def with_volume(engine, tmp_path):
    """The mistake: an image that says VOLUME."""
    image = f"with-volume-{uuid.uuid4().hex}"
    (tmp_path / "Dockerfile").write_text("FROM airflow-with-fernit\nVOLUME /var/lib/fernit\n")
    engine.build(image, tmp_path / "Dockerfile", tmp_path)
    yield image
    engine.podman("image", "rm", "--force", image, check=False)


def test_without_a_volume_nothing_is_made_and_nothing_begins(box):
    name = box.new_name()
    refused(box.podman("run", "--name", name, "airflow-with-fernit", *COMMAND, check=False))
    # Of what a start writes, nothing is in the container's own layer.
    changed = box.podman("diff", name).stdout.split()
    assert not [path for path in changed if path.startswith(("/var/lib/fernit", "/opt/airflow"))]


def test_the_line_that_the_refusal_names_works_as_it_stands(box):
    done = box.run("airflow-with-fernit", "airflow", "version")
    refused(done)
    (line,) = re.findall(r"^fernit: hint: add a volume: ((?:docker|podman) run -v (\S+):\S+) \.\.\.$", done.stderr, re.MULTILINE)
    box.volumes.append(line[1])
    tried = box.engine.run(*line[0].split(), "--rm", "airflow-with-fernit", "airflow", "version", check=False)
    assert (tried.returncode, tried.stdout) == (0, "2.10.5\n") and made_a_key(tried.stderr), tried.stderr


def test_an_anonymous_volume_is_refused(box):
    refused(box.run("-v", "/var/lib/fernit", "airflow-with-fernit", *COMMAND))


def test_the_anonymous_volume_of_an_image_that_says_volume_is_refused_and_a_named_one_over_it_is_not(box, with_volume):
    refused(box.run(with_volume, *COMMAND))
    done = box.run("-v", f"{box.volume()}:/var/lib/fernit", with_volume, *COMMAND)
    assert (done.returncode, done.stdout) == (0, "begun\n"), done.stderr


def test_memory_is_refused(box):
    refused(box.run("--tmpfs", "/var/lib/fernit:rw,mode=1777", "airflow-with-fernit", *COMMAND))


def test_a_folder_of_the_host_is_as_good_as_a_volume(box, tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(0o777)
    for expected in (True, False):
        done = box.run("-v", f"{folder}:/var/lib/fernit", "airflow-with-fernit", *COMMAND)
        assert (done.returncode, done.stdout, made_a_key(done.stderr)) == (0, "begun\n", expected), done.stderr
    assert (folder / "fernet_key").exists()


def test_allow_ephemeral_is_for_trying_out(box):
    done = box.run("-e", "FERNIT_ALLOW_EPHEMERAL=1", "airflow-with-fernit", *COMMAND)
    assert (done.returncode, done.stdout) == (0, "begun\n") and made_a_key(done.stderr), done.stderr
