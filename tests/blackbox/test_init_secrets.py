"""Once the command runs, no key is in the memory of `run --init`, however it came there and whatever the kernel refuses.

fernit then executes itself anew; where that cannot be had it wipes what it has, and says so in one line.
"""
import errno
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass

import pytest

from conftest import BINARY, NOBODY, errors, hints, new_key, warnings
from inits import MODES, children_of, descriptors_of, program_of, state_of, status_of
from memory import AS_IN_A_CONTAINER, STANDARD, bytes_of, can_refuse, forms_of, refusing, scan
from system import Trace, held_fixture, need, wait_for  # noqa: F401

pytestmark = pytest.mark.real_binary  # its own memory is what is read, not that of a sanitizer

STAYS = ["sh", "-c", "echo ready; exec sleep 60"]
WAITS = {"128", "137"}  # rt_sigtimedwait(2), on the machines that we know
CANNOT = "cannot execute itself again"
ALL_HELD_BACK = (1 << 64) - 1 & ~(1 << signal.SIGKILL - 1) & ~(1 << signal.SIGSTOP - 1)


def telling_key():
    """A key that the two alphabets spell differently."""
    while not set(key := new_key()) & {"-", "_"}:
        pass
    return key


def first(script):
    """Words in front of a command that do something before it."""
    return ["sh", "-ec", f'{script}\nexec "$@"', "sh"]


# --- Where the key comes from


@dataclass
class Given:
    """How fernit is told a key."""

    options: tuple = ()
    environment: tuple = ()
    before: tuple = ()
    mounts: bool = False


def in_variable(name):
    return lambda place: Given(environment=((name, place.ring),))


def in_file_of_variable(name):
    return lambda place: Given(environment=((name, place.file()),))


def in_store(place):
    place.stored(place.ring + "\n")
    return Given()


def in_cfg(place):
    place.write_cfg(f"[core]\nfernet_key = {place.ring}\n")
    return Given()


def in_run_secrets(place):
    script = f"mount -n -t tmpfs none /run && mkdir /run/secrets && cp {place.file()} /run/secrets/fernet_key"
    return Given(before=tuple(first(script)), mounts=True)


SOURCES = {
    "AIRFLOW__CORE__FERNET_KEY": in_variable("AIRFLOW__CORE__FERNET_KEY"),
    "a command that reads it": lambda place: Given(environment=(("AIRFLOW__CORE__FERNET_KEY_CMD", f"cat {place.file()}"),)),
    "a command that names it": lambda place: Given(environment=(("AIRFLOW__CORE__FERNET_KEY_CMD", f"echo {place.ring}"),)),
    "FERNET_KEY": in_variable("FERNET_KEY"),
    "AIRFLOW__CORE__FERNET_KEY_FILE": in_file_of_variable("AIRFLOW__CORE__FERNET_KEY_FILE"),
    "FERNET_KEY_FILE": in_file_of_variable("FERNET_KEY_FILE"),
    "--secret-file": lambda place: Given(options=("--secret-file", place.file())),
    "/run/secrets": in_run_secrets,
    "the store": in_store,
    "nowhere: it is made": lambda place: Given(),
    "airflow.cfg": in_cfg,
}


# --- Under what circumstances


@dataclass
class Way:
    """What stands in front of fernit, and whether it can execute itself anew."""

    before: tuple = ()
    options: tuple = ()
    mounts: bool = False
    anew: bool = True
    belongs_to: int = 0  # the user to whom everything must belong


def refused(number):
    return lambda place: Way(refused_calls(f"execveat:{number}"), anew=False)


def refused_calls(*refusals):
    if not can_refuse():
        pytest.skip("the filter of the test is for Linux on x86_64")
    return tuple(refusing(*refusals))


def no_proc(place):
    return Way(tuple(first("mount -n -t tmpfs none /proc")), mounts=True)


def read_only_root(place):
    script = f"mount -n --bind {place.home} {place.home}\nmount -n -o remount,bind,ro /"
    return Way(tuple(first(script)), mounts=True)


def as_nobody(place):
    need("become another user")
    return Way(tuple(NOBODY), belongs_to=65534)


def by_user_option(place):
    need("become another user")
    return Way(options=("--user", "65534"), belongs_to=65534)


#: The key must then come from a command: it takes the right away while fernit runs.
def noexec(place):
    script = place.home / "command"
    script.write_text(f"#!/bin/sh\nmount -n -o remount,bind,noexec {BINARY} && cat {place.file()}\n")
    script.chmod(0o755)
    return Way(tuple(first(f"mount -n --bind {BINARY} {BINARY}")), mounts=True, anew=False)


ORDINARY = lambda place: Way()  # noqa: E731
WAYS = {
    "execveat is refused: EPERM": refused("EPERM"),
    "execveat is refused: ENOSYS": refused("ENOSYS"),
    "no /proc": no_proc,
    "a read-only root": read_only_root,
    "the filter of a container": lambda place: Way(refused_calls(*AS_IN_A_CONTAINER)),
    "as another user": as_nobody,
    "--user": by_user_option,
}
NOT_ANEW = {"execveat is refused: EPERM": refused("EPERM"), "no right to execute": noexec}


# --- The place of a test


@dataclass
class Supervisor:
    """A `run --init` whose command runs and which waits."""

    process: subprocess.Popen
    pid: int

    @property
    def child(self):
        return children_of(self.pid)[0]

    def end(self):
        """Ends it; what it has said."""
        os.kill(self.pid, signal.SIGTERM)
        _, err = self.process.communicate(timeout=60)
        assert self.process.returncode == 143, err
        return err.decode()


def waits(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[0] in WAITS
    except OSError:
        return False


@dataclass
class Place:
    """Starts fernit with a ring of two keys, from a source, in a mode, in a way."""

    fernit: object
    home: pathlib.Path
    stored: object
    write_cfg: object

    def __post_init__(self):
        self.keys = [telling_key(), telling_key()]

    @property
    def ring(self):
        return ",".join(self.keys)

    @property
    def forms(self):
        """Of the keys given, and of the one that was made."""
        kept = self.fernit.store / "fernet_key"
        made = [key for key in kept.read_text().strip().split(",") if key not in self.keys] if kept.exists() else []
        return {**forms_of(self.keys), **(forms_of(made) if made else {})}

    def file(self):
        file = self.home / "given"
        file.write_text(self.ring + "\n")
        file.chmod(0o444)
        return file

    def words(self, source, mode, way, outside=()):
        """(prefix, options, environment) of a start."""
        if mode == "process 1":
            need("be process 1")
        given, circumstances = SOURCES[source](self), way(self)
        apart = ["unshare", "-m", "--"] if mode == "plain" and (given.mounts or circumstances.mounts) else MODES[mode]
        if circumstances.belongs_to:
            for path in [self.home, *self.home.rglob("*")]:
                os.chown(path, circumstances.belongs_to, circumstances.belongs_to)
        prefix = [*outside, *apart, *given.before, *circumstances.before]
        environment = dict(given.environment)
        if (self.home / "command").exists():
            environment = {"AIRFLOW__CORE__FERNET_KEY_CMD": self.home / "command"}
        return prefix, [*given.options, *circumstances.options], environment

    def start(self, source="the store", mode="plain", way=ORDINARY, more=(), command=STAYS, outside=(), **popen):
        prefix, options, environment = self.words(source, mode, way, outside)
        return self.started(self.fernit.start("run", "--init", *options, *more, *command, prefix=prefix, popen=popen, **environment), mode)

    @staticmethod
    def started(process, mode="plain"):
        if (line := process.stdout.readline()) != b"ready\n":
            pytest.fail(f"the command did not run: {line} {process.communicate(timeout=60)}")
        pid = process.pid if mode == "plain" else children_of(process.pid)[0]
        wait_for(lambda: waits(pid))
        return Supervisor(process, pid)


@pytest.fixture
def place(fernit, tmp_path, stored, write_cfg):
    return Place(fernit, tmp_path, stored, write_cfg)


@pytest.fixture(params=MODES)
def mode(request):
    return request.param


def is_anew(pid):
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    return words.startswith(b"fernit\0supervise:") and pathlib.Path(f"/proc/{pid}/environ").read_bytes() == b""


def check_holds_no_key(place, supervisor):
    """That nothing is found, in a scan that has seen its code, its data and its stack."""
    seen = scan(supervisor.pid, place.forms)
    assert not seen.found
    assert seen.read > 100_000
    assert any("[stack]" in name for name in seen.places) and any(str(BINARY) in name for name in seen.places)


# --- The scan finds what is there


def kept_by_a_process(text):
    """The environment of a process is memory of it, too."""
    return subprocess.Popen([b"/usr/bin/sleep", b"60"], env={b"HELD": text})


def without_nul():
    while b"\0" in bytes_of(key := telling_key()):
        pass
    return key


@pytest.mark.parametrize("form", ["text", "standard", "part", "bytes", "half"])
def test_the_scan_finds_each_form_of_a_key_in_a_process_that_has_it(form):
    key = without_nul()
    raw = bytes_of(key)
    text = {"text": key.encode(), "standard": key.translate(STANDARD).encode(), "part": key[20:32].encode(), "bytes": raw, "half": raw[8:24]}
    with kept_by_a_process(b"...." + text[form] + b"....") as process:
        # In the middle of execve(2) it is that program already, and has no environment yet.
        wait_for(lambda: (program_of(process.pid) or "").endswith("/sleep") and pathlib.Path(f"/proc/{process.pid}/environ").read_bytes())
        found = scan(process.pid, forms_of([key])).found
        assert {place.split()[0] for _, place in found} == {"[stack]", "environ"}
        assert not scan(process.pid, forms_of([telling_key()])).found
        process.kill()


def test_the_scan_finds_text_and_bytes_in_fernit_while_it_still_works(place, held, store):
    """It waits for the lock of the store to write airflow.cfg, with all of the key in its hands."""
    place.stored(place.ring + "\n")
    held()
    process = place.fernit.start("run", "--init", *STAYS)
    wait_for(lambda: state_of(process.pid) == "S" and "/.lock" in " ".join(descriptors_of(process.pid).values()))
    assert scan(process.pid, place.forms).kinds >= {"the text", "the bytes"}
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143


@pytest.mark.parametrize("source", SOURCES)
def test_the_scan_finds_it_in_fernit_a_moment_before_it_executes_itself_anew(place, source, tmp_path):
    trace = Trace(tmp_path / "trace", ["execveat:delay_enter=1s"], only="execveat")
    prefix, options, environment = place.words(source, "plain", ORDINARY)
    process = place.fernit.start("run", "--init", *options, *STAYS, prefix=[*trace.prefix, *prefix], **environment)
    assert process.stdout.readline() == b"ready\n"
    found = scan(children_of(process.pid)[0], place.forms)
    assert "the text" in found.kinds
    os.kill(children_of(process.pid)[0], signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


def test_the_scan_finds_it_in_the_command(place, mode):
    supervisor = place.start(mode=mode)
    assert "the text" in scan(supervisor.child, place.forms).kinds
    supervisor.end()


# --- Nothing is left


@pytest.mark.parametrize("source", SOURCES)
def test_no_key_is_in_it_wherever_the_key_came_from(place, mode, source):
    supervisor = place.start(source, mode)
    check_holds_no_key(place, supervisor)
    assert is_anew(supervisor.pid)
    assert CANNOT not in supervisor.end()


@pytest.mark.parametrize("source", SOURCES)
def test_no_key_is_in_it_where_it_cannot_execute_itself_anew_wherever_the_key_came_from(place, mode, source):
    supervisor = place.start(source, mode, refused("EPERM"))
    check_holds_no_key(place, supervisor)
    assert not is_anew(supervisor.pid)
    assert supervisor.end().count(CANNOT) == 1


@pytest.mark.parametrize("source", ["AIRFLOW__CORE__FERNET_KEY", "the store"])
@pytest.mark.parametrize("way", WAYS)
def test_no_key_is_in_it_whatever_is_refused(place, mode, way, source):
    supervisor = place.start(source, mode, WAYS[way])
    check_holds_no_key(place, supervisor)
    anew = WAYS[way](place).anew
    assert is_anew(supervisor.pid) == anew
    assert supervisor.end().count(CANNOT) == (0 if anew else 1)


def test_no_key_is_in_it_where_its_file_may_not_be_executed_any_more(place, mode):
    supervisor = place.start("nowhere: it is made", mode, noexec)
    check_holds_no_key(place, supervisor)
    assert not is_anew(supervisor.pid)
    assert supervisor.end().count(CANNOT) == 1


@pytest.mark.parametrize("way", [ORDINARY, refused("EPERM")], ids=["anew", "wiped"])
def test_no_key_is_in_it_that_was_spelled_in_the_standard_alphabet(place, mode, way):
    place.keys = [key.translate(STANDARD) for key in place.keys]
    supervisor = place.start("FERNET_KEY", mode, way)
    place.keys = [key.translate(str.maketrans("+/", "-_")) for key in place.keys]
    check_holds_no_key(place, supervisor)


@pytest.mark.parametrize("way", [ORDINARY, refused("EPERM")], ids=["anew", "wiped"])
@pytest.mark.parametrize("size", [20, 64])
def test_no_key_of_a_long_list_is_in_it(place, mode, way, size):
    place.keys = [telling_key() for _ in range(size)]
    supervisor = place.start("AIRFLOW__CORE__FERNET_KEY", mode, way, more=["--verbose"])
    check_holds_no_key(place, supervisor)


@pytest.mark.parametrize("way", [ORDINARY, refused("EPERM")], ids=["anew", "wiped"])
def test_no_other_secret_of_the_environment_or_of_the_words_is_in_it(place, mode, way):
    """Everything that it was given, not keys alone: connections, and what stands in the command."""
    first_secret, second_secret = telling_key(), telling_key()
    place.stored(place.ring + "\n")
    prefix, options, _ = place.words("the store", mode, way)
    command = ["sh", "-c", f"echo ready; : {second_secret}; exec sleep 60"]
    process = place.fernit.start("run", "--init", *options, *command, prefix=prefix, AIRFLOW_CONN_DB=f"postgres://u:{first_secret}@h/d")
    supervisor = place.started(process, mode)
    assert not scan(supervisor.pid, forms_of([first_secret, second_secret])).found


@pytest.mark.parametrize("way", [ORDINARY, refused("EPERM")], ids=["anew", "wiped"])
def test_no_other_secret_of_airflow_cfg_is_in_it(place, mode, way):
    """It is read, and written, whole."""
    secrets = [telling_key() for _ in range(3)]
    place.write_cfg(f"[database]\nsql_alchemy_conn = a://b:{secrets[0]}@c\n# {secrets[1]}\n[core]\nx =\n  y\n  {secrets[2]}\n")
    supervisor = place.start("AIRFLOW__CORE__FERNET_KEY", mode, way)
    assert place.keys[0] in (place.home / "airflow" / "airflow.cfg").read_text()
    assert not scan(supervisor.pid, forms_of(secrets)).found


@pytest.mark.parametrize("way", [ORDINARY, refused("EPERM")], ids=["anew", "wiped"])
def test_no_key_is_in_it_after_it_has_passed_signals_on_and_reaped(place, mode, way):
    script = "trap 'echo heard' USR1; (sleep 0.01 &); (sleep 0.02 &); echo ready; while :; do sleep 0.01; done"
    supervisor = place.start("AIRFLOW__CORE__FERNET_KEY", mode, way, more=["--signal-scope", "child"], command=["sh", "-c", script])
    os.kill(supervisor.pid, signal.SIGUSR1)
    assert supervisor.process.stdout.readline() == b"heard\n"
    wait_for(lambda: waits(supervisor.pid))
    check_holds_no_key(place, supervisor)


# --- What it says


@pytest.mark.parametrize("way", [*WAYS, "as it is"])
def test_it_says_nothing_but_that_it_could_not_execute_itself_anew(place, mode, way):
    way = WAYS.get(way, ORDINARY)
    place.stored(place.ring + "\n")
    prefix, options, environment = place.words("the store", mode, way)
    done = place.fernit("run", "--init", *options, "true", prefix=prefix, **environment)  # writes airflow.cfg
    assert done.returncode == 0, done.stderr
    done = place.fernit("run", "--init", *options, "sh", "-c", "exit 3", prefix=prefix, **environment)
    assert done.returncode == 3
    if way(place).anew:
        assert done.stderr == ""
    else:
        assert len(warnings(done)) == len(hints(done)) == 1 and done.stderr.count("\n") == 2 and CANNOT in done.stderr


def test_the_warning_tells_why(place):
    place.stored(place.ring + "\n")
    done = place.fernit("run", "--init", "true", prefix=refused_calls("execveat:ENOSYS"))
    assert os.strerror(errno.ENOSYS) in [line for line in warnings(done) if CANNOT in line][0]


# --- Which file is executed

REPLACEMENTS = {
    "a script": lambda old, mark: f"#!/bin/sh\ntouch {mark}\n".encode(),
    "nothing": lambda old, mark: b"",
    "another program": lambda old, mark: pathlib.Path(shutil.which("true")).read_bytes(),
    "a shorter one": lambda old, mark: old[: len(old) // 2],
    "one with another instruction": lambda old, mark: old[:8000] + bytes([old[8000] ^ 1]) + old[8001:],
}


def started_from(place, tmp_path, replacement, *words):
    """fernit from a copy of its file, without /proc. The file is replaced before it looks for itself."""
    programs = tmp_path / "programs"
    programs.mkdir(exist_ok=True)
    shutil.copy(BINARY, programs / "fernit")
    place.stored(place.ring + "\n")
    trace = Trace(tmp_path / "trace", ["signalfd4:delay_enter=300ms"], only="signalfd4")
    environment = place.fernit.environment()
    prefix = [*trace.prefix, "unshare", "-m", "--", *first("mount -n -t tmpfs none /proc")]
    process = subprocess.Popen([*prefix, programs / "fernit", *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.mark = environment["BLACKBOX_MARK"]
    place.fernit.started.append(process)
    if replacement:
        wait_for(lambda: any(program_of(pid) == str(programs / "fernit") for pid in children_of(process.pid)))
        new = programs / "new"
        new.write_bytes(replacement((programs / "fernit").read_bytes(), tmp_path / "executed"))
        new.chmod(0o755)
        new.rename(programs / "fernit")
    return process


def test_without_proc_the_path_by_which_it_was_started_is_used(place, tmp_path):
    process = started_from(place, tmp_path, None, "run", "--init", "sh", "-c", "exit 3")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3 and CANNOT.encode() not in err


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_another_file_at_the_path_by_which_it_was_started_is_not_executed(place, tmp_path, replacement):
    process = started_from(place, tmp_path, REPLACEMENTS[replacement], "run", "--init", "sh", "-c", "exit 3")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3, err
    assert err.decode().count(CANNOT) == 1
    assert not (tmp_path / "executed").exists()


def test_with_proc_a_file_that_was_replaced_does_not_matter(place, tmp_path):
    """An image that is updated under it: the descriptor leads to the old one."""
    programs = tmp_path / "programs"
    programs.mkdir()
    shutil.copy(BINARY, programs / "fernit")
    place.stored(place.ring + "\n")
    script = tmp_path / "command"
    script.write_text(f"#!/bin/sh\nrm {programs}/fernit\necho '#!/bin/false' > {programs}/fernit\necho {place.ring}\n")
    script.chmod(0o755)
    words = [programs / "fernit", "run", "--init", "sh", "-c", "exit 3"]
    environment = place.fernit.environment(AIRFLOW__CORE__FERNET_KEY_CMD=script)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 3 and CANNOT not in done.stderr
    assert (programs / "fernit").read_text() == "#!/bin/false\n"


# --- Nobody looks into it

EITHER = {"anew": ORDINARY, "wiped": refused("EPERM")}


@pytest.fixture(params=EITHER)
def either(request):
    return EITHER[request.param]


def nobody_too(way):
    """The same as a user without rights."""

    def both(place):
        need("become another user")
        circumstances = way(place)
        circumstances.before = (*NOBODY, *circumstances.before)
        circumstances.belongs_to = 65534
        return circumstances

    return both


def test_its_own_user_cannot_read_its_memory(place, mode, either):
    supervisor = place.start(mode=mode, way=nobody_too(either))
    assert status_of(supervisor.pid)["Uid"].split() == ["65534"] * 4
    for name in ("environ", "mem", "maps"):
        assert os.stat(f"/proc/{supervisor.pid}/{name}").st_uid == 0
        assert subprocess.run([*NOBODY, "head", "-c1", f"/proc/{supervisor.pid}/{name}"], capture_output=True).returncode != 0
    supervisor.end()


def test_its_own_user_can_read_that_of_the_command(place, either):
    supervisor = place.start(way=nobody_too(either))
    assert os.stat(f"/proc/{supervisor.child}/environ").st_uid == 65534
    supervisor.end()


def test_after_user_its_memory_is_closed_to_that_user(place, mode):
    supervisor = place.start(mode=mode, way=by_user_option)
    assert status_of(supervisor.pid)["Uid"].split() == ["65534"] * 4
    assert os.stat(f"/proc/{supervisor.pid}/environ").st_uid == 0
    assert os.stat(f"/proc/{supervisor.child}/environ").st_uid == 65534
    supervisor.end()


def crash(pid):
    """Makes a waiting process meet what is no program, once it wakes up."""
    here = int(pathlib.Path(f"/proc/{pid}/syscall").read_text().split()[-1], 16)
    memory = os.open(f"/proc/{pid}/mem", os.O_RDWR)
    os.pwrite(memory, bytes(64), here)
    os.close(memory)
    os.kill(pid, signal.SIGUSR1)


WITH_CORES = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh"]


def test_it_leaves_no_core_when_it_crashes_itself(place, either, tmp_path):
    waits_for_signals = "import signal; signal.pthread_sigmask(0, [10]); print('ready', flush=True); signal.sigwait([10])"
    with subprocess.Popen([*WITH_CORES, "/usr/bin/python3", "-c", waits_for_signals], stdout=subprocess.PIPE, cwd=tmp_path) as other:
        other.stdout.readline()
        wait_for(lambda: waits(other.pid))
        crash(other.pid)
        if not os.WCOREDUMP(os.waitpid(other.pid, 0)[1]):
            pytest.skip("this machine keeps no core")
        other.returncode = 0
    supervisor = place.start(way=either, outside=WITH_CORES)
    crash(supervisor.pid)
    status = os.waitpid(supervisor.pid, 0)[1]
    supervisor.process.returncode = -os.WTERMSIG(status)
    assert os.WTERMSIG(status) in (signal.SIGSEGV, signal.SIGILL, signal.SIGBUS) and not os.WCOREDUMP(status)


# --- What it keeps


def test_the_kernel_has_it_as_little_as_it_can(place, mode):
    """Memory of its own, without the pages of its file, which all share."""
    status = status_of(place.start(mode=mode).pid)
    kilobytes = {name: int(status[name].split()[0]) for name in ("RssAnon", "VmLck", "VmSwap")}
    print(kilobytes)
    assert kilobytes["RssAnon"] <= 64 and kilobytes["VmLck"] == 0


@pytest.mark.parametrize("way", {**NOT_ANEW, "as it is": ORDINARY, **WAYS})
def test_it_keeps_the_standard_descriptors_and_no_other(place, mode, way):
    source = "nowhere: it is made" if way == "no right to execute" else "a command that reads it"
    supervisor = place.start(source, mode, {**NOT_ANEW, **WAYS}.get(way, ORDINARY))
    assert set(descriptors_of(supervisor.pid)) == {0, 1, 2}


def test_it_holds_every_signal_back_and_handles_none(place, mode, either):
    """While it waits for a signal the kernel does not count that as held back: so it is stopped."""
    supervisor = place.start(mode=mode, way=either)
    os.kill(supervisor.pid, signal.SIGSTOP)
    wait_for(lambda: state_of(supervisor.pid) == "T")
    status = status_of(supervisor.pid)
    assert int(status["SigBlk"], 16) == ALL_HELD_BACK
    os.kill(supervisor.pid, signal.SIGCONT)
    supervisor.end()


def test_anew_it_has_no_handler_and_what_was_ignored_stays_so(place, mode):
    ignored = ["env", "--ignore-signal=HUP,USR2,CHLD"]
    status = status_of(place.start(mode=mode, way=lambda place: Way(tuple(ignored))).pid)
    assert int(status["SigCgt"], 16) == 0
    assert int(status["SigIgn"], 16) & 1 << signal.SIGHUP - 1 and not int(status["SigIgn"], 16) & 1 << signal.SIGCHLD - 1


def test_its_name_stays_fernit(place, mode, either):
    assert status_of(place.start(mode=mode, way=either).pid)["Name"] == "fernit"


def test_it_is_still_a_subreaper_and_its_command_dies_with_it(place, either):
    supervisor = place.start(way=either, command=["sh", "-c", "(sleep 60 & echo $! >pid); echo ready; exec sleep 60"])
    orphan = int((place.home / "pid").read_text())
    wait_for(lambda: orphan in children_of(supervisor.pid))
    child = next(pid for pid in children_of(supervisor.pid) if pid != orphan)
    os.kill(supervisor.pid, signal.SIGKILL)
    wait_for(lambda: state_of(child) in "XZ")


@pytest.mark.parametrize("words", [["supervise:0:1"], ["supervise:"], ["supervise:0.1.0:1:0:1:0:2:0:1:0:0:0:0:0"]])
def test_the_word_by_which_it_goes_on_is_of_no_use_to_others(fernit, words):
    done = fernit(*words)
    assert done.returncode == 125 and len(errors(done)) == 1 and len(done.stderr.splitlines()) == 1 + len(hints(done))


def test_what_is_said_of_it_in_the_list_of_processes_are_numbers(place, mode):
    supervisor = place.start(mode=mode)
    words = pathlib.Path(f"/proc/{supervisor.pid}/cmdline").read_bytes().decode().split("\0")
    assert words[0] == "fernit" and re.fullmatch(r"supervise:[0-9.]+(:[0-9]+)+", words[1]) and shlex.quote(words[1]) == words[1]
