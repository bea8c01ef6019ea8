"""fernit key promote, retire, unretire, destroy: an operator's changes of the keys in the store, and of nothing else."""
import fcntl
import os
import re
import stat
import struct
import subprocess

import pytest

from conftest import BINARY, listing
from keys import fingerprint, new_key
from managed import mark

VERBS = ["promote", "retire", "unretire", "destroy"]


@pytest.fixture
def put(store):
    """put("fernet_key.staged", key, ...): a file of the store; retired=...: one below retired/."""

    def write(name, *values):
        path = store / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(",".join(values) + "\n")
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def retired(put):
    return lambda key: put(f"retired/{fingerprint(key)}", key)


def ring(store, name="fernet_key"):
    path = store / name
    return path.read_text().strip().split(",") if path.exists() else []


def held(store):
    """Every value that the store has anywhere."""
    files = [path for path in store.glob("**/*") if path.is_file() and not path.name.startswith(".")]
    return {value for path in files for value in path.read_text().strip().split(",")}


def assert_done(done):
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert "has been changed" in done.stdout


def assert_refused(done, *parts, status=1):
    assert done.returncode == status, done
    for part in parts:
        assert part in done.stderr


# --- What each does


def test_a_staged_key_comes_to_the_front(fernit, put, store):
    old, new, other = new_key(), new_key(), new_key()
    put("fernet_key", old)
    put("fernet_key.staged", new, other)
    done = fernit("key", "promote", fingerprint(new), "--yes")
    assert_done(done)
    assert ring(store) == [new, old]
    assert ring(store, "fernet_key.staged") == [other]
    assert f"{fingerprint(old)} -> {fingerprint(new)}, {fingerprint(old)}" in done.stdout
    assert "restart all" in done.stdout and re.search("fernit run --store \\S+ -- airflow rotate-fernet-key", done.stdout)


def test_the_only_staged_key_needs_no_name_and_leaves_no_file(fernit, put, store):
    old, new = new_key(), new_key()
    put("fernet_key", old)
    put("fernet_key.staged", new)
    assert_done(fernit("key", "promote", "--yes"))
    assert ring(store) == [new, old]
    assert not (store / "fernet_key.staged").exists()


def test_of_several_staged_keys_one_must_be_named(fernit, put, store):
    keys = [new_key() for _ in range(3)]
    put("fernet_key", keys[0])
    put("fernet_key.staged", *keys[1:])
    before = listing(store / "fernet_key.staged")
    assert_refused(fernit("key", "promote", "--yes"), *map(fingerprint, keys))
    assert listing(store / "fernet_key.staged") == before


def test_a_staged_value_takes_the_place_of_the_old_one_which_is_retired(fernit, put, store):
    put("fernet_key", new_key())
    put("jwt_secret", "the old value")
    put("jwt_secret.staged", "the new value")
    fernit.secrets |= {"the old value", "the new value"}
    assert_done(fernit("key", "promote", mark("the new value"), "--yes"))
    assert ring(store, "jwt_secret") == ["the new value"]
    assert ring(store, f"retired/jwt_secret.{mark('the old value')}") == ["the old value"]
    assert not (store / "jwt_secret.staged").exists()

    done = fernit("key", "unretire", mark("the old value"), "--yes")
    assert_done(done)
    assert ring(store, "jwt_secret") == ["the old value"]
    assert [path.name for path in (store / "retired").iterdir()] == [f"jwt_secret.{mark('the new value')}"]


def test_retire_takes_one_key_or_all_but_the_first(fernit, put, store):
    keys = [new_key() for _ in range(4)]
    put("fernet_key", *keys)
    done = fernit("key", "retire", fingerprint(keys[2]), "--yes")
    assert_done(done)
    assert re.search("fernit run --store \\S+ -- airflow rotate-fernet-key", done.stdout)
    assert ring(store) == [keys[0], keys[1], keys[3]]
    assert_done(fernit("key", "retire", "--yes"))
    assert ring(store) == keys[:1]
    assert {path.name: path.read_text() for path in (store / "retired").iterdir()} == {
        fingerprint(key): key + "\n" for key in keys[1:]
    }
    done = fernit("key", "retire", "--yes")
    assert (done.returncode, done.stderr) == (0, "") and "nothing to retire" in done.stdout


def test_a_staged_key_can_be_retired(fernit, put, store):
    old, new = new_key(), new_key()
    put("fernet_key", old)
    put("fernet_key.staged", new)
    assert_done(fernit("key", "retire", fingerprint(new), "--yes"))
    assert ring(store) == [old] and not (store / "fernet_key.staged").exists()
    assert ring(store, f"retired/{fingerprint(new)}") == [new]


def test_the_key_that_encrypts_is_not_retired_until_another_is_in_front(fernit, put, store):
    first, second = new_key(), new_key()
    put("fernet_key", first, second)
    assert_refused(fernit("key", "retire", fingerprint(first), "--yes"), fingerprint(first), "fernit key promote")
    assert ring(store) == [first, second]
    assert_done(fernit("key", "promote", fingerprint(second), "--yes"))
    assert ring(store) == [second, first]
    assert_done(fernit("key", "retire", fingerprint(first), "--yes"))
    assert ring(store) == [second]


def test_a_retired_key_comes_back_to_the_end(fernit, put, retired, store):
    first, back = new_key(), new_key()
    put("fernet_key", first)
    retired(back)
    assert_done(fernit("key", "unretire", fingerprint(back), "--yes"))
    assert ring(store) == [first, back]
    assert list((store / "retired").iterdir()) == []


def test_destroy_erases_a_retired_key_and_nothing_else(fernit, put, retired, store):
    first, staged, gone, stays = [new_key() for _ in range(4)]
    put("fernet_key", first)
    put("fernet_key.staged", staged)
    retired(gone)
    retired(stays)
    for key, where in ((first, "in use"), (staged, "staged")):
        assert_refused(fernit("key", "destroy", fingerprint(key), "--yes"), where, "fernit key retire")
    done = fernit("key", "destroy", fingerprint(gone), "--yes")
    assert_done(done)
    assert "in backups and copies" in done.stdout
    assert held(store) == {first, staged, stays}


def test_the_first_digits_of_a_fingerprint_are_enough(fernit, put, store):
    first, second = new_key(), new_key()
    put("fernet_key", first, second)
    assert_done(fernit("key", "retire", fingerprint(second)[:6].upper(), "--yes"))
    assert ring(store) == [first]


def test_a_retired_key_is_no_source_of_a_run(fernit, child_sees, put, store):
    first, second = new_key(), new_key()
    put("fernet_key", first, second)
    assert_done(fernit("key", "retire", "--yes"))
    assert child_sees().keys == [first]


# --- What they do not


@pytest.fixture
def full(put, retired):
    """A store with a key in each place: verb to the fingerprint that it may be given."""
    first, second, staged, old = [new_key() for _ in range(4)]
    put("fernet_key", first, second)
    put("fernet_key.staged", staged)
    retired(old)
    return dict(zip(VERBS, map(fingerprint, (staged, second, old, old))))


@pytest.mark.parametrize("verb", VERBS)
def test_without_yes_they_say_what_they_would_do_and_do_nothing(fernit, full, store, verb):
    before = listing(store)
    done = fernit("key", verb, full[verb])
    assert done.returncode == 1
    assert "would be changed" in done.stdout and full[verb] in done.stdout
    assert f"fernit key {verb} {full[verb]} --yes" in done.stderr
    assert listing(store) == before


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("given", ["abcd", "eeeeeeeeeeeeeeee"])
def test_a_fingerprint_that_names_nothing_is_told_with_what_there_is(fernit, put, store, verb, given):
    key = new_key()
    while fingerprint(key).startswith(given):
        key = new_key()
    put("fernet_key", key)
    before = listing(store)
    assert_refused(fernit("key", verb, given, "--yes"), given, fingerprint(key))
    assert ring(store) == [key] and set(before) <= set(listing(store))


@pytest.mark.parametrize(
    "words",
    [["unretire"], ["destroy"], ["retire", "abcd", "abce"], ["promote", "abc"], ["promote", "no hex digits"], ["destroy", "abcd", "--secret-file", "/x"]],
    ids=" ".join,
)
def test_wrong_words_end_with_2(fernit, full, store, words):
    before = listing(store)
    assert fernit("key", *words, "--yes").returncode == 2
    assert listing(store) == before


def test_a_key_in_place_of_its_fingerprint_is_not_printed(fernit, put):
    key = new_key()
    put("fernet_key", key)
    assert_refused(fernit("key", "retire", key, "--yes"), "fingerprint", status=2)


@pytest.mark.parametrize("verb", VERBS)
def test_a_store_that_is_not_there_is_not_made(fernit, store, verb):
    assert_refused(fernit("key", verb, "abcd", "--yes"), "does not exist")
    assert not store.exists()


@pytest.mark.parametrize("verb", VERBS)
def test_a_store_that_cannot_be_written_stays_as_it_is(fernit, full, store, nobody, verb):
    if not nobody:
        pytest.skip("needs root, to take its rights away")
    for path in [store, *store.rglob("*")]:
        os.chown(path, 0, 65534)
        path.chmod(0o750 if path.is_dir() else 0o640)
    before = listing(store)
    assert_refused(fernit("key", verb, full[verb], "--yes", prefix=nobody), str(store), "Permission denied")
    assert fernit("key", verb, full[verb], prefix=nobody).returncode == 1
    assert listing(store) == before


@pytest.mark.parametrize("name", ["fernet_key", "fernet_key.staged"])
@pytest.mark.parametrize("text", ["", "no key\n", "QUFB"])
def test_damaged_files_are_named_and_left_alone(fernit, full, store, name, text):
    path = store / name
    path.write_text(text)
    for verb in VERBS:
        assert_refused(fernit("key", verb, full[verb], "--yes"), str(path))
        assert path.read_text() == text


def test_damage_of_another_secret_does_not_stand_in_the_way(fernit, put, store):
    first, second = new_key(), new_key()
    put("fernet_key", first, second)
    put("secret_key", "").write_text("")
    assert_done(fernit("key", "retire", "--yes"))
    assert_refused(fernit("key", "retire", "dddd", "--yes"), str(store / "secret_key"))


@pytest.mark.parametrize("kind", ["link", "file", "writable"])
def test_retired_must_be_a_folder_of_our_own(fernit, put, store, tmp_path, kind):
    first, second = new_key(), new_key()
    put("fernet_key", first, second)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    if kind == "link":
        (store / "retired").symlink_to(elsewhere)
    elif kind == "file":
        (store / "retired").write_text("")
    else:
        (store / "retired").mkdir()
        (store / "retired").chmod(0o777)
    assert_refused(fernit("key", "retire", "--yes"), str(store / "retired"))
    assert ring(store) == [first, second]
    assert list(elsewhere.iterdir()) == []


def test_wrong_content_under_a_fingerprint_is_no_key(fernit, put, store):
    first, second, other = new_key(), new_key(), new_key()
    put("fernet_key", first, second)
    path = put(f"retired/{fingerprint(second)}", other)
    assert_refused(fernit("key", "retire", "--yes"), str(path), fingerprint(other))
    assert ring(store) == [first, second]
    put("fernet_key", first)
    assert_refused(fernit("key", "unretire", fingerprint(second), "--yes"), str(path))
    assert ring(store) == [first] and ring(path.parent, path.name) == [other]


# --- What this environment gives from outside the store


@pytest.fixture(params=["FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY_CMD", "FERNET_KEY_FILE", "FERNIT_SECRET_FILE"])
def given(request, tmp_path):
    """given(key, ...): variables that give these keys."""

    def variables(*keys):
        file = tmp_path / "given"
        file.write_text(",".join(keys))
        way = request.param
        return {way: f"cat {file}" if way.endswith("_CMD") else file if way.endswith("_FILE") else ",".join(keys)}

    return variables


@pytest.mark.parametrize("yes", [[], ["--yes"]], ids=["asked", "done"])
@pytest.mark.parametrize("named", [False, True], ids=["all but the first", "by name"])
def test_the_key_that_a_variable_here_puts_first_is_not_retired(fernit, put, store, given, named, yes):
    """A change was rolled back: the store goes by the new key, and this container by the old one."""
    new, old = new_key(), new_key()
    put("fernet_key", new, old)
    done = fernit("key", "retire", *([fingerprint(old)] if named else []), *yes, **given(old, new))
    assert_refused(done, f"{fingerprint(old)} comes from ", "restart all", f"fernit key promote {fingerprint(old)}")
    assert ring(store) == [new, old] and not (store / "retired").exists()


def test_what_stands_behind_it_can_be_retired(fernit, put, store, given):
    new, old = new_key(), new_key()
    put("fernet_key", new, old)
    assert_done(fernit("key", "retire", "--yes", **given(new, old)))
    assert ring(store) == [new]


def test_a_staged_key_that_a_variable_here_puts_first_is_not_retired(fernit, put, store, given):
    """Retired, it would be served first at the next start, and nobody else could read what it writes."""
    used, waits = new_key(), new_key()
    put("fernet_key", used)
    put("fernet_key.staged", waits)
    assert_refused(fernit("key", "retire", fingerprint(waits), "--yes", **given(waits, used)), fingerprint(waits))
    assert ring(store, "fernet_key.staged") == [waits]


def test_what_the_refusal_advises_works(fernit, put, store, given):
    new, old = new_key(), new_key()
    put("fernet_key", new, old)
    variables = given(old)
    assert_refused(fernit("key", "retire", "--yes", **variables), f"fernit key promote {fingerprint(old)}")
    assert_done(fernit("key", "promote", fingerprint(old), "--yes", **variables))
    assert_done(fernit("key", "retire", "--yes", **variables))
    assert ring(store) == [old]


def test_promote_says_what_still_comes_before_it(fernit, put, given):
    old, new = new_key(), new_key()
    put("fernet_key", old)
    put("fernet_key.staged", new)
    done = fernit("key", "promote", "--yes", **given(old))
    assert_done(done)
    assert re.search(f"give {fingerprint(new)} in \\S+: it has another key first, and comes before the store", done.stdout)
    put("fernet_key", old, new)
    done = fernit("key", "promote", fingerprint(new), "--yes", **given(new))
    assert_done(done)
    assert "it has another key first" not in done.stdout


def test_nothing_is_retired_where_it_cannot_be_seen_what_is_given(fernit, put, store, tmp_path):
    first, second = new_key(), new_key()
    put("fernet_key", first, second)
    assert_refused(fernit("key", "retire", "--yes", FERNET_KEY_FILE=tmp_path / "missing"), "FERNET_KEY_FILE", "mount it")
    assert ring(store) == [first, second]
    assert_done(fernit("key", "promote", fingerprint(second), "--yes", FERNET_KEY_FILE=tmp_path / "missing"))


def test_what_a_run_would_be_refused_for_besides_does_not_stand_in_the_way(fernit, put, store, write_cfg):
    first, second = new_key(), new_key()
    put("fernet_key", first, second)
    write_cfg("[core\n")
    assert_done(fernit("key", "retire", "--yes", FERNIT_ON_CHANGE="refuse", FERNET_KEY=new_key()))
    assert ring(store) == [first]


def test_a_key_that_a_source_here_still_gives_is_not_destroyed(fernit, put, retired, store, given):
    """Erased, it would be new to the store, and come back at the next start: as the first."""
    used, gone = new_key(), new_key()
    put("fernet_key", used)
    retired(gone)
    assert_refused(fernit("key", "destroy", fingerprint(gone), "--yes", **given(used, gone)), f"still holds {fingerprint(gone)}", "first remove it there")
    assert held(store) == {used, gone}
    assert_done(fernit("key", "destroy", fingerprint(gone), "--yes", **given(used)))
    assert held(store) == {used}


def test_a_key_that_airflow_cfg_still_holds_is_not_destroyed_and_the_cure_works(fernit, child_sees, put, retired, store, cfg, write_cfg):
    used, gone = new_key(), new_key()
    put("fernet_key", used)
    retired(gone)
    write_cfg(f"[core]\nfernet_key = {used},{gone}\n")
    done = fernit("key", "destroy", fingerprint(gone), "--yes")
    assert_refused(done, f"{cfg}: fernet_key: still holds {fingerprint(gone)}", "fernit init")
    assert held(store) == {used, gone}
    assert fernit("init").returncode == 0
    assert_done(fernit("key", "destroy", fingerprint(gone), "--yes"))
    assert child_sees().keys == [used]


# --- Several, users, modes


def test_two_at_once_lose_nothing(fernit, put, store):
    keys = [new_key() for _ in range(12)]
    put("fernet_key", *keys)
    words = [("retire", key) for key in keys[1:9]] + [("promote", key) for key in keys[9:]]
    processes = [fernit.start("key", verb, fingerprint(key), "--yes") for verb, key in words]
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert ring(store)[-1] == keys[0] and set(ring(store)) == {keys[0], *keys[9:]}
    assert held(store) == set(keys)
    assert sorted(path.name for path in store.iterdir()) == [".lock", "fernet_key", "retired"]
    assert len(list((store / "retired").iterdir())) == 8


def test_a_lock_that_is_held_too_long_is_told(fernit, put, store):
    put("fernet_key", new_key(), new_key())
    with open(store / ".lock", "w") as lock:
        fcntl.fcntl(lock, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))  # F_OFD_SETLK
        assert_refused(fernit("key", "retire", "--yes", "--lock-timeout", "100ms"), "--lock-timeout")
        assert fernit("key", "retire").returncode == 1
    assert_done(fernit("key", "retire", "--yes"))


def test_what_a_crash_has_left_is_taken_over(fernit, put, store):
    first, second = new_key(), new_key()
    put("fernet_key", second, first)
    put("fernet_key.staged", second)
    put(".fernet_key.changing", "")
    put(".fernet_key.change.0123456789abcdef", first)
    put("retired/.0123456789abcdef.change.0123456789abcdef", first)
    assert_done(fernit("key", "promote", "--yes"))
    assert_done(fernit("key", "retire", "--yes"))
    assert ring(store) == [second]
    assert sorted(path.name for path in store.iterdir()) == [".lock", "fernet_key", "retired"]
    assert [path.name for path in (store / "retired").iterdir()] == [fingerprint(first)]


def test_what_is_made_has_the_store_s_mode_and_what_was_there_keeps_its_own(fernit, put, store):
    put("fernet_key", new_key(), new_key()).chmod(0o660)
    assert_done(fernit("key", "retire", "--yes", "--store-mode", "0640"))
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in store.rglob("*")}
    assert modes.pop("fernet_key") == 0o660
    assert modes.pop("retired") == 0o750
    assert set(modes.values()) == {0o640}


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
@pytest.mark.parametrize("options", [[], ["--user", "65534:65534"]])
def test_what_root_changes_stays_the_user_s(fernit, put, store, options):
    first, second, new = new_key(), new_key(), new_key()
    put("fernet_key", first, second)
    put("fernet_key.staged", new)
    for path in [store, *store.rglob("*")]:
        os.chown(path, 65534, 65534)
    assert_done(fernit("key", "promote", "--yes", *options))
    assert_done(fernit("key", "retire", "--yes", *options))
    assert {(path.stat().st_uid, path.stat().st_gid) for path in store.rglob("*")} == {(65534, 65534)}
    assert held(store) == {first, second, new}


# --- What is suggested works as it stands

QUOTED = "a folder with 'quotes' and $NAME"


@pytest.mark.parametrize("by", ["option", "variable"])
@pytest.mark.parametrize("verb", ["retire", "promote"])
def test_a_suggested_command_acts_on_the_store_that_led_to_it(fernit, tmp_path, verb, by):
    """Pasted into a shell that has no variable of fernit's."""
    first, other = new_key(), new_key()
    store = tmp_path / QUOTED
    store.mkdir(mode=0o700)
    (store / "fernet_key").write_text(f"{first},{other}\n")
    words = ["--store", store] if by == "option" else []
    variables = {"FERNIT_STORE": None if by == "option" else store}
    target = [fingerprint(other)] if verb == "promote" else []
    done = fernit("key", verb, *target, *words, **variables)
    assert done.returncode == 1
    line = re.search("to do this: fernit (.*)$", done.stderr.strip())[1]
    done = subprocess.run(["sh", "-c", f"{BINARY} {line}"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert (store / "fernet_key").read_text() == (f"{other},{first}\n" if verb == "promote" else f"{first}\n")


@pytest.mark.parametrize("option", ["--user", "--config", "--store-mode"])
def test_a_suggested_command_carries_what_else_led_there(fernit, stored, tmp_path, option):
    stored([new_key(), new_key()])
    ini = tmp_path / "fernit.ini"
    ini.write_text("[fernit]\n")
    value = {"--user": f"{os.getuid()}:{os.getgid()}", "--config": ini, "--store-mode": "0640"}[option]
    done = fernit("key", "retire", option, value)
    said = done.stderr.strip()
    assert "fernit key retire --yes" in said and f" --store {fernit.store}" in said and f" {option} {value}" in said
