"""The drivers of Airflow's databases, asked whom they call: a program of its own, in a network where nobody else listens.

    unshare -n -m [-r] python3 drivers.py <QUESTION >ANSWER

QUESTION is JSON: "listen", places as fernit writes them ("127.0.0.1:5432", "unix:/path"), and "ask": a URL, the variables around
it, and whether there are several. ANSWER has for each the places that SQLAlchemy's engine calls, in their order: with several, who
has been called is gone for the next try, until nobody is called any more."""
import fcntl
import json
import os
import pathlib
import selectors
import socket
import struct
import subprocess
import sys

import sqlalchemy

# Loaded once, and not in each child. MySQL's C library reads its variables as it is loaded.
for scheme in ("postgresql+psycopg2", "mysql+pymysql"):
    sqlalchemy.create_engine(f"{scheme}://")


def bring_up_loopback():
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


def listen(place):
    host, _, port = place.rpartition(":")
    if host == "unix":
        pathlib.Path(port).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(port).unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX)
        made.bind(port)
    else:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, int(port)))
    made.listen()
    return made


def connect(url, around):
    child = os.fork()
    if child:
        return child
    os.environ.clear()
    os.environ.update(around)
    try:
        sqlalchemy.create_engine(url, connect_args={"connect_timeout": 10}).connect()
    except Exception:
        pass
    os._exit(0)


def called(listening, url, around):
    """Those that the driver calls: libpq goes on to its next host only from version 16 on. Each is hung up on."""
    places = []
    child = connect(url, around)
    with selectors.DefaultSelector() as selector, open(os.pidfd_open(child), "rb", buffering=0) as end:
        selector.register(end, selectors.EVENT_READ)
        for name, server in listening.items():
            selector.register(server, selectors.EVENT_READ, name)
        while True:
            ready = [key for key, _ in selector.select() if key.data]
            if not ready:
                os.waitpid(child, 0)
                return places
            for key in ready:
                places += [key.data] if key.data not in places else []
                key.fileobj.accept()[0].close()


def ask(listening, url, around, several):
    places = []
    while found := called(listening, url, around):
        places += found
        if not several:
            break
        for place in found:
            listening.pop(place).close()
    if several:
        listening.update((place, listen(place)) for place in places)
    return places


def main():
    question = json.load(sys.stdin)
    bring_up_loopback()
    subprocess.run(["mount", "-n", "-t", "tmpfs", "none", "/run"], check=True)
    listening = {place: listen(place) for place in question["listen"]}
    json.dump([ask(listening, *one) for one in question["ask"]], sys.stdout)


if __name__ == "__main__":
    main()
