"""The store: a key is made once, and every later start finds it and leaves no trace."""
import os
import re
import shutil
import stat

import pytest

from conftest import errors, fingerprint, hints, listing, new_key, warnings
from system import AS_NOBODY, NOBODY, Trace, need

KEY_FILE = re.compile(rb"[A-Za-z0-9_-]{43}=\n")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def with_umask(umask):
    return ["sh", "-c", f'umask {umask} && exec "$@"', "sh"]


def test_the_first_start_makes_a_key_and_keeps_it(child_sees, store):
    seen = child_sees()
    kept = (store / "fernet_key").read_bytes()
    assert KEY_FILE.fullmatch(kept)
    assert seen.keys == [kept.decode().strip()]


def test_the_first_start_leaves_nothing_else_in_the_store(fernit, store):
    assert fernit("run", "true").returncode == 0
    assert {path.name for path in store.iterdir()} <= {"fernet_key", ".lock"}


def test_two_stores_get_two_keys(fernit, tmp_path):
    for name in ("one", "other"):
        assert fernit("init", "--store", tmp_path / name, AIRFLOW_HOME=tmp_path / f"home of {name}").returncode == 0
    assert (tmp_path / "one" / "fernet_key").read_bytes() != (tmp_path / "other" / "fernet_key").read_bytes()


@pytest.mark.parametrize("umask", ["000", "022", "077", "777"])
@pytest.mark.parametrize(
    ("option", "file", "directory"), [(None, 0o600, 0o700), ("0600", 0o600, 0o700), ("0640", 0o640, 0o750), ("0660", 0o660, 0o770)]
)
def test_the_store_mode_counts_and_the_umask_does_not(fernit, store, option, file, directory, umask):
    words = ["--store-mode", option] if option else []
    assert fernit("run", *words, "--deliver", "env", "true", prefix=with_umask(umask)).returncode == 0
    assert (mode(store / "fernet_key"), mode(store)) == (file, directory)


def test_missing_directories_above_the_store_are_made_too(fernit, tmp_path):
    deep = tmp_path / "a" / "b" / "store"
    assert fernit("run", "--store", deep, "true", prefix=with_umask("022")).returncode == 0
    assert [mode(path) for path in (tmp_path / "a", tmp_path / "a" / "b", deep)] == [0o755, 0o755, 0o700]
    assert KEY_FILE.fullmatch((deep / "fernet_key").read_bytes())


@pytest.mark.parametrize("had", [0o700, 0o755, 0o2770, 0o1777])
def test_the_mode_and_owner_of_a_store_that_is_there_are_left_alone(fernit, store, had):
    store.mkdir()
    os.chown(store, 50000, 0)
    store.chmod(had)
    assert fernit("run", "true").returncode == 0
    assert (mode(store), store.stat().st_uid, store.stat().st_gid) == (had, 50000, 0)
    assert mode(store / "fernet_key") == 0o600


def test_a_key_file_of_another_mode_is_not_changed_to_the_store_mode(fernit, stored):
    file = stored(new_key() + "\n")
    file.chmod(0o640)
    assert fernit("run", "--store-mode", "0660", "true").returncode == 0
    assert mode(file) == 0o640


def test_a_store_behind_a_symbolic_link_is_used(child_sees, store, tmp_path):
    (tmp_path / "volume").mkdir()
    store.symlink_to("volume")
    seen = child_sees()
    assert (tmp_path / "volume" / "fernet_key").read_text().strip() == seen.keys[0]
    assert child_sees().keys == seen.keys


def test_a_path_of_the_longest_kind_works_or_is_refused(fernit, tmp_path):
    deep = tmp_path.joinpath(*["d" * 200] * 18)
    done = fernit("run", "--store", deep, "true")
    assert done.returncode == 0 and KEY_FILE.fullmatch((deep / "fernet_key").read_bytes())
    done = fernit("run", "--store", deep / ("e" * 250) / ("f" * 250), "true")
    assert done.returncode == 125 and len(errors(done)) == 1


# --- Every later start


def test_the_second_start_is_silent_and_changes_nothing(fernit, tmp_path):
    assert fernit("run", "true").returncode == 0
    before = listing(tmp_path)
    done = fernit("run", "true")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert listing(tmp_path) == before


@pytest.mark.real_binary
def test_a_start_with_key_and_airflow_cfg_in_place_neither_writes_nor_fsyncs(fernit, tmp_path):
    assert fernit("run", "true").returncode == 0
    trace = Trace(tmp_path / "trace")
    assert fernit("run", "true", prefix=trace.prefix).returncode == 0
    assert len(trace.calls()) > 20
    assert trace.writes() == []


def test_a_rebuild_hands_over_the_same_key(child_sees, airflow_home, tmp_path):
    first = child_sees()
    shutil.rmtree(airflow_home)
    again = child_sees()
    assert again.keys == first.keys
    other = child_sees(AIRFLOW_HOME=tmp_path / "another container", HOME=tmp_path / "another home")
    assert other.keys == first.keys


def test_a_start_that_finds_the_key_does_not_log_its_making_again(fernit, airflow_home):
    assert "created Fernet key" in fernit("run", "true").stderr
    shutil.rmtree(airflow_home)
    assert "created Fernet key" not in fernit("run", "true").stderr


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}\r\n", " {} \n", "\n{}\n", '"{}"\n'])
def test_a_key_that_a_person_put_there_is_taken(child_sees, stored, around):
    key = new_key()
    file = stored(around.format(key))
    before = listing(file)
    assert child_sees().keys == [key]
    assert listing(file) == before


def test_two_keys_in_the_store_are_handed_on_in_their_order(child_sees, stored):
    ring = [new_key(), new_key()]
    stored(",".join(ring) + "\n")
    assert child_sees().keys == ring


def test_a_store_is_read_by_a_user_who_may_not_write_it(child_sees, stored, store, airflow_home):
    need("become another user")
    key = new_key()
    stored(key + "\n").chmod(0o644)
    store.chmod(0o755)
    airflow_home.mkdir()
    os.chown(airflow_home, NOBODY, NOBODY)
    seen = child_sees(prefix=AS_NOBODY)
    assert seen.keys == [key]
    assert not (store / ".lock").exists()


# --- A key from outside


def test_a_key_from_outside_comes_first_and_the_stored_ones_behind_it(fernit, child_sees, stored, store):
    kept, outside = [new_key(), new_key()], new_key()
    file = stored(",".join(kept) + "\n")
    before = file.stat()
    seen = child_sees(FERNET_KEY=outside)
    assert seen.keys == [outside, *kept]
    assert file.read_text() == ",".join([outside, *kept]) + "\n"
    now = file.stat()
    assert (now.st_mode, now.st_uid, now.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert {path.name for path in store.iterdir()} == {"fernet_key", ".lock"}
    assert fingerprint(outside) in warnings(seen)[0] and all(fingerprint(key) in hints(seen)[0] for key in kept)


def test_a_key_from_outside_that_the_store_has_is_no_change(child_sees, stored):
    ring = [new_key(), new_key()]
    file = stored(",".join(ring) + "\n")
    before = listing(file)
    seen = child_sees(FERNET_KEY=ring[1])
    assert seen.keys == [ring[1], ring[0]]
    assert not any("new key" in line for line in warnings(seen))
    assert listing(file) == before


def test_a_key_from_outside_alone_makes_no_store_that_was_not_named(fernit, namespace):
    default = namespace.tmpfs("/var/lib") / "fernit"
    done = fernit("run", "true", prefix=namespace.prefix, FERNET_KEY=new_key(), FERNIT_STORE=None)
    assert (done.returncode, warnings(done)) == (0, []), done.stderr
    assert not default.exists()


@pytest.mark.parametrize("named", ["--store", "FERNIT_STORE", "fernit.ini"])
def test_a_key_from_outside_makes_a_store_that_was_named_and_is_kept_in_it(fernit, tmp_path, store, named):
    key = new_key()
    (tmp_path / "fernit.ini").write_text(f"[fernit]\nstore = {store}\n")
    words = {"--store": ["--store", store], "fernit.ini": ["--config", tmp_path / "fernit.ini"]}.get(named, [])
    done = fernit("run", *words, "true", FERNET_KEY=key, FERNIT_STORE=store if named == "FERNIT_STORE" else None)
    assert (done.returncode, warnings(done)) == (0, []), done.stderr
    assert (store / "fernet_key").read_text() == key + "\n"


def test_a_key_from_outside_is_kept_in_the_default_store_that_exists(fernit, namespace):
    key = new_key()
    default = namespace.tmpfs("/var/lib") / "fernit"
    default.mkdir(mode=0o700)
    done = fernit("run", "true", prefix=namespace.prefix, FERNET_KEY=key, FERNIT_STORE=None)
    assert (done.returncode, warnings(done)) == (0, []), done.stderr
    assert (default / "fernet_key").read_text() == key + "\n"
