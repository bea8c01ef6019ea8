"""Will it survive? No key is made where it would die with the container, unless that is permitted; all else goes on."""
import json
import re

import pytest

from conftest import errors, hints, listing, new_key, warnings
from containers import STORE, container_fixture, disk_fixture  # noqa: F401
from system import Trace, pretend_mounts

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
ID = "0123456789abcdef" * 4  # as engines call what nobody has given a name
KUBERNETES = {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}
DOCKER = {"container": "docker"}


@pytest.fixture
def inside(fernit):
    """inside(container, *words, **env): fernit in there, with its default store and without any permission."""

    def run(box, *words, prefix=(), **env):
        return fernit(*words, prefix=[*box.prefix, *prefix], **{"FERNIT_STORE": None, "FERNIT_ALLOW_EPHEMERAL": None, **env})

    return run


def refused(done, container, cfg):
    """Asserts that no key was made, and that nothing else was; what was said."""
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert not cfg.exists() and not any(container.path("/var/lib").rglob("*fernet_key*"))
    assert "none was created" in done.stderr and STORE in done.stderr and "--allow-ephemeral" in done.stderr
    return done.stderr


def makes(done, container, store=STORE):
    """Asserts that a key was made and used."""
    assert done.returncode == 0, done.stderr
    assert "created Fernet key" in done.stderr
    assert done.stdout == container.path(f"{store}/fernet_key").read_text()


SHOW = ["run", "printenv", VARIABLE]


# --- A mount that dies


def layer(container):
    return container("overlay").marked("/.dockerenv"), "writable layer (overlay)"


def layer_without_driver(container):
    return container("plain").marked("/.dockerenv"), "own root file system (ext4)"


def memory(container):
    box = container().marked("/.dockerenv")
    box.memory()
    return box, "memory (tmpfs)"


def memory_above_the_store(container):
    box = container().marked("/.dockerenv")
    box.memory("/var/lib")
    return box, "memory (tmpfs)"


def anonymous_volume(container):
    box = container().marked("/.dockerenv")
    box.volume(f"docker/volumes/{ID}/_data")
    return box, "an anonymous volume"


def anonymous_volume_of_cri_o(container):
    box = container().marked("/run/.containerenv")
    box.volume(f"containers/{ID}/volumes/{ID}")
    return box, "an anonymous volume"


def empty_dir(container):
    box = container()
    box.volume("pods/1b2c/volumes/kubernetes.io~empty-dir/fernit")
    return box, "a Kubernetes emptyDir"


def layer_of_vfs(container):
    box = container().marked("/.dockerenv")
    box.volume(f"vfs/dir/{ID}", "/var")
    return box, "writable layer (vfs)"


DYING = [layer, layer_without_driver, memory, memory_above_the_store, anonymous_volume, anonymous_volume_of_cri_o, empty_dir, layer_of_vfs]
each_dying = pytest.mark.parametrize("mount", DYING, ids=lambda mount: mount.__name__)


@each_dying
@pytest.mark.parametrize("words", [SHOW, ["init"]], ids=["run", "init"])
def test_no_key_is_made_on_a_mount_that_dies_and_the_mount_is_named(inside, container, cfg, mount, words):
    box, what = mount(container)
    before = listing(box.path("/var"))
    assert what in refused(inside(box, *words), box, cfg)
    assert listing(box.path("/var")) == before


def test_who_makes_a_key_says_what_that_cannot_read(fernit):
    """A volume that was removed, or is another project's, in front of a database that was kept."""
    lines = fernit("run", "true").stderr.splitlines()
    (number,) = [number for number, line in enumerate(lines) if line.startswith("fernit: created Fernet key ")]
    assert lines[number + 1 : number + 4] == [
        "fernit: hint: connections saved with another key stay unreadable",
        "fernit: hint: if you have that key, pass it in FERNET_KEY",
        "fernit: hint: another host with a store of its own has another key: give all of them the same keys",
    ]


@each_dying
def test_status_shows_the_mount_and_the_refusal_and_changes_nothing(inside, container, cfg, mount):
    box, what = mount(container)
    before = listing(box.path("/var"))
    text, found = inside(box, "status"), inside(box, "status", "--json")
    assert (text.returncode, found.returncode) == (1, 1)
    assert re.search(rf"^mount +.*{re.escape(what)}.*, outlives the container: no$", text.stdout, re.MULTILINE)
    report = json.loads(found.stdout)
    assert what in report["store"]["mount"] and report["store"]["survives"] == "no" and report["verdict"] == "refuse"
    assert any("none was created" in problem for problem in report["problems"])
    assert listing(box.path("/var")) == before and not cfg.exists()


@pytest.mark.parametrize("mark", ["/.dockerenv", "/run/.containerenv", "container=docker", "container=podman", "container=oci", "KUBERNETES_SERVICE_HOST=10.96.0.1"])
def test_one_mark_of_a_container_makes_the_root_one_that_dies(inside, container, cfg, mark):
    box = container("plain")
    name, _, value = mark.partition("=")
    if not value:
        box.marked(mark)
    refused(inside(box, *SHOW, **({name: value} if value else {})), box, cfg)


def test_a_root_without_any_mark_is_a_machine_s_own(inside, container):
    box = container("plain")
    makes(inside(box, *SHOW), box)


@pytest.mark.parametrize("system", ["lxc", "systemd-nspawn"])
def test_the_root_of_a_system_container_is_its_disk(inside, container, system):
    box = container("plain")
    makes(inside(box, *SHOW, container=system), box)


def test_a_machine_s_own_memory_dies_too_and_the_cure_is_a_disk(inside, container, cfg):
    box = container("plain")
    box.memory()
    assert "--store (FERNIT_STORE) a directory on a disk that stays" in refused(inside(box, *SHOW), box, cfg)


# --- The line to add


@pytest.mark.parametrize(
    ("mark", "engine"),
    [({}, "docker"), ({"container": "docker"}, "docker"), ({"container": "podman"}, "podman")],
    ids=["/.dockerenv", "container=docker", "container=podman"],
)
def test_the_refusal_s_own_line_makes_it_work_and_a_rebuild_keeps_the_key(inside, container, cfg, tmp_path, mark, engine):
    def start():
        box = container()
        return box if mark else box.marked("/.dockerenv")

    box = start()
    said = refused(inside(box, *SHOW, **mark), box, cfg)
    name, path = re.search(rf"^fernit: hint: add a volume: {engine} run -v (\w+):(\S+) \.\.\.$", said, re.MULTILINE).groups()
    assert f'volumes: ["{name}:{path}"] under the service' in said and f"volumes: {{{name}: }} at the top level" in said

    box.volume(f"volumes/{name}/_data", path)
    first = inside(box, *SHOW, **mark)
    makes(first, box, path)
    rebuilt = start()
    rebuilt.volume(f"volumes/{name}/_data", path)
    again = inside(rebuilt, *SHOW, AIRFLOW_HOME=tmp_path / "rebuilt", **mark)
    assert (again.returncode, again.stdout) == (0, first.stdout) and "created Fernet key" not in again.stderr


def test_in_a_pod_the_line_is_a_volume_mount_and_a_claim(inside, container, cfg):
    box = container().marked("/.dockerenv")
    said = refused(inside(box, *SHOW, **KUBERNETES), box, cfg)
    assert "docker run" not in said and "persistentVolumeClaim" in said and "ReadWriteMany" in said
    (path,) = re.findall(r"volumeMounts: - \{name: fernit, mountPath: (\S+)\}", said)
    box.volume("pods/1b2c/volumes/kubernetes.io~csi/pvc-1/mount", path)
    makes(inside(box, *SHOW, **KUBERNETES), box, path)


def test_the_line_names_the_store_that_was_asked_for(inside, container, cfg):
    box = container().marked("/.dockerenv")
    done = inside(box, *SHOW, FERNIT_STORE="/var/keys/airflow")
    assert done.returncode == 125 and "docker run -v fernit:/var/keys/airflow" in done.stderr
    box.volume("volumes/fernit/_data", "/var/keys/airflow")
    makes(inside(box, *SHOW, FERNIT_STORE="/var/keys/airflow"), box, "/var/keys/airflow")


@pytest.mark.parametrize("path", ["/var/my keys", "/var/a:b", "/var/$x", "/var/" + "x" * 100])
def test_a_store_whose_path_no_line_can_hold_gets_a_line_with_another(inside, container, path):
    done = inside(container().marked("/.dockerenv"), *SHOW, FERNIT_STORE=path)
    assert done.returncode == 125 and f"fernit: hint: give --store {STORE}\nfernit: hint: add a volume: docker run -v fernit:{STORE} ...\n" in done.stderr


def test_the_other_way_that_the_refusal_names_works_too(inside, container, cfg):
    box, key = container().marked("/.dockerenv"), new_key()
    assert "fernit: hint: or pass the key your connections were saved with in FERNET_KEY" in refused(inside(box, *SHOW), box, cfg)
    done = inside(box, *SHOW, FERNET_KEY=key)
    assert (done.returncode, done.stdout) == (0, key + "\n")


# --- A key that has lost its way


@pytest.mark.parametrize("name", ["AIRFLOW_FERNET_KEY", "AIRFLOW_RAW_FERNET_KEY", "AIRFLOW_CORE_FERNET_KEY"])
@pytest.mark.parametrize("allowed", [None, "yes"])
def test_no_key_is_made_beside_one_under_a_name_that_nobody_reads(fernit, store, cfg, name, allowed):
    key = new_key()
    environment = {name: key, "FERNIT_ALLOW_EPHEMERAL": allowed}
    done = fernit("run", "true", **environment)
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert f"no Fernet key was created: {name} is set" in done.stderr and "rename it to FERNET_KEY" in done.stderr and key not in done.stderr
    assert not store.exists() and not cfg.exists()
    status = fernit("status", **environment)
    assert status.returncode == 1 and f"{name} is set" in status.stdout
    assert fernit("run", "true", FERNET_KEY=key, **environment).returncode == 0


# --- A mount that survives


def named_volume(container):
    box = container().marked("/.dockerenv")
    box.volume("docker/volumes/fernit/_data")
    return box, "the volume fernit of this host (ext4)"


def bind_mount(container):
    box = container().marked("/.dockerenv")
    box.volume("srv/airflow/keys")
    return box, "a directory of this host: /srv/airflow/keys (ext4)"


def host_path(container):
    box = container()
    box.volume("mnt/keys")
    return box, "a directory of this host: /mnt/keys (ext4)"


def volume_above_the_store(container):
    box = container().marked("/.dockerenv")
    box.volume("docker/volumes/lib/_data", "/var/lib")
    return box, "the volume lib of this host (ext4)"


def link_to_a_volume(container):
    box = container().marked("/.dockerenv")
    box.volume("docker/volumes/fernit/_data", "/var/volume")
    box.path(STORE).symlink_to("../volume")
    return box, "the volume fernit of this host (ext4)"


SURVIVING = [named_volume, bind_mount, host_path, volume_above_the_store, link_to_a_volume]


@pytest.mark.parametrize("mount", SURVIVING, ids=lambda mount: mount.__name__)
def test_on_a_mount_that_survives_a_key_is_made_and_status_says_so(inside, container, mount):
    box, what = mount(container)
    environment = KUBERNETES if mount is host_path else {}
    report = json.loads(inside(box, "status", "--json", **environment).stdout)
    assert (report["store"]["mount"], report["store"]["survives"], report["problems"]) == (what, "yes", [])
    text = inside(box, "status", **environment).stdout
    assert re.search(rf"^mount +{re.escape(what)}, outlives the container: yes$", text, re.MULTILINE)
    done = inside(box, *SHOW, **environment)
    makes(done, box)
    assert warnings(done) == []


def test_a_link_to_mount_that_dies_does_not_deceive(inside, container, cfg):
    box = container().marked("/.dockerenv")
    box.volume("docker/volumes/lib/_data", "/var/lib")
    box.memory("/var/memory")
    box.path(STORE).symlink_to("../memory")
    assert "memory" in refused(inside(box, *SHOW), box, cfg)


def test_what_lies_over_a_volume_counts(inside, container, cfg):
    box = container().marked("/.dockerenv")
    box.volume("docker/volumes/fernit/_data")
    box.memory()
    assert "memory" in refused(inside(box, *SHOW), box, cfg)


@pytest.mark.parametrize("kind", ["nfs4", "nfs", "cifs", "ceph", "fuse.s3fs", "9p"])
def test_a_shared_file_system_survives(fernit, namespace, tmp_path, store, kind):
    pretend_mounts(namespace, f"99 1 0:99 / {tmp_path} rw,relatime - {kind} server:/export rw")
    done = fernit(*SHOW, prefix=namespace.prefix, FERNIT_ALLOW_EPHEMERAL=None, **DOCKER, **KUBERNETES)
    assert (done.returncode, done.stdout) == (0, (store / "fernet_key").read_text())
    assert "a shared file system" in fernit("status", prefix=namespace.prefix, **DOCKER).stdout


def test_where_nothing_says_what_the_mount_is_a_key_is_made_and_status_says_unknown(inside, container):
    box = container(proc=False).marked("/.dockerenv")
    report = json.loads(inside(box, "status", "--json").stdout)
    assert report["store"]["survives"] == "unknown" and "/proc/self/mountinfo" in report["store"]["mount"]
    makes(inside(box, *SHOW), box)


# --- Not asked for


def test_a_key_that_is_given_needs_no_mount(inside, container):
    box, key = container().marked("/.dockerenv"), new_key()
    for environment in ({"FERNET_KEY": key}, {VARIABLE: key}, {VARIABLE + "_CMD": f"echo {key}"}):
        done = inside(box, *SHOW, **environment)
        assert (done.returncode, done.stdout) == (0, key + "\n"), done.stderr


def test_a_key_that_is_given_is_recorded_on_any_mount(inside, container):
    """It is given again at the next start: nothing is lost with the store."""
    box, key = container().marked("/.dockerenv"), new_key()
    assert inside(box, "run", "true", FERNIT_STORE=STORE, FERNET_KEY=key).returncode == 0
    assert box.path(f"{STORE}/fernet_key").read_text() == key + "\n"


@each_dying
def test_a_key_that_is_given_is_not_said_to_be_kept_where_it_dies_with_the_container(inside, container, mount):
    """Who comes from another set-up leaves the variable once it is."""
    box, what = mount(container)
    done = inside(box, "run", "true", FERNIT_STORE=STORE, FERNET_KEY=new_key(), FERNIT_MANAGE="fernet_key")
    assert done.returncode == 0 and "is now kept" not in done.stderr, done.stderr
    (said,) = [line for line in warnings(done) if "is lost with the container" in line]
    assert what in said and "fernit: hint: keep giving it in FERNET_KEY at each start" in hints(done)
    assert any("fernit:/var/lib/fernit" in hint for hint in hints(done))


def test_of_a_mounted_secret_nothing_is_said_since_it_is_there_at_the_next_start_too(inside, container, tmp_path):
    (tmp_path / "secret").write_text(new_key())
    box = container().marked("/.dockerenv")
    done = inside(box, "run", "true", FERNIT_STORE=STORE, FERNET_KEY_FILE=str(tmp_path / "secret"), FERNIT_MANAGE="fernet_key")
    assert done.returncode == 0 and "is now kept" not in done.stderr and not warnings(done), done.stderr


def test_a_key_of_airflow_cfg_is_not_said_to_be_kept_either(inside, container, write_cfg):
    write_cfg(f"[core]\nfernet_key = {new_key()}\n")
    box = container().marked("/.dockerenv")
    done = inside(box, "run", "true", FERNIT_STORE=STORE, FERNIT_MANAGE="fernet_key")
    assert "is now kept" not in done.stderr and len(warnings(done)) == 1, done.stderr


@pytest.mark.parametrize("asked", [True, False], ids=["allowed", "volume"])
def test_a_key_that_is_given_is_said_to_be_kept_where_it_is_or_where_that_is_permitted(inside, container, asked):
    box = container().marked("/.dockerenv")
    if not asked:
        box.volume("docker/volumes/fernit/_data")
    done = inside(box, "run", "true", FERNIT_STORE=STORE, FERNET_KEY=new_key(), FERNIT_ALLOW_EPHEMERAL="yes" if asked else None)
    assert "is now kept in" in done.stderr and not warnings(done), done.stderr


def read_only_layer(container):
    box = container("overlay").marked("/.dockerenv")
    box.path(STORE).mkdir(parents=True)
    box.mount("-o", "remount,bind,ro", box.root)
    return box


def read_only_volume(container):
    box = container("overlay").marked("/.dockerenv")
    box.volume("docker/volumes/fernit/_data", STORE, "ro")
    return box


@pytest.mark.parametrize("mount, warned", [(read_only_layer, 0), (read_only_volume, 1)], ids=["image", "volume"])
def test_that_a_given_key_is_not_kept_is_worth_a_warning_only_where_it_would_have_lasted(inside, container, mount, warned):
    key = new_key()
    done = inside(mount(container), *SHOW, FERNET_KEY=key, FERNIT_MANAGE="fernet_key")
    assert (done.returncode, done.stdout) == (0, f"{key}\n")
    assert ["the Fernet key is not kept there" in line for line in warnings(done)] == [True] * warned, done.stderr


def test_a_store_that_was_asked_for_is_spoken_of_wherever_it_is(inside, container):
    done = inside(read_only_layer(container), *SHOW, FERNET_KEY=new_key(), FERNIT_MANAGE="fernet_key", FERNIT_STORE=STORE)
    assert done.returncode == 0 and "the Fernet key is not kept there" in done.stderr


def test_a_key_that_is_there_is_used_on_any_mount(inside, container):
    box, key = container().marked("/.dockerenv"), new_key()
    box.path(STORE).mkdir(mode=0o700)
    box.path(f"{STORE}/fernet_key").write_text(key + "\n")
    box.path(f"{STORE}/fernet_key").chmod(0o600)
    done = inside(box, *SHOW)
    assert (done.returncode, done.stdout) == (0, key + "\n") and "was created" not in done.stderr


def test_a_key_of_airflow_cfg_is_used_on_any_mount(inside, container, write_cfg):
    key = new_key()
    write_cfg(f"[core]\nfernet_key = {key}\n")
    done = inside(container().marked("/.dockerenv"), *SHOW)
    assert (done.returncode, done.stdout) == (0, key + "\n")
    assert any("key-only-in-cfg" in said for said in warnings(done))


def test_a_key_that_airflow_gets_itself_needs_no_mount(inside, container):
    assert inside(container().marked("/.dockerenv"), "run", "true", **{VARIABLE + "_SECRET": "path"}).returncode == 0


def test_secrets_that_can_be_replaced_are_made_on_any_mount(inside, container, cfg):
    box, key = container().marked("/.dockerenv"), new_key()
    done = inside(box, "run", "printenv", "AIRFLOW__API_AUTH__JWT_SECRET", FERNIT_MANAGE=None, FERNET_KEY=key)
    assert done.returncode == 0 and len(done.stdout) > 80
    assert "was created" not in done.stderr


def test_without_a_fernet_key_no_other_secret_is_made_either(inside, container, cfg):
    box = container().marked("/.dockerenv")
    refused(inside(box, *SHOW, FERNIT_MANAGE=None), box, cfg)
    assert list(box.path("/var/lib").iterdir()) == []


@pytest.mark.parametrize("words", [["key", "print"], ["key", "check"]])
def test_commands_that_make_no_key_do_not_judge_the_mount(inside, container, words):
    done = inside(container().marked("/.dockerenv"), *words)
    assert done.returncode == 1 and "was created" not in done.stderr


def test_key_generate_stores_nothing_and_asks_for_nothing(inside, container):
    assert inside(container().marked("/.dockerenv"), "key", "generate").returncode == 0


# --- --allow-ephemeral


@each_dying
@pytest.mark.parametrize("by", ["option", "variable", "ini"])
def test_with_allow_ephemeral_a_key_is_made_anywhere(inside, container, tmp_path, mount, by):
    box, _ = mount(container)
    (tmp_path / "fernit.ini").write_text("[fernit]\nallow_ephemeral = yes\n")
    options = {"option": ["--allow-ephemeral"], "ini": ["--config", tmp_path / "fernit.ini"]}.get(by, [])
    environment = {"FERNIT_ALLOW_EPHEMERAL": "yes"} if by == "variable" else {}
    makes(inside(box, "run", *options, "printenv", VARIABLE, **environment), box)


def test_with_allow_ephemeral_status_sees_no_problem_and_still_names_the_mount(inside, container):
    box, what = layer(container)
    report = json.loads(inside(box, "status", "--json", "--allow-ephemeral").stdout)
    assert report["problems"] == [] and report["verdict"] == "generate"
    assert what in report["store"]["mount"] and report["store"]["survives"] == "no"


def test_a_later_start_needs_the_permission_no_more(inside, container):
    box = container().marked("/.dockerenv")
    first = inside(box, "run", "--allow-ephemeral", "printenv", VARIABLE)
    again = inside(box, *SHOW)
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")


def test_the_mount_is_looked_at_only_to_make_a_key(inside, container, tmp_path):
    """A start with a key in place costs no look at the mounts."""
    box = container().marked("/.dockerenv")
    inside(box, "run", "--allow-ephemeral", "true")
    trace = Trace(tmp_path / "trace")
    done = inside(box, "run", "true", prefix=trace.prefix)
    assert (done.returncode, done.stderr) == (0, "")
    assert trace.calls() and not any("mountinfo" in call.arguments for call in trace.calls())
