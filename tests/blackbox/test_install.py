"""`fernit install DIR`: the programs, whole or not at all, for an image that has never heard of fernit."""
import fcntl
import json
import os
import random
import signal
import socket
import stat
import subprocess
import sys
import threading

import pytest

from conftest import BINARY, errors, hints, listing, warnings
from fuse import mounted_fixture  # noqa: F401
from system import AS_NOBODY, Trace, bind, need, wait_for, works

pytestmark = pytest.mark.real_binary  # it is the very program that is copied

PROGRAM = BINARY.read_bytes()
VERSION = subprocess.run([BINARY, "version"], capture_output=True, text=True, check=True).stdout.split()[1]
#: Another version, which runs all the same.
OTHER = PROGRAM + b"another version"
LEFT = ".fernit.tmp.0123456789abcdef"
WITHOUT_PROC = ["unshare", "-m", "sh", "-ec", 'mount -n -t tmpfs none /proc; exec "$@"', "sh"]


@pytest.fixture
def share(tmp_path):
    """The folder on the volume; not made."""
    return tmp_path / "share"


@pytest.fixture
def made(share):
    """The same, and made."""
    share.mkdir(mode=0o755)
    return share


def put(file, content, mode=0o755):
    file.write_bytes(content)
    file.chmod(mode)
    return file


def names(folder):
    return sorted(os.listdir(folder))


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def is_installed(folder):
    file = folder / "fernit"
    return stat.S_ISREG(file.lstat().st_mode) and mode(file) == 0o755 and file.read_bytes() == PROGRAM


def runs(program):
    return subprocess.run([program, "version"], capture_output=True, text=True, timeout=60).stdout == f"fernit {VERSION}\n"


def refused(done, *texts, hint="", status=1):
    """One error that says all of that, and what to do."""
    assert (done.returncode, done.stdout, len(errors(done))) == (status, "", 1), done.stderr
    assert done.stderr.splitlines() == [*errors(done), *hints(done)]
    for text in texts:
        assert text in errors(done)[0]
    assert hint in "".join(hints(done)), done.stderr


@pytest.fixture
def without_proc():
    need("trace")
    if not works(*WITHOUT_PROC, "true"):
        pytest.skip("no mount namespace here")
    return WITHOUT_PROC


# --- What it does


def test_it_puts_itself_there_and_says_so(fernit, made):
    done = fernit("install", made)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"fernit: fernit {VERSION} -> {made}/fernit\n"
    assert names(made) == ["fernit"] and is_installed(made) and runs(made / "fernit")


def test_a_folder_that_is_missing_is_made_with_all_above_it(fernit, share):
    assert fernit("install", share / "a" / "b").returncode == 0
    assert [mode(share), mode(share / "a"), mode(share / "a" / "b")] == [0o755] * 3
    assert is_installed(share / "a" / "b")


@pytest.mark.parametrize("mask", [0o077, 0o777, 0])
def test_modes_do_not_depend_on_the_umask(fernit, share, mask):
    assert fernit("install", share / "a", popen={"umask": mask}).returncode == 0
    assert [mode(share), mode(share / "a"), mode(share / "a" / "fernit")] == [0o755] * 3


def test_a_folder_that_is_there_keeps_its_mode(fernit, made):
    made.chmod(0o2771)
    assert fernit("install", made).returncode == 0
    assert mode(made) == 0o2771


@pytest.mark.parametrize("spelling", ["share", "./share", "share/", "share//", "../{}/share"])
def test_a_folder_may_be_spelled_in_any_way(fernit, made, tmp_path, spelling):
    word = spelling.format(tmp_path.name)
    done = fernit("install", word)
    assert done.returncode == 0 and is_installed(made)
    assert f"-> {word.rstrip('/')}/fernit\n" in done.stderr


def test_the_second_time_writes_nothing_and_says_nothing(fernit, made, tmp_path):
    fernit("install", made)
    before = listing(made)
    trace = Trace(tmp_path / "trace")
    done = fernit("install", made, prefix=trace.prefix)
    assert (done.returncode, done.stderr) == (0, "")
    assert listing(made) == before
    assert not trace.writes()


def test_what_is_there_already_is_told_to_who_asks(fernit, made):
    fernit("install", made)
    assert fernit("install", "--verbose", made).stderr == f"fernit: fernit {VERSION} is at {made}/fernit already\n"


@pytest.mark.parametrize(
    "content, rights",
    [
        (OTHER, 0o755), (PROGRAM[:-1], 0o755), (b"", 0o755), (PROGRAM[:-1] + b"?", 0o755), (b"?" + PROGRAM[1:], 0o755), (bytes(len(PROGRAM)), 0o755),
        (PROGRAM, 0o644), (PROGRAM, 0o700), (PROGRAM, 0o777), (PROGRAM, 0o4755), (PROGRAM, 0o2755), (PROGRAM, 0o1755), (PROGRAM, 0),
    ],
    ids=["newer", "cut short", "empty", "last byte", "first byte", "zeros", "0644", "0700", "0777", "setuid", "setgid", "sticky", "0"],
)  # fmt: skip
def test_any_other_file_is_replaced(fernit, made, content, rights):
    file = put(made / "fernit", content, rights)
    before = file.stat().st_ino
    done = fernit("install", made)
    assert done.returncode == 0 and "->" in done.stderr
    assert names(made) == ["fernit"] and is_installed(made)
    assert file.stat().st_ino != before


def test_what_else_is_in_the_folder_is_left_alone(fernit, made):
    for name in ("fernit.old", ".fernit", ".fernit.tmp", ".fernit.tmp.0123", f"{LEFT}0", ".fernit.tmp.0123456789ABCDEF", f"x{LEFT}", "airflow"):
        put(made / name, b"of somebody else", 0o600)
    before = listing(made)
    assert fernit("install", made).returncode == 0
    after = listing(made)
    assert {path: found for path, found in after.items() if path in before and path != str(made)} == {
        path: found for path, found in before.items() if path != str(made)
    }


def test_it_needs_no_environment_and_touches_no_store(fernit, made, store):
    done = subprocess.run([BINARY, "install", made], env={}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and is_installed(made)
    assert not fernit("install", made, FERNET_KEY="no key", AIRFLOW__CORE__FERNET_KEY_FILE="/nowhere").stderr
    assert not store.exists()


# --- Links, and other things in the way


def test_a_link_to_a_folder_is_a_folder(fernit, made, tmp_path):
    link = tmp_path / "link"
    link.symlink_to("share")
    assert fernit("install", link).returncode == 0
    assert is_installed(made) and link.is_symlink()


@pytest.mark.parametrize("target", ["other", "missing", "../share/other", "/etc", "fernit"])
def test_a_link_in_its_place_is_replaced_and_not_followed(fernit, made, target):
    other = put(made / "other", b"not to be touched", 0o600)
    (made / "fernit").symlink_to(target)
    assert fernit("install", made).returncode == 0
    assert is_installed(made) and names(made) == ["fernit", "other"]
    assert other.read_bytes() == b"not to be touched"


def test_a_link_to_the_very_program_is_replaced_too(fernit, made):
    """It would lead nowhere in the other container."""
    (made / "fernit").symlink_to(BINARY)
    assert fernit("install", made).returncode == 0
    assert is_installed(made)


def test_another_name_of_the_same_file_keeps_its_bytes(fernit, made):
    put(made / "fernit", OTHER)
    os.link(made / "fernit", made / "kept")
    assert fernit("install", made).returncode == 0
    assert is_installed(made) and (made / "kept").read_bytes() == OTHER


def test_a_fifo_in_its_place_is_replaced_and_not_waited_for(fernit, made):
    os.mkfifo(made / "fernit")
    assert fernit("install", made).returncode == 0
    assert is_installed(made)


def test_a_socket_in_its_place_is_replaced(fernit, made):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(made / "fernit"))
        assert fernit("install", made).returncode == 0
    assert is_installed(made)


@pytest.mark.parametrize("full", [True, False], ids=["with something in it", "empty"])
def test_a_folder_in_its_place_is_an_error(fernit, made, full):
    (made / "fernit").mkdir()
    if full:
        (made / "fernit" / "x").touch()
    before = listing(made / "fernit")
    refused(fernit("install", made), f"{made}/fernit: cannot be put in place: Is a directory", hint="remove it, or name another folder")
    assert listing(made / "fernit") == before and names(made) == ["fernit"]


# --- Helpers


@pytest.fixture
def release(fernit, tmp_path):
    """The folder in which the fernit of this test lies."""
    folder = tmp_path / "release"
    folder.mkdir()
    fernit.program = put(folder / "fernit", PROGRAM)
    return folder


def test_helpers_that_lie_beside_it_go_along_and_it_comes_last(fernit, release, made, tmp_path):
    put(release / "fernit-db", b"#!/bin/sh\necho db\n", 0o700)
    put(release / "fernit-fetch", b"#!/bin/sh\necho fetch\n", 0o400)
    put(release / "fernit-other", b"?")
    trace = Trace(tmp_path / "trace")
    done = fernit("install", made, prefix=trace.prefix)
    assert done.returncode == 0
    assert done.stderr.splitlines() == [
        f"fernit: fernit-db -> {made}/fernit-db",
        f"fernit: fernit-fetch -> {made}/fernit-fetch",
        f"fernit: fernit {VERSION} -> {made}/fernit",
    ]
    assert names(made) == ["fernit", "fernit-db", "fernit-fetch"]
    assert {mode(made / name) for name in names(made)} == {0o755}
    assert subprocess.run([made / "fernit-fetch"], capture_output=True, check=True).stdout == b"fetch\n"
    assert [call.arguments.rsplit(", ", 1)[1] for call in trace.calls() if call.name == "renameat"][-1] == '"fernit"'


def test_a_helper_of_another_time_is_replaced_alone(fernit, release, made):
    put(release / "fernit-db", b"#!/bin/sh\necho new\n")
    fernit("install", made)
    before = (made / "fernit").stat().st_ino
    put(release / "fernit-db", b"#!/bin/sh\necho newer\n")
    done = fernit("install", made)
    assert done.stderr == f"fernit: fernit-db -> {made}/fernit-db\n"
    assert (made / "fernit").stat().st_ino == before


def test_a_helper_in_the_folder_that_is_not_beside_it_stays(fernit, release, made):
    put(made / "fernit-db", b"of another image")
    fernit("install", made)
    assert (made / "fernit-db").read_bytes() == b"of another image"


def test_a_helper_that_is_a_link_is_followed(fernit, release, made, tmp_path):
    put(tmp_path / "db", b"#!/bin/sh\n")
    (release / "fernit-db").symlink_to(tmp_path / "db")
    assert fernit("install", made).returncode == 0
    assert not (made / "fernit-db").is_symlink() and (made / "fernit-db").read_bytes() == b"#!/bin/sh\n"


def test_the_helpers_beside_the_file_itself_count_and_not_those_beside_a_link_to_it(fernit, release, made, tmp_path):
    put(release / "fernit-db", b"#!/bin/sh\n")
    fernit.program = tmp_path / "called"
    fernit.program.symlink_to(release / "fernit")
    assert fernit("install", made).returncode == 0
    assert names(made) == ["fernit", "fernit-db"]


def test_a_helper_that_cannot_be_used_is_an_error_and_nothing_is_half_there(fernit, release, made):
    (release / "fernit-fetch").mkdir()
    refused(fernit("install", made), f"{release}/fernit-fetch: is a directory, not a file")
    (release / "fernit-fetch").rmdir()
    put(release / "fernit-fetch", b"")
    refused(fernit("install", made), f"{made}/fernit-fetch: what is to be put there is empty")
    assert names(made) == []


def test_the_folder_it_lies_in_is_left_as_it_is(fernit, release):
    put(release / "fernit-db", b"#!/bin/sh\n")
    before = listing(release)
    done = fernit("install", release)
    assert (done.returncode, done.stderr) == (0, "")
    assert listing(release) == before


def test_under_whatever_name_it_runs_it_is_installed_as_fernit(fernit, tmp_path, made):
    fernit.program = put(tmp_path / "fernit-0.0.9", PROGRAM)
    assert fernit("install", made).returncode == 0
    assert names(made) == ["fernit"]


# --- In use


def test_one_that_runs_is_replaced_and_runs_on(fernit, made, tmp_path):
    old = put(made / "fernit", OTHER)
    fernit.program = old
    running = fernit.start("run", "--init", "--", "sh", "-c", "echo ready; exec sleep 60")
    assert running.stdout.readline() == b"ready\n"
    fernit.program = BINARY
    assert fernit("install", made).returncode == 0
    assert is_installed(made) and running.poll() is None
    running.terminate()
    assert running.wait(60) == 128 + signal.SIGTERM


def test_one_that_runs_and_is_the_same_is_left_in_peace(fernit, made):
    fernit.program = put(made / "fernit", PROGRAM)
    running = fernit.start("run", "--init", "--", "sh", "-c", "echo ready; exec sleep 60")
    assert running.stdout.readline() == b"ready\n"
    fernit.program = BINARY
    done = fernit("install", made)
    assert (done.returncode, done.stderr) == (0, "")


def test_who_runs_it_during_a_hundred_replacements_never_fails(fernit, made, tmp_path):
    put(made / "fernit", PROGRAM)
    programs = [put(tmp_path / "even", PROGRAM), put(tmp_path / "odd", OTHER)]
    over, wrong, count = threading.Event(), [], [0]

    def read():
        while not over.is_set():
            try:
                if not runs(made / "fernit"):
                    wrong.append("it said something else")
            except OSError as error:
                wrong.append(str(error))
            count[0] += 1

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(1, 101):
            done = subprocess.run([programs[number % 2], "install", made], env={}, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0 and "->" in done.stderr, done
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert not wrong and count[0] > 0
    assert names(made) == ["fernit"]


# --- Many at once


def crowd(fernit, number, *words, **options):
    """So many at the same moment: they wait at a gate."""
    gate, opened = os.pipe()
    waits = ["sh", "-c", 'read x <&0; exec "$@" </dev/null', "sh"]
    started = [
        fernit.start(*words, prefix=[*waits, *options.get("prefix", ())], popen={"stdin": gate, "stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL})
        for _ in range(number)
    ]
    os.close(gate)
    os.close(opened)
    return started


def ends(fernit, started):
    found = []
    for process in started:
        _, err = process.communicate(timeout=120)
        fernit.started.remove(process)
        found.append((process.returncode, err.decode()))
    return found


TARGETS = ["a disk", "a disk, without /proc", "a file system that has no files without a name"]


@pytest.fixture(params=TARGETS)
def target(request, made, tmp_path):
    """(the folder, words in front of fernit)"""
    if request.param == TARGETS[1]:
        return made, request.getfixturevalue("without_proc")
    if request.param == TARGETS[2]:
        return request.getfixturevalue("mounted")().path, []
    return made, []


@pytest.mark.parametrize("before", [None, OTHER], ids=["the first", "another version is there"])
def test_fifty_at_once_each_end_with_the_whole_program(fernit, target, before):
    folder, prefix = target
    if before:
        put(folder / "fernit", before)
    for status, err in ends(fernit, crowd(fernit, 50, "install", folder, prefix=prefix)):
        assert status == 0, err
    assert is_installed(folder) and runs(folder / "fernit")
    assert names(folder) == ["fernit"]


def test_of_many_at_once_that_are_killed_nothing_is_left_behind_the_next(fernit, target):
    folder, prefix = target
    dice = random.Random(20)
    put(folder / "fernit", OTHER)
    started = crowd(fernit, 40, "install", folder, prefix=prefix)
    for process in dice.sample(started, 25):
        process.kill()
        threading.Event().wait(dice.uniform(0, 0.01))
        assert (folder / "fernit").read_bytes() in (OTHER, PROGRAM)
    for status, err in ends(fernit, started):
        assert status in (0, -signal.SIGKILL), err
    assert fernit("install", folder, prefix=prefix).returncode == 0
    assert is_installed(folder) and names(folder) == ["fernit"]


def test_what_a_killed_one_has_left_is_swept_also_where_all_is_there(fernit, made):
    fernit("install", made)
    put(made / LEFT, PROGRAM[:1000], 0o600)
    done = fernit("install", made)
    assert (done.returncode, done.stderr) == (0, "")
    assert names(made) == ["fernit"]


def test_the_temporary_of_one_that_is_just_writing_is_not_swept(fernit, made):
    put(made / LEFT, PROGRAM[:1000], 0o600)
    folder = os.open(made, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_SH)
    assert fernit("install", made).returncode == 0
    assert names(made) == [LEFT, "fernit"]
    os.close(folder)
    assert fernit("install", made).returncode == 0
    assert names(made) == ["fernit"]


def test_nobody_waits_for_who_holds_the_folder(fernit, made):
    """As one would that was stopped while it swept."""
    folder = os.open(made, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    assert fernit("install", made).returncode == 0
    assert names(made) == ["fernit"]
    os.close(folder)


@pytest.mark.parametrize("lacks", [[], ["linkat:error=EPERM"]], ids=["without a name", "under a name of its own"])
def test_it_is_durable_and_closed_before_it_gets_its_name_and_that_is_durable_too(fernit, made, tmp_path, lacks):
    trace = Trace(tmp_path / "trace", lacks)
    assert fernit("install", made, prefix=trace.prefix).returncode == 0
    calls = trace.calls()
    (renamed,) = [at for at, call in enumerate(calls) if call.name == "renameat"]
    written = [at for at, call in enumerate(calls[:renamed]) if call.name == "write"][-1]
    file = calls[written].arguments.split(",")[0]
    assert [call.name for call in calls[written:renamed] if call.arguments.startswith(file)] == ["write", "fsync", "close"]
    assert calls[renamed + 1].name == "fsync" and f"<{made}>" in calls[renamed + 1].arguments


@pytest.mark.parametrize("gone", ["linkat:error=EPERM", "flock:error=ENOLCK", "flock:error=ENOSYS"])
def test_it_does_without_what_this_system_lacks(fernit, made, tmp_path, gone):
    trace = Trace(tmp_path / "trace", [gone])
    assert fernit("install", made, prefix=trace.prefix).returncode == 0
    assert is_installed(made) and names(made) == ["fernit"]


@pytest.mark.parametrize("error", ["ENOENT", "ESTALE"])
def test_one_whose_temporary_was_swept_makes_another(fernit, made, tmp_path, error):
    trace = Trace(tmp_path / "trace", [f"renameat:error={error}:when=1..3"])
    assert fernit("install", made, prefix=trace.prefix).returncode == 0
    assert is_installed(made) and names(made) == ["fernit"]


def test_one_whose_temporaries_are_always_swept_gives_up(fernit, made, tmp_path):
    trace = Trace(tmp_path / "trace", ["renameat:error=ENOENT"])
    refused(fernit("install", made, prefix=trace.prefix), f"{made}/fernit: cannot be put in place: No such file or directory")
    assert names(made) == []


def test_a_term_ends_it_before_the_next_program(fernit, made, tmp_path):
    trace = Trace(tmp_path / "trace", ["fstatfs:signal=TERM"])
    done = fernit("install", made, prefix=trace.prefix)
    assert done.returncode == 128 + signal.SIGTERM and names(made) == []


# --- Ground on which it cannot be done


def test_a_read_only_mount_with_the_same_program_is_left_in_peace(fernit, namespace, made):
    put(made / "fernit", PROGRAM)
    put(made / LEFT, b"")
    bind(namespace, made, made, "ro")
    done = fernit("install", made, prefix=namespace.prefix)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("there", [None, OTHER], ids=["nothing", "another"])
def test_a_read_only_mount_with_another_one_is_an_error(fernit, namespace, made, there):
    if there:
        put(made / "fernit", there)
    bind(namespace, made, made, "ro")
    done = fernit("install", made, prefix=namespace.prefix)
    refused(done, f"{made}/fernit: ", ": Read-only file system", hint="mount it writable, or name another place")


def test_a_folder_that_cannot_be_made_is_an_error(fernit, namespace, made):
    bind(namespace, made, made, "ro")
    refused(fernit("install", made / "a", prefix=namespace.prefix), f"{made}/a: cannot create this directory: Read-only file system")


@pytest.mark.parametrize("there", [None, PROGRAM, OTHER], ids=["nothing", "the same", "another"])
def test_a_mount_from_which_nothing_can_be_run_is_an_error_that_says_so(fernit, namespace, made, there):
    if there:
        put(made / "fernit", there)
    before = listing(made)
    bind(namespace, made, made, "noexec")
    done = fernit("install", made, prefix=namespace.prefix)
    refused(done, f"{made}: is mounted noexec, and no program in it can be run", hint="mount it without noexec, or name another folder")
    assert listing(made) == before


@pytest.mark.parametrize("there", [None, b"#!/bin/sh\n"], ids=["nothing", "another"])
def test_a_full_disk_is_an_error_and_nothing_is_left_behind(fernit, namespace, made, there):
    inside = namespace.tmpfs(made, size="100k")
    if there:
        put(inside / "fernit", there)
    before = listing(inside)
    refused(fernit("install", made, prefix=namespace.prefix), f"{made}/fernit: cannot be written: No space left on device", hint="free some space there")
    assert {path: found[-1] for path, found in listing(inside).items()} == {path: found[-1] for path, found in before.items()}


def test_a_program_that_is_mounted_by_itself_is_not_replaced(fernit, namespace, made, tmp_path):
    put(made / "fernit", OTHER)
    bind(namespace, made / "fernit", made / "fernit")
    done = fernit("install", made, prefix=namespace.prefix)
    refused(done, f"{made}/fernit: cannot be put in place: ", hint="it is mounted there by itself: mount its folder instead")
    assert names(made) == ["fernit"]


def test_a_folder_that_is_not_ours_is_an_error(fernit, nobody, made):
    refused(fernit("install", made, prefix=AS_NOBODY), f"{made}/fernit: ", ": Permission denied", hint="chown or chmod it for this user, or start fernit as its owner")


def test_a_folder_that_is_not_ours_and_has_the_program_is_good(fernit, nobody, made):
    put(made / "fernit", PROGRAM)
    done = fernit("install", made, prefix=AS_NOBODY)
    assert (done.returncode, done.stderr) == (0, "")


def test_anothers_file_in_a_sticky_folder_is_an_error(fernit, nobody, made):
    put(made / "fernit", OTHER)
    made.chmod(0o1777)
    done = fernit("install", made, prefix=AS_NOBODY)
    refused(done, f"{made}/fernit: cannot be put in place: Operation not permitted", hint="another user owns it: remove it, or run this as that user")
    assert names(made) == ["fernit"]


@pytest.mark.parametrize("make, says", [
    (lambda path: path.touch(), "Not a directory"),
    (lambda path: os.mkfifo(path), "Not a directory"),
    (lambda path: path.symlink_to("nowhere"), "No such file or directory"),
    (lambda path: path.symlink_to(path.name), "Symbolic link loop"),
], ids=["a file", "a fifo", "a link that leads nowhere", "a link to itself"])  # fmt: skip
def test_what_is_no_folder_is_an_error(fernit, share, make, says):
    make(share)
    refused(fernit("install", share), f"{share}", says, hint="name a folder" if "directory" in says and not share.is_symlink() else "")


def test_a_folder_below_a_file_is_an_error(fernit, share):
    share.touch()
    refused(fernit("install", share / "a"), f"{share}/a: Not a directory", hint="name a folder")


SYSTEMS = ["no-link", "no-link no-noreplace", "no-chmod", "root-squash", "one-mode=0755", "one-mode=0777"]


@pytest.mark.parametrize("switches", SYSTEMS)
def test_a_file_system_that_lacks_something_will_do(fernit, mounted, switches):
    folder = mounted(*switches.split()).path
    for _ in range(2):
        done = fernit("install", folder)
        assert done.returncode == 0, done.stderr
        assert names(folder) == ["fernit"] and runs(folder / "fernit")
    assert "->" not in done.stderr or "0777" in switches


@pytest.mark.parametrize("switches, says", [
    (["one-mode=0644"], "cannot get mode 0755 on this file system"),
    (["one-mode=0644", "no-chmod"], "cannot set its mode: Operation not permitted"),
])  # fmt: skip
def test_a_file_system_whose_one_mode_lets_nothing_be_run_is_an_error(fernit, mounted, switches, says):
    folder = mounted(*switches).path
    refused(fernit("install", folder), f"{folder}/fernit: {says}")
    assert names(folder) == []


# --- Surroundings


@pytest.mark.parametrize("user", ["root", "nobody"])
def test_without_proc_it_finds_itself_by_how_it_was_started(fernit, nobody, without_proc, release, made, user):
    put(release / "fernit-db", b"#!/bin/sh\n")
    made.chmod(0o777)
    done = fernit("install", made, prefix=[*without_proc, *(AS_NOBODY if user == "nobody" else [])])
    assert done.returncode == 0, done.stderr
    assert is_installed(made) and names(made) == ["fernit", "fernit-db"]


def test_without_proc_a_relative_path_will_do(fernit, without_proc, release, made):
    fernit.program = "./fernit"
    assert fernit("install", made, prefix=without_proc, cwd=release).returncode == 0
    assert is_installed(made)


def test_without_proc_and_without_its_path_it_says_what_it_needs(fernit, without_proc, made):
    by_descriptor = "import os, sys; os.execve(os.open(sys.argv[1], os.O_RDONLY), sys.argv[1:], os.environ)"
    done = fernit("install", made, prefix=[*without_proc, sys.executable, "-c", by_descriptor])
    refused(done, "cannot read this program's own file", hint="mount /proc, or let this user read the file (chmod a+r)")
    assert names(made) == []


def test_a_program_that_may_be_run_and_not_read_says_so(fernit, nobody, made, tmp_path):
    made.chmod(0o777)
    fernit.program = put(tmp_path / "secretive", PROGRAM, 0o711)
    os.chown(fernit.program, 0, 0)
    refused(fernit("install", made, prefix=AS_NOBODY), "cannot read this program's own file", hint="chmod a+r")


def test_a_program_that_is_gone_from_the_disk_installs_itself(fernit, made, tmp_path):
    fernit.program = put(tmp_path / "gone", PROGRAM)
    trace = Trace(tmp_path / "trace", ["prctl:signal=STOP"])
    process = fernit.start("install", made, prefix=trace.prefix)
    stopped = wait_for(lambda: trace.log.exists() and [line for line in trace.lines() if "stopped by SIGSTOP" in line], 60)
    fernit.program.unlink()
    os.kill(int(stopped[0].split()[0]), signal.SIGCONT)
    _, err = process.communicate(timeout=60)
    fernit.started.remove(process)
    assert process.returncode == 0, err
    assert is_installed(made)


def test_it_works_in_an_image_that_holds_nothing_else_as_any_user(fernit, namespace, tmp_path):
    """Kubernetes, with readOnlyRootFilesystem, and an emptyDir that all may write to."""
    root = tmp_path / "root"
    (root / "share").mkdir(parents=True)
    put(root / "fernit", PROGRAM)
    bind(namespace, root, root, "ro")
    share = namespace.tmpfs(root / "share")
    share.chmod(0o777)
    words = [*namespace.prefix, "/usr/sbin/chroot", "--userspec=12345:0", root, "/fernit", "install", "/share"]
    done = subprocess.run(words, env={}, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, f"fernit: fernit {VERSION} -> /share/fernit\n")
    assert is_installed(share) and names(share) == ["fernit"]


# --- Words


@pytest.mark.parametrize("words", [[], [""], ["a", "b"], ["a", "a"], ["--", "a", "--quiet"]], ids=str)
def test_one_folder_and_nothing_else_is_wanted(fernit, tmp_path, words):
    before = names(tmp_path)
    refused(fernit("install", *words), "install needs one folder", hint="fernit install DIR", status=2)
    assert names(tmp_path) == before


@pytest.mark.parametrize("option", ["--store=/x", "--strict", "--yes", "--user=1", "--init"])
def test_options_of_other_commands_are_none_of_its(fernit, made, option):
    refused(fernit("install", option, made), f"{option.split('=')[0]} is not for this command", status=2)
    assert names(made) == []


@pytest.mark.parametrize("words", [["--quiet", "share"], ["share", "--quiet"], ["--quiet", "--", "share"]], ids=" ".join)
def test_options_stand_before_the_folder_or_behind_it(fernit, made, words):
    done = fernit("install", *words)
    assert (done.returncode, done.stderr) == (0, "") and is_installed(made)


def test_a_folder_may_be_called_as_an_option(fernit, tmp_path):
    assert fernit("install", "--", "--quiet").returncode == 0
    assert is_installed(tmp_path / "--quiet")


def test_quiet_prints_errors_only(fernit, made):
    (made / "fernit").mkdir()
    refused(fernit("install", "--quiet", made), "Is a directory")


def test_its_line_is_an_object_for_programs(fernit, made):
    line = json.loads(fernit("install", "--log-format=json", made).stderr)
    assert (line["level"], line["message"]) == ("notice", f"fernit {VERSION} -> {made}/fernit")


def test_settings_come_from_a_file_and_from_the_environment(fernit, made, tmp_path):
    put(tmp_path / "fernit.ini", b"[fernit]\nquiet = yes\n", 0o600)
    assert fernit("install", made, "--config", tmp_path / "fernit.ini").stderr == ""
    put(made / "fernit", OTHER)
    assert fernit("install", made, FERNIT_QUIET="yes").stderr == ""
    assert not warnings(fernit("install", made, FERNIT_SIGNAL_SCOPE="group"))


def test_a_word_that_is_nearly_install_is_understood(fernit):
    done = fernit("instal", "x")
    assert (done.returncode, errors(done)) == (2, ["fernit: error: instal is not a command"])
    assert hints(done) == ["fernit: hint: did you mean fernit install?"]
