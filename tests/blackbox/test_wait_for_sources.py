"""--wait-for db and broker: the place is the one that the command itself will find, and no password is shown on the way."""
import contextlib
import json
import random
import re
import socket
import struct
from urllib.parse import quote, unquote, urlparse

import pytest

from conftest import errors, hints, notices
from system import Trace, need
from waiting import BROKER, CONN, OLD_CONN, PASSWORD, fernit  # noqa: F401  (in place of conftest's)


@pytest.fixture
def waits(fernit):
    """waits(what, **env): where it would wait, as status says it, and the problems that it sees."""

    def ask(what, *options, **env):
        done = fernit("status", "--json", "--wait-for", what, *options, **env)
        report = json.loads(done.stdout)
        problems = [problem for problem in report["problems"] if problem.startswith("--wait-for")]
        assert len(report["waits_for"]) + len(problems) == 1
        return report["waits_for"] and re.sub("^the (database|broker) at ", "", report["waits_for"][0]), problems

    return ask


@pytest.fixture
def server():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        yield made


def url(host, scheme="postgresql+psycopg2"):
    return f"{scheme}://airflow:{PASSWORD}@{host}/airflow"


# --- Where it is found, and what counts before what

#: In Airflow's order. Of each: how it is given, and how a message names it.
PLACES = {
    f"{CONN}": lambda give, host: give.variable(CONN, url(host)),
    f"{CONN}_CMD": lambda give, host: give.variable(f"{CONN}_CMD", f"echo '{url(host)}'"),
    f"{OLD_CONN}": lambda give, host: give.variable(OLD_CONN, url(host)),
    f"{OLD_CONN}_CMD": lambda give, host: give.variable(f"{OLD_CONN}_CMD", f"printf %s '{url(host)}'"),
    "[database] sql_alchemy_conn": lambda give, host: give.option("database", "sql_alchemy_conn", url(host)),
    "[core] sql_alchemy_conn": lambda give, host: give.option("core", "sql_alchemy_conn", url(host)),
    "[database] sql_alchemy_conn_cmd": lambda give, host: give.option("database", "sql_alchemy_conn_cmd", f"echo {url(host)}"),
    "[core] sql_alchemy_conn_cmd": lambda give, host: give.option("core", "sql_alchemy_conn_cmd", f"echo {url(host)}"),
}


class Given:
    def __init__(self):
        self.environment, self.options = {}, {}

    def variable(self, name, value):
        self.environment[name] = value

    def option(self, section, name, value):
        self.options.setdefault(section, {})[name] = value.replace("%", "%%")

    @property
    def cfg(self):
        sections = (f"[{name}]\n" + "".join(f"{option} = {value}\n" for option, value in options.items())
                    for name, options in self.options.items())
        return "".join(sections)


@pytest.mark.parametrize("upper", range(len(PLACES)), ids=list(PLACES))
def test_each_place_counts_before_all_below_it(waits, write_cfg, upper):
    given = Given()
    for number, give in enumerate(list(PLACES.values())[upper:], upper):
        give(given, f"host{number}")
    write_cfg(given.cfg)
    found, problems = waits("db", "--run-commands", **given.environment)
    assert problems == []
    assert re.fullmatch(rf"host{upper}:5432, from (.*/airflow\.cfg: )?" + re.escape(list(PLACES)[upper]), found)


@pytest.mark.parametrize("what,variable", [("db", CONN), ("db", OLD_CONN), ("broker", BROKER)])
def test_it_may_stand_in_a_mounted_file(waits, tmp_path, what, variable):
    (tmp_path / "secret").write_text(url("mounted", "postgresql" if what == "db" else "sqla+postgresql") + "\n")
    found, problems = waits(what, **{f"{variable}_FILE": tmp_path / "secret"})
    assert (found, problems) == (f"mounted:5432, from {variable}", [])


def test_the_broker_is_found_alike(waits, write_cfg):
    write_cfg(f"[celery]\nbroker_url = redis://:{PASSWORD}@fromcfg/0\nbroker_url_cmd = echo redis://no\n")
    assert waits("broker")[0].startswith("fromcfg:6379, from ")
    assert waits("broker", AIRFLOW__CELERY__BROKER_URL=f"amqp://u:{PASSWORD}@rabbit//")[0] == f"rabbit:5672, from {BROKER}"
    write_cfg("[celery]\nbroker_url_cmd = echo amqps://rabbit\n")
    assert waits("broker", "--run-commands")[0].startswith("rabbit:5671, from ")


def test_a_cfg_value_is_read_as_configparser_reads_it(waits, write_cfg):
    write_cfg(f"[DEFAULT]\nwho = there\n[database]\nsql_alchemy_conn = postgresql://u:{PASSWORD}%%40@%(who)s:1/db\n")
    assert waits("db")[0].startswith("there:1, from ")


def test_variables_in_it_are_expanded_as_airflow_does(waits, write_cfg):
    assert waits("db", **{CONN: "postgresql://u:$P@${WHO}/db", "P": PASSWORD, "WHO": "there"})[0] == f"there:5432, from {CONN}"
    write_cfg("[database]\nsql_alchemy_conn = postgresql://$WHO/db\n")
    assert waits("db", WHO="here")[0].startswith("here:5432, from ")


def test_what_a_command_prints_is_taken_as_it_stands(waits):
    found, problems = waits("db", "--run-commands", **{f"{CONN}_CMD": "echo 'postgresql://$WHO/db'", "WHO": "there"})
    assert not found
    assert "what stands where the host belongs is none" in problems[0]


def test_status_does_not_run_a_command_unless_told_to(waits, tmp_path):
    found, problems = waits("db", **{f"{CONN}_CMD": f"touch {tmp_path}/ran"})
    assert (found, problems) == (f"an address that only a command knows, {CONN}_CMD (--run-commands runs it)", [])
    assert not (tmp_path / "ran").exists()


def test_the_command_gets_the_environment_of_the_run_s_command(fernit, server, tmp_path):
    script = tmp_path / "conn"
    script.write_text("#!/bin/sh\nenv >>seen\necho redis://127.0.0.1:$PORT\n")
    script.chmod(0o755)
    server.listen()
    done = fernit("run", "--wait-for", "broker", "--", "true", PORT=server.getsockname()[1], **{f"{BROKER}_CMD": script})
    assert (done.returncode, errors(done)) == (0, [])
    seen = (tmp_path / "seen").read_text()
    assert "AIRFLOW__CORE__FERNET_KEY=" in seen
    assert "FERNIT_" not in seen


@pytest.mark.parametrize("blank", ["", " "], ids=["nothing", "a blank"])
@pytest.mark.parametrize("suffix", ["_CMD", "_SECRET"])
def test_a_command_or_a_secret_that_is_set_to_nothing_is_none(waits, suffix, blank):
    found, _ = waits("db", **{f"{CONN}{suffix}": blank, OLD_CONN: "postgresql://h/db"})
    assert found == f"h:5432, from {OLD_CONN}"


# --- What cannot be waited for


CANNOT = {
    "nothing": ({}, f"--wait-for db: is not configured in {CONN} or in airflow.cfg"),
    "set to nothing": ({CONN: ""}, f"--wait-for db: {CONN}: is set to nothing, and Airflow takes that for the value"),
    "in a secrets backend": ({f"{CONN}_SECRET": "x"}, f"--wait-for db: {CONN}_SECRET: only Airflow can ask its secrets backend for it"),
    "no URL": ({CONN: PASSWORD}, f"--wait-for db: {CONN}: is no URL"),
    "without a host": ({CONN: "mssql+pyodbc:///db"}, "names no host"),
    "an odd port": ({CONN: f"postgresql://u@h:{PASSWORD}/db"}, "the port is no number from 1 to 65535"),
    "two readings": ({CONN: f"postgresql://u:x@{PASSWORD}/y@h/db"}, 'has an "@" too many'),
    "a URL in the place of a command": ({f"{CONN}_CMD": f"postgresql://u:{PASSWORD}@h/db"}, f"{CONN}_CMD: holds a URL, where a command belongs"),
    "a command that is not there": ({f"{CONN}_CMD": "/nowhere/conn"}, f"{CONN}_CMD: /nowhere/conn: cannot be run: No such file"),
    "a command that fails": ({f"{CONN}_CMD": "false"}, f"{CONN}_CMD: false: ended with status 1"),
    "a command that prints nothing": ({f"{CONN}_CMD": "true"}, f"{CONN}_CMD: the command has printed nothing"),
    "a command that prints a NUL": ({f"{CONN}_CMD": "printf 'postgresql://h\\0'"}, "holds a NUL"),
    "a command that does not end": ({f"{CONN}_CMD": "sleep 100", "FERNIT_CMD_TIMEOUT": "100ms"}, "sleep: did not end in time"),
    "a quote that is not closed": ({f"{CONN}_CMD": f"echo '{PASSWORD}"}, f"{CONN}_CMD: "),
    "variables without end": ({CONN: "$A", "A": "$B", "B": "$A"}, "refer to each other without end"),
}  # fmt: skip


@pytest.mark.parametrize("case", CANNOT)
def test_what_cannot_be_known_ends_the_run_and_says_what_to_do(fernit, tmp_path, case):
    given, says = CANNOT[case]
    done = fernit("run", "--wait-for", "db", "--", "touch", tmp_path / "begun", **given)
    assert done.returncode == 125
    assert len(errors(done)) == 1
    assert says in errors(done)[0]
    assert hints(done)
    assert not (tmp_path / "begun").exists()


@pytest.mark.parametrize("line,says", [
    ("sql_alchemy_conn =", "[database] sql_alchemy_conn: is set to nothing"),
    ("sql_alchemy_conn = %(who)s", "[database] sql_alchemy_conn: a %(name)s in it refers to an option that does not exist"),
    ("sql_alchemy_conn_secret = x", "[database] sql_alchemy_conn_secret: only Airflow can ask"),
    ("sql_alchemy_conn_cmd = false", "[database] sql_alchemy_conn_cmd: false: ended with status 1"),
])  # fmt: skip
def test_so_does_what_stands_in_airflow_cfg(fernit, write_cfg, line, says):
    write_cfg(f"[database]\n{line}\n")
    done = fernit("run", "--wait-for", "db", "--", "true")
    assert done.returncode == 125
    assert says in errors(done)[0]


def test_a_cfg_that_cannot_be_read_is_told(fernit, write_cfg):
    write_cfg("[core]\nnonsense\n")
    done = fernit("run", "--wait-for", "db", "--", "true", FERNIT_MANAGE="fernet_key")
    assert done.returncode == 125
    assert "airflow.cfg: line 2: " in done.stderr


@pytest.mark.parametrize("what,given", [
    ("db", {CONN: "sqlite:////opt/airflow/airflow.db"}),
    ("broker", {BROKER: f"sqs://key:{PASSWORD}@"}),
])  # fmt: skip
def test_where_nobody_listens_there_is_nothing_to_wait_for(fernit, waits, what, given):
    done = fernit("run", "--wait-for", what, "--", "echo", "ran", **given)
    assert (done.returncode, done.stdout, errors(done)) == (0, "ran\n", [])
    variable = next(iter(given))
    assert f"fernit: {variable} leads to no host: there is nothing to wait for" in notices(
        fernit("run", "--verbose", "--wait-for", what, "--", "true", **given))
    assert waits(what, **given)[0] == f"nothing: {variable} leads to no host"


def test_what_is_wrong_with_one_is_told_before_another_is_waited_for(fernit, server):
    done = fernit("run", "--wait-for", f"tcp://127.0.0.1:{server.getsockname()[1]}", "--wait-for", "db", "--", "true")
    assert done.returncode == 125
    assert len(errors(done)) == 1
    assert "--wait-for db: is not configured" in errors(done)[0]


# --- A broker that is not configured: the same settings start all components, and stay when the executor is changed

NO_BROKER = "no broker and no Celery executor are configured"
EXECUTOR = "AIRFLOW__CORE__EXECUTOR"


@pytest.mark.parametrize("given", [{}, {EXECUTOR: "LocalExecutor"}, {EXECUTOR: "my.module.KubernetesExecutor"}, {f"{EXECUTOR}_CMD": "echo CeleryExecutor"}],
                         ids=["no executor", "Local", "by module", "not a sensitive option"])  # fmt: skip
@pytest.mark.parametrize("asked", ["--wait-for=broker", "FERNIT_WAIT_FOR"])
def test_without_celery_a_start_goes_on_and_says_so(fernit, waits, server, given, asked):
    server.listen()
    given = {**given, CONN: url(f"127.0.0.1:{server.getsockname()[1]}")}
    variable = {asked: "db,broker"} if asked == "FERNIT_WAIT_FOR" else {}
    options = () if variable else ("--wait-for=db", asked)
    done = fernit("run", "--wait-timeout", "0", *options, "--", "echo", "ran", **given, **variable)
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr
    assert (errors(done), notices(done)) == ([], [f"fernit: --wait-for broker does not wait: {NO_BROKER}"])
    assert waits("broker", **given) == (f"nothing: {NO_BROKER}", [])


@pytest.mark.parametrize("executor", ["CeleryExecutor", "CeleryKubernetesExecutor", "LocalExecutor,CeleryExecutor",
                                      "airflow.providers.celery.executors.celery_executor.CeleryExecutor"])  # fmt: skip
def test_with_celery_it_is_airflow_s_default(fernit, waits, write_cfg, executor):
    assert waits("broker", **{EXECUTOR: executor}) == ("redis:6379, from Airflow's default", [])
    write_cfg(f"[core]\nexecutor = {executor}\n")
    assert waits("broker") == ("redis:6379, from Airflow's default", [])
    assert waits("broker", **{EXECUTOR: "LocalExecutor"}) == (f"nothing: {NO_BROKER}", [])
    done = fernit("run", "--wait-for", "broker", "--wait-timeout", "0", "--", "true")
    assert done.returncode == 125
    assert "the broker at redis:6379" in errors(done)[-1]


def test_the_default_that_airflow_writes_into_its_cfg_is_no_configured_broker(waits, write_cfg):
    default = "redis://redis:6379/0"
    write_cfg(f"[core]\nexecutor = LocalExecutor\n[celery]\nbroker_url = {default}\n")
    assert waits("broker") == (f"nothing: {NO_BROKER}", [])
    assert waits("broker", **{EXECUTOR: "CeleryExecutor"}) == ("redis:6379, from Airflow's default", [])
    assert waits("broker", **{BROKER: default}) == (f"redis:6379, from {BROKER}", [])
    write_cfg("[core]\nexecutor = LocalExecutor\n[celery]\nbroker_url = redis://redis:6379/1\n")
    assert waits("broker")[0].startswith("redis:6379, from /")


def test_an_executor_that_is_set_to_nothing_is_told(waits):
    found, (problem,) = waits("broker", **{EXECUTOR: ""})
    assert not found
    assert problem.startswith(f"--wait-for broker: {EXECUTOR}: is set to nothing")


# --- init, which has no command


def test_init_reads_the_mounted_file_that_it_needs(fernit, server, tmp_path):
    server.listen()
    (tmp_path / "secret").write_text(url(f"127.0.0.1:{server.getsockname()[1]}"))
    done = fernit("init", "--verbose", "--wait-for", "db", **{f"{CONN}_FILE": tmp_path / "secret"})
    assert done.returncode == 0
    assert f"fernit: the database at 127.0.0.1:{server.getsockname()[1]} answers" in notices(done)


def test_init_does_not_mind_the_mounted_files_that_it_does_not_need(fernit, server, tmp_path):
    server.listen()
    given = {CONN: url(f"127.0.0.1:{server.getsockname()[1]}"), "AIRFLOW__SMTP__SMTP_PASSWORD_FILE": tmp_path / "nothing"}
    assert fernit("init", "--wait-for", "db", **given).returncode == 0


def test_init_minds_that_it_needs(fernit, tmp_path):
    done = fernit("init", "--wait-for", "db", **{f"{CONN}_FILE": tmp_path / "nothing"})
    assert done.returncode == 125
    assert f"--wait-for db: {CONN}_FILE: {tmp_path}/nothing: No such file or directory" in errors(done)[0]


# --- Passwords

ODD = {
    "@": "pa55word@part2",
    ":": "pa55word:part2:part3",
    "/ and ?": "pa55word/part2?part3",
    "percent-encoded": quote("pa55word@:/?#[]%", safe=""),
}


@pytest.mark.parametrize("password", ODD.values(), ids=ODD)
@pytest.mark.parametrize("options", [(), ("--verbose",), ("--verbose", "--log-format", "json")], ids=["", "verbose", "json"])
def test_a_password_with_odd_characters_is_read_over_and_never_shown(fernit, server, password, options):
    where = f"127.0.0.1:{server.getsockname()[1]}"
    given = {CONN: f"postgresql://airflow:{password}@{where}/airflow"}
    done = fernit("run", *options, "--wait-for", "db", "--wait-timeout", "200ms", "--", "true", **given)
    assert done.returncode == 125
    assert f"the database at {where} has not answered within 200ms: Connection refused" in done.stderr
    shown = fernit("status", "--wait-for", "db", **given)
    assert f"waits for    the database at {where}, from {CONN}\n" in shown.stdout
    for part in re.split(r"[^\w]", password):
        assert len(part) < 4 or part not in done.stderr + shown.stdout + shown.stderr


# --- As the user of --user


def test_who_waits_is_the_user(fernit, tmp_path):
    need("become another user")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        (tmp_path / "socket").chmod(0o777)
        server.listen()
        (tmp_path / "store").chmod(0o777)
        (tmp_path / "store/fernet_key").chmod(0o644)
        done = fernit("run", "--user", "41234:41235", "--wait-for", f"unix:{tmp_path}/socket", "--", "id", "-u")
        assert (done.returncode, done.stdout) == (0, "41234\n"), done.stderr
        peer = server.accept()[0].getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        assert struct.unpack("3i", peer)[1:] == (41234, 41235)


# --- Settings


@pytest.fixture
def closed():
    """closed(n): places at which nobody listens."""
    with contextlib.ExitStack() as stack:

        def make(count):
            sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
            for one in sockets:
                one.bind(("127.0.0.1", 0))
            return [f"tcp://127.0.0.1:{one.getsockname()[1]}" for one in sockets]

        yield make


def targets(fernit, *options, **env):
    return json.loads(fernit("status", "--json", *options, **env).stdout)["waits_for"]


def test_the_list_is_taken_from_flags_a_variable_or_the_file(fernit, tmp_path):
    (tmp_path / "ini").write_text("[fernit]\nwait_for = tcp://i:1,\n  tcp://i:2\n")
    ini = {"FERNIT_CONFIG": tmp_path / "ini"}
    assert targets(fernit, **ini) == ["i:1", "i:2"]
    assert targets(fernit, **ini, FERNIT_WAIT_FOR="tcp://v:1, unix:/v") == ["v:1", "unix:/v"]
    assert targets(fernit, "--wait-for", "tcp://f:1", "--wait-for=tcp://f:2", **ini, FERNIT_WAIT_FOR="tcp://v:1") == ["f:1", "f:2"]


@pytest.mark.parametrize("word", ["none", "off"])
def test_nothing_is_waited_for_where_a_stronger_one_says_so(fernit, tmp_path, word):
    (tmp_path / "ini").write_text("[fernit]\nwait_for = tcp://i:1\n")
    assert targets(fernit, FERNIT_CONFIG=tmp_path / "ini", FERNIT_WAIT_FOR=word) == []
    assert targets(fernit, "--wait-for", word, FERNIT_CONFIG=tmp_path / "ini", FERNIT_WAIT_FOR="tcp://v:1") == []


def test_a_variable_that_is_set_to_nothing_is_none(fernit):
    assert targets(fernit, FERNIT_WAIT_FOR="", FERNIT_WAIT_TIMEOUT="") == []


@pytest.mark.parametrize("command,status", [(("run", "--", "true"), 125), (("init",), 125), (("status",), 2)], ids=["run", "init", "status"])
def test_a_wrong_word_is_an_error_before_anything_is_done(fernit, store, command, status):
    (store / "fernet_key").unlink()
    done = fernit(*command, FERNIT_WAIT_FOR="db,postgres")
    assert done.returncode == status
    assert errors(done) == ['fernit: error: FERNIT_WAIT_FOR: "postgres" is not db, broker, tcp://HOST:PORT or unix:/PATH']
    assert not (store / "fernet_key").exists()


def test_a_wrong_time_is_an_error(fernit):
    done = fernit("run", "--wait-timeout", "60", "--", "true")
    assert (done.returncode, len(errors(done))) == (125, 1)
    assert "--wait-timeout" in errors(done)[0]


def test_a_ninth_is_too_many(fernit):
    done = fernit("run", "--", "true", FERNIT_WAIT_FOR=",".join(f"tcp://h:{n}" for n in range(1, 10)))
    assert done.returncode == 125
    assert errors(done) == ["fernit: error: FERNIT_WAIT_FOR: names more than 8 targets"]


def test_without_it_nothing_is_connected_to_and_no_url_is_read(fernit, tmp_path):
    trace = Trace(tmp_path / "trace", only="socket,connect,clone,fork,vfork")
    assert fernit("run", "--", "true", prefix=trace.prefix, **{CONN: "nonsense", f"{BROKER}_CMD": "false"}).returncode == 0
    assert trace.calls()[1:] == [] or all(call.name == "execve" for call in trace.calls()[1:])


# --- Faults


@pytest.mark.parametrize("fault", ["socket:error=EMFILE:when=1", "connect:error=ETIMEDOUT:when=1", "connect:error=EACCES:when=1",
                                   "getsockopt:error=ENOBUFS:when=1", "poll:error=EINTR:when=1"])  # fmt: skip
def test_a_call_that_fails_once_is_made_again(fernit, server, tmp_path, fault):
    server.listen()
    trace = Trace(tmp_path / "trace", [fault])
    words = ("run", "--wait-for", f"tcp://127.0.0.1:{server.getsockname()[1]}", "--", "echo", "ran")
    done = fernit(*words, prefix=trace.prefix)
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr


@pytest.mark.parametrize("fault", ["fork:error=EAGAIN:when=1", "clone:error=EAGAIN:when=1", "pipe2:error=EMFILE:when=1"])
def test_a_look_up_that_cannot_be_made_is_made_again(fernit, namespace, server, tmp_path, fault):
    server.listen()
    (tmp_path / "hosts").write_text("127.0.0.1 postgres\n")
    namespace.run("mount", "-n", "--bind", tmp_path / "hosts", "/etc/hosts")
    trace = Trace(tmp_path / "trace", [fault])
    words = ("run", "--wait-for", f"tcp://postgres:{server.getsockname()[1]}", "--", "echo", "ran")
    done = fernit(*words, prefix=[*namespace.prefix, *trace.prefix])
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr


def test_a_poll_that_fails_ends_the_run(fernit, closed, tmp_path):
    trace = Trace(tmp_path / "trace", ["poll:error=ENOMEM"])
    done = fernit("run", "--wait-for", closed(1)[0], "--quiet", "--", "true", prefix=trace.prefix)
    assert done.returncode == 125


# --- The same as SQLAlchemy and kombu

#: sqlalchemy/engine/url.py, 1.4 and 2.0
MAKE_URL = re.compile(r"""
    (?P<name>[\w\+]+)://
    (?:
        (?P<username>[^:/]*)
        (?::(?P<password>[^@]*))?
    @)?
    (?:
        (?:\[(?P<ipv6host>[^/\?]+)\] |
        (?P<ipv4host>[^/:\?]+))?
        (?::(?P<port>[^/\?]*))?
    )?
    (?:/(?P<database>[^\?]*))?
    (?:\?(?P<query>.*))?
    """, re.X)  # fmt: skip


def by_sqlalchemy(text):
    match = MAKE_URL.match(text)
    parts = match.groupdict()
    if match.end() < len(text):
        raise ValueError("it passes over what stands behind a bracket")
    host, number = parts["ipv4host"] or parts["ipv6host"], parts["port"] or ""
    if "@" in f"{host}{number}":  # which belongs to the password for SQLAlchemy 1.3, and has no place there for 1.4
        return by_sqlalchemy(f"x://{host}:{number}".rpartition("@")[2].join(["x://", ""]))
    return host, number and str(int(number))


def by_kombu(text):
    """kombu/utils/url.py url_to_parts"""
    parts = urlparse("http" + text[text.index("://") :])
    return unquote(parts.hostname or "") or None, parts.port and str(parts.port)


PIECES = ["u", "p%40w", "p:w", "p/w", "p?w", "p#w", "p;w", "%2F", "", "a.b-c", "10.1.2.3", "db_1", ":", "@",
          ":5433", ":1", "/", "/db", "//vhost", "?x=y", "?x=a%40b", "user:word", "user:word@", "user@"]  # fmt: skip


def texts(scheme, count, seed):
    chosen = random.Random(seed)
    for _ in range(count):
        parts = chosen.choices(PIECES, k=chosen.randint(1, 3))
        user = chosen.choice(["", "", "u@", "u:p@", ":p@", "u%40x:p%3A/w@", "u:a:b?c@"])
        yield f"{scheme}://{user}{chosen.choice(['h', 'host.example', '[::1]', '10.0.0.1', ''])}{''.join(parts)}"


def hosts(found):
    host, number = re.fullmatch(r"(?:\[([^]]+)\]|([^:]+)):(\d+), from .*", found).group(0, 3)
    return re.match(r"\[([^]]+)\]|([^:]+)", host).group(1) or re.match(r"[^:]+", host).group(0), number


@pytest.mark.parametrize("what,variable,scheme,default,judge", [
    ("db", CONN, "mssql+pyodbc", "1433", by_sqlalchemy),
    ("broker", BROKER, "redis", "6379", by_kombu),
], ids=["SQLAlchemy", "kombu"])  # fmt: skip
def test_a_url_is_read_as_they_read_it_or_is_refused(waits, what, variable, scheme, default, judge):
    """What they refuse fernit refuses; what fernit reads they read alike. (It refuses more: what has an "@" too many.)"""
    read = 0
    for text in texts(scheme, 250, seed=7):
        found, problems = waits(what, **{variable: text})
        try:
            host, number = judge(text)
        except ValueError:
            # Of brackets in a password they think ill, or not at all.
            assert problems or "[" in text.rpartition("@")[0], text
            continue
        if problems:
            assert re.search("@|port|host|is no URL", problems[0]), text
            continue
        read += 1
        assert hosts(found) == ((host or "localhost").lower() if what == "broker" else host, number or default), text
    assert read > 60
