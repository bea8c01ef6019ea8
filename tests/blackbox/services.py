"""Debian's servers in a folder of a test, as no root, which end with the test's process."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

# PostgreSQL runs as no root; whoever runs this as another user runs it as that.
NO_ROOT = ["--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
POSTGRES = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))


@contextlib.contextmanager
def service(folder, words, ready=("true",), ended_by=signal.SIGINT):
    """Runs WORDS until the end of the block, which the signal is for; yields once the words `ready` succeed."""
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(["setpriv", *NO_ROOT, "--pdeathsig", ended_by.name.removeprefix("SIG"), "--", *map(str, words)], stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        end = time.monotonic() + 60
        while subprocess.run(ready, capture_output=True, check=False).returncode:
            assert process.poll() is None and time.monotonic() < end, f"{words} is not ready:\n{(folder / 'log').read_text()}"
            time.sleep(0.1)
        yield
    finally:
        # A stop at once that leaves nothing, PostgreSQL's shared memory for one.
        process.send_signal(ended_by)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def own_folder(parent, name):
    folder = parent / name
    folder.mkdir()
    if NO_ROOT:
        shutil.chown(folder, 65534, 65534)
    return folder


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def postgresql_data(folder):
    """A new cluster of databases in a folder of one's own, whose superuser is airflow."""
    data = folder / "data"
    subprocess.run(["setpriv", *NO_ROOT, "--", POSTGRES[-1] / "initdb", "--username=airflow", "--auth=trust", "--encoding=UTF8", "--no-sync", data],
                   check=True, capture_output=True, cwd=folder)
    return data


@contextlib.contextmanager
def postgresql(parent):
    """Yields the address of an empty database, without its scheme."""
    folder = own_folder(parent, "postgresql")
    tools = POSTGRES[-1]
    words = [tools / "postgres", "-D", postgresql_data(folder), "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=60"]
    with service(folder, words, [tools / "pg_isready", "-q", "-h", folder, "-U", "airflow", "-d", "postgres"]):
        subprocess.run([tools / "createdb", "-h", folder, "-U", "airflow", "airflow"], check=True, capture_output=True)
        yield f"airflow@/airflow?host={folder}"


@contextlib.contextmanager
def redis(parent):
    """Yields the broker's URL."""
    folder = own_folder(parent, "redis")
    socket = folder / "socket"
    words = ["redis-server", "--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no"]
    with service(folder, words, ["redis-cli", "-s", socket, "ping"]):
        yield f"redis+socket://{socket}"
