"""What the tests of --wait-for have in common."""
import pytest

from conftest import new_key

CONN = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
OLD_CONN = "AIRFLOW__CORE__SQL_ALCHEMY_CONN"
BROKER = "AIRFLOW__CELERY__BROKER_URL"
PASSWORD = "pa55word-of-the-database"


@pytest.fixture
def fernit(fernit, stored):
    """One that has a key, says nothing but of what it waits for, and never the password."""
    stored(new_key())
    fernit.secrets.add(PASSWORD)
    environment = fernit.environment
    fernit.environment = lambda **changes: environment(**{"FERNIT_DELIVER": "env", **changes})
    return fernit
