"""fernit status: what a run would do and why; it changes nothing, runs no command and prints no secret."""
import json
import os
import re

import pytest

from conftest import KEY_TEXT, errors, hints, hints_of, listing, warnings
from keys import fingerprint, new_key
from terminals import Terminal

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"

#: Every place that a run would look at, in order, with its way.
PLACES = [
    (1, VARIABLE),
    (2, VARIABLE + "_CMD"),
    (2, VARIABLE + "_SECRET"),
    (3, "FERNET_KEY"),
    (4, VARIABLE + "_FILE"),
    (4, "FERNET_KEY_FILE"),
    (4, "/run/secrets/fernet_key"),
    (4, "/run/secrets/FERNET_KEY"),
    (4, "/run/secrets/AIRFLOW__CORE__FERNET_KEY"),
    (4, "/run/secrets/airflow_fernet_key"),
    (5, "{0}/store/fernet_key"),
    (6, "{0}/airflow/airflow.cfg: fernet_key"),
    (6, "{0}/airflow/airflow.cfg: fernet_key_cmd"),
    (6, "{0}/airflow/airflow.cfg: fernet_key_secret"),
]


@pytest.fixture
def report(fernit):
    """report(*options, **env): the object that --json prints, with `status`, the exit status."""

    def run(*options, **environment):
        done = fernit("status", "--json", *options, **environment)
        assert done.stdout.count("\n") == 1
        return {**json.loads(done.stdout), "status": done.returncode}

    return run


def source(report, name):
    """The row of this name, or else the one whose name ends so."""
    rows = [row for row in report["sources"] if row["name"] == name]
    (found,) = rows or [row for row in report["sources"] if row["name"].endswith(name)]
    return found


# --- States: what there is, and what status must make of it


def nothing(stored, write_cfg, folder):
    return {}


def a_key_in_the_store(stored, write_cfg, folder):
    stored(new_key())
    return {}


def settled(stored, write_cfg, folder):
    keys = [new_key(), new_key()]
    stored(keys)
    write_cfg(f"[core]\nfernet_key = {','.join(keys)}\n")
    return {}


def an_outside_key(stored, write_cfg, folder):
    stored(new_key())
    return {"FERNET_KEY": new_key()}


def another_key_in_cfg(stored, write_cfg, folder):
    stored(new_key())
    write_cfg(f"[core]\nfernet_key = {new_key()}\n")
    return {}


def a_retired_key_in_cfg(stored, write_cfg, folder):
    keys = [new_key(), new_key()]
    retired = stored(keys[0]).with_name("retired")
    retired.mkdir(mode=0o700)
    (retired / fingerprint(keys[1])).write_text(keys[1] + "\n")
    (retired / fingerprint(keys[1])).chmod(0o600)
    write_cfg(f"[core]\nfernet_key = {','.join(keys)}\n")
    return {}


def a_staged_key(stored, write_cfg, folder):
    (stored(new_key()).with_name("fernet_key.staged")).write_text(new_key() + "\n")
    return {"FERNIT_ON_CHANGE": "stage", "FERNET_KEY": new_key()}


def an_adopted_key(stored, write_cfg, folder):
    write_cfg(f"[core]\nfernet_key = {new_key()}\n")
    return {}


def empty_things(stored, write_cfg, folder):
    write_cfg("[core]\nfernet_key = \n")
    return {VARIABLE: "", "FERNET_KEY": ""}


def a_placeholder(stored, write_cfg, folder):
    write_cfg("[core]\nfernet_key = $FERNET_KEY\n")
    return {}


def a_secret_elsewhere(stored, write_cfg, folder):
    write_cfg("[core]\nfernet_key = \n")
    return {VARIABLE + "_SECRET": "path/of/it"}


def a_command(stored, write_cfg, folder):
    return {VARIABLE + "_CMD": f"echo {new_key()}"}


def a_command_below(stored, write_cfg, folder):
    stored(new_key())
    write_cfg("[core]\nfernet_key_cmd = false\n")
    return {}


def own_store(stored, write_cfg, folder):
    stored(new_key())
    return {VARIABLE + "_CMD": "fernit key print"}


def a_published_key(stored, write_cfg, folder):
    return {"FERNET_KEY": "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho="}


def readable_by_all(stored, write_cfg, folder):
    stored(new_key()).chmod(0o644)
    return {}


GOOD = [
    nothing,
    a_key_in_the_store,
    settled,
    an_outside_key,
    another_key_in_cfg,
    a_retired_key_in_cfg,
    a_staged_key,
    an_adopted_key,
    empty_things,
    a_placeholder,
    a_secret_elsewhere,
    a_command,
    a_command_below,
    own_store,
    a_published_key,
    readable_by_all,
]


def a_bad_variable(stored, write_cfg, folder):
    stored(new_key())
    return {"FERNET_KEY": new_key()[:-1]}


def twins(stored, write_cfg, folder):
    return {"FERNET_KEY": new_key(), "FERNET_KEY_FILE": "/x"}


def a_missing_file(stored, write_cfg, folder):
    return {"FERNET_KEY_FILE": folder / "missing"}


def a_truncated_store(stored, write_cfg, folder):
    stored(new_key()[:20])
    return {}


def a_directory_in_the_store(stored, write_cfg, folder):
    (folder / "store" / "fernet_key").mkdir(parents=True)
    return {}


def a_store_that_is_a_file(stored, write_cfg, folder):
    (folder / "store").touch()
    return {}


def a_broken_cfg(stored, write_cfg, folder):
    write_cfg("no section\n")
    return {}


def a_change_that_is_refused(stored, write_cfg, folder):
    stored(new_key())
    return {"FERNET_KEY": new_key(), "FERNIT_ON_CHANGE": "refuse"}


def a_ring_without_its_file(stored, write_cfg, folder):
    key = new_key()
    retired = stored(key).with_name("retired")
    retired.mkdir(mode=0o700)
    stored(key).rename(retired / fingerprint(key))
    return {}


def mount_that_is_lost(stored, write_cfg, folder):
    return {"FERNIT_STORE": "/dev/shm/none-of-fernit", "FERNIT_ALLOW_EPHEMERAL": None}


def a_broken_one_below(stored, write_cfg, folder):
    return {VARIABLE: new_key(), "FERNET_KEY": new_key()[:-1]}


def an_empty_config_path(stored, write_cfg, folder):
    stored(new_key())
    return {"AIRFLOW_CONFIG": ""}


REFUSED = [
    a_bad_variable,
    twins,
    a_missing_file,
    a_truncated_store,
    a_directory_in_the_store,
    a_store_that_is_a_file,
    a_broken_cfg,
    a_change_that_is_refused,
    a_ring_without_its_file,
    mount_that_is_lost,
    an_empty_config_path,
]


@pytest.fixture
def state(request, stored, write_cfg, tmp_path):
    return request.param(stored, write_cfg, tmp_path)


def states(*lists):
    return pytest.mark.parametrize("state", [one for each in lists for one in each], indirect=True)


@states(GOOD)
def test_status_is_0_where_a_run_would_work(fernit, state):
    done = fernit("status", **state)
    assert (done.returncode, done.stderr) == (0, "")
    assert "error:" not in done.stdout
    assert fernit("run", "true", **state).returncode == 0, "the run does not think so"


@states(REFUSED)
def test_status_is_1_where_a_run_would_be_refused_and_says_why(fernit, report, state):
    table, found, run = fernit("status", **state), report(**state), fernit("run", "true", **state)
    assert run.returncode == 125
    assert (table.returncode, found["status"]) == (1, 1)
    assert found["verdict"] == "refuse"
    reason = errors(run)[-1].removeprefix("fernit: error: ")
    assert reason in table.stdout
    assert reason in found["problems"]


@states([a_broken_one_below])
def test_status_is_1_where_something_below_the_winner_is_broken(fernit, report, state):
    found = report(**state)
    assert (found["status"], found["verdict"]) == (1, "use")
    assert len(found["problems"]) == 1
    assert fernit("run", "true", **state).returncode == 0


@states(GOOD, REFUSED, [a_broken_one_below])
@pytest.mark.parametrize("options", [[], ["--json"], ["--run-commands"], ["--json", "--run-commands"]], ids=" ".join)
def test_nothing_is_changed_and_no_secret_printed(fernit, state, tmp_path, options):
    """The fixture looks for secrets, this compares every inode, time and byte."""
    before = listing(tmp_path)
    done = fernit("status", *options, **state)
    assert not KEY_TEXT.search(done.stdout + done.stderr)
    assert listing(tmp_path) == before


@states(GOOD, REFUSED, [a_broken_one_below])
def test_table_and_json_tell_the_same(fernit, report, state):
    table, found = fernit("status", "--verbose", **state).stdout, report(**state)
    for row in found["sources"]:
        assert row["name"] in table
        for print_ in row["fingerprints"]:
            assert print_ in table
    for note in found["problems"] + found["warnings"]:
        assert note in table
    assert found["store"]["path"] in table and found["airflow_cfg"]["path"] in table


@states(GOOD)
def test_every_source_is_listed_in_its_order(report, state, tmp_path):
    found = report(**state)
    expected = [(way, name.format(tmp_path)) for way, name in PLACES]
    assert [(row["way"], row["name"]) for row in found["sources"]] == expected


@states(GOOD)
def test_at_most_one_source_counts_and_it_is_named_in_the_table(fernit, report, state):
    winners = [row["name"] for row in report(**state)["sources"] if row["wins"]]
    assert len(winners) <= 1
    lines = [line for line in fernit("status", **state).stdout.splitlines() if "<-" in line]
    assert len(lines) == len(winners)
    assert not winners or winners[0] in lines[0]


@states(REFUSED)
def test_the_sources_are_listed_also_where_a_run_would_be_refused(report, state, tmp_path):
    names = [row["name"] for row in report(**state)["sources"]]
    for _, name in PLACES[:4]:
        assert name in names


# --- The table, for people


def problems(done):
    """The lines of errors, warnings and hints; nothing else is behind the first of them."""
    lines = done.stdout.splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(("error: ", "warning: ", "hint: "))]
    assert places == list(range(len(lines) - len(places), len(lines)))
    return [lines[place] for place in places]


@states(GOOD, REFUSED, [a_broken_one_below])
def test_absent_sources_are_one_line_of_at_most_100_columns(fernit, report, state):
    lines = fernit("status", **state).stdout.splitlines()
    absent = [row["name"] for row in report(**state)["sources"] if row["found"] == "-"]
    (line,) = [line for line in lines if line.startswith("not set  ")]
    *names, last = line.removeprefix("not set").strip().split(", ")
    assert len(line) <= 100
    assert names and absent[: len(names)] == names
    assert last == f"and {len(absent) - len(names)} more (see --verbose)"
    assert not [line for line in lines if line.endswith("  -")]


def test_a_few_absent_sources_are_named_in_their_order(fernit, stored):
    stored(new_key())
    given = {name: "" for _, name in PLACES[:6] if name != "FERNET_KEY"}
    table = fernit("status", **given, AIRFLOW_HOME="/a").stdout
    assert "\nnot set      FERNET_KEY, /run/secrets/fernet_key, " in table


@states(GOOD, REFUSED, [a_broken_one_below])
def test_verbose_shows_each_source_as_a_row(fernit, report, state):
    lines = fernit("status", "--verbose", **state).stdout.splitlines()
    rows = [re.sub(r"^  [1-7 ]  ", "", line) for line in lines if re.match("  [1-7 ]  ", line)]
    names = [row["name"] for row in report(**state)["sources"]]
    assert [row[: len(name)] for row, name in zip(rows, names)] == names and len(rows) == len(names) + 1
    assert not [line for line in lines if line.startswith("not set")]


@states(GOOD, REFUSED, [a_broken_one_below])
def test_each_problem_is_said_once_and_last_the_errors_behind_the_warnings(fernit, report, state):
    found, lines = report(**state), problems(fernit("status", **state))
    told = [line for line in lines if not line.startswith("hint: ")]
    assert len(set(told)) == len(told) == len(found["problems"] + found["warnings"])
    assert [line.split(": ")[0] for line in told] == ["warning"] * len(found["warnings"]) + ["error"] * len(found["problems"])
    for line, text in zip(told, found["warnings"] + found["problems"], strict=True):
        assert line.endswith(": " + text)
    assert sorted(line.removeprefix("hint: ") for line in lines if line not in told) == sorted(hints_of(found))


@states(GOOD, [a_broken_one_below])
def test_the_ids_are_those_of_the_log(fernit, state):
    """A broken source is a warning of a start that goes on, and an error here: status ends with 1."""
    lines = [line for line in problems(fernit("status", "--run-commands", **state)) if not line.startswith("hint: ")]
    logged = [line.removeprefix("fernit: warning: ") for line in warnings(fernit("run", "true", **state))]
    assert sorted(line.partition(": ")[2] for line in lines) == sorted(logged)


def test_what_strict_refuses_is_one_error_and_no_warning(fernit, stored):
    stored(new_key()).chmod(0o644)
    assert problems(fernit("status"))[0].startswith("warning: readable-store: ")
    (error, *_) = problems(fernit("status", "--strict"))
    assert error.startswith("error: readable-store: ") and error.endswith(" (refused: --strict)")


def test_a_run_that_is_refused_is_said_once_for_all_secrets(fernit):
    table = fernit("status", FERNIT_MANAGE=None, FERNET_KEY="x").stdout
    assert table.count("a run would be refused") == 1
    assert "secret_key" not in table


def test_a_run_that_stores_a_key_before_it_is_refused_says_so(fernit, nobody, tmp_path, store):
    tmp_path.chmod(0o777)
    done = fernit("status", "--deliver", "cfg", prefix=nobody, AIRFLOW_HOME="/proc/none")
    assert done.returncode == 1 and not store.exists()
    assert f"\nverdict      a run would be refused\nwould store  a new one, in {store}/fernet_key\n" in done.stdout


@pytest.fixture
def shown(fernit):
    """shown(**env): what a terminal gets."""

    def run(*options, **environment):
        terminal = Terminal()
        fernit("status", *options, popen={"stdout": terminal.theirs}, **{"TERM": "xterm", **environment})
        os.close(terminal.theirs)
        text = b""
        try:
            while part := os.read(terminal.ours, 65536):
                text += part
        except OSError:
            pass  # EIO: all has been read
        os.close(terminal.ours)
        return text.decode()

    return run


COLOR = re.compile("\033\\[[0-9]*m")


def test_on_a_terminal_what_is_used_is_bold_errors_are_red_and_warnings_yellow(shown, fernit, stored):
    stored(new_key()).chmod(0o644)
    given = {VARIABLE: new_key(), "FERNET_KEY": "x"}
    text = shown(**given)
    bold, red, yellow = (re.findall(rf"\033\[{code}m(.*?)\033\[m", text) for code in (1, 31, 33))
    assert [line.split() for line in bold] == [["1", VARIABLE, fingerprint(given[VARIABLE]), "<-", "used"]]
    assert (red, set(yellow)) == (["error:"], {"warning:"})
    assert COLOR.sub("", text) == fernit("status", **given).stdout


@pytest.mark.parametrize(("environment", "colored"), [({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False), ({"TERM": None}, True)],
                         ids=str)  # fmt: skip
def test_no_color_and_a_dumb_terminal_have_no_colors(shown, environment, colored):
    assert bool(COLOR.search(shown(FERNET_KEY="x", **environment))) is colored


def test_there_are_no_colors_but_on_a_terminal(fernit, shown):
    assert "\033" not in fernit("status", FERNET_KEY="x", TERM="xterm").stdout
    assert "\033" not in shown("--json", FERNET_KEY="x")


def test_no_value_reaches_a_terminal_as_a_color(shown, tmp_path):
    assert "\033[31mforged" not in shown("--secret-file", tmp_path / "\033[31mforged", "--store", tmp_path / "\033[31mforged\nrow")


# --- The JSON object


def test_the_members_and_their_types(report, stored):
    key = new_key()
    stored(key)
    found = report()
    assert isinstance(found["version"], str)
    assert found["verdict"] == "use"
    assert found["fingerprints"] == [fingerprint(key)]
    for row in found["sources"]:
        assert {"way", "name", "found", "fingerprints", "wins"} <= set(row)
        assert isinstance(row["way"], int) and isinstance(row["wins"], bool)
        assert isinstance(row["found"], str) and isinstance(row["fingerprints"], list)
    assert {"path", "state", "writable"} <= set(found["store"])
    assert {"path", "state"} <= set(found["airflow_cfg"])
    assert found["problems"] == [] and found["warnings"] == []


VERDICTS = [
    (nothing, "generate"),
    (a_key_in_the_store, "use"),
    (settled, "use"),
    (an_outside_key, "use"),
    (an_adopted_key, "adopt"),
    (empty_things, "generate"),
    (a_placeholder, "generate"),
    (a_secret_elsewhere, "secret"),
    (a_command, "unknown"),
    (a_command_below, "unknown"),
    (own_store, "use"),
]


@pytest.mark.parametrize("state, verdict", VERDICTS, indirect=["state"])
def test_the_verdict_is_one_word(report, state, verdict):
    assert report(**state)["verdict"] == verdict


def test_the_ring_is_the_one_that_a_run_would_use(report, fernit, stored):
    stored([new_key(), new_key()])
    outside = new_key()
    found = report(FERNET_KEY=outside)
    ring = fernit("key", "print", FERNET_KEY=outside).stdout.strip().split(",")
    assert found["fingerprints"] == [fingerprint(key) for key in ring]


def test_a_ring_of_64_keys_is_listed_whole(fernit, report, stored):
    keys = [new_key() for _ in range(64)]
    stored(keys)
    found = report()
    prints = [fingerprint(key) for key in keys]
    assert found["fingerprints"] == prints
    assert source(found, "store/fernet_key")["fingerprints"] == prints
    table = fernit("status").stdout
    assert all(one in table for one in prints)


def test_two_rings_of_64_keys_are_told_apart(report, stored):
    """A long list of fingerprints must not push the other one out of the line."""
    rings = [[new_key() for _ in range(64)] for _ in range(2)]
    found = report(FERNET_KEY=",".join(rings[0]), AIRFLOW__CORE__FERNET_KEY=",".join(rings[1]))
    assert found["status"] == 0
    assert any(fingerprint(rings[0][0]) in note and fingerprint(rings[1][0]) in note for note in found["warnings"])


def test_many_secret_files_are_all_listed(fernit, report, tmp_path):
    key = new_key()
    options = []
    for number in range(40):
        (tmp_path / f"secret{number}").write_text(key)
        options += ["--secret-file", f"{tmp_path}/secret{number}"]
    found = report(*options)
    names = [row["name"] for row in found["sources"]]
    assert [name for name in names if name in options] == options[1::2]
    assert names[-1].endswith("fernet_key_secret")
    assert "secret39" in fernit("status", *options).stdout


def test_a_path_with_strange_characters_is_still_json(report, tmp_path):
    path = os.fsencode(tmp_path) + b'/quote" back\\slash \x01\n\x7f \xff \xc3\xa9'
    found = report("--secret-file", path)
    assert found["status"] == 1
    (row,) = [row for row in found["sources"] if 'quote"' in row["name"]]
    assert "back\\slash" in row["name"] and "é" in row["name"]


def test_a_path_with_newlines_forges_no_row(fernit, tmp_path):
    lines = len(fernit("status", "--secret-file", tmp_path / "plain").stdout.splitlines())
    done = fernit("status", "--secret-file", tmp_path / "x\n  1  forged\x1b[2J")
    assert len(done.stdout.splitlines()) == lines
    assert "\x1b" not in done.stdout


# --- What each row says


def test_rows_say_what_was_found(fernit, report, stored, write_cfg, tmp_path):
    kept, outside = new_key(), new_key()
    stored(kept)
    write_cfg("[core]\nfernet_key = $NOT_SET\n")
    found = report(FERNET_KEY=outside, FERNET_KEY_FILE="", **{VARIABLE: ""})
    assert source(found, "FERNET_KEY")["fingerprints"] == [fingerprint(outside)]
    assert source(found, "store/fernet_key")["fingerprints"] == [fingerprint(kept)]
    assert source(found, VARIABLE)["found"] == source(found, "FERNET_KEY_FILE")["found"]
    assert "nothing" in source(found, VARIABLE)["found"]
    assert "variable" in source(found, "airflow.cfg: fernet_key")["found"]
    assert len({row["found"] for row in found["sources"]}) >= 4


def test_what_would_become_of_airflow_cfg(report, stored, write_cfg, cfg):
    key = new_key()
    stored(key)
    missing = report()["airflow_cfg"]["state"]
    write_cfg("[core]\n")
    absent = report()["airflow_cfg"]["state"]
    write_cfg(f"[core]\nfernet_key = {key}\n")
    right = report()["airflow_cfg"]["state"]
    other = new_key()
    write_cfg(f"[core]\nfernet_key = {other}\n")
    found = report()
    assert found["airflow_cfg"]["state"] == absent, "the ring, with that key at its end"
    assert found["fingerprints"] == [fingerprint(key), fingerprint(other)]
    assert len({missing, absent, right}) == 3
    assert "missing" in missing and "right" in right


@pytest.mark.parametrize("state", [nothing], indirect=True)
def test_a_first_boot_that_could_not_keep_its_key_is_a_problem(report, state, nobody, tmp_path):
    tmp_path.chmod(0o555)
    found = report(prefix=nobody)
    tmp_path.chmod(0o755)
    assert found["status"] == 1
    assert not found["store"]["writable"]
    assert found["problems"]


@pytest.mark.parametrize("there", [True, False], ids=["a store", "no store yet"])
def test_a_key_of_airflow_cfg_that_cannot_be_kept_is_refused_as_by_a_run(fernit, report, write_cfg, nobody, store, tmp_path, there):
    os.chown(write_cfg(f"[core]\nfernet_key = {new_key()}\n"), 65534, 65534)
    os.chown(tmp_path / "airflow", 65534, 65534)
    if there:
        store.mkdir()
        os.chown(store, 65534, 65534)
    (store if there else tmp_path).chmod(0o555)
    found = report(prefix=nobody)
    assert fernit("run", "true", prefix=nobody).returncode == 125
    (store if there else tmp_path).chmod(0o755)
    assert (found["status"], found["verdict"]) == (1, "refuse")
    assert not found["store"]["writable"] and found["problems"]


@pytest.mark.parametrize(("options", "delivered"), [((), True), (("--deliver", "cfg"), True), (("--deliver", "env"), False)])
def test_a_file_that_a_run_would_leave_alone_is_not_said_to_be_delivered(report, stored, write_cfg, options, delivered):
    stored(new_key())
    write_cfg("[core]\n")
    found = report(*options)
    assert found["airflow_cfg"]["delivered"] is delivered
    assert ("not written" in found["airflow_cfg"]["state"]) is not delivered


def test_a_copy_of_an_interrupted_write_is_mentioned(fernit, report, stored, write_cfg, store):
    key = new_key()
    stored(key)
    write_cfg(f"[core]\nfernet_key = {key}\n")
    assert report()["warnings"] == []
    (store / ".airflow.cfg.0123456789abcdef").write_text("fernit airflow.cfg 0 0\n")
    found = report()
    assert any("interrupted" in line for line in found["warnings"] + found["problems"])
    assert "interrupted" in fernit("status").stdout
    assert (store / ".airflow.cfg.0123456789abcdef").exists()


# --- Commands


@pytest.fixture
def traced(tmp_path):
    """A command that leaves a trace and prints a key."""
    key = new_key()
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/trace\necho {key}\n")
    script.chmod(0o755)
    return script, key, tmp_path / "trace"


def test_no_command_is_run_unless_asked_for(fernit, report, traced, write_cfg):
    script, key, trace = traced
    for environment in ({VARIABLE + "_CMD": script}, {}):
        if not environment:
            write_cfg(f"[core]\nfernet_key_cmd = {script}\n")
        done = fernit("status", **environment)
        assert done.returncode == 0
        assert "--run-commands" in done.stdout
        assert report(**environment)["fingerprints"] == []
        assert not trace.exists()


def test_run_commands_runs_what_a_run_would_run(report, traced, store):
    script, key, trace = traced
    found = report("--run-commands", **{VARIABLE + "_CMD": script})
    assert found["fingerprints"] == [fingerprint(key)]
    assert found["verdict"] == "use"
    assert trace.exists()
    assert not store.exists()


def test_run_commands_does_not_run_what_a_run_would_not_run(report, traced):
    script, _, trace = traced
    report("--run-commands", **{VARIABLE: new_key(), VARIABLE + "_CMD": script})
    assert not trace.exists()


def test_run_commands_finds_a_broken_command(report):
    assert report("--run-commands", **{VARIABLE + "_CMD": "false"})["status"] == 1
    assert report(**{VARIABLE + "_CMD": "false"})["status"] == 0


def test_a_command_that_hangs_does_not_hang_status(report):
    environment = {VARIABLE + "_CMD": "sleep 1000", "timeout": 10}
    assert report("--run-commands", "--cmd-timeout", "200ms", **environment)["status"] == 1


# --- Usage


@pytest.mark.parametrize("words", [["word"], ["--frobnicate"], ["--json=perhaps"], ["--cmd-timeout", "x"], ["--store"]])
def test_wrong_usage_is_2_and_nothing_on_standard_output(fernit, words):
    done = fernit("status", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(errors(done)) == 1


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_full_disk_behind_standard_output_is_a_problem(fernit, options):
    with open("/dev/full", "wb") as full:
        assert fernit("status", *options, popen={"stdout": full}).returncode == 1


def test_status_may_be_asked_by_anybody(fernit, nobody, stored):
    stored(new_key())
    done = fernit("status", prefix=nobody)
    assert done.returncode in (0, 1)
    assert "Permission denied" in done.stdout or done.returncode == 0 or os.getuid() != 0


def test_what_is_staged_and_retired_is_shown(fernit, report, stored, store):
    stored(new_key() + "\n")
    staged, old = new_key(), new_key()
    (store / "retired").mkdir(mode=0o700)
    for path, key in ((store / "fernet_key.staged", staged), (store / "retired" / fingerprint(old), old)):
        path.write_text(key + "\n")
        path.chmod(0o600)
    found = report()
    assert (found["staged"], found["retired"]) == ([fingerprint(staged)], [fingerprint(old)])
    shown = fernit("status").stdout
    assert f"\nstaged       {fingerprint(staged)}\n" in shown and f"\nretired      {fingerprint(old)}\n" in shown


def test_what_strict_refuses_of_airflow_cfg_is_shown(fernit, report, stored, write_cfg):
    key = new_key()
    stored(key + "\n")
    write_cfg(f"[core]\nfernet_key = {key}\n").chmod(0o644)
    assert report()["status"] == 0
    found = report("--strict")
    assert (found["status"], found["verdict"]) == (1, "refuse") and "airflow.cfg can be read by every user" in found["problems"][0]
    assert fernit("run", "--strict", "true").returncode == 125


@pytest.mark.parametrize("name", ["fernet_key", "secret_key"])
def test_the_first_secret_has_its_name_in_json(fernit, name):
    report = json.loads(fernit("status", "--json", "--manage", name).stdout)
    assert report["name"] == name and report["secrets"] == []


@pytest.mark.parametrize("ring", [True, False], ids=["of a warning", "of a refusal"])
def test_each_line_of_a_hint_is_a_line_of_its_own(fernit, report, stored, store, ring):
    """As a start prints them."""
    given = {"FERNET_KEY": new_key()} if ring else {}
    stored(new_key())
    if not ring:
        (store / "fernet_key").rename(store / "fernet_key.staged")
    shown, table = hints_of(report(**given)), fernit("status", **given).stdout.splitlines()
    assert shown == [line.removeprefix("fernit: hint: ") for line in hints(fernit("init", **given))[: len(shown)]] and len(shown) > 1
    assert [line.removeprefix("hint: ") for line in table if line.startswith("hint: ")] == shown
    logged = [json.loads(line) for line in fernit("init", "--log-format", "json", **given).stderr.splitlines()] if not ring else []
    assert all({name: entry[name] for name in ("level", "id", "message", "hint")} in report(**given)["messages"] for entry in logged)
