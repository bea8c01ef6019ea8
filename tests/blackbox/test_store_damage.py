"""A store that is not as fernit made it: named, left alone, never a reason to make another key."""
import os
import socket
import stat

import pytest

from conftest import errors, fingerprint, listing, new_key, warnings
from ground import AS_NOBODY, NOBODY, need

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


def test_a_refusal_shows_fingerprints_and_no_key(fernit, stored, write_cfg):
    inside = new_key()
    stored(KEY + "\n")
    write_cfg(f"[core]\nfernet_key = {inside}\n")
    done = fernit("run", "true")
    assert done.returncode == 125
    assert fingerprint(inside) in done.stderr and fingerprint(KEY) in done.stderr
