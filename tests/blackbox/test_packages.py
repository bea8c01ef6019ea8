"""What make does where Debian packages are missing: it names them in one line for apt, and installs them only when asked to."""
import os
import pathlib
import re
import subprocess

import pytest

pytestmark = pytest.mark.real_binary  # about the Makefile

TREE = pathlib.Path(__file__).resolve().parents[2]
LINE = re.compile(r"^packages\.sh: Debian packages are missing; as root: "
                  r"apt-get update && apt-get install --no-install-recommends ([a-z0-9 .+-]+)\n"
                  r"Makefile:\d+: \*\*\* nothing was built: see above\.  Stop\.$", re.M)


@pytest.fixture
def make(tmp_path):
    """make(words) on a machine without any package: (lines for apt, what apt-get was called with)."""
    for name, text in (("dpkg-query", "exit 1"), ("apt-get", f'echo "$*" >>{tmp_path}/called; exit 1')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)

    def run(*words):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "APT"))}
        done = subprocess.run(["make", "-C", TREE, *words], env={**kept, "PATH": f"{tmp_path}:{kept['PATH']}"}, capture_output=True, text=True, timeout=60)
        assert done.returncode != 0, "built with what is not there"
        called = tmp_path / "called"
        return LINE.findall(done.stderr), called.read_text() if called.exists() else ""

    return run


@pytest.mark.parametrize("words, named", [
    ([], {"gcc", "make"}),
    (["TARGET=aarch64"], {"gcc-aarch64-linux-gnu", "lld"}),
    (["dist"], {"gcc", "lld"}),
    (["lint"], {"gcc", "shellcheck"}),
    (["test-container"], {"gcc", "podman", "redis-server"}),
    (["test-arm64"], {"qemu-user", "lld"}),
    (["install"], {"gcc"}),
    (["APT=no"], {"gcc"}),
])  # fmt: skip
def test_it_names_all_that_a_goal_needs_in_one_line_and_installs_nothing(make, words, named):
    (line,), called = make(*words)
    assert named <= set(line.split())
    assert called == ""


@pytest.mark.parametrize("words", [["run"], ["check"], ["test"], ["APT=yes"], ["lint", "APT=yes"]])
def test_it_installs_them_for_three_goals_and_when_asked_to(make, words):
    if os.getuid() != 0:
        pytest.skip("only root may install packages")
    lines, called = make(*words)
    assert (lines, called) == ([], "update -q\n")
