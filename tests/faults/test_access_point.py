"""fernit on an access point of Amazon EFS and its like: every file belongs to the access point, whoever makes it, and chown fails."""
import os

import pytest

import stories
from conftest import errors, hints, new_key
from crowd import crowd_fixture  # noqa: F401
from fuse import mounted_fixture  # noqa: F401
from stories import PRINT, Place, mode

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may become others")

WHO = {
    "root": ["setpriv", "--clear-groups", "--"],
    "uid 50000 of group 0": ["setpriv", "--reuid=50000", "--regid=0", "--clear-groups", "--"],
}
POINTS = {"50000:0": (50000, 0), "1000:1000": (1000, 1000)}


@pytest.fixture(params=WHO)
def who(request):
    return WHO[request.param]


@pytest.fixture(params=POINTS)
def point(request, fernit, mounted, who):
    system = mounted(f"access-point={request.param}", "shared-locks")

    def judge():
        assert system.chowns() == 0, "a chown, which cannot be had here and is not needed"
        for path in system.path.rglob("*"):
            assert (path.lstat().st_uid, path.lstat().st_gid) == POINTS[request.param], path

    return Place(fernit, system.path, who, judge)


def test_first_starts(point, crowd):
    stories.tell_first_starts(point, crowd)


@pytest.mark.parametrize("change", stories.CHANGES)
def test_a_change(point, change):
    stories.tell_change(point, change)


def test_key_commands(point):
    stories.tell_key_commands(point)


@pytest.mark.parametrize("its_mode", stories.CFG_MODES, ids=oct)
def test_airflow_cfg(point, its_mode):
    stories.tell_cfg(point, its_mode)


def test_a_first_start_in_the_access_point_s_own_folder(point):
    point.store = point.environment["FERNIT_STORE"] = point.folder
    key = point.works(*PRINT)
    assert point.ring() == [key] and point.works(*PRINT) == key


@pytest.mark.parametrize("owner", POINTS)
def test_a_first_start_that_root_makes_for_a_user(fernit, mounted, owner):
    point = Place(fernit, mounted(f"access-point={owner}", "shared-locks").path, WHO["root"])
    assert [point.works("run", "--user", "50000:0", *PRINT[1:])] == point.ring() == point.in_cfg()


# --- What was there before the access point was


@pytest.fixture
def older(fernit, mounted, who):
    """older(): a place on an access point 1000:1000. older.give(uid): what is there was made without it, by this uid."""
    system = mounted("access-point=1000:1000", "shared-locks")
    place = Place(fernit, system.path, who)
    place.give = system.give
    return place


@pytest.mark.parametrize("uid", [0, 50000])
def test_no_key_is_made_in_a_folder_where_it_could_not_be_read(older, uid):
    """The folder is another's than the files that are made in it: they could be anybody's."""
    older.store.mkdir(mode=0o700)
    older.give(uid)
    done = older("init")
    assert done.returncode == 125 and list(older.store.iterdir()) == [], done.stderr
    assert f"new files there get uid 1000 as owner, the store has uid {uid}" in errors(done)[0] and hints(done)


def test_a_folder_that_fernit_makes_there_is_right(older):
    older.give(0)
    assert [older.works(*PRINT)] == older.ring()


@pytest.mark.parametrize("words", [["init"], ["key", "promote", "--yes"], ["key", "retire", "--yes"]], ids=" ".join)
def test_no_change_leaves_a_ring_that_could_not_be_read(older, words):
    older.put(older.store / "fernet_key", f"{new_key()},{new_key()}\n")
    older.put(older.store / "fernet_key.staged", new_key() + "\n")
    older.give(50000)

    def state():
        return {path.name: path.read_text() for path in older.store.iterdir() if not path.name.startswith(".")}

    before = state()
    done = older(*words, FERNIT_DELIVER="env", FERNET_KEY=new_key() if words == ["init"] else None)
    assert done.returncode in (1, 125) and "new files there get uid 1000 as owner" in done.stderr, done.stderr
    assert state() == before


def test_an_airflow_cfg_that_was_another_s_stays_his(older):
    """A new one would be the access point's, and unreadable for him: the command has its key by the environment."""
    older.put(older.cfg, "[core]\n", 0o640)
    older.give(50000)
    assert [older.works(*PRINT)] == older.ring()
    assert (mode(older.cfg), older.cfg.read_text()) == (0o640, "[core]\n")
