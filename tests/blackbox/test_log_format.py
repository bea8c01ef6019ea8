"""--log-format json: every line of fernit's is one object with just the documented keys, whatever goes wrong."""
import collections
import datetime
import json
import os
import re
import signal
import time

import pytest

from conftest import errors, new_key
from inits import children_of
from system import Trace, bind

KEYS = ["time", "level", "message"]
KEYS_WITH_ID = ["time", "level", "id", "message"]
LEVELS = {"error", "warning", "notice", "detail"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
STRANGE = b'/quote" back\\slash {"level":"error"}\n\r\t\x01\x1b[2J\x7f\xff\xc3 \xc3\xa9 \xe2\x80\xa8\xc2\x85end'


def objects(text):
    """The lines of a log; each must be an object as documented."""
    assert text == "" or text.endswith("\n")
    found = []
    for line in text.splitlines():
        assert all(" " <= letter != "\x7f" for letter in line), line
        entry = json.loads(line)
        keys = KEYS_WITH_ID if entry["level"] in ("error", "warning") else KEYS
        assert list(entry) == [*keys, *(["hint"] if "hint" in entry else [])], line
        texts = [*(value for key, value in entry.items() if key != "hint"), *entry.get("hint", ["."])]
        assert texts[-1] and all(isinstance(text, str) for text in texts), line
        assert entry["level"] in LEVELS and TIME.fullmatch(entry["time"]), line
        found.append(entry)
    return found


@pytest.fixture
def logged(fernit):
    """logged(*words, status=0, **env): runs fernit with FERNIT_LOG_FORMAT=json; the objects that it logs.

    Where a key has to be made it may be, whatever the test's directory lies on.
    """

    def run(*words, status=0, **arguments):
        done = fernit(*words, **{"FERNIT_LOG_FORMAT": "json", "FERNIT_ALLOW_EPHEMERAL": "yes", **arguments})
        assert done.returncode == status, done.stderr
        return objects(done.stderr)

    return run


def the_ids(entries):
    return [entry["id"] for entry in entries if entry["level"] == "warning"]


# --- Where it is said


@pytest.mark.parametrize("place", ["flag", "environment", "ini"])
def test_the_format_is_a_setting_like_others(fernit, stored, tmp_path, place):
    stored(new_key())
    (tmp_path / "fernit.ini").write_text("[fernit]\nlog_format = json\n")
    options = ["--log-format", "json"] if place == "flag" else []
    environment = {"environment": {"FERNIT_LOG_FORMAT": "json"}, "ini": {"FERNIT_CONFIG": tmp_path / "fernit.ini"}}
    done = fernit("run", *options, "true", FERNIT_STROE="x", **environment.get(place, {}))
    assert done.returncode == 0
    assert the_ids(objects(done.stderr)) == ["unknown-variable"]


def test_the_default_is_text(fernit, stored):
    stored(new_key())
    done = fernit("run", "true", FERNET_KEY="")
    assert done.stderr and all(line.startswith("fernit: ") for line in done.stderr.splitlines())
    assert fernit("run", "--log-format", "text", "true", FERNET_KEY="", FERNIT_LOG_FORMAT="json").stderr.startswith("fernit: ")


@pytest.mark.parametrize("word", ["xml", "JSON", "json,tex", "off", "yes"])
def test_another_format_is_an_error_that_names_both(fernit, store, word):
    done = fernit("run", f"--log-format={word}", "true")
    assert done.returncode == 125 and not store.exists()
    assert errors(done) == [f'fernit: error: --log-format: "{word}" is not one of text, json']


@pytest.mark.parametrize("words", [["init"], ["key", "print"], ["key", "check"], ["key", "fingerprint"], ["key", "generate"]])
def test_every_command_knows_it(fernit, stored, words):
    stored(new_key())
    done = fernit(*words, "--log-format", "json", FERNIT_STROE="x")
    assert done.returncode == 0
    assert the_ids(objects(done.stderr)) == ["unknown-variable"]


# --- Lines of each kind


def test_each_level_calls_itself_by_its_name(logged):
    entries = logged("run", "--verbose", "true", FERNET_KEY="")
    assert {entry["level"] for entry in entries} == {"warning", "notice", "detail"}
    assert [entry["level"] for entry in logged("run", "--quiet", "no-such-command", status=127, FERNET_KEY="")] == ["error"]


def test_hints_are_in_the_object_of_their_warning(logged):
    entries = logged("run", "true", FERNET_KEY="46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=")
    (published,) = [entry for entry in entries if entry.get("id") == "published-key"]
    assert published["level"] == "warning" and any("fernit key generate" in hint for hint in published["hint"])


def test_the_time_is_now_in_utc(logged):
    before = datetime.datetime.now(datetime.timezone.utc)
    entries = logged("run", "true", TZ="Asia/Kathmandu")
    after = datetime.datetime.now(datetime.timezone.utc)
    times = [datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00")) for entry in entries]
    assert times == sorted(times)
    assert before - datetime.timedelta(milliseconds=1) <= times[0] and times[-1] <= after


#: Ways in which fernit itself fails: (words, status, variables).
FAILURES = {
    "a source that is missing": (["run", "true"], 125, {"FERNET_KEY_FILE": "/no/such/file"}),
    "a bad key": (["run", "true"], 125, {"FERNET_KEY": "$FERNET_KEY"}),
    "a command that is not there": (["run", "no-such-command"], 127, {}),
    "one that is not there, under a supervisor": (["run", "--init", "no-such-command"], 127, {}),
    "one that cannot be run": (["run", "/etc/passwd"], 126, {}),
    "no command at all": (["run"], 125, {}),
    "a command for init": (["init", "true"], 125, {}),
    "an unknown option": (["run", "--stroe", "/x", "true"], 125, {}),
    "a bad value": (["run", "--cmd-timeout=soon", "true"], 125, {}),
    "an unknown command": (["rnu"], 2, {}),
    "an unknown key command": (["key", "prnt"], 2, {}),
    "no word": ([], 2, {}),
    "help on nothing": (["help", "nothing"], 2, {}),
    "a settings file that is missing": (["run", "true"], 125, {"FERNIT_CONFIG": "/no/such/file"}),
    "no key to print": (["key", "print"], 1, {}),
    "another user without rights": (["run", "--user", "no-such-user", "true"], 125, {}),
}


@pytest.mark.parametrize("words, status, variables", FAILURES.values(), ids=FAILURES.keys())
def test_a_run_that_fails_says_so_in_one_object(fernit, words, status, variables):
    done = fernit(*words, FERNIT_LOG_FORMAT="json", FERNIT_QUIET="yes", FERNIT_ALLOW_EPHEMERAL="yes", **variables)
    assert done.returncode == status
    (entry,) = objects(done.stderr)
    assert entry["level"] == "error" and entry["id"] and entry["message"]


def test_what_is_wrong_with_the_words_before_the_format_is_known_is_text(fernit):
    assert fernit("run", "--stroe", "/x", "--log-format", "json", "true").stderr.startswith("fernit: error: --stroe")
    (entry,) = objects(fernit("run", "--log-format", "json", "--stroe", "/x", "true").stderr)
    assert entry["message"].startswith("--stroe")


# --- Warnings, by their ids


def empty_value(setup):
    return {"AIRFLOW__CORE__FERNET_KEY": ""}


def broken_source(setup):
    return {"AIRFLOW__CORE__FERNET_KEY": new_key(), "FERNET_KEY_FILE": "/no/such/file"}


def unused_source(setup):
    setup.write_cfg("[core]\nfernet_key_cmd = echo\n")
    return {"FERNET_KEY": new_key()}


def other_key(setup):
    (setup.folder / "other").write_text(new_key())
    return {"AIRFLOW__CORE__FERNET_KEY": new_key(), "FERNET_KEY_FILE": setup.folder / "other"}


def changed_key(setup):
    setup.stored(new_key())
    return {"FERNET_KEY": new_key()}


def published_key(setup):
    return {"FERNET_KEY": "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho="}


def readable_store(setup):
    setup.stored(new_key()).chmod(0o644)
    return {}


def unknown_variable(setup):
    return {"FERNIT_STROE": "/x"}


def key_only_in_cfg(setup):
    setup.write_cfg(f"[core]\nfernet_key = {new_key()}\n")
    setup.namespace.tmpfs("/var/lib")
    return {"FERNIT_STORE": None, "prefix": setup.namespace.prefix}


def cfg_not_written(setup):
    setup.stored(new_key())
    path = setup.write_cfg("[core]\n")
    bind(setup.namespace, path, path)
    return {"prefix": setup.namespace.prefix}


def readable_cfg(setup):
    setup.write_cfg("[core]\n").chmod(0o644)
    return {}


def dumb_init_signals_all(setup):
    return {"FERNIT_INIT": "yes"}, ["sh", "-c", "exit 0 # dumb-init -- airflow celery worker"]


def not_executed_anew(setup):
    return {"prefix": Trace(setup.folder / "trace", ["execveat:error=ENOSYS"]).prefix, "FERNIT_INIT": "yes"}


WARNINGS = [
    empty_value, broken_source, unused_source, other_key, changed_key, published_key, readable_store, unknown_variable,
    key_only_in_cfg, cfg_not_written, readable_cfg, dumb_init_signals_all, not_executed_anew,
]  # fmt: skip


Setup = collections.namedtuple("Setup", "folder stored write_cfg namespace")


@pytest.fixture
def setup(tmp_path, stored, write_cfg, namespace):
    return Setup(tmp_path, stored, write_cfg, namespace)


@pytest.mark.parametrize("way", WARNINGS, ids=[way.__name__ for way in WARNINGS])
def test_a_warning_is_known_by_its_id(logged, setup, way):
    variables, command = given if isinstance(given := way(setup), tuple) else (given, ["true"])
    assert the_ids(logged("run", *command, **variables)) == [way.__name__.replace("_", "-")]


def test_the_message_is_what_stands_behind_the_colon_in_text(fernit, logged, stored):
    stored(new_key())
    variables = {"FERNET_KEY": "", "FERNIT_STROE": "x", "FERNIT_VERBOSE": "yes"}
    fernit("run", "true", **variables)
    text = fernit("run", "true", **variables).stderr
    entries = logged("run", "true", **variables)
    expected = ""
    for entry in entries:
        before = f"warning: {entry['id']}: " if entry["level"] == "warning" else ""
        expected += f"fernit: {before}{entry['message']}\n" + "".join(f"fernit: hint: {hint}\n" for hint in entry.get("hint", []))
    assert text == expected


# --- What must not break a line, or stand in it


def test_no_name_of_a_file_breaks_a_line(logged, tmp_path):
    path = os.fsencode(tmp_path) + STRANGE
    (entry,) = logged("run", "true", status=125, FERNET_KEY_FILE=path)
    shown = re.sub("[\0-\x1f\x7f\ufffd]", "?", STRANGE.decode(errors="replace"))
    assert os.fsencode(tmp_path).decode() + shown in entry["message"], "it is there but for control characters and what is not UTF-8"


def test_no_argument_breaks_a_line(logged):
    (entry,) = logged(b"run", b"--" + STRANGE[:20], b"true", status=125)
    assert "option" in entry["message"]
    (entry,) = logged(b"run", STRANGE, status=127, FERNIT_QUIET="1")
    assert 'quote" back\\slash' in entry["message"]


def test_a_long_line_fits_one_write_to_a_pipe(logged, tmp_path):
    (entry,) = logged("run", "true", status=125, FERNET_KEY_FILE=str(tmp_path) + "/\n\x01" * 2000)
    assert len(json.dumps(entry)) <= 4096


def test_a_line_is_one_write(fernit, stored, tmp_path):
    stored(new_key())
    trace = Trace(tmp_path / "trace", only="write")
    done = fernit("run", "true", prefix=trace.prefix, FERNIT_LOG_FORMAT="json", FERNIT_VERBOSE="yes", FERNET_KEY="", FERNIT_STROE="x")
    writes = [call for call in trace.calls() if '"{\\"time\\":' in call.arguments]
    assert len(writes) == len(objects(done.stderr)) > 3


@pytest.mark.parametrize("place, status", [("FERNET_KEY_FILE", 1), ("FERNIT_SECRET_FILE", 1), ("FERNIT_USER", 2)])
def test_a_key_that_stands_where_it_does_not_belong_is_masked(logged, place, status):
    """The fixture judges that no part of it is shown."""
    key = new_key()
    for text in (f"/no/such/{key}", f"/no/such/\t{key}\x01", f'/no/such/"{key}"'):
        (entry,) = logged("key", "print", status=status, **{place: text})
        assert "*" * 43 in entry["message"]


# --- The supervisor's lines


def test_the_supervisor_goes_on_in_json(logged):
    entries = logged("run", "--init", "--verbose", "--grace", "5s", "sh", "-c", "sleep 60 >/dev/null 2>&1 & exit 3", status=3)
    said = " ".join(entry["message"] for entry in entries)
    assert "ended with status 3" in said and "sends SIGTERM to 1 process that the command left" in said


def test_the_supervisor_goes_on_in_text_without_it(fernit, stored):
    stored(new_key())
    done = fernit("run", "--init", "--verbose", "sh", "-c", "exit 3")
    assert "fernit: the command ended with status 3\n" in done.stderr


@pytest.mark.parametrize("anew", [True, False], ids=["anew", "not anew"])
def test_a_signal_that_cannot_be_passed_on_is_an_object_too(fernit, stored, tmp_path, anew):
    stored(new_key())
    faults = ["kill:error=EPERM:when=1"] + ([] if anew else ["execveat:error=ENOSYS"])
    trace = Trace(tmp_path / "trace", faults)
    command = "trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done"
    options = ["--init", "--signal-scope", "child"]
    process = fernit.start("run", *options, "sh", "-c", command, prefix=trace.prefix, FERNIT_LOG_FORMAT="json")
    assert process.stdout.readline() == b"ready\n"
    (child,) = children_of(process.pid)
    for _ in range(2):
        os.kill(child, signal.SIGTERM)
        time.sleep(0.2)
    _, said = process.communicate(timeout=60)
    ids = the_ids(objects(said.decode()))
    assert ids[-1] == "signal-not-passed" and ("not-executed-anew" in ids) == (not anew)
