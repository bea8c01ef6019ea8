"""Random files: what configparser reads, fernit reads and changes in one option; what it refuses, fernit refuses and leaves alone."""
import re

import pytest

import configs
from conftest import errors, new_key

FILES = 600
BATCHES = 12

#: Why fernit may refuse what configparser reads: what its documentation says, and nothing else.
DOCUMENTED = re.compile(
    r"holds a NUL byte"
    r"|has more than one \"\]\""
    r"|begins with \"\[\" and has no"
    r"|is a section without a name"
    r"|is no header"
    r"|fernet_key.*(%|character|padding|bytes|is empty|looks like|short|long)"
)


def judge(data):
    try:
        return configs.parse(data)
    except (configs.configparser.Error, UnicodeDecodeError) as error:
        return error


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_files_are_read_as_configparser_reads_them_and_only_the_key_changes(fernit, write_cfg, stored, batch):
    key = new_key()
    stored(key + "\n")
    counts = {"written": 0, "right": 0, "refused by both": 0, "refused by fernit": 0}
    for seed in range(batch * FILES // BATCHES, (batch + 1) * FILES // BATCHES):
        data = configs.random_file(seed, key)
        cfg = write_cfg(data)
        before = judge(data)
        done = fernit("init", guard=False, leaves=True)
        after = cfg.read_bytes()
        where = f"seed {seed}: {data!r}\n{after!r}\n{done.stderr}"
        assert done.returncode in (0, 125), where
        if done.returncode == 125:
            assert after == data and len(errors(done)) == 1, where
        if isinstance(before, Exception):
            counts["refused by both"] += 1
            # Where [core] holds the key already, the other sections are not looked at.
            assert done.returncode == 125 or (after == data and key in data.decode()), f"{before!r} {where}"
        elif done.returncode == 125:
            counts["refused by fernit"] += 1
            assert DOCUMENTED.search(done.stderr), where
        elif after == data:
            counts["right"] += 1
            assert key in before.get("core", "fernet_key"), where
        else:
            counts["written"] += 1
            assert configs.effective(configs.parse(after)) == configs.expected(before, key), where
            assert configs.parse(after).sections() == configs.sections(before), where
            assert configs.only_the_key_changed(data, after, key), where
            assert fernit("init", guard=False, leaves=True).returncode == 0 and cfg.read_bytes() == after, where
    assert counts["written"] > 15 and counts["refused by both"] > 0, counts
