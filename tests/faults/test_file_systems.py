"""fernit on file systems that lack something, or hide who owns what."""
import pytest

from fuse import mounted_fixture  # noqa: F401
from kept import NAMES, cfg_is_right
from power import Disk

PRINT = ["run", "printenv", "AIRFLOW__CORE__FERNET_KEY"]
SYSTEMS = [
    (), ("no-link",), ("no-noreplace",), ("no-link", "no-noreplace"), ("no-chmod",), ("root-squash",), ("one-mode=0755",), ("one-mode=0777",),
    ("no-link", "no-noreplace", "no-chmod", "root-squash", "one-mode=0777"),
]  # fmt: skip


@pytest.mark.parametrize("switches", SYSTEMS, ids=lambda switches: " ".join(switches) or "that lacks nothing")
def test_the_first_start_makes_a_key_and_the_second_finds_it_on_a_file_system(mounted, switches):
    disk = Disk(mounted(*switches), manage="fernet_key,secret_key,jwt_secret,internal_api_secret_key")
    first = disk.start(*PRINT)
    assert first.status == 0, first.err
    assert disk.stored() == first.out
    assert set(disk.names()) <= NAMES and disk.cfg_names() == ["airflow.cfg"]
    assert cfg_is_right(disk.cfg.read_bytes(), disk.store)
    before = disk.state()
    second = disk.start(*PRINT)
    assert (second.status, second.out) == (0, first.out), second.err
    assert disk.state() == before
    # A mode that shows the key to everybody, or lets everybody write it, is worth a word; and nothing else is.
    said = [line for line in second.err.splitlines() if "/store/" in line]
    assert bool(said) == any("one-mode" in switch for switch in switches), second.err
