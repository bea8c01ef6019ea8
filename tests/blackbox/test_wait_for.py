"""--wait-for: the command begins when what it needs answers, and not before; a wait that is in vain ends, and says why."""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

from conftest import errors, hints, notices, warnings
from inits import children_of, descriptors_of, state_of
from system import Trace, need, wait_for
from waiting import fernit  # noqa: F401  (in place of conftest's)

#: So long that a test which comes to its end has not waited for it.
LONG = "--wait-timeout=10m"


# --- Whom to wait for


@pytest.fixture
def place():
    """place(host): a socket with a port of its own at which nobody listens yet; listen() has it answer."""
    with contextlib.ExitStack() as stack:

        def bind(host="127.0.0.1"):
            made = stack.enter_context(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
            made.bind((host, 0))
            return made

        yield bind


def port(place):
    return place.getsockname()[1]


def at(place):
    host = place.getsockname()[0]
    return f"tcp://[{host}]:{port(place)}" if ":" in host else f"tcp://{host}:{port(place)}"


def black_hole(place):
    """Lets it listen, and takes all the room in its queue: what comes then gets no answer at all."""
    place.listen(0)
    waiting = []
    for _ in range(8):
        waiting.append(socket.socket())
        waiting[-1].settimeout(0.3)
        try:
            waiting[-1].connect(place.getsockname())
        except TimeoutError:
            return waiting
    pytest.skip("a full queue still answers here")
    return None


@pytest.fixture
def begins(fernit):
    """begins(*options, **env): starts a run and returns it when it says that it waits; `said` is that line."""

    def start(*options, words=("echo", "ran"), **env):
        process = fernit.start("run", *options, "--", *words, **env)
        for line in process.stderr:
            if b"fernit: waits for " in line:
                process.said = line.decode()
                return process
        pytest.fail(f"it did not wait; it ended with {process.wait()}")
        return None

    return start


def ends(process, seconds=60):
    """Its status, output and what it has said since."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out.decode(), err.decode()


# --- The command begins when it answers


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_what_answers_at_once_is_no_word_worth(fernit, place, host):
    server = place(host)
    server.listen()
    done = fernit("run", "--wait-for", at(server), "--", "echo", "ran")
    assert (done.returncode, done.stdout, errors(done)) == (0, "ran\n", [])


def test_with_verbose_it_is_a_line(fernit, place):
    server = place()
    server.listen()
    done = fernit("run", "--verbose", "--wait-for", at(server), "--", "echo", "ran")
    assert f"fernit: 127.0.0.1:{port(server)} answers" in notices(done)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_who_comes_late_is_waited_for_and_it_is_said_once(begins, place, host):
    server = place(host)
    process = begins("--wait-for", at(server), LONG)
    assert process.said == f"fernit: waits for {at(server)[6:]}, at most 10m: Connection refused\n"
    time.sleep(0.5)
    server.listen()
    status, out, err = ends(process)
    assert (status, out) == (0, "ran\n")
    assert "waits" not in err


def test_the_command_does_not_begin_before(begins, place, tmp_path):
    server = place()
    process = begins("--wait-for", at(server), LONG, words=("touch", tmp_path / "begun"))
    time.sleep(0.5)
    assert not (tmp_path / "begun").exists()
    server.listen()
    assert ends(process)[0] == 0
    assert (tmp_path / "begun").exists()


def test_nothing_is_sent_and_the_connection_is_closed(fernit, place):
    server = place()
    server.listen()
    assert fernit("run", "--wait-for", at(server), "--", "true").returncode == 0
    connection, _ = server.accept()
    connection.settimeout(10)
    assert connection.recv(100) == b""


def test_all_are_waited_for(begins, place):
    first, second = place(), place("::1")
    process = begins("--wait-for", at(first), "--wait-for", at(second), LONG)
    first.listen()
    assert b"waits for [::1]" in process.stderr.readline()
    assert process.poll() is None
    second.listen()
    assert ends(process)[:2] == (0, "ran\n")


def test_init_waits_as_well(fernit, place):
    server = place()
    process = fernit.start("init", "--wait-for", at(server), LONG)
    wait_for(lambda: b"waits for" in process.stderr.readline())
    assert process.poll() is None
    server.listen()
    assert ends(process)[0] == 0


def test_a_supervised_command_waits_as_well(begins, place):
    server = place()
    process = begins("--init", "--wait-for", at(server), LONG)
    server.listen()
    assert ends(process)[:2] == (0, "ran\n")


def test_the_key_is_kept_and_written_before_it_waits(begins, place, store, cfg):
    (store / "fernet_key").unlink()
    process = begins("--wait-for", at(place()), LONG, FERNIT_DELIVER="env,cfg")
    assert (store / "fernet_key").exists()
    assert cfg.exists()
    assert process.poll() is None


# --- Unix sockets


class Unix(socket.socket):
    def __init__(self, path):
        super().__init__(socket.AF_UNIX)
        self.path = path


@pytest.fixture
def unix(tmp_path):
    with Unix(tmp_path / "a socket") as made:
        yield made


def test_a_unix_socket_that_is_not_there_yet_is_waited_for(begins, unix):
    process = begins("--wait-for", f"unix:{unix.path}", LONG)
    assert process.said == f"fernit: waits for unix:{unix.path}, at most 10m: No such file or directory\n"
    unix.bind(str(unix.path))
    unix.listen()
    assert ends(process)[:2] == (0, "ran\n")


def test_a_unix_socket_at_which_nobody_listens_is_waited_for(begins, unix):
    unix.bind(str(unix.path))
    process = begins("--wait-for", f"unix:{unix.path}", LONG)
    assert process.said.endswith(": Connection refused\n")
    unix.listen()
    assert ends(process)[:2] == (0, "ran\n")


def test_a_unix_socket_whose_queue_is_full_is_waited_for(begins, unix):
    unix.bind(str(unix.path))
    unix.listen(0)
    with socket.socket(socket.AF_UNIX) as first:
        first.connect(str(unix.path))
        process = begins("--wait-for", f"unix:{unix.path}", LONG)
        assert process.said.endswith(": its queue is full\n")
        unix.accept()[0].close()
        assert ends(process)[:2] == (0, "ran\n")


def test_what_is_no_socket_is_told(fernit, tmp_path):
    (tmp_path / "file").touch()
    done = fernit("run", "--wait-for", f"unix:{tmp_path}/file", "--wait-timeout", "0", "--", "true")
    assert done.returncode == 125
    assert errors(done) == [f"fernit: error: unix:{tmp_path}/file does not answer: Connection refused"]


# --- In vain


def test_when_the_time_is_up_it_ends_with_125_and_says_all(fernit, place, tmp_path):
    server = place()
    begun = time.monotonic()
    done = fernit("run", "--wait-for", at(server), "--wait-timeout", "600ms", "--", "touch", tmp_path / "begun")
    assert time.monotonic() - begun > 0.6
    assert done.returncode == 125
    where = f"127.0.0.1:{port(server)}"
    assert done.stderr.splitlines() == [
        f"fernit: waits for {where}, at most 600ms: Connection refused",
        f"fernit: error: {where} has not answered within 600ms: Connection refused",
        "fernit: hint: check that it runs, under this name",
        "fernit: hint: or wait longer: --wait-timeout",
    ]
    assert not (tmp_path / "begun").exists()


def test_quiet_it_says_only_that(fernit, place):
    done = fernit("run", "--quiet", "--wait-for", at(place()), "--wait-timeout", "300ms", "--", "true")
    assert done.returncode == 125
    assert len(errors(done)) == 1 and done.stderr.splitlines() == [*errors(done), *hints(done)]


def test_who_does_not_answer_at_all_is_given_up_in_time(fernit, place):
    server = place()
    with contextlib.ExitStack() as stack:
        for waiting in black_hole(server):
            stack.enter_context(waiting)
        begun = time.monotonic()
        done = fernit("run", "--wait-for", at(server), "--wait-timeout", "1s", "--", "true")
        assert time.monotonic() - begun < 20
    assert done.returncode == 125
    assert errors(done)[-1].endswith(": no answer")


def test_one_deadline_is_for_all(fernit, place):
    targets = ",".join(at(place()) for _ in range(8))
    begun = time.monotonic()
    done = fernit("run", "--wait-timeout", "1s", "--", "true", FERNIT_WAIT_FOR=targets)
    assert done.returncode == 125
    assert 1 <= time.monotonic() - begun < 7


def test_with_a_timeout_of_nothing_there_is_one_try(fernit, place, tmp_path):
    trace = Trace(tmp_path / "trace", only="connect,poll")
    done = fernit("run", "--wait-for", at(place()), "--wait-timeout", "0", "--", "true", prefix=trace.prefix)
    assert done.returncode == 125
    assert len([call for call in trace.calls() if call.name == "connect"]) == 1
    assert [line for line in notices(done) if "waits for" in line] == []


def test_with_a_timeout_of_nothing_who_listens_answers(fernit, place):
    server = place()
    server.listen()
    assert fernit("run", "--wait-for", at(server), "--wait-timeout", "0", "--", "true").returncode == 0


def test_what_fails_in_one_try_is_tried_seldom(fernit, place, tmp_path):
    """With pauses of 55, 105, 205, ... ms on the average, and of a second from the sixth on."""
    trace = Trace(tmp_path / "trace", only="connect")
    done = fernit("run", "--wait-for", at(place()), "--wait-timeout", "4s", "--", "true", prefix=trace.prefix)
    assert done.returncode == 125
    assert 3 <= len([call for call in trace.calls() if call.name == "connect"]) <= 40


def test_who_waits_is_idle(begins, place):
    process = begins("--wait-for", at(place()), LONG)
    time.sleep(3)
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    used = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    assert used < 0.5


# --- Signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT], ids=lambda n: n.name)
def test_a_signal_ends_the_wait_and_the_command_never_begins(begins, place, number):
    process = begins("--wait-for", at(place()), LONG)
    process.send_signal(number)
    status, out, err = ends(process, 10)
    assert (status, out) == (128 + number, "")
    assert "fernit:" not in err


def has_socket(links):
    return any("socket:" in link for link in links)


def test_a_signal_ends_the_wait_for_who_does_not_answer_at_all(fernit, place):
    server = place()
    with contextlib.ExitStack() as stack:
        for waiting in black_hole(server):
            stack.enter_context(waiting)
        process = fernit.start("run", "--wait-for", at(server), LONG, "--", "true")
        wait_for(lambda: state_of(process.pid) == "S" and has_socket(descriptors_of(process.pid).values()))
        process.send_signal(signal.SIGTERM)
        assert ends(process, 10)[0] == 143


PROCESS_1 = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "--"]


@pytest.mark.parametrize("init", [(), ("--init",)], ids=["", "--init"])
def test_as_process_1_it_waits_and_is_ended_alike(fernit, place, init):
    need("be process 1")
    server = place()
    process = fernit.start("run", *init, "--wait-for", at(server), LONG, "--", "true", prefix=PROCESS_1)
    wait_for(lambda: b"waits for" in process.stderr.readline())
    os.kill(children_of(process.pid)[0], signal.SIGTERM)
    assert ends(process, 10)[0] == 143


def test_one_who_ignores_hup_waits_on(fernit, place):
    server = place()
    process = fernit.start("run", "--wait-for", at(server), LONG, "--", "true", prefix=["nohup"])
    wait_for(lambda: b"waits for" in process.stderr.readline())
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    server.listen()
    assert ends(process)[0] == 0


# --- Names


@pytest.fixture
def names(namespace, tmp_path):
    """A machine of the test's own names: `hosts` and `resolv` are its files. No name server, but where a test gives one."""
    need("be process 1")
    for name, text in (("hosts", ""), ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")):
        path = tmp_path / name
        path.write_text(text)
        namespace.run("mount", "-n", "--bind", path, f"/etc/{name}")
    namespace.hosts = tmp_path / "hosts"
    return namespace


def test_a_name_is_looked_up(fernit, names, place):
    server = place()
    server.listen()
    names.hosts.write_text("127.0.0.1 postgres db.example.org\n")
    for name in ("postgres", "db.example.org"):
        done = fernit("run", "--wait-for", f"tcp://{name}:{port(server)}", "--", "true", prefix=names.prefix)
        assert (done.returncode, errors(done)) == (0, [])


def test_a_name_that_is_not_known_yet_is_waited_for(begins, names, place):
    server = place()
    server.listen()
    process = begins("--wait-for", f"tcp://postgres:{port(server)}", LONG, prefix=names.prefix)
    assert "the name postgres " in process.said
    names.hosts.write_text("127.0.0.1 postgres\n")
    assert ends(process)[:2] == (0, "ran\n")


def test_of_several_addresses_the_last_is_enough(fernit, names, place):
    server = place()
    server.listen()
    names.hosts.write_text("::1 postgres\n127.0.0.2 postgres\n127.0.0.3 postgres\n127.0.0.1 postgres\n")
    done = fernit("run", "--wait-for", f"tcp://postgres:{port(server)}", "--", "true", prefix=names.prefix)
    assert (done.returncode, errors(done)) == (0, [])


@pytest.mark.real_binary
def test_of_many_addresses_only_some_are_tried(fernit, names, place, tmp_path):
    names.hosts.write_text("".join(f"127.0.1.{n} postgres\n" for n in range(1, 31)))
    trace = Trace(tmp_path / "trace", only="connect")
    words = ("run", "--wait-for", f"tcp://postgres:{port(place())}", "--wait-timeout", "0", "--", "true")
    assert fernit(*words, prefix=[*names.prefix, *trace.prefix]).returncode == 125
    assert len([call for call in trace.calls() if call.name == "connect" and "AF_INET" in call.arguments]) == 8


def test_a_look_up_leaves_no_process_and_no_descriptor(fernit, names, place):
    """The command is process 1, and would have what was left."""
    server = place()
    server.listen()
    names.hosts.write_text("127.0.0.1 postgres\n")
    show = "echo /proc/[0-9]* /proc/$$/fd/*"
    words = ("run", "--wait-for", f"tcp://postgres:{port(server)}", "--", "sh", "-c", show)
    done = fernit(*words, prefix=[*names.prefix, *PROCESS_1])
    plain = fernit("run", "--", "sh", "-c", show, prefix=[*names.prefix, *PROCESS_1])
    assert done.returncode == 0
    assert done.stdout == plain.stdout


def test_a_look_up_works_where_the_parent_ignores_its_children(fernit, names, place):
    server = place()
    server.listen()
    names.hosts.write_text("127.0.0.1 postgres\n")
    words = ["python3", "-c", "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execvp(sys.argv[1], sys.argv[1:])"]
    done = fernit("run", "--wait-for", f"tcp://postgres:{port(server)}", "--", "grep", "SigIgn", "/proc/self/status",
                  prefix=[*names.prefix, *words])
    assert done.returncode == 0
    assert int(done.stdout.split()[1], 16) & 1 << signal.SIGCHLD - 1


# --- Name servers

#: A network of its own with nothing but loopback: the program makes it work, says so, and answers as a name server when it
#: is told what: lines of JSON, a name to its addresses, "" for NXDOMAIN; what is not there gets no answer.
NETWORK = r"""
import fcntl, json, socket, struct, sys, threading
with socket.socket() as one:
    fcntl.ioctl(one, 0x8914, struct.pack("16sh22x", b"lo", 0x49))
known = {}
def serve(server):
    while True:
        question, peer = server.recvfrom(512)
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1 : at + 1 + question[at]].decode())
            at += 1 + question[at]
        kind = struct.unpack("!H", question[at + 1 : at + 3])[0]
        found = known.get(".".join(labels))
        if found is None:
            continue
        family = {1: socket.AF_INET, 28: socket.AF_INET6}[kind]
        here = [address for address in found if (":" in address) == (kind == 28)]
        head = question[:2] + struct.pack("!HHHHH", 0x8180 if found else 0x8183, 1, len(here), 0, 0)
        rest = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, 4 if kind == 1 else 16) + socket.inet_pton(family, one) for one in here)
        server.sendto(head + question[12 : at + 5] + rest, peer)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=serve, args=(server,), daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        known.update(json.loads(line))
        print("known", flush=True)
"""

LISTEN = r"""
import socket, sys
with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as server:
    server.bind((sys.argv[1], int(sys.argv[2])))
    server.listen()
    print("ready", flush=True)
    sys.stdin.read()
"""


class Network:
    def __init__(self, holder, stack):
        self.holder, self.stack = holder, stack

    @property
    def prefix(self):
        return ["nsenter", "-t", str(self.holder.pid), "-m", "-n", "--"]

    def knows(self, **names):
        """Names to their addresses; [] of one that does not exist, None of one that gets no answer."""
        self.holder.stdin.write(json.dumps({name.replace("__", "."): found for name, found in names.items()}) + "\n")
        self.holder.stdin.flush()
        assert self.holder.stdout.readline() == "known\n"

    def listens(self, host, number):
        words = [*self.prefix, "/usr/bin/python3", "-c", LISTEN, host, str(number)]
        server = self.stack.enter_context(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        self.stack.callback(server.kill)
        assert server.stdout.readline() == b"ready\n"


@pytest.fixture
def network(tmp_path):
    need("be process 1")
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    (tmp_path / "hosts").write_text("")
    mounts = " && ".join(f"mount -n --bind {tmp_path}/{name} /etc/{name}" for name in ("resolv.conf", "hosts"))
    words = ["unshare", "-m", "-n", "sh", "-c", f'{mounts} && exec /usr/bin/python3 -c "$0"', NETWORK]
    with contextlib.ExitStack() as stack:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        holder = stack.enter_context(subprocess.Popen(words, **pipes))
        stack.callback(holder.kill)
        if holder.stdout.readline() != "ready\n":
            pytest.skip(f"no network of the test's own here: {holder.stderr.read()}")
        yield Network(holder, stack)


@pytest.mark.parametrize("host", ["127.0.0.9", "::1"])
def test_a_name_server_is_asked(fernit, network, host):
    network.knows(postgres=[host])
    network.listens(host, 5432)
    done = fernit("run", "--wait-for", "tcp://postgres:5432", "--", "true", prefix=network.prefix)
    assert (done.returncode, errors(done)) == (0, [])


def test_a_name_of_two_families_needs_one_that_answers(fernit, network):
    network.knows(postgres=["::1", "127.0.0.2", "127.0.0.3"])
    network.listens("127.0.0.3", 5432)
    assert fernit("run", "--wait-for", "tcp://postgres:5432", "--", "true", prefix=network.prefix).returncode == 0


def test_a_name_that_is_registered_late_is_waited_for(begins, network):
    network.knows(postgres=[])
    network.listens("127.0.0.9", 5432)
    process = begins("--wait-for", "tcp://postgres:5432", LONG, prefix=network.prefix)
    assert process.said.endswith(": the name postgres is not known\n")
    network.knows(postgres=["127.0.0.9"])
    assert ends(process)[:2] == (0, "ran\n")


def test_a_name_that_leads_elsewhere_later_is_followed(begins, network):
    network.knows(postgres=["127.0.0.8"])
    network.listens("127.0.0.9", 5432)
    process = begins("--wait-for", "tcp://postgres:5432", LONG, prefix=network.prefix)
    assert process.said.endswith(": Connection refused\n")
    network.knows(postgres=["127.0.0.9"])
    assert ends(process)[:2] == (0, "ran\n")


def test_a_name_that_never_is_known_is_told(fernit, network):
    network.knows(postgres=[])
    done = fernit("run", "--wait-for", "tcp://postgres:5432", "--wait-timeout", "2s", "--", "true", prefix=network.prefix)
    assert done.returncode == 125
    assert errors(done) == ["fernit: error: postgres:5432 has not answered within 2s: the name postgres is not known"]


def test_what_the_last_whole_try_has_found_is_told_and_not_that_the_end_came_while_another_one_asked(begins, network):
    network.knows(postgres=[])
    process = begins("--wait-for", "tcp://postgres:5432", "--wait-timeout", "2s", prefix=network.prefix)
    network.knows(postgres=None)
    status, _, said = ends(process)
    assert status == 125 and "has not answered within 2s: the name postgres is not known\n" in said


def test_a_name_server_that_does_not_answer_keeps_nobody_beyond_the_deadline(fernit, network):
    begun = time.monotonic()
    done = fernit("run", "--wait-for", "tcp://postgres:5432", "--wait-timeout", "1s", "--", "true", prefix=network.prefix)
    assert time.monotonic() - begun < 4
    assert done.returncode == 125
    assert "looking up the name" in errors(done)[-1]


def test_a_name_server_that_does_not_answer_keeps_no_signal_waiting(fernit, network):
    process = fernit.start("run", "--wait-for", "tcp://postgres:5432", LONG, "--", "true", prefix=network.prefix)
    asking = wait_for(lambda: children_of(process.pid))
    wait_for(lambda: has_socket(descriptors_of(asking[0]).values()))
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert ends(process, 10)[0] == 143
    assert time.monotonic() - begun < 3
    assert not pathlib.Path(f"/proc/{asking[0]}").exists()


def test_a_name_that_cannot_be_looked_up_hides_no_other(fernit, network, tmp_path):
    (tmp_path / "hosts").write_text("127.0.0.9 other\n")
    network.listens("127.0.0.9", 5432)
    done = fernit("run", "--wait-for", "db", LONG, "--", "true", prefix=network.prefix,
                  AIRFLOW__DATABASE__SQL_ALCHEMY_CONN="postgresql:///x?host=other,unknown")
    assert done.returncode == 0


def test_who_looks_up_has_no_file_open_and_cannot_be_dumped(fernit, network, tmp_path):
    with open(tmp_path / "mine", "w") as mine:
        process = fernit.start("run", "--wait-for", "tcp://postgres:5432", LONG, "--", "true", prefix=network.prefix,
                               popen={"pass_fds": [mine.fileno()]})
        asking = wait_for(lambda: children_of(process.pid))[0]
        links = wait_for(lambda: has_socket(found := list(descriptors_of(asking).values())) and found)
        assert str(tmp_path / "mine") not in links
        assert len([link for link in links if "pipe:" in link]) <= 3  # standard output and error, and its answer
        process.kill()
        wait_for(lambda: not pathlib.Path(f"/proc/{asking}").exists() or state_of(asking) in "ZX")


def test_who_connects_to_itself_is_not_answered(fernit, network):
    """Where nobody listens at a port of those from which the kernel chooses ours, TCP may connect a socket with itself."""
    subprocess.run([*network.prefix, "sh", "-c", "echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range"], check=True)
    done = fernit("run", "--wait-for", "tcp://127.0.0.1:40000", "--wait-timeout", "0", "--", "true", prefix=network.prefix)
    assert done.returncode == 125
    assert errors(done)[-1].endswith(": Connection refused")
