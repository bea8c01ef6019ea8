"""The secrets that fernit manages: their names, which Airflow reads which, and where a test finds their values."""
import configparser
import secrets
from dataclasses import dataclass

import pytest

from keys import fingerprint, new_key


@dataclass(frozen=True)
class Secret:
    """What Airflow calls it, and what fernit does."""

    name: str
    places: tuple  # of airflow.cfg: section and option
    size: int
    mounted: tuple

    @property
    def variables(self):
        return [f"AIRFLOW__{section}__{option}".upper() for section, option in self.places]

    def read_by(self, version):
        """The variable by which this Airflow gets it, or None."""
        return next((variable for variable in self.variables if variable in READS[version]), None)


FERNET_KEY = Secret("fernet_key", (("core", "fernet_key"),), 32, ("fernet_key",))
SECRET_KEY = Secret(
    "secret_key",
    (("webserver", "secret_key"), ("api", "secret_key")),
    32,
    ("AIRFLOW__WEBSERVER__SECRET_KEY", "AIRFLOW__API__SECRET_KEY", "airflow_secret_key"),
)
JWT_SECRET = Secret("jwt_secret", (("api_auth", "jwt_secret"),), 64, ("AIRFLOW__API_AUTH__JWT_SECRET", "airflow_jwt_secret"))
INTERNAL = Secret(
    "internal_api_secret_key",
    (("core", "internal_api_secret_key"),),
    32,
    ("AIRFLOW__CORE__INTERNAL_API_SECRET_KEY", "airflow_internal_api_secret_key"),
)
VALUES = [SECRET_KEY, JWT_SECRET, INTERNAL]
SECRETS = [FERNET_KEY, *VALUES]
#: Each variable, and its place in airflow.cfg.
PLACE = {variable: place for secret in SECRETS for variable, place in zip(secret.variables, secret.places)}
VARIABLES = set(PLACE)

FERNET, WEBSERVER, API = *FERNET_KEY.variables, *SECRET_KEY.variables
(JWT,), (INTERNAL_API,) = JWT_SECRET.variables, INTERNAL.variables

#: The names that a version reads, and calls sensitive; None: fernit cannot tell which it is.
READS = {
    None: {FERNET, WEBSERVER, JWT},
    "1.10.15": {FERNET, WEBSERVER},
    "2.7.3": {FERNET, WEBSERVER},
    "2.9.3": {FERNET, WEBSERVER},
    "2.10.5": {FERNET, WEBSERVER, INTERNAL_API},
    "2.11.2": {FERNET, WEBSERVER, INTERNAL_API},
    "3.0.0": {FERNET, WEBSERVER, JWT},
    "3.0.1": {FERNET, WEBSERVER, JWT},
    "3.0.2": {FERNET, API, JWT},
    "3.1.8": {FERNET, API, JWT},
    "3.3.2": {FERNET, API, JWT},
}
#: The names that it does not read (any more), but hides all the same.
HIDES = {version: {WEBSERVER} if API in read else set() for version, read in READS.items()}
#: The names whose values it shows to all who may see the configuration.
SHOWS = {version: VARIABLES - READS[version] - HIDES[version] for version in READS}


@pytest.fixture
def version():
    """The Airflow of a test that does not choose one."""
    return "2.11.2"


@pytest.fixture(autouse=True)
def all_of_them(fernit, monkeypatch, version):
    """fernit's own default, in place of that of the other tests, and an Airflow."""
    plain = type(fernit).environment
    ours = {"FERNIT_MANAGE": None, "AIRFLOW_VERSION": version}
    monkeypatch.setattr(type(fernit), "environment", lambda self, **changes: plain(self, **{**ours, **changes}))


@pytest.fixture
def new_value(fernit):
    """new_value(): a value that nobody has, and of which no part may be seen in an output."""

    def make():
        value = secrets.token_hex(20)
        fernit.secrets.add(value)
        return value

    return make


@pytest.fixture
def put(store):
    """put(secret, value): into the store, as an operator does; beside a Fernet key, without which it would be a store that has lost it."""

    def write_file(name, text):
        file = store / name
        file.write_text(text + "\n")
        file.chmod(0o600)
        return file

    def write(secret, value):
        store.mkdir(mode=0o700, exist_ok=True)
        if not (store / "fernet_key").exists():
            write_file("fernet_key", new_key())
        return write_file(secret.name, value)

    return write


def mark(value):
    """The fingerprint of a value that is no Fernet key."""
    return fingerprint(value.encode())


def in_cfg(cfg):
    """What Airflow finds in the file, "%%" read as "%": variable to value, of those that are there."""
    parser = configparser.ConfigParser()
    parser.read(cfg, encoding="utf-8")
    return {variable: parser.get(*place) for variable, place in PLACE.items() if parser.has_option(*place)}


def in_environment(seen):
    return {name: value for name, value in seen.pairs if name in VARIABLES}


def kept(store):
    return {secret.name: (store / secret.name).read_text().rstrip("\n") for secret in SECRETS if (store / secret.name).exists()}


def agrees(seen, cfg, secret, value):
    """Asserts that the Airflow that was started gets the value by both ways, another under none of its names, and shows none."""
    version = seen.get("AIRFLOW_VERSION")
    assert secret.read_by(version)
    for variable in secret.variables:
        found = seen.get(variable), in_cfg(cfg).get(variable)
        if variable in READS[version]:
            assert found == (value, value)
        else:
            assert set(found) <= ({value, None} if variable in HIDES[version] else {None})
