"""The proofs run on the fixtures of tests/blackbox, and each of them says in one line what it has counted (proofs.py)."""
import importlib.util
import pathlib
import sys

import proofs

BLACKBOX = pathlib.Path(__file__).resolve().parents[1] / "blackbox"
sys.path.append(str(BLACKBOX))

# Under a name of its own, since this file is called conftest already; and all of it here, for `from conftest import ...`.
spec = importlib.util.spec_from_file_location("blackbox_conftest", BLACKBOX / "conftest.py")
blackbox = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = blackbox
spec.loader.exec_module(blackbox)
globals().update({name: value for name, value in vars(blackbox).items() if not name.startswith("__")})


def pytest_sessionstart(session):
    if not hasattr(session.config, "workerinput"):
        proofs.begin()
