"""A store that is not as fernit made it: named, left alone, never a reason to make another key."""
import os
import re
import socket
import stat
import subprocess
import time

import pytest

from conftest import errors, hints, fingerprint, listing, new_key, warnings
from system import AS_NOBODY, NOBODY, WAYS, Trace, each_call, held_fixture, need, on_way, wait_for  # noqa: F401

STRANGER = 12345
KEY = "kN1SLmXDdR4mVXvO5DXXDVaVa7kLTj6nDMpFKJFnPb0="
OTHER = "2b_bCMXUOJcBnFQOhUGhBxYH1yBDbu7qjbP2dqc4SnU="


@pytest.fixture
def refused(fernit, tmp_path, store, airflow_home):
    """refused(...): fernit ends with 125 and one line that names `what`, and changes nothing."""

    def run(*words, what=store / "fernet_key", **arguments):
        before = listing(tmp_path)
        done = fernit(*(words or ("run", "echo", "the command ran")), **arguments)
        assert done.returncode == 125, done.stderr
        assert done.stdout == ""
        assert len(errors(done)) == 1 and str(what) in errors(done)[0], done.stderr
        assert listing(tmp_path) == before
        return done

    return run


# --- A file that is gone


GIVEN = {
    "FERNET_KEY": lambda file, key: ({"FERNET_KEY": key}, ""),
    "a file": lambda file, key: ({"FERNET_KEY_FILE": file}, ""),
    "a command": lambda file, key: ({"AIRFLOW__CORE__FERNET_KEY_CMD": f"cat {file}"}, ""),
    "a secrets backend": lambda file, key: ({"AIRFLOW__CORE__FERNET_KEY_SECRET": "fernet"}, ""),
    "airflow.cfg": lambda file, key: ({}, f"fernet_key = {key}\n"),
    "its command": lambda file, key: ({}, f"fernet_key_cmd = cat {file}\n"),
    "its secrets backend": lambda file, key: ({}, "fernet_key_secret = fernet\n"),
}


@pytest.mark.parametrize("beside", ["retired", "staged"])
@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("words", [["run", "true"], ["init"]], ids=" ".join)
def test_whoever_gives_a_key_to_a_store_whose_ring_is_gone_is_told(fernit, store, write_cfg, tmp_path, words, given, beside):
    old, key, file = new_key(), new_key(), tmp_path / "key"
    assert fernit("init", "--deliver", "env", FERNET_KEY=old).returncode == 0
    change = {"retired": "replace", "staged": "stage"}[beside]
    assert fernit("init", "--deliver", "env", FERNET_KEY=new_key(), FERNIT_ON_CHANGE=change).returncode == 0
    (store / "fernet_key").unlink()
    file.write_text(key)
    environment, lines = GIVEN[given](file, key)
    write_cfg(f"[core]\nexecutor = LocalExecutor\n{lines}")
    done = fernit(*words, **environment)
    assert done.returncode == 0, done.stderr
    (said,) = [line for line in warnings(done) if "is missing, and staged or retired keys" in line]
    assert str(store / "fernet_key") in said


# --- What the file holds

DAMAGE = {
    "empty": b"",
    "a newline": b"\n",
    "blanks": b"  \n \n",
    "1 character": KEY[:1].encode(),
    "10 characters": KEY[:10].encode(),
    "43 characters": KEY[:43].encode(),
    "43 characters and a newline": KEY[:43].encode() + b"\n",
    "40 characters and padding": KEY[:40].encode() + b"=\n",
    "two keys, the second cut off": f"{KEY},{OTHER[:20]}".encode(),
    "two keys, the second missing": f"{KEY},\n".encode(),
    "two keys, the first missing": f",{KEY}\n".encode(),
    "a word": b"hunter2\n",
    "a placeholder": b"$FERNET_KEY\n",
    "a whole line of configuration": b"fernet_key = x\n",
    "an error page": b"<html><body>503 Service Unavailable</body></html>\n",
    "NUL bytes": bytes(45),
    "half a key and NUL bytes": KEY[:20].encode() + bytes(25),
    "random bytes": bytes(range(128, 173)),
    "100 KB": (KEY + "\n").encode() * 2200,
    "a key and 100 KB of blanks": (KEY + "\n").encode() + b" " * 102400,
}


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_key_file_is_named_and_left_alone(fernit, refused, stored, child_sees, content):
    fernit.secrets |= {KEY, OTHER}
    file = stored("")
    file.write_bytes(content)
    refused()
    refused("init")

    file.write_text(KEY + "\n")
    assert child_sees().keys == [KEY]


def test_a_damaged_value_in_the_store_has_a_cure_of_its_own(fernit, refused, stored, store):
    """Older versions stored what Python strips; a backup has it, too."""
    stored(KEY)
    (store / "secret_key").write_bytes("abc\u00a0\n".encode())
    (store / "secret_key").chmod(0o600)
    done = refused("init", what=store / "secret_key", FERNIT_MANAGE="fernet_key,secret_key")
    assert "backup" not in done.stderr and "move the file away: then fernit creates a new one" in done.stderr
    (store / "secret_key").unlink()
    assert fernit("init", FERNIT_MANAGE="fernet_key,secret_key").returncode == 0


@pytest.mark.parametrize("rule", ["keep", "stage"])
def test_two_starts_judge_a_store_alike_whose_files_are_both_a_stranger_s(fernit, store, stored, rule):
    """The second has no secret_key to create, so it reads the store once."""
    stored(KEY)
    for name in ("fernet_key", "fernet_key.staged"):
        (store / name).write_text(f"{KEY}\n")
        (store / name).chmod(0o600)
        os.chown(store / name, STRANGER, 0)
    starts = [fernit("init", FERNIT_MANAGE="fernet_key,secret_key", FERNIT_ON_CHANGE=rule, AIRFLOW__CORE__FERNET_KEY_SECRET="a/b") for _ in range(2)]
    assert [done.returncode for done in starts] == [0, 0]
    assert warnings(starts[0]) == warnings(starts[1])


def test_a_damaged_key_file_is_no_matter_where_a_variable_brings_the_key(child_sees, stored, store):
    file = stored("not a key")
    before = listing(file)
    key = new_key()
    seen = child_sees(FERNET_KEY=key)
    assert seen.keys == [key]
    assert any(str(file) in line for line in warnings(seen))
    assert listing(file) == before


def test_a_damaged_key_file_is_not_passed_over_for_the_key_in_airflow_cfg(refused, stored, write_cfg):
    write_cfg(f"[core]\nfernet_key = {new_key()}\n")
    stored("not a key")
    refused()


# --- What it is


def make_directory(path):
    path.mkdir()


def make_fifo(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def make_link_to_a_key(path):
    (path.parent / "elsewhere").write_text(KEY + "\n")
    path.symlink_to("elsewhere")


def make_dangling_link(path):
    path.symlink_to("nowhere")


def make_link_to_itself(path):
    path.symlink_to(path.name)


def make_link_to_a_terminal(path):
    path.symlink_to("/dev/zero")


KINDS = [make_directory, make_fifo, make_socket, make_link_to_a_key, make_dangling_link, make_link_to_itself, make_link_to_a_terminal]


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__[5:].replace("_", " "))
def test_what_is_no_regular_file_is_named_and_left_alone(refused, store, make):
    store.mkdir()
    make(store / "fernet_key")
    refused()
    refused("init")


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__[5:].replace("_", " "))
def test_what_is_no_regular_file_cannot_be_the_lock(fernit, store, make, write_cfg, stored):
    stored(new_key() + "\n")
    make(store / ".lock")
    before = (store / ".lock").lstat().st_ino
    done = fernit("init")
    assert done.returncode in (0, 125), done.stderr
    assert (store / ".lock").lstat().st_ino == before
    assert not (store / "nowhere").exists()


@pytest.mark.parametrize("make", [make_directory, make_fifo, make_link_to_a_key, make_dangling_link, make_link_to_a_terminal])
def test_what_is_no_regular_file_under_the_name_of_the_claim_leads_to_no_second_key(fernit, store, child_sees, make):
    store.mkdir()
    make(store / ".fernet_key.claim")
    first = child_sees()
    assert (store / "fernet_key").read_text().strip() == first.keys[0]
    assert child_sees().keys == first.keys


# --- The store itself


@pytest.mark.parametrize("make", [make_fifo, make_socket, make_dangling_link, make_link_to_itself])
def test_a_store_that_is_no_directory_is_refused(refused, store, make):
    make(store)
    refused(what=store)
    refused("init", what=store)


def test_a_store_that_is_a_file_is_refused(refused, store):
    store.write_text("")
    refused(what=store)


def test_a_store_below_a_file_is_refused(refused, tmp_path):
    (tmp_path / "file").write_text("")
    refused("run", "--store", tmp_path / "file" / "store", "true", what=tmp_path / "file")


# --- Owner and mode


@pytest.mark.parametrize("mode", [0o602, 0o606, 0o622, 0o666, 0o777])
def test_a_key_file_that_everybody_may_write_is_refused(refused, stored, mode):
    file = stored(KEY + "\n")
    file.chmod(mode)
    refused()


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o444])
def test_a_key_file_that_everybody_may_read_is_warned_of(child_sees, stored, mode):
    file = stored(KEY + "\n")
    file.chmod(mode)
    seen = child_sees()
    assert seen.keys == [KEY]
    assert len(warnings(seen)) == 1 and str(file) in warnings(seen)[0]
    assert stat.S_IMODE(file.stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o400, 0o440, 0o600, 0o640, 0o660, 0o770])
def test_a_key_file_of_ours_that_no_stranger_may_touch_is_taken_silently(child_sees, stored, mode):
    stored(KEY + "\n").chmod(mode)
    assert child_sees().keys == [KEY]
    seen = child_sees()
    assert seen.keys == [KEY] and seen.stderr == ""


@pytest.mark.parametrize(
    ("directory", "file", "good"),
    [
        ((0, 0), (0, 0), True),
        ((0, 0), (STRANGER, 0), False),
        ((STRANGER, 0), (STRANGER, 0), True),
        ((STRANGER, 0), (0, 0), True),
        ((STRANGER, 0), (STRANGER + 1, 0), False),
    ],
)
def test_root_takes_a_key_file_of_its_own_or_of_the_owner_of_the_store(child_sees, refused, stored, store, directory, file, good):
    key_file = stored(KEY + "\n")
    os.chown(store, *directory)
    os.chown(key_file, *file)
    if good:
        assert child_sees().keys == [KEY]
    else:
        done = refused()
        assert str(file[0]) in done.stderr


@pytest.mark.parametrize(
    ("directory", "file", "good"),
    [
        ((NOBODY, NOBODY), (NOBODY, NOBODY), True),
        ((0, 0), (0, 0), True),
        ((0, 0), (NOBODY, NOBODY), True),
        ((STRANGER, STRANGER), (STRANGER, STRANGER), True),
        ((0, 0), (STRANGER, STRANGER), False),
        ((NOBODY, NOBODY), (STRANGER, NOBODY), False),
    ],
)
def test_another_user_takes_a_key_file_of_its_own_of_root_or_of_the_owner_of_the_store(
    fernit, refused, stored, store, directory, file, good
):
    need("become another user")
    key_file = stored(KEY + "\n")
    key_file.chmod(0o644)
    store.chmod(0o755)
    os.chown(store, *directory)
    os.chown(key_file, *file)
    if good:
        assert fernit("run", "--deliver", "env", "true", prefix=AS_NOBODY).returncode == 0
    else:
        refused("run", "--deliver", "env", "true", prefix=AS_NOBODY)


@pytest.mark.parametrize(
    ("directory_group", "file_group", "groups", "good"),
    [
        (STRANGER, 0, [], True),
        (STRANGER, STRANGER, [], True),
        (0, NOBODY, [], True),
        (0, STRANGER, [STRANGER], True),
        (0, STRANGER, [STRANGER + 1, STRANGER], True),
        (0, STRANGER, [], False),
        (0, STRANGER, [STRANGER + 1], False),
    ],
)
def test_a_group_that_may_write_the_key_file_must_be_root_s_ours_or_the_store_s(
    fernit, refused, stored, store, directory_group, file_group, groups, good
):
    need("become another user")
    file = stored(KEY + "\n")
    store.chmod(0o755)
    os.chown(store, NOBODY, directory_group)
    os.chown(file, NOBODY, file_group)
    file.chmod(0o660)
    ours = [f"--groups={','.join(map(str, groups))}"] if groups else ["--clear-groups"]
    prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", *ours, "--"]
    if good:
        done = fernit("run", "--deliver", "env", "true", prefix=prefix)
        assert (done.returncode, done.stderr) == (0, "")
    else:
        refused("run", "--deliver", "env", "true", prefix=prefix)


# --- Without rights


@pytest.fixture
def home_of_nobody(airflow_home):
    need("become another user")
    airflow_home.mkdir()
    os.chown(airflow_home, NOBODY, NOBODY)


def test_a_key_file_that_we_may_not_read_fails_the_run_and_makes_no_key(refused, stored, store, home_of_nobody):
    stored(KEY + "\n")
    store.chmod(0o777)
    refused(prefix=AS_NOBODY)


def test_a_store_that_we_may_not_search_fails_the_run_and_makes_no_key(refused, stored, store, home_of_nobody):
    stored(KEY + "\n")
    refused(prefix=AS_NOBODY, what=store)


def test_a_store_that_we_may_search_and_not_list_gives_its_key_or_fails(fernit, stored, store, home_of_nobody):
    os.chown(stored(KEY + "\n"), NOBODY, NOBODY)
    store.chmod(0o711)
    done = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=AS_NOBODY)
    assert done.returncode == 125 or done.stdout.strip() == KEY


def test_an_empty_store_that_we_may_not_write_fails_the_run(fernit, refused, store, home_of_nobody):
    store.mkdir(mode=0o755)
    done = refused(prefix=AS_NOBODY, what=store)
    assert "--store" in done.stderr

    store.chmod(0o777)
    assert fernit("run", "true", prefix=AS_NOBODY).returncode == 0
    assert (store / "fernet_key").stat().st_uid == NOBODY


def test_a_missing_store_that_we_may_not_make_fails_the_run(refused, store, home_of_nobody):
    refused(prefix=AS_NOBODY, what=store)


def test_a_refusal_shows_fingerprints_and_no_key(fernit, stored, store):
    outside = new_key()
    stored(KEY + "\n")
    done = fernit("run", "--on-change", "refuse", "true", FERNET_KEY=outside)
    assert done.returncode == 125
    assert fingerprint(outside) in done.stderr and fingerprint(KEY) in done.stderr
    assert (store / "fernet_key").read_text() == KEY + "\n"


# --- Shared by a group


def as_user(uid, gid=0):
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--"]


@pytest.fixture
def shared(fernit, tmp_path, store):
    """shared(uid, ...): `fernit run --store-mode 0660` as an arbitrary user of group 0, with an AIRFLOW_HOME of its own."""
    need("become another user")
    store.mkdir()
    store.chmod(0o2770)

    def run(uid, *options, prefix=(), **arguments):
        home = tmp_path / str(uid)
        home.mkdir(exist_ok=True)
        os.chown(home, uid, 0)
        words = ["run", "--store-mode", "0660", *options, "printenv", "AIRFLOW__CORE__FERNET_KEY"]
        return fernit(*words, prefix=[*prefix, *as_user(uid)], AIRFLOW_HOME=home, **arguments)

    return run


@pytest.mark.parametrize("owner", [0, 50000])
@pytest.mark.parametrize("way", WAYS)
def test_arbitrary_users_of_group_0_share_a_store(shared, store, owner, way):
    os.chown(store, owner, 0)
    store.chmod(0o2770)
    first = shared(1001, prefix=on_way(way))
    second = shared(1002, "--verbose", prefix=on_way(way))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout == (store / "fernet_key").read_text()
    assert "without a lock" not in second.stderr and warnings(second) == []
    found = {path.name: (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)) for path in store.iterdir()}
    assert found == {"fernet_key": (1001, 0o660), ".lock": (1001, 0o660)}


@pytest.mark.parametrize("way", WAYS)
def test_what_root_has_made_is_the_owner_s_of_the_store_who_can_start_then(fernit, tmp_path, store, way):
    """docker run --user 0, docker exec -u 0: once would lock Airflow out for ever."""
    need("become another user")
    store.mkdir(mode=0o700)
    os.chown(store, 50000, 0)
    (tmp_path / "home").mkdir()
    os.chown(tmp_path / "home", 50000, 0)
    first = fernit("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=on_way(way))
    second = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=as_user(50000), AIRFLOW_HOME=tmp_path / "home")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    assert {(path.stat().st_uid, path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) for path in store.iterdir()} == {(50000, 0, 0o600)}


def test_root_that_may_give_nothing_away_starts_all_the_same(fernit, store):
    store.mkdir()
    store.chmod(0o777)
    os.chown(store, 50000, 0)
    done = fernit("run", "true", prefix=["setpriv", "--bounding-set=-chown", "--inh-caps=-chown", "--"])
    assert done.returncode == 0 and (store / "fernet_key").stat().st_uid == 0, done.stderr


def test_what_one_user_of_the_group_has_begun_another_one_finishes(shared, store):
    for name, text in (("fernet_key", KEY[:20]), (".fernet_key.claim", "")):
        (store / name).write_text(text)
        os.chown(store / name, 1001, 0)
        (store / name).chmod(0o660)
    done = shared(1002)
    assert done.returncode == 0, done.stderr
    assert (store / "fernet_key").read_text() == done.stdout
    assert {path.name for path in store.iterdir()} == {"fernet_key", ".lock"}


@pytest.mark.parametrize(
    ("directory_mode", "file_group"), [(0o2750, 0), (0o755, 0), (0o2770, 1001)], ids=["not writable", "readable by all", "not its group"]
)
def test_a_stranger_s_key_file_is_refused_where_it_does_not_come_by_the_group(refused, stored, store, directory_mode, file_group):
    need("become another user")
    file = stored(KEY + "\n")
    os.chown(file, 1001, file_group)
    file.chmod(0o664)
    store.chmod(directory_mode)
    done = refused("run", "--deliver", "env", "true", prefix=as_user(1002))
    assert "1001" in done.stderr and "1002" in done.stderr


def test_a_stranger_s_key_file_is_refused_where_the_group_of_the_store_is_not_ours(refused, stored, store):
    need("become another user")
    file = stored(KEY + "\n")
    os.chown(store, 0, STRANGER)
    store.chmod(0o2775)
    os.chown(file, 1001, STRANGER)
    file.chmod(0o644)
    refused("run", "--deliver", "env", "true", prefix=as_user(1002))


# --- Claims: what is unfinished, and what is damage


@pytest.fixture
def unfinished(store):
    """Somebody was killed while it made the first key: nobody has used what it was to be."""
    store.mkdir()
    (store / "fernet_key").write_text("abc")
    (store / "fernet_key").chmod(0o600)
    (store / ".fernet_key.claim").touch(mode=0o600)


@pytest.mark.parametrize("outside", ["FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY"])
def test_a_key_from_outside_finishes_an_unfinished_file(fernit, store, unfinished, child_sees, outside):
    key = new_key()
    assert fernit("run", "--deliver", "env", "true", **{outside: key}).returncode == 0
    assert (store / "fernet_key").read_text() == key + "\n"
    assert child_sees().keys == [key]
    assert {path.name for path in store.iterdir()} == {"fernet_key", ".lock"}


def test_a_secrets_backend_leaves_an_unfinished_file_its_claim(fernit, store, unfinished, child_sees):
    assert fernit("run", "--deliver", "env", "true", AIRFLOW__CORE__FERNET_KEY_SECRET="path").returncode == 0
    assert (store / "fernet_key").read_text() == "abc" and (store / ".fernet_key.claim").exists()
    assert child_sees().keys == [(store / "fernet_key").read_text().strip()]


#: Where the creator stops before it looks, so that a file can come in between.
BETWEEN = {
    "rename": ["linkat:error=EPERM:delay_enter=700ms"],
    "lock": ["linkat:error=EPERM:delay_enter=700ms", "renameat2:error=EINVAL"],
}


@pytest.mark.parametrize("faults", BETWEEN.values(), ids=BETWEEN.keys())
def test_a_damaged_file_that_comes_while_a_key_is_made_without_links_is_not_overwritten(fernit, store, tmp_path, faults):
    """A person restores a backup, badly, while a replica starts."""
    fernit.secrets.add(KEY)
    process = fernit.start("run", "true", prefix=Trace(tmp_path / "trace", faults, only="linkat,renameat2").prefix)
    wait_for(lambda: store.exists() and any(".tmp." in path.name for path in store.iterdir()))
    time.sleep(0.1)
    (store / "fernet_key").write_text(KEY[:30])
    (store / "fernet_key").chmod(0o600)
    _, err = process.communicate(timeout=60)
    assert (store / "fernet_key").read_text() == KEY[:30]
    assert process.returncode == 125, err
    assert not (store / ".fernet_key.claim").exists()
    again = fernit("run", "true")
    assert again.returncode == 125 and (store / "fernet_key").read_text() == KEY[:30]


@pytest.mark.parametrize("errno", ["EIO", "ENOSPC", "EACCES"])
def test_a_creation_that_fails_leaves_no_claim(fernit, store, errno):
    trace = Trace("/dev/null", ["linkat:error=EPERM", f"renameat2:error={errno}"], only="linkat,renameat2")
    done = fernit("run", "true", prefix=trace.prefix)
    assert done.returncode == 125, done.stderr
    assert {path.name for path in store.iterdir()} <= {".lock"}


def test_a_creation_that_does_not_get_the_lock_leaves_no_claim(fernit, store, held):
    store.mkdir(mode=0o700)
    held()
    done = fernit("run", "--lock-timeout", "200ms", "true", prefix=on_way("lock"))
    assert done.returncode == 125 and "--lock-timeout" in done.stderr, done.stderr
    assert {path.name for path in store.iterdir()} == {".lock"}


@pytest.mark.parametrize("way", [[], ["status"]], ids=["run", "status"])
def test_a_file_of_somebody_else_s_is_an_error_with_the_line_that_gives_it_to_us(fernit, stored, store, airflow_home, way):
    """A volume that was restored, or used by another uid."""
    need("become another user")
    key = stored(KEY + "\n")
    airflow_home.mkdir()
    os.chown(store, NOBODY, NOBODY)
    os.chown(airflow_home, NOBODY, NOBODY)
    words = way or ["run", "true"]
    done = fernit(*words, prefix=AS_NOBODY)
    assert done.returncode == (1 if way else 125)
    said = done.stdout + done.stderr
    assert "its owner is 0:0, its mode 600, and fernit runs as 65534:65534" in said and "FERNIT_STORE_MODE=0660" in said
    (cure,) = re.findall(r"once, as root: (cd \S+ && chown 65534:65534 .*)$", done.stderr or said, re.MULTILINE)[:1]
    subprocess.run(["sh", "-c", cure], check=True)
    assert key.stat().st_uid == NOBODY
    assert fernit(*words, prefix=AS_NOBODY).returncode == 0


@pytest.mark.real_binary
@pytest.mark.parametrize("errno, cure", [("EMFILE", "ulimit -n"), ("ENFILE", "too many files"), ("EIO", "check its file system"), ("EACCES", "chown or chmod it for this user")])
@pytest.mark.parametrize("given", [{}, {"FERNET_KEY": OTHER}], ids=["needed", "passed over"])
def test_what_is_advised_fits_the_trouble_and_no_backup_where_none_helps(fernit, stored, tmp_path, errno, cure, given):
    stored(KEY + "\n")
    trace = Trace(tmp_path / "trace")
    assert fernit("key", "print", prefix=trace.prefix).returncode == 0
    (first, *_) = [number for name, number, call in each_call(trace) if name == "openat" and '"fernet_key"' in call.arguments]
    fault = Trace("/dev/null", [f"openat:error={errno}:when={first}+"], only="openat")
    done = fernit("key", "print", prefix=fault.prefix, **given)
    assert done.returncode == (0 if given else 1)
    assert len([line for line in done.stderr.splitlines() if "/fernet_key: " in line]) == 1
    assert cure in "\n".join(hints(done)) and "backup" not in done.stderr
