"""--on-change: what a key from outside does to the store, to this process and to the replicas; and that none is lost."""
import configparser
import itertools
import os
import pathlib
import re
import signal
import subprocess

import pytest
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from conftest import errors, fingerprint, hints, listing, new_key, notices, warnings
from system import Trace, held_fixture, pretend_mounts, wait_for  # noqa: F401

#: What a start does is read off a trace, in which a sanitizer's own calls would stand, too.
pytestmark = pytest.mark.real_binary

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
SECRET = b"the password of a connection"


@pytest.fixture
def other_home(tmp_path):
    """other_home(number): the variables of another container that shares the store."""
    return lambda number=0: {"AIRFLOW_HOME": tmp_path / f"home {number}"}


def keys_in(path):
    """The ring in a file of the store, as a list."""
    return path.read_text().rstrip("\n").split(",")


def cfg_keys(cfg):
    """The ring that Airflow finds in the file."""
    parser = configparser.ConfigParser()
    parser.read(cfg)
    return parser["core"]["fernet_key"].split(",")


def fernet(keys):
    return MultiFernet([Fernet(key) for key in keys])


def reads(keys, token):
    try:
        return fernet(keys).decrypt(token) == SECRET
    except InvalidToken:
        return False


def changes(store):
    """What stands in the store, less the lock; not to be asked for while this process holds that."""
    return {path: what for path, what in listing(store).items() if not path.endswith("/.lock") and path != str(store)}


def settled(fernit, tmp_path, *options, **env):
    """Asserts that the same start again says nothing, writes nothing and takes no lock."""
    trace = Trace(tmp_path / "trace of a settled start")
    before = listing(tmp_path / "store")
    done = fernit("run", *options, "true", prefix=trace.prefix, **env)
    assert (done.returncode, done.stderr) == (0, "")
    assert trace.writes() == [] and not any(".lock" in call.arguments for call in trace.calls())
    assert listing(tmp_path / "store") == before


# --- keep: the default


def test_an_operator_who_sets_a_key_where_one_was_generated_ends_with_both(fernit, child_sees, store, cfg, other_home):
    old = child_sees().keys
    password = fernet(old).encrypt(SECRET)
    new = new_key()

    seen = child_sees(FERNET_KEY=new)
    assert seen.keys == keys_in(store / "fernet_key") == cfg_keys(cfg) == [new, *old]
    assert reads(seen.keys, password) and reads(cfg_keys(cfg), password)
    # A replica that nobody has told reads what this one writes, once it is restarted.
    assert reads(child_sees(**other_home()).keys, fernet(seen.keys).encrypt(SECRET))


def test_the_operator_is_told_what_the_change_means_and_what_to_run_next(fernit, stored, store):
    old, new = new_key(), new_key()
    stored(old + "\n")
    done = fernit("run", "true", FERNET_KEY=new)
    (said,) = warnings(done)
    assert fingerprint(new) in said and f"fernit: hint: what {fingerprint(old)} in {store / 'fernet_key'} encrypted stays readable\n" in told(done) + "\n"
    assert re.search(r"hint: restart .*\n.*: fernit run --store \S+ -- airflow rotate-fernet-key\n.*: fernit key retire --yes --store \S+$", told(done), re.M)


def test_a_change_is_made_once_and_the_same_start_again_writes_nothing(fernit, stored, tmp_path):
    stored(new_key() + "\n")
    new = new_key()
    assert fernit("run", "true", FERNET_KEY=new).returncode == 0
    settled(fernit, tmp_path, FERNET_KEY=new)


def test_a_replica_without_the_variable_gets_the_changed_ring(fernit, child_sees, stored, other_home):
    old, new = new_key(), new_key()
    stored(old + "\n")
    assert fernit("run", "true", FERNET_KEY=new).returncode == 0
    assert child_sees(**other_home()).keys == [new, old]


def test_several_new_keys_come_in_their_own_order_before_all_that_was_there(child_sees, stored, store):
    kept, new = [new_key(), new_key()], [new_key(), new_key()]
    stored(kept)
    assert child_sees(FERNET_KEY=",".join(new)).keys == [*new, *kept]
    assert keys_in(store / "fernet_key") == [*new, *kept]


def test_a_list_of_known_and_new_keys_is_recorded_in_the_order_of_the_list(child_sees, stored, store):
    first, second, new = new_key(), new_key(), new_key()
    stored([first, second])
    assert child_sees(FERNET_KEY=f"{new},{second}").keys == [new, second, first]
    assert keys_in(store / "fernet_key") == [new, second, first]


def test_two_changes_one_after_the_other_keep_all_three(child_sees, stored, store):
    keys = [new_key() for _ in range(3)]
    stored(keys[0] + "\n")
    child_sees(FERNET_KEY=keys[1])
    assert child_sees(FERNET_KEY=keys[2]).keys == keys[::-1] == keys_in(store / "fernet_key")


@pytest.mark.parametrize("way", [VARIABLE, VARIABLE + "_CMD", "FERNET_KEY", VARIABLE + "_FILE", "FERNET_KEY_FILE", "--secret-file"])
def test_each_way_from_outside_is_recorded(fernit, stored, store, tmp_path, way):
    old, new = new_key(), new_key()
    stored(old + "\n")
    file = tmp_path / "secret"
    file.write_text(new)
    options = [way, file] if way.startswith("--") else []
    value = f"cat {file}" if way.endswith("_CMD") else file if way.endswith("_FILE") else new
    environment = {} if options else {way: value}
    assert fernit("run", *options, "true", **environment).returncode == 0
    assert keys_in(store / "fernet_key") == [new, old]


def test_a_mounted_secret_is_recorded(fernit, namespace, mounted_secrets, stored, store):
    old, new = new_key(), new_key()
    stored(old + "\n")
    (mounted_secrets / "fernet_key").write_text(new)
    assert fernit("run", "true", prefix=namespace.prefix).returncode == 0
    assert keys_in(store / "fernet_key") == [new, old]


def test_what_is_left_to_airflow_s_secrets_backend_changes_nothing(fernit, stored, store):
    stored(new_key() + "\n")
    before = listing(store)
    assert fernit("run", "true", **{VARIABLE + "_SECRET": "path/of/it"}).returncode == 0
    assert listing(store) == before


def test_a_source_that_does_not_count_changes_nothing(child_sees, stored, store):
    kept, passed_over = new_key(), new_key()
    stored(kept + "\n")
    before = changes(store)
    seen = child_sees(**{VARIABLE: kept, "FERNET_KEY": passed_over})
    assert seen.keys == [kept]
    assert changes(store) == before
    assert fingerprint(passed_over) in seen.stderr


def test_a_refused_run_records_nothing(fernit, stored, store, write_cfg):
    """What counts is broken; a good one below it must not slip in."""
    stored(new_key() + "\n")
    before = listing(store)
    assert fernit("run", "true", **{VARIABLE: "not a key", "FERNET_KEY": new_key()}).returncode == 125
    assert listing(store) == before


def test_status_says_what_a_run_would_write_and_writes_nothing(fernit, stored, store):
    old, new = new_key(), new_key()
    stored(old + "\n")
    before = listing(store)
    done = fernit("status", FERNET_KEY=new)
    assert done.returncode == 0
    assert f"would store  {fingerprint(new)}, {fingerprint(old)}, in {store}/fernet_key\n" in done.stdout
    assert listing(store) == before


@pytest.mark.parametrize("command", ["print", "check", "fingerprint"])
def test_the_commands_that_only_show_a_key_record_none(fernit, stored, store, command):
    stored(new_key() + "\n")
    before = listing(store)
    assert fernit("key", command, FERNET_KEY=new_key()).returncode == 0
    assert listing(store) == before


def test_init_records_as_run_does(fernit, stored, store, cfg):
    old, new = new_key(), new_key()
    stored(old + "\n")
    assert fernit("init", FERNET_KEY=new).returncode == 0
    assert keys_in(store / "fernet_key") == cfg_keys(cfg) == [new, old]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660])
def test_a_changed_file_is_readable_by_whom_the_store_mode_lets(fernit, stored, mode):
    file = stored(new_key() + "\n")
    file.chmod(mode)
    assert fernit("run", "--store-mode", f"{mode:04o}", "true", FERNET_KEY=new_key()).returncode == 0
    assert file.stat().st_mode & 0o777 == mode


def test_a_changed_store_holds_the_lock_and_nothing_else_beside_its_key(fernit, stored, store):
    stored(new_key() + "\n")
    assert fernit("run", "true", FERNET_KEY=new_key()).returncode == 0
    assert {path.name for path in store.iterdir()} == {"fernet_key", ".lock"}


# --- No change


def told(done):
    """The one warning, and what to do about it."""
    (said,) = warnings(done)
    return "\n".join([said, *hints(done)])


def says_who_is_first(seen, here, there):
    """Whether the one thing that it says is that this key encrypts here, and that one for those who go by the store."""
    (said,) = warnings(seen)
    return f"has {fingerprint(here)} first" in said and f"fernet_key has {fingerprint(there)}:" in said


def test_keys_that_the_store_has_are_no_change_whatever_their_order(child_sees, stored, store):
    kept = [new_key() for _ in range(3)]
    stored(kept)
    before = changes(store)
    for length in (1, 2, 3):
        for given in itertools.permutations(kept, length):
            seen = child_sees("--deliver", "env", FERNET_KEY=",".join(given))
            assert seen.keys == [*given, *(key for key in kept if key not in given)]
            assert seen.stderr == "" if given[0] == kept[0] else says_who_is_first(seen, given[0], kept[0])
    assert changes(store) == before


@pytest.mark.parametrize("on_change", ["keep", "stage", "refuse", "replace"])
def test_a_known_key_is_no_change_for_any_of_the_four(child_sees, stored, store, on_change):
    kept = [new_key(), new_key()]
    stored(kept)
    before = listing(store)
    assert child_sees("--deliver", "env", "--on-change", on_change, FERNET_KEY=kept[1]).keys == kept[::-1]
    assert listing(store) == before


@pytest.mark.parametrize("spelling", ["'{}'", "{}\n", " {} ", "{0},{0}"])
def test_a_known_key_in_another_spelling_is_no_change(child_sees, stored, store, spelling):
    key = new_key()
    stored(key)
    before = listing(store)
    assert child_sees("--deliver", "env", FERNET_KEY=spelling.format(key)).keys == [key]
    assert listing(store) == before


def test_two_deployments_with_a_key_each_over_one_store_do_not_write_it_at_every_start(child_sees, fernit, stored, store, other_home, tmp_path):
    shared, keys = new_key(), [new_key(), new_key()]
    stored(shared + "\n")
    for number in (0, 1):
        child_sees(FERNET_KEY=keys[number], **other_home(number))
    for number in (0, 1):  # the first does not know the second's yet
        child_sees(FERNET_KEY=keys[number], **other_home(number))
    before = listing(store)
    for _ in range(2):
        for number in (0, 1):
            seen = child_sees(FERNET_KEY=keys[number], **other_home(number))
            assert (seen.keys[0], set(seen.keys)) == (keys[number], {shared, *keys})
            first = keys_in(store / "fernet_key")[0]
            assert seen.stderr == "" if first == keys[number] else says_who_is_first(seen, keys[number], first)
    assert listing(store) == before
    settled(fernit, tmp_path, FERNET_KEY=keys[1], **other_home(1))


# --- A change that was rolled back, or has not reached everybody


@pytest.mark.parametrize("on_change", ["keep", "stage", "refuse", "replace"])
@pytest.mark.parametrize("way", [VARIABLE, "FERNET_KEY", VARIABLE + "_CMD", "FERNET_KEY_FILE"])
def test_who_goes_back_to_the_old_key_is_told_that_others_use_the_new_one(fernit, child_sees, stored, store, tmp_path, way, on_change):
    old, new = new_key(), new_key()
    stored([new, old])
    file = tmp_path / "key"
    file.write_text(old)
    given = {"CMD": f"cat {file}", "FILE": str(file)}.get(way.split("_")[-1], old)
    before = changes(store)
    seen = child_sees("--on-change", on_change, **{way: given})
    assert seen.keys == [old, new]
    assert says_who_is_first(seen, old, new)
    said = told(seen)
    assert way in said and str(store / "fernet_key") in said and "same first key everywhere" in said
    assert f"fernit key promote {fingerprint(old)} --yes" in said
    assert changes(store) == before
    assert fingerprint(old) in fernit("status", **{way: given}).stdout


def test_what_it_advises_ends_it(fernit, child_sees, stored, tmp_path):
    old, new = new_key(), new_key()
    stored([new, old])
    said = told(fernit("run", "true", FERNET_KEY=old))
    words = re.search(r"fernit (key promote \S+ --yes --store \S+)$", said, re.M)[1].split()
    assert fernit(*words, FERNET_KEY=old).returncode == 0
    settled(fernit, tmp_path, FERNET_KEY=old)
    assert child_sees().keys == [old, new]


def test_two_deployments_that_both_replace_do_not_take_turns_for_ever(child_sees, store, stored, other_home):
    stored(new_key() + "\n")
    keys = [new_key(), new_key()]
    for number in (0, 1):
        child_sees("--on-change", "replace", FERNET_KEY=keys[number], **other_home(number))
    before = changes(store)
    for number in (0, 1, 0):
        seen = child_sees("--on-change", "replace", FERNET_KEY=keys[number], **other_home(number))
        assert seen.keys[0] == keys[number]
    assert changes(store) == before


# --- A store that is not there yet


def test_a_store_that_was_asked_for_is_made_for_a_key_from_outside(fernit, child_sees, store, other_home):
    key = new_key()
    done = fernit("run", "true", FERNET_KEY=key)
    assert done.returncode == 0 and not warnings(done)
    assert (store / "fernet_key").read_text() == key + "\n"
    assert child_sees(**other_home()).keys == [key]


def test_the_default_store_is_not_made_for_a_key_from_outside(fernit, namespace):
    default = namespace.tmpfs("/var/lib")
    assert fernit("run", "true", prefix=namespace.prefix, FERNIT_STORE=None, FERNET_KEY=new_key()).returncode == 0
    assert list(default.iterdir()) == []


def test_a_default_store_that_is_there_records_a_key_from_outside(fernit, namespace):
    default = namespace.tmpfs("/var/lib")
    (default / "fernit").mkdir(mode=0o700)
    key = new_key()
    assert fernit("run", "true", prefix=namespace.prefix, FERNIT_STORE=None, FERNET_KEY=key).returncode == 0
    assert (default / "fernit" / "fernet_key").read_text() == key + "\n"


@pytest.mark.parametrize("on_change", ["keep", "stage", "refuse", "replace"])
def test_the_first_key_of_a_store_is_no_change(fernit, store, on_change):
    keys = [new_key(), new_key()]
    done = fernit("run", "--on-change", on_change, "true", FERNET_KEY=",".join(keys))
    assert done.returncode == 0 and not warnings(done)
    assert keys_in(store / "fernet_key") == keys
    assert {path.name for path in store.iterdir()} <= {"fernet_key", ".lock"}


# --- stage


def test_a_staged_key_is_read_by_all_and_used_by_none(child_sees, stored, store, cfg, other_home):
    old, new = [new_key(), new_key()], new_key()
    stored(old)
    seen = child_sees("--on-change", "stage", FERNET_KEY=new)
    assert seen.keys == cfg_keys(cfg) == [*old, new]
    assert keys_in(store / "fernet_key") == old and keys_in(store / "fernet_key.staged") == [new]

    replica = child_sees(**other_home()).keys
    assert replica == [*old, new]
    assert reads(old, fernet(seen.keys).encrypt(SECRET)), "who has the old ring must read what the new one writes"
    assert reads(replica, Fernet(new).encrypt(SECRET))


def test_staging_says_how_to_go_on(fernit, stored, store):
    new = new_key()
    stored(new_key() + "\n")
    said = told(fernit("run", "--on-change", "stage", "true", FERNET_KEY=new))
    assert f"{store}/fernet_key.staged" in said
    assert f"run: fernit key promote {fingerprint(new)} --yes --store /" in said


@pytest.mark.parametrize("later", ["keep", "stage", "refuse", "replace"])
def test_a_staged_key_stays_the_last_whoever_brings_it_and_is_staged_once(fernit, child_sees, stored, tmp_path, later):
    """Only `fernit key promote` moves it: a replica whose variable holds it already must not use it before the others."""
    old, new = new_key(), new_key()
    stored(old + "\n")
    assert fernit("run", "--on-change", "stage", "true", FERNET_KEY=new).returncode == 0
    settled(fernit, tmp_path, "--on-change", later, FERNET_KEY=new)
    assert child_sees("--on-change", later, FERNET_KEY=new).keys == [old, new]


def test_a_second_new_key_is_staged_beside_the_first(child_sees, stored, store):
    old, first, second = new_key(), new_key(), new_key()
    stored(old + "\n")
    child_sees("--on-change", "stage", FERNET_KEY=first)
    seen = child_sees("--on-change", "stage", FERNET_KEY=second)
    assert seen.keys[0] == old and set(seen.keys) == {old, first, second}
    assert keys_in(store / "fernet_key") == [old] and set(keys_in(store / "fernet_key.staged")) == {first, second}


def test_of_a_list_only_what_is_new_is_staged(child_sees, stored, store):
    first, second, new = new_key(), new_key(), new_key()
    stored([first, second])
    assert child_sees("--on-change", "stage", FERNET_KEY=f"{new},{second}").keys == [second, first, new]
    assert keys_in(store / "fernet_key") == [first, second] and keys_in(store / "fernet_key.staged") == [new]


def test_a_key_that_is_kept_while_another_is_staged_comes_before_it(child_sees, stored, store):
    old, staged, new = new_key(), new_key(), new_key()
    stored(old + "\n")
    child_sees("--on-change", "stage", FERNET_KEY=staged)
    assert child_sees(FERNET_KEY=new).keys == [new, old, staged]
    assert keys_in(store / "fernet_key") == [new, old] and keys_in(store / "fernet_key.staged") == [staged]


# --- refuse


def test_refuse_ends_with_125_and_leaves_all_as_it_was(fernit, stored, tmp_path, write_cfg):
    old, new = new_key(), new_key()
    stored(old + "\n")
    write_cfg(f"[core]\nfernet_key = {old}\n")
    before = listing(tmp_path)
    done = fernit("run", "--on-change", "refuse", "echo", "the command ran", FERNET_KEY=new)
    assert (done.returncode, done.stdout) == (125, "")
    assert listing(tmp_path) == before
    (said,) = errors(done)
    assert said.startswith("fernit: error: FERNET_KEY: ") and fingerprint(new) in said and fingerprint(old) in said
    assert hints(done) == ["fernit: hint: if it is meant, start once with --on-change keep (or stage)", "fernit: hint: else take it out of FERNET_KEY"]


def test_what_the_refusal_advises_works_and_the_next_start_is_not_refused(fernit, child_sees, stored):
    old, new = new_key(), new_key()
    stored(old + "\n")
    assert fernit("run", "--on-change", "refuse", "true", FERNET_KEY=new).returncode == 125
    assert fernit("init", "--on-change", "keep", FERNET_KEY=new).returncode == 0
    assert child_sees("--on-change", "refuse", FERNET_KEY=new).keys == [new, old]


def test_status_shows_the_refusal(fernit, stored):
    stored(new_key() + "\n")
    done = fernit("status", "--on-change", "refuse", FERNET_KEY=new_key())
    assert done.returncode == 1 and "a run would be refused" in done.stdout


# --- replace


def test_replace_uses_the_new_key_alone_and_retires_the_old_ones(fernit, child_sees, stored, store, cfg, other_home):
    old, new = [new_key(), new_key()], new_key()
    stored(old)
    assert child_sees("--on-change", "replace", FERNET_KEY=new).keys == [new]
    assert keys_in(store / "fernet_key") == cfg_keys(cfg) == [new]
    assert {path.name: path.read_text() for path in (store / "retired").iterdir()} == {fingerprint(key): key + "\n" for key in old}
    assert child_sees(**other_home()).keys == [new], "a retired key is nobody's source"


def test_a_retired_key_can_be_read_by_nobody_else(fernit, stored, store):
    stored(new_key() + "\n")
    assert fernit("run", "--on-change", "replace", "true", FERNET_KEY=new_key()).returncode == 0
    assert (store / "retired").stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in (store / "retired").iterdir()] == [0o600]


def test_replace_says_what_cannot_be_read_any_more_and_how_it_is_brought_back(fernit, stored):
    old, new = new_key(), new_key()
    stored(old + "\n")
    said = told(fernit("run", "--on-change", "replace", "true", FERNET_KEY=new))
    assert fingerprint(old) in said and fingerprint(new) in said and "fernit key unretire" in said


def test_replace_names_only_what_leaves(fernit, stored):
    gone, stays, new = new_key(), new_key(), new_key()
    stored([stays, gone])
    (said,) = warnings(fernit("run", "--on-change", "replace", "true", FERNET_KEY=f"{new},{stays}"))
    assert f"it replaces {fingerprint(gone)} in" in said and fingerprint(stays) not in said


def test_replace_that_retires_nothing_does_not_say_so(fernit, stored, store):
    old, new = new_key(), new_key()
    stored(old)
    (said,) = warnings(fernit("run", "--on-change", "replace", "true", FERNET_KEY=f"{new},{old}"))
    assert "retired" not in said and "it encrypts from now on" in said
    assert keys_in(store / "fernet_key") == [new, old]


def test_replace_is_done_once(fernit, stored, tmp_path):
    stored(new_key() + "\n")
    new = new_key()
    assert fernit("run", "--on-change", "replace", "true", FERNET_KEY=new).returncode == 0
    settled(fernit, tmp_path, "--on-change", "replace", FERNET_KEY=new)
    settled(fernit, tmp_path, FERNET_KEY=new)


def test_replace_retires_durably_before_the_ring_changes(fernit, stored, tmp_path):
    """The file, its name, and only then the ring that lacks it: a power cut in between leaves the key in one of both."""
    stored(new_key() + "\n")
    trace = Trace(tmp_path / "trace")
    assert fernit("run", "--on-change", "replace", "true", prefix=trace.prefix, FERNET_KEY=new_key()).returncode == 0
    calls = trace.calls()

    def position(name, pattern):
        (found, *_) = [i for i, call in enumerate(calls) if call.name.startswith(name) and re.search(pattern, call.arguments)]
        return found

    file = position("fsync", r"retired/.*\.change\.")
    name = position("rename", r'"[0-9a-f]{16}"')
    directory = next(i for i in range(name, len(calls)) if calls[i].name == "fsync" and calls[i].arguments.endswith("retired>"))
    ring = position("rename", r'"fernet_key"')
    assert file < name < directory < ring


def test_replace_keeps_what_the_new_list_names(child_sees, stored, store):
    first, second, new = new_key(), new_key(), new_key()
    stored([first, second])
    assert child_sees("--on-change", "replace", FERNET_KEY=f"{new},{second}").keys == [new, second]
    assert [path.name for path in (store / "retired").iterdir()] == [fingerprint(first)]


# --- Retired keys


@pytest.fixture
def replaced(fernit, stored):
    """replaced(): (retired, used) of a store in which `replace` has been at work."""

    def replace():
        retired, used = new_key(), new_key()
        stored(retired + "\n")
        assert fernit("run", "--on-change", "replace", "true", FERNET_KEY=used).returncode == 0
        return retired, used

    return replace


@pytest.mark.parametrize("on_change", ["keep", "stage", "refuse", "replace"])
def test_a_retired_key_that_comes_back_is_served_warned_of_and_not_stored(child_sees, replaced, store, other_home, on_change):
    retired, used = replaced()
    before = listing(store)
    seen = child_sees("--on-change", on_change, "--deliver", "env", FERNET_KEY=retired)
    assert seen.keys == [retired, used]
    said = told(seen)
    assert "retired" in said and fingerprint(retired) in said and "fernit key unretire" in said
    assert listing(store) == before
    assert child_sees(**other_home()).keys == [used]


def test_the_warning_of_a_retired_key_names_it_and_not_the_others_of_its_list(child_sees, replaced):
    retired, used = replaced()
    (said,) = warnings(child_sees("--deliver", "env", FERNET_KEY=f"{used},{retired}"))
    assert fingerprint(retired) in said and fingerprint(used) not in said


def test_a_new_key_beside_a_retired_one_is_stored_alone(child_sees, replaced, store):
    retired, used = replaced()
    new = new_key()
    assert child_sees("--deliver", "env", FERNET_KEY=f"{new},{retired}").keys == [new, retired, used]
    assert keys_in(store / "fernet_key") == [new, used]


def test_a_retired_key_in_airflow_cfg_is_dropped_from_it_with_a_line(fernit, replaced, write_cfg, store, tmp_path):
    retired, used = replaced()
    cfg = write_cfg(f"[core]\nfernet_key = {used},{retired}\nexecutor = LocalExecutor\n")
    before = changes(store)
    done = fernit("run", "true")
    assert done.returncode == 0
    (said,) = warnings(done)
    assert "retired" in said and fingerprint(retired) in said and str(cfg) in said
    assert cfg.read_text() == f"[core]\nfernet_key = {used}\nexecutor = LocalExecutor\n"
    assert changes(store) == before
    settled(fernit, tmp_path)


def test_a_retired_key_that_airflow_cfg_alone_holds_is_dropped_too(fernit, child_sees, replaced, write_cfg):
    retired, used = replaced()
    cfg = write_cfg(f"[core]\nfernet_key = {retired}\n")
    assert child_sees().keys == cfg_keys(cfg) == [used]


def test_where_airflow_cfg_is_not_written_nothing_is_said_to_be_taken_from_it(fernit, replaced, write_cfg):
    retired, used = replaced()
    cfg = write_cfg(f"[core]\nfernet_key = {used},{retired}\n")
    before = listing(cfg)
    (said,) = warnings(fernit("run", "--deliver", "env", "true"))
    assert fingerprint(retired) in said and "is not used" in said and "gets the ring" not in said
    assert listing(cfg) == before


@pytest.mark.parametrize("damage", ["", "no key\n", "another"], ids=["empty", "garbage", "another key"])
def test_the_last_copy_of_a_retired_key_stays(fernit, child_sees, replaced, write_cfg, store, damage, tmp_path):
    """airflow.cfg holds it, and its file in retired/ is damaged: it joins the ring, and no file is edited without it."""
    retired, used = replaced()
    copy = store / "retired" / fingerprint(retired)
    copy.write_text(new_key() + "\n" if damage == "another" else damage)
    before = copy.read_text()
    cfg = write_cfg(f"[core]\nfernet_key = {used},{retired}\n")
    seen = child_sees()
    assert seen.keys == cfg_keys(cfg) == keys_in(store / "fernet_key") == [used, retired]
    assert any(fingerprint(retired) in line for line in warnings(seen))
    assert copy.read_text() == before
    settled(fernit, tmp_path)


def test_a_retired_key_behind_one_that_is_staged_does_not_encrypt(child_sees, replaced, store):
    retired, used = replaced()
    new = new_key()
    for _ in range(2):
        seen = child_sees("--on-change", "stage", "--deliver", "env", FERNET_KEY=f"{new},{retired}")
        assert seen.keys == [used, retired, new]
    assert keys_in(store / "fernet_key") == [used]


def test_a_store_that_is_passed_over_is_not_called_unneeded(child_sees, stored):
    stored("no key\n")
    seen = child_sees("--deliver", "env", FERNET_KEY=new_key())
    (said,) = warnings(seen)
    assert said.startswith("fernit: warning: broken-source: ")
    assert any("cannot be read" in hint for hint in hints(seen)) and "not urgent" not in seen.stderr


def test_what_was_retired_still_reads_what_it_has_encrypted(replaced, store):
    """Nothing is erased: the file is a key as Python's Fernet takes it."""
    retired, _ = replaced()
    password = Fernet(retired).encrypt(SECRET)
    assert Fernet((store / "retired" / fingerprint(retired)).read_text().strip()).decrypt(password) == SECRET


# --- A key that only airflow.cfg holds


def test_a_key_of_airflow_cfg_that_the_store_lacks_joins_the_ring_s_end(fernit, child_sees, stored, store, write_cfg, other_home, tmp_path):
    kept, written = new_key(), new_key()
    stored(kept + "\n")
    cfg = write_cfg(f"[core]\nfernet_key = {written}\n")
    seen = child_sees()
    assert seen.keys == keys_in(store / "fernet_key") == cfg_keys(cfg) == [kept, written]
    (said,) = warnings(seen)
    assert str(cfg) in said and fingerprint(written) in said
    assert child_sees(**other_home()).keys == [kept, written]
    settled(fernit, tmp_path)


def test_it_joins_durably_before_the_file_is_edited(fernit, stored, write_cfg, tmp_path):
    stored(new_key() + "\n")
    write_cfg(f"[core]\nfernet_key = {new_key()}\n")
    trace = Trace(tmp_path / "trace")
    assert fernit("run", "true", prefix=trace.prefix).returncode == 0
    names = [(call.name, call.arguments) for call in trace.calls()]
    (ring,) = [i for i, (name, what) in enumerate(names) if name.startswith("rename") and '"fernet_key"' in what]
    (edit,) = [i for i, (name, what) in enumerate(names) if name.startswith("rename") and '"airflow.cfg"' in what]
    assert any(name == "fsync" and what.endswith("/store>") for name, what in names[ring:edit])


def test_outside_store_and_airflow_cfg_with_a_key_each_end_in_that_order(child_sees, stored, store, write_cfg):
    kept, written, new = new_key(), new_key(), new_key()
    stored(kept + "\n")
    cfg = write_cfg(f"[core]\nfernet_key = {written}\n")
    assert child_sees(FERNET_KEY=new).keys == keys_in(store / "fernet_key") == cfg_keys(cfg) == [new, kept, written]


def test_a_key_of_airflow_cfg_joins_also_where_the_new_one_is_staged(child_sees, stored, store, write_cfg):
    kept, written, new = new_key(), new_key(), new_key()
    stored(kept + "\n")
    cfg = write_cfg(f"[core]\nfernet_key = {written}\n")
    assert child_sees("--on-change", "stage", FERNET_KEY=new).keys == cfg_keys(cfg) == [kept, written, new]
    assert keys_in(store / "fernet_key") == [kept, written] and keys_in(store / "fernet_key.staged") == [new]


@pytest.mark.parametrize("on_change", ["keep", "stage", "refuse", "replace"])
def test_a_key_of_airflow_cfg_is_in_store_or_retired_before_it_leaves_the_file(child_sees, stored, store, write_cfg, on_change):
    kept, written = new_key(), new_key()
    stored(kept + "\n")
    write_cfg(f"[core]\nfernet_key = {written}\n")
    child_sees("--on-change", on_change, FERNET_KEY=kept)
    assert any(written in path.read_text() for path in store.rglob("*") if path.is_file())


def test_a_key_that_airflow_made_for_itself_is_adopted_by_the_store(fernit, child_sees, store, write_cfg, other_home):
    written = new_key()
    write_cfg(f"[core]\nfernet_key = {written}\n")
    assert child_sees().keys == [written]
    assert (store / "fernet_key").read_text() == written + "\n"
    assert child_sees(**other_home()).keys == [written]


def test_the_keys_that_a_new_store_keeps_are_said_to_come_from_where_they_do(fernit, write_cfg):
    given, written = new_key(), new_key()
    write_cfg(f"[core]\nfernet_key = {written}\n")
    (said,) = [line for line in notices(fernit("run", "true", FERNET_KEY=given)) if "is now kept" in line]
    assert f"{fingerprint(given)}, {fingerprint(written)} from FERNET_KEY and airflow.cfg" in said


def test_keys_that_one_source_gives_are_said_to_come_from_it_alone(fernit):
    (said,) = [line for line in notices(fernit("run", "true", FERNET_KEY=f"{new_key()},{new_key()}")) if "is now kept" in line]
    assert "from FERNET_KEY is now kept" in said


# --- docker exec, which gets the variables of the container and nothing of what its command got

#: What `airflow rotate-fernet-key` does, as far as keys go: the variable counts before the file.
ROTATE = f"""#!/usr/bin/python3
import configparser, os, pathlib
from cryptography.fernet import Fernet, MultiFernet
parser = configparser.ConfigParser()
parser.read(os.environ["AIRFLOW_HOME"] + "/airflow.cfg")
ring = os.environ.get("{VARIABLE}") or parser["core"]["fernet_key"]
row = pathlib.Path(os.environ["HOME"], "row")
row.write_bytes(MultiFernet([Fernet(key) for key in ring.split(",")]).rotate(row.read_bytes()))
"""


@pytest.mark.parametrize("deliver", ["env,cfg", "env", "cfg"])
@pytest.mark.parametrize("way", [VARIABLE, "FERNET_KEY"])
def test_what_a_change_advises_rotates_from_docker_exec(fernit, stored, store, airflow_home, tmp_path, way, deliver):
    old, new = new_key(), new_key()
    stored(old)
    container = {way: new, "FERNIT_DELIVER": deliver}
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "airflow").write_text(ROTATE)
    (tmp_path / "bin" / "airflow").chmod(0o755)
    row = tmp_path / "row"
    row.write_bytes(Fernet(old).encrypt(SECRET))
    airflow_home.mkdir()
    said = told(fernit("run", "true", **container))
    words = re.search(r"run: fernit (run --store \S+ -- airflow rotate-fernet-key)$", said, re.M)[1].split()
    before = listing(store), listing(airflow_home)

    if way == VARIABLE:
        alone = fernit.environment(**container)
        assert subprocess.run([tmp_path / "bin" / "airflow"], env=alone, capture_output=True).returncode == 1, "it sees the new key alone"
    done = fernit(*words, PATH=f"{tmp_path}/bin:{os.environ['PATH']}", **container)
    assert done.returncode == 0 and not [line for line in done.stderr.splitlines() if "gives fewer keys than" not in line and "docker exec sees" not in line]
    assert reads([new], row.read_bytes())
    assert (listing(store), listing(airflow_home)) == before


@pytest.mark.parametrize("on_change", ["keep", "stage"])
@pytest.mark.parametrize("way, hides", [(VARIABLE, True), (f"{VARIABLE}_CMD", True), ("FERNET_KEY", False)])
def test_a_change_says_that_docker_exec_sees_the_new_key_alone_where_it_does(fernit, stored, way, hides, on_change):
    new = new_key()
    stored(new_key())
    said = told(fernit("run", "--on-change", on_change, "true", **{way: f"echo {new}" if way.endswith("_CMD") else new}))
    assert (f"hint: docker exec sees {way} alone" in said) == hides


@pytest.mark.parametrize("way, hides", [(VARIABLE, True), (f"{VARIABLE}_CMD", True), ("FERNET_KEY", False)])
def test_a_key_that_joins_from_airflow_cfg_is_not_said_to_be_readable_for_docker_exec(fernit, write_cfg, way, hides):
    new = new_key()
    write_cfg(f"[core]\nfernet_key = {new_key()}\n")
    done = fernit("run", "true", **{way: f"echo {new}" if way.endswith("_CMD") else new})
    assert "it only decrypts" in warnings(done)[-1] and any(f"docker exec sees {way} alone" in line for line in hints(done)) == hides


@pytest.mark.parametrize("way, hides", [(VARIABLE, True), ("FERNET_KEY", False)])
def test_an_empty_variable_is_unset_for_fernit_and_not_for_docker_exec(fernit, stored, way, hides):
    stored(new_key())
    said = told(fernit("run", "true", **{way: ""}))
    assert said.startswith(f"fernit: warning: empty-value: {way} is set to nothing") and ("docker exec" in said) == hides


# --- Many keys


def test_a_ring_of_64_keys_is_read_changed_and_delivered(child_sees, stored, store, cfg, other_home):
    kept, new = [new_key() for _ in range(63)], new_key()
    stored(kept)
    assert child_sees(FERNET_KEY=new).keys == [new, *kept] == keys_in(store / "fernet_key") == cfg_keys(cfg)
    assert child_sees(**other_home()).keys == [new, *kept]


def test_a_65th_key_is_refused_and_nothing_is_lost(fernit, stored, store, cfg):
    stored([new_key() for _ in range(64)])
    before = listing(store)
    done = fernit("run", "echo", "the command ran", FERNET_KEY=new_key())
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert "64" in done.stderr and str(store / "fernet_key") in done.stderr
    assert listing(store) == before and not cfg.exists()


# --- At the same time


def at_once(fernit, tmp_path, number, *words, **env):
    """(status, what it printed, what it said) of so many starts, each with a new key: a FIFO holds them back."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    keys = [new_key() for _ in range(number)]
    held_back = ["sh", "-c", f': < {gate}; exec "$@"', "sh"]
    processes = [fernit.start("run", "--deliver", "env", *words, "printenv", VARIABLE, prefix=held_back, FERNET_KEY=key, **env) for key in keys]
    opened = os.open(gate, os.O_RDWR)
    found = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        found.append((process.returncode, out.decode(), err.decode()))
    os.close(opened)
    return keys, found


def test_replicas_that_bring_different_new_keys_at_once_lose_none(fernit, child_sees, stored, store, tmp_path):
    kept = new_key()
    stored(kept + "\n")
    keys, found = at_once(fernit, tmp_path, 40)
    for key, (status, out, err) in zip(keys, found):
        ring = out.strip().split(",")
        assert (status, ring[0]) == (0, key) and kept in ring, err
    assert set(keys_in(store / "fernet_key")) == {kept, *keys}
    assert {path.name for path in store.iterdir()} == {"fernet_key", ".lock"}


def test_replicas_that_stage_different_keys_at_once_lose_none(fernit, stored, store, tmp_path):
    kept = new_key()
    stored(kept + "\n")
    keys, found = at_once(fernit, tmp_path, 30, "--on-change", "stage")
    assert all(status == 0 and out.startswith(kept) for status, out, _ in found), found
    assert keys_in(store / "fernet_key") == [kept] and set(keys_in(store / "fernet_key.staged")) == set(keys)


def test_of_replicas_that_replace_at_once_every_key_is_used_or_retired(fernit, stored, store, tmp_path):
    kept = new_key()
    stored(kept + "\n")
    keys, found = at_once(fernit, tmp_path, 30, "--on-change", "replace")
    assert all(status == 0 for status, _, _ in found), found
    retired = {path.read_text().strip() for path in (store / "retired").iterdir()}
    assert set(keys_in(store / "fernet_key")) | retired == {kept, *keys}


def test_replicas_that_bring_different_keys_to_no_store_at_all_lose_none(fernit, store, tmp_path):
    keys, found = at_once(fernit, tmp_path, 20)
    assert all(status == 0 for status, _, _ in found), found
    assert set(keys_in(store / "fernet_key")) == set(keys)


def test_a_change_that_somebody_else_has_made_in_between_is_none_any_more(fernit, stored, store, held):
    """The ring is read again under the lock."""
    old, new = new_key(), new_key()
    stored(old + "\n")
    lock = held()
    process = fernit.start("run", "printenv", VARIABLE, FERNET_KEY=new)
    wait_for(lambda: is_waiting(process))
    file = stored(f"{new},{old}\n")
    before = listing(file)
    lock.release()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode()) == (0, f"{new},{old}\n"), err
    assert listing(file) == before


def test_a_key_that_somebody_else_has_retired_in_between_is_not_stored_again(fernit, stored, store, held):
    old, new = new_key(), new_key()
    stored(old + "\n")
    lock = held()
    process = fernit.start("run", "printenv", VARIABLE, FERNET_KEY=new)
    wait_for(lambda: is_waiting(process))
    (store / "retired").mkdir(mode=0o700)
    (store / "retired" / fingerprint(new)).write_text(new + "\n")
    (store / "retired" / fingerprint(new)).chmod(0o600)
    lock.release()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.decode()) == (0, f"{new},{old}\n"), err
    assert keys_in(store / "fernet_key") == [old]
    assert b"retired" in err


# --- The lock


def is_waiting(process):
    """Whether it has the lock's file open."""
    try:
        opened = [os.readlink(path) for path in pathlib.Path(f"/proc/{process.pid}/fd").iterdir()]
    except OSError:
        return False
    return any(path.endswith("/.lock") for path in opened)


def test_a_lock_that_is_never_released_ends_the_run_at_its_deadline(fernit, stored, store, held):
    stored(new_key() + "\n")
    before = changes(store)
    held()
    done = fernit("run", "--lock-timeout", "100ms", "true", FERNET_KEY=new_key())
    assert (done.returncode, len(errors(done))) == (125, 1)
    assert str(store) in done.stderr and "another fernit has held the lock for too long" in done.stderr
    assert changes(store) == before


def test_a_run_that_changes_nothing_does_not_wait_for_the_lock(fernit, stored, held):
    key = new_key()
    stored(key + "\n")
    assert fernit("run", "true").returncode == 0
    held()
    assert fernit("run", "--lock-timeout", "0", "true", FERNET_KEY=key).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_for_the_lock_and_nothing_has_changed(fernit, stored, store, held, number):
    stored(new_key() + "\n")
    before = changes(store)
    held()
    process = fernit.start("run", "echo", "the command ran", FERNET_KEY=new_key())
    wait_for(lambda: is_waiting(process))
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (128 + number, b"", b"")
    assert changes(store) == before


# --- A store that cannot be changed


def read_only(namespace, path):
    namespace.run("mount", "-n", "--bind", path, path)
    namespace.run("mount", "-n", "-o", "remount,ro,bind", path)


def test_a_read_only_store_serves_a_known_key_without_lock_or_write(fernit, namespace, stored, store, tmp_path):
    kept = [new_key(), new_key()]
    stored(kept)
    read_only(namespace, store)
    trace = Trace(tmp_path / "trace")
    done = fernit("run", "--deliver", "env", "printenv", VARIABLE, prefix=[*namespace.prefix, *trace.prefix], FERNET_KEY=kept[0])
    assert (done.returncode, done.stdout, done.stderr) == (0, ",".join(kept) + "\n", "")
    assert not any(str(store) in call.arguments for call in trace.writes())


def test_a_read_only_store_that_would_have_to_change_is_refused_with_the_command_that_does_it(fernit, child_sees, namespace, stored, store, cfg):
    old, new = new_key(), new_key()
    stored(old + "\n")
    read_only(namespace, store)
    before = listing(store)
    done = fernit("run", "echo", "the command ran", prefix=namespace.prefix, FERNET_KEY=new)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert "Read-only" in done.stderr and listing(store) == before and not cfg.exists()

    command = re.search(r"fernit (init --store \S+)$", done.stderr.strip())
    assert fernit(*command[1].split(), FERNET_KEY=new).returncode == 0
    again = fernit("run", "printenv", VARIABLE, prefix=namespace.prefix, FERNET_KEY=new)
    assert (again.returncode, again.stdout) == (0, f"{new},{old}\n")


def test_a_full_disk_leaves_the_old_ring_and_the_next_start_changes_it(fernit, namespace, store):
    old, new = new_key(), new_key()
    store.mkdir()
    seen = namespace.tmpfs(store, "64k,nr_inodes=3")
    seen.chmod(0o700)
    (seen / "fernet_key").write_text(old + "\n")
    (seen / "fernet_key").chmod(0o600)
    (seen / ".lock").touch()
    done = fernit("run", "echo", "the command ran", prefix=namespace.prefix, FERNET_KEY=new)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert "No space left" in done.stderr
    assert {path.name: path.read_text() for path in seen.iterdir()} == {"fernet_key": old + "\n", ".lock": ""}

    namespace.run("mount", "-n", "-o", "remount,nr_inodes=20", store)
    assert fernit("run", "true", prefix=namespace.prefix, FERNET_KEY=new).returncode == 0
    assert keys_in(seen / "fernet_key") == [new, old]


#: File systems whose locks do not reach other hosts, or are switched off.
LONELY = [
    ("fuse.sshfs", "rw"),
    ("9p", "rw,trans=virtio"),
    ("nfs4", "rw,vers=4.1,local_lock=all"),
    ("nfs", "rw,vers=3,nolock"),
    ("cifs", "rw,nobrl"),
    ("fakeowner", "rw,fakeowner"),
    ("osxfs", "rw"),
]


@pytest.fixture(params=LONELY, ids=lambda pair: pair[0])
def lonely(request, namespace, tmp_path):
    """In front of fernit: the test's folder is on such a file system, as far as /proc/self/mountinfo goes."""
    kind, options = request.param
    pretend_mounts(namespace, f"99 1 0:99 / {tmp_path} rw,relatime - {kind} server:/export {options}")
    return namespace.prefix


def test_where_locks_do_not_reach_other_hosts_a_change_is_refused_with_the_command_for_one_host(fernit, lonely, stored, store, cfg):
    old, new = new_key(), new_key()
    stored(old + "\n")
    before = listing(store)
    done = fernit("run", "echo", "the command ran", prefix=lonely, FERNET_KEY=new)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert listing(store) == before and not cfg.exists()

    command = re.search(r"fernit (init --assume-single-writer --store \S+)$", done.stderr.strip())
    assert fernit(*command[1].split(), prefix=lonely, FERNET_KEY=new).returncode == 0
    assert keys_in(store / "fernet_key") == [new, old]


def test_where_locks_do_not_reach_other_hosts_a_known_key_and_a_first_start_are_fine(fernit, lonely, store):
    first = fernit("run", "printenv", VARIABLE, prefix=lonely, guard=False)
    assert first.returncode == 0, first.stderr
    again = fernit("run", "printenv", VARIABLE, prefix=lonely, FERNET_KEY=first.stdout.strip())
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, "")


#: A directory of a Mac, as a container of Docker Desktop and the like sees it mounted.
SHARED = [
    "990 857 0:46 /matt/airflow {path} rw,nosuid,nodev,relatime - fakeowner /run/host_mark/Users rw,fakeowner",
    "990 857 0:37 /Users/matt/airflow {path} rw,relatime - virtiofs mac rw",
    "990 857 0:60 /host_mnt/Users/matt/airflow {path} rw - fuse.grpcfuse grpcfuse rw,user_id=0,group_id=0,allow_other",
    "990 857 0:60 /Users/matt/airflow {path} rw - fuse.osxfs osxfs rw,user_id=0,group_id=0,allow_other,max_read=1048576",
]
ROOT = "857 770 0:72 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/var/lib/docker/overlay2/x/diff,workdir=/w"


@pytest.mark.parametrize("line", SHARED, ids=lambda line: line.split(" - ")[1].split()[0])
@pytest.mark.parametrize("command", ["init", "promote"])
@pytest.mark.parametrize(
    "environment, cure",
    [
        ({"container": "docker"}, "named volume: docker run -v fernit:/var/lib/fernit"),
        ({"container": "podman"}, "named volume: podman run -v fernit:/var/lib/fernit"),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "to a PersistentVolumeClaim"),
    ],
    ids=["docker", "podman", "kubernetes"],
)
def test_where_a_desktop_shares_the_store_the_hint_names_a_volume(
    fernit, namespace, stored, store, tmp_path, line, environment, cure, command
):
    stored(new_key() + "\n")
    staged = store / "fernet_key.staged"
    staged.write_text(new_key() + "\n")
    staged.chmod(0o600)
    before = listing(store)
    pretend_mounts(namespace, line.format(path=tmp_path), root=ROOT)
    words, status = (["init"], 125) if command == "init" else (["key", "promote", "--yes"], 1)
    done = fernit(*words, prefix=namespace.prefix, FERNET_KEY=new_key() if command == "init" else None, **environment)
    assert (done.returncode, len(errors(done)), listing(store)) == (status, 1, before), done.stderr
    assert "whose locks do not reach other containers" in errors(done)[0]
    volume, alone = hints(done)
    assert cure in volume and ("docker" in volume) == ("docker" in cure) and "--assume-single-writer" in alone
    assert all(len(said.replace(str(store), "/var/lib/fernit")) <= 160 for said in (volume, alone))


# --- The ring's file is gone, and traces of it are there


@pytest.fixture(params=["staged", "retired"])
def bereft(request, store):
    """A store without its ring; the key that is left beside it."""
    key = new_key()
    (store / "retired").mkdir(mode=0o700, parents=True)
    store.chmod(0o700)
    file = store / ("fernet_key.staged" if request.param == "staged" else f"retired/{fingerprint(key)}")
    file.write_text(key + "\n")
    file.chmod(0o600)
    return key


def test_no_key_is_made_where_others_show_that_there_was_one(fernit, bereft, store, cfg):
    before = listing(store)
    done = fernit("run", "echo", "the command ran")
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert str(store / "fernet_key") in done.stderr and "backup" in done.stderr and re.search("fernit key (unretire|promote) " + fingerprint(bereft), done.stderr)
    assert listing(store) == before and not cfg.exists()


def test_a_backup_that_is_put_back_mends_it(fernit, child_sees, bereft, stored):
    assert fernit("run", "true").returncode == 125
    key = new_key()
    stored(key)
    assert child_sees().keys[0] == key


def test_a_key_from_outside_mends_it_too(child_sees, bereft, store, other_home):
    key = new_key()
    assert child_sees(FERNET_KEY=key).keys[0] == key
    assert keys_in(store / "fernet_key") == [key]
    assert child_sees(**other_home()).keys[0] == key
    assert any(bereft in path.read_text() for path in store.rglob("*") if path.is_file())


# --- Damage


@pytest.fixture(params=["fernet_key", "fernet_key.staged"])
def damaged(request, stored, store):
    """A store in which this one is damaged; its path."""
    path = store / request.param
    if path != stored(new_key() + "\n"):
        path.touch(0o600)
    path.write_text("not a key")
    return path


def test_damage_in_the_store_ends_a_run_that_needs_it_and_is_left_alone(fernit, damaged, store, cfg):
    before = listing(store)
    done = fernit("run", "echo", "the command ran")
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert str(damaged) in done.stderr
    assert listing(store) == before and not cfg.exists()


@pytest.mark.parametrize("text", ["[core]\nfernet_key = not a key\n", "[DEFAULT]\nfernet_key = not a key\n[core]\n"])
@pytest.mark.parametrize("words", [["init"], ["run", "--deliver", "cfg", "true"]], ids=" ".join)
@pytest.mark.parametrize("rule", ["replace", "keep", "stage"])
def test_a_damaged_airflow_cfg_that_alone_would_give_the_key_is_refused_before_the_store_changes(
    fernit, stored, store, cfg, write_cfg, text, words, rule
):
    stored(new_key() + "\n")
    write_cfg(text)
    before = listing(store)
    done = fernit(*words, FERNET_KEY=new_key(), FERNIT_ON_CHANGE=rule)
    assert (done.returncode, len(errors(done)), warnings(done)) == (125, 1, []), done.stderr
    assert "fernit: hint: give the whole key" in hints(done)
    assert listing(store) == before and cfg.read_text() == text


def test_a_damaged_ring_is_warned_of_and_left_alone_where_a_key_is_given(child_sees, stored, store):
    damaged = stored("not a key")
    given = new_key()
    before = changes(store)
    seen = child_sees("--lock-timeout", "2m", timeout=60, FERNET_KEY=given)
    assert seen.keys == [given]
    (said,) = warnings(seen)
    assert str(damaged) in said
    assert changes(store) == before


@pytest.mark.parametrize("damage", ["not a key", "", None], ids=["garbage", "empty", "unreadable"])
def test_refuse_refuses_a_key_of_which_the_store_cannot_tell_whether_it_is_new(fernit, stored, store, damage):
    file = stored(new_key() if damage is None else damage)
    if damage is None:
        file.unlink()
        file.mkdir()
    before = listing(store)
    done = fernit("run", "--on-change", "refuse", "echo", "the command ran", FERNET_KEY=new_key())
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert done.stderr.startswith(f"fernit: error: FERNET_KEY: may bring a new Fernet key, and --on-change is refuse: {file}: ")
    assert "backup" in done.stderr
    assert listing(store) == before


def test_a_change_is_refused_where_it_cannot_be_seen_what_was_retired(fernit, stored, store):
    key = new_key()
    stored(key + "\n")
    (store / "retired").write_text("a file, where a folder belongs")
    before = listing(store)
    done = fernit("run", "true", FERNET_KEY=new_key())
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert str(store / "retired") in done.stderr
    assert listing(store) == before
    assert fernit("run", "true", FERNET_KEY=key).returncode == 0


# --- Another user


def test_with_user_the_change_is_made_by_the_user_in_his_store(fernit, stored, store, nobody, airflow_home):
    """Here the words in front of fernit take the rights away; what --user does before that: test_user.py."""
    old, new = new_key(), new_key()
    file = stored(old + "\n")
    for path in (store, file):
        os.chown(path, 65534, 65534)
    done = fernit("run", "--on-change", "replace", "printenv", VARIABLE, prefix=nobody, FERNET_KEY=new)
    assert (done.returncode, done.stdout) == (0, new + "\n"), done.stderr
    made = [path for path in store.rglob("*")]
    assert len(made) == 4 and {path.stat().st_uid for path in made} == {65534}


def test_root_who_becomes_the_user_leaves_no_file_of_root_s_in_the_store(fernit, namespace, stored, store, tmp_path):
    if os.getuid() != 0:
        pytest.skip("only root may become another user")
    # Nobody else can write on the way to it, as --user wants it.
    read_only(namespace, tmp_path.parent)
    namespace.run("mount", "-n", "--bind", tmp_path, tmp_path)
    namespace.run("mount", "-n", "-o", "remount,rw,bind", tmp_path)
    old, new = new_key(), new_key()
    file = stored(old + "\n")
    (tmp_path / "airflow").mkdir()
    for path in (store, file, tmp_path / "airflow"):
        os.chown(path, 41001, 41002)
    words = ["run", "--user", "41001:41002", "--on-change", "replace", "--", "printenv", VARIABLE]
    done = fernit(*words, prefix=namespace.prefix, FERNET_KEY=new)
    assert (done.returncode, done.stdout) == (0, new + "\n"), done.stderr
    assert {(path.stat().st_uid, path.stat().st_gid) for path in store.rglob("*")} == {(41001, 41002)}


def test_who_may_only_read_the_store_is_refused_a_change_and_told_why(fernit, stored, store, nobody, airflow_home):
    if os.getuid() != 0:
        pytest.skip("needs files of another user")
    old, new = new_key(), new_key()
    stored(old + "\n").chmod(0o644)
    store.chmod(0o755)
    before = listing(store)
    done = fernit("run", "true", prefix=nobody, FERNET_KEY=new)
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert "Permission denied" in done.stderr and str(store) in done.stderr
    assert listing(store) == before
    assert fernit("run", "true", prefix=nobody, FERNET_KEY=old).returncode == 0


def test_a_ring_that_is_gone_is_spoken_of_though_a_key_is_given(fernit, child_sees, replaced, store):
    """What stands in retired/ shows that there was one, and what it has encrypted cannot be read."""
    replaced()
    (store / "fernet_key").unlink()
    new = new_key()
    seen = child_sees("--deliver", "env", FERNET_KEY=new)
    assert seen.keys[0] == new
    assert any(f"{store}/fernet_key is missing" in line for line in warnings(seen)) and any("unretire" in line for line in hints(seen))
    assert not any("is missing" in line for line in warnings(child_sees("--deliver", "env", FERNET_KEY=new)))


@pytest.mark.parametrize("damage", ["", "no key\n"], ids=["empty", "garbage"])
def test_a_damaged_staged_file_does_not_take_the_ring_along(fernit, stored, store, damage):
    """Were the store passed over, what the older key has encrypted could not be read."""
    old, used = new_key(), new_key()
    stored(f"{used},{old}\n")
    staged = store / "fernet_key.staged"
    staged.write_text(damage)
    staged.chmod(0o600)
    before = listing(store)
    done = fernit("run", "true", FERNET_KEY=used)
    assert (done.returncode, len(errors(done))) == (125, 1) and str(staged) in done.stderr
    assert listing(store) == before


@pytest.mark.parametrize("how", ["AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY_CMD"])
def test_a_variable_that_airflow_reads_and_that_gives_less_than_the_store_is_told_at_each_start_since_docker_exec_sees_it_alone(fernit, stored, how):
    new, old = new_key(), new_key()
    stored([new, old])
    value = f"echo {new}" if how.endswith("_CMD") else new
    for _ in range(2):
        said = told(fernit("run", "--", "true", **{how: value}))
        assert f"warning: fewer-keys: {how} gives fewer keys than " in said and fingerprint(old) in said and re.search("fernit run --store \\S+ -- airflow", said)


def test_one_that_gives_all_keys_or_that_airflow_does_not_read_is_no_such_thing(fernit, stored):
    new, old = new_key(), new_key()
    stored([new, old])
    assert not warnings(fernit("run", "--", "true", AIRFLOW__CORE__FERNET_KEY=f"{new},{old}"))
    assert not warnings(fernit("run", "--", "true", FERNET_KEY=new))


@pytest.mark.parametrize("garbage", ["garb\n", "", "other"])
@pytest.mark.parametrize("source", ["FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY", "FERNET_KEY_FILE"])
def test_a_file_in_retired_that_is_not_the_key_of_its_name_retires_nothing(fernit, stored, store, tmp_path, source, garbage):
    """The name alone is no copy of the key."""
    old, new = new_key(), new_key()
    file = stored(old + "\n")
    (store / "retired").mkdir(mode=0o700)
    retired = store / "retired" / fingerprint(new)
    retired.write_text(new_key() + "\n" if garbage == "other" else garbage)
    retired.chmod(0o600)
    before = retired.read_bytes()
    (tmp_path / "secret").write_text(new)
    done = fernit("init", **{source: tmp_path / "secret" if source.endswith("_FILE") else new})
    assert done.returncode == 0, done.stderr
    assert file.read_text() == f"{new},{old}\n" and retired.read_bytes() == before
    assert "retired-key" not in done.stderr


# --- A listing that does not show what is there


@pytest.mark.parametrize("fault", ["getdents64:retval=0", "lseek:error=EIO", "getdents64:error=EIO"])
@pytest.mark.parametrize("first", [1, 2, 3])
def test_what_is_staged_is_not_overwritten_where_a_listing_does_not_show_it(fernit, stored, store, fault, first):
    waiting, new = new_key(), new_key()
    stored(new_key() + "\n")
    staged = store / "fernet_key.staged"
    staged.write_text(waiting + "\n")
    staged.chmod(0o600)
    trace = Trace("/dev/null", [f"{fault}:when={first}+"])
    done = fernit("run", "--on-change", "stage", "true", prefix=trace.prefix, FERNET_KEY=new)
    assert waiting in staged.read_text()
    assert new in staged.read_text() or "cannot be listed" in done.stderr, done.stderr


def test_a_listing_that_fails_is_no_empty_one(fernit, stored):
    stored(new_key() + "\n")
    trace = Trace("/dev/null", ["lseek:error=EIO"])
    done = fernit("init", prefix=trace.prefix)
    assert done.returncode == 125 and "cannot be listed" in done.stderr
