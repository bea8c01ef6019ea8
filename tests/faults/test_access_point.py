"""fernit on an access point of Amazon EFS and its like: every file belongs to the access point, whoever makes it, and chown fails."""
import os
import stat

import pytest

import configs
from conftest import errors, fingerprint, hints, new_key
from crowd import crowd_fixture  # noqa: F401
from fuse import mounted_fixture  # noqa: F401
from kept import NAMES, cfg_is_right
from test_race_proof import agree, released

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may become others")

PRINT = ["run", "printenv", "AIRFLOW__CORE__FERNET_KEY"]
WHO = {
    "root": ["setpriv", "--clear-groups", "--"],
    "uid 50000 of group 0": ["setpriv", "--reuid=50000", "--regid=0", "--clear-groups", "--"],
}
POINTS = {"50000:0": (50000, 0), "1000:1000": (1000, 1000)}


class Point:
    """The store and an AIRFLOW_HOME on one access point, for one user."""

    def __init__(self, fernit, system, who, owner):
        self.fernit, self.system, self.who, self.owner = fernit, system, who, owner
        self.store, self.cfg = system.path / "store", system.path / "airflow" / "airflow.cfg"
        self.place = {"FERNIT_STORE": self.store, "AIRFLOW_HOME": self.cfg.parent, "FERNIT_MANAGE": "fernet_key,secret_key"}

    def __call__(self, *words, **options):
        done = self.fernit(*words, prefix=self.who, guard=False, **self.place, **options)
        assert self.system.chowns() == 0, "a chown, which cannot be had here and is not needed"
        return done

    def works(self, *words, **options):
        done = self(*words, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def put(self, path, text, mode=0o600):
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def ring(self, name="fernet_key"):
        path = self.store / name
        return path.read_text().strip().split(",") if path.exists() else []

    def retired(self):
        return {path.name for path in (self.store / "retired").glob("[0-9a-f]*")}

    def is_whole(self):
        """All of it belongs to the access point, and nobody else may read it."""
        for path in self.system.path.rglob("*"):
            status = path.lstat()
            assert (status.st_uid, status.st_gid) == self.owner, path
            assert not status.st_mode & 0o007 or path == self.cfg.parent, path
        return True


@pytest.fixture(params=POINTS)
def point(request, fernit, mounted, who):
    return Point(fernit, mounted(f"access-point={request.param}", "shared-locks"), WHO[who], POINTS[request.param])


@pytest.fixture(params=WHO)
def who(request):
    return request.param


def test_a_crowd_of_first_starts_agrees_on_one_key(crowd, point):
    starts = crowd(30, prefix=lambda i: point.who, environment=lambda i: point.place)
    assert agree(point.store, released(starts)) == 1
    assert {path.name for path in point.store.iterdir()} <= NAMES and [path.name for path in point.cfg.parent.iterdir()] == ["airflow.cfg"]
    assert cfg_is_right(point.cfg.read_bytes(), point.store) and point.is_whole()
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (point.cfg, *point.store.iterdir()))
    assert point("init").stderr == ""


def test_a_first_start_in_the_access_point_s_own_folder(point):
    point.store, point.place["FERNIT_STORE"] = point.system.path, point.system.path
    key = point.works(*PRINT)
    assert point.ring() == [key] and point.works(*PRINT) == key


def test_a_first_start_that_root_makes_for_a_user(fernit, mounted):
    point = Point(fernit, mounted("access-point=50000:0", "shared-locks"), WHO["root"], (50000, 0))
    assert point.works("run", "--user", "50000:0", *PRINT[1:]) == point.ring()[0]
    assert point.is_whole()


@pytest.mark.parametrize("change", ["keep", "stage", "refuse", "replace"])
def test_a_change(point, change):
    old, new = new_key(), new_key()
    point.put(point.store / "fernet_key", old + "\n")
    done = point(*PRINT, FERNET_KEY=new, FERNIT_ON_CHANGE=change)
    assert done.returncode == (125 if change == "refuse" else 0), done.stderr
    assert (point.ring(), point.ring("fernet_key.staged"), point.retired()) == {
        "keep": ([new, old], [], set()),
        "stage": ([old], [new], set()),
        "refuse": ([old], [], set()),
        "replace": ([new], [], {fingerprint(old)}),
    }[change]
    assert point.is_whole()
    given = {"keep": [new, old], "stage": [old, new], "refuse": [old], "replace": [new]}[change]
    assert point.works(*PRINT).split(",") == given
    if change != "refuse":
        assert configs.parse(point.cfg.read_bytes())["core"]["fernet_key"].split(",") == given


def test_key_commands(point):
    old, new = new_key(), new_key()
    point.put(point.store / "fernet_key", old + "\n", 0o640)
    point.put(point.store / "fernet_key.staged", new + "\n")
    point.works("key", "promote", "--yes")
    assert (point.ring(), point.ring("fernet_key.staged")) == ([new, old], [])
    assert stat.S_IMODE((point.store / "fernet_key").stat().st_mode) == 0o640
    point.works("key", "retire", "--yes")
    assert (point.ring(), point.retired()) == ([new], {fingerprint(old)})
    point.works("key", "unretire", fingerprint(old), "--yes")
    assert (point.ring(), point.retired()) == ([new, old], set())
    point.works("key", "retire", fingerprint(old), "--yes")
    point.works("key", "destroy", fingerprint(old), "--yes")
    assert (point.ring(), point.retired()) == ([new], set())
    assert point.is_whole()
    assert point("status").returncode in (0, 1)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o644])
def test_airflow_cfg_beside_it_keeps_its_mode(point, mode):
    before = "# ours\n[core]\nexecutor = LocalExecutor\nfernet_key =\n"
    point.put(point.cfg, before, mode)
    key = point.works(*PRINT)
    assert configs.parse(point.cfg.read_bytes())["core"]["fernet_key"] == key and point.cfg.read_text().startswith("# ours\n")
    status = point.cfg.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (*point.owner, mode)
    assert errors(point("init", FERNET_KEY=new_key())) != []
    assert stat.S_IMODE(point.cfg.stat().st_mode) == mode


# --- What was there before the access point was


@pytest.fixture
def older(fernit, mounted, who):
    """older(uid): a Point for files of 1000:1000, whose folder belongs to that uid. A chown is tried, and is not missed."""

    def make(uid):
        point = Point(fernit, mounted("access-point=1000:1000", "shared-locks"), WHO[who], (1000, 1000))
        point.system.give(uid)
        return point

    return make


@pytest.mark.parametrize("uid", [0, 50000])
def test_no_key_is_made_in_a_folder_where_it_could_not_be_read(older, uid, who):
    """The folder is another's than the files that are made in it: they could be anybody's."""
    point = older(uid)
    point.store.mkdir(mode=0o700)
    point.system.give(uid)
    done = point.fernit("init", prefix=point.who, **point.place)
    assert done.returncode == 125 and list(point.store.iterdir()) == [], done.stderr
    assert f"new files there belong to uid 1000, the store to uid {uid}" in errors(done)[0] and hints(done)


def test_a_folder_that_fernit_makes_there_is_right(older):
    point = older(0)
    done = point.fernit(*PRINT, prefix=point.who, guard=False, **point.place)
    assert (done.returncode, done.stdout.strip()) == (0, point.ring()[0]), done.stderr


@pytest.mark.parametrize("words", [["init"], ["key", "promote", "--yes"], ["key", "retire", "--yes"]], ids=" ".join)
def test_no_change_leaves_a_ring_that_could_not_be_read(older, words):
    point = older(50000)
    keys = [new_key(), new_key()]
    point.put(point.store / "fernet_key", ",".join(keys) + "\n")
    point.put(point.store / "fernet_key.staged", new_key() + "\n")
    point.put(point.cfg, "[core]\n", 0o640)
    point.system.give(50000)
    before = {path.name: path.read_text() for path in point.store.iterdir()}
    outside = {"FERNET_KEY": new_key()} if words == ["init"] else {}
    done = point.fernit(*words, prefix=point.who, FERNIT_DELIVER="env", **point.place, **outside)
    assert done.returncode in (1, 125) and "new files there belong to uid 1000" in done.stderr, done.stderr
    assert {path.name: path.read_text() for path in point.store.iterdir() if path.is_file() and path.name != ".lock"} == before


def test_airflow_cfg_of_another_is_edited_and_nobody_else_may_read_it_then(older, who):
    point = older(50000)
    point.put(point.cfg, "[core]\n", 0o640)
    point.system.give(50000)
    point.system.path.joinpath("store").mkdir(mode=0o700)
    done = point.fernit(*PRINT, prefix=point.who, guard=False, **point.place)
    assert done.returncode == 0 and configs.parse(point.cfg.read_bytes())["core"]["fernet_key"] == point.ring()[0], done.stderr
    assert stat.S_IMODE(point.cfg.stat().st_mode) == 0o600
