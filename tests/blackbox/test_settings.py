"""Settings: a flag beats the environment beats fernit.ini beats the default, for every option alike."""
import itertools
import stat
import time

import pytest

from conftest import errors, fingerprint, hints, listing, new_key, notices, warnings
from keys import new_key


@pytest.fixture
def ini(tmp_path):
    """ini(text): a settings file; its path."""

    def write(text):
        path = tmp_path / "fernit.ini"
        path.write_text(text)
        return path

    return write


# --- Whose word counts

LEVELS = ["flag", "environment", "ini"]
SUBSETS = [subset for size in range(4) for subset in itertools.combinations(LEVELS, size)]


def run_with(fernit, ini, option, values, words=("true",), **environment):
    """A run with the option set at the levels that `values` names."""
    name = option.upper().replace("-", "_")
    flags = [f"--{option}", values["flag"]] if "flag" in values else []
    text = f"[fernit]\n{option.replace('-', '_')} = {values['ini']}\n" if "ini" in values else "[fernit]\n"
    environment = {"FERNIT_CONFIG": ini(text), **environment, f"FERNIT_{name}": values.get("environment")}
    return fernit("run", *flags, "--", *words, **environment)


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_the_strongest_word_on_the_store_counts(fernit, ini, tmp_path, namespace, subset):
    default = namespace.tmpfs("/var/lib") / "fernit"
    values = {level: tmp_path / f"store-{level}" for level in subset}
    flags = ["--store", values["flag"]] if "flag" in values else []
    text = f"[fernit]\nstore = {values['ini']}\n" if "ini" in values else ""
    done = fernit("run", *flags, "true", prefix=namespace.prefix, FERNIT_CONFIG=ini(text), FERNIT_STORE=values.get("environment"))
    assert done.returncode == 0
    places = [default, *(tmp_path / f"store-{level}" for level in LEVELS)]
    expected = values[subset[0]] if subset else default
    assert [place for place in places if place.exists()] == [expected]
    assert (expected / "fernet_key").exists()


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_the_strongest_word_on_the_mode_counts(fernit, ini, store, subset):
    values = dict(zip(subset, ["0640", "0660", "0600"]))
    assert run_with(fernit, ini, "store-mode", values).returncode == 0
    expected = int(values[subset[0]] if subset else "0600", 8)
    assert stat.S_IMODE((store / "fernet_key").stat().st_mode) == expected
    assert stat.S_IMODE(store.stat().st_mode) == expected | (expected & 0o444) >> 2


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_the_strongest_word_on_the_delivery_counts(fernit, ini, cfg, subset):
    values = dict(zip(subset, ["cfg", "env", "env,cfg"]))
    done = run_with(fernit, ini, "deliver", values, words=["sh", "-c", "echo ${AIRFLOW__CORE__FERNET_KEY:+given}"])
    expected = values[subset[0]] if subset else "env,cfg"
    assert (done.stdout == "given\n") == ("env" in expected)
    assert cfg.exists() == ("cfg" in expected)


@pytest.mark.parametrize("subset", SUBSETS[1:], ids="+".join)
def test_the_strongest_word_on_a_deadline_counts(fernit, ini, subset):
    values = dict.fromkeys(subset, "1h")
    values[subset[0]] = "100ms"
    start = time.monotonic()
    done = run_with(fernit, ini, "cmd-timeout", values, AIRFLOW__CORE__FERNET_KEY_CMD="sleep 100")
    assert done.returncode == 125
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_the_strongest_word_on_quiet_counts(fernit, ini, subset):
    values = dict.fromkeys(subset, "no")
    if subset:
        values[subset[0]] = "yes"
    flags = [f"--quiet={values['flag']}"] if "flag" in values else []
    text = f"[fernit]\nquiet = {values['ini']}\n" if "ini" in values else ""
    done = fernit("run", *flags, "true", FERNIT_CONFIG=ini(text), FERNIT_QUIET=values.get("environment"))
    assert done.returncode == 0
    assert (done.stderr == "") == bool(subset)


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
def test_the_strongest_word_on_an_ephemeral_store_counts(fernit, ini, namespace, tmp_path, subset):
    (tmp_path / "memory").mkdir()
    namespace.tmpfs(tmp_path / "memory")
    values = dict.fromkeys(subset, "no")
    if subset:
        values[subset[0]] = "yes"
    flags = [f"--allow-ephemeral={values['flag']}"] if "flag" in values else []
    text = f"[fernit]\nallow_ephemeral = {values['ini']}\n" if "ini" in values else ""
    variables = {"FERNIT_STORE": tmp_path / "memory" / "store", "FERNIT_ALLOW_EPHEMERAL": values.get("environment")}
    done = fernit("run", *flags, "true", prefix=namespace.prefix, FERNIT_CONFIG=ini(text), **variables)
    assert done.returncode == (0 if subset else 125), done.stderr
    assert ("--allow-ephemeral" in done.stderr) == (not subset)


def test_the_flag_names_another_settings_file_than_the_environment(fernit, tmp_path, ini):
    (tmp_path / "other.ini").write_text(f"[fernit]\nstore = {tmp_path}/other\n")
    path = ini(f"[fernit]\nstore = {tmp_path}/one\n")
    done = fernit("run", "--config", tmp_path / "other.ini", "true", FERNIT_CONFIG=path, FERNIT_STORE=None)
    assert done.returncode == 0
    assert (tmp_path / "other").exists() and not (tmp_path / "one").exists()


def test_the_default_settings_file_is_read(fernit, namespace, tmp_path):
    (namespace.tmpfs("/etc") / "fernit.ini").write_text(f"[fernit]\nstore = {tmp_path}/elsewhere\n")
    assert fernit("run", "true", prefix=namespace.prefix, FERNIT_STORE=None).returncode == 0
    assert (tmp_path / "elsewhere" / "fernet_key").exists()


def test_a_missing_default_settings_file_is_no_error(fernit, namespace):
    namespace.tmpfs("/etc")
    assert warnings(fernit("run", "true", prefix=namespace.prefix)) == []


# --- How an option is written


def test_a_value_follows_or_stands_behind_an_equals_sign(fernit, tmp_path):
    assert fernit("run", "--store", tmp_path / "a", "--deliver", "env", "true").returncode == 0
    assert fernit("run", f"--store={tmp_path}/b=c", "--deliver=env", "true").returncode == 0
    assert (tmp_path / "a" / "fernet_key").exists() and (tmp_path / "b=c" / "fernet_key").exists()


def test_of_two_the_later_counts(fernit, tmp_path):
    assert fernit("run", "--store", tmp_path / "a", "--store", tmp_path / "b", "true").returncode == 0
    assert not (tmp_path / "a").exists() and (tmp_path / "b").exists()


@pytest.mark.parametrize("command", [["init"], ["status"], ["key", "print"], ["key", "check"], ["key", "fingerprint"]])
def test_the_other_commands_take_the_store_as_a_run_does(fernit, tmp_path, command):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "fernet_key").write_text(new_key() + "\n")
    (tmp_path / "other" / "fernet_key").chmod(0o600)
    assert fernit(*command, "--store", tmp_path / "other").returncode == 0


# --- Booleans

YES = ["1", "true", "yes", "on", "TRUE", "Yes", "On"]
NO = ["0", "false", "no", "off", "FALSE", "No", "Off"]


@pytest.mark.parametrize("word", YES + NO)
def test_booleans_have_eight_words(fernit, word):
    for options, variable in ([f"--quiet={word}"], None), ([], word):
        done = fernit("run", *options, "true", FERNIT_QUIET=variable, FERNET_KEY="")
        assert done.returncode == 0
        assert (done.stderr == "") == (word in YES)


@pytest.mark.parametrize("word", ["2", "y", "maybe", "tru", "yes ", "-1"])
def test_what_is_no_boolean_is_an_error_that_shows_it(fernit, store, word):
    for done in (fernit("run", "true", FERNIT_QUIET=word), fernit("run", f"--quiet={word}", "true")):
        assert done.returncode == 125
        assert word.strip() in done.stderr
        assert "quiet" in done.stderr.lower()
    assert not store.exists()


def test_a_flag_takes_no_word_behind_it(fernit):
    assert fernit("run", "--quiet", "echo", "yes").stdout == "yes\n"


# --- Durations


@pytest.mark.parametrize("text", ["0", "1ms", "500ms", "10s", "2m", "1h", "24h", "0s"])
def test_durations(fernit, stored, text):
    stored(new_key())
    assert fernit("run", "--lock-timeout", text, "--cmd-timeout", text, "true").returncode == 0


NO_DURATIONS = ["10", "s", "-1s", "1 s", "10sec", "1.5s", "1d", "25h", "99999999999999999999s", "10S", "0x5s", ""]


@pytest.mark.parametrize("text", NO_DURATIONS)
def test_what_is_no_duration_is_an_error(fernit, store, text):
    done = fernit("run", f"--cmd-timeout={text}", "true")
    assert done.returncode == 125
    assert len(errors(done)) == 1 and "--cmd-timeout" in errors(done)[0]
    assert not store.exists()


def test_a_deadline_of_zero_ends_a_command_at_once(fernit):
    assert fernit("run", "--cmd-timeout", "0", "true", AIRFLOW__CORE__FERNET_KEY_CMD="sleep 100", timeout=60).returncode == 125


# --- Other values

BAD_VALUES = [
    ("--store-mode", "0777"),
    ("--store-mode", "0644"),
    ("--store-mode", "0x180"),
    ("--store-mode", "rw"),
    ("--store-mode", "-0600"),
    ("--deliver", "file"),
    ("--deliver", "none"),
    ("--deliver", ""),
    ("--store", ""),
    ("--store", "vault:secret/airflow#key"),
    ("--store", "aws-sm:airflow"),
    ("--store", "k8s:airflow#key"),
    ("--config", "/no/such/file"),
    ("--config", "/"),
    ("--config", ""),
    ("--secret-file", ""),
    ("--secret-file", "/no/such/file"),
    ("--on-change", "kep"),
    ("--on-change", "keep,stage"),
    ("--on-change", "off"),
    ("--on-change", ""),
    ("--manage", "fernet-key"),
    ("--manage", "fernet_key,,secret_key"),
    ("--manage", "none"),
    ("--manage", ""),
    ("--strict", "perhaps"),
    ("--log-format", "xml"),
    ("--log-format", ""),
]


@pytest.mark.parametrize("option, value", BAD_VALUES)
def test_a_bad_value_is_an_error_that_names_the_option(fernit, tmp_path, option, value):
    done = fernit("run", f"{option}={value}", "true")
    assert done.returncode == 125
    assert len(errors(done)) == 1
    assert option in errors(done)[0] or (value and value in errors(done)[0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option, value", [pair for pair in BAD_VALUES if pair[1]])
def test_a_bad_value_of_the_environment_is_an_error_that_names_the_variable(fernit, tmp_path, option, value):
    name = "FERNIT_" + option.strip("-").upper().replace("-", "_")
    done = fernit("run", "true", **{name: value})
    assert done.returncode == 125
    assert len(errors(done)) == 1
    assert name in errors(done)[0] or value in errors(done)[0]
    assert list(tmp_path.iterdir()) == []


def test_a_bad_value_of_a_weaker_source_does_not_matter(fernit, ini):
    path = ini("[fernit]\nstore_mode = 0777\n")
    done = fernit("run", "--store-mode", "0600", "true", FERNIT_STORE_MODE="0666", FERNIT_CONFIG=path)
    assert done.returncode == 0


MODES = ["0600", "0640", "0660", "600", "640", "660"]


@pytest.mark.parametrize("mode", MODES)
def test_modes(fernit, store, mode):
    assert fernit("run", "--store-mode", mode, "true").returncode == 0
    assert stat.S_IMODE((store / "fernet_key").stat().st_mode) == int(mode, 8)


# --- fernit.ini

BAD_INI = {
    "an unknown key": ("[fernit]\nstroe = /x\n", ["line 2", "stroe", "store"]),
    "a key with dashes that is unknown": ("[fernit]\n\ncmd-timout = 1s\n", ["line 3", "cmd-timeout"]),
    "another section": ("[fernet]\nstore = /x\n", ["line 2", "[fernit]"]),
    "the section of Airflow": ("[core]\nfernet_key = x\n", ["line 2", "[fernit]"]),
    "a key for the command line": ("[fernit]\nconfig = /x\n", ["line 2", "config"]),
    "a bad value": ("[fernit]\ncmd_timeout = soon\n", ["cmd-timeout"]),
    "a bad boolean": ("[fernit]\nquiet = perhaps\n", ["quiet", "perhaps"]),
    "text before a section": ("store = /x\n", ["line 1"]),
    "a line without =": ("[fernit]\nstore\n", ["line 2"]),
    "an option twice": ("[fernit]\nstore = /x\nstore = /y\n", ["line 3"]),
    "a section twice": ("[fernit]\nstore = /x\n[fernit]\nquiet = 1\n", ["line 3"]),
    "an option that was never built": ("[fernit]\nresolve = yes\n", ["line 2", "not a setting"]),
    "NUL bytes": ("[fernit]\nstore = /x\0y\n", ["fernit.ini"]),
}


@pytest.mark.parametrize("text, says", BAD_INI.values(), ids=BAD_INI.keys())
def test_a_fault_in_fernit_ini_is_an_error_that_names_file_and_place(fernit, ini, store, text, says):
    path = ini(text)
    done = fernit("run", "true", FERNIT_CONFIG=path)
    assert done.returncode == 125
    assert len(errors(done)) == 1
    for words in [str(path), *says]:
        assert words in " ".join([errors(done)[0], *hints(done)])
    assert not store.exists()


def test_fernit_ini_has_comments_both_dashes_and_underscores_and_continuations(fernit, ini, tmp_path):
    keys = [new_key(), new_key()]
    for name, key in zip("ab", keys):
        (tmp_path / name).write_text(key)
    path = ini(f"# one\n[fernit]\n; two\nstore-mode = 0640\nsecret_file = {tmp_path}/a,\n    {tmp_path}/b\n")
    done = fernit("key", "print", FERNIT_CONFIG=path)
    assert done.stdout == keys[0] + "\n"
    assert len(warnings(done)) == 1


def test_an_empty_fernit_ini_is_fine(fernit, ini):
    assert fernit("run", "true", FERNIT_CONFIG=ini("")).returncode == 0


def test_a_huge_fernit_ini_is_refused(fernit, ini, store):
    assert fernit("run", "true", FERNIT_CONFIG=ini("# comment\n" * 10_000)).returncode == 125
    assert not store.exists()


# --- Variables that are no settings

LINKS = [
    "FERNIT_PORT",
    "FERNIT_PORT_80_TCP",
    "FERNIT_PORT_80_TCP_ADDR",
    "FERNIT_PORT_80_TCP_PORT",
    "FERNIT_PORT_80_TCP_PROTO",
    "FERNIT_PORT_53_UDP",
    "FERNIT_SERVICE_HOST",
    "FERNIT_SERVICE_PORT",
    "FERNIT_SERVICE_PORT_HTTP",
    "FERNIT_STORE_SERVICE_HOST",
    "FERNIT_STORE_PORT",
    "FERNIT_STORE_PORT_8200_TCP_ADDR",
    "FERNIT_TEST_DATA",
    "FERNIT_TEST_",
]


@pytest.mark.parametrize("name", LINKS)
def test_what_others_call_fernit_is_passed_over_in_silence(fernit, name):
    done = fernit("run", "--allow-ephemeral", "true", **{name: "tcp://10.0.0.1:80"})
    assert done.returncode == 0
    assert warnings(done) == []


UNKNOWN = {
    "FERNIT_STROE": "FERNIT_STORE",
    "FERNIT_STORE_DIR": "FERNIT_STORE",
    "FERNIT_CMD_TIMEOT": "FERNIT_CMD_TIMEOUT",
    "FERNIT_QUITE": "FERNIT_QUIET",
    "FERNIT_ON_CHNAGE": "FERNIT_ON_CHANGE",
    "FERNIT_SECRET_FILES": "FERNIT_SECRET_FILE",
    "FERNIT_TESTS": None,
    "FERNIT_": None,
    "FERNIT_store": "FERNIT_STORE",
    "FERNIT_FOO": None,
}


@pytest.mark.parametrize("name, nearest", UNKNOWN.items(), ids=UNKNOWN.keys())
def test_an_unknown_variable_is_a_warning_that_names_the_nearest(fernit, name, nearest):
    done = fernit("run", "true", **{name: "hunter2hunter2"})
    assert done.returncode == 0
    assert len(warnings(done)) == 1
    assert warnings(done) == [f"fernit: warning: unknown-variable: {name} is ignored: it is not a setting of fernit"]
    assert [hint for hint in hints(done) if "mean" in hint] == ([f"fernit: hint: did you mean {nearest}?"] if nearest else [])
    assert "hunter2" not in done.stderr, "it may be a secret"


def test_an_empty_variable_is_unset(fernit, namespace):
    default = namespace.tmpfs("/var/lib") / "fernit"
    empty = ["STORE", "STORE_MODE", "DELIVER", "CONFIG", "CMD_TIMEOUT", "QUIET", "SECRET_FILE", "ON_CHANGE", "GRACE", "INIT"]
    done = fernit("run", "true", prefix=namespace.prefix, **{f"FERNIT_{name}": "" for name in empty})
    assert done.returncode == 0
    assert warnings(done) == []
    assert stat.S_IMODE((default / "fernet_key").stat().st_mode) == 0o600


# --- Quiet and verbose


@pytest.fixture
def lines(fernit, ini, stored):
    """How much a steady start with something to warn of says: quiet, normal or verbose."""
    stored(new_key())

    def run(*flags, text="", **environment):
        done = fernit("run", *flags, "true", FERNIT_CONFIG=ini(text), FERNET_KEY="", **environment)
        assert done.returncode == 0
        if not done.stderr:
            return "quiet"
        return "verbose" if notices(done) else "normal"

    assert run() != "quiet"
    assert run() == "normal"
    return run


LOUDNESS = [
    ([], {}, "", "normal"),
    (["--quiet"], {}, "", "quiet"),
    (["--verbose"], {}, "", "verbose"),
    (["--quiet", "--verbose"], {}, "", "verbose"),
    (["--verbose", "--quiet"], {}, "", "quiet"),
    (["--verbose", "--quiet", "--verbose"], {}, "", "verbose"),
    (["--quiet", "--verbose=no"], {}, "", "quiet"),
    (["--quiet=no"], {"FERNIT_QUIET": "1"}, "", "normal"),
    (["--verbose"], {"FERNIT_QUIET": "1"}, "", "verbose"),
    (["--quiet"], {"FERNIT_VERBOSE": "1"}, "", "quiet"),
    ([], {"FERNIT_QUIET": "1"}, "verbose = 1", "quiet"),
    ([], {"FERNIT_VERBOSE": "1"}, "quiet = 1", "verbose"),
    (["--verbose"], {}, "quiet = 1", "verbose"),
    ([], {}, "quiet = 1\nverbose = 1", "verbose"),
    ([], {}, "verbose = 1\nquiet = 1", "quiet"),
    (["--verbose=off"], {"FERNIT_VERBOSE": "1"}, "", "normal"),
]


@pytest.mark.parametrize("flags, environment, text, expected", LOUDNESS)
def test_the_stronger_source_says_how_loud_and_within_one_the_later(lines, flags, environment, text, expected):
    assert lines(*flags, text=f"[fernit]\n{text}\n", **environment) == expected


def test_quiet_still_tells_errors(fernit):
    assert len(errors(fernit("run", "--quiet", "true", FERNET_KEY="x"))) == 1


@pytest.mark.parametrize("flags", [[], ["--verbose"]])
def test_verbose_tells_no_secret(fernit, stored, flags):
    """The fixture looks through every line."""
    stored(new_key())
    assert fernit("run", *flags, "true", FERNET_KEY=new_key(), AIRFLOW__CORE__FERNET_KEY=new_key()).returncode == 0


# --- What a key from outside does, and what is managed


@pytest.fixture(params=["flag", "environment", "ini"])
def given(request, fernit, ini):
    """given(option, value): a run with it, told in one of three ways."""

    def run(option, value):
        name = option.replace("-", "_")
        if request.param == "flag":
            return fernit("run", f"--{option}={value}", "true")
        if request.param == "environment":
            return fernit("run", "true", **{f"FERNIT_{name.upper()}": value})
        return fernit("run", "true", FERNIT_CONFIG=ini(f"[fernit]\n{name} = {value}\n"))

    return run


WORDS = [
    *[("on-change", word) for word in ("keep", "stage", "refuse", "replace")],
    *[("manage", words) for words in ("fernet_key", "jwt_secret", "secret_key,fernet_key", "fernet_key,secret_key,jwt_secret,internal_api_secret_key")],
    *[("strict", word) for word in ("yes", "no", "on", "off", "1", "0", "true", "false")],
    *[("log-format", word) for word in ("text", "json")],
]


@pytest.mark.parametrize("option, value", WORDS)
def test_words_of_options(given, option, value):
    assert given(option, value).returncode == 0


# --- Repeatable ones


def test_secret_files_of_a_flag_take_the_place_of_the_variables(fernit, tmp_path):
    keys = {name: new_key() for name in "abc"}
    for name, key in keys.items():
        (tmp_path / name).write_text(key)
    done = fernit("key", "print", "--secret-file", tmp_path / "b", FERNIT_SECRET_FILE=f"{tmp_path}/a,{tmp_path}/c")
    assert done.stdout == keys["b"] + "\n"
    assert warnings(done) == []


def test_a_repeatable_variable_is_a_comma_list(fernit, tmp_path):
    keys = {name: new_key() for name in "ab"}
    for name, key in keys.items():
        (tmp_path / name).write_text(key)
    done = fernit("key", "print", FERNIT_SECRET_FILE=f"{tmp_path}/b, {tmp_path}/a")
    assert done.stdout == keys["b"] + "\n"
    assert len(warnings(done)) == 1


def test_every_file_of_the_list_must_be_there(fernit, tmp_path, store):
    (tmp_path / "a").write_text(new_key())
    done = fernit("run", "true", FERNIT_SECRET_FILE=f"{tmp_path}/missing,{tmp_path}/a")
    assert done.returncode == 125
    assert f"{tmp_path}/missing" in errors(done)[0]
    assert not store.exists()


def test_a_path_with_blanks_may_stand_in_the_list(fernit, tmp_path):
    key = new_key()
    (tmp_path / "my secret").write_text(key)
    assert fernit("key", "print", FERNIT_SECRET_FILE=f"{tmp_path}/my secret").stdout == key + "\n"


@pytest.mark.parametrize("words", [("--store", "--strict", "true"), ("--secret-file", "-", "true"), ("--grace", "-1s", "true")])
def test_a_value_that_begins_with_a_dash_needs_an_equals_sign(fernit, tmp_path, words):
    """--store without its value would take the next option, or the end of the options, for it."""
    before = listing(tmp_path)
    done = fernit("run", *words)
    assert done.returncode == 125 and listing(tmp_path) == before
    assert errors(done) == [f"fernit: error: {words[0]} needs a value"]
    assert f'a value that begins with "-" needs "=": {words[0]}=' in hints(done)[0]


def test_a_value_that_begins_with_a_dash_is_taken_behind_an_equals_sign(fernit, tmp_path):
    (tmp_path / "-key").write_text(key := new_key())
    done = fernit("key", "fingerprint", "--secret-file=-key")
    assert (done.returncode, done.stdout) == (0, fingerprint(key) + "\n")
