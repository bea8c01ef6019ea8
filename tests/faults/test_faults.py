"""fernit killed, and failed by the kernel, at every system call: the old state or the new one, and the next start works."""
import pytest

from keys import new_key
from system import WAYS, bind, need
from trials import CFG, SHOW, Place, Proof, Scenario

#: What file systems do not know: those of WAYS, and NFS, which links but has no rename that overwrites nothing.
LACKS = {**WAYS, "link without NOREPLACE": ["renameat2:error=EINVAL"]}

BY_CFG = ["run", "--deliver", "cfg", "--", "/usr/bin/env", "-0"]

OPERATORS = b"""# Ours.\r
[core]\r
dags_folder = /opt/dags\r
executor = LocalExecutor

[webserver]
base_url: http://localhost:8080
"""


@pytest.fixture(name="place")
def place_fixture(namespace):
    """In a mount namespace of its own: how often fernit reads /proc/self/mountinfo depends on the mounts, and each trial counts calls."""
    namespace.leave_others()
    place = Place()
    place.prefix = namespace.prefix
    yield place
    place.remove()


def prove(scenario, place):
    need("trace")
    Proof(scenario, place).every_call().report()


def with_cfg(place, run):
    """A store, and an airflow.cfg of an operator's that holds none of its secrets."""
    assert run(["init", "--deliver", "env"]).status == 0
    place.home.mkdir(exist_ok=True)
    place.put(CFG, OPERATORS)


@pytest.fixture
def with_mounted_cfg(namespace, place):
    def before(place, run):
        with_cfg(place, run)
        bind(namespace, place.cfg, place.cfg)

    return before


def with_another_value(place, run):
    """A store, and an airflow.cfg with another secret_key."""
    with_cfg(place, run)
    place.put(CFG, OPERATORS.replace(b"[webserver]\n", b"[webserver]\nsecret_key = " + new_key().encode() + b"\n"))


@pytest.mark.parametrize("way", LACKS)
def test_a_first_boot(place, way):
    prove(Scenario(f"first boot, {way}", lacks=LACKS[way], generates=True), place)


def test_an_ordinary_boot(place):
    prove(Scenario("ordinary boot", before=lambda place, run: run(SHOW)), place)


def test_a_key_written_into_an_airflow_cfg(place):
    prove(Scenario("cfg write", words=BY_CFG, after=BY_CFG, before=with_cfg, by_cfg=True), place)


def test_a_value_in_an_airflow_cfg_that_another_one_replaces(place):
    prove(Scenario("cfg value replaced", words=BY_CFG, after=BY_CFG, before=with_another_value, by_cfg=True), place)


def test_a_value_in_a_mounted_airflow_cfg_that_another_one_replaces(namespace, place):
    def before(place, run):
        with_another_value(place, run)
        bind(namespace, place.cfg, place.cfg)

    prove(Scenario("cfg value replaced in place", words=BY_CFG, after=BY_CFG, before=before, by_cfg=True), place)


def test_a_key_written_in_place_into_a_mounted_airflow_cfg(place, with_mounted_cfg):
    prove(Scenario("cfg write in place", words=BY_CFG, after=BY_CFG, before=with_mounted_cfg, by_cfg=True), place)


def test_a_mounted_airflow_cfg_that_is_left_alone(place, with_mounted_cfg):
    prove(Scenario("cfg left alone", before=with_mounted_cfg), place)
