"""Keys and secrets that images, compose files and charts publish: a warning with the way out, a refusal with --strict.

The texts are what src/fernet/published.c has the fingerprints of. What everybody knows, and the source of this test
has, is no secret of it: `guard=False`.
"""
import itertools
import pathlib
import re

import pytest

from conftest import errors, fingerprint, hints, listing, new_key, warnings
from managed import mark

PUBLISHED = {
    "fernet_key": [
        "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=",
        "7T512UXSSmBOkpWimFHIVb8jK6lfmSAvx4mO6Arehnc=",
        "d6Vefz3G9U_ynXB3cr7y_Ak35tAHkEGAVxuz_B-jzWw=",
        "jJ_9sz0g0OHxsfxOoSfdFdmk3ysNmPRnH3TUAbz3IHA=",
        "G3jB5--jCQpRYp7hwUtpfQ_S8zLRbRMwX8tr3dehnNU=",
        "81HqDtbqAywKSOumSha3BhWNOdQ26slT6K0YaZeZyPs=",
    ],
    "secret_key": [
        "temporary_key",
        "{SECRET_KEY}",
        "THIS IS UNSAFE!",
        "a25mQ1FHTUh3MnFRSk5KMEIyVVU2YmN0VGRyYTVXY08=",
        "YTI1bVExRkhUVWgzTW5GUlNrNUtNRUl5VlZVMlltTjA=",
        "airflow-web-server-key",
        "YWlyZmxvdy13ZWItc2VydmVyLWtleQ==",
        "fake-key-aYDdF6d+Fjznai5yBW63CUAi0IipJqDHlNSWIun6y8o=",
    ],
    "jwt_secret": [
        "airflow_jwt_secret",
        "{JWT_SECRET_KEY}",
        "airflow-api-server-key",
        "YWlyZmxvdy1hcGktc2VydmVyLWtleQ==",
        "fake-jwt-secret-for-local-testing-32-chars-min",
        "foo",
        "test",
    ],
    # Nobody publishes one of its own; what is published of the others is as well known.
    "internal_api_secret_key": ["temporary_key"],
}
EACH = [(secret, value) for secret, values in PUBLISHED.items() for value in values]

VARIABLE = {
    "fernet_key": "AIRFLOW__CORE__FERNET_KEY",
    "secret_key": "AIRFLOW__WEBSERVER__SECRET_KEY",
    "jwt_secret": "AIRFLOW__API_AUTH__JWT_SECRET",
    "internal_api_secret_key": "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY",
}
#: What a hint says to set where the value stands in the store or airflow.cfg.
TO_SET = {**VARIABLE, "fernet_key": "FERNET_KEY"}
TABLE = (pathlib.Path(__file__).resolve().parents[2] / "src/fernet/published.c").read_text()


@pytest.fixture
def run(fernit):
    """run(*words, **variables): all four secrets are managed, by the Airflow that has the one in question."""

    def start(secret, *words, **variables):
        version = "2.11.0" if secret == "internal_api_secret_key" else "3.1.0" if secret == "jwt_secret" else "2.9.0"
        return fernit(*words, guard=False, FERNIT_MANAGE=None, AIRFLOW_VERSION=version, **variables)

    return start


def about(done):
    """The warnings of published ones, each with the hints behind it in one text."""
    found, lines = [], done.stderr.splitlines()
    for number, line in enumerate(lines):
        if "everybody knows" in line:
            behind = itertools.takewhile(lambda line: line.startswith("fernit: hint: "), lines[number + 1 :])
            found.append((line, "\n".join(behind)))
    return found


def test_every_row_of_the_table_is_tried_here():
    marks = {fingerprint(value) if secret == "fernet_key" else mark(value) for secret, value in EACH}
    assert marks == set(re.findall(r'^    \{"([0-9a-f]{16})", "', TABLE, re.MULTILINE))


@pytest.mark.parametrize("secret, value", EACH)
def test_it_is_served_and_warned_of_with_the_way_out(run, secret, value):
    done = run(secret, "run", "printenv", VARIABLE[secret], **{VARIABLE[secret]: value})
    assert (done.returncode, done.stdout) == (0, value + "\n"), done.stderr
    ((warning, hint),) = about(done)
    assert warning.startswith(f"fernit: warning: published-key: {VARIABLE[secret]} gives a ")
    assert "fernit key generate" in hint


@pytest.mark.parametrize("secret, value", EACH)
def test_with_strict_it_is_refused_with_the_way_out_and_nothing_is_written(run, tmp_path, secret, value):
    before = listing(tmp_path)
    done = run(secret, "run", "--strict", "echo", "the command ran", **{VARIABLE[secret]: value})
    assert (done.returncode, done.stdout) == (125, "")
    (error,) = errors(done)
    assert "everybody knows" in error and error.endswith("(refused: --strict)") and "fernit key generate" in hints(done)[0]
    assert listing(tmp_path) == before


def in_a_variable(secret, value, tmp_path, stored, write_cfg):
    return {VARIABLE[secret]: value}


def in_a_file(secret, value, tmp_path, stored, write_cfg):
    (tmp_path / "mounted").write_text(value + "\n")
    return {VARIABLE[secret] + "_FILE": tmp_path / "mounted"}


def in_the_store(secret, value, tmp_path, stored, write_cfg):
    store = stored(value if secret == "fernet_key" else new_key()).parent
    if secret != "fernet_key":
        (store / secret).write_text(value + "\n")
        (store / secret).chmod(0o600)
    return {}


def in_airflow_cfg(secret, value, tmp_path, stored, write_cfg):
    _, section, option = VARIABLE[secret].lower().split("__")
    write_cfg(f"[{section}]\n{option} = {value}\n")
    return {}


@pytest.mark.parametrize("way", [in_a_variable, in_a_file, in_the_store, in_airflow_cfg])
@pytest.mark.parametrize("secret", PUBLISHED)
def test_what_the_hint_says_ends_the_warning(run, tmp_path, store, stored, write_cfg, secret, way):
    """For a Fernet key, the hint and then `key retire`: the old one stays in the ring until all is rotated."""
    old, new = PUBLISHED[secret][0], new_key()
    variables = way(secret, old, tmp_path, stored, write_cfg)
    for _ in range(2):
        ((_, hint),) = about(run(secret, "run", "true", **variables))

    given = f"{new},{old}" if secret == "fernet_key" else new
    if variables:
        assert "there" in hint
        variables = way(secret, given, tmp_path, stored, write_cfg)
    else:
        assert f"set {TO_SET[secret]} " in hint
        variables = {TO_SET[secret]: given}
    assert run(secret, "run", "true", **variables).returncode == 0
    variables = in_a_file(secret, new, tmp_path, stored, write_cfg) if way is in_a_file else {}
    if secret == "fernet_key":
        assert run(secret, "key", "retire", "--yes", **variables).returncode == 0
    done = run(secret, "run", "true", **variables)
    assert (done.returncode, about(done)) == (0, [])
    assert (store / secret).read_text() == new + "\n"


def test_one_beside_a_good_key_is_warned_of_too(run):
    ((warning, _),) = about(run("fernet_key", "run", "true", FERNET_KEY=f"{new_key()},{PUBLISHED['fernet_key'][0]}"))
    assert "FERNET_KEY gives a key" in warning


def test_what_is_nearly_published_is_not_warned_of(run):
    done = run("jwt_secret", "run", "true", **{VARIABLE["jwt_secret"]: "airflow_jwt_secret_"})
    assert (done.returncode, warnings(done)) == (0, [])


@pytest.mark.parametrize("value", PUBLISHED["fernet_key"])
def test_key_check_finds_a_problem_in_it(fernit, value):
    done = fernit("key", "check", "-", stdin=f"{new_key()},{value}")
    assert done.returncode == 1 and "key 2 of 2" in done.stderr
