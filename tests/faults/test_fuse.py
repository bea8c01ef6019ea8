"""The file system of the tests does what it is asked for: or the proofs on it would prove nothing."""
import ctypes
import errno
import fcntl
import os
import signal
import subprocess

import pytest

from fuse import DATA, MADE, REMOVED, RENAMED, mounted_fixture  # noqa: F401

RENAME_NOREPLACE = 1


def write(path, text, synced=False):
    with open(path, "w") as file:
        file.write(text)
        file.flush()
        if synced:
            os.fsync(file.fileno())


def sync(folder):
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(fd)
    os.close(fd)


def there(system):
    return {path.name: path.read_text() if path.is_file() else None for path in system.path.iterdir()}


def error_of(act, *arguments):
    with pytest.raises(OSError) as caught:
        act(*arguments)
    return caught.value.errno


def rename_noreplace(old, new):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, os.fsencode(old), -100, os.fsencode(new), RENAME_NOREPLACE) < 0:
        raise OSError(ctypes.get_errno(), "renameat2")


#: What is done, all of it (each line in its turn), and what is there after a power cut at which nothing else arrived.
DURABLE = [
    ("nothing is waited for", lambda root: write(root / "a", "new"), {}),
    ("the data alone", lambda root: write(root / "a", "new", synced=True), {}),
    ("the name alone", lambda root: (write(root / "a", "new"), sync(root)), {"a": ""}),
    ("both", lambda root: (write(root / "a", "new", synced=True), sync(root)), {"a": "new"}),
    ("a folder without its name's fsync", lambda root: ((root / "d").mkdir(), sync(root / "d")), {}),
    ("a folder with it", lambda root: ((root / "d").mkdir(), sync(root)), {"d": None}),
    ("data after the fsync", lambda root: (write(root / "a", "old", synced=True), sync(root), write(root / "a", "newer")), {"a": "old"}),
]


@pytest.mark.parametrize("what, act, left", DURABLE, ids=[what for what, _, _ in DURABLE])
def test_only_what_was_waited_for_is_there_after_a_power_cut(mounted, what, act, left):
    system = mounted()
    act(system.path)
    system.boot()
    assert there(system) == left


@pytest.mark.parametrize(
    "arrived, left",
    [
        (0, {"old": "old", "gone": "gone"}),
        (MADE, {"old": "old", "gone": "gone", "made": ""}),
        (REMOVED, {"old": "old"}),
        (RENAMED, {"new": "old", "gone": "gone"}),
        (DATA, {"old": "changed", "gone": "gone"}),
        (MADE | DATA, {"old": "changed", "gone": "gone", "made": "made"}),
        (MADE | REMOVED | RENAMED | DATA, {"new": "changed", "made": "made"}),
    ],
)
def test_of_the_rest_arrives_what_was_asked_for(mounted, arrived, left):
    system = mounted()
    write(system.path / "old", "old", synced=True)
    write(system.path / "gone", "gone", synced=True)
    sync(system.path)
    write(system.path / "made", "made")
    (system.path / "gone").unlink()
    write(system.path / "old", "changed")
    (system.path / "old").rename(system.path / "new")
    assert system.boot(arrived) == MADE | REMOVED | RENAMED | DATA
    assert there(system) == left
    # Once more from the same power cut, whatever was done since.
    write(system.path / "later", "")
    system.boot(arrived)
    assert there(system) == left


def test_a_rename_replaces_or_does_not_and_links_count(mounted):
    root = mounted().path
    write(root / "a", "a")
    os.link(root / "a", root / "b")
    assert (root / "b").stat().st_nlink == 2 and (root / "a").stat().st_ino == (root / "b").stat().st_ino
    write(root / "c", "c")
    assert error_of(rename_noreplace, root / "c", root / "b") == errno.EEXIST
    os.rename(root / "c", root / "b")
    assert (root / "a").stat().st_nlink == 1 and (root / "b").read_text() == "c"
    rename_noreplace(root / "b", root / "d")
    assert sorted(os.listdir(root)) == ["a", "d"]


@pytest.mark.parametrize("request_number", [1, 2, 3, 4, 5])
def test_from_the_cut_on_every_request_fails_and_changes_nothing(mounted, request_number):
    system = mounted()
    write(system.path / "a", "a", synced=True)
    sync(system.path)
    system.cut(request_number)
    assert error_of(lambda: [os.stat(system.path / "a") for _ in range(6)]) == errno.EIO
    assert error_of(write, system.path / "b", "b") == errno.EIO
    assert system.boot() == 0
    assert there(system) == {"a": "a"}


def test_who_makes_the_request_that_kills_is_killed(mounted):
    system = mounted()
    system.kill(1)
    assert subprocess.run(["mkdir", system.path / "a"]).returncode == -signal.SIGKILL
    subprocess.run(["mkdir", system.path / "b"], check=True)
    assert os.listdir(system.path) == ["b"]


def test_the_count_is_of_requests(mounted):
    system = mounted()
    system.cut(0)
    os.statvfs(system.path)
    assert system.count() == 1


def test_without_links_without_noreplace_without_chmod(mounted):
    root = mounted("no-link", "no-noreplace", "no-chmod").path
    write(root / "a", "a")
    assert error_of(os.link, root / "a", root / "b") == errno.EPERM
    assert error_of(rename_noreplace, root / "a", root / "b") == errno.EINVAL
    assert error_of(os.chmod, root / "a", 0o600) == errno.EPERM
    os.rename(root / "a", root / "b")


def test_one_mode_for_all(mounted):
    root = mounted("one-mode=0777").path
    write(root / "a", "a")
    os.chmod(root / "a", 0o600)
    assert (root / "a").stat().st_mode & 0o7777 == 0o777


@pytest.mark.skipif(os.getuid() != 0, reason="only root is squashed")
def test_what_root_makes_is_nobody_s(mounted):
    root = mounted("root-squash").path
    write(root / "a", "a")
    assert (root / "a").stat().st_uid == root.stat().st_uid == 65534
    assert error_of(os.chown, root / "a", 0, 0) == errno.EPERM


def test_locks_lock(mounted):
    root = mounted().path
    with open(root / "lock", "w") as one, open(root / "lock", "w") as other:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert error_of(fcntl.flock, other, fcntl.LOCK_EX | fcntl.LOCK_NB) == errno.EWOULDBLOCK


def test_two_mounts_have_the_same_files_and_each_its_own_locks(mounted, tmp_path):
    system = mounted(f"also={tmp_path / 'other'}")
    write(system.path / "lock", "")
    with open(system.path / "lock", "w") as one, open(system.also / "lock", "w") as other, open(system.also / "lock", "w") as third:
        fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert error_of(fcntl.flock, third, fcntl.LOCK_EX | fcntl.LOCK_NB) == errno.EWOULDBLOCK
    write(system.also / "a", "a")
    os.link(system.path / "a", system.path / "b")
    assert there(system) == {"lock": "", "a": "a", "b": "a"}
    assert error_of(os.link, system.also / "a", system.also / "b") == errno.EEXIST


def test_a_name_that_the_other_mount_has_removed_lingers_and_cannot_be_opened(mounted, tmp_path):
    system = mounted(f"also={tmp_path / 'other'}", "linger=60000")
    name, seen = system.path / "a", system.also / "a"
    write(name, "a")
    assert seen.exists()
    name.unlink()
    assert os.listdir(system.also) == [] and os.path.lexists(seen)
    assert error_of(open, seen) == errno.EINVAL and os.path.lexists(seen)
    # The kernel asks anew for who makes one.
    write(system.also / "b", "new")
    os.link(system.also / "b", seen)
    assert name.read_text() == seen.read_text() == "new"


@pytest.mark.skipif(os.getuid() != 0, reason="only root may become others")
def test_what_anybody_makes_through_an_access_point_is_its_own(mounted):
    system = mounted("access-point=1000:1001")
    one = system.path / "one"
    made = "umask 077; mkdir one two; echo a >one/a; chmod 640 one/a; mv one/a one/b"
    for who in (["setpriv", "--reuid=50000", "--regid=0", "--clear-groups"], []):
        subprocess.run([*who, "sh", "-ec", made], cwd=system.path, check=True)
        for path in (system.path, one, one / "b"):
            assert (path.stat().st_uid, path.stat().st_gid) == (1000, 1001)
        assert one.stat().st_mode & 0o777 == 0o700 and (one / "b").stat().st_mode & 0o777 == 0o640
        assert error_of(os.chown, one / "b", 1000, 1001) == error_of(os.chown, one, 0, 0) == errno.EPERM
        subprocess.run(["rm", "-r", one, system.path / "two"], check=True)
    assert system.chowns() == 4


def test_a_folder_is_listed_whole_while_names_come_and_go(mounted):
    root = mounted().path
    for i in range(300):
        write(root / f"stays-{i:03}", "")
    seen = set()
    for entry in os.scandir(root):
        seen.add(entry.name)
        if len(seen) % 20 == 0:
            write(root / f"comes-{len(seen)}", "")
            (root / f"comes-{len(seen)}").unlink()
    assert {f"stays-{i:03}" for i in range(300)} <= seen
