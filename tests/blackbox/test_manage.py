"""The other secrets: one table, the same sources, store and delivery as the Fernet key, and all by default."""
import base64
import configparser
import os
import pathlib
import re
import shutil

import pytest

from conftest import errors, fingerprint, hints, listing, new_key, warnings
from system import bind
from managed import (
    FERNET_KEY, JWT_SECRET, READS, SECRET_KEY, SECRETS, SHOWS, VALUES, VARIABLES, WEBSERVER, agrees, all_of_them, in_cfg, in_environment,
    kept, mark, new_value, put, version,
)  # fmt: skip

__all__ = ["all_of_them", "new_value", "put", "version"]  # fixtures
DATA = os.environ.get("FERNIT_TEST_DATA")

#: The versions that have all four between them.
VERSIONS = ["2.11.2", "3.1.8"]
#: A value, and an Airflow that reads it under one of its names.
VERSIONED = [(secret, version) for secret in VALUES for version in VERSIONS if secret.read_by(version)]
#: The same, and the name under which it is given: not always the one that this Airflow reads.
PLACES = [(secret, number, version) for secret, version in VERSIONED for number in range(len(secret.places))]


def name_of(parameter):
    return getattr(parameter, "name", str(parameter))


each_version = pytest.mark.parametrize("version", VERSIONS)
each_value = pytest.mark.parametrize(("secret", "version"), VERSIONED, ids=name_of)
each_place = pytest.mark.parametrize(("secret", "number", "version"), PLACES, ids=name_of)


@pytest.fixture
def other_home(tmp_path):
    return {"AIRFLOW_HOME": tmp_path / "another container"}


# --- A first start


@each_version
def test_a_first_start_makes_all_that_airflow_reads_and_an_airflow_cfg_that_holds_them(child_sees, store, cfg, version):
    seen = child_sees()
    found = in_cfg(cfg)
    assert found == in_environment(seen) and set(found) == READS[version]
    assert cfg.stat().st_mode & 0o777 == 0o600
    assert kept(store) == {secret.name: found[secret.read_by(version)] for secret in SECRETS if secret.read_by(version)}
    assert len(set(kept(store).values())) == 3


@pytest.mark.parametrize(("secret", "version"), [(FERNET_KEY, "2.11.2"), *VERSIONED], ids=name_of)
def test_each_is_as_many_random_bytes_as_airflow_wants_in_urlsafe_base64(fernit, store, secret, version):
    assert fernit("init").returncode == 0
    text = (store / secret.name).read_text()
    assert text.endswith("\n") and re.fullmatch(r"[A-Za-z0-9_-]+=*", text.rstrip("\n"))
    assert len(base64.urlsafe_b64decode(text)) == secret.size
    assert (store / secret.name).stat().st_mode & 0o777 == 0o600


def test_one_secret_has_two_names_and_each_airflow_gets_its_own(child_sees, cfg, store, other_home, tmp_path):
    first, second = SECRET_KEY.variables
    old, new = child_sees(AIRFLOW_VERSION="2.11.2"), child_sees(AIRFLOW_VERSION="3.1.8", **other_home)
    assert old[first] == new[second] == kept(store)["secret_key"]
    assert in_cfg(cfg)[first] == in_cfg(tmp_path / "another container" / "airflow.cfg")[second] == kept(store)["secret_key"]
    assert second not in old and first not in new


@each_version
def test_another_container_with_the_same_store_gets_the_same_values(child_sees, other_home, tmp_path, version):
    first = child_sees()
    second = child_sees(**other_home)
    assert in_environment(second) == in_environment(first)
    assert in_cfg(tmp_path / "another container" / "airflow.cfg") == in_environment(first)
    assert "created Fernet key" not in second.stderr


@each_version
def test_a_second_start_is_silent_and_changes_nothing(fernit, tmp_path, version):
    assert fernit("run", "true").returncode == 0
    before = listing(tmp_path)
    done = fernit("run", "true")
    assert (done.returncode, done.stderr) == (0, "")
    assert listing(tmp_path) == before


@each_version
def test_every_made_secret_is_told_by_its_fingerprint(fernit, store, version):
    said = fernit("init").stderr
    made = kept(store)
    assert len(made) == 3 and fingerprint(made.pop("fernet_key")) in said
    for value in made.values():
        assert mark(value) in said


@each_version
def test_status_shows_all_that_there_are_by_fingerprints(fernit, store, version):
    assert fernit("run", "true").returncode == 0
    done = fernit("status")
    assert done.returncode == 0
    for secret in [secret for secret in VALUES if secret.read_by(version)]:
        value = (store / secret.name).read_text().strip()
        assert f"\n{secret.name}\n" in done.stdout and mark(value) in done.stdout and value not in done.stdout


# --- The sources


def give(way, secret, number, value, *, tmp_path, put, write_cfg, mounted):
    """Puts the value where that way looks for it; the variables that it takes."""
    variable, (section, option) = secret.variables[number], secret.places[number]
    file = tmp_path / f"value of {way}"
    file.write_text(value + "\n")
    if way == "variable":
        return {variable: value}
    if way == "command":
        return {variable + "_CMD": f"cat '{file}'"}
    if way == "file":
        return {variable + "_FILE": file}
    if way == "mounted":
        (mounted / secret.mounted[number]).write_text(value)
    elif way == "store":
        put(secret, value)
    elif way == "cfg":
        write_cfg(f"[{section}]\n{option} = {value}\n")
    elif way == "cfg command":
        write_cfg(f"[{section}]\n{option}_cmd = cat '{file}'\n")
    return {}


WAYS = ["variable", "command", "file", "mounted", "store", "cfg", "cfg command"]


@pytest.fixture
def place(tmp_path, put, write_cfg, mounted_secrets):
    """place(way, secret, number, value): see give()."""
    return lambda *words: give(*words, tmp_path=tmp_path, put=put, write_cfg=write_cfg, mounted=mounted_secrets)


@each_place
@pytest.mark.parametrize("way", WAYS)
def test_a_value_from_each_source_is_used_kept_and_delivered(
    child_sees, namespace, store, cfg, new_value, place, way, secret, number, version
):
    value = new_value()
    seen = child_sees(prefix=namespace.prefix, **place(way, secret, number, value))
    if way == "cfg command":
        # What a command of airflow.cfg gives may be another one tomorrow: that option stays with it.
        assert seen[secret.read_by(version)] == value and not set(secret.variables) & set(in_cfg(cfg))
    else:
        agrees(seen, cfg, secret, value)
        assert kept(store)[secret.name] == value
    assert set(kept(store)) >= {other.name for other in SECRETS if other is not secret and other.read_by(version)}
    assert not [name for name, _ in seen.pairs if name.endswith(("_CMD", "_FILE")) and secret.name.upper() in name]


MOUNTED = [(secret, version, name) for secret, version in VERSIONED for name in secret.mounted]


@pytest.mark.parametrize(("secret", "version", "name"), MOUNTED, ids=name_of)
def test_mounted_secrets_have_names_that_nothing_else_has(child_sees, namespace, mounted_secrets, secret, version, name):
    (mounted_secrets / name).write_text("mounted value")
    assert child_sees(prefix=namespace.prefix)[secret.read_by(version)] == "mounted value"


@pytest.mark.parametrize("name", ["secret_key", "jwt_secret", "SECRET_KEY", "internal_api_secret_key"])
def test_a_mounted_secret_of_a_plain_name_is_somebody_else_s(child_sees, namespace, mounted_secrets, name):
    (mounted_secrets / name).write_text("of another program")
    seen = child_sees(prefix=namespace.prefix)
    assert "of another program" not in in_environment(seen).values()


@pytest.mark.parametrize("name", ["SECRET_KEY", "SECRET_KEY_FILE", "JWT_SECRET", "WEBSERVER_SECRET_KEY"])
def test_a_bare_variable_is_somebody_else_s(child_sees, name):
    seen = child_sees(**{name: "of another program"})
    assert seen[name] == "of another program" and "of another program" not in in_environment(seen).values()


def test_secret_file_is_about_the_fernet_key_alone(child_sees, tmp_path):
    key = new_key()
    (tmp_path / "key").write_text(key)
    seen = child_sees("--secret-file", tmp_path / "key")
    assert [name for name, value in in_environment(seen).items() if value == key] == FERNET_KEY.variables


@each_value
def test_the_upper_source_wins(child_sees, namespace, new_value, place, mounted_secrets, secret, version, store, cfg):
    """One after the other is left out, from the top. (A variable and its _FILE are an error.)"""
    ways = ["variable", "command", "mounted", "store", "cfg"]
    for first in range(len(ways)):
        environment = {}
        values = [new_value() for _ in ways[first:]]
        for way, value in zip(ways[first:], values):
            environment |= place(way, secret, 0, value)
        seen = child_sees("--deliver", "env", prefix=namespace.prefix, **environment)
        assert seen[secret.read_by(version)] == values[0], ways[first]
        shutil.rmtree(store)
        for file in [cfg, *mounted_secrets.iterdir()]:
            file.unlink(missing_ok=True)


@each_place
def test_a_variable_and_its_file_twin_are_one_too_many(fernit, new_value, tmp_path, store, cfg, secret, number, version):
    variable = secret.variables[number]
    (tmp_path / "value").write_text("the file's")
    done = fernit("run", "true", **{variable: new_value(), variable + "_FILE": tmp_path / "value"})
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert variable in done.stderr and variable + "_FILE" in done.stderr
    assert not cfg.exists() and not store.exists()


@each_place
@pytest.mark.parametrize("twin", ["_FILE", "_CMD"])
def test_a_source_that_is_named_and_broken_ends_the_run_and_nothing_is_made(fernit, tmp_path, store, cfg, secret, number, version, twin):
    variable = secret.variables[number] + twin
    done = fernit("run", "true", **{variable: tmp_path / "missing"})
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert variable in done.stderr
    assert not cfg.exists() and not store.exists()


@each_place
def test_an_empty_variable_counts_as_unset_with_a_warning(child_sees, store, cfg, secret, number, version):
    seen = child_sees(**{secret.variables[number]: ""})
    (said,) = warnings(seen)
    assert secret.variables[number] in said and "plain text" not in said
    assert kept(store)[secret.name] != ""
    agrees(seen, cfg, secret, kept(store)[secret.name])


# --- One secret under two names


@each_version
def test_one_name_that_is_given_is_as_good_as_the_other(child_sees, cfg, new_value, version):
    for variable in SECRET_KEY.variables:
        value = new_value()
        seen = child_sees(**{variable: value})
        agrees(seen, cfg, SECRET_KEY, value)
        assert not any("has another" in line for line in warnings(seen))


def test_the_same_value_under_both_names_is_no_matter(child_sees, new_value):
    value = new_value()
    assert warnings(child_sees(**dict.fromkeys(SECRET_KEY.variables, value))) == []


@each_version
def test_different_values_under_both_names_are_warned_of_and_the_one_that_airflow_reads_counts(child_sees, cfg, new_value, version):
    first, second = new_value(), new_value()
    given = dict(zip(SECRET_KEY.variables, (first, second)))
    seen = child_sees(**given)
    agrees(seen, cfg, SECRET_KEY, given[SECRET_KEY.read_by(version)])
    (said,) = warnings(seen)
    assert mark(first) in said and mark(second) in said and all(variable in said for variable in SECRET_KEY.variables)


@each_version
def test_different_values_under_both_names_in_airflow_cfg_are_made_one(child_sees, write_cfg, new_value, version):
    first, second = new_value(), new_value()
    cfg = write_cfg(f"[webserver]\nsecret_key = {first}\n[api]\nsecret_key = {second}\n")
    given = in_cfg(cfg)
    seen = child_sees()
    agrees(seen, cfg, SECRET_KEY, given[SECRET_KEY.read_by(version)])
    assert any(mark(first) in said and mark(second) in said for said in warnings(seen))
    assert child_sees().stderr == ""


# --- Values of every kind

ODD = {
    "a percent sign": "50%",
    "percent signs": "100%%",
    "a reference": "%(executor)s",
    "quotes": "'single' \"double\"",
    "quoted": '"all of it"',
    "unicode": "schlüssel-€-鍵",
    "comment signs": "a ; b # c",
    "delimiters": "a = b : c",
    "a section": "[core]",
    "a comma": "one,two",
    "backslashes": "a\\n\\",
    "dollars": "a$ b$$ $1 ${",
    "a tilde inside": "a~b",
    "inner blanks": "a  b\u00a0c",
    "4096 bytes": "x" * 4096,
    "one letter": "x",
    "a Fernet key": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "two Fernet keys": ",".join(base64.urlsafe_b64encode(bytes([n] * 32)).decode() for n in (1, 2)),
}
each_odd = pytest.mark.parametrize("value", ODD.values(), ids=ODD)


@each_odd
@pytest.mark.parametrize("way", ["variable", "file", "store"])
def test_a_value_of_any_kind_reaches_airflow_as_it_is(child_sees, namespace, place, store, cfg, value, way):
    # Written in the source of this test, it is no secret, and parts of it are words of messages.
    seen = child_sees(prefix=namespace.prefix, guard=False, **place(way, SECRET_KEY, 0, value))
    agrees(seen, cfg, SECRET_KEY, value)
    assert kept(store)["secret_key"] == value
    assert child_sees(guard=False).stderr == ""


@each_odd
def test_a_value_that_airflow_cfg_holds_is_kept_as_airflow_reads_it(child_sees, write_cfg, store, value):
    cfg = write_cfg(f"[webserver]\nsecret_key = {value.replace('%', '%%')}\n")
    seen = child_sees(guard=False)
    agrees(seen, cfg, SECRET_KEY, value)
    assert kept(store)["secret_key"] == value


@pytest.mark.parametrize("version", ["3.1.8"])
def test_a_variable_in_a_value_is_expanded_as_airflow_does(child_sees, cfg, store, version):
    seen = child_sees(AIRFLOW__API_AUTH__JWT_SECRET="$PART-of-it", PART="a-part")
    agrees(seen, cfg, JWT_SECRET, "a-part-of-it")
    assert kept(store)["jwt_secret"] == "a-part-of-it"


@each_value
@pytest.mark.parametrize("way", ["command", "file", "mounted"])
@pytest.mark.parametrize("value", ["$HOME", "a${HOME}b", "~/x"])
def test_a_value_that_airflow_would_make_another_one_is_refused(fernit, namespace, place, store, cfg, secret, version, way, value):
    done = fernit("run", "true", prefix=namespace.prefix, **place(way, secret, 0, value))
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert '"$" or "~"' in done.stderr
    assert not cfg.exists() and not store.exists()


@each_value
@pytest.mark.parametrize("way", ["variable", "command", "file", "mounted"])
@pytest.mark.parametrize(("value", "what"), [("one\ntwo", "line break"), ("a\x07b", "control character"), ("x" * 70000, "bytes"),
                                               ("hunter2\u00a0", "cut off"), ("\u3000hunter2", "cut off"), ("hunter2\u0085", "cut off")])
def test_a_value_that_no_line_can_hold_is_refused_and_not_shown(fernit, namespace, place, store, cfg, secret, version, way, value, what):
    done = fernit("run", "true", prefix=namespace.prefix, **place(way, secret, 0, value))
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert what in done.stderr and value not in done.stderr
    assert not cfg.exists() and not store.exists()


@pytest.mark.parametrize("value, what", [(b"\xffhunter2", "not UTF-8"), (b"hunter2\xc3", "not UTF-8"), ("hunter2\u00a0".encode(), "cut off")])
@pytest.mark.parametrize("way", ["variable", "file", "store"])
def test_a_value_that_airflow_could_not_read_back_is_never_stored_and_status_says_so(fernit, tmp_path, put, store, cfg, way, value, what):
    options = {"FERNIT_MANAGE": "fernet_key,secret_key", "AIRFLOW_VERSION": "2.11.2"}
    put(SECRET_KEY, "placeholder")
    (store / "secret_key").unlink()
    file = store / "secret_key" if way == "store" else tmp_path / "given"
    if way == "variable":
        options[WEBSERVER] = value
    else:
        file.write_bytes(value + b"\n")
        file.chmod(0o600)
    if way == "file":
        options[WEBSERVER + "_FILE"] = file
    before = listing(tmp_path)
    status = fernit("status", **options)
    done = fernit("run", "true", **options)
    assert (status.returncode, done.returncode) == (1, 125) and listing(tmp_path) == before
    assert what in errors(done)[0] and what in status.stdout


@pytest.mark.parametrize("version", ["3.1.8"])
def test_what_stands_around_a_value_in_a_file_is_not_part_of_it(child_sees, tmp_path, cfg, version):
    (tmp_path / "value").write_bytes(b"\n  the value\r\n")
    agrees(child_sees(AIRFLOW__API_AUTH__JWT_SECRET_FILE=tmp_path / "value"), cfg, JWT_SECRET, "the value")


# --- --manage, --deliver


@pytest.mark.parametrize(("secret", "version"), [*[(FERNET_KEY, version) for version in VERSIONS], *VERSIONED], ids=name_of)
@pytest.mark.parametrize("by", ["the option", "the variable"])
def test_manage_names_what_fernit_looks_after_and_the_rest_is_left_alone(child_sees, store, cfg, secret, version, by):
    options = ["--manage", secret.name] if by == "the option" else []
    others = {variable: "somebody else's" for variable in VARIABLES - set(secret.variables)}
    seen = child_sees(*options, **others, **({} if options else {"FERNIT_MANAGE": secret.name}))
    assert set(in_cfg(cfg)) == {secret.read_by(version)} and set(kept(store)) == {secret.name}
    assert {name: seen[name] for name in others} == others


def test_manage_takes_several(child_sees, store):
    child_sees("--manage", "internal_api_secret_key,fernet_key")
    assert set(kept(store)) == {"fernet_key", "internal_api_secret_key"}


@pytest.mark.parametrize("words", ["", "secret", "fernet_key,", "fernet_key,nothing", "all"])
def test_manage_says_what_it_knows(fernit, store, words):
    done = fernit("run", "--manage", words, "true")
    if words.endswith(","):
        assert done.returncode == 0
        return
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert "--manage" in done.stderr and not store.exists()


def test_airflow_cfg_with_a_part_of_the_secrets_is_told_of(fernit):
    """Airflow makes a secret_key of its own only where there is no file."""
    done = fernit("run", "--manage", "fernet_key", "true")
    assert "Airflow adds nothing to it" in done.stderr
    assert "Airflow adds nothing to it" not in fernit("run", "true", AIRFLOW_HOME="another").stderr


@each_version
def test_by_the_environment_alone_no_file_is_made(child_sees, cfg, version):
    assert set(in_environment(child_sees("--deliver", "env"))) == READS[version]
    assert not cfg.exists()


@each_version
def test_by_the_file_alone_the_environment_holds_none(child_sees, cfg, store, new_value, version):
    given = {secret.variables[0]: new_value() for secret in VALUES}
    seen = child_sees("--deliver", "cfg", **given)
    assert in_environment(seen) == {}
    assert set(kept(store).values()) > set(given.values())
    assert in_cfg(cfg) == {secret.read_by(version): kept(store)[secret.name] for secret in SECRETS if secret.read_by(version)}


@each_version
def test_init_writes_what_run_writes(fernit, cfg, store, version):
    assert fernit("init").returncode == 0
    assert set(in_cfg(cfg)) == READS[version] and set(in_cfg(cfg).values()) == set(kept(store).values())


# --- An airflow.cfg that Airflow has made

each_real = pytest.mark.parametrize("version", ["2.7.3", "2.9.3", "2.10.5"])


@pytest.fixture
def real_cfg(version, write_cfg):
    """Airflow's own file, with a secret_key that nobody else has."""
    if not DATA:
        pytest.skip("FERNIT_TEST_DATA is not set")
    text = (pathlib.Path(DATA) / "airflow-cfg" / f"{version}.cfg").read_text()
    return write_cfg(text)


@each_real
def test_airflow_s_own_secret_key_is_adopted_and_every_replica_gets_it(child_sees, real_cfg, store, other_home, version):
    variable = SECRET_KEY.variables[0]
    made = in_cfg(real_cfg)[variable]
    seen = child_sees()
    agrees(seen, real_cfg, SECRET_KEY, made)
    assert kept(store)["secret_key"] == made
    assert child_sees(**other_home)[variable] == made
    assert child_sees().stderr == ""


@each_real
def test_nothing_else_in_airflow_s_own_file_changes(fernit, real_cfg, version):
    def options():
        parser = configparser.ConfigParser(interpolation=None)
        parser.read(real_cfg)
        ours = {place for secret in SECRETS for place in secret.places}
        return {(section, name): value for section in parser.sections() for name, value in parser[section].items() if (section, name) not in ours}

    before, comments = options(), [line for line in real_cfg.read_text().splitlines() if line.startswith("#")]
    assert fernit("init").returncode == 0
    assert options() == before and set(in_cfg(real_cfg)) == READS[version]
    assert [line for line in real_cfg.read_text().splitlines() if line.startswith("#")] == comments


def test_a_second_replica_s_own_file_is_brought_in_step_with_a_line(child_sees, store, put, write_cfg, new_value):
    everybody_s, his_own = new_value(), new_value()
    put(SECRET_KEY, everybody_s)
    cfg = write_cfg(f"[webserver]\nsecret_key = {his_own}\n")
    seen = child_sees()
    agrees(seen, cfg, SECRET_KEY, everybody_s)
    assert any(mark(everybody_s) in said and mark(his_own) in said for said in warnings(seen))
    assert kept(store)["secret_key"] == everybody_s
    assert child_sees().stderr == ""


# --- A value that an edit takes out of airflow.cfg


def held(store, cfg):
    """All text in which a value may be found again."""
    files = [path for path in [cfg, *store.glob("**/*")] if path.is_file()]
    return "".join(path.read_text() for path in files)


@pytest.mark.parametrize("has_store", [True, False], ids=["a store without it", "no store"])
@pytest.mark.parametrize("way", ["env,cfg", "cfg"])
def test_a_value_that_another_one_replaces_in_the_file_is_retired_or_stays_as_a_comment(fernit, store, write_cfg, new_value, way, has_store):
    old, new, key = new_value(), new_value(), new_key()
    cfg = write_cfg(f"[core]\nfernet_key = {key}\n[webserver]\nsecret_key = {old}\n")
    options = {"FERNIT_MANAGE": "fernet_key,secret_key", "AIRFLOW_VERSION": "2.11.2", WEBSERVER: new}
    if has_store:
        store.mkdir(mode=0o700)
    else:
        options |= {"FERNIT_STORE": None, "FERNET_KEY": key}
    done = fernit("init", "--deliver", way, **options)
    assert done.returncode == 0 and in_cfg(cfg)[WEBSERVER] == new, done.stderr
    assert old in held(store, cfg)
    before = listing(cfg.parent), has_store and listing(store)
    assert fernit("init", "--deliver", way, **options).returncode == 0
    assert (listing(cfg.parent), has_store and listing(store)) == before


def test_where_the_file_is_not_edited_a_second_start_writes_nothing(fernit, tmp_path, store, write_cfg, new_value):
    store.mkdir(mode=0o700)
    write_cfg(f"[webserver]\nsecret_key = {new_value()}\n")
    options = {"FERNIT_MANAGE": "fernet_key,secret_key", "AIRFLOW_VERSION": "2.11.2", WEBSERVER: new_value()}
    assert fernit("init", "--deliver", "env", **options).returncode == 0
    before = listing(tmp_path)
    assert fernit("init", "--deliver", "env", **options).returncode == 0
    assert listing(tmp_path) == before


# --- A changed value


@each_place
@pytest.mark.parametrize("on_change", ["keep", "replace"])
def test_a_changed_value_takes_the_place_of_the_old_one_which_is_retired(child_sees, new_value, put, store, cfg, other_home, secret, number, version, on_change):
    old, new = new_value(), new_value()
    put(secret, old)
    seen = child_sees("--on-change", on_change, **{secret.variables[number]: new})
    agrees(seen, cfg, secret, new)
    assert kept(store)[secret.name] == new
    assert {path.name: path.read_text() for path in (store / "retired").iterdir()} == {f"{secret.name}.{mark(old)}": old + "\n"}
    assert any(mark(old) in said and mark(new) in said for said in warnings(seen))
    assert child_sees(**other_home)[secret.read_by(version)] == new
    assert child_sees("--on-change", on_change, **{secret.variables[number]: new}).stderr == ""


@each_value
def test_a_staged_value_waits_and_nobody_uses_it(child_sees, new_value, put, store, cfg, other_home, secret, version):
    old, new = new_value(), new_value()
    put(secret, old)
    seen = child_sees("--on-change", "stage", **{secret.variables[0]: new})
    agrees(seen, cfg, secret, old)
    assert kept(store)[secret.name] == old and (store / f"{secret.name}.staged").read_text() == new + "\n"
    (said,) = warnings(seen)
    assert mark(new) in said and f"{secret.name}.staged" in said
    assert any(f"fernit key promote {mark(new)} --yes" in hint for hint in hints(seen))
    assert child_sees(**other_home)[secret.read_by(version)] == old
    assert child_sees("--on-change", "stage", **{secret.variables[0]: new}).stderr == ""


@each_value
def test_refuse_is_about_values_too(fernit, new_value, put, store, secret, version):
    put(secret, new_value())
    before, new = listing(store), new_value()
    done = fernit("run", "--on-change", "refuse", "true", **{secret.variables[0]: new})
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert secret.variables[0] in done.stderr and mark(new) in done.stderr
    assert listing(store) == before


@each_value
def test_a_retired_value_that_comes_back_is_served_and_not_stored(child_sees, new_value, put, store, secret, version):
    old, new = new_value(), new_value()
    put(secret, old)
    child_sees(**{secret.variables[0]: new})
    before = listing(store / "retired")
    seen = child_sees("--deliver", "env", **{secret.variables[0]: old})
    assert seen[secret.read_by(version)] == old and any("retired" in said for said in warnings(seen))
    assert kept(store)[secret.name] == new and listing(store / "retired") == before


# --- Where nothing can be kept


@each_version
def test_without_a_store_the_values_are_made_for_this_container_alone_and_that_is_said(
    child_sees, nobody, namespace, tmp_path, cfg, version
):
    """A key given from outside, no volume, and a user who may make no folder in /var/lib: as Airflow's own image runs."""
    library = namespace.tmpfs("/var/lib")
    library.chmod(0o755)
    key = new_key()
    environment = {"prefix": [*namespace.prefix, *nobody], "FERNIT_STORE": None, "FERNET_KEY": key}
    first = child_sees(**environment)
    assert set(in_environment(first)) == READS[version] and in_cfg(cfg) == in_environment(first)
    for variable in READS[version] - {*FERNET_KEY.variables}:
        assert re.search(rf"created .*{mark(first[variable])} for this container alone.*\n.*hint: .* in {variable}", first.stderr)
    assert list(library.iterdir()) == []

    again = child_sees(**environment)
    assert in_environment(again) == in_environment(first), "airflow.cfg keeps them as long as the container lasts"
    assert "created Fernet key" not in again.stderr


def test_without_a_store_root_keeps_the_values_nowhere_else_either(child_sees, namespace):
    library = namespace.tmpfs("/var/lib")
    child_sees(prefix=namespace.prefix, FERNIT_STORE=None, FERNET_KEY=new_key())
    assert list(library.iterdir()) == []


def test_a_store_that_cannot_be_written_does_not_end_a_run_that_lacks_values_only(child_sees, namespace, stored, store, cfg):
    key = new_key()
    stored(key + "\n")
    bind(namespace, store, store, "ro")
    seen = child_sees(prefix=namespace.prefix)
    assert seen.keys == [key] and set(in_environment(seen)) == READS["2.11.2"] == set(in_cfg(cfg))
    said = warnings(seen)
    assert len(said) == 2 and all(f"{store} cannot be written" in line and "is not kept there" in line for line in said)
    assert [path.name for path in store.iterdir()] == ["fernet_key"]


@pytest.mark.parametrize("version", ["3.1.8"])
def test_a_store_that_cannot_be_written_does_not_end_a_run_that_changes_values_only(
    child_sees, namespace, stored, put, store, cfg, new_value, version
):
    stored(new_key() + "\n")
    for secret in VALUES:
        put(secret, new_value())
    bind(namespace, store, store, "ro")
    before = listing(store)
    new = new_value()
    seen = child_sees(prefix=namespace.prefix, AIRFLOW__API_AUTH__JWT_SECRET=new)
    agrees(seen, cfg, JWT_SECRET, new)
    assert any(f"{store} cannot be written" in line for line in warnings(seen))
    assert listing(store) == before


def test_where_this_user_may_not_enter_the_store_a_key_from_outside_is_used_and_the_others_are_this_containers_own(
    fernit, nobody, store, cfg
):
    """A volume that is still root's."""
    store.mkdir(mode=0o700)
    if os.getuid() != 0:
        pytest.skip("needs a folder of another user")
    done = fernit("run", "true", prefix=nobody, FERNET_KEY=new_key())
    assert done.returncode == 0, done.stderr
    assert str(store) in done.stderr and "Permission denied" in done.stderr and "chown" in done.stderr
    assert done.stderr.count("is not kept there") == 2
    done = fernit("run", "true", prefix=nobody)
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr


# --- _SECRET

#: [webserver] secret_key is read by a newer Airflow too, where there is no [api] secret_key.
READ_PLACES = [place for place in PLACES if place[0].variables[place[1]] not in SHOWS[place[2]]]
each_read_place = pytest.mark.parametrize(("secret", "number", "version"), READ_PLACES, ids=name_of)


@each_read_place
def test_what_is_left_to_airflow_s_secrets_backend_is_neither_made_nor_delivered(child_sees, store, cfg, secret, number, version):
    variable = secret.variables[number] + "_SECRET"
    seen = child_sees(**{variable: "path/of/it"})
    assert seen[variable] == "path/of/it"
    assert set(in_environment(seen)) == set(in_cfg(cfg)) == READS[version] - set(secret.variables)
    assert secret.name not in kept(store)


@each_read_place
def test_a_secret_of_airflow_cfg_is_left_to_airflow_too(child_sees, write_cfg, store, secret, number, version):
    section, option = secret.places[number]
    cfg = write_cfg(f"[{section}]\n{option}_secret = path/of/it\n{option} =\n")
    seen = child_sees()
    assert not set(secret.variables) & set(in_environment(seen))
    assert secret.name not in kept(store)
    parser = configparser.ConfigParser()
    parser.read(cfg)
    assert not parser.has_option(section, option), "an empty one stands in the way"


def test_an_airflow_cfg_that_is_made_without_the_fernet_key_is_spoken_of(child_sees, stored, cfg):
    stored(new_key() + "\n")
    seen = child_sees("--manage", "secret_key")
    assert any(str(cfg) in line and "plain text" in line for line in warnings(seen))
    cfg.unlink()
    assert warnings(child_sees("--manage", "secret_key", AIRFLOW__CORE__FERNET_KEY=new_key())) == []
