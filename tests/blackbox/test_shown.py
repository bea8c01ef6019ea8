"""A secret that stands where a path, a command, an option or one of its values belongs is shown nowhere."""
import pytest

from conftest import errors, hints, listing, new_key

PASSWORD = "Correct9horse!"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhaXJmbG93In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
SECRETS = {
    "a key": new_key(),
    "a key that begins with a dash": "-" + new_key()[1:],
    "a cut key": new_key()[:40],
    "a cut key that begins with a dash": "-" + new_key()[1:40],
    "a token": TOKEN,
    "a password": PASSWORD,
    "a password of nine letters": "Correct9!",
    "a secret_key": "RXTN3H5PzrXvQS7HGwDsGg==",
}

PLACES = [
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__WEBSERVER__SECRET_KEY",
    "AIRFLOW__API__SECRET_KEY",
    "AIRFLOW__API_AUTH__JWT_SECRET",
    "AIRFLOW__CORE__INTERNAL_API_SECRET_KEY",
]
VARIABLES = [
    *(f"{place}_{suffix}" for place in PLACES for suffix in ("FILE", "CMD")),
    "FERNET_KEY_FILE",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_FILE",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
    "AIRFLOW__CELERY__BROKER_URL_CMD",
    "AIRFLOW__SMTP__SMTP_PASSWORD_FILE",
    "FERNIT_SECRET_FILE",
    "FERNIT_CONFIG",
]
WAITS = {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD": {"FERNIT_WAIT_FOR": "db"},
    "AIRFLOW__CELERY__BROKER_URL_CMD": {"FERNIT_WAIT_FOR": "broker"},
}
NAMES = {"FERNIT_SECRET_FILE": "--secret-file", "FERNIT_CONFIG": "--config"}
OPTIONS = [
    ("core", "fernet_key"),
    ("webserver", "secret_key"),
    ("api", "secret_key"),
    ("api_auth", "jwt_secret"),
    ("core", "internal_api_secret_key"),
    ("database", "sql_alchemy_conn"),
    ("celery", "broker_url"),
]
COMMANDS = {
    "run": ["run", "--verbose", "--", "true"],
    "init": ["init", "--verbose"],
    "status": ["status", "--run-commands"],
    "status --json": ["status", "--json", "--run-commands"],
    "key print": ["key", "print"],
}
#: What is behind the words "fernit"; SECRET is put into them.
WORDS = [
    ["-SECRET"],
    ["--SECRET"],
    ["--SECRET=1"],
    ["SECRET"],
    ["SECRET", "--help"],
    ["help", "SECRET"],
    ["help", "--SECRET"],
    ["key"] + ["SECRET"],
    ["key", "check", "SECRET"],
    ["key", "check", "-SECRET"],
    ["key", "fingerprint", "SECRET"],
    ["key", "generate", "SECRET"],
    ["key", "print", "SECRET"],
    ["key", "promote", "SECRET"],
    ["key", "retire", "SECRET", "--yes"],
    ["key", "unretire", "SECRET"],
    ["key", "destroy", "SECRET"],
    ["status", "SECRET"],
    ["status", "--SECRET"],
    ["init", "SECRET"],
    ["init", "--secret-file", "SECRET"],
    ["init", "--secret-file", "-SECRET"],
    ["init", "--secret-file=SECRET"],
    ["init", "--config", "SECRET"],
    ["init", "--store", "-SECRET"],
    ["run", "-SECRET", "--", "true"],
    ["run", "--SECRET", "--", "true"],
    ["run", "--SECRET=1", "true"],
    ["run", "--fernet-key", "SECRET", "true"],
    ["run", "SECRET", "true"],
    ["run", "--init", "SECRET", "true"],
    ["run", "--", "FERNET_KEY=SECRET", "true"],
    ["install", "SECRET"],
]
#: What takes one of a few values, or a value of one form.
VALUES = [
    *("strict", "init", "cmd_timeout", "lock_timeout", "wait_timeout", "grace", "store_mode", "deliver", "on_change", "manage", "signal_scope"),
    *("pdeathsig", "log_format", "airflow_version", "ok_exit", "rewrite", "store", "user", "wait_for"),
]
#: Options with a value that is wrong.
WRONG = {
    "user": ["root:SECRET", "SECRET:root", "0xSECRET", "+SECRET"],
    "rewrite": ["TERM:SECRET", "SECRET:TERM"],
    "manage": ["fernet_key,SECRET"],
    "wait_for": ["unix:SECRET", "SECRET://x", "tcp://:SECRET", "tcp://u:SECRET@h:1", "tcp://SECRET", "tcp://SECRET=:80", "db,SECRET"],
    "lock_timeout": ["9SECRET"],
}


@pytest.fixture(params=SECRETS)
def secret(request, fernit):
    fernit.secrets.add(SECRETS[request.param])
    return SECRETS[request.param]


@pytest.fixture
def hides(fernit, secret):
    """hides(*words, **environment): the run, in which nothing of the secret may be seen."""

    def run(*words, **environment):
        done = fernit(*words, **{"FERNIT_MANAGE": None, **environment})
        for said in (done.stdout, done.stderr):
            assert secret not in said and secret.lstrip("-")[:12] not in said, said
        return done

    return run


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_in_a_variable_that_holds_a_path_or_a_command(hides, secret, command):
    for variable in VARIABLES:
        for text in (secret, f"{secret} --flag", f"TOKEN={secret} cat /x") if variable.endswith("_CMD") else (secret,):
            done = hides(*command, **{**WAITS.get(variable, {}), variable: text})
            assert done.returncode or command[0] not in ("run", "status"), variable
            assert NAMES.get(variable, variable) in done.stdout + done.stderr or command[0] not in ("run", "status"), done


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_in_a_command_in_airflow_cfg(hides, secret, write_cfg, command):
    for section, option in OPTIONS:
        write_cfg(f"[{section}]\n{option}_cmd = {secret}\n")
        done = hides(*command, FERNIT_WAIT_FOR={"sql_alchemy_conn": "db", "broker_url": "broker"}.get(option, "none"))
        assert f"{option}_cmd" in done.stdout + done.stderr or command[0] not in ("run", "status"), done


@pytest.mark.parametrize("variable", ["PGSERVICEFILE", "PGSYSCONFDIR"])
def test_in_the_place_of_a_service_file(hides, secret, variable):
    conn = "postgresql:///airflow?service=airflow"
    done = hides("run", "--", "true", FERNIT_WAIT_FOR="db", AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=conn, **{variable: secret})
    assert done.returncode == 125 and any("define it in " in hint and variable in hint for hint in hints(done))


def test_in_the_words_of_the_command_line(hides, secret):
    for words in WORDS:
        done = hides(*(word.replace("SECRET", secret) for word in words))
        assert done.returncode and errors(done), words


@pytest.mark.parametrize("by", ["variable", "file"])
def test_in_an_option_that_takes_other_values(hides, secret, tmp_path, by):
    """In a value of up to 8 letters, which may be "10" for a duration, a typing error is shown."""
    for option, values in {**{option: ["SECRET"] for option in VALUES}, **WRONG}.items():
        for value in (value.replace("SECRET", secret) for value in values):
            (tmp_path / "fernit.ini").write_text(f"[fernit]\n{option} = {value}\n")
            given = {f"FERNIT_{option.upper()}": value}
            if by == "file":
                given = {f"FERNIT_{option.upper()}": None, "FERNIT_CONFIG": tmp_path / "fernit.ini"}
            done = hides("init", **given)
            assert done.returncode == 125 and option.replace("_", "-" if by == "file" else "_") in errors(done)[0].lower(), done.stderr


@pytest.mark.parametrize("text", ["[SECRET]\nstore = /x\n", "[fernit]\nSECRET = 1\n", "[fernit]\nSECRET\n"])
def test_in_the_place_of_a_section_or_a_name(hides, secret, tmp_path, text):
    (tmp_path / "fernit.ini").write_text(text.replace("SECRET", secret))
    done = hides("init", FERNIT_CONFIG=tmp_path / "fernit.ini")
    assert done.returncode == 125 and ": line " in errors(done)[0]


@pytest.mark.parametrize("variable", ["AIRFLOW_HOME", "AIRFLOW_CONFIG"])
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_in_the_place_of_airflow_cfg(hides, secret, tmp_path, command, variable):
    before = listing(tmp_path)
    done = hides(*command, **{variable: secret}, cwd=tmp_path)
    assert done.returncode and variable in done.stdout + done.stderr, done
    assert listing(tmp_path) == before


def test_in_the_place_of_another_option(hides, secret, write_cfg):
    write_cfg(f"[webserver]\nsecret_key = a%({secret})s\n")
    done = hides("init")
    assert done.returncode == 125 and "[webserver] secret_key: a %(name)s in it refers" in errors(done)[0]


# --- What helps is still shown


@pytest.mark.parametrize("variable", ["FERNET_KEY_FILE", "AIRFLOW__API_AUTH__JWT_SECRET_FILE", "AIRFLOW__SMTP__SMTP_PASSWORD_FILE"])
def test_a_path_is_shown(fernit, tmp_path, variable):
    for path in (tmp_path / "none", "./none", "../none", "~/none"):
        done = fernit("run", "true", FERNIT_MANAGE=None, **{variable: path})
        assert done.returncode == 125 and f"{variable}: {path}: No such file" in done.stderr
        assert not any("not shown" in hint for hint in hints(done))


@pytest.mark.parametrize("variable", ["FERNET_KEY_FILE", "AIRFLOW__API_AUTH__JWT_SECRET_FILE", "AIRFLOW__SMTP__SMTP_PASSWORD_FILE"])
def test_what_is_hidden_is_said_to_be(fernit, variable):
    done = fernit("run", "true", FERNIT_MANAGE=None, **{variable: "secrets/key"})
    assert done.returncode == 125 and f"{variable}: the file: No such file" in done.stderr
    assert any('give a path that begins with "/"' in hint and "not shown" in hint for hint in hints(done))


def test_a_relative_path_that_leads_to_a_file_is_shown(fernit, tmp_path):
    (tmp_path / "keys").write_text("nothing")
    for words, environment in ((["run", "true"], {"FERNET_KEY_FILE": "keys"}), (["key", "check", "keys"], {})):
        assert "keys: " in fernit(*words, **environment).stderr


def test_a_command_on_the_path_is_shown(fernit):
    variable = "AIRFLOW__CORE__FERNET_KEY_CMD"
    for command, says in (("false --token x", "false: ended with status 1"), ("/no/such x", "/no/such: cannot be run"), ("./no x", "./no: cannot be run")):
        assert f"{variable}: {says}" in fernit("run", "true", **{variable: command}).stderr


@pytest.mark.parametrize(
    "words, says",
    [
        (["run", "--stroe", "/x"], "--stroe is not an option"),
        (["run", "-stroe", "/x"], "-stroe is not an option"),
        (["run", "-v"], "-v is not an option"),
        (["statsu"], "statsu is not a command"),
        (["key", "chekc"], "key chekc is not a command"),
        (["help", "stroe"], "stroe is not a command, a topic, an option or an id"),
        (["run", "airflwo"], "airflwo: is not on the command's PATH"),
        (["run", "/no/such"], "/no/such: cannot be run"),
        (["run", "--on-change", "replcae"], '"replcae" is not one of keep, stage, refuse, replace'),
        (["run", "--manage", "internal_api_secretkey"], '"internal_api_secretkey" is not one of'),
        (["run", "--lock-timeout", "10 sec"], '"10 sec" is not a duration'),
        (["run", "--user", "airfow"], "there is no user airfow"),
        (["run", "--init", "--rewrite", "TERM:QIUT"], 'there is no signal "QIUT"'),
        (["run", "--wait-for", "unix:sock"], '"unix:sock": the socket'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_typing_error_is_shown(fernit, words, says):
    done = fernit(*words)
    assert done.returncode and says in errors(done)[-1] and "may be a secret" not in done.stderr


@pytest.mark.parametrize("words", [["run", "--password"], ["-password"], ["password"], ["key", "password"], ["help", "password"]], ids=" ".join)
def test_what_is_near_no_name_is_hidden_and_said_to_be(fernit, words):
    done = fernit(*words)
    assert " is not a" in errors(done)[0] and "did you mean" not in done.stderr
    assert "password" not in done.stderr and hints(done)[-1:] == ['fernit: hint: "..." stands for a word that may be a secret']
