"""`fernit install` killed, and failed by the kernel, at every system call: the old program or the new one, and nothing for long beside it."""
import os
import re
import shutil
import stat
import subprocess
from collections import Counter

import pytest

from calls import errors_of, is_harmless
from conftest import BINARY
from proofs import proof
from system import Trace, need

pytestmark = pytest.mark.real_binary

NEW = BINARY.read_bytes()
OLD = NEW + b"another version"
ADVICE = re.compile(r"^fernit: (hint: .+|.+; .+)", re.M)
SENTENCE = "{scenarios} scenarios, {kills} kills, {errors} errors, {losses} losses"

BEFORE = {"nothing is there": None, "another version is there": OLD, "it is there": NEW}
#: What the file system lacks; without links a file without a name cannot get one.
LACKS = {"files without a name": [], "files with a name": ["linkat:error=EPERM"]}


class Folder:
    """The one to install into, in one state again and again."""

    def __init__(self, path, before, lacks, log):
        self.path, self.before, self.lacks, self.log = path, before, lacks, log

    def reset(self):
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir()
        if self.before:
            (self.path / "fernit").write_bytes(self.before)
            (self.path / "fernit").chmod(0o755)

    def install(self, *faults):
        faulty = {fault.split(":")[0] for fault in faults}
        self.trace = Trace(self.log, [*(lack for lack in self.lacks if lack.split(":")[0] not in faulty), *faults])
        return subprocess.run(
            [*self.trace.prefix, BINARY, "install", self.path], env={}, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )

    def found(self):
        """What is under the name: the bytes if the mode is right, None if nothing."""
        file = self.path / "fernit"
        if not os.path.lexists(file):
            return None
        assert stat.S_IMODE(file.lstat().st_mode) == 0o755, "its mode is another one"
        return file.read_bytes()

    def judge(self, done, expected):
        """After a disturbed one; and then an undisturbed one, which puts all right."""
        assert done.returncode in expected, f"ends with {done.returncode}: {done.stderr}"
        assert self.found() in ([NEW] if done.returncode == 0 else [self.before, NEW]), "it is neither the old one nor the new one"
        if done.returncode > 0:
            assert ADVICE.search(done.stderr), f"it does not say what to do: {done.stderr}"
        if done.returncode >= 0:
            self.judge_names()
        again = self.install()
        assert again.returncode == 0, f"the next one fails: {again.stderr}"
        assert self.found() == NEW, "the next one has not put it there"
        self.judge_names()

    def judge_names(self):
        assert os.listdir(self.path) in (["fernit"], [] if self.before is None else ["fernit"]), f"left: {os.listdir(self.path)}"


@pytest.mark.parametrize("lacks", LACKS)
@pytest.mark.parametrize("before", BEFORE)
def test_at_every_call(tmp_path, before, lacks):
    need("trace")
    folder = Folder(tmp_path / "share", BEFORE[before], LACKS[lacks], tmp_path / "trace")
    folder.reset()
    assert folder.install().returncode == 0
    calls, numbers, losses, count = folder.trace.calls()[1:], Counter(), [], Counter()
    lacking = {lack.split(":")[0] for lack in folder.lacks}

    def attempt(fault, what, expected):
        folder.reset()
        try:
            folder.judge(folder.install(fault), expected)
        except AssertionError as error:
            losses.append(f"{what}: {error}")

    for name, arguments, _ in calls:
        numbers[name] += 1
        number, what = numbers[name], f"{name} number {numbers[name]} ({arguments})"
        attempt(f"{name}:signal=KILL:when={number}", f"killed at {what}", [-9])
        count["kills"] += 1
        for error in [] if name in lacking else errors_of(name, arguments):
            good = [0] if is_harmless(name, arguments, error) else [0, 1, 2, 125]
            attempt(f"{name}:error={error}:when={number}", f"{error} of {what}", good)
            count["errors"] += 1
    proof("faults-install", SENTENCE, scenarios=1, kills=count["kills"], errors=count["errors"], losses=len(losses))
    assert not losses, "\n".join(losses[:20])
