"""fernit as root of a user namespace: rootless podman, Docker with userns-remap. Of the machine's users it knows those that are mapped;
what belongs to others shows as the overflow uid, 65534, and nothing can be given to them."""
import contextlib
import os
import pathlib
import stat
import subprocess

import pytest

import stories
from conftest import errors, hints, new_key
from crowd import crowd_fixture  # noqa: F401
from stories import PRINT, Place

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may map a range of users")

#: The machine's users from FIRST on are those from 0 on in there; STRANGER and OTHER are not among them.
FIRST, STRANGER, OTHER, OVERFLOW = 100000, 1000, 3000, 65534
OWNER = ["setpriv", f"--reuid={FIRST}", f"--regid={FIRST}", "--clear-groups", "--"]
MAPS = {"one uid": 1, "a range": 65536}


class UserNamespace:
    """One that lasts as long as the test, with a mount namespace of its own."""

    def __init__(self, holder, count):
        self.pid, self.count = holder.pid, count
        folder = pathlib.Path(f"/proc/{self.pid}")
        if count == 1:
            # As for a user who maps himself.
            (folder / "setgroups").write_text("deny")
        for name in ("uid_map", "gid_map"):
            (folder / name).write_text(f"0 {FIRST} {count}\n")

    def prefix(self, uid=0):
        """Only who owns the namespace comes in as its root."""
        become = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--"] if uid else []
        return [*OWNER, "nsenter", f"--target={self.pid}", "--user", "--mount", "--preserve-credentials", "--", *become]

    def run(self, *words):
        subprocess.run([*self.prefix(), *words], check=True, capture_output=True)

    def path(self, path):
        return pathlib.Path(f"/proc/{self.pid}/root{path}")


@contextlib.contextmanager
def user_namespace(count):
    words = [*OWNER, "unshare", "--user", "--mount", "--propagation=unchanged", "sh", "-c", "echo in && exec sleep 600"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as holder:
        try:
            if holder.stdout.readline() != "in\n":
                pytest.skip(f"no user namespace here: {holder.stderr.read().strip()}")
            yield UserNamespace(holder, count)
        finally:
            holder.kill()


@pytest.fixture(params=MAPS)
def users(request):
    with user_namespace(MAPS[request.param]) as made:
        yield made


@pytest.fixture
def ranged():
    with user_namespace(MAPS["a range"]) as made:
        yield made


def own(path, uid, gid=None, mode=None):
    os.chown(path, uid, uid if gid is None else gid)
    if mode is not None:
        path.chmod(mode)


class Volume(Place):
    """What is put there belongs to `owner`, as the machine counts; and so does, at the end, all that fernit makes."""

    owner = FIRST

    def put(self, path, text, mode=0o600):
        super().put(path, text, mode)
        own(path, self.owner, mode=mode)
        own(path.parent, self.owner)


def volume(fernit, users, folder, owner=FIRST):
    for path in (folder, folder / "store", folder / "airflow"):
        path.mkdir()
        own(path, owner, mode=0o700)

    def judge():
        for path in users.path(folder).rglob("*"):
            assert (path.lstat().st_uid, path.lstat().st_gid) == (owner, owner), path

    made = Volume(fernit, folder, users.prefix(), judge)
    made.owner = owner
    return made


@pytest.fixture(params=[("one uid", 0), ("a range", 0), ("a range", 50000)], ids=lambda pair: f"{pair[0]}, {pair[1]}'s")
def place(request, fernit, tmp_path):
    """A volume of the namespace's root, or of another user in it, for root."""
    count, uid = request.param
    with user_namespace(MAPS[count]) as users:
        yield volume(fernit, users, tmp_path / "volume", FIRST + uid)


def test_first_starts(place, crowd):
    stories.tell_first_starts(place, crowd)
    place.judge()


@pytest.mark.parametrize("change", stories.CHANGES)
def test_a_change(place, change):
    stories.tell_change(place, change)


def test_key_commands(place):
    stories.tell_key_commands(place)


@pytest.mark.parametrize("its_mode", stories.CFG_MODES, ids=oct)
def test_airflow_cfg(place, its_mode):
    stories.tell_cfg(place, its_mode)


# --- What belongs to somebody who is not mapped


@pytest.fixture
def strange(fernit, users, tmp_path):
    """A volume of somebody who is not mapped, where everybody may write. Nothing in it is ever given to the overflow uid."""
    folder = tmp_path / "volume"
    for path in (folder, folder / "store", folder / "airflow"):
        path.mkdir()
        own(path, STRANGER, mode=0o777)

    def judge():
        for path in folder.rglob("*"):
            owners = {path.lstat().st_uid, path.lstat().st_gid}
            assert not owners & {OVERFLOW, FIRST + OVERFLOW}, f"{path}: {owners}"

    return Place(fernit, folder, users.prefix(), judge)


def test_what_is_made_in_a_stranger_s_folder_stays_root_s(strange):
    key = strange.works(*PRINT)
    assert strange.ring() == strange.in_cfg() == [key]
    for path in (strange.cfg, *strange.store.iterdir()):
        status = path.stat()
        assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (FIRST, FIRST, 0o600), path
    for change in ("replace", "stage", "keep"):
        strange.works("init", "--on-change", change, FERNET_KEY=new_key())
    assert len(strange.ring()) == 2 and len(strange.ring("fernet_key.staged")) == 1 and strange.retired()
    assert strange("init").stderr == ""


def test_a_crowd_in_a_stranger_s_folder_agrees(strange, crowd):
    stories.tell_first_starts(strange, crowd)
    strange.judge()


@pytest.mark.parametrize("its_mode, left", [(0o644, 0o644), (0o664, 0o644), (0o604, 0o600)], ids=oct)
def test_what_replaces_a_stranger_s_airflow_cfg_is_root_s_and_nobody_gains(strange, its_mode, left):
    """His group cannot be kept: it gets what both the group and the others had."""
    strange.cfg.write_text("[core]\n")
    own(strange.cfg, STRANGER, mode=its_mode)
    strange.works("init")
    assert strange.in_cfg() == strange.ring()
    assert (strange.cfg.stat().st_uid, stat.S_IMODE(strange.cfg.stat().st_mode)) == (FIRST, left)


@pytest.mark.parametrize("name", ["fernet_key", "airflow.cfg"])
def test_two_groups_that_are_not_mapped_are_not_one(strange, name):
    """Both show as 65534: what a file of the one gives its group is not given to the other's, to whom the folder gives new files."""
    path = strange.cfg if name == "airflow.cfg" else strange.store / name
    path.write_text("[core]\n" if name == "airflow.cfg" else new_key() + "\n")
    own(path, FIRST, OTHER, 0o640)
    own(path.parent, FIRST, STRANGER, 0o2770)
    strange.works("init", FERNET_KEY=new_key())
    assert path.stat().st_gid == STRANGER and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_another_stranger_s_key_in_a_stranger_s_folder_is_refused(strange):
    """Whoever may write there could have put it there, and shows as the folder's owner does."""
    path = strange.store / "fernet_key"
    path.write_text(new_key() + "\n")
    own(path, OTHER, mode=0o644)
    done = strange(*PRINT)
    assert (done.returncode, done.stdout) == (125, "") and "not known in this user namespace" in errors(done)[0], done.stderr
    assert hints(done)


def test_a_stranger_s_folder_that_nobody_else_may_write_to(strange):
    path = strange.store / "fernet_key"
    key = new_key()
    path.write_text(key + "\n")
    own(path, STRANGER, mode=0o644)
    strange.store.chmod(0o755)
    assert strange.works(*PRINT) == key
    path.unlink()
    done = strange("init")
    assert done.returncode == 125 and list(strange.store.iterdir()) == []
    assert "not known in this user namespace" in hints(done)[0] and "chown" in hints(done)[1], done.stderr


# --- Other users of the namespace


def test_a_user_of_the_namespace(fernit, ranged, tmp_path):
    made = volume(fernit, ranged, tmp_path / "volume", FIRST + 50000)
    made.prefix = ranged.prefix(50000)
    assert [made.works(*PRINT)] == made.ring() == made.in_cfg()
    made.works("init", "--on-change", "replace", FERNET_KEY=new_key())


def test_root_makes_it_for_a_user(fernit, ranged, tmp_path):
    made = volume(fernit, ranged, tmp_path / "volume", FIRST + 50000)
    assert [made.works("run", "--user", "50000:50000", *PRINT[1:])] == made.ring() == made.in_cfg()


def test_a_user_who_is_not_mapped_cannot_be_become(fernit, users, tmp_path):
    made = volume(fernit, users, tmp_path / "volume")
    done = made("run", "--user", "70000", "true")
    assert done.returncode == 125 and "70000" in errors(done)[0], done.stderr


# --- A container's layer


#: As rootless podman mounts it, where the kernel can and where it cannot.
OVERLAYS = {"the kernel's": (["mount", "-n", "-t", "overlay", "overlay"], ",userxattr"), "fuse-overlayfs": (["fuse-overlayfs"], "")}


@pytest.fixture(params=OVERLAYS)
def overlay(request, users, tmp_path):
    """overlay(folders, mount point): a layer of the namespace over another one."""
    mounted = []
    # Everybody may open it, as where udev runs.
    os.mknod(tmp_path / "fuse", stat.S_IFCHR | 0o666, os.stat("/dev/fuse").st_rdev)
    (tmp_path / "fuse").chmod(0o666)
    users.run("mount", "-n", "--bind", tmp_path / "fuse", "/dev/fuse")

    def mount(folders, point):
        words, more = OVERLAYS[request.param]
        users.run(*words, point, "-o", ",".join(f"{name}={folder}" for name, folder in folders.items()) + more)
        mounted.append(point)

    yield mount
    for point in mounted:
        users.run("umount", point)  # its server would hold the namespace


def test_on_an_overlay_of_the_namespace(fernit, users, overlay, tmp_path, crowd):
    for name in ("lower", "changes", "work", "volume"):
        (tmp_path / name).mkdir()
        own(tmp_path / name, FIRST, mode=0o755)
    (tmp_path / "lower" / "airflow").mkdir()
    (tmp_path / "lower" / "airflow" / "airflow.cfg").write_text("[core]\nexecutor = LocalExecutor\n")
    for path in (tmp_path / "lower").rglob("*"):
        own(path, FIRST, mode=0o755 if path.is_dir() else 0o644)
    overlay({"lowerdir": tmp_path / "lower", "upperdir": tmp_path / "changes", "workdir": tmp_path / "work"}, tmp_path / "volume")
    made = Place(fernit, tmp_path / "volume", users.prefix())
    seen = Place(fernit, tmp_path / "changes", [])  # who is outside may not look into fuse-overlayfs
    assert [made.works(*PRINT)] == seen.ring() == seen.in_cfg()
    starts = crowd(20, prefix=lambda i: made.prefix, environment=lambda i: made.environment)
    starts.open_gate()
    assert {(one.status, one.out.strip()) for one in starts.outcomes()} == {(0, seen.ring()[0])}
    made.works("init", "--on-change", "replace", FERNET_KEY=new_key())
    assert len(seen.retired()) == 1 and seen.in_cfg() == seen.ring()
    assert {path.lstat().st_uid for path in seen.folder.rglob("*")} == {FIRST}
