"""The tests themselves: what they rely on is set, whatever the machine hands them, and a run leaves nothing behind."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import LEFT_OUT, SLOW, TREE

pytestmark = pytest.mark.real_binary  # about the tests

#: What nohup, a service manager and an odd shell hand to a process.
HOSTILE = """
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGTSTP, signal.SIGUSR1):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGCHLD, 34])
os.umask(0o077)
os.close(0)
os.execvp(sys.argv[1], sys.argv[1:])
"""
#: Without signals 32 and 33: glibc's posix_spawn(3), by which make starts its commands, ignores these two of its own, and has
#: no call to set them back.
SHOW = r"grep -E '^(Umask|SigBlk|SigIgn):' /proc/self/status | sed -E 's/^(SigIgn:.{8})../\100/'; readlink /proc/self/fd/0"
CLEAN = "Umask:\t0022\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n/dev/null\n"


def hostile(*words, **options):
    return subprocess.run([sys.executable, "-c", HOSTILE, *words], capture_output=True, text=True, **options)


def test_a_command_gets_none_of_an_odd_state():
    assert hostile("sh", "-c", SHOW, stdin=subprocess.DEVNULL).stdout != CLEAN
    assert hostile(TREE / "tests" / "inherited.py", "sh", "-c", SHOW).stdout == CLEAN


def own_pytest(folder, text, *words, start=hostile, **changes):
    """Runs a test file beside the fixtures of these tests; `start` runs the words."""
    (folder / "conftest.py").write_text(f"import sys; sys.path.append({str(TREE / 'tests/blackbox')!r})\nfrom blackbox_conftest import *\n")
    (folder / "blackbox_conftest.py").symlink_to(TREE / "tests" / "blackbox" / "conftest.py")
    (folder / "test_it.py").write_text(text)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "FERNIT_TEST_EVERY"))}
    return start(*words, folder / "test_it.py", env={**environment, **changes})


def test_a_pytest_that_was_started_by_hand_gets_none_of_it_either(tmp_path):
    text = f"import subprocess\ndef test_it():\n    assert subprocess.run(['sh', '-c', {SHOW!r}], capture_output=True, text=True).stdout == {CLEAN!r}\n"
    done = own_pytest(tmp_path, text, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={tmp_path}/base")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("line, status, says", [
    ("pass", 0, ""),
    ("tempfile.mkdtemp(prefix='forgotten-')", 1, "left temporary files: forgotten-"),
    ("assert tempfile.mkdtemp() == 0", 1, "left temporary files: tmp"),
    ("tmp_path_factory.mktemp('pytests-own')", 0, ""),
])  # fmt: skip
def test_a_run_leaves_nothing_in_the_folder_for_temporary_files(tmp_path, line, status, says):
    folder, part = tmp_path / "tmp", f"part-{tmp_path.name}"
    folder.mkdir()
    try:
        done = own_pytest(tmp_path, f"import tempfile\ndef test_it(tmp_path_factory):\n    {line}\n", TREE / "tests" / "pytest.sh", part,
                          "-n", "2", TMPDIR=str(folder))
    finally:
        report = TREE / "build" / "test" / f"{part}.xml"
        report.unlink()
    assert (done.returncode, list(folder.iterdir())) == (status, []), done.stdout + done.stderr
    assert says in done.stderr and bool(says) == ("left temporary" in done.stderr)


def existing_tests():
    return {f"{file.name}::{name}" for file in pathlib.Path(__file__).parent.glob("test_*.py")
             for name in re.findall(r"^ *def (test_\w+)", file.read_text(encoding="utf-8"), re.M)}


def test_each_slow_test_exists():
    """make check leaves out what slow.txt lists, so a name in it must not outlive its test."""
    assert SLOW and not SLOW - existing_tests()


def test_each_test_that_is_left_out_under_qemu_exists_and_says_why():
    units = {path.stem for path in (TREE / "tests" / "unit").glob("test_*.c")}
    assert LEFT_OUT and not set(LEFT_OUT) - existing_tests() - {name.split("::")[0] for name in existing_tests()} - units
    assert all(len(reason.split()) >= 3 for reason in LEFT_OUT.values())
