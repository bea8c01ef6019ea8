"""Many starts at once that each bring a key of their own: the stored ring loses none of them, nor what was there."""
import os
import random

import pytest

from conftest import new_key
from crowd import crowd_fixture  # noqa: F401
from kept import NAMES, cfg_is_right
from proofs import proof

CHANGES = 50
SENTENCE = f"{{starts}} changes, {CHANGES} at once each time; {{killed}} killed; {{losses}} losses"
COMMAND = ["run", "printenv", "AIRFLOW__CORE__FERNET_KEY"]


@pytest.mark.parametrize("kills", [0, 15])
def test_50_changes_at_once_lose_no_key(fernit, crowd, store, stored, tmp_path, kills):
    old, keys = new_key(), [new_key() for _ in range(CHANGES)]
    stored(old + "\n")
    homes = [tmp_path / "homes" / str(i) for i in range(CHANGES)]
    starts = crowd(CHANGES, words=COMMAND, environment=lambda i: {"FERNET_KEY": keys[i], "AIRFLOW_HOME": homes[i]})
    starts.open_gate()
    starts.kill_some(kills, random.Random(1))
    found = starts.outcomes()
    ring = (store / "fernet_key").read_text().strip().split(",")
    lost = [key for key, one in zip(keys, found) if one.status == 0 and key not in ring]
    for key, one in zip(keys, found):
        given = one.out.strip().split(",") if one.out else []
        right = given[:1] == [key] and old in given and set(given) <= set(ring)
        if not (right and one.status == 0 or one.killed and (right or not given)):
            lost.append(one)
    if old not in ring or len(ring) != len(set(ring)) or not set(ring) <= {old, *keys}:
        lost.append(ring)
    proof("change race", SENTENCE, starts=len(found), killed=sum(one.killed for one in found), losses=len(lost))
    assert not lost
    assert kills or set(ring) == {old, *keys}
    # Whoever starts without a key of its own gets all of them, and sweeps what the killed ones left.
    after = fernit(*COMMAND)
    assert (after.returncode, after.stdout.strip().split(",")) == (0, ring), after.stderr
    assert {path.name for path in store.iterdir()} <= NAMES
    assert fernit("init").stderr == ""


def test_50_changes_at_once_of_one_airflow_cfg_leave_all_keys_in_it(fernit, crowd, store, stored, cfg):
    old, keys = new_key(), [new_key() for _ in range(CHANGES)]
    stored(old + "\n")
    starts = crowd(CHANGES, words=COMMAND, environment=lambda i: {"FERNET_KEY": keys[i]})
    starts.open_gate()
    found = starts.outcomes()
    # Who finds another one's key in the file, which was not in the store when it looked there, does not overwrite it.
    assert all(one.status == 0 or one.status == 125 and "start again" in one.err for one in found), found
    done = fernit("init")
    assert done.returncode == 0, done.stderr
    assert set((store / "fernet_key").read_text().strip().split(",")) == {old, *keys}
    assert cfg_is_right(cfg.read_bytes(), store)
    assert os.listdir(cfg.parent) == ["airflow.cfg"]
