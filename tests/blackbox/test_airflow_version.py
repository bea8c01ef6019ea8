"""Which Airflow it is, and what that one gets: only names that it reads and hides, since it shows the value of any other."""
import itertools
import json
import re

import pytest

from conftest import errors, hints, hints_of, listing, new_key, warnings
from system import bind
from managed import (
    API, FERNET, FERNET_KEY, INTERNAL, INTERNAL_API, JWT, JWT_SECRET, PLACE, READS, SECRET_KEY, SECRETS, SHOWS, VARIABLES, WEBSERVER,
    agrees, all_of_them, in_cfg, in_environment, kept, new_value, put, version,
)  # fmt: skip

__all__ = ["all_of_them", "new_value", "put", "version"]  # fixtures

OLD, NEW = "2.11.2", "3.1.8"
each_version = pytest.mark.parametrize("version", READS, ids=str)


def config(values):
    """An airflow.cfg with these values: variable to value."""
    lines = {}
    for variable, value in values.items():
        section, option = PLACE[variable]
        lines.setdefault(section, []).append(f"{option} = {value}\n")
    return "".join(f"# Comment of {section}\n[{section}]\nx = 1\n{''.join(options)}\n" for section, options in lines.items())


@pytest.fixture
def with_all(new_value, put, write_cfg):
    """airflow.cfg and the store as they are where fernit delivered each secret under each name; variable to value."""
    values = {secret: new_key() if secret is FERNET_KEY else new_value() for secret in SECRETS}
    for secret, value in values.items():
        put(secret, value)
    found = {variable: value for secret, value in values.items() for variable in secret.variables}
    write_cfg(config(found))
    return found


def comments(cfg):
    return "".join(line for line in cfg.read_text().splitlines(True) if line.startswith("#"))


# --- What each gets


@each_version
def test_each_airflow_gets_what_it_reads_and_nothing_else(child_sees, store, cfg, version):
    seen = child_sees()
    assert set(in_environment(seen)) == set(in_cfg(cfg)) == READS[version]
    assert in_environment(seen) == in_cfg(cfg)
    assert set(kept(store)) == {secret.name for secret in SECRETS if secret.read_by(version)}, "nothing is made that nobody reads"


@each_version
@pytest.mark.parametrize("deliver", ["env", "cfg"])
def test_each_way_alone_gives_the_same(child_sees, cfg, version, deliver):
    seen = child_sees("--deliver", deliver)
    assert set(in_environment(seen)) == (READS[version] if deliver == "env" else set())
    assert set(in_cfg(cfg) if cfg.exists() else {}) == (READS[version] if deliver == "cfg" else set())


@each_version
def test_what_it_would_show_is_not_passed_on(child_sees, cfg, new_value, version):
    """A variable that another Airflow reads: where the version is known it goes, and else it has the same value."""
    given = {variable: new_value() for variable in (API, JWT, INTERNAL_API)}
    seen = child_sees(**given)
    stay = READS[version] | (set(given) if version is None else set())
    assert set(in_environment(seen)) == stay and set(in_cfg(cfg)) == READS[version]
    assert all(seen[variable] == given[variable] for variable in stay & set(given))


def test_a_variable_that_is_not_passed_on_is_named_with_the_version_and_what_told_it(child_sees, new_value):
    """Else an Airflow 3 that is taken for a 2.x runs without the JWT secret it was given, and no line says so."""
    given = {JWT: new_value(), WEBSERVER: new_value()}
    for way, words, variables in (
        ("--airflow-version", ["--airflow-version", "2.10.5"], {}),
        ("AIRFLOW_VERSION", [], {"AIRFLOW_VERSION": "2.10.5"}),
    ):
        said = child_sees(*words, **variables, **given).stderr
        assert f"fernit: the command does not get {JWT}: Airflow 2.10.5 ({way}) shows a value that it does not know\n" in said
        assert "fernit: hint: if this is another Airflow, set --airflow-version\n" in said and said.count("does not get") == 1
    for version in (NEW, ""):
        assert "does not get" not in child_sees(AIRFLOW_VERSION=version, **given).stderr


@pytest.mark.parametrize("where", ["variable", "airflow.cfg"])
def test_a_secret_of_the_backend_counts_only_under_a_name_that_airflow_asks_by(child_sees, store, write_cfg, cfg, where):
    """An older Airflow does not ask its backend for [api] secret_key: without a value each process would make up its own."""
    given = {f"{API}_SECRET": "path"} if where == "variable" else {}
    if where == "airflow.cfg":
        write_cfg("[api]\nsecret_key_secret = path\n")
    seen = child_sees(**given)
    agrees(seen, cfg, SECRET_KEY, kept(store)["secret_key"])
    assert f"{API}_SECRET" not in seen
    assert child_sees(AIRFLOW_VERSION="", **given).get(WEBSERVER) == (None if where == "variable" else seen[WEBSERVER])


# --- How the version is found

#: From the strongest word to the weakest.
WAYS = ["--airflow-version", "FERNIT_AIRFLOW_VERSION", "fernit.ini", "AIRFLOW_VERSION", "the installed package", "airflow.cfg"]


@pytest.fixture
def install(tmp_path):
    """install(package): as pip does, with the script `airflow`; the PATH that leads to it."""

    def make(package, python="python3.12/site-packages", venv="venv"):
        (tmp_path / venv / "lib" / python / package).mkdir(parents=True)
        (tmp_path / venv / "bin").mkdir(exist_ok=True)
        (tmp_path / venv / "bin" / "airflow").write_text("#!/bin/sh\n")
        return f"{tmp_path / venv / 'bin'}:/usr/bin:/bin"

    return make


@pytest.fixture
def tell(tmp_path, write_cfg, install):
    """tell(versions): says by each way which Airflow it is; fernit's options and the variables."""

    def say(versions):
        options, environment = [], {"AIRFLOW_VERSION": versions.get("AIRFLOW_VERSION")}
        if "--airflow-version" in versions:
            options = ["--airflow-version", versions["--airflow-version"]]
        environment["FERNIT_AIRFLOW_VERSION"] = versions.get("FERNIT_AIRFLOW_VERSION")
        if "fernit.ini" in versions:
            (tmp_path / "fernit.ini").write_text(f"[fernit]\nairflow_version = {versions['fernit.ini']}\n")
            environment["FERNIT_CONFIG"] = tmp_path / "fernit.ini"
        if "the installed package" in versions:
            environment["PATH"] = install(f"apache_airflow-{versions['the installed package']}.dist-info")
        if "airflow.cfg" in versions:
            write_cfg("[api]\nsecret_key = of a new Airflow\n")
        return options, environment

    return say


@pytest.mark.parametrize("first", range(len(WAYS)), ids=lambda at: WAYS[at])
def test_the_strongest_word_on_the_version_counts(child_sees, tell, first):
    """One after the other is left out; all that are weaker say something else."""
    told = dict.fromkeys(WAYS[first:], NEW) | ({WAYS[first]: OLD} if WAYS[first] != "airflow.cfg" else {})
    options, environment = tell(told)
    seen = child_sees("--deliver", "env", *options, **environment)
    assert set(in_environment(seen)) == READS[NEW if WAYS[first] == "airflow.cfg" else OLD]


@pytest.mark.parametrize("way", WAYS)
def test_status_and_verbose_say_the_version_and_where_it_is_from(fernit, tell, cfg, way):
    options, environment = tell({way: OLD})
    version = "3.0.2" if way == "airflow.cfg" else "2.11.2"
    found = {"airflow.cfg": str(cfg), "FERNIT_AIRFLOW_VERSION": "--airflow-version", "fernit.ini": "--airflow-version"}.get(way, way)
    assert json.loads(fernit("status", "--json", *options, **environment).stdout)["airflow"] == {"version": version, "from": found}
    assert re.search(rf"^Airflow +{version}, from {re.escape(found)}$", fernit("status", *options, **environment).stdout, re.MULTILINE)
    assert f"Airflow {version} reads ({found})" in fernit("run", "--verbose", *options, "true", **environment).stderr


def test_status_says_that_another_version_is_installed_than_the_variable_says(fernit, install):
    """pip has upgraded the Airflow of an image, whose variable stayed: the new one gets no JWT secret, and no start says so."""
    path = install(f"apache_airflow-{NEW}.dist-info")
    said = json.loads(fernit("status", "--json", AIRFLOW_VERSION=OLD, PATH=path).stdout)
    assert f"AIRFLOW_VERSION says Airflow {OLD}, but {NEW} is installed" in said["warnings"]
    assert f"correct the variable, or set --airflow-version {NEW}" in hints_of(said)
    for variables in ({"AIRFLOW_VERSION": NEW}, {"AIRFLOW_VERSION": ""}, {"AIRFLOW_VERSION": "3.1"}, {"AIRFLOW_VERSION": OLD, "FERNIT_AIRFLOW_VERSION": OLD},
                      {"AIRFLOW_VERSION": OLD, "FERNIT_MANAGE": "fernet_key"}):
        assert "is installed" not in fernit("status", PATH=path, **variables).stdout
    assert "is installed" not in fernit("status", AIRFLOW_VERSION=OLD).stdout


def test_status_says_that_no_version_was_found_and_what_tells_it(fernit):
    assert json.loads(fernit("status", "--json", AIRFLOW_VERSION=None).stdout)["airflow"] == {"version": "", "from": ""}
    assert "--airflow-version" in fernit("status", AIRFLOW_VERSION=None).stdout


@pytest.mark.parametrize("word", ["latest", "", "3", "v3.1.8", "stable-python3.12", "2.100"])
def test_a_variable_that_holds_no_version_is_passed_over(child_sees, install, word):
    seen = child_sees("--deliver", "env", AIRFLOW_VERSION=word, PATH=install(f"apache_airflow-{OLD}.dist-info"))
    assert set(in_environment(seen)) == READS[OLD] and seen["AIRFLOW_VERSION"] == word
    assert not warnings(seen)
    assert set(in_environment(child_sees("--deliver", "env", AIRFLOW_VERSION=word))) == READS[None]


@pytest.mark.parametrize("word", ["3.1.8rc1", "3.1", "3.1.8-python3.12", "3.1.8+astro.2", "3.1.0.dev0"])
def test_what_follows_a_version_does_not_matter(child_sees, word):
    assert set(in_environment(child_sees("--deliver", "env", AIRFLOW_VERSION=word))) == READS[NEW]


@pytest.mark.parametrize("way", WAYS[:3])
@pytest.mark.parametrize("word", ["latest", "3", "v3.1", "2.100.1"])
def test_a_wrong_word_of_ours_ends_the_run_with_an_example(fernit, tell, store, way, word):
    options, environment = tell({way: word})
    done = fernit("run", *options, "true", **environment)
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert re.search("airflow.version", done.stderr.lower()) and word in done.stderr and "2.10.5" in done.stderr
    assert not store.exists()


def test_an_empty_variable_of_ours_counts_as_unset_and_an_empty_option_is_a_mistake(fernit, child_sees):
    assert set(in_environment(child_sees(FERNIT_AIRFLOW_VERSION=""))) == READS[OLD]
    done = fernit("run", "--airflow-version", "", "true")
    assert done.returncode == 125 and errors(done) == ["fernit: error: --airflow-version needs a value"]


def test_found_is_the_word_for_looking(child_sees, install):
    environment = {"FERNIT_AIRFLOW_VERSION": NEW, "PATH": install(f"apache_airflow-{OLD}.dist-info"), "AIRFLOW_VERSION": None}
    assert set(in_environment(child_sees("--deliver", "env", "--airflow-version", "found", **environment))) == READS[OLD]


@pytest.mark.parametrize("package", [f"apache_airflow_core-{NEW}.dist-info", f"apache_airflow-{NEW}.dist-info", f"apache_airflow-{NEW}-py3.12.egg-info"])
@pytest.mark.parametrize("python", ["python3.12/site-packages", "python3/dist-packages"])
def test_the_installed_package_is_beside_the_command_that_the_path_leads_to(child_sees, install, tmp_path, package, python):
    install(package, python)
    install(f"apache_airflow-{OLD}.dist-info", venv="not on the PATH")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "airflow").symlink_to(tmp_path / "venv" / "bin" / "airflow")
    seen = child_sees("--deliver", "env", AIRFLOW_VERSION=None, PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    assert set(in_environment(seen)) == READS[NEW]


@pytest.mark.parametrize("names", [{API}, {API, JWT}, {API, INTERNAL_API}, {WEBSERVER, API}, {WEBSERVER}, {WEBSERVER, INTERNAL_API}, set()], ids=len)
def test_the_names_in_airflow_cfg_prove_a_new_airflow_alone(child_sees, new_value, write_cfg, names):
    """An old name may have outlived an upgrade."""
    write_cfg(config({variable: new_value() for variable in names}))
    expected = NEW if API in names and WEBSERVER not in names else None
    assert set(in_environment(child_sees("--deliver", "env", AIRFLOW_VERSION=None))) == READS[expected]


# --- An airflow.cfg that has more


@each_version
@pytest.mark.parametrize("words", [("run",), ("run", "--deliver", "cfg"), ("run", "--deliver", "env"), ("init",)], ids=" ".join)
def test_what_this_airflow_would_show_becomes_a_comment_and_then_nothing_more_is_written(fernit, tmp_path, store, cfg, with_all, version, words):
    before, stored = cfg.read_text(), kept(store)
    words = [*words, *(["true"] if words[0] == "run" else [])]
    done = fernit(*words)
    assert done.returncode == 0 and not warnings(done), done.stderr
    assert in_cfg(cfg) == {variable: with_all[variable] for variable in VARIABLES - SHOWS[version]}
    for section, option in map(PLACE.get, SHOWS[version]):
        assert f"[{section}] {option}" in done.stderr
    for variable in SHOWS[version]:
        assert f"# {PLACE[variable][1]} = {with_all[variable]}\n" in comments(cfg), "nothing is lost"
    assert kept(store) == stored
    assert re.sub(r"^# (\w+ =)", r"\1", cfg.read_text(), flags=re.MULTILINE) == before, "nothing else changed"

    after = listing(tmp_path)
    again = fernit(*words)
    assert (again.returncode, again.stderr) == (0, "") and listing(tmp_path) == after


@pytest.mark.parametrize("version", [OLD, NEW])
def test_a_value_that_nobody_else_has_is_in_the_store_before_it_becomes_a_comment(child_sees, store, write_cfg, new_value, version):
    values = {variable: new_value() for variable in SHOWS[version]}
    cfg = write_cfg(config(values))
    child_sees()
    assert not set(in_cfg(cfg)) & SHOWS[version] and SHOWS[version]
    for variable, value in values.items():
        assert value in kept(store).values() and value in comments(cfg)


@pytest.mark.parametrize("text", ["first,\n  second", "\n  first\n\n  second", "first\n# between\n\tsecond"])
@pytest.mark.parametrize("deliver", ["env,cfg", "env", "cfg"])
def test_a_value_of_several_lines_becomes_a_comment_as_a_whole(child_sees, put, new_value, write_cfg, text, deliver):
    value = new_value()
    put(SECRET_KEY, value)
    cfg = write_cfg(f"[api]\na = 1\nsecret_key = {text}\nb = 2\n[x]\ny = 1\n")
    seen = child_sees("--deliver", deliver)
    (said,) = warnings(seen)
    assert "[api] secret_key: the value has a line break in it" in said
    assert (seen.get(WEBSERVER), in_cfg(cfg).get(WEBSERVER)) == tuple(value if way in deliver else None for way in ("env", "cfg"))
    assert API not in seen and API not in in_cfg(cfg)
    assert "second" in comments(cfg) and "\na = 1\n" in cfg.read_text() and "\nb = 2\n" in cfg.read_text()
    assert child_sees("--deliver", deliver).stderr == ""


def test_a_placeholder_and_an_empty_option_show_nothing_and_stay(child_sees, put, new_value, write_cfg):
    put(SECRET_KEY, new_value())
    cfg = write_cfg("[api]\nsecret_key =\n[api_auth]\njwt_secret =\n")
    child_sees()
    assert "[api]\nsecret_key =\n" in cfg.read_text() and "[api_auth]\njwt_secret =\n" in cfg.read_text()


@pytest.mark.parametrize("version, section", [(OLD, "webserver"), (NEW, "api")])
def test_a_secret_in_default_is_shown_under_every_other_section_and_warned_of(fernit, child_sees, write_cfg, new_value, version, section):
    """fernit does not take it out: %(secret_key)s of another option may refer to it."""
    value, text = new_value(), f"[DEFAULT]\nsecret_key = %s\n[{section}]\nx = 1\n"
    write_cfg(text % value)
    strict = fernit("run", "--strict", "true", AIRFLOW_VERSION=version)
    assert strict.returncode == 125 and "in [DEFAULT]" in strict.stderr and value not in strict.stderr
    seen = child_sees(AIRFLOW_VERSION=version)
    (said,) = [said for said in warnings(seen) if "[DEFAULT]" in said]
    assert f"[{section}] secret_key is in [DEFAULT], and Airflow shows it under every other section" in said
    assert f"fernit: hint: move it from [DEFAULT] to [{section}]\n" in seen.stderr
    write_cfg(text % value + f"secret_key = {value}\n")
    seen = child_sees(AIRFLOW_VERSION=version)
    assert warnings(seen) == [said] and f"fernit: hint: remove it from [DEFAULT]: the one in [{section}] is used\n" in seen.stderr
    write_cfg(f"[{section}]\nsecret_key = {value}\n")
    assert not warnings(child_sees(AIRFLOW_VERSION=version)), "the hint helps"


# --- A file that cannot be replaced


@pytest.fixture
def bound(namespace, cfg, tmp_path, with_all):
    """bound(*options): airflow.cfg with all names is a bind mount; the file behind it."""

    def make(*options):
        real = tmp_path / "on the host.cfg"
        real.write_text(cfg.read_text())
        real.chmod(0o600)
        bind(namespace, real, cfg, *options)
        return real

    return make


@pytest.mark.parametrize("options", [(), ("ro",)], ids=["writable", "read-only"])
@pytest.mark.parametrize("deliver", ["env", "env,cfg"])
@pytest.mark.parametrize("version", [OLD, NEW])
def test_where_the_environment_delivers_a_bind_mount_stays_as_it_is_with_a_warning(
    child_sees, namespace, bound, cfg, with_all, version, options, deliver
):
    real = bound(*options)
    before = listing(real)
    seen = child_sees("--deliver", deliver, prefix=namespace.prefix)
    (said,), (hint, way) = warnings(seen), hints(seen)
    assert said.startswith(f"fernit: warning: shown-secret: {cfg}: ") and listing(real) == before
    assert way == "fernit: hint: or " + ("mount it writable" if options else "give --deliver cfg: fernit then writes into the mounted file")
    assert f": Airflow {version} (AIRFLOW_VERSION) shows a value that it does not know" in said and "remove it" in hint
    for section, option in map(PLACE.get, SHOWS[version]):
        assert f"[{section}] {option}" in said
    assert in_environment(seen) == {variable: with_all[variable] for variable in READS[version]}


def test_the_warning_has_an_id_for_programs(fernit, namespace, bound):
    bound()
    done = fernit("run", "--log-format", "json", "true", prefix=namespace.prefix)
    assert [json.loads(line).get("id") for line in done.stderr.splitlines()] == ["shown-secret"]


def test_strict_refuses_a_secret_that_would_stay_shown(fernit, namespace, bound, cfg):
    bound()
    for words in (("run", "--strict", "echo", "ran"), ("run", "--deliver", "env", "--strict", "echo", "ran")):
        done = fernit(*words, prefix=namespace.prefix)
        assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
        assert str(cfg) in errors(done)[0] and "--strict" in errors(done)[0] and "[api] secret_key" in errors(done)[0]


@pytest.mark.parametrize("words", [("init",), ("run", "--deliver", "cfg", "true"), ("run", "--deliver", "cfg", "--strict", "true")], ids=" ".join)
def test_a_bind_mount_that_alone_delivers_is_cleaned_in_place(fernit, namespace, bound, with_all, words):
    real = bound()
    inode = real.stat().st_ino
    done = fernit(*words, prefix=namespace.prefix)
    assert done.returncode == 0 and not warnings(done), done.stderr
    assert in_cfg(real) == {variable: with_all[variable] for variable in READS[OLD]} and real.stat().st_ino == inode
    assert fernit(*words, prefix=namespace.prefix).stderr == ""


# --- From one version to another


def test_an_upgrade_and_the_way_back_on_one_store_and_one_airflow_cfg(child_sees, store, cfg):
    value, values = None, {}
    for version in (OLD, NEW, OLD, NEW):
        seen = child_sees(AIRFLOW_VERSION=version)
        assert not warnings(seen), seen.stderr
        value = value or kept(store)["secret_key"]
        agrees(seen, cfg, SECRET_KEY, value)
        assert not set(in_cfg(cfg)) & SHOWS[version] and not set(in_environment(seen)) & SHOWS[version]
        assert READS[version] <= set(in_cfg(cfg)) and READS[version] <= set(in_environment(seen))
        values = {**kept(store), **values}
        assert kept(store) == values, "what one version does not read waits for the next"
        assert child_sees(AIRFLOW_VERSION=version).stderr == ""
    assert len(values) == 4


def test_each_step_of_an_upgrade_says_what_it_did_to_the_file(child_sees, cfg):
    child_sees(AIRFLOW_VERSION=OLD)
    said = child_sees(AIRFLOW_VERSION=NEW).stderr
    assert f"wrote the secrets into {cfg}" in said and "commented out [core] internal_api_secret_key in" in said
    assert f": Airflow {NEW} (AIRFLOW_VERSION) shows a value that it does not know\n" in said
    said = child_sees(AIRFLOW_VERSION=OLD).stderr
    assert f"wrote the secrets into {cfg}" in said and "commented out [api] secret_key, [api_auth] jwt_secret in" in said


def test_a_file_that_two_versions_share_does_not_grow(child_sees, cfg):
    texts = []
    for version in (OLD, NEW) * 3:
        child_sees(AIRFLOW_VERSION=version)
        texts.append(cfg.read_text())
    assert texts[2:4] == texts[4:], "each has its comments, and they are there once"
    assert texts[4].count("# secret_key = ") == texts[4].count("# jwt_secret = ") == 1


def test_what_is_hidden_first_does_not_hide_that_the_rest_is_written(child_sees, write_cfg, put, new_value):
    """[api_auth] comes before [core] internal_api_secret_key in what fernit looks at."""
    values = {FERNET: new_key(), WEBSERVER: new_value(), JWT: new_value()}
    for secret in (FERNET_KEY, SECRET_KEY, JWT_SECRET):
        put(secret, values[secret.variables[0]])
    cfg = write_cfg(config(values))
    cfg.chmod(0o644)
    said = child_sees().stderr
    assert f"wrote the secrets into {cfg}" in said and "commented out [api_auth] jwt_secret in" in said and "chmod o-r" in said
    assert set(in_cfg(cfg)) == READS[OLD]


def test_a_value_of_one_s_own_under_the_new_name_is_the_old_airflow_s_too(child_sees, cfg, store, new_value):
    value = new_value()
    seen = child_sees(AIRFLOW__API__SECRET_KEY=value)
    assert seen[WEBSERVER] == in_cfg(cfg)[WEBSERVER] == kept(store)["secret_key"] == value
    assert API not in seen and API not in in_cfg(cfg)


@pytest.mark.parametrize("version", ["3.0.2", NEW, "3.3.2"])
@pytest.mark.parametrize("there", [False, True], ids=["it was not there", "it was there"])
def test_a_new_airflow_gets_the_old_name_in_step_only_where_it_was(child_sees, store, write_cfg, cfg, put, new_value, version, there):
    old, value = new_value(), new_value()
    put(SECRET_KEY, value)
    write_cfg(config({WEBSERVER: old} if there else {}))
    seen = child_sees(**({WEBSERVER: value} if there else {}))
    expected = value if there else None
    assert (seen.get(WEBSERVER), in_cfg(cfg).get(WEBSERVER)) == (expected, expected)
    assert (seen[API], in_cfg(cfg)[API]) == (value, value)
    assert not (set(in_environment(seen)) | set(in_cfg(cfg))) & SHOWS[version]


def test_what_is_not_managed_is_left_alone_even_if_airflow_shows_it(child_sees, cfg, with_all, new_value):
    given = {API: new_value(), JWT: new_value()}
    before = cfg.read_text()
    seen = child_sees("--manage", "fernet_key,internal_api_secret_key", **given)
    assert cfg.read_text() == before and {name: seen[name] for name in given} == given
    child_sees("--manage", "jwt_secret")
    assert set(in_cfg(cfg)) == VARIABLES - {JWT}


# --- What status says is what a run does

STATES = ["nothing", "right", "all names", "all but internal", "only shown"]


@pytest.mark.parametrize(("version", "state", "deliver"), list(itertools.product(READS, STATES, ["env,cfg", "env", "cfg"])), ids=str)
def test_status_says_what_a_run_then_does(fernit, child_sees, tmp_path, cfg, with_all, version, state, deliver):
    names = {
        "nothing": None,
        "right": READS[version],
        "all names": VARIABLES,
        "all but internal": VARIABLES - {INTERNAL_API},
        # [api] secret_key alone would tell the version.
        "only shown": {INTERNAL_API} if version is None else SHOWS[version],
    }[state]
    cfg.unlink() if names is None else cfg.write_text(config({variable: with_all[variable] for variable in names}))
    before = listing(tmp_path)
    done = fernit("status", "--json", "--deliver", deliver)
    assert done.returncode == 0 and listing(tmp_path) == before
    said = json.loads(done.stdout)["airflow_cfg"]["state"]

    text = cfg.read_text() if cfg.exists() else None
    seen = child_sees("--deliver", deliver)
    stderr = seen.stderr
    assert not (set(in_environment(seen)) | set(in_cfg(cfg))) & SHOWS[version]
    assert ("comments out what this Airflow would show" in said) == ("commented out [" in stderr) == bool(names and names & SHOWS[version]), said
    assert (" sets " in said) == ("wrote the secrets into" in stderr), said
    assert ("would be created" in said) == ("created " + str(cfg) in stderr), said
    assert (text != (cfg.read_text() if cfg.exists() else None)) == ("would be" in said), said


def test_status_says_which_secret_nobody_reads(fernit, put, store, new_value):
    put(INTERNAL, new_value())
    done = fernit("status", "--json", AIRFLOW_VERSION="2.9.3")
    verdicts = {row["name"]: row["verdict"] for row in json.loads(done.stdout)["secrets"]}
    assert verdicts == {"secret_key": "generate", "jwt_secret": "none", "internal_api_secret_key": "use"}
    assert "not delivered: this Airflow does not read it" in fernit("status", AIRFLOW_VERSION="2.9.3").stdout
    assert fernit("run", "true", AIRFLOW_VERSION="2.9.3").returncode == 0
    assert set(kept(store)) == {"fernet_key", "secret_key", "internal_api_secret_key"}


@pytest.mark.parametrize("strict", [False, True])
def test_status_says_that_a_secret_would_stay_shown(fernit, namespace, airflow_home, with_all, strict):
    bind(namespace, airflow_home, airflow_home, "ro")
    options = ["--strict"] if strict else []
    done = fernit("status", "--json", *options, prefix=namespace.prefix)
    report = json.loads(done.stdout)
    assert any("cannot take out [api] secret_key" in text for text in report["problems" if strict else "warnings"]), report
    assert (done.returncode, report["verdict"]) == ((1, "refuse") if strict else (0, "use"))
    assert fernit("run", *options, "true", prefix=namespace.prefix).returncode == (125 if strict else 0)
