"""The images that docker/ builds: what is in them, and that they do what the README and doc/ say of them."""
import json
import pathlib
import tarfile
import time

import pytest
from cryptography.fernet import Fernet

from deployment import Deployment, listed, made_a_key, warnings
from engine import TREE

LIMIT = 1_000_000
DEBIAN_12 = "VERSION_ID=\"12\"" in pathlib.Path("/etc/os-release").read_text()


@pytest.fixture(scope="module")
def image(engine):
    return json.loads(engine.podman("image", "inspect", "fernit").stdout)[0]


@pytest.fixture(scope="module")
def content(engine, tmp_path_factory):
    """What is in the image of fernit alone: {name: tarfile's entry}, and the bytes of /fernit."""
    tar = tmp_path_factory.mktemp("image") / "content.tar"
    container = engine.podman("create", "fernit", "version").stdout.strip()
    engine.podman("export", "--output", tar, container)
    engine.podman("rm", container)
    with tarfile.open(tar) as opened:
        return {member.name: member for member in opened}, opened.extractfile("fernit").read()


# --- fernit alone


def test_the_image_is_smaller_than_a_million_bytes(image):
    assert image["Size"] < LIMIT


def test_the_image_has_two_layers(image):
    assert len(image["RootFS"]["Layers"]) == 2


def test_the_image_holds_one_program_and_the_folder_of_the_store_and_nothing_else(content):
    seen = {name: (entry.type, f"{entry.mode & 0o7777:o}", entry.uid, entry.gid) for name, entry in content[0].items()}
    assert seen == {
        "fernit": (tarfile.REGTYPE, "755", 0, 0),
        "var": (tarfile.DIRTYPE, "755", 0, 0),
        "var/lib": (tarfile.DIRTYPE, "755", 0, 0),
        "var/lib/fernit": (tarfile.DIRTYPE, "770", 50000, 0),
    }


@pytest.mark.skipif(not DEBIAN_12, reason="the image is built by Debian 12's compiler, this machine has another")
def test_the_program_in_the_image_is_the_one_that_make_builds_byte_for_byte(content):
    assert content[1] == (TREE / "build/fernit").read_bytes()


def test_the_labels_say_what_it_is_and_its_version_is_the_program_s(image, box):
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in image["Labels"].items()}
    version = box.run("fernit", "version").stdout.split()[1]
    assert (labels["title"], labels["licenses"], labels["version"]) == ("fernit", "Apache-2.0", version)
    assert "Fernet key" in labels["description"]


def test_nobody_is_root_in_it_unless_asked_for(image):
    assert image["Config"]["User"] == "50000:0"


def test_it_prints_a_new_key_each_time(box):
    keys = [box.run("fernit", "key", "generate").stdout for _ in range(2)]
    assert [len(Fernet(key.strip()).encrypt(b"x")) for key in keys] == [100, 100] and keys[0] != keys[1]


def test_without_a_volume_its_status_is_1_and_names_the_problem(box):
    done = box.run("fernit", "status")
    assert done.returncode == 1 and "-v fernit:/var/lib/fernit" in done.stdout, done.stdout


HARDENED = ("--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--network", "none")


@pytest.mark.parametrize("options", [(), ("--user", "123456:0"), ("--user", "0"), HARDENED], ids=["as it is", "any uid", "root", "hardened"])
def test_init_keeps_a_key_in_a_new_named_volume(box, options):
    name = box.volume()
    volume = ("-v", f"{name}:/var/lib/fernit")
    box.podman("volume", "create", name)
    folder = box.podman("volume", "inspect", "--format", "{{.Mountpoint}}", name).stdout.strip()
    keys = []
    for _ in range(2):
        done = box.run(*volume, *options, "fernit", "init")
        assert done.returncode == 0, done.stderr
        keys.append(pathlib.Path(folder, "fernet_key").read_text())
    assert len(Fernet(keys[0].strip()).encrypt(b"x")) == 100 and keys[0] == keys[1]
    status = box.run(*volume, *options, "fernit", "status")
    assert status.returncode == 0, status.stdout


@pytest.mark.parametrize("options", [(), HARDENED], ids=["as it is", "hardened"])
def test_a_key_that_this_image_has_made_is_airflow_s(box, options):
    airflow = Deployment(box)
    done = box.run("-v", f"{airflow.store}:/var/lib/fernit", *options, "fernit", "init")
    assert done.returncode == 0, done.stderr
    key = airflow.key()
    assert not made_a_key(airflow.add("db"))
    airflow.check("db")
    assert airflow.key() == key


def test_exec_runs_the_program_in_a_container_of_this_image(box):
    """There is nothing else to run in it: here it waits for its standard input."""
    name = box.new_name()
    box.podman("run", "-d", "-i", "--name", name, "-v", f"{box.volume()}:/var/lib/fernit", "fernit", "key", "check", "-")
    done = box.exec(name, "/fernit", "status")
    assert done.returncode == 0 and "would create one" in done.stdout, done.stdout + done.stderr


def test_init_says_that_it_made_no_airflow_cfg_where_there_is_no_place_for_one(box):
    done = box.run("-v", f"{box.volume()}:/var/lib/fernit", "fernit", "init")
    assert len(warnings(done.stderr)) == 1 and "AIRFLOW_CONFIG" in done.stderr, done.stderr


# --- In front of the official image and of the classic one


@pytest.fixture(scope="module")
def volume(engine):
    """One volume for those who only look at what comes out."""
    name = f"fernit-images-{time.monotonic_ns()}"
    yield name
    engine.podman("volume", "rm", "--force", name, check=False)


COMMANDS = {
    "airflow version": ("2.10.5\n", ["airflow", "version"]),
    "version": ("2.10.5\n", ["version"]),
    "bash": ("from bash\n", ["bash", "-c", "echo from bash"]),
    "python": ("from python\n", ["python", "-c", "print('from python')"]),
    "its status": ("3\n", ["bash", "-c", "(exit 3); echo $?"]),
}


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize("image, user", [("airflow-with-fernit", None), ("airflow-with-fernit", "123456:0"), ("puckel-with-fernit", None)])
def test_an_image_with_fernit_takes_the_words_that_it_took_without(box, image, user, words):
    out, command = COMMANDS[words]
    done = box.run("-v", f"{box.volume()}:/var/lib/fernit", *(["--user", user] if user else []), image, *command)
    assert (done.returncode, done.stdout) == (0, out), done.stderr


@pytest.mark.parametrize("image, words", [("airflow-with-fernit", ["webserver"]), ("puckel-with-fernit", [])],
                         ids=["official", "classic: webserver without a word"])
def test_fernit_is_process_1_over_the_webserver(box, image, words):
    name = box.start("-v", f"{box.volume()}:/var/lib/fernit", image, *words)
    box.wait_for_log(name, "webserver: ready")
    assert box.exec(name, "cat", "/proc/1/comm").stdout == "fernit\n"


def test_in_a_container_that_runs_status_tells_what_it_runs_with(box):
    airflow = Deployment(box)
    airflow.add("db")
    name = airflow.start("scheduler")
    box.wait_for_log(name, "scheduler: ready, 1 connections read")
    done = box.exec(name, "fernit", "status", "--json")
    assert done.returncode == 0, done.stdout
    fingerprint = box.run("-v", f"{airflow.store}:/var/lib/fernit", "fernit", "key", "fingerprint", "/var/lib/fernit/fernet_key").stdout.strip()
    assert fingerprint in done.stdout and airflow.key() not in done.stdout
    assert box.exec(name, "airflow", "connections", "list").stdout == listed("db")
