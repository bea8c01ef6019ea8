"""Create once: by link, else by a rename that overwrites nothing, else under the lock; durable before it is used."""
import os
import re
import shutil
import subprocess
import time

import pytest

from conftest import errors, fingerprint, hints, listing, new_key, warnings
from system import WAYS, Trace, held_fixture, on_way, wait_for  # noqa: F401

LINK_IMPOSSIBLE = ["EPERM", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]
NOREPLACE_IMPOSSIBLE = ["EINVAL", "ENOSYS", "EOPNOTSUPP"]
CLAIM = ".fernet_key.claim"


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


@pytest.fixture
def traced(fernit, tmp_path):
    """traced(faults, *words): a run under strace: (CompletedProcess, Trace)."""

    def run(faults, *words, only=None, **arguments):
        trace = Trace(tmp_path / "trace", faults, only)
        done = fernit(*(words or ("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY")), prefix=trace.prefix, **arguments)
        return done, trace

    return run


def names(folder):
    return {path.name for path in folder.iterdir()}


def steps(trace, store):
    """What a start did in the store, as words: "write temporary", "fsync store", "link", ..."""

    def what(text):
        for pattern, name in ((r"\.fernet_key\.tmp", "temporary"), (r"\.fernet_key\.claim", "claim"), (r"\bfernet_key\b", "key")):
            if re.search(pattern, text):
                return name
        return "store" if re.search(rf"<{re.escape(str(store))}>", text) else None

    found = []
    for call in trace.writes():
        name = what(call.arguments)
        if name and call.name in ("write", "fsync", "linkat", "renameat2", "unlinkat"):
            verb = {"linkat": "link", "renameat2": "rename", "unlinkat": "unlink"}.get(call.name, call.name)
            found.append(f"{verb} {name}" + (" fails" if call.result.startswith("-1") else ""))
        elif name and "O_CREAT" in call.arguments:
            found.append(f"make {name}")
    return found


# --- The three ways


def test_by_link_all_is_durable_before_the_temporary_goes(traced, store):
    _, trace = traced([])
    assert steps(trace, store) == [
        "make temporary",
        "write temporary",
        "fsync temporary",
        "link temporary",
        "fsync store",
        "unlink temporary",
    ]


def test_by_rename_a_durable_claim_stands_from_before_it_until_all_is_durable(traced, store):
    _, trace = traced(WAYS["rename"])
    assert steps(trace, store) == [
        "make temporary",
        "write temporary",
        "fsync temporary",
        "link temporary fails",
        "make claim",
        "fsync claim",
        "fsync store",
        "rename temporary",
        "fsync store",
        "unlink claim",
    ]


def test_by_lock_a_durable_claim_stands_from_before_it_until_all_is_durable(traced, store):
    _, trace = traced(WAYS["lock"])
    done = steps(trace, store)
    key = done.index("make key")
    assert done[key:][:4] == ["make key", "write key", "fsync key", "fsync store"]
    assert done[:key][-1] == "fsync store" and "fsync claim" in done[:key] and "unlink claim" not in done[:key]
    assert done.index("unlink claim") > key + 3
    locked = [i for i, call in enumerate(trace.calls()) if call.name == "fcntl" and "F_OFD_SETLK" in call.arguments]
    made = [i for i, call in enumerate(trace.calls()) if "O_CREAT" in call.arguments and '"fernet_key"' in call.arguments]
    assert locked[0] < made[0]


@pytest.mark.parametrize("option", ["0600", "0640", "0660"])
def test_every_way_gives_one_whole_key_with_the_store_mode_and_nothing_else(fernit, way, store, option):
    words = ["run", "--deliver", "env", "--store-mode", option, "printenv", "AIRFLOW__CORE__FERNET_KEY"]
    first = fernit(*words, prefix=["sh", "-c", 'umask 077; exec "$@"', "sh", *on_way(way)])
    assert first.returncode == 0, first.stderr
    file = store / "fernet_key"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=\n", first.stdout) and file.read_text() == first.stdout
    assert file.stat().st_mode & 0o7777 == int(option, 8)
    assert names(store) <= {"fernet_key", ".lock"}
    again = fernit(*words, prefix=on_way(way))
    assert (again.stdout, again.stderr) == (first.stdout, "")


@pytest.mark.parametrize("errno", LINK_IMPOSSIBLE)
def test_where_links_are_impossible_a_rename_does_it(traced, store, errno):
    done, trace = traced([f"linkat:error={errno}"], only="linkat,renameat2")
    assert done.returncode == 0, done.stderr
    assert [call.name for call in trace.calls()[:2]] == ["linkat", "renameat2"]
    assert names(store) <= {"fernet_key", ".lock"}


@pytest.mark.parametrize("errno", NOREPLACE_IMPOSSIBLE)
def test_where_such_a_rename_is_impossible_too_the_lock_does_it(traced, store, errno):
    done, _ = traced(["linkat:error=EPERM", f"renameat2:error={errno}"], only="linkat,renameat2")
    assert done.returncode == 0, done.stderr
    assert names(store) == {"fernet_key", ".lock"}


@pytest.mark.parametrize("errno", ["EACCES", "EIO", "ENOSPC", "EROFS", "EDQUOT", "EINVAL", "ENAMETOOLONG", "ELOOP", "ENOMEM"])
def test_any_other_failure_of_the_link_is_a_failure_and_leaves_nothing(fernit, traced, store, errno):
    done, trace = traced([f"linkat:error={errno}"], only="linkat,renameat2")
    assert done.returncode == 125 and done.stdout == "" and len(errors(done)) == 1
    assert [call.name for call in trace.calls()] == ["linkat"]
    assert names(store) == set()
    assert fernit("run", "true").returncode == 0


@pytest.mark.parametrize("errno", ["EACCES", "EIO", "ENOSPC", "EROFS", "EDQUOT", "EPERM", "EXDEV", "EBUSY"])
def test_any_other_failure_of_the_rename_is_a_failure_and_leaves_no_key(fernit, traced, store, errno):
    done, _ = traced(["linkat:error=EPERM", f"renameat2:error={errno}"], only="linkat,renameat2")
    assert done.returncode == 125 and done.stdout == "" and len(errors(done)) == 1
    assert names(store) <= {CLAIM}
    assert fernit("run", "true").returncode == 0
    assert names(store) <= {"fernet_key", ".lock"}


def first_fsync_of(store, trace):
    """Its number among all fsyncs of a first start."""
    fsyncs = [call for call in trace.calls() if call.name == "fsync"]
    return next(i for i, call in enumerate(fsyncs, 1) if call.arguments.endswith(f"<{store}>"))


@pytest.mark.parametrize("errno", ["EINVAL", "EOPNOTSUPP", "ENOSYS", "EBADF"])
def test_a_directory_that_knows_no_fsync_is_taken_at_its_word(traced, store, errno):
    store.mkdir()
    number = first_fsync_of(store, traced([], only="fsync")[1])
    for path in store.iterdir():
        path.unlink()
    done, trace = traced([f"fsync:error={errno}:when={number}"], only="fsync")
    assert done.returncode == 0, done.stderr
    call = trace.calls()[number - 1]
    assert "INJECTED" in call.result and f"<{store}>" in call.arguments


@pytest.mark.parametrize("errno", ["EIO", "ENOSPC", "EDQUOT"])
def test_an_error_at_the_fsync_of_the_directory_is_a_failure(traced, store, errno):
    store.mkdir()
    number = first_fsync_of(store, traced([], only="fsync")[1])
    for path in store.iterdir():
        path.unlink()
    done, _ = traced([f"fsync:error={errno}:when={number}"], only="fsync")
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1)


@pytest.mark.parametrize("errno", ["EIO", "ENOSPC"])
def test_after_an_error_at_the_fsync_of_the_directory_the_next_start_makes_the_key_durable(fernit, traced, way, store, errno):
    """The name may stand there by then, but nobody has seen to it that it will after a power cut."""
    store.mkdir()
    _, trace = traced(WAYS[way])
    fsyncs = [call for call in trace.calls() if call.name == "fsync"]
    last = max(i for i, call in enumerate(fsyncs, 1) if call.arguments.endswith(f"<{store}>"))
    for path in store.iterdir():
        path.unlink()

    done, _ = traced([*WAYS[way], f"fsync:error={errno}:when={last}"])
    assert done.returncode == 125 and done.stdout == ""
    done, trace = traced(WAYS[way])
    assert done.returncode == 0
    assert "fsync store" in steps(trace, store)


def test_a_file_system_without_modes_refuses_the_fchmod_and_that_is_all(traced, store):
    done, _ = traced(["fchmod:error=EPERM"], only="fchmod")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (store / "fernet_key").read_text()


# --- What a reader owes: no key is used that a power cut could take away


@pytest.mark.real_binary
def test_a_link_count_above_one_makes_the_reader_fsync_before_the_command_runs(traced, stored, store):
    key = new_key()
    file = stored(key + "\n")
    os.link(file, store / ".fernet_key.tmp.0123456789abcdef")
    done, trace = traced([])
    assert done.stdout == key + "\n"
    fsyncs = [call.arguments for call in trace.calls() if call.name == "fsync"]
    assert any(text.endswith(f"<{file}>") for text in fsyncs) and any(text.endswith(f"<{store}>") for text in fsyncs)
    assert names(store) <= {"fernet_key", ".lock"}

    done, trace = traced([])
    assert done.stdout == key + "\n" and trace.writes() == []


@pytest.mark.real_binary
def test_a_claim_makes_the_reader_fsync_before_the_command_runs(traced, stored, store):
    key = new_key()
    file = stored(key + "\n")
    (store / CLAIM).touch()
    done, trace = traced([])
    assert done.stdout == key + "\n"
    fsyncs = [call.arguments for call in trace.calls() if call.name == "fsync"]
    assert any(text.endswith(f"<{file}>") for text in fsyncs) and any(text.endswith(f"<{store}>") for text in fsyncs)
    assert names(store) <= {"fernet_key", ".lock"}

    done, trace = traced([])
    assert done.stdout == key + "\n" and trace.writes() == []


@pytest.mark.parametrize("number", [1, 2])
def test_a_reader_that_cannot_make_it_durable_fails(fernit, traced, stored, store, number):
    key = new_key()
    stored(key + "\n")
    (store / CLAIM).touch()
    done, _ = traced([f"fsync:error=EIO:when={number}"], only="fsync")
    assert (done.returncode, done.stdout) == (125, "")
    assert (store / "fernet_key").read_text() == key + "\n"
    assert fernit("run", "--deliver", "env", "true").returncode == 0


# --- What a crash leaves


@pytest.mark.parametrize("given", [None, "FERNET_KEY"], ids=["stored", "given"])
def test_left_over_temporaries_are_swept_once_the_name_exists(fernit, stored, store, given):
    """Also by the start that keeps a key from outside there, so that the next one has nothing to write."""
    stored(new_key() + "\n") if not given else store.mkdir(mode=0o700)
    for name in (".fernet_key.tmp.0000000000000000", ".fernet_key.tmp.ffffffffffffffff", ".fernet_key.tmp.0123456789abcdef"):
        (store / name).write_text("half a ke")
    assert fernit("run", "true", FERNET_KEY=given and new_key()).returncode == 0
    assert names(store) <= {"fernet_key", ".lock"}


def test_what_only_looks_like_a_temporary_stays(fernit, stored, store):
    stored(new_key() + "\n")
    others = {"fernet_key.tmp.1", ".fernet_key.bak", ".fernet_keys.tmp.1", ".secret_key.tmp.1", ".secret_key.claim", "fernet_key.stage", "notes"}
    for name in others:
        (store / name).touch()
    assert fernit("run", "true").returncode == 0
    assert names(store) >= others


def test_a_temporary_that_is_a_directory_is_in_nobody_s_way(fernit, store):
    (store / ".fernet_key.tmp.0").mkdir(parents=True)
    assert fernit("run", "true").returncode == 0
    assert fernit("run", "true").returncode == 0


def test_temporaries_without_a_key_are_no_key_and_are_swept_when_there_is_one(child_sees, store):
    store.mkdir()
    left = new_key()
    (store / ".fernet_key.tmp.0123456789abcdef").write_text(left + "\n")
    keys = child_sees().keys
    assert keys != [left]
    assert child_sees().keys == keys
    assert names(store) <= {"fernet_key", ".lock"}


def test_a_claim_without_a_key_is_gone_on_with(child_sees, way, store):
    store.mkdir()
    (store / CLAIM).touch()
    keys = child_sees(prefix=on_way(way)).keys
    assert (store / "fernet_key").read_text().strip() == keys[0]
    assert child_sees(prefix=on_way(way)).keys == keys
    assert names(store) <= {"fernet_key", ".lock"}


@pytest.mark.parametrize("way", ["rename", "lock"])
def test_a_claim_that_its_maker_removes_before_we_can_open_it_is_made_again(child_sees, tmp_path, way, store):
    """EEXIST says that it is there; then it is not."""

    def start(*faults):
        trace = Trace(tmp_path / "trace", [*WAYS[way], *faults], only="openat,linkat,renameat2")
        keys = child_sees(prefix=trace.prefix).keys
        opened = [CLAIM in call.arguments for call in trace.calls() if call.name == "openat"]
        return keys, opened

    _, undisturbed = start()
    shutil.rmtree(store)
    keys, opened = start(f"openat:error=EEXIST:when={undisturbed.index(True) + 1}")
    assert opened.count(True) == undisturbed.count(True) + 2
    assert (store / "fernet_key").read_text().strip() == keys[0]
    assert names(store) <= {"fernet_key", ".lock"}


@pytest.mark.parametrize("length", [0, 1, 20, 43])
def test_an_unfinished_key_with_a_claim_is_finished_since_nobody_has_used_it(child_sees, way, store, length):
    store.mkdir()
    half = new_key()[:length]
    (store / "fernet_key").write_text(half)
    (store / "fernet_key").chmod(0o600)
    (store / CLAIM).touch()
    keys = child_sees(prefix=on_way(way)).keys
    assert (store / "fernet_key").read_text() == keys[0] + "\n"
    assert child_sees(prefix=on_way(way)).keys == keys
    assert names(store) <= {"fernet_key", ".lock"}


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_whole_key_with_a_claim_is_the_key(child_sees, way, stored, store, end):
    key = new_key()
    stored(key + end)
    (store / CLAIM).touch()
    assert child_sees(prefix=on_way(way)).keys == [key]
    assert (store / "fernet_key").read_text() == key + end
    assert names(store) <= {"fernet_key", ".lock"}


def test_a_damaged_file_with_its_newline_is_damage_also_with_a_claim(fernit, store):
    store.mkdir()
    (store / "fernet_key").write_text("not a key\n")
    (store / "fernet_key").chmod(0o600)
    (store / CLAIM).touch()
    done = fernit("run", "true")
    assert done.returncode == 125 and str(store / "fernet_key") in done.stderr
    assert (store / "fernet_key").read_text() == "not a key\n"


@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("key", "print"), ("key", "check")])
def test_to_look_sweeps_finishes_and_changes_nothing(fernit, store, words):
    store.mkdir()
    (store / "fernet_key").write_text("half")
    (store / "fernet_key").chmod(0o600)
    (store / CLAIM).touch()
    (store / ".fernet_key.tmp.0").touch()
    before = listing(store)
    fernit(*words)
    assert listing(store) == before


# --- The lock


@pytest.fixture
def unfinished(store):
    """A store in which somebody has claimed the key and not written it yet, and holds the lock."""
    store.mkdir()
    (store / "fernet_key").touch(mode=0o600)
    (store / CLAIM).touch()
    return store


def test_a_start_waits_for_the_holder_of_the_lock_and_takes_its_key(fernit, unfinished, held):
    key = new_key()
    lock = held()
    process = fernit.start("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY")
    time.sleep(0.3)
    assert process.poll() is None
    (unfinished / "fernet_key").write_text(key + "\n")
    (unfinished / CLAIM).unlink()
    lock.release()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode().strip()) == (0, key), err


def test_a_start_that_finds_the_lock_free_finishes_itself(child_sees, unfinished):
    assert (unfinished / "fernet_key").read_text() == ""
    assert child_sees().keys == [(unfinished / "fernet_key").read_text().strip()]


def test_a_lock_that_is_held_too_long_is_refused(fernit, unfinished, held):
    held()
    started = time.monotonic()
    done = fernit("run", "--lock-timeout", "300ms", "true")
    took = time.monotonic() - started
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert "--lock-timeout" in done.stderr and str(unfinished / ".lock") in done.stderr
    assert 0.25 < took < 3
    assert (unfinished / "fernet_key").read_text() == ""


def test_a_steady_start_does_not_ask_for_the_lock(fernit, store, held):
    assert fernit("run", "true").returncode == 0
    held()
    started = time.monotonic()
    assert fernit("run", "true").returncode == 0
    assert time.monotonic() - started < 3


def test_the_lock_of_a_killed_fernit_is_free(fernit, unfinished, held, child_sees):
    lock = held()
    process = fernit.start("run", "true")
    time.sleep(0.2)
    process.kill()
    process.wait()
    lock.release()
    assert child_sees().keys == [(unfinished / "fernet_key").read_text().strip()]


def test_a_file_system_without_locks_still_makes_a_key_by_link(fernit, traced, store):
    done, _ = traced(["fcntl:error=ENOLCK"], "run", "printenv", "AIRFLOW__CORE__FERNET_KEY")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (store / "fernet_key").read_text()


def test_a_file_system_with_neither_links_nor_locks_is_refused(fernit, traced, store):
    done, _ = traced([*WAYS["lock"], "fcntl:error=ENOLCK"])
    assert (done.returncode, done.stdout) == (125, "")
    assert not (store / "fernet_key").exists()


# --- Two at once, with one of them stopped in the middle


def test_a_key_that_appears_between_two_looks_is_the_key(fernit, tmp_path, store):
    """The start has found no key and is about to make one; another one is first."""
    store.mkdir()
    key = new_key()
    trace = Trace(tmp_path / "trace", ["linkat:delay_enter=400ms:when=1"], only="linkat")
    process = fernit.start("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=trace.prefix)
    wait_for(lambda: any(name.startswith(".fernet_key.tmp") for name in names(store)))
    (store / "whole").write_text(key + "\n")
    (store / "whole").chmod(0o600)
    (store / "whole").rename(store / "fernet_key")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode()) == (0, key + "\n"), err
    assert (store / "fernet_key").read_text() == key + "\n"
    assert names(store) <= {"fernet_key", ".lock"}


@pytest.mark.parametrize("others", ["link", "rename", "lock"])
def test_a_slow_creator_whose_temporary_was_swept_takes_the_other_s_key(fernit, child_sees, tmp_path, store, others):
    store.mkdir()
    slow = {"link": "linkat:delay_enter=600ms:when=1", "rename": "renameat2:delay_enter=600ms:when=1", "lock": "renameat2:error=EINVAL:delay_enter=600ms"}
    faults = [*(["linkat:error=EPERM"] if others != "link" else []), slow[others]]
    trace = Trace(tmp_path / "trace", faults, only="linkat,renameat2")
    process = fernit.start("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=trace.prefix)
    wait_for(lambda: any(name.startswith(".fernet_key.tmp") for name in names(store)))
    words = ("--deliver", "env")
    first = child_sees(*words, prefix=on_way(others)).keys
    assert child_sees(*words, prefix=on_way(others)).keys == first
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode().strip().split(",")) == (0, first), err
    assert child_sees(*words).keys == first
    assert names(store) <= {"fernet_key", ".lock"}


def test_a_reader_between_a_creator_s_claim_and_its_last_byte_does_not_call_it_damage(fernit, tmp_path, store, held):
    """The reader has listed the store and seen no claim; then the claim and the empty file appear, and the lock is held."""
    store.mkdir()
    key = new_key()
    trace = Trace(tmp_path / "trace", ["getdents64:delay_exit=300ms:when=1..2"], only="getdents64")
    process = fernit.start("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=trace.prefix)
    time.sleep(0.2)
    lock = held()
    (store / CLAIM).touch()
    (store / "fernet_key").touch(mode=0o600)
    time.sleep(0.8)
    (store / "fernet_key").write_text(key + "\n")
    (store / CLAIM).unlink()
    lock.release()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode()) == (0, key + "\n"), err


def test_a_reader_between_a_creator_s_rename_and_its_fsync_makes_the_key_durable_itself(fernit, tmp_path, store):
    """The reader has listed the store and seen no claim; then the claim is made, the key gets its name, and no more."""
    store.mkdir()
    key = new_key()
    trace = Trace(tmp_path / "trace", ["getdents64:delay_exit=300ms:when=1..2"], only="getdents64,fsync,execve")
    process = fernit.start("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=trace.prefix)
    time.sleep(0.2)
    (store / "temporary").write_text(key + "\n")
    (store / "temporary").chmod(0o600)
    (store / CLAIM).touch()
    (store / "temporary").rename(store / "fernet_key")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode()) == (0, key + "\n"), err
    assert any(call.name == "fsync" and call.arguments.endswith(f"<{store}>") for call in trace.calls())


# --- A name that is taken and cannot be seen, as the caches of a network file system have it


@pytest.mark.parametrize("errno", ["ENOENT", "ESTALE"])
def test_a_key_that_is_there_and_does_not_show_yet_is_looked_for_again(fernit, traced, tmp_path, store, errno):
    """EEXIST says that it is there; then its first opening fails."""
    store.mkdir()
    _, trace = traced([])
    made = [call.name for call in trace.calls()]
    opened = made[: made.index("linkat")].count("openat")
    shutil.rmtree(store)

    store.mkdir()
    key = new_key()
    faults = ["linkat:delay_enter=400ms:when=1", f"openat:error={errno}:when={opened + 1}"]
    trace = Trace(tmp_path / "trace", faults, only="linkat,openat")
    process = fernit.start("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=trace.prefix)
    wait_for(lambda: any(path.name.startswith(".fernet_key.tmp") for path in store.iterdir()))
    (store / "whole").write_text(key + "\n")
    (store / "whole").chmod(0o600)
    (store / "whole").rename(store / "fernet_key")
    out, err = process.communicate(timeout=60)
    assert any("INJECTED" in line and '"fernet_key"' in line for line in trace.lines())
    assert (process.returncode, out.decode()) == (0, key + "\n"), err
    assert (store / "fernet_key").read_text() == key + "\n"


def test_a_key_that_never_shows_is_an_error_after_the_lock_timeout_and_no_key_is_made(fernit, tmp_path, stored, store):
    key = new_key()
    stored(key + "\n")
    trace = Trace(tmp_path / "trace", ["openat:error=ENOENT"], only="openat")
    prefix = [*trace.prefix, "-P", "fernet_key"]
    done = fernit("run", "--deliver", "env", "--lock-timeout", "500ms", "true", prefix=prefix)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert str(store) in done.stderr and len(trace.calls()) > 2
    assert (store / "fernet_key").read_text() == key + "\n"


# --- Where no key is made: it would not be the first


VALUES = ["secret_key", "jwt_secret", "internal_api_secret_key"]
OTHERS = [*VALUES, *(f"{name}.staged" for name in VALUES)]


@pytest.mark.parametrize("command", [("init",), ("run", "true"), ("key", "print"), ("status",)])
@pytest.mark.parametrize("other", OTHERS)
def test_a_store_that_has_another_secret_of_airflow_gets_no_new_key(fernit, store, other, command):
    store.mkdir()
    (store / other).write_text("s3cret-s3cret\n")
    (store / other).chmod(0o600)
    done = fernit(*command, FERNIT_MANAGE=None)
    assert done.returncode == (125 if command[0] in ("init", "run") else 1)
    assert not (store / "fernet_key").exists()
    said = done.stdout + done.stderr
    assert f"{store}/fernet_key is missing, but {other} shows that there was one" in said


@pytest.mark.parametrize("name", [None, "secret_key.0011223344556677", "0011223344556677", "garbage"])
def test_nor_does_one_that_has_a_folder_of_retired_keys(fernit, store, name):
    (store / "retired").mkdir(mode=0o700, parents=True)
    if name:
        (store / "retired" / name).write_text("s3cret-s3cret\n")
        (store / "retired" / name).chmod(0o600)
    done = fernit("init", FERNIT_MANAGE=None)
    assert done.returncode == 125 and f"{store}/fernet_key" in errors(done)[0] and "is missing" in errors(done)[0]
    assert os.listdir(store) == ["retired"]
    cures = re.findall("fernit: hint: if that folder is empty, and nothing is encrypted: (rmdir .*)", done.stderr)
    assert len(cures) == (name != "0011223344556677"), "a key's name has a cure of its own"
    works = [subprocess.run(cure.split(), capture_output=True).returncode == 0 for cure in cures] == [True]
    assert works == (name is None)
    assert fernit("init", FERNIT_MANAGE=None).returncode == (0 if works else 125)


def test_one_that_was_emptied_by_hand_is_told_how_to_begin_anew(fernit, stored, store):
    """`key destroy` of the last retired key leaves the folder."""
    old, new = new_key(), new_key()
    stored([new, old])
    for words in [("retire",), ("destroy", fingerprint(old))]:
        assert fernit("key", *words, "--yes").returncode == 0
    (store / "fernet_key").unlink()
    done = fernit("init")
    assert done.returncode == 125 and f"fernit: hint: if that folder is empty, and nothing is encrypted: rmdir {store}/retired" in done.stderr.splitlines()


@pytest.mark.parametrize("name", ["fernet_key.staged", "retired/{}"])
@pytest.mark.parametrize("first", [1, 2, 3])
def test_nor_where_a_listing_does_not_show_what_is_there(fernit, store, name, first):
    key = new_key()
    file = store / name.format(fingerprint(key))
    file.parent.mkdir(mode=0o700, parents=True)
    file.write_text(key + "\n")
    file.chmod(0o600)
    trace = Trace("/dev/null", [f"getdents64:retval=0:when={first}+"])
    done = fernit("init", prefix=trace.prefix)
    assert done.returncode == 125 and f"{store}/fernet_key" in errors(done)[0] and "is missing" in errors(done)[0]
    assert not (store / "fernet_key").exists() and file.read_text() == key + "\n"


@pytest.mark.parametrize("other", OTHERS)
def test_such_a_store_takes_a_key_that_is_given(child_sees, store, other):
    store.mkdir()
    (store / other).write_text("s3cret-s3cret\n")
    (store / other).chmod(0o600)
    key = new_key()
    assert child_sees(FERNET_KEY=key, FERNIT_MANAGE=None).keys == [key]
    assert child_sees(FERNIT_MANAGE=None).keys == [key]


MISNAMED = ["FERNET_KEY_CMD", "FERNET_KEY_SECRET", "FERNET_KEYS", "FERNET_KEY_FILES", "FERNETKEY", "fernet_key", "AIRFLOW__CORE__FERNETKEY",
            "AIRFLOW_FERNET_KEY", "FERNIT_FERNET_KEY", "FERNIT_KEY_FILE", "FERNET_KEY_2", "AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__AIRFLOW__CORE__FERNET_KEY"]


@pytest.mark.parametrize("name", MISNAMED)
def test_no_key_is_made_beside_a_variable_that_looks_as_if_it_held_one(fernit, store, name):
    done = fernit("init", prefix=["env", f"{name}={new_key()}"])
    assert done.returncode == 125 and f"{name} is set, which Airflow and fernit do not read" in done.stderr
    assert not (store / "fernet_key").exists()


@pytest.mark.parametrize("given", [False, True], ids=["the store", "a variable"])
@pytest.mark.parametrize("name", MISNAMED[:-1])
def test_where_another_source_has_a_key_such_a_variable_is_warned_of_at_each_start(fernit, stored, name, given):
    key = new_key()
    stored(key)
    for _ in range(2):
        done = fernit("init", prefix=["env", f"{name}={new_key()}"], **({"FERNET_KEY": key} if given else {}))
        assert done.returncode == 0
        assert warnings(done) == [f"fernit: warning: misnamed-secret: {name} is set, which Airflow and fernit do not read"]


def test_what_airflow_gives_to_pods_is_not_warned_of(fernit, stored):
    key = new_key()
    stored(key)
    assert warnings(fernit("init", prefix=["env", f"{MISNAMED[-1]}={key}"])) == []


@pytest.mark.parametrize("name", [*MISNAMED[:3], "AIRFLOW__KUBERNETES_SECRETS__AIRFLOW__CORE__FERNET_KEY"])
@pytest.mark.parametrize("value", ["", "airflow=fernet_key"])
def test_a_key_is_made_beside_such_a_variable_that_is_empty_or_is_for_others(fernit, store, name, value):
    done = fernit("init", prefix=["env", f"{name}={value}"])
    made = not value or "KUBERNETES" in name
    assert (done.returncode, (store / "fernet_key").exists()) == ((0, True) if made else (125, False)), done.stderr


@pytest.mark.parametrize(
    "name, read",
    [
        ("AIRFLOW__SECRETS__JWT_SECRET", "AIRFLOW__API_AUTH__JWT_SECRET"),
        ("AIRFLOW_SECRET_KEY", "AIRFLOW__WEBSERVER__SECRET_KEY"),
        ("AIRFLOW__JWT_SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"),
        ("AIRFLOW__INTERNAL_API_SECRET_KEY", "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY"),
    ],
)
def test_another_secret_under_a_name_that_nobody_reads_is_warned_of(fernit, name, read):
    done = fernit("init", prefix=["env", f"{name}=s3cret-s3cret"], FERNIT_MANAGE=None)
    assert done.returncode == 0
    assert warnings(done) == [f"fernit: warning: misnamed-secret: {name} is set, which Airflow and fernit do not read"]
    assert [f"rename it to {read}" in hint for hint in hints(done) if "rename" in hint] == [True]


def test_who_finishes_what_a_killed_one_left_takes_the_key_of_one_that_is_faster(fernit, store):
    """The unfinished file has gone, and the new one has not come: there another start gives its own the name, without the lock."""
    store.mkdir(mode=0o700)
    (store / "fernet_key").write_text(new_key()[:20])
    (store / CLAIM).touch()
    words = ["run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY"]
    slow = fernit.start(*words, prefix=Trace("/dev/null", ["unlinkat:delay_exit=1000000"], only="unlinkat").prefix)
    wait_for(lambda: not (store / "fernet_key").exists())
    fast = fernit(*words)
    out, err = slow.communicate(timeout=30)
    assert (slow.returncode, fast.returncode) == (0, 0), (err, fast.stderr)
    assert out.decode() == fast.stdout == (store / "fernet_key").read_text()
    assert not (store / CLAIM).exists()
