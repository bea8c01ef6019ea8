"""The tests with a real Airflow: on the runner of tests/blackbox, with the environments of environment.sh."""
import fcntl
import importlib.util
import pathlib
import shutil
import sys

import pytest

BLACKBOX = pathlib.Path(__file__).resolve().parents[1] / "blackbox"
sys.path.append(str(BLACKBOX))

# Under a name of its own, since this file is called conftest already.
spec = importlib.util.spec_from_file_location("blackbox_conftest", BLACKBOX / "conftest.py")
blackbox = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = blackbox
spec.loader.exec_module(blackbox)
globals().update({name: value for name, value in vars(blackbox).items() if not name.startswith("__")})

from deployment import Deployment, environment  # noqa: E402  (behind the path)


def pytest_collection_modifyitems(items):
    """What one process must run as a whole comes first, while the other runs the rest."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(params=["2.10", "2.11", "3"])
def version(request):
    """Each Airflow of the tests; @pytest.mark.parametrize("version", [...]) takes some of them."""
    return request.param


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory, worker_id):
    """A folder that all processes of one run of pytest share."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture
def made(shared_folder):
    """made(version): a folder with an airflow.db that this Airflow has migrated, and the airflow.cfg that it wrote: once in a run.
    It is made where it stays, since the file names folders below it, which Airflow creates."""

    def folder(version):
        place = shared_folder / version
        with open(shared_folder / f"{version}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / "airflow.cfg").exists():
                place.mkdir(exist_ok=True)
                container = Deployment(blackbox.Fernit(place), place, environment(version) / "bin", f"sqlite:///{place}/airflow.db").container()
                # By the environment alone, so that Airflow finds no file and writes its own.
                container.run("airflow", "db", "migrate", options=["--deliver", "env"])
                shutil.move(container.cfg, place)
        return place

    return folder


@pytest.fixture
def deploy(fernit, tmp_path, made):
    """deploy(version): a deployment on a migrated database of its own."""

    def new(version):
        shutil.copy(made(version) / "airflow.db", tmp_path)
        return Deployment(fernit, tmp_path, environment(version) / "bin", f"sqlite:///{tmp_path}/airflow.db")

    return new


@pytest.fixture
def deployment(deploy, version):
    return deploy(version)
