"""What a real Airflow makes of the configuration that fernit delivers: it reads the secrets, hides them, and has nothing to object to."""
import configparser
import shutil

import managed  # not by name, since it has a fixture that every test would use
import pytest

from deployment import number

# How it is delivered, and from where Airflow has it then.
WAYS = {"env": "env var", "cfg": "airflow.cfg", "env,cfg": "env var"}


@pytest.fixture(params=WAYS)
def way(request):
    return request.param


def known(version):
    """{option: the file of the store that it is in}, of those that this Airflow knows. Any other would be shown."""
    return {".".join(managed.PLACE[variable]): secret.name for secret in managed.SECRETS for variable in secret.variables
            if variable in managed.READS[number(version)]}


def text(deployment, name):
    return deployment.store.joinpath(name).read_text().strip()


def expected(deployment, version):
    """{option: value}; two options may have one value, since Airflow 2.10 itself wrote such files."""
    return {option: text(deployment, name) for option, name in known(version).items()}


def judged_right(deployment, seen, version, way):
    assert seen["shown"] == []
    assert {option: text(deployment, name) for option, (name, _) in seen["holds"].items()} == expected(deployment, version)
    assert {source for _, source in seen["holds"].values()} == {WAYS[way]}
    judged_read(deployment, seen, version)


def judged_read(deployment, seen, version):
    assert {option: text(deployment, seen["reads"][option]) for option in known(version)} == expected(deployment, version)


def options_of(text):
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return {f"{section}.{option}": parser.get(section, option, raw=True) for section in parser.sections() for option in parser[section]}


def test_in_the_airflow_cfg_that_airflow_wrote_only_the_managed_options_change(deployment, version, made):
    container = deployment.container()
    shutil.copy(made(version) / "airflow.cfg", container.cfg)
    before = options_of(container.cfg.read_text())
    container.fernit("init")
    after = options_of(container.cfg.read_text())
    assert {option for option in {**before, **after} if before.get(option) != after.get(option)} <= set(known(version))
    assert {option: after[option] for option in known(version)} == expected(deployment, version)


def test_a_start_shows_no_secret(deployment, version, way):
    judged_right(deployment, deployment.container().judge(["--deliver", way]), version, way)


@pytest.mark.parametrize("version, earlier", [("2.10", "3"), ("2.11", "2.10"), ("2.11", "3"), ("3", "2.10")])
def test_a_store_that_took_over_the_airflow_cfg_of_another_version_shows_no_secret(deployment, version, way, earlier, made):
    first = deployment.container(AIRFLOW_VERSION=number(earlier))
    shutil.copy(made(earlier) / "airflow.cfg", first.cfg)
    first.fernit("init")
    judged_right(deployment, deployment.container().judge(["--deliver", way]), version, way)


@pytest.mark.parametrize("version", ["3"])
@pytest.mark.parametrize("earlier", ["2.10", "2.11"])
def test_an_upgrade_that_keeps_the_airflow_cfg_shows_no_secret(deployment, version, earlier, made):
    container = deployment.container()
    shutil.copy(made(earlier) / "airflow.cfg", container.cfg)
    container.fernit("init", AIRFLOW_VERSION=number(earlier))
    seen = container.judge()
    assert seen["shown"] == []
    judged_read(deployment, seen, version)


def test_config_get_value_prints_each_secret(deployment, version, way):
    answers = deployment.container().ask(*(["config", "get-value", *option.split(".")] for option in known(version)), options=["--deliver", way])
    assert [answer.strip() for answer in answers] == list(expected(deployment, version).values())


@pytest.mark.parametrize("version", ["3"])
def test_config_lint_finds_no_more_than_without_fernit(deployment, version, made):
    own = made(version) / "airflow.cfg"
    bare = deployment.container()
    shutil.copy(own, bare.cfg)
    [without] = bare.execute_ask(["config", "lint"])
    container = deployment.container()
    shutil.copy(own, container.cfg)
    assert container.ask(["config", "lint"]) == [without]
    # The file that fernit writes where there is none has nothing of Airflow's own in it.
    assert deployment.container().ask(["config", "lint"]) == [without]
