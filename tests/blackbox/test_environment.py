"""What the command under `fernit run` is given: its environment, its arguments, its descriptors."""
import configparser
import ctypes
import os
import string

import pytest

from conftest import BINARY, PATH, warnings
from keys import new_key

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
TWINS = [VARIABLE + "_CMD", VARIABLE + "_SECRET", VARIABLE + "_FILE", "FERNET_KEY_FILE"]


def key_in(cfg):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(cfg)
    return parser.get("core", "fernet_key", fallback=None)


# --- Variables


def test_fernits_own_variables_do_not_reach_the_command(child_sees, tmp_path):
    seen = child_sees(
        FERNIT_CMD_TIMEOUT="5s", FERNIT_TEST_SOMETHING="x", FERNIT_PORT="tcp://10.0.0.1:80", FERNIT_UNKNOWN="x"
    )
    assert [name for name in seen.environment if name.startswith("FERNIT")] == []


def test_names_that_only_begin_alike_reach_the_command(child_sees):
    seen = child_sees(FERNITX="1", FERNIT="2", fernit_store="3", XFERNIT_STORE="4")
    assert [seen[name] for name in ("FERNITX", "FERNIT", "fernit_store", "XFERNIT_STORE")] == list("1234")


def test_the_mark_of_a_command_does_not_reach_the_process(child_sees):
    assert "FERNIT_IN_COMMAND" not in child_sees(**{VARIABLE + "_CMD": f"echo {new_key()}"})


def test_a_command_is_marked_and_has_the_settings(fernit, tmp_path):
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\nenv > {tmp_path}/seen\necho {new_key()}\n")
    script.chmod(0o755)
    assert fernit("run", "true", **{VARIABLE + "_CMD": script}).returncode == 0
    lines = (tmp_path / "seen").read_text().splitlines()
    assert "FERNIT_IN_COMMAND=1" in lines
    assert f"FERNIT_STORE={tmp_path}/store" in lines


@pytest.mark.parametrize("twin", [VARIABLE + "_CMD", VARIABLE + "_FILE", "FERNET_KEY_FILE"])
@pytest.mark.parametrize("deliver", ["env,cfg", "env", "cfg"])
def test_twins_that_were_resolved_are_gone(child_sees, tmp_path, twin, deliver):
    key = new_key()
    (tmp_path / "secret").write_text(key)
    value = f"cat {tmp_path}/secret" if twin.endswith("_CMD") else tmp_path / "secret"
    seen = child_sees("--deliver", deliver, **{twin: value})
    assert not [name for name in TWINS if name in seen]
    assert (VARIABLE in seen) == ("env" in deliver)


@pytest.mark.parametrize("twin", TWINS)
def test_twins_are_gone_also_where_another_source_has_won(child_sees, tmp_path, twin):
    """Airflow would look at _CMD before anything that fernit has written."""
    (tmp_path / "secret").write_text(new_key())
    winner = "FERNET_KEY" if twin == VARIABLE + "_FILE" else VARIABLE
    seen = child_sees(**{winner: new_key(), twin: tmp_path / "secret"})
    assert twin not in seen


def test_a_key_file_of_another_option_is_not_ours(child_sees):
    others = dict.fromkeys(["AIRFLOW__CORE__DAGS_FOLDER_FILE", "MY_FERNET_KEY_FILE", "FERNET_KEY_FILENAME"], "/x")
    seen = child_sees(FERNET_KEY=new_key(), **others)
    assert {name: seen[name] for name in others} == others


SPELLED = {"quotes": '"{}"', "a newline": "{}\n", "twice": "{0},{0}", "canonical": "{}"}


@pytest.mark.parametrize("spell", SPELLED.values(), ids=SPELLED.keys())
@pytest.mark.parametrize("name", [VARIABLE, "FERNET_KEY"])
def test_the_process_gets_the_canonical_form(child_sees, name, spell):
    key = new_key()
    seen = child_sees(**{name: spell.format(key)})
    assert seen[VARIABLE] == key
    assert seen[name] == key


def test_the_bare_variable_is_kept_in_step_if_it_was_there(child_sees, stored):
    kept, outside = new_key(), new_key()
    stored(kept)
    seen = child_sees(FERNET_KEY=outside)
    assert seen["FERNET_KEY"] == seen[VARIABLE] == f"{outside},{kept}"


def test_the_bare_variable_does_not_appear_where_it_was_not(child_sees):
    assert "FERNET_KEY" not in child_sees(**{VARIABLE: new_key()})


def test_the_bare_variable_is_kept_in_step_with_a_stronger_source(child_sees):
    strong, weak = new_key(), new_key()
    seen = child_sees(FERNET_KEY=weak, **{VARIABLE: strong})
    assert seen["FERNET_KEY"] == seen[VARIABLE] == strong


def test_an_empty_bare_variable_gets_the_key_that_was_made(child_sees):
    seen = child_sees(FERNET_KEY="")
    assert seen["FERNET_KEY"] == seen[VARIABLE] != ""


# --- --deliver


@pytest.mark.parametrize("deliver", ["env,cfg", "cfg,env"])
def test_both_ways_of_delivery_hold_the_same_ring(child_sees, stored, cfg, deliver):
    keys = [new_key(), new_key()]
    stored(keys)
    assert child_sees("--deliver", deliver).keys == keys
    assert key_in(cfg) == ",".join(keys)


def test_deliver_env_leaves_airflow_cfg_alone(child_sees, stored, write_cfg, cfg):
    key = new_key()
    stored(key)
    assert child_sees("--deliver", "env").keys == [key]
    assert not cfg.exists()
    write_cfg("[core]\nfernet_key = \n")
    assert child_sees("--deliver", "env").keys == [key]
    assert cfg.read_text() == "[core]\nfernet_key = \n"


@pytest.mark.parametrize("names", [[VARIABLE], ["FERNET_KEY"], []])
def test_deliver_cfg_keeps_the_key_out_of_the_environment(child_sees, cfg, names):
    key = new_key()
    seen = child_sees("--deliver", "cfg", **dict.fromkeys(names, key))
    assert VARIABLE not in seen and "FERNET_KEY" not in seen
    assert (key_in(cfg) == key) == bool(names)
    assert all(key not in value for value in seen.environment.values())


def test_deliver_cfg_replaces_a_name_that_the_process_would_no_longer_find(child_sees, write_cfg, cfg):
    key = new_key()
    write_cfg("[core]\nfernet_key = $FERNET_KEY\n")
    child_sees("--deliver", "cfg", FERNET_KEY=key)
    assert key_in(cfg) == key


def test_init_writes_airflow_cfg_and_starts_nothing(fernit, cfg, store):
    done = fernit("init")
    assert (done.returncode, done.stdout) == (0, "")
    assert key_in(cfg) + "\n" == (store / "fernet_key").read_text()


# --- The rest of the environment stays as it was


def test_other_variables_keep_their_order_and_their_bytes(fernit):
    before = {"Z": "1", "A": "=", "M": "a\nb", "EMPTY": "", "BYTES": b"\xff\xfe", "lower": "é", "LONG": "x" * 100_000}
    done = fernit("run", "--", "/usr/bin/env", "-0", FERNET_KEY=new_key(), **before)
    assert done.returncode == 0
    pairs = [line.split("=", 1) for line in done.stdout.split("\0")[:-1]]
    seen = [name for name, _ in pairs if name in before]
    assert seen == list(before)
    values = {name: value.encode(errors="surrogateescape") for name, value in pairs}
    for name, value in before.items():
        assert values[name] == (value if isinstance(value, bytes) else value.encode())


def run_raw(fernit, words, entries):
    """fernit with an environment that no dictionary can hold, and so none of Python's ways to start a process."""
    argv = (ctypes.c_char_p * (len(words) + 2))(os.fsencode(BINARY), *[os.fsencode(word) for word in words], None)
    envp = (ctypes.c_char_p * (len(entries) + 1))(*[os.fsencode(entry) for entry in entries], None)
    libc = ctypes.CDLL(None, use_errno=True)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writing, 1)
        os.chdir(fernit.home)
        libc.execve(argv[0], argv, envp)
        os._exit(99)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        out = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode().split("\0")[:-1]


def plain_entries(fernit):
    return [f"{name}={value}" for name, value in fernit.environment().items() if name != "BLACKBOX_MARK"]


def test_a_variable_that_stands_there_twice_counts_as_python_reads_it_and_goes_once(fernit):
    """The first one is what os.environ and getenv give."""
    first, second = new_key(), new_key()
    entries = [*plain_entries(fernit), f"{VARIABLE}={first}", "A=1", f"{VARIABLE}={second}"]
    status, seen = run_raw(fernit, ["run", "--", "/usr/bin/env", "-0"], entries)
    assert status == 0
    assert [entry for entry in seen if entry.startswith(VARIABLE)] == [f"{VARIABLE}={first}"]
    assert "A=1" in seen


@pytest.mark.parametrize("name", ["FERNET_KEY", *TWINS, "FERNIT_DELIVER"])
def test_what_goes_goes_as_often_as_it_is_there(fernit, name):
    entries = [*plain_entries(fernit), f"{VARIABLE}={new_key()}", f"{name}=", "A=1", f"{name}=", f"{name}="]
    status, seen = run_raw(fernit, ["run", "--", "/usr/bin/env", "-0"], entries)
    assert status == 0
    assert len([entry for entry in seen if entry.startswith(name + "=")]) == (name == "FERNET_KEY")


def test_entries_without_an_equals_sign_do_no_harm(fernit):
    entries = [*plain_entries(fernit), "strange", VARIABLE, f"{VARIABLE}={new_key()}", ""]
    status, seen = run_raw(fernit, ["run", "--", "/usr/bin/env", "-0"], entries)
    assert status == 0
    assert "strange" in seen


def test_no_environment_at_all_but_a_store_on_the_command_line(fernit, store, cfg):
    words = ["run", "--store", str(store), "--allow-ephemeral", "--manage", "fernet_key", "--", "/usr/bin/env", "-0"]
    status, seen = run_raw(fernit, words, [f"AIRFLOW_CONFIG={cfg}"])
    assert status == 0
    assert seen == [f"AIRFLOW_CONFIG={cfg}", f"{VARIABLE}={(store / 'fernet_key').read_text().strip()}"]


# --- Arguments


ARGUMENTS = ["", " ", "-", "--", "--help", "--store=/x", "-h", "a b", "'\"\\$", "*", "line\nbreak", "é", "x" * 10_000]


def test_arguments_pass_untouched(fernit):
    done = fernit("run", "--", "printf", "%s\\0", *ARGUMENTS)
    assert done.stdout.split("\0")[:-1] == ARGUMENTS


def test_the_command_is_called_by_the_name_that_was_given(fernit, tmp_path):
    (tmp_path / "other-name").symlink_to("/bin/sh")
    done = fernit("run", "other-name", "-c", "tr '\\0' '\\n' < /proc/$$/cmdline | head -1", PATH=f"{tmp_path}:{PATH}")
    assert done.stdout == "other-name\n"


def test_the_process_is_the_very_process_that_was_started(fernit):
    process = fernit.start("run", "--", "sh", "-c", "echo $$")
    assert process.communicate(timeout=60)[0] == f"{process.pid}\n".encode()


def test_the_working_directory_stays(fernit, tmp_path):
    (tmp_path / "here").mkdir()
    assert fernit("run", "pwd", cwd=tmp_path / "here").stdout == f"{tmp_path}/here\n"


def test_the_umask_stays(fernit):
    for umask in ("0002", "0077", "0000"):
        done = fernit("run", "sh", "-c", "umask", prefix=["sh", "-c", f'umask {umask}; exec "$@"', "sh"])
        assert done.stdout == umask + "\n"


# --- PATH


@pytest.fixture
def program(tmp_path):
    """program(folder): a program called `where` in a new folder, which tells the folder's name."""

    def make(folder, mode=0o755):
        path = tmp_path / folder / "where"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\necho {folder}\n")
        path.chmod(mode)
        return path.parent

    return make


def test_the_command_is_looked_up_on_its_own_path(fernit, program):
    first, second = program("first"), program("second")
    assert fernit("run", "where", PATH=f"{first}:{second}").stdout == "first\n"
    assert fernit("run", "where", PATH=f"{second}:{first}").stdout == "second\n"
    assert fernit("run", "where", PATH=f"/no/such/place:/etc/passwd:{second}").stdout == "second\n"


def test_what_is_not_executable_is_passed_over(fernit, program):
    first, second = program("first", mode=0o644), program("second")
    assert fernit("run", "where", PATH=f"{first}:{second}").stdout == "second\n"


def test_an_empty_path_is_the_working_directory(fernit, program):
    folder = program("here")
    assert fernit("run", "where", PATH="", cwd=folder).stdout == "here\n"
    assert fernit("run", "where", PATH=f":{PATH}", cwd=folder).stdout == "here\n"
    assert fernit("run", "where", PATH=f"{PATH}:", cwd=folder).stdout == "here\n"
    assert fernit("run", "where", PATH="").returncode == 127


def test_without_a_path_the_usual_places_are_searched(fernit):
    assert fernit("run", "echo", "found", PATH=None).stdout == "found\n"


def test_a_name_with_a_slash_is_not_searched_for(fernit, program, tmp_path):
    program("here")
    assert fernit("run", "here/where", cwd=tmp_path, PATH="/nowhere").stdout == "here\n"
    assert fernit("run", "./where", cwd=tmp_path, PATH=str(tmp_path / "here")).returncode == 127


# --- Descriptors


def descriptors(fernit, redirections, *options, **env):
    """What fernit's command has open, where fernit was started with these redirections of the shell."""
    target = fernit.home / "descriptors"
    prefix = ["sh", "-c", f'exec "$@" {redirections}', "sh"]
    # The list itself is read through one more descriptor, the lowest that is free.
    command = f"ls -l /proc/$$/fd > {target}"
    done = fernit("run", *options, "--", "sh", "-c", command, prefix=prefix, **env)
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in target.read_text().splitlines() if "->" in line]
    return {int(words[-3]): words[-1] for words in lines}


@pytest.mark.parametrize("redirections", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_descriptors_become_dev_null(fernit, redirections):
    found = descriptors(fernit, redirections)
    assert sorted(fd for fd in found if fd < 10) == [0, 1, 2]
    for fd, sign in ((0, "<&-"), (2, "2>&-")):
        if sign in redirections.split():
            assert found[fd] == "/dev/null"


def test_no_file_takes_the_place_of_a_closed_descriptor(fernit, store, cfg):
    """A first boot with nothing open: what it writes must be whole, and nothing else in it."""
    prefix = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
    assert fernit("run", "sh", "-c", "echo out; echo err >&2", prefix=prefix).returncode == 0
    key = (store / "fernet_key").read_text()
    assert len(key) == 45
    assert cfg.read_text() == f"[core]\nfernet_key = {key}"


@pytest.mark.parametrize("kept", [True, False], ids=["a steady start", "a first boot"])
def test_the_command_inherits_no_descriptor_of_fernits(fernit, stored, kept):
    if kept:
        stored(new_key())
    assert sorted(fd for fd in descriptors(fernit, "") if fd < 10) == [0, 1, 2]


def test_a_descriptor_that_was_handed_in_is_handed_on(fernit):
    assert descriptors(fernit, "7</dev/zero")[7] == "/dev/zero"


def test_a_first_boot_works_with_few_descriptors(fernit):
    prefix = ["sh", "-c", 'ulimit -n 12; exec "$@"', "sh"]
    assert fernit("run", "true", prefix=prefix).returncode == 0


def test_standard_input_is_the_commands(fernit):
    data = string.ascii_letters * 5000
    assert fernit("run", "cat", stdin=data).stdout == data


# --- What is said


def test_a_steady_start_says_nothing(child_sees):
    child_sees()
    assert child_sees().stderr == ""


def test_no_warning_where_all_is_well(child_sees):
    assert warnings(child_sees()) == []
