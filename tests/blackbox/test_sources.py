"""Where the key comes from: seven ways, their order, and what a broken one means above and below the winner."""
import configparser
import os
import random
import re
import shlex
import shutil
import stat
import time

import pytest

from conftest import BINARY, KEY_TEXT, errors, hints, listing, warnings
from keys import fingerprint, new_key

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
COMMAND = "AIRFLOW__CORE__FERNET_KEY_CMD"
MOUNTED = ["fernet_key", "FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY", "airflow_fernet_key"]

#: In the order in which they count.
SOURCES = [
    VARIABLE,
    COMMAND,
    "FERNET_KEY",
    "AIRFLOW__CORE__FERNET_KEY_FILE",
    "FERNET_KEY_FILE",
    "--secret-file",
    *[f"/run/secrets/{name}" for name in MOUNTED],
    "store",
    "cfg fernet_key",
    "cfg fernet_key_cmd",
]
TWINS = {(VARIABLE, "AIRFLOW__CORE__FERNET_KEY_FILE"), ("FERNET_KEY", "FERNET_KEY_FILE")}
PAIRS = [
    (upper, lower)
    for at, upper in enumerate(SOURCES)
    for lower in SOURCES[at + 1 :]
    if (upper, lower) not in TWINS | {("store", "cfg fernet_key_cmd")}  # that one changes what is stored: see below
]


class Sources:
    """Puts keys, or what is broken, into sources; `see` then runs fernit with all of them."""

    def __init__(self, fernit, child_sees, request, folder, stored, write_cfg):
        self.fernit, self.child_sees, self.request = fernit, child_sees, request
        self.folder, self.stored, self.write_cfg = folder, stored, write_cfg
        self.options, self.environment, self.lines, self.names, self.prefix = [], {}, [], {}, []

    def secrets(self):
        self.prefix = self.request.getfixturevalue("namespace").prefix
        return self.request.getfixturevalue("mounted_secrets")

    def put(self, source, key):
        """A good key."""
        self.names[source] = source
        if source in (VARIABLE, "FERNET_KEY"):
            self.environment[source] = key
        elif source == COMMAND:
            self.environment[source] = f"echo {key}"
        elif source.endswith("_FILE") or source == "--secret-file":
            path = self.folder / f"secret{len(self.names)}"
            path.write_text(key + "\n")
            self.name_file(source, path)
        elif source.startswith("/run/secrets/"):
            (self.secrets() / os.path.basename(source)).write_text(key)
        elif source == "store":
            self.names[source] = str(self.stored(key))
        elif source == "cfg fernet_key":
            self.line(f"fernet_key = {key}")
        else:
            self.line(f"fernet_key_cmd = echo {key}")

    def put_broken(self, source):
        """What is there and gives no key."""
        self.names[source] = source
        if source == COMMAND:
            self.environment[source] = "false"
        elif source.endswith("_FILE") or source == "--secret-file":
            self.name_file(source, self.folder / f"missing{len(self.names)}")
        elif source.startswith("/run/secrets/"):
            (self.secrets() / os.path.basename(source)).symlink_to("nowhere")
        elif source == "cfg fernet_key_cmd":
            self.line("fernet_key_cmd = false")
        else:
            self.put(source, new_key()[:-4])

    def name_file(self, source, path):
        if source == "--secret-file":
            self.options += ["--secret-file", path]
            self.names[source] = str(path)
        else:
            self.environment[source] = path

    def line(self, text):
        self.lines.append(text)
        path = self.write_cfg("[core]\n" + "".join(line + "\n" for line in self.lines))
        for source in self.names:
            if source.startswith("cfg"):
                self.names[source] = str(path)

    def see(self):
        return self.child_sees(*self.options, prefix=self.prefix, **self.environment)

    def run(self):
        return self.fernit("run", *self.options, "--", "echo", "it ran", prefix=self.prefix, **self.environment)


@pytest.fixture
def sources(fernit, child_sees, request, tmp_path, stored, write_cfg):
    return Sources(fernit, child_sees, request, tmp_path, stored, write_cfg)


# --- Each, and all pairs of them


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_in_one_source_is_what_airflow_gets(sources, source, cfg):
    key = new_key()
    sources.put(source, key)
    seen = sources.see()
    assert seen.keys == [key]
    parser = configparser.ConfigParser()
    parser.read(cfg)
    # What its own command gives today is not written beside the command.
    assert parser["core"].get("fernet_key") == (None if source == "cfg fernet_key_cmd" else key)


@pytest.mark.parametrize("source", SOURCES)
def test_a_key_from_a_source_leads_to_no_new_one_and_is_kept_in_a_store_that_was_named(sources, source, store):
    key = new_key()
    sources.put(source, key)
    assert "created Fernet key" not in sources.see().stderr
    file = store / "fernet_key"
    assert file.read_text().strip() == key


@pytest.mark.parametrize("upper, lower", PAIRS, ids=[f"{upper} over {lower}" for upper, lower in PAIRS])
def test_the_upper_source_wins(sources, upper, lower, cfg, store):
    first, second = new_key(), new_key()
    sources.put(upper, first)
    sources.put(lower, second)
    seen = sources.see()
    # What the store and airflow.cfg hold may be the only copy of a key: it stays in the ring, and in both of them.
    ring = [first, second] if lower in ("store", "cfg fernet_key") else [first]
    assert seen.keys == ring
    assert (store / "fernet_key").read_text().strip() == ",".join(ring)
    parser = configparser.ConfigParser()
    parser.read(cfg)
    assert parser["core"]["fernet_key"] == ",".join(ring)
    # Of a change, what stays in the ring is a hint.
    told = [line for line in warnings(seen) + hints(seen) if fingerprint(second) in line]
    said = "".join(warnings(seen)) if lower == "store" else "".join(told)
    if lower in (COMMAND, "cfg fernet_key_cmd"):
        assert not told, "a command below the winner is not run"
    else:
        assert len(told) == 1
        assert fingerprint(first) in said
        assert sources.names[upper] in said and sources.names[lower] in told[0]


@pytest.mark.parametrize("upper, lower", PAIRS, ids=[f"{upper} and {lower}" for upper, lower in PAIRS])
def test_two_sources_with_the_same_key_are_no_matter(sources, upper, lower):
    key = new_key()
    sources.put(upper, key)
    sources.put(lower, key)
    seen = sources.see()
    assert seen.keys == [key]
    assert_no_warning_but_of_a_command_that_airflow_has_used(seen, upper, lower)


def assert_no_warning_but_of_a_command_that_airflow_has_used(seen, upper, lower):
    """Once fernet_key is written beside it Airflow no longer runs fernet_key_cmd: that is said, once. Of one that
    Airflow never ran it is said each time."""
    if lower == "cfg fernet_key_cmd" and upper not in (VARIABLE, COMMAND):
        said = "is not run, because Airflow reads" if upper == "cfg fernet_key" else "is not used"
        assert len(warnings(seen)) == 1 and f"fernet_key_cmd {said}" in warnings(seen)[0]
    else:
        assert warnings(seen) == []


@pytest.mark.parametrize("source", SOURCES)
def test_a_broken_source_alone_leads_to_no_new_key(sources, source):
    sources.put_broken(source)
    before = listing(sources.folder)
    done = sources.run()
    assert (done.returncode, done.stdout) == (125, "")
    assert len(errors(done)) == 1
    assert sources.names[source] in errors(done)[0]
    assert listing(sources.folder) == before


@pytest.mark.parametrize("upper, lower", PAIRS, ids=[f"{upper} over {lower}" for upper, lower in PAIRS])
def test_a_broken_source_above_one_that_holds_a_key_fails_the_run(sources, upper, lower):
    sources.put_broken(upper)
    sources.put(lower, new_key())
    before = listing(sources.folder)
    done = sources.run()
    assert (done.returncode, done.stdout) == (125, "")
    assert sources.names[upper] in errors(done)[0]
    assert listing(sources.folder) == before


@pytest.mark.parametrize("upper, lower", PAIRS, ids=[f"{upper} over {lower}" for upper, lower in PAIRS])
def test_a_broken_source_below_the_winner_is_a_warning(sources, store, upper, lower):
    key = new_key()
    sources.put(upper, key)
    sources.put_broken(lower)
    before = (store / "fernet_key").read_bytes() if lower == "store" else None
    seen = sources.see()
    assert seen.keys == [key]
    if lower == "store":
        assert (store / "fernet_key").read_bytes() == before
        assert set(os.listdir(store)) == {"fernet_key", ".lock"}
    if lower in (COMMAND, "cfg fernet_key_cmd"):
        assert_no_warning_but_of_a_command_that_airflow_has_used(seen, upper, lower)
    else:
        assert len(warnings(seen)) == 1
        assert sources.names[lower] in warnings(seen)[0]


def test_a_broken_airflow_cfg_that_is_not_needed_is_left_as_it_is(sources, cfg):
    sources.put(VARIABLE, new_key())
    sources.put_broken("cfg fernet_key")
    before = listing(cfg.parent)
    sources.see()
    assert listing(cfg.parent) == before


# --- The empty value


EMPTY = [VARIABLE, COMMAND, VARIABLE + "_SECRET", "FERNET_KEY", VARIABLE + "_FILE", "FERNET_KEY_FILE"]


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_variable_counts_as_unset_with_a_warning(child_sees, stored, name):
    key = new_key()
    stored(key)
    seen = child_sees(**{name: ""})
    assert seen.keys == [key]
    assert len(warnings(seen)) == 1
    assert name in warnings(seen)[0]
    assert seen.get(name) in (None, key)


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_variable_does_not_keep_a_key_from_being_made(child_sees, store, name):
    seen = child_sees(**{name: ""})
    assert (store / "fernet_key").read_text() == seen.keys[0] + "\n"


def test_an_empty_line_in_airflow_cfg_counts_as_unset_with_a_warning(child_sees, write_cfg):
    path = write_cfg("[core]\nfernet_key = \n")
    seen = child_sees()
    assert [line for line in warnings(seen) if str(path) in line]
    assert path.read_text() == f"[core]\nfernet_key = {seen.keys[0]}\n"


def test_an_empty_line_in_airflow_cfg_does_not_hide_its_command(child_sees, write_cfg):
    key = new_key()
    write_cfg(f"[core]\nfernet_key =\nfernet_key_cmd = echo {key}\n")
    assert child_sees().keys == [key]


# --- Twins


@pytest.mark.parametrize("name", [VARIABLE, "FERNET_KEY"])
def test_a_variable_and_its_file_are_an_error_even_if_they_agree(fernit, tmp_path, name):
    key = new_key()
    (tmp_path / "secret").write_text(key)
    before = listing(tmp_path)
    done = fernit("run", "true", **{name: key, name + "_FILE": tmp_path / "secret"})
    assert done.returncode == 125
    assert len(errors(done)) == 1 and name + "_FILE" in errors(done)[0]
    assert listing(tmp_path) == before


@pytest.mark.parametrize("name", [VARIABLE, "FERNET_KEY"])
def test_twins_are_an_error_also_below_the_winner(fernit, name):
    other = {VARIABLE: "FERNET_KEY", "FERNET_KEY": VARIABLE}[name]
    done = fernit("run", "true", **{other: new_key(), name: new_key(), name + "_FILE": "/nowhere"})
    assert done.returncode == 125


@pytest.mark.parametrize("name", [VARIABLE, "FERNET_KEY"])
def test_an_empty_twin_is_no_twin(child_sees, tmp_path, name):
    key = new_key()
    (tmp_path / "secret").write_text(key)
    seen = child_sees(**{name: key, name + "_FILE": ""})
    assert (seen.keys, len(warnings(seen))) == ([key], 1)
    seen = child_sees(**{name: "", name + "_FILE": tmp_path / "secret"})
    assert (seen.keys, len(warnings(seen))) == ([key], 1)


# --- Expansion, as Airflow expands


EXPANDED = {
    "a variable": ("$KEY_A", {}),
    "a variable in braces": ("${KEY_A}", {}),
    "a chain": ("$ONE", {"ONE": "${{TWO}}", "TWO": "$KEY_A"}),
    "home": ("~", {"HOME": "{0}"}),
    "a chain to home": ("$ONE", {"ONE": "~", "HOME": "{0}"}),
    "part of the key": ("$HEAD$TAIL", {"HEAD": "{0:.20}", "TAIL": "{1}"}),
    "quotes around": ("'$KEY_A'", {}),
}


@pytest.mark.parametrize("text, variables", EXPANDED.values(), ids=EXPANDED.keys())
def test_the_variable_is_expanded_as_airflow_does(child_sees, text, variables):
    key = new_key()
    variables = {name: value.format(key, key[20:]) for name, value in variables.items()}
    assert child_sees(**{"KEY_A": key, **variables, VARIABLE: text}).keys == [key]


def test_a_list_of_variables_is_expanded(child_sees):
    first, second = new_key(), new_key()
    assert child_sees(A=first, B=second, **{VARIABLE: "$A,${B}"}).keys == [first, second]


NEVER_A_KEY = {
    "a name that is not set": ("$NOT_SET", {}),
    "a name in braces that is not set": ("${NOT_SET}", {}),
    "puckel's own line": ("$FERNET_KEY", {}),
    "a loop": ("$A", {"A": "$B", "B": "$A"}),
    "a loop of one": ("$A", {"A": "x$A"}),
    "endless growth": ("$A", {"A": "$A$A$A"}),
    "one that is set to nothing in a list": ("$A,$B", {"A": "A" * 43 + "=", "B": ""}),
}


@pytest.mark.parametrize("text, variables", NEVER_A_KEY.values(), ids=NEVER_A_KEY.keys())
def test_a_variable_that_leads_to_no_key_fails_the_run(fernit, tmp_path, text, variables):
    done = fernit("run", "echo", "it ran", timeout=60, **variables, **{VARIABLE: text})
    assert (done.returncode, done.stdout) == (125, "")
    assert len(errors(done)) == 1 and VARIABLE in errors(done)[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["$FERNET_KEY", "${FERNET_KEY}"])
@pytest.mark.parametrize("name", [VARIABLE, "FERNET_KEY"])
def test_the_message_knows_a_name_that_nobody_replaced(fernit, name, text):
    assert "looks like" in errors(fernit("run", "true", **{name: text}))[0]


def test_the_bare_variable_is_not_expanded(fernit):
    assert fernit("run", "true", KEY_A=new_key(), FERNET_KEY="$KEY_A").returncode == 125


def test_a_file_is_not_expanded(fernit, tmp_path):
    (tmp_path / "secret").write_text("$KEY_A")
    assert fernit("run", "true", KEY_A=new_key(), FERNET_KEY_FILE=tmp_path / "secret").returncode == 125


def test_the_output_of_a_command_is_not_expanded(fernit):
    done = fernit("run", "true", KEY_A=new_key(), **{COMMAND: "printf %s $KEY_A"})
    assert done.returncode == 125


@pytest.mark.parametrize("text", ["$KEY_A", "${KEY_A}"])
def test_airflow_cfg_is_expanded(child_sees, write_cfg, text):
    key = new_key()
    write_cfg(f"[core]\nfernet_key = {text}\n")
    assert child_sees(KEY_A=key).keys == [key]


def test_a_line_that_names_a_variable_with_the_right_key_is_left_alone(child_sees, write_cfg):
    """puckel's airflow.cfg, where compose sets FERNET_KEY."""
    key = new_key()
    path = write_cfg("[core]\nfernet_key = $FERNET_KEY\n")
    before = listing(path.parent)
    seen = child_sees(FERNET_KEY=key)
    assert (seen.keys, seen["FERNET_KEY"]) == ([key], key)
    assert listing(path.parent) == before


def test_a_line_that_names_a_variable_which_lacks_the_key_of_the_store_gets_the_whole_ring(child_sees, write_cfg, stored):
    """What docker exec finds there is that variable as the container has it."""
    inside, outside = new_key(), new_key()
    stored(inside)
    path = write_cfg("[core]\nfernet_key = $FERNET_KEY\n")
    assert child_sees(FERNET_KEY=outside).keys == [outside, inside]
    assert path.read_text() == f"[core]\nfernet_key = {outside},{inside}\n"
    assert child_sees(FERNET_KEY=outside).keys == [outside, inside]


@pytest.mark.parametrize("text", ["$FERNET_KEY", "${FERNET_KEY}"])
def test_a_name_that_stays_in_airflow_cfg_is_no_key_and_is_overwritten(child_sees, write_cfg, text):
    path = write_cfg(f"[core]\nfernet_key = {text}\n")
    assert path.read_text() == f"[core]\nfernet_key = {text}\n"
    key = child_sees().keys[0]
    assert path.read_text() == f"[core]\nfernet_key = {key}\n"


def test_a_loop_in_airflow_cfg_fails_the_run(fernit, write_cfg, store):
    write_cfg("[core]\nfernet_key = $A\n")
    assert fernit("run", "true", A="$B", B="$A", timeout=60).returncode == 125
    assert not store.exists()


@pytest.mark.parametrize("words", [("run", "true"), ("init",)])
def test_references_in_airflow_cfg_that_multiply_without_measure_fail_the_run_at_once(fernit, write_cfg, store, words):
    lines = [f"a{i} = {f'%(a{i + 1})s' * 40}\n" for i in range(7)]
    write_cfg("[core]\nfernet_key = %(a0)s\n" + "".join(lines) + "a7 =\n")
    done = fernit(*words, timeout=60)
    assert done.returncode == 125 and "airflow.cfg" in done.stderr
    assert not store.exists()


def test_a_key_in_the_default_section_counts(child_sees, write_cfg):
    key = new_key()
    write_cfg(f"[DEFAULT]\nfernet_key = {key}\n[core]\nexecutor = LocalExecutor\n")
    assert child_sees().keys == [key]


# --- Commands


@pytest.fixture
def script(tmp_path):
    """script(text): an executable of sh; its path has a blank-free name."""
    count = iter(range(100))

    def write(text, first="#!/bin/sh\n"):
        path = tmp_path / f"script{next(count)}"
        path.write_text(first + text)
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def run_command(fernit):
    """Runs `true` with a key command."""
    return lambda command, *options, **more: fernit("run", *options, "--", "true", **{COMMAND: command}, **more)


OUTPUTS = {
    "a newline": "{}\n",
    "no newline": "{}",
    "newlines and blanks around": "\n\n  {}\t\n \n",
    "CRLF": "{}\r\n",
    "quotes": '"{}"\n',
}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS.keys())
def test_the_output_of_a_command_is_stripped(child_sees, script, output):
    key = new_key()
    command = script(f"cat <<'END'\n{output.format(key)}\nEND\n")
    assert child_sees(**{COMMAND: command}).keys == [key]


def test_a_command_may_print_a_list(child_sees):
    keys = [new_key(), new_key()]
    assert child_sees(**{COMMAND: f"echo {keys[0]},{keys[1]}"}).keys == keys


@pytest.fixture
def words_of(fernit, tmp_path, script):
    """words_of(text): the words that a command with this text behind its name gets, or None where it is not run."""
    command = script(f"printf '%s\\0' \"$@\" > {tmp_path}/words; echo {new_key()}\n")

    def run(text):
        (tmp_path / "words").write_bytes(b"")
        done = fernit("run", "true", **{COMMAND: f"{command} {text}"})
        if done.returncode == 125:
            assert not (tmp_path / "words").read_bytes(), done.stderr
            return None
        return (tmp_path / "words").read_bytes().decode().split("\0")[:-1]

    return run


def judged_words(text):
    try:
        return shlex.split(text)
    except ValueError:
        return None


WORDS = [
    "a b  c",
    "'a b' \"c d\"",
    "a\\ b \\' \\\" \\\\",
    "\"a\\\"b\" \"a\\\\b\" \"a\\nb\" \"a\\$b\"",
    "'a\\b' 'a\"b'",
    "'' \"\" x''y",
    "a'b'c\"d\"e",
    "# no comment",
    "$HOME `id` $(id) ; id | id > x & *",
    "a\tb\nc\rd",
    "\u00e9 \u20ac",
    "'open",
    '"open',
    "lone\\",
    '"lone\\',
]


@pytest.mark.parametrize("text", WORDS)
def test_a_command_is_split_as_shlex_does_and_sees_no_shell(words_of, text):
    expected = judged_words(text)
    got = words_of(text)
    # printf prints one empty word where there are no arguments at all.
    assert (got or None) == (expected or None) or (got, expected) == ([""], [])


@pytest.mark.parametrize("seed", range(4))
def test_random_commands_are_split_as_shlex_does(words_of, seed):
    chance = random.Random(seed)
    for _ in range(30):
        text = "x" + "".join(chance.choices("ab'\"\\ \t$#", weights=[4, 4, 2, 2, 2, 3, 1, 1, 1], k=chance.randint(1, 14)))
        assert words_of(text) == judged_words(text), repr(text)


def test_a_command_is_looked_up_on_the_path(child_sees, script, tmp_path):
    key = new_key()
    path = script(f"echo {key}\n")
    assert child_sees(PATH=f"{tmp_path}:/usr/bin:/bin", **{COMMAND: path.name}).keys == [key]


def test_a_command_gets_no_standard_input(fernit, script):
    key = new_key()
    done = fernit("run", "cat", stdin="for the command", **{COMMAND: script(f"cat\necho {key}\n")})
    assert (done.returncode, done.stdout) == (0, "for the command")


def test_the_standard_error_of_a_command_is_seen(run_command, script):
    done = run_command(script(f"echo token expired >&2\necho {new_key()}\n"))
    assert (done.returncode, "token expired" in done.stderr) == (0, True)


def test_a_command_does_not_run_when_the_variable_is_set(child_sees, tmp_path):
    assert warnings(child_sees(**{VARIABLE: new_key(), COMMAND: f"touch {tmp_path}/it-ran"})) == []
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize("name, value", [(VARIABLE, "{}"), ("FERNET_KEY", "{}"), (VARIABLE + "_CMD", "echo {}")])
def test_the_command_of_airflow_cfg_does_not_run_where_airflow_would_not_run_it(child_sees, write_cfg, stored, tmp_path, name, value):
    key = new_key()
    stored(key)
    write_cfg(f"[core]\nfernet_key_cmd = touch {tmp_path}/it-ran\n")
    assert child_sees(**{name: value.format(key)}).keys == [key]
    assert not (tmp_path / "it-ran").exists()


def test_a_command_runs_once(child_sees, script, tmp_path):
    command = script(f"echo x >> {tmp_path}/log\necho {new_key()}\n")
    child_sees(**{COMMAND: command})
    assert (tmp_path / "log").read_text() == "x\n"


def test_a_command_has_three_descriptors(fernit, script, tmp_path):
    command = script(f"ls /proc/$$/fd > {tmp_path}/descriptors\necho {new_key()}\n")
    prefix = ["sh", "-c", 'exec "$@" 10<&- 7</dev/zero', "sh"]
    assert fernit("run", "true", prefix=prefix, **{COMMAND: command}).returncode == 0
    # 7 was handed in; above 9 are the script itself and what the shell keeps.
    found = {int(name) for name in (tmp_path / "descriptors").read_text().split()}
    assert {fd for fd in found if fd < 10} == {0, 1, 2, 7}


def test_a_command_works_with_all_descriptors_closed(fernit, store, cfg):
    key = new_key()
    prefix = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
    assert fernit("run", "true", prefix=prefix, **{COMMAND: f"echo {key}"}).returncode == 0
    assert key in cfg.read_text()


def test_a_command_works_where_the_parent_ignores_its_children(child_sees):
    key = new_key()
    prefix = ["sh", "-c", 'trap "" CHLD PIPE; exec "$@"', "sh"]
    assert child_sees(prefix=prefix, **{COMMAND: f"echo {key}"}).keys == [key]


@pytest.mark.parametrize("command", ["false", "/no/such/command", "sh -c 'exit 1' --", "sleep 100", "yes", "echo"])
def test_the_arguments_of_a_failing_command_are_not_shown(fernit, run_command, command):
    fernit.secrets.add("s.hunter2hunter2")
    assert run_command(f"{command} --token s.hunter2hunter2 '' ", "--cmd-timeout", "100ms").returncode == 125


FAILURES = {
    "not found": ("/no/such/command", "/no/such/command"),
    "not found on the path": ("no-such-command", "the command"),
    "not executable": ("/etc/passwd", "/etc/passwd"),
    "a directory": ("/tmp", "/tmp"),
    "status 1": ("false", "status 1"),
    "status 42": ("sh -c 'exit 42'", "status 42"),
    "a key, but status 1": ("sh -c 'echo {0}; exit 1'", "status 1"),
    "killed": ("sh -c 'kill -9 $$'", "signal 9"),
    "prints nothing": ("true", "nothing"),
    "prints blanks": ("printf '  \\n\\n'", "nothing"),
    "prints no key": ("echo hello", COMMAND),
    "a quote that is open": ("echo '{0}", "not closed"),
    "a lone backslash": ("echo {0} \\", "backslash"),
    "closes its output and ends badly": ("sh -c 'echo {0}; exec >&-; exit 3'", "status 3"),
}


@pytest.mark.parametrize("command, says", FAILURES.values(), ids=FAILURES.keys())
def test_a_command_that_fails_fails_the_run(run_command, tmp_path, command, says):
    done = run_command(command.format(new_key()))
    assert done.returncode == 125
    assert len(errors(done)) == 1
    assert COMMAND in errors(done)[0] and says in errors(done)[0]
    assert list(tmp_path.iterdir()) == []


HANGS = {
    "sleeps": "sleep 1000\n",
    "sleeps behind its key": "echo {0}\nsleep 1000\n",
    "has children": "sleep 1000 & sleep 1000 & wait\n",
    "ignores TERM": "trap '' TERM INT HUP QUIT\nwhile :; do sleep 1000; done\n",
    "leaves somebody who keeps the pipe open": "sleep 1000 &\necho {0}\n",
    "closes its output and goes on": "echo {0}\nexec >/dev/null\nsleep 1000\n",
    "prints a little for ever": "while :; do echo; sleep 0.05; done\n",
    "stops itself": "kill -STOP $$\n",
}


@pytest.mark.parametrize("body", HANGS.values(), ids=HANGS.keys())
def test_a_command_that_does_not_end_is_ended_with_all_its_children(run_command, script, store, body):
    """That nothing is left running is seen to by the fixture, after every run."""
    command = script(body.format(new_key()))
    start = time.monotonic()
    done = run_command(command, "--cmd-timeout", "300ms")
    assert 0.29 < time.monotonic() - start < 8
    assert done.returncode == 125
    assert len(errors(done)) == 1
    assert COMMAND in errors(done)[0] and "in time" in errors(done)[0]
    assert not store.exists()


FLOODS = ["yes", "dd if=/dev/zero bs=1M count=1024", "sh -c 'yes & yes & wait'", "cat /dev/zero", "head -c 65537 /dev/zero"]


@pytest.mark.parametrize("command", FLOODS)
def test_a_command_that_prints_without_end_is_ended(run_command, store, command):
    start = time.monotonic()
    done = run_command(command)
    assert time.monotonic() - start < 8
    assert done.returncode == 125
    # dd says a word of its own, but only if it gets to its end.
    assert len(errors(done)) == 1
    assert COMMAND in errors(done)[0] and "65536" in errors(done)[0]
    assert not store.exists()


def test_a_slow_command_within_its_deadline_is_waited_for(run_command):
    assert run_command(f"sh -c 'sleep 0.4; echo {new_key()}'", "--cmd-timeout", "5s").returncode == 0


# --- Commands that lead back to fernit


@pytest.fixture
def own_name(tmp_path):
    """The binary under the name fernit."""
    if BINARY.name == "fernit":
        return BINARY
    (tmp_path / "fernit").symlink_to(BINARY)
    return tmp_path / "fernit"


RECURSIONS = {
    "directly": "{0} key print",
    "by the path": "fernit key print",
    "with options": "{0} key print --quiet",
    "by a shell": "sh -c '{0} key print'",
    "by a shell, with a log": "sh -c 'echo x >> {1}/log; exec {0} key print'",
}


@pytest.mark.parametrize("words", [["run", "true"], ["init"]])
def test_a_run_inside_a_command_is_refused_since_it_would_pass_the_command_over(fernit, store, words):
    done = fernit(*words, FERNIT_IN_COMMAND="1", **{COMMAND: f"echo {new_key()}"})
    assert done.returncode == 125
    assert "FERNIT_IN_COMMAND" in done.stderr and not store.exists()


@pytest.mark.parametrize("command", RECURSIONS.values(), ids=RECURSIONS.keys())
def test_a_command_that_asks_fernit_gets_the_key_of_the_store(child_sees, own_name, stored, tmp_path, command):
    key = new_key()
    stored(key)
    command = command.format(own_name, tmp_path)
    seen = child_sees(PATH=f"{own_name.parent}:/usr/bin:/bin", timeout=60, **{COMMAND: command})
    assert seen.keys == [key]
    log = tmp_path / "log"
    assert not log.exists() or log.read_text() == "x\n"


@pytest.mark.parametrize("command", RECURSIONS.values(), ids=RECURSIONS.keys())
def test_a_command_that_asks_fernit_ends_also_where_there_is_no_key(fernit, own_name, tmp_path, command):
    command = command.format(own_name, tmp_path)
    done = fernit("run", "true", PATH=f"{own_name.parent}:/usr/bin:/bin", timeout=60, **{COMMAND: command})
    assert done.returncode in (0, 125)
    log = tmp_path / "log"
    assert not log.exists() or log.read_text() == "x\n"


@pytest.mark.parametrize("command", ["{0} key print", "cat {1}/fernet_key", "/bin/cat '{1}/fernet_key'"])
def test_a_command_that_only_reads_the_own_store_is_passed_over_at_the_first_boot(child_sees, own_name, store, command):
    seen = child_sees(**{COMMAND: command.format(own_name, store)})
    assert (store / "fernet_key").read_text() == seen.keys[0] + "\n"
    assert COMMAND not in seen


@pytest.mark.parametrize("command", ["{0} key print", "cat {1}/fernet_key"])
def test_a_command_of_airflow_cfg_that_only_reads_the_own_store_is_passed_over(child_sees, own_name, store, write_cfg, command):
    path = write_cfg(f"[core]\nfernet_key_cmd = {command.format(own_name, store)}\n")
    key = child_sees().keys[0]
    assert (store / "fernet_key").read_text() == key + "\n"
    before = path.read_bytes()
    assert child_sees().keys == [key]
    assert path.read_bytes() == before


@pytest.mark.parametrize("named, read", [("{0}/", "{0}/fernet_key"), ("{0}", "{0}//fernet_key")])
def test_the_own_store_is_known_under_its_other_spellings(child_sees, store, named, read):
    seen = child_sees(FERNIT_STORE=named.format(store), **{COMMAND: f"cat {read.format(store)}"})
    assert (store / "fernet_key").read_text() == seen.keys[0] + "\n"


def test_cat_of_another_file_is_run(child_sees, tmp_path):
    key = new_key()
    (tmp_path / "fernet_key").write_text(key)
    assert child_sees(**{COMMAND: f"cat {tmp_path}/fernet_key"}).keys == [key]


def test_cat_of_another_file_that_is_missing_fails_the_run(fernit, tmp_path):
    assert fernit("run", "true", **{COMMAND: f"cat {tmp_path}/fernet_key"}).returncode == 125
    assert list(tmp_path.iterdir()) == []


# --- Keys that Airflow fetches by itself


def test_a_secret_variable_leaves_the_key_to_airflow(child_sees, store, cfg):
    seen = child_sees(AIRFLOW__CORE__FERNET_KEY_SECRET="path/of/it")
    assert seen["AIRFLOW__CORE__FERNET_KEY_SECRET"] == "path/of/it"
    assert VARIABLE not in seen
    assert not store.exists()
    assert not cfg.exists() or "fernet_key" not in cfg.read_text()


def test_a_secret_variable_loses_the_empty_variable_that_would_block_it(child_sees):
    seen = child_sees(AIRFLOW__CORE__FERNET_KEY_SECRET="path", **{VARIABLE: "", COMMAND: ""})
    assert VARIABLE not in seen and COMMAND not in seen
    assert seen["AIRFLOW__CORE__FERNET_KEY_SECRET"] == "path"


def test_a_secret_variable_beats_the_bare_variable_the_store_and_the_file(child_sees, stored, write_cfg):
    stored(new_key())
    path = write_cfg("[core]\nfernet_key = \n")
    seen = child_sees(AIRFLOW__CORE__FERNET_KEY_SECRET="path", FERNET_KEY=new_key())
    assert VARIABLE not in seen
    assert not KEY_TEXT.search(path.read_text())


def test_a_secret_in_airflow_cfg_leaves_the_key_to_airflow(child_sees, write_cfg, store):
    path = write_cfg("[core]\nfernet_key_secret = path/of/it\n")
    before = listing(path.parent)
    assert VARIABLE not in child_sees()
    assert listing(path.parent) == before
    assert not store.exists()


def test_a_secret_in_airflow_cfg_loses_the_empty_line_that_would_block_it(child_sees, write_cfg, store):
    path = write_cfg("[core]\nexecutor = LocalExecutor\nfernet_key = \nfernet_key_secret = path/of/it\n")
    child_sees()
    parser = configparser.ConfigParser()
    parser.read(path)
    assert dict(parser["core"]) == {"executor": "LocalExecutor", "fernet_key_secret": "path/of/it"}
    assert len(path.read_text().splitlines()) == 4, "the line is commented out, not gone"
    assert not store.exists()


def test_a_secret_variable_loses_the_command_that_was_passed_over(child_sees, own_name):
    """Airflow would run it before it looks at the _SECRET, and get nothing."""
    seen = child_sees(AIRFLOW__CORE__FERNET_KEY_SECRET="path", **{COMMAND: f"{own_name} key print"})
    assert COMMAND not in seen
    assert seen["AIRFLOW__CORE__FERNET_KEY_SECRET"] == "path"


def test_a_secret_in_airflow_cfg_loses_the_name_without_a_value_that_would_block_it(child_sees, write_cfg):
    path = write_cfg("[core]\nfernet_key = $NOT_SET\nfernet_key_secret = path/of/it\n")
    child_sees()
    parser = configparser.ConfigParser()
    parser.read(path)
    assert dict(parser["core"]) == {"fernet_key_secret": "path/of/it"}


@pytest.mark.parametrize("name", ["fernet_key", "fernet_key_cmd", "fernet_key_secret"])
def test_a_reference_in_airflow_cfg_that_leads_nowhere_fails_the_run(fernit, write_cfg, store, name):
    """configparser's interpolation would fail in Airflow, too; it must not pass for an absent option."""
    path = write_cfg(f"[core]\n{name} = %(nothing)s\n")
    done = fernit("run", "true")
    assert done.returncode == 125
    assert str(path) in errors(done)[0]
    assert not store.exists()


# --- The store


def test_a_rebuild_keeps_the_key(child_sees, airflow_home):
    """Two containers' worth: the store is the only thing that lasts."""
    key = child_sees().keys
    shutil.rmtree(airflow_home)
    again = child_sees()
    assert again.keys == key
    assert "created Fernet key" not in again.stderr


def test_a_steady_start_changes_nothing(child_sees, tmp_path):
    child_sees()
    before = listing(tmp_path)
    for _ in range(3):
        assert child_sees().stderr == ""
    assert listing(tmp_path) == before


def test_init_and_run_agree(fernit, child_sees, tmp_path, store):
    assert fernit("init").returncode == 0
    before = listing(tmp_path)
    assert fernit("init").stderr == ""
    assert child_sees().keys == [(store / "fernet_key").read_text().strip()]
    assert listing(tmp_path) == before


@pytest.mark.parametrize("given, shown", [("his/data", "{0}/his/data"), ("here/store", "{0}/..."), ("./store", "{0}/store"), ("store", "{0}/store"), ("~/store", "{0}/store")])
@pytest.mark.parametrize("by", ["option", "variable", "file"])
def test_a_store_is_an_absolute_path_and_another_one_is_shown_as_what_it_would_be(fernit, tmp_path, given, shown, by):
    (tmp_path / "fernit.ini").write_text(f"[fernit]\nstore = {given}\n")
    words = ["--store", given] if by == "option" else []
    ways = {"option": {}, "variable": {"FERNIT_STORE": given}, "file": {"FERNIT_STORE": None, "FERNIT_CONFIG": tmp_path / "fernit.ini"}}
    before = listing(tmp_path)
    done = fernit("run", *words, "true", **ways[by])
    assert done.returncode == 125 and listing(tmp_path) == before
    assert f'"{given if len(given) <= 8 or given[0] in "./~" else "..."}" is not an absolute path' in errors(done)[0]
    assert hints(done) == [f"fernit: hint: write {shown.format(tmp_path)}"]


# --- The key that only airflow.cfg holds


def by_command(key):
    return f"[core]\nfernet_key_cmd = echo {key}\n"


def test_a_key_that_a_command_of_airflow_cfg_gives_is_kept_and_a_rebuild_without_the_file_has_it(child_sees, write_cfg, store):
    key = new_key()
    cfg = write_cfg(by_command(key))
    assert child_sees().keys == [key]
    assert cfg.read_text() == by_command(key) and (store / "fernet_key").read_text() == key + "\n"
    assert child_sees().stderr == ""
    cfg.unlink()
    assert child_sees().keys == [key]


def test_another_key_from_such_a_command_is_a_change(child_sees, write_cfg, store):
    old, new = new_key(), new_key()
    write_cfg(by_command(old))
    child_sees()
    cfg = write_cfg(by_command(new))
    seen = child_sees()
    assert seen.keys == [new, old] and (store / "fernet_key").read_text() == f"{new},{old}\n"
    assert fingerprint(new) in warnings(seen)[0] and f"{cfg}: fernet_key_cmd" in warnings(seen)[0]
    # The command is in charge of the file, and docker exec reads by it what its key has encrypted alone.
    assert cfg.read_text() == by_command(new)
    seen = child_sees()
    assert ["gives fewer keys than" in line for line in warnings(seen)] == [True] and ["docker exec" in line for line in hints(seen)] == [True]


@pytest.mark.parametrize("rule, ring, stored_ring", [("stage", [0, 1], [0]), ("replace", [1], [1])])
def test_another_key_from_such_a_command_follows_the_rule(child_sees, write_cfg, store, rule, ring, stored_ring):
    keys = [new_key(), new_key()]
    write_cfg(by_command(keys[0]))
    child_sees()
    write_cfg(by_command(keys[1]))
    assert child_sees("--on-change", rule).keys == [keys[index] for index in ring]
    assert (store / "fernet_key").read_text() == ",".join(keys[index] for index in stored_ring) + "\n"


def test_another_key_from_such_a_command_can_be_refused(fernit, write_cfg, tmp_path):
    write_cfg(by_command(new_key()))
    assert fernit("init").returncode == 0
    cfg = write_cfg(by_command(new_key()))
    before = listing(tmp_path)
    done = fernit("run", "--on-change", "refuse", "true")
    assert done.returncode == 125 and f"{cfg}: fernet_key_cmd" in errors(done)[0]
    assert listing(tmp_path) == before


def test_where_the_file_alone_delivers_it_gets_all_keys_beside_such_a_command(fernit, write_cfg):
    old, new = new_key(), new_key()
    write_cfg(by_command(old))
    assert fernit("init", "--deliver", "cfg").returncode == 0
    cfg = write_cfg(by_command(new))
    assert fernit("init", "--deliver", "cfg").returncode == 0
    parser = configparser.ConfigParser()
    parser.read(cfg)
    assert parser["core"]["fernet_key"] == f"{new},{old}"


def test_where_such_a_command_fails_the_stored_key_is_used_with_a_word(child_sees, write_cfg, stored):
    key = new_key()
    stored(key)
    cfg = write_cfg("[core]\nfernet_key_cmd = false\n")
    seen = child_sees()
    assert seen.keys == [key] and f"{cfg}: fernet_key_cmd: false: ended with status 1" in warnings(seen)[0]


def test_an_empty_key_before_such_a_command_becomes_a_comment(child_sees, write_cfg):
    key = new_key()
    cfg = write_cfg(f"[core]\nfernet_key =\nfernet_key_cmd = echo {key}\n")
    assert child_sees().keys == [key]
    assert cfg.read_text() == f"[core]\n# fernet_key =\nfernet_key_cmd = echo {key}\n"


def test_a_secret_that_counts_over_other_keys_says_so(fernit, stored):
    stored(new_key())
    done = fernit("run", "true", **{VARIABLE + "_SECRET": "path"})
    assert done.returncode == 0
    assert len(warnings(done)) == 1 and "is not used" in warnings(done)[0]


def test_a_key_of_airflow_cfg_is_kept_in_a_store_that_was_named(child_sees, write_cfg, store):
    key = new_key()
    write_cfg(f"[core]\nfernet_key = {key}\n")
    seen = child_sees()
    assert (store / "fernet_key").read_text() == key + "\n"
    assert fingerprint(key) in seen.stderr


def test_a_key_of_airflow_cfg_is_kept_in_the_order_of_its_list(child_sees, write_cfg, store):
    keys = [new_key(), new_key(), new_key()]
    write_cfg(f"[core]\nfernet_key = {','.join(keys)}\n")
    assert child_sees().keys == keys
    assert (store / "fernet_key").read_text() == ",".join(keys) + "\n"


@pytest.mark.parametrize("exists", [True, False], ids=["the store exists", "no store"])
def test_a_key_of_airflow_cfg_goes_into_the_default_store_only_if_there_is_one(child_sees, namespace, write_cfg, exists):
    key = new_key()
    write_cfg(f"[core]\nfernet_key = {key}\n")
    store = namespace.tmpfs("/var/lib") / "fernit"
    if exists:
        store.mkdir(mode=0o700)
    seen = child_sees(prefix=namespace.prefix, FERNIT_STORE=None)
    assert seen.keys == [key]
    if exists:
        assert (store / "fernet_key").read_text() == key + "\n"
    else:
        assert not store.exists()
        assert [line for line in warnings(seen) if fingerprint(key) in line]


def test_once_kept_it_survives_the_loss_of_airflow_cfg(child_sees, write_cfg):
    key = new_key()
    path = write_cfg(f"[core]\nfernet_key = {key}\n")
    child_sees()
    path.unlink()
    assert child_sees().keys == [key]


# --- Secret files


def plain(path, key):
    path.write_text(key + "\n")


def without_newline(path, key):
    path.write_text(key)


def crlf(path, key):
    path.write_bytes(key.encode() + b"\r\n")


def read_only(path, key):
    path.write_text(key)
    path.chmod(0o444)


def world_writable(path, key):
    path.write_text(key)
    path.chmod(0o666)


def kubernetes(path, key):
    """As kubelet mounts a Secret: key -> ..data/key, ..data -> ..2024_..., mode 0644."""
    data = path.parent / "..2024_01_01_00_00_00.123"
    data.mkdir()
    (data / path.name).write_text(key)
    (data / path.name).chmod(0o644)
    (path.parent / "..data").symlink_to(data.name)
    path.symlink_to(f"..data/{path.name}")


def absolute_link(path, key):
    target = path.parent / "elsewhere"
    target.write_text(key)
    path.symlink_to(re.sub(r"^/proc/\d+/root", "", str(target)))


def just_64_kib(path, key):
    path.write_text(key + " " * (65536 - len(key)))


GOOD_FILES = [plain, without_newline, crlf, read_only, world_writable, kubernetes, absolute_link, just_64_kib]


def directory(path, key):
    path.mkdir()


def fifo(path, key):
    os.mkfifo(path)


def empty(path, key):
    path.touch()


def blank(path, key):
    path.write_text(" \n\n\t")


def large(path, key):
    path.write_text(key + "\n" * 100_000)


def dangling(path, key):
    path.symlink_to("nowhere")


def loop_of_links(path, key):
    path.symlink_to(path.name)


def no_key(path, key):
    path.write_text(key[:-5])


def device(path, key):
    path.symlink_to("/dev/zero")


def two_lines(path, key):
    path.write_text(f"{new_key()[:-1]}\n{key}\n")


BAD_FILES = [directory, fifo, empty, blank, large, dangling, loop_of_links, no_key, device, two_lines]

PLACES = [VARIABLE + "_FILE", "FERNET_KEY_FILE", "--secret-file", "/run/secrets/fernet_key"]


@pytest.fixture(params=PLACES)
def place(request, tmp_path):
    """A place for a secret file: its path from out here, and what makes a run look at it."""
    if not request.param.startswith("/run"):
        path = tmp_path / "secrets" / "the-key"
        path.parent.mkdir()
        named = {"options": ["--secret-file", path]} if request.param == "--secret-file" else {request.param: path}
        return path, named, str(path)
    path = request.getfixturevalue("mounted_secrets") / "fernet_key"
    return path, {"prefix": request.getfixturevalue("namespace").prefix}, request.param


@pytest.mark.parametrize("make", GOOD_FILES)
def test_a_secret_file_may_look_like_this(child_sees, place, make):
    path, named, _ = place
    key = new_key()
    make(path, key)
    seen = child_sees(*named.pop("options", []), **named)
    assert seen.keys == [key]
    assert warnings(seen) == []


@pytest.mark.parametrize("make", BAD_FILES)
def test_a_secret_file_like_this_fails_the_run(fernit, place, store, cfg, make):
    path, named, name = place
    make(path, new_key())
    done = fernit("run", *named.pop("options", []), "--", "echo", "it ran", timeout=60, **named)
    assert (done.returncode, done.stdout) == (125, "")
    assert len(errors(done)) == 1 and name in errors(done)[0]
    assert not store.exists() and not cfg.exists()


def test_an_absent_mounted_secret_is_simply_absent(child_sees, namespace, mounted_secrets):
    assert warnings(child_sees(prefix=namespace.prefix)) == []


def test_without_a_folder_of_secrets_there_are_none(child_sees, namespace):
    namespace.tmpfs("/run")
    assert warnings(child_sees(prefix=namespace.prefix)) == []


def test_a_file_in_place_of_the_folder_of_secrets_is_no_secret(child_sees, namespace):
    (namespace.tmpfs("/run") / "secrets").touch()
    assert warnings(child_sees(prefix=namespace.prefix)) == []


def test_a_secret_that_may_not_be_read_fails_the_run(fernit, nobody, tmp_path, store):
    path = tmp_path / "secret"
    path.write_text(new_key())
    path.chmod(0o000)
    done = fernit("run", "true", prefix=nobody, FERNET_KEY_FILE=path)
    assert done.returncode == 125
    assert str(path) in errors(done)[0] and "Permission denied" in errors(done)[0]
    assert not store.exists()


def test_a_mounted_secret_that_may_not_be_read_fails_the_run(fernit, nobody, namespace, mounted_secrets, store):
    path = mounted_secrets / "fernet_key"
    path.write_text(new_key())
    path.chmod(0o400)
    done = fernit("run", "true", prefix=[*namespace.prefix, *nobody])
    assert done.returncode == 125
    assert "/run/secrets/fernet_key" in errors(done)[0] and "Permission denied" in errors(done)[0]
    assert not store.exists()


def test_a_folder_of_secrets_that_may_not_be_searched_fails_the_run(fernit, nobody, namespace, mounted_secrets, store):
    (mounted_secrets / "fernet_key").write_text(new_key())
    mounted_secrets.chmod(0o700)
    done = fernit("run", "true", prefix=[*namespace.prefix, *nobody])
    assert done.returncode == 125
    assert not store.exists()


def test_secret_files_are_not_touched(child_sees, tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    path = folder / "the-key"
    path.write_text(new_key())
    path.chmod(0o604)
    before = listing(folder)
    child_sees(FERNET_KEY_FILE=path)
    assert listing(folder) == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_several_secret_files_count_in_their_order(child_sees, tmp_path):
    keys = [new_key(), new_key()]
    for name, key in zip("ab", keys):
        (tmp_path / name).write_text(key)
    seen = child_sees("--secret-file", tmp_path / "b", "--secret-file", tmp_path / "a")
    assert seen.keys == [keys[1]]
    assert len(warnings(seen)) == 1


def test_a_secret_file_may_have_a_very_long_path(child_sees, tmp_path):
    folders = [tmp_path.joinpath(*["d" * 200] * number) for number in range(1, 18)]
    for folder in folders:
        folder.mkdir()
    keys = [new_key(), new_key()]
    for folder, key in zip(folders[-2:], keys):
        (folder / "secret").write_text(key)
    seen = child_sees("--secret-file", folders[-1] / "secret", "--secret-file", folders[-2] / "secret")
    assert seen.keys == [keys[1]]
    assert len(warnings(seen)) == 1
    assert fingerprint(keys[0]) in warnings(seen)[0] and fingerprint(keys[1]) in warnings(seen)[0]


# --- A key from outside beside a store


def test_more_keys_together_than_a_ring_holds_fail_the_run(fernit, stored):
    file = stored([new_key() for _ in range(40)])
    before = listing(file.parent)
    done = fernit("run", "true", FERNET_KEY=",".join(new_key() for _ in range(40)))
    assert done.returncode == 125
    assert "FERNET_KEY" in errors(done)[0] and str(file) in errors(done)[0] and "64" in errors(done)[0]
    assert listing(file.parent) == before


def test_a_key_from_outside_comes_first_and_the_stores_stay_readable(child_sees, stored):
    outside, kept = new_key(), [new_key(), new_key()]
    file = stored(kept)
    seen = child_sees(FERNET_KEY=outside)
    assert seen.keys == [outside, *kept]
    assert len(warnings(seen)) == 1
    assert fingerprint(outside) in warnings(seen)[0] and f"{fingerprint(kept[0])}, {fingerprint(kept[1])} in {file} encrypted stays readable" in hints(seen)[0]
    assert file.read_text() == ",".join([outside, *kept]) + "\n"

    # From now on the store has it, and starts that do not bring it have it, too.
    assert warnings(child_sees(FERNET_KEY=outside)) == []
    assert child_sees().keys == [outside, *kept]


def test_an_older_key_of_the_store_given_from_outside_comes_first_and_is_no_new_one(child_sees, stored):
    kept = [new_key(), new_key()]
    stored(kept)
    seen = child_sees(FERNET_KEY=kept[1])
    assert seen.keys == [kept[1], kept[0]]
    (said,) = warnings(seen)
    assert "the new key" not in said and any("same first key everywhere" in hint for hint in hints(seen))


# --- A key where a path or a command should be


MISTAKES = [VARIABLE + "_FILE", "FERNET_KEY_FILE", COMMAND, "FERNIT_SECRET_FILE"]


@pytest.mark.parametrize("name", MISTAKES)
def test_a_key_given_in_place_of_its_path_or_command_is_not_shown(fernit, store, name):
    """The fixture looks for it in all that is printed."""
    done = fernit("run", "true", **{name: new_key()})
    assert done.returncode == 125
    assert name.removeprefix("FERNIT_").lower() in done.stderr.lower().replace("-", "_")
    assert not store.exists()


FILE_ARGUMENTS = ["key check", "key fingerprint", "key print --secret-file", "status --secret-file"]


@pytest.mark.parametrize("words", FILE_ARGUMENTS)
def test_a_key_given_in_place_of_a_file_is_not_shown(fernit, words):
    key = next(key for key in iter(new_key, None) if not key.startswith("-"))  # that would be an option
    assert fernit(*words.split(), key).returncode == 1


@pytest.mark.parametrize("line", ["fernet_key_cmd = {}", "{}", "[{}", "fernet_key: = {}"])
def test_a_key_in_the_wrong_place_of_airflow_cfg_is_not_shown(fernit, write_cfg, line):
    key = new_key()
    write_cfg("[core]\n" + line.format(key) + "\n")
    fernit("run", "true")
    fernit("status")


# --- What is told cannot be forged


def test_a_name_with_newlines_forges_no_line_of_the_log(fernit):
    done = fernit("run", "true", FERNET_KEY_FILE="/no\nfernit: all is well\n\x1b[2J/file")
    assert done.returncode == 125
    assert len(done.stderr.splitlines()) == 3 == len(errors(done) + hints(done))
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("source", [VARIABLE, "FERNET_KEY", "store"])
def test_who_gives_a_key_of_airflow_cfg_in_a_list_is_served_without_a_word(child_sees, stored, write_cfg, source):
    """The variable stands before every other source, whichever holds the first key."""
    first, second = new_key(), new_key()
    given = {}
    if source == "store":
        stored(first)
    else:
        given[source] = first
    write_cfg(f"[core]\nfernet_key = {second}\n")
    seen = child_sees(**{**given, VARIABLE: f"{first},{second}"})
    assert seen.keys == [first, second]


# --- Set to nothing


@pytest.mark.parametrize("name, plain", [(VARIABLE, True), (VARIABLE + "_CMD", False), (VARIABLE + "_SECRET", False), (VARIABLE + "_FILE", False),
                                         ("FERNET_KEY", False), ("FERNET_KEY_FILE", False)])
def test_only_of_what_airflow_reads_itself_it_is_said_that_it_takes_nothing_for_plain_text(child_sees, stored, name, plain):
    stored(new_key())
    seen = child_sees(**{name: ""})
    [said] = warnings(seen)
    assert said.startswith(f"fernit: warning: empty-value: {name} is set to nothing") and ("plain text" in seen.stderr) == plain


def test_a_variable_in_the_variable_that_is_empty_makes_it_empty(child_sees, stored):
    key = new_key()
    stored(key)
    seen = child_sees(**{VARIABLE: "$NOTHING", "NOTHING": ""})
    assert seen.keys == [key] and "is set to nothing" in warnings(seen)[0]


class Commanded:
    """A file whose fernet_key_cmd gives what is put into it, and what a start makes of that."""

    def __init__(self, fernit, write_cfg, store, folder):
        self.fernit, self.store, self.source = fernit, store, folder / "source"
        self.cfg = write_cfg(f"[core]\nfernet_key_cmd = cat {self.source}\n")

    def gives(self, key):
        self.source.write_text(key)

    def start(self, *words, status=0):
        done = self.fernit(*words)
        assert done.returncode == status, done.stderr
        return done

    def written(self):
        parser = configparser.ConfigParser()
        parser.read(self.cfg)
        return parser["core"].get("fernet_key")

    def kept(self):
        return (self.store / "fernet_key").read_text().strip()


@pytest.fixture
def commanded(fernit, write_cfg, store, tmp_path):
    return Commanded(fernit, write_cfg, store, tmp_path)


RUN = ["run", "true"]
#: Starts whose Airflow has the file alone.
BY_FILE = [["init"], ["run", "--deliver", "cfg", "true"]]


@pytest.mark.parametrize("change, ring", [("keep", "{1},{0}"), ("stage", "{0},{1}")])
@pytest.mark.parametrize("words", BY_FILE)
def test_where_the_file_is_all_that_airflow_gets_it_has_the_whole_ring(commanded, words, change, ring):
    old, new = new_key(), new_key()
    commanded.gives(old)
    commanded.start(*words)
    assert commanded.written() is None, "its command gives the ring"
    commanded.gives(new)
    commanded.start(words[0], "--on-change", change, *words[1:])
    assert commanded.written() == ring.format(old, new)
    before = commanded.cfg.stat().st_ino
    commanded.start(words[0], "--on-change", change, *words[1:])
    assert commanded.cfg.stat().st_ino == before, "a steady start writes nothing"


@pytest.mark.parametrize("given", ["not-a-key", "{}\n{}"])
def test_where_a_command_gives_a_broken_key_the_store_counts(commanded, given):
    commanded.gives(new_key())
    commanded.start(*RUN)
    commanded.gives(given.format(new_key(), new_key()))
    seen = commanded.start(*RUN)
    (warning,) = warnings(seen)
    assert "fernet_key_cmd: the key " in warning
    assert f"fernit: hint: until then the Fernet key comes from {commanded.store}/fernet_key" in hints(seen)


@pytest.mark.parametrize("words", [RUN, *BY_FILE])
def test_a_command_that_failed_once_is_run_by_the_next_start(commanded, words):
    old, new = new_key(), new_key()
    commanded.gives(old)
    commanded.start(*words)
    commanded.source.unlink()
    assert "fernet_key_cmd: cat: ended with status 1" in warnings(commanded.start(*words))[0]
    assert commanded.written() == (None if words == RUN else old)
    assert len(warnings(commanded.start(*words))) == 1, "it is said each time"
    commanded.gives(new)
    assert fingerprint(new) in warnings(commanded.start(*words))[0]
    assert commanded.kept() == f"{new},{old}"
    assert commanded.written() == (None if words == RUN else f"{new},{old}")


@pytest.mark.parametrize("words", [RUN, *BY_FILE])
def test_a_new_key_of_such_a_command_can_be_refused(commanded, words):
    old, new = new_key(), new_key()
    commanded.gives(old)
    commanded.start(*words)
    commanded.source.unlink()
    commanded.start(*words)
    commanded.gives(new)
    done = commanded.start(words[0], "--on-change", "refuse", *words[1:], status=125)
    assert fingerprint(new) in errors(done)[0]
    assert commanded.kept() == old


def test_a_command_beside_the_whole_ring_hides_nothing_from_docker_exec(commanded):
    old, new = new_key(), new_key()
    for key in (old, new):
        commanded.gives(key)
        commanded.start("init")
    assert commanded.start("init").stderr == ""
