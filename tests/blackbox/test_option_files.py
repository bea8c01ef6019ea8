"""..._FILE of Airflow's sensitive options: the command finds what is in the file, as it stands, or nothing is begun."""
import json
import os
import re
import shlex
import signal
import subprocess

import pytest

from conftest import TREE, errors, hints, listing, new_key, warnings
from inits import children_of
from memory import forms_of, scan
from system import Trace, need, wait_for

# Written down from Airflow's sources once more: with the value that each might have.
OPTIONS = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": "postgresql+asyncpg://airflow:%40b@db/airflow",
    "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS": '{"token":\n "s.workers"}',
    "AIRFLOW__OPENSEARCH__USERNAME": "open user",
    "AIRFLOW__OPENSEARCH__PASSWORD": "open#secret",
    "AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_SECRET": "keycloak-secret",
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__SENTINEL_KWARGS": '{"password":\n "sentinel"}',
    "AIRFLOW__CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS__SENTINEL_KWARGS": '{"password":\n "sentinel"}',
    "AIRFLOW__CELERY__CELERY_RESULT_BACKEND": "db+mysql://airflow:secret@db/airflow",
    "AIRFLOW__KUBERNETES__GIT_PASSWORD": "git-secret",
    # A team's own: Airflow 3.1
    "AIRFLOW__TEAM_A___CELERY__BROKER_URL": "redis://:team@redis:6379/1",
    "AIRFLOW__B___CELERY_BROKER_TRANSPORT_OPTIONS__SENTINEL_KWARGS": '{\n"password": "team"\n}',
    "AIRFLOW__CORE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://airflow:%40b%2Fc@db:5432/airflow?sslmode=require",
    "AIRFLOW__CORE__DATASET_MANAGER_KWARGS": '{"token": "ab cd"}',
    "AIRFLOW__CORE__ASSET_MANAGER_KWARGS": '{\n  "token": "ab cd"\n}',
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "mysql://airflow:pa$$w0rd@db/airflow",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_ENGINE_ARGS": '{"connect_args": {"password": "x"}}',
    "AIRFLOW__CELERY__BROKER_URL": "redis://:secret@redis:6379/0",
    "AIRFLOW__CELERY__RESULT_BACKEND": "db+postgresql://airflow:secret@db/airflow",
    "AIRFLOW__CELERY__FLOWER_BASIC_AUTH": "user:pw,user2:pw2",
    "AIRFLOW__CELERY__RESULT_BACKEND_SQLALCHEMY_ENGINE_OPTIONS": '{"pool_recycle": 1800}',
    "AIRFLOW__API__AUTH_JWT_SECRET": "c2VjcmV0LXNlY3JldA==",
    "AIRFLOW__SECRETS__BACKEND_KWARGS": '{"url": "http://vault:8200", "token": "s.abc"}',
    "AIRFLOW__SMTP__SMTP_USER": "airflow@example.org",
    "AIRFLOW__SMTP__SMTP_PASSWORD": " \t#;=%(x)s%%\"'\\ü~$ ",
    "AIRFLOW__SENTRY__SENTRY_DSN": "https://abc@sentry.example.org/1",
    "AIRFLOW__LOGGING__REMOTE_TASK_HANDLER_KWARGS": '{"delete_local_copy": true}',
    "AIRFLOW__ATLAS__PASSWORD": "atlas secret",
    "AIRFLOW__LDAP__BIND_PASSWORD": "ldap-secret",
}
CONN = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
PASSWORD = "AIRFLOW__SMTP__SMTP_PASSWORD"

# What Airflow makes of its variables: airflow/configuration.py expand_env_var.
JUDGE = """
import json, os
def expand(text):
    while (expanded := os.path.expanduser(os.path.expandvars(text))) != text:
        text = expanded
    return text
print(json.dumps({name: expand(value) for name, value in os.environ.items()}))
"""


@pytest.fixture
def mounted(tmp_path):
    """mounted(text or bytes, name): a file as Docker mounts a secret; its path."""

    def write(text, name="secret"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o444)
        return path

    return write


@pytest.fixture
def airflow_sees(fernit):
    """airflow_sees(*options, **env): the variables of the command, as Airflow would read them, and the warnings."""

    def run(*options, **env):
        done = fernit("run", *options, "--", "/usr/bin/python3", "-I", "-c", JUDGE, **env)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), warnings(done)

    return run


@pytest.fixture
def refused(fernit, tmp_path):
    """refused(**env): the one error of a run that begins nothing, and its hints."""

    def run(**env):
        before = listing(tmp_path)
        done = fernit("run", "--", "echo", "ran", **env)
        assert (done.returncode, done.stdout) == (125, "") and listing(tmp_path) == before
        (error,) = errors(done)
        assert done.stderr.splitlines() == [error, *hints(done)]
        return done.stderr

    return run


# --- What arrives


@pytest.mark.parametrize("end", ["", "\n", "\r\n"], ids=["no line end", "LF", "CRLF"])
@pytest.mark.parametrize("option", OPTIONS)
def test_what_is_in_the_file_arrives_as_it_stands(airflow_sees, fernit, mounted, option, end):
    fernit.secrets.add(OPTIONS[option].split("\n")[0])
    seen, told = airflow_sees(**{f"{option}_FILE": mounted(OPTIONS[option] + end)})
    assert seen[option] == OPTIONS[option]
    assert f"{option}_FILE" not in seen and not told


def test_the_page_names_all_of_them():
    section = (TREE / "doc/sources.md").read_text().split("## Other secrets as files\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| (`.*) \|$", section, re.M)
    named = {f"AIRFLOW__{section}__{option}" for sections, options in rows
             for section in re.findall("`(.*?)`", sections) for option in re.findall("`(.*?)`", options)}  # fmt: skip
    assert named == {option for option in OPTIONS if "___" not in option}


def test_all_of_them_at_once(airflow_sees, mounted):
    seen, told = airflow_sees(**{f"{option}_FILE": mounted(value, option) for option, value in OPTIONS.items()})
    assert {name: seen.get(name) for name in OPTIONS} == OPTIONS
    assert not [name for name in seen if name.endswith("_FILE")] and not told


@pytest.mark.parametrize("deliver", ["env", "cfg"])
def test_the_environment_is_the_only_way_for_them(airflow_sees, mounted, cfg, deliver):
    seen, _ = airflow_sees("--deliver", deliver, **{f"{CONN}_FILE": mounted("sqlite:////db")})
    assert seen[CONN] == "sqlite:////db"
    assert not cfg.exists() or "sqlite" not in cfg.read_text()


def test_a_secret_as_kubernetes_mounts_it(airflow_sees, tmp_path):
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "conn").write_text("sqlite:////db")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "conn").symlink_to("..data/conn")
    assert airflow_sees(**{f"{CONN}_FILE": tmp_path / "conn"})[0][CONN] == "sqlite:////db"


@pytest.mark.parametrize("mode", [0o400, 0o444, 0o666])
def test_modes_are_not_judged(airflow_sees, mounted, mode):
    path = mounted("sqlite:////db")
    path.chmod(mode)
    seen, told = airflow_sees(**{f"{CONN}_FILE": path})
    assert seen[CONN] == "sqlite:////db" and not told


LEGITIMATE = [
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE",
    "AIRFLOW__LOGGING__DAG_PROCESSOR_MANAGER_LOG_FILE",
    "AIRFLOW__WEBSERVER__CONFIG_FILE",
    "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE",
    "AIRFLOW__API__ACCESS_LOG_FILE",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_SCHEMA_FILE",
    "AIRFLOW_CONN_X_FILE",
    "SQL_ALCHEMY_CONN_FILE",
]


@pytest.mark.parametrize("name", LEGITIMATE)
def test_other_variables_that_end_in_file_are_none_of_ours(airflow_sees, name):
    seen, told = airflow_sees(**{name: "/no/such/file"})
    assert seen[name] == "/no/such/file" and name.removesuffix("_FILE") not in seen and not told


def test_without_any_of_them_nothing_changes(airflow_sees):
    given = {CONN: "sqlite:////$HOME", f"{PASSWORD}_CMD": "cat /f", "AIRFLOW__CELERY__BROKER_URL": ""}
    seen, told = airflow_sees(**given)
    assert seen[CONN].startswith("sqlite:////") and seen[f"{PASSWORD}_CMD"] == "cat /f" and seen["AIRFLOW__CELERY__BROKER_URL"] == ""
    assert not told


# --- Conflicts


@pytest.mark.parametrize("option", OPTIONS)
def test_the_variable_and_its_file_are_an_error_that_names_both(refused, fernit, mounted, option):
    fernit.secrets.add("from the variable")
    said = refused(**{option: "from the variable", f"{option}_FILE": mounted("from the file")})
    assert f"{option}: is set, and {option}_FILE is set, too" in said


@pytest.mark.parametrize("text", ["", " \t"])
def test_a_variable_that_is_set_to_nothing_gives_way_with_a_warning(airflow_sees, mounted, text):
    seen, told = airflow_sees(**{CONN: text, f"{CONN}_FILE": mounted("sqlite:////db")})
    assert seen[CONN] == "sqlite:////db"
    assert len(told) == 1 and f"{CONN} is set to nothing" in told[0]


@pytest.mark.parametrize("text", ["", " \t"])
def test_a_file_variable_that_is_set_to_nothing_is_unset_with_a_warning(airflow_sees, text):
    seen, told = airflow_sees(**{CONN: "sqlite:////db", f"{CONN}_FILE": text, f"{PASSWORD}_FILE": text})
    assert seen[CONN] == "sqlite:////db" and not {f"{CONN}_FILE", PASSWORD, f"{PASSWORD}_FILE"} & set(seen)
    assert sorted(told) == [f"fernit: warning: empty-value: {name}_FILE is set to nothing, and is ignored" for name in (CONN, PASSWORD)]


@pytest.mark.parametrize("rival", ["_CMD", "_SECRET"])
def test_airflows_own_ways_come_before_the_file(airflow_sees, tmp_path, rival):
    seen, told = airflow_sees(**{CONN: "", CONN + rival: "touch never", f"{CONN}_FILE": tmp_path / "none"})
    assert seen[CONN + rival] == "touch never" and not {CONN, f"{CONN}_FILE"} & set(seen)
    assert len(told) == 1 and f"{CONN}_FILE is not used, because {CONN}{rival} is used" in told[0]
    assert not (tmp_path / "never").exists()


# --- What is broken, before anything is begun

BROKEN = {
    "missing": lambda path: None,
    "empty": lambda path: path.write_text(""),
    "blank": lambda path: path.write_text(" \n"),
    "with a NUL": lambda path: path.write_bytes(b"sqlite:////se\0cret"),
    "with two lines": lambda path: path.write_text("sqlite:////one\nsecret\n"),
    "too large": lambda path: path.write_text("x" * 65537),
    "a folder": lambda path: path.mkdir(),
    "a FIFO": lambda path: os.mkfifo(path),
    "a link that leads nowhere": lambda path: path.symlink_to("nothing"),
    "with a variable": lambda path: path.write_text("secret$HOME"),
    "with a variable in braces": lambda path: path.write_text("secret${PATH}"),
    "with the name of a shell's own": lambda path: path.write_text("secret$_"),
    "with a home": lambda path: path.write_text("~root/secret"),
}
REPLACED = [name for name in BROKEN if name.startswith("with a variable") or name in ("with a home", "with the name of a shell's own")]


@pytest.mark.parametrize("option", [CONN, PASSWORD])
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_file_is_an_error_and_no_key_is_made(refused, tmp_path, how, option):
    path = tmp_path / "given"
    BROKEN[how](path)
    said = refused(**{f"{option}_FILE": path})
    assert said.startswith(f"fernit: error: {option}_FILE: {path}: ") and "secret" not in said


@pytest.mark.parametrize("how", REPLACED)
def test_what_airflow_would_replace_is_an_error_with_a_command_that_gives_it(refused, airflow_sees, tmp_path, how):
    path = tmp_path / "given"
    BROKEN[how](path)
    (command,) = re.findall(f'{CONN}_CMD="([^"]+)"', refused(**{f"{CONN}_FILE": path}))
    seen, _ = airflow_sees(**{f"{CONN}_CMD": command})
    assert subprocess.check_output(shlex.split(seen[f"{CONN}_CMD"]), text=True) == path.read_text()


def test_a_file_that_the_user_may_not_read_is_an_error(fernit, nobody, mounted):
    need("become another user")
    path = mounted("sqlite:////db")
    path.chmod(0)
    done = fernit("run", "true", prefix=nobody, **{f"{CONN}_FILE": path})
    assert done.returncode == 125 and f"{CONN}_FILE: {path}: Permission denied" in done.stderr


@pytest.mark.parametrize("text", ["mysql://airflow:hunter2@db/airflow", "hunter2", '{"password": "hunter2"}'])
def test_a_value_where_a_path_belongs_is_not_shown(refused, fernit, text):
    fernit.secrets.add("hunter2")
    assert refused(**{f"{CONN}_FILE": text}).startswith(f"fernit: error: {CONN}_FILE: the file: No such file")


def test_a_key_that_is_kept_does_not_hide_a_broken_file(refused, stored, tmp_path):
    stored(new_key() + "\n")
    assert "No such file" in refused(**{f"{CONN}_FILE": tmp_path / "none"})


# --- init and status


def test_init_has_nobody_to_give_them_to_and_says_so(fernit, tmp_path):
    done = fernit("init", **{f"{CONN}_FILE": tmp_path / "none", f"{PASSWORD}_FILE": ""})
    assert done.returncode == 0
    told = [line for line in warnings(done) if "_FILE" in line]
    assert len(told) == 1 and f"{CONN}_FILE is ignored" in told[0] and "fernit run" in done.stderr


def test_status_shows_each_of_them(fernit, mounted, tmp_path):
    given = {
        f"{CONN}_FILE": mounted("sqlite:////db"),
        f"{PASSWORD}_FILE": tmp_path / "none",
        "AIRFLOW__SENTRY__SENTRY_DSN_FILE": "",
        "AIRFLOW__ATLAS__PASSWORD_FILE": "/f",
        "AIRFLOW__ATLAS__PASSWORD_CMD": "false",
    }
    fernit.secrets.add("sqlite:////db")
    done = fernit("status", "--json", **given)
    shown = json.loads(done.stdout)
    assert {row["name"]: row["found"] for row in shown["option_files"]} == {
        f"{CONN}_FILE": "read",
        f"{PASSWORD}_FILE": "broken",
        "AIRFLOW__SENTRY__SENTRY_DSN_FILE": "set to nothing",
        "AIRFLOW__ATLAS__PASSWORD_FILE": "not used",
    }
    assert (done.returncode, shown["verdict"]) == (1, "refuse")
    assert len(shown["problems"]) == 1 and f"{tmp_path}/none: No such file" in shown["problems"][0]
    assert len(shown["warnings"]) == 2
    table = fernit("status", **given)
    assert f"option       {CONN}_FILE: read\n" in table.stdout and f"\nerror: system: {PASSWORD}_FILE: " in table.stdout


def test_status_is_good_where_they_are(fernit, mounted):
    done = fernit("status", "--json", **{f"{CONN}_FILE": mounted("sqlite:////db")})
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "generate")
    assert json.loads(fernit("status", "--json").stdout)["option_files"] == []


# --- Memory


def waiting(fernit, **options):
    """A `run --init` with a password in a file, its command runs: the process, and what must not be found."""
    secret = new_key()  # such a text nobody else has by chance
    path = fernit.home / "password"
    path.write_text(secret + "\n")
    words = ["run", "--init", "sh", "-c", "echo ready; exec sleep 60"]
    process = fernit.start(*words, **{f"{PASSWORD}_FILE": path}, **options)
    assert process.stdout.readline() == b"ready\n"
    return process, forms_of([secret])


@pytest.mark.real_binary
def test_nothing_of_a_value_is_left_in_the_supervisor(fernit):
    process, forms = waiting(fernit)
    supervised = f"/proc/{process.pid}/cmdline"
    wait_for(lambda: b"supervise:" in open(supervised, "rb").read())
    wait_for(lambda: "the text" in scan(children_of(process.pid)[0], forms).kinds)
    assert not scan(process.pid, forms).found
    process.terminate()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM and b"password" not in said


@pytest.mark.real_binary
def test_a_moment_before_it_is_there(fernit, tmp_path):
    trace = Trace(tmp_path / "trace", ["execveat:delay_enter=1s"], only="execveat")
    process, forms = waiting(fernit, prefix=trace.prefix)
    (supervisor,) = children_of(process.pid)
    assert "the text" in scan(supervisor, forms).kinds
    os.kill(supervisor, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
