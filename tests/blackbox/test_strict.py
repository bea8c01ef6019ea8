"""--strict: what would be a warning of security is a refusal, and nothing has been written by then."""
import json
import os

import pytest

from conftest import errors, listing, new_key, warnings
from fuse import mounted_fixture  # noqa: F401

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"
PUBLISHED = "46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho="


# Each puts what is to be warned of in place; the variables, and what stands in the warning.


def a_published_key_in_a_variable(stored, write_cfg, store):
    return {"FERNET_KEY": PUBLISHED}, "a key that everybody knows"


def a_published_key_beside_a_good_one(stored, write_cfg, store):
    return {"FERNET_KEY": f"{new_key()},{PUBLISHED}"}, "a key that everybody knows"


def a_published_key_in_the_store(stored, write_cfg, store):
    stored(PUBLISHED + "\n")
    return {}, "a key that everybody knows"


def a_published_key_in_airflow_cfg(stored, write_cfg, store):
    write_cfg(f"[core]\nfernet_key = {PUBLISHED}\n")
    return {}, "a key that everybody knows"


def a_published_secret_key(stored, write_cfg, store):
    return {"FERNIT_MANAGE": None, "AIRFLOW__WEBSERVER__SECRET_KEY": "temporary_key"}, "that everybody knows"


def a_store_that_all_can_read(stored, write_cfg, store):
    stored(new_key() + "\n").chmod(0o644)
    return {}, "fernet_key can be read by every user"


def a_value_that_all_can_read(stored, write_cfg, store):
    stored(new_key() + "\n")
    (store / "jwt_secret").write_text("a value\n")
    (store / "jwt_secret").chmod(0o644)
    return {"FERNIT_MANAGE": None}, "jwt_secret can be read by every user"


SECURITY = [
    a_published_key_in_a_variable,
    a_published_key_beside_a_good_one,
    a_published_key_in_the_store,
    a_published_key_in_airflow_cfg,
    a_published_secret_key,
    a_store_that_all_can_read,
    a_value_that_all_can_read,
]


@pytest.fixture(params=SECURITY, ids=lambda state: state.__name__)
def insecure(request, stored, write_cfg, store):
    """(variables, words of the warning) of a state that is warned of."""
    return request.param(stored, write_cfg, store)


# What everybody knows, and the source of this test has, is no secret of it: `guard=False`.


def test_without_strict_it_is_a_warning_and_the_command_runs(fernit, insecure):
    environment, words = insecure
    done = fernit("run", "echo", "the command ran", guard=False, **environment)
    assert (done.returncode, done.stdout) == (0, "the command ran\n"), done.stderr
    assert any(words in line for line in warnings(done))


@pytest.mark.parametrize("command", [["run", "--strict", "echo", "the command ran"], ["init", "--strict"]], ids=["run", "init"])
def test_with_strict_it_is_a_refusal_before_anything_is_written(fernit, insecure, command, tmp_path):
    environment, words = insecure
    before = listing(tmp_path)
    done = fernit(*command, guard=False, **environment)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert words in errors(done)[0] and errors(done)[0].endswith("(refused: --strict)")
    assert listing(tmp_path) == before


def test_the_refusal_has_the_id_of_the_warning(fernit, insecure):
    environment, words = insecure
    warning, refusal = ([row["id"] for row in map(json.loads, done.stderr.splitlines()) if words in row["message"]] for done in (
        fernit("run", "--log-format", "json", *options, "true", guard=False, **environment) for options in ([], ["--strict"])))
    assert warning == refusal and len(warning) == 1


def test_status_says_what_strict_would_refuse(fernit, insecure, tmp_path):
    environment, words = insecure
    before = listing(tmp_path)
    for options, status, place in (([], 0, "warnings"), (["--strict"], 1, "problems")):
        done = fernit("status", "--json", *options, guard=False, **environment)
        assert done.returncode == status
        assert any(words in line for line in json.loads(done.stdout)[place]), place
        assert fernit("status", *options, guard=False, **environment).returncode == status
    assert listing(tmp_path) == before


def test_status_agrees_about_an_airflow_cfg_that_all_can_read(fernit, stored, write_cfg):
    stored(new_key() + "\n")
    write_cfg("[core]\nexecutor = LocalExecutor\n").chmod(0o644)
    assert fernit("run", "--strict", "true").returncode == 125
    done = fernit("status", "--strict", "--json")
    assert done.returncode == 1 and any("--strict" in line for line in json.loads(done.stdout)["problems"])
    assert fernit("status", "--strict", "--deliver", "env").returncode == 0
    assert fernit("run", "--strict", "--deliver", "env", "true").returncode == 0


@pytest.mark.parametrize("by", ["variable", "ini"])
def test_strict_can_be_set_for_all_starts(fernit, tmp_path, by):
    (tmp_path / "fernit.ini").write_text("[fernit]\nstrict = yes\n")
    environment = {"FERNIT_STRICT": "yes"} if by == "variable" else {"FERNIT_CONFIG": tmp_path / "fernit.ini"}
    done = fernit("run", "true", guard=False, FERNET_KEY=PUBLISHED, **environment)
    assert done.returncode == 125 and "--strict" in done.stderr


def test_what_is_wrong_and_not_about_security_stays_a_warning(fernit, stored):
    stored(new_key() + "\n")
    done = fernit("run", "--strict", "true", **{VARIABLE: "", "FERNET_KEY": new_key(), "FERNIT_NO_SUCH": "1"})
    assert done.returncode == 0
    assert len(warnings(done)) == 3


def test_where_all_is_well_strict_is_not_noticed(child_sees, fernit):
    first = child_sees("--strict")
    assert warnings(first) == []
    assert fernit("run", "--strict", "true").stderr == ""


# --- What only shows where it is about to be written


def test_an_airflow_cfg_that_all_can_read_gets_no_key_with_strict(fernit, write_cfg, stored):
    stored(new_key() + "\n")
    cfg = write_cfg("[core]\nexecutor = LocalExecutor\n")
    cfg.chmod(0o644)
    before = listing(cfg.parent)
    done = fernit("run", "--strict", "echo", "the command ran")
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert f"{cfg} can be read by every user (refused: --strict)" in done.stderr and f"hint: chmod o-r {cfg}" in done.stderr
    assert listing(cfg.parent) == before

    cfg.chmod(0o640)
    assert fernit("run", "--strict", "true").returncode == 0


def test_an_airflow_cfg_that_all_can_read_is_a_warning_without_strict(fernit, write_cfg):
    cfg = write_cfg("[core]\nexecutor = LocalExecutor\n")
    cfg.chmod(0o644)
    (said,) = warnings(fernit("run", "true"))
    assert f"{cfg} can be read by every user" in said


def test_an_airflow_cfg_that_all_can_read_and_that_is_not_written_is_none_of_strict_s_business(fernit, write_cfg):
    cfg = write_cfg("[core]\nexecutor = LocalExecutor\n")
    cfg.chmod(0o644)
    assert fernit("run", "--strict", "--deliver", "env", "true").returncode == 0


# --- A file system that with one mode for all files


@pytest.fixture
def modeless(mounted):
    """The folder of a file system on which chmod does nothing."""
    if os.getuid() != 0:
        pytest.skip("only root may mount here")
    return mounted("one-mode=0777", "no-chmod").path


def test_a_store_without_modes_is_a_warning(fernit, modeless):
    store = modeless / "store"
    first = fernit("run", "--allow-ephemeral", "true", FERNIT_STORE=store)
    assert first.returncode == 0, first.stderr
    done = fernit("run", "true", FERNIT_STORE=store)
    assert done.returncode == 0
    assert any("with one mode for all files" in said for said in warnings(done))


def test_a_store_without_modes_is_refused_with_strict(fernit, modeless):
    store = modeless / "store"
    assert fernit("run", "--allow-ephemeral", "true", FERNIT_STORE=store).returncode == 0
    done = fernit("run", "--strict", "echo", "the command ran", FERNIT_STORE=store)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert "with one mode for all files" in done.stderr and "(refused: --strict)" in done.stderr


def test_with_strict_no_key_is_used_where_there_are_no_modes(fernit, modeless, cfg):
    """It shows with the first file: the key is made, and neither the command nor airflow.cfg gets it."""
    done = fernit("run", "--strict", "echo", "the command ran", FERNIT_STORE=modeless / "store")
    assert (done.returncode, done.stdout) == (125, ""), done.stderr
    assert "with one mode for all files" in done.stderr and "(refused: --strict)" in done.stderr
    assert not cfg.exists()
