"""A change of the ring, killed and failed at every system call: at no moment is a key in neither the ring nor beside it."""
import pytest

from keys import new_key
from test_faults import place_fixture, prove  # noqa: F401
from trials import SHOW, Scenario


def generated(place, run):
    assert run(SHOW, FERNET_KEY=None).status == 0


@pytest.mark.parametrize("how", ["keep", "stage", "replace"])
def test_a_key_from_outside_that_the_store_does_not_know(place, how):
    changed = {"FERNET_KEY": new_key(), "FERNIT_ON_CHANGE": how}
    prove(Scenario(f"change, {how}", before=generated, environment=changed), place)


def changed_before(how):
    def before(place, run):
        generated(place, run)
        assert run(SHOW, FERNET_KEY=new_key(), FERNIT_ON_CHANGE=how).status == 0
        # Without it, airflow.cfg is what it is after any later start.
        assert run(SHOW).status == 0

    return before


def test_retiring_the_keys_behind_the_first(place):
    prove(Scenario("retire", words=["key", "retire", "--yes"], before=changed_before("keep")), place)


def test_promoting_a_staged_key(place):
    prove(Scenario("promote", words=["key", "promote", "--yes"], before=changed_before("stage")), place)
