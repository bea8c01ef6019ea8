"""--wait-for db: fernit and the database's driver agree on whom they talk to. The driver is the judge."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from conftest import errors, hints
from services import POSTGRES, free_port, own_folder, postgresql_data, service
from waiting import CONN, fernit  # noqa: F401  (in place of conftest's)

#: Asks them, in a process of its own.
DRIVERS = pathlib.Path(__file__).with_name("drivers.py")

HOSTS, PORTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3"), (3306, 3307, 5432, 5433)
SOCKETS = ["/run/mysqld/mysqld.sock", "/var/run/postgresql/.s.PGSQL.5432", "/var/run/postgresql/.s.PGSQL.5433",
           "{dir}/pg/.s.PGSQL.5432", "{dir}/pg/.s.PGSQL.5433", "{dir}/mysql", "{dir}/other"]  # fmt: skip
LISTEN = [f"{host}:{port}" for host in HOSTS for port in PORTS] + [f"unix:{path}" for path in SOCKETS]

PG, MYSQL, PYMYSQL = "postgresql+psycopg2://", "mysql+mysqldb://", "mysql+pymysql://"
DEBIAN = "unix:/var/run/postgresql/.s.PGSQL."
MYSQLD = "unix:/run/mysqld/mysqld.sock"

FILES = {
    "services": "# services\n[one]\nhost=127.0.0.2\nport=5433\n\n[port]\nport=5433\n[address]\nhost=127.0.0.2\nhostaddr=127.0.0.3\n"
                "[twice]\nhost=127.0.0.3\nhost=127.0.0.2\n[folder]\nhost={dir}/pg\n[empty]\nhost=\n[two]\nhost=127.0.0.3,127.0.0.2\n"
                "[nested]\nservice=one\n[broken]\nnonsense\n[end]\n",
    "home/.pg_service.conf": "[one]\nhost=127.0.0.3\n",
    "etc/pg_service.conf": "[shared]\nhost=127.0.0.3\nport=5433\n[one]\nhost=127.0.0.1\n",
}  # fmt: skip
SERVICES = {"PGSERVICEFILE": "{dir}/services"}

#: URL, variables, and whom both call; None: both refuse.
TABLE = [
    (f"{PG}u:p@127.0.0.2/db", {}, "127.0.0.2:5432"),
    (f"{PG}u:p@127.0.0.2:5433/db", {}, "127.0.0.2:5433"),
    ("postgresql://u:p@127.0.0.2/db", {}, "127.0.0.2:5432"),
    (f"{PG}localhost/db", {}, "localhost:5432"),
    (f"{PG}/db", {}, f"{DEBIAN}5432"),
    (f"{PG}u:p@:5433/db", {}, f"{DEBIAN}5433"),
    (f"{PG}127.0.0.1/db?host=127.0.0.2", {}, "127.0.0.2:5432"),
    (f"{PG}127.0.0.1:5433/db?host=127.0.0.2", {}, "127.0.0.2:5433"),
    (f"{PG}127.0.0.1/db?port=5433", {}, "127.0.0.1:5433"),
    (f"{PG}/db?host={{dir}}/pg", {}, "unix:{dir}/pg/.s.PGSQL.5432"),
    (f"{PG}/db?host={{dir}}/pg&port=5433", {}, "unix:{dir}/pg/.s.PGSQL.5433"),
    (f"{PG}/db?host=127.0.0.2,127.0.0.3&port=5433,5432", {}, "127.0.0.2:5433, 127.0.0.3:5432"),
    (f"{PG}/db?host=127.0.0.2:5433&host=127.0.0.3:5432", {}, "127.0.0.2:5433, 127.0.0.3:5432"),
    (f"{PG}127.0.0.2,127.0.0.3:5433/db", {}, "127.0.0.2:5433, 127.0.0.3:5433"),
    (f"{PG}/db?host=127.0.0.2,127.0.0.3&port=5433,5432,1", {}, None),
    # An address in place of the name
    (f"{PG}127.0.0.1/db?hostaddr=127.0.0.2", {}, "127.0.0.2:5432"),
    (f"{PG}/db?hostaddr=127.0.0.2,127.0.0.3&port=5433", {}, "127.0.0.2:5433, 127.0.0.3:5433"),
    (f"{PG}/db?host=127.0.0.1,127.0.0.2&hostaddr=127.0.0.3,&port=5432,5432", {}, "127.0.0.3:5432, 127.0.0.2:5432"),
    (f"{PG}127.0.0.1/db?hostaddr=127.0.0.2,127.0.0.3", {}, None),
    # libpq's variables
    (PG, {"PGHOST": "127.0.0.2"}, "127.0.0.2:5432"),
    (f"{PG}/db", {"PGHOST": "127.0.0.2", "PGPORT": "5433"}, "127.0.0.2:5433"),
    (f"{PG}127.0.0.1/db", {"PGHOST": "127.0.0.2", "PGPORT": "5433"}, "127.0.0.1:5433"),
    (f"{PG}127.0.0.1:5432/db", {"PGHOST": "127.0.0.2", "PGPORT": "5433"}, "127.0.0.1:5432"),
    (f"{PG}/db?host=127.0.0.3", {"PGHOST": "127.0.0.2", "PGPORT": "5433"}, "127.0.0.3:5433"),
    (f"{PG}/db", {"PGPORT": "5433"}, f"{DEBIAN}5433"),
    (f"{PG}/db", {"PGHOST": "{dir}/pg"}, "unix:{dir}/pg/.s.PGSQL.5432"),
    (f"{PG}/db", {"PGHOST": "", "PGPORT": ""}, f"{DEBIAN}5432"),
    (f"{PG}127.0.0.1/db", {"PGHOSTADDR": "127.0.0.2"}, "127.0.0.2:5432"),
    (f"{PG}/db", {"PGHOST": "127.0.0.2,127.0.0.3", "PGPORT": "5433,5432"}, "127.0.0.2:5433, 127.0.0.3:5432"),
    (f"{PG}127.0.0.1/db", {"PGPORT": "5432,5433"}, None),
    (f"{PG}127.0.0.1/db", {"PGPORT": "none"}, None),
    # Services
    (f"{PG}/db?service=one", SERVICES, "127.0.0.2:5433"),
    (f"{PG}/db", {**SERVICES, "PGSERVICE": "one"}, "127.0.0.2:5433"),
    (f"{PG}/db?service=one", {**SERVICES, "PGSERVICE": "two", "PGHOST": "127.0.0.1", "PGPORT": "3306"}, "127.0.0.2:5433"),
    (f"{PG}127.0.0.3/db?service=one", SERVICES, "127.0.0.3:5433"),
    (f"{PG}127.0.0.3:5432/db?service=one", SERVICES, "127.0.0.3:5432"),
    (f"{PG}/db?service=port", SERVICES, f"{DEBIAN}5433"),
    (f"{PG}/db?service=port", {**SERVICES, "PGHOST": "127.0.0.2"}, "127.0.0.2:5433"),
    (f"{PG}/db?service=address", SERVICES, "127.0.0.3:5432"),
    (f"{PG}127.0.0.1/db?service=address", SERVICES, "127.0.0.3:5432"),
    (f"{PG}/db?service=twice", SERVICES, "127.0.0.3:5432"),
    (f"{PG}/db?service=folder", SERVICES, "unix:{dir}/pg/.s.PGSQL.5432"),
    (f"{PG}/db?service=empty", {**SERVICES, "PGHOST": "127.0.0.2"}, f"{DEBIAN}5432"),
    (f"{PG}/db?service=two", SERVICES, "127.0.0.3:5432, 127.0.0.2:5432"),
    (f"{PG}/db?service=end", SERVICES, f"{DEBIAN}5432"),
    (f"{PG}/db?service=nested", SERVICES, None),
    (f"{PG}/db?service=broken", SERVICES, None),
    (f"{PG}/db?service=nowhere", SERVICES, None),
    (f"{PG}/db?service=one", {"PGSERVICEFILE": "{dir}/nothing"}, None),
    (f"{PG}/db", {"PGSERVICE": "nowhere"}, None),
    (f"{PG}/db?service=one", {"HOME": "{dir}/home"}, "127.0.0.3:5432"),
    (f"{PG}/db?service=one", {"HOME": "{dir}/home", **SERVICES}, "127.0.0.2:5433"),
    (f"{PG}/db?service=one", {"HOME": "{dir}/home", "PGSYSCONFDIR": "{dir}/etc"}, "127.0.0.3:5432"),
    (f"{PG}/db?service=shared", {"HOME": "{dir}/home", "PGSYSCONFDIR": "{dir}/etc"}, "127.0.0.3:5433"),
    (f"{PG}/db?service=shared", {**SERVICES, "PGSYSCONFDIR": "{dir}/etc"}, "127.0.0.3:5433"),
    (f"{PG}/db?service=shared", {"HOME": "{dir}/home"}, None),
    # mysqlclient: without a host, or with "localhost", by the unix socket
    (MYSQL, {}, MYSQLD),
    ("mysql:///db", {}, MYSQLD),
    (f"{MYSQL}u:p@:3307/db", {}, MYSQLD),
    (f"{MYSQL}localhost/db", {}, MYSQLD),
    (f"{MYSQL}localhost:3307/db", {}, MYSQLD),
    (f"{MYSQL}127.0.0.2/db?host=localhost", {}, MYSQLD),
    (f"{MYSQL}LOCALHOST/db", {}, "LOCALHOST:3306"),
    (f"{MYSQL}127.0.0.2/db", {}, "127.0.0.2:3306"),
    (f"{MYSQL}127.0.0.2:3307/db", {}, "127.0.0.2:3307"),
    (f"{MYSQL}127.0.0.2:3307/db?host=127.0.0.3", {}, "127.0.0.3:3307"),
    (f"{MYSQL}/db?host=127.0.0.3", {}, "127.0.0.3:3306"),
    (f"{MYSQL}/db?unix_socket={{dir}}/mysql", {}, "unix:{dir}/mysql"),
    (f"{MYSQL}localhost/db?unix_socket={{dir}}/mysql", {}, "unix:{dir}/mysql"),
    (f"{MYSQL}127.0.0.2/db?unix_socket={{dir}}/mysql", {}, "127.0.0.2:3306"),
    (f"{MYSQL}/db", {"MYSQL_UNIX_PORT": "{dir}/other"}, "unix:{dir}/other"),
    (f"{MYSQL}/db?unix_socket={{dir}}/mysql", {"MYSQL_UNIX_PORT": "{dir}/other"}, "unix:{dir}/mysql"),
    (f"{MYSQL}127.0.0.2/db", {"MYSQL_TCP_PORT": "3307", "MYSQL_HOST": "127.0.0.3"}, "127.0.0.2:3307"),
    (f"{MYSQL}127.0.0.2:3306/db", {"MYSQL_TCP_PORT": "3307"}, "127.0.0.2:3306"),
    # PyMySQL: by TCP, but where a socket is named
    (PYMYSQL, {}, "localhost:3306"),
    (f"{PYMYSQL}u:p@:3307/db", {}, "localhost:3307"),
    (f"{PYMYSQL}localhost/db", {}, "localhost:3306"),
    (f"{PYMYSQL}127.0.0.2/db", {}, "127.0.0.2:3306"),
    (f"{PYMYSQL}127.0.0.2:3307/db?host=127.0.0.3", {}, "127.0.0.3:3307"),
    (f"{PYMYSQL}127.0.0.2/db?unix_socket={{dir}}/mysql", {}, "unix:{dir}/mysql"),
    (f"{PYMYSQL}/db", {"MYSQL_UNIX_PORT": "{dir}/other", "MYSQL_TCP_PORT": "3307"}, "localhost:3306"),
]


@pytest.fixture
def surroundings(tmp_path):
    """The files of the table; it gives what stands for {dir} its name."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text.replace("{dir}", str(tmp_path)))

    def fill(value):
        if isinstance(value, dict):
            return {name: fill(text) for name, text in value.items()}
        return value and value.replace("{dir}", str(tmp_path))

    return fill


def ask_drivers(rows, fill):
    """Whom the driver called for each row, as fernit writes it, or None."""
    alone = ["unshare", "-n", "-m", *(["-r"] if os.getuid() else [])]
    if subprocess.run([*alone, "true"], capture_output=True).returncode:
        pytest.skip("this machine does not let a test make a network of its own")
    asked = [(fill(url), fill(around), bool(expected) and "," in expected) for url, around, expected in rows]
    question = {"listen": [fill(place) for place in LISTEN], "ask": asked}
    done = subprocess.run([*alone, sys.executable, DRIVERS], input=json.dumps(question), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return [", ".join(places) or None for places in json.loads(done.stdout)]


def test_whom_fernit_waits_for_is_whom_the_driver_calls(fernit, surroundings):
    for (url, around, expected), driver in zip(TABLE, ask_drivers(TABLE, surroundings), strict=True):
        case, expected = f"{url} {around}", surroundings(expected)
        assert driver == (expected and re.sub("(?i)localhost", "127.0.0.1", expected)), f"{case}: the driver"
        report = json.loads(fernit("status", "--json", "--wait-for", "db", **{CONN: surroundings(url), **surroundings(around)}).stdout)
        found = [f"the database at {expected}, from {CONN}"] if expected else []
        assert report["waits_for"] == found, case
        assert len([text for text in report["problems"] if text.startswith("--wait-for db: ")]) == (not expected), case


@pytest.mark.parametrize("url,around,says", [
    ("postgresql:///db?service=nowhere", SERVICES,
     'no file defines the PostgreSQL service "nowhere"\nfernit: hint: define it in {dir}/services or /etc/postgresql-common/pg_service.conf'),
    ("postgresql:///db?service=one", {"PGSERVICEFILE": "{dir}/nothing", "PGSYSCONFDIR": "{dir}"},
     'no file defines the PostgreSQL service "one"\nfernit: hint: define it in {dir}/nothing or {dir}/pg_service.conf'),
    ("postgresql:///db?service=one&servicefile={dir}/nothing", SERVICES, "{dir}/nothing or /etc/postgresql-common"),
    ("postgresql:///db?service=broken", SERVICES, '{dir}/services: a line of the service has no "="'),
    ("postgresql://h/db", {"PGPORT": "none"}, f"{CONN}: with PGHOST, PGHOSTADDR, PGPORT or what the service says: the port is no number"),
    ("mysql://h/db", {"MYSQL_TCP_PORT": "none"}, f"{CONN}: MYSQL_TCP_PORT: the port is no number from 1 to 65535"),
    ("mysql:///db", {"MYSQL_UNIX_PORT": "socket"}, f"{CONN}: MYSQL_UNIX_PORT: the socket's path does not begin with"),
    ("mysql:///db?read_default_file=/etc/my.cnf", {}, "names no host, and fernit does not read MySQL's option files"),
])  # fmt: skip
def test_what_cannot_be_known_is_told_with_the_way_out(fernit, surroundings, url, around, says):
    done = fernit("run", "--wait-for", "db", "--wait-timeout", "0", "--", "echo", "ran", **{CONN: surroundings(url), **surroundings(around)})
    assert (done.returncode, done.stdout) == (125, "")
    assert len(errors(done)) == 1 and surroundings(says) in done.stderr
    assert hints(done)[-1].endswith("--wait-for tcp://HOST:PORT")


def test_a_password_in_a_service_file_is_not_shown(fernit, tmp_path):
    fernit.secrets.add("service-pa55word")
    (tmp_path / "services").write_text("[x]\npassword=service-pa55word\nservice-pa55word\n")
    done = fernit("run", "--verbose", "--wait-for", "db", "--wait-timeout", "0", "--", "true", PGSERVICEFILE=tmp_path / "services", **{CONN: "postgresql:///?service=x"})
    assert done.returncode == 125
    assert f'{tmp_path}/services: a line of the service has no "="' in done.stderr


# --- Real servers

#: Asks the server who it is. One that already listens may still be starting up.
WHO = f"""
import os, sys, time, sqlalchemy
for tries in range(100):
    try:
        print(sqlalchemy.create_engine(os.environ["{CONN}"]).connect().execute(sqlalchemy.text(sys.argv[1])).scalar())
        break
    except sqlalchemy.exc.OperationalError as error:
        assert "starting up" in str(error), error
        time.sleep(0.1)
"""


class PostgreSQL:
    ASK = "show data_directory"

    def __init__(self, parent):
        self.folder, self.port = own_folder(parent, "server"), free_port()
        self.data = postgresql_data(self.folder)

    def words(self):
        return [POSTGRES[-1] / "postgres", "-D", self.data, "-F", "-k", self.folder, "-h", "127.0.0.1", "-p", self.port]

    def ways(self):
        (self.folder / "services").write_text(f"[airflow]\nhost=127.0.0.1\nport={self.port}\n")
        yield "postgresql:///postgres?user=airflow", {"PGHOST": self.folder, "PGPORT": self.port}
        yield f"postgresql://airflow@:{self.port}/postgres?host={self.folder}", {"PGHOST": "127.0.0.2"}
        yield "postgresql://airflow@/postgres?service=airflow", {"PGSERVICEFILE": self.folder / "services", "PGPORT": "1"}


class MariaDB:
    ASK = "select @@datadir"

    def __init__(self, parent):
        self.folder, self.port = own_folder(parent, "server"), free_port()
        self.data = own_folder(self.folder, "data")

    def words(self):
        return ["/usr/sbin/mariadbd", "--no-defaults", "--skip-grant-tables", f"--datadir={self.data}", f"--tmpdir={self.folder}",
                f"--socket={self.folder}/socket", "--bind-address=127.0.0.1", f"--port={self.port}", "--innodb-buffer-pool-size=8M"]  # fmt: skip

    def ways(self):
        yield "mysql://", {"MYSQL_UNIX_PORT": self.folder / "socket"}
        yield "mysql://127.0.0.1", {"MYSQL_TCP_PORT": self.port}
        yield f"mysql+pymysql://:{self.port}", {}


@pytest.mark.parametrize("kind", [PostgreSQL, MariaDB])
def test_a_real_server_is_waited_for_and_is_the_one_that_answers(fernit, tmp_path, kind):
    with contextlib.ExitStack() as stack:
        server = kind(tmp_path)
        words = ["--", sys.executable, "-c", WHO, kind.ASK]
        (url, around), *others = server.ways()
        process = fernit.start("run", "--wait-for", "db", "--wait-timeout", "60s", *words, **{CONN: url}, **around)
        assert b": waits for the database at unix:" in process.stderr.readline()
        stack.enter_context(service(server.folder, server.words(), ended_by=signal.SIGQUIT))
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out.decode().strip().rstrip("/")) == (0, str(server.data)), err
        for url, around in others:
            done = fernit("run", "--wait-for", "db", "--wait-timeout", "0", *words, **{CONN: url}, **around)
            assert (done.returncode, done.stdout.strip().rstrip("/")) == (0, str(server.data)), f"{url}: {done.stderr}"
