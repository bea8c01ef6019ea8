"""A store that cannot be written: full, read-only, immutable. The old state stays, and the next start works."""
import errno

import pytest

from conftest import errors, new_key, notices
from system import Trace, bind, immutable_fixture  # noqa: F401


def fill(folder):
    """Until not a byte more can be written to the file system of the folder."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        for size in (65536, 4096, 512, 1):
            try:
                while filler.write(bytes(size)):
                    pass
            except OSError as error:
                assert error.errno == errno.ENOSPC


def test_a_full_disk_at_the_first_start_leaves_no_key_and_no_cfg(fernit, namespace, store, cfg):
    store.mkdir()
    seen = namespace.tmpfs(store, "64k")
    fill(seen)
    done = fernit("run", "echo", "the command ran", prefix=namespace.prefix)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert str(store) in done.stderr and "No space left" in done.stderr
    assert [path.name for path in seen.iterdir()] == ["filler"]
    assert not cfg.exists()

    (seen / "filler").unlink()
    first = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=namespace.prefix, guard=False)
    assert first.returncode == 0 and first.stdout == (seen / "fernet_key").read_text()


def test_a_disk_without_inodes_at_the_first_start_leaves_nothing(fernit, namespace, store, cfg):
    store.mkdir()
    seen = namespace.tmpfs(store, "64k,nr_inodes=1")
    done = fernit("run", "echo", "the command ran", prefix=namespace.prefix)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert list(seen.iterdir()) == []
    assert not cfg.exists()


def test_a_disk_without_room_for_a_link_at_the_first_start_leaves_nothing(fernit, namespace, store, cfg):
    """On tmpfs a second name takes an inode of its own: the temporary is written, the link fails."""
    store.mkdir()
    seen = namespace.tmpfs(store, "64k,nr_inodes=2")
    done = fernit("run", "echo", "the command ran", prefix=namespace.prefix)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert list(seen.iterdir()) == []
    assert not cfg.exists()


def test_a_full_disk_at_the_writing_of_airflow_cfg_leaves_the_old_one(fernit, namespace, airflow_home, store):
    airflow_home.mkdir()
    home = namespace.tmpfs(airflow_home, "64k")
    old = "[core]\nexecutor = LocalExecutor\n"
    (home / "airflow.cfg").write_text(old)
    fill(home)
    done = fernit("init", prefix=namespace.prefix)
    (made, *_), (failed,) = notices(done), errors(done)
    assert done.returncode == 125 and "created Fernet key" in made and "No space left" in failed, done.stderr
    assert str(airflow_home) in done.stderr
    assert (home / "airflow.cfg").read_text() == old
    assert sorted(path.name for path in home.iterdir()) == ["airflow.cfg", "filler"]

    kept = (store / "fernet_key").read_text()
    (home / "filler").unlink()
    assert fernit("init", prefix=namespace.prefix).returncode == 0
    assert (home / "airflow.cfg").read_text() == f"[core]\nfernet_key = {kept}executor = LocalExecutor\n"


def test_a_full_disk_where_airflow_cfg_is_missing_leaves_no_half_of_one(fernit, namespace, airflow_home):
    airflow_home.mkdir()
    home = namespace.tmpfs(airflow_home, "64k")
    fill(home)
    assert fernit("init", prefix=namespace.prefix).returncode == 125
    assert [path.name for path in home.iterdir()] == ["filler"]


# --- Read-only


def test_a_read_only_store_without_a_key_fails_the_run(fernit, namespace, store, cfg):
    store.mkdir()
    bind(namespace, store, store, "ro")
    done = fernit("run", "echo", "the command ran", prefix=namespace.prefix)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert str(store) in done.stderr and "Read-only" in done.stderr and "--store" in done.stderr
    assert list(store.iterdir()) == [] and not cfg.exists()


def test_a_missing_store_on_a_read_only_file_system_fails_the_run(fernit, namespace, tmp_path, cfg):
    (tmp_path / "volume").mkdir()
    bind(namespace, tmp_path / "volume", tmp_path / "volume", "ro")
    done = fernit("run", "--store", tmp_path / "volume" / "store", "true", prefix=namespace.prefix)
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert not cfg.exists()


def test_a_read_only_store_with_a_key_serves_it(fernit, namespace, store, stored, cfg):
    key = new_key()
    stored(key + "\n")
    bind(namespace, store, store, "ro")
    done = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=namespace.prefix)
    assert (done.returncode, done.stdout) == (0, key + "\n"), done.stderr
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\n"
    again = fernit("run", "true", prefix=namespace.prefix)
    assert (again.returncode, again.stderr) == (0, "")


def test_a_read_only_store_gives_init_what_airflow_cfg_needs(fernit, namespace, store, stored, cfg):
    key = new_key()
    stored(key + "\n")
    bind(namespace, store, store, "ro")
    assert fernit("init", prefix=namespace.prefix).returncode == 0
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\n"


def test_a_store_on_a_read_only_mount_needs_no_more_than_its_key(fernit, namespace, store, stored, tmp_path):
    stored(new_key() + "\n")
    assert fernit("run", "true").returncode == 0
    bind(namespace, tmp_path, tmp_path, "ro")
    done = fernit("run", "true", prefix=namespace.prefix)
    assert (done.returncode, done.stderr) == (0, "")


# --- Immutable


def test_an_immutable_store_without_a_key_fails_the_run(fernit, immutable, store, cfg):
    store.mkdir()
    immutable(store)
    done = fernit("run", "true")
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert str(store) in done.stderr
    assert list(store.iterdir()) == [] and not cfg.exists()


def test_an_immutable_key_file_serves_its_key(child_sees, immutable, store, stored):
    key = new_key()
    immutable(stored(key + "\n"))
    assert child_sees().keys == [key]
    assert child_sees().stderr == ""


# --- A limit on the size of files


def test_a_limit_on_the_size_of_files_is_a_failure_like_a_full_disk(fernit, store, cfg):
    """The kernel sends SIGXFSZ, too, which must not end fernit in the middle."""
    done = fernit("run", "true", prefix=["prlimit", "--fsize=20", "--"])
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert [path.name for path in store.iterdir()] == []
    assert not cfg.exists()
    assert fernit("run", "true").returncode == 0


def test_a_write_that_takes_only_a_part_is_gone_on_with(fernit, store, tmp_path):
    """strace lets write(2) take nothing and say 10, so the file lacks them: what counts is that more is written."""
    trace = Trace(tmp_path / "trace", ["write:retval=10:when=1"])
    fernit("run", "true", prefix=trace.prefix, guard=False)
    sizes = [int(call.result.split()[0]) for call in trace.calls() if call.name == "write" and "fernet_key.tmp" in call.arguments]
    assert sizes == [10, 35]
