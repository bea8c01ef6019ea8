"""The place in which these tests run: it works wherever the cache lies, and is not the machine's own."""
import os
import pathlib
import tarfile

import pytest

from engine import TREE, Engine, remove_folder

LIMIT = 50  # characters of a runroot, beyond which podman's clean-up fails


@pytest.fixture
def far(tmp_path):
    """An engine whose cache has a path of at least 60 characters, with one small image."""
    cache = pathlib.Path(f"{tmp_path}/{'a-long-way/' * 6}fernit")
    assert len(str(cache)) >= 60
    far = Engine(cache)
    far.make()
    with tarfile.open(tmp_path / "image.tar", "w") as tar:
        tar.add(TREE / "build" / "fernit", "fernit")
    far.podman("import", tmp_path / "image.tar", "far")
    yield far
    far.clear()
    remove_folder(far.run_folder)
    remove_folder(cache)


def test_a_cache_with_a_long_path_works(far):
    runroot = far.podman("info", "--format", "{{.Store.RunRoot}}").stdout.strip()
    assert len(runroot) <= LIMIT
    assert far.podman("run", "--rm", "--network", "none", "far", "/fernit", "version").stdout.startswith("fernit ")
    far.podman("run", "-d", "--name", "held", "--network", "none", "far", "/fernit", "run", "--allow-ephemeral", "--", "/fernit", "version")
    assert far.podman("wait", "held").stdout == "0\n"
    far.podman("rm", "held")
    assert far.podman("ps", "--all", "--quiet").stdout == ""


def test_the_network_and_the_processes_are_the_runs_own(engine):
    """So no bridge, no firewall rule and no name server of podman's is left on the machine, and none of the machine's is used."""
    assert not os.path.samefile("/proc/self/ns/net", engine.machine_network)
    assert b"tests/container/run.py" in pathlib.Path("/proc/1/cmdline").read_bytes()
