"""A first start that is killed, or that the kernel fails, at any system call: the old state or the new one, and the next works."""
import re

import pytest

from conftest import listing, new_key
from ground import WAYS, Trace, each_call, faults_of, on_way, wait_for

KEY = re.compile(r"[A-Za-z0-9_-]{43}=\n")
FILE_CALLS = {
    "open", "openat", "fstat", "newfstatat", "lstat", "stat", "lseek", "read", "write", "fsync", "linkat", "renameat2", "mkdir",
    "fchmod", "unlinkat", "getdents64", "fcntl", "access",
}  # fmt: skip


class Place:
    """A store and an AIRFLOW_HOME, fresh for each try, since there are hundreds of them in a test."""

    def __init__(self, fernit, path, way="link"):
        self.fernit, self.path, self.way = fernit, path, way
        self.store, self.cfg = path / "store", path / "airflow" / "airflow.cfg"
        path.mkdir()

    def start(self, *words, prefix=None):
        prefix = on_way(self.way) if prefix is None else prefix
        environment = {"FERNIT_STORE": self.store, "AIRFLOW_HOME": self.cfg.parent, "HOME": self.path}
        return self.fernit(*words, prefix=prefix, guard=False, leaves=True, **environment)

    def trace(self, *words):
        """What a start that nothing disturbs does."""
        trace = Trace(self.path / "trace", WAYS[self.way])
        done = self.start(*words, prefix=trace.prefix)
        assert done.returncode == 0, done.stderr
        return trace

    def start_with(self, fault, *words):
        name = fault.split(":")[0]
        faults = [*(other for other in WAYS[self.way] if not other.startswith(f"{name}:")), fault]
        only = ",".join(filter(None, [faults_of(self.way), name]))
        return self.start(*words, prefix=Trace("/dev/null", faults, only).prefix)

    def whole_key(self):
        """The stored key, or None; a torn one only where a claim says that it is being made."""
        file = self.store / "fernet_key"
        if not file.exists():
            return None
        text = file.read_text()
        if not KEY.fullmatch(text):
            assert self.way == "lock" and (self.store / ".fernet_key.claim").exists(), f"torn: {text!r}"
            return None
        return text

    def check_next_start(self):
        """It works, gives the key that was there, and leaves everything as it should be."""
        had = self.whole_key()
        done = self.start("run", "printenv", "AIRFLOW__CORE__FERNET_KEY")
        assert done.returncode == 0, done.stderr
        assert KEY.fullmatch(done.stdout) and had in (None, done.stdout)
        assert self.whole_key() == done.stdout
        assert {path.name for path in self.store.iterdir()} <= {"fernet_key", ".lock"}
        assert self.cfg.read_text() == f"[core]\nfernet_key = {done.stdout}"
        again = self.start("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=[])
        assert (again.returncode, again.stdout, again.stderr) == (0, done.stdout, "")


@pytest.mark.parametrize("way", WAYS)
def test_kill_at_every_call_of_a_first_start_leaves_nothing_that_the_next_cannot_mend(fernit, tmp_path, way):
    calls = list(each_call(Place(fernit, tmp_path / "model", way).trace("run", "true")))
    killed = 0
    for number, (name, count, call) in enumerate(calls):
        if name not in FILE_CALLS:
            continue
        # Killed at the second link or rename, the first cannot have failed: that state is the one of the call before, too.
        if count > 1 and name in faults_of(way).split(","):
            continue
        place = Place(fernit, tmp_path / str(number), way)
        done = place.start_with(f"{name}:signal=KILL:when={count}", "run", "true")
        killed += done.returncode == -9
        try:
            place.check_next_start()
        except AssertionError as error:
            raise AssertionError(f"killed at {name} number {count}: {call.arguments}") from error
    assert killed > 40


@pytest.mark.real_binary
@pytest.mark.parametrize(("way", "errno"), [("link", "EIO"), ("link", "ENOSPC"), ("link", "EINTR"), ("rename", "EIO"), ("lock", "EIO"), ("lock", "ENOSPC")])
def test_an_error_of_any_call_of_a_first_start_is_survived_or_fails_it_and_the_next_works(fernit, tmp_path, way, errno):
    calls = list(each_call(Place(fernit, tmp_path / "model", way).trace("init")))
    for number, (name, count, call) in enumerate(calls):
        if name not in FILE_CALLS or (count > 1 and name in faults_of(way).split(",")):
            continue
        place = Place(fernit, tmp_path / str(number), way)
        done = place.start_with(f"{name}:error={errno}:when={count}", "init")
        try:
            assert done.returncode in (0, 125)
            key = place.whole_key()
            if done.returncode == 0:
                assert key and place.cfg.read_text() == f"[core]\nfernet_key = {key}"
            place.check_next_start()
        except AssertionError as error:
            raise AssertionError(f"{errno} of {name} number {count}: {call.arguments}\n{done.stderr}") from error


@pytest.mark.real_binary
@pytest.mark.parametrize("errno", ["EIO", "EACCES", "ENOMEM", "ENOENT"])
def test_an_error_of_any_call_of_a_later_start_never_leads_to_another_key(fernit, tmp_path, errno):
    place = Place(fernit, tmp_path / "place")
    place.start("init")
    before = listing(place.path)
    key = place.whole_key()
    calls = list(each_call(place.trace("init")))
    (place.path / "trace").unlink()
    for name, count, call in calls:
        if name not in FILE_CALLS:
            continue
        done = place.start_with(f"{name}:error={errno}:when={count}", "init")
        try:
            assert done.returncode in (0, 125)
            assert place.whole_key() == key
            now = {path: status[6] for path, status in listing(place.path).items() if not path.endswith("/.lock")}
            assert now == {path: status[6] for path, status in before.items() if not path.endswith("/.lock")}
        except AssertionError as error:
            raise AssertionError(f"{errno} of {name} number {count}: {call.arguments}\n{done.stderr}") from error


@pytest.mark.parametrize("errno", ["ENOENT", "ESTALE"])
def test_a_key_that_the_cache_of_a_network_file_system_does_not_show_yet_is_looked_for_again(fernit, tmp_path, store, errno):
    """EEXIST says that it is there; then its first opening fails."""
    place = Place(fernit, tmp_path / "model")
    place.store.mkdir()
    opened = [name for name, _, _ in each_call(place.trace("run", "--deliver", "env", "true"))]
    before = opened[: opened.index("linkat")].count("openat")

    store.mkdir()
    key = new_key()
    faults = ["linkat:delay_enter=400ms:when=1", f"openat:error={errno}:when={before + 1}"]
    trace = Trace(tmp_path / "trace", faults, only="linkat,openat")
    process = fernit.start("run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=trace.prefix)
    wait_for(lambda: any(path.name.startswith(".fernet_key.tmp") for path in store.iterdir()))
    (store / "whole").write_text(key + "\n")
    (store / "whole").chmod(0o600)
    (store / "whole").rename(store / "fernet_key")
    out, err = process.communicate(timeout=20)
    assert any("INJECTED" in line and '"fernet_key"' in line for line in trace.lines())
    assert (process.returncode, out.decode()) == (0, key + "\n"), err
    assert (store / "fernet_key").read_text() == key + "\n"


def test_a_key_that_never_shows_is_an_error_after_the_lock_timeout_and_no_key_is_made(fernit, tmp_path, stored, store):
    key = new_key()
    stored(key + "\n")
    trace = Trace(tmp_path / "trace", [], only="openat")
    assert fernit("run", "--deliver", "env", "true", prefix=trace.prefix).returncode == 0
    opens = [call.arguments for call in trace.calls() if call.name == "openat"]
    number = next(i for i, text in enumerate(opens, 1) if '"fernet_key"' in text)

    trace = Trace(tmp_path / "trace", [f"openat:error=ENOENT:when={number}+2"], only="openat")
    done = fernit("run", "--deliver", "env", "--lock-timeout", "500ms", "true", prefix=trace.prefix)
    assert done.returncode == 125, done.stderr
    assert (store / "fernet_key").read_text() == key + "\n"
