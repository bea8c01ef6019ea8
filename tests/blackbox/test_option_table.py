"""The table of options: the program, its help, the manual pages, doc/options.md and the completions say the same of each, and speak of
no other."""
import re
import subprocess

import pytest

from conftest import fingerprint, listing, new_key
from tables import COMMAND_ROWS, COMMANDS, HELP_TOPICS, FIRST_WORDS, OPTIONS, PAGES, SETTINGS, SHARE, TREE, man_items, named

pytestmark = pytest.mark.real_binary  # about the tables, which are the same in every build

OPTIONS_PAGE = (TREE / "doc/options.md").read_text()
WRONG = {"flag": "perhaps", "time": "soon", "signal": "NOSUCH"}
WRONG_TEXT = {"store": "vault:secret", "config": "/no/such/file", "user": "no-such-user", "secret-file": "/no/such/file", "rewrite": "TERM", "ok-exit": "x"}


def wrong(option):
    return WRONG_TEXT.get(option.name) or WRONG.get(option.kind) or "wrong"


def right(option, tmp_path):
    if option.name == "secret-file":
        (tmp_path / "secret").write_text(new_key())
        return tmp_path / "secret"
    if option.name == "config":
        (tmp_path / "an.ini").write_text("[fernit]\n")
        return tmp_path / "an.ini"
    return {"store": tmp_path / "store", "rewrite": "HUP:0", "ok-exit": "143"}.get(option.name) or option.default or ",".join(option.words)


def words_of(bit, option, *given):
    """A command line of the command with this bit, in which the option can stand."""
    needs = ["--init"] if option.topic == "supervise" and option.name != "init" and bit == 1 else []
    return [*COMMANDS[bit].split(), *needs, *given, *(["--", "true"] if bit == 1 else [])]


def speaks_of(option, done):
    """What it says, but for commands that it suggests."""
    said = [re.split(r"\bfernit (?:run|init|status|key)\b", line)[0] for line in done.stderr.splitlines()]
    return [line for line in said if option.flag in line or "is not an option" in line or "is not for this command" in line]


@pytest.mark.parametrize("option", **named(OPTIONS))
def test_an_option_is_taken_by_its_commands(fernit, tmp_path, option):
    value = right(option, tmp_path)
    for bit in COMMANDS:
        if bit & option.commands:
            done = fernit(*words_of(bit, option, f"{option.flag}={value}"), FERNET_KEY=new_key())
            assert not speaks_of(option, done)
            assert done.returncode == 0 or COMMANDS[bit] in ("status", "key retire"), done.stderr


@pytest.mark.parametrize("option", **named(OPTIONS))
def test_an_option_is_refused_by_all_other_commands(fernit, option):
    for bit in COMMANDS:
        if not bit & option.commands:
            done = fernit(*words_of(bit, option, f"{option.flag}={option.default or wrong(option)}"))
            assert done.returncode == (125 if bit <= 2 else 2)
            assert f"{option.flag} is not for this command" in done.stderr


@pytest.mark.parametrize("option", **named(SETTINGS))
def test_a_wrong_value_is_refused_where_it_is_given(fernit, tmp_path, option):
    """So it is read there: as a flag, as a variable, as a line of fernit.ini."""
    ini = tmp_path / "fernit.ini"
    ini.write_text(f"[fernit]\n{option.key} = {wrong(option)}\n")
    for bit in COMMANDS:
        if not bit & option.commands:
            continue
        ways = {option.flag: fernit(*words_of(bit, option, f"{option.flag}={wrong(option)}")),
                option.variable: fernit(*words_of(bit, option), **{option.variable: wrong(option)}),
                option.name: fernit(*words_of(bit, option), **{"FERNIT_CONFIG": ini, option.variable: ini if option.name == "config" else None})}
        for place, done in ways.items():
            assert done.returncode in ((125,) if bit <= 2 else (1, 2)), (place, done.stderr)
            # What is no file, and what status finds, is told without the option.
            assert place in done.stderr or wrong(option) in done.stdout + done.stderr, place


@pytest.mark.parametrize("option", **named([option for option in SETTINGS if option.name != "config"]))
def test_the_right_value_stands_in_variables_and_in_the_file(fernit, tmp_path, option):
    value = right(option, tmp_path)
    ini = tmp_path / "fernit.ini"
    ini.write_text(f"[fernit]\n{option.key} = {value}\n")
    key = new_key()
    assert fernit("key", "print", **{"FERNET_KEY": key, option.variable: value}).returncode == 0
    assert fernit("key", "print", "--config", ini, **{"FERNET_KEY": key, option.variable: None}).returncode == 0


@pytest.mark.parametrize("verb", ["destroy", "retire"])
def test_yes_counts_on_the_command_line_alone(fernit, store, tmp_path, verb):
    """In the environment it would confirm all that is ever typed."""
    first, old = new_key(), new_key()
    store.mkdir(mode=0o700)
    (store / "fernet_key").write_text(f"{first},{old}\n")
    if verb == "destroy":
        assert fernit("key", "retire", "--yes").returncode == 0
    before = listing(store)
    words = [fingerprint(old)] if verb == "destroy" else []
    done = fernit("key", verb, *words, FERNIT_YES="yes")
    assert done.returncode == 1 and listing(store) == before
    assert "fernit: warning: unknown-variable: FERNIT_YES is ignored: --yes is for the command line alone" in done.stderr
    (tmp_path / "fernit.ini").write_text("[fernit]\nyes = yes\n")
    done = fernit("key", verb, *words, FERNIT_CONFIG=tmp_path / "fernit.ini")
    assert done.returncode == 2 and listing(store) == before
    assert "line 2: yes cannot stand in this file" in done.stderr


def test_the_file_does_not_name_a_file(fernit, tmp_path):
    (tmp_path / "fernit.ini").write_text("[fernit]\nconfig = /etc/fernit.ini\n")
    done = fernit("key", "print", FERNIT_CONFIG=tmp_path / "fernit.ini")
    assert done.returncode == 2 and "config cannot stand in this file" in done.stderr


# --- Help


@pytest.fixture(scope="module")
def pages():
    """Every page of help, by its name."""
    program = TREE / "build" / "fernit"
    return {word: subprocess.run([program, "help", *word.split()], check=True, capture_output=True, text=True, timeout=60).stdout
            for word in ["", *FIRST_WORDS, *HELP_TOPICS]}


@pytest.mark.parametrize("option", **named(OPTIONS))
def test_help_explains_an_option_on_the_page_of_its_topic(pages, option):
    entry = re.search(rf"^  {re.escape(option.usage)} +(?!-)(.*(?:\n {{20}}.*)*)", pages[option.topic], re.MULTILINE)
    text = re.sub(r"\s+", " ", entry[1])
    assert text.startswith(option.help)
    assert ", ".join(option.words) in text
    assert option.kind == "flag" or not option.shown or text.endswith(f"[{option.shown}]")


def test_a_commands_page_names_its_options_and_no_others(pages):
    for word in FIRST_WORDS:
        bits = [row.options for row in COMMAND_ROWS if row.name == word]
        mine = {option.flag for option in OPTIONS if any(option.commands & bit for bit in bits)}
        rows = re.findall(r"^ +(?:[a-z]+ +)?(--.*)$", pages[word], re.MULTILINE) if word != "help" else []
        named_there = {flag for row in rows for flag in re.findall(r"--[a-z-]+", row)}
        assert named_there == mine


def test_help_names_no_option_that_is_not_there(pages):
    text = " ".join(pages.values())
    assert set(re.findall(r"--[a-z][a-z-]+", text)) - {option.flag for option in OPTIONS} <= {"--version", "--help"}


# --- Manual pages


def test_the_manual_page_has_every_option_once_and_no_other():
    found = [head for head, _ in man_items("man1/fernit.1") if head.startswith("Fl ")]
    assert sorted(found) == sorted(f"Fl -{option.name}" + (f" Ar {option.metavar}" if option.metavar else "") for option in OPTIONS)


@pytest.mark.parametrize("page, prefix", [("man1/fernit.1", "Fl -"), ("man5/fernit.ini.5", "Cm ")])
def test_a_manual_page_has_the_same_words_and_defaults(page, prefix):
    items = {head: text for head, text in man_items(page)}
    for option in OPTIONS if prefix == "Fl -" else SETTINGS:
        name = option.name if prefix == "Fl -" else option.key
        if prefix == "Cm " and option.name == "config":
            continue
        text = next(text for head, text in items.items() if head == prefix + name or head.startswith(f"{prefix}{name} "))
        assert re.findall(r"^\.Cm (\S+) [,.]$", text, re.MULTILINE)[: len(option.words)] == list(option.words)
        defaults = [a or b for a, b in re.findall(r"The default is(?:\n\.(?:Ql|Pa|Cm) (.*) | (.*))\.\n", text)]
        expected = [option.shown] if option.shown and (option.kind != "flag" or prefix == "Cm ") else []
        assert defaults == expected, name


def test_the_page_on_the_file_has_every_setting_once_and_no_other():
    found = [head.split()[1] for head, _ in man_items("man5/fernit.ini.5") if " = " in head]
    assert found == [option.key for option in SETTINGS if option.name != "config"]


def test_the_manual_page_has_every_variable_and_no_other():
    found = re.findall(r"^\.It Ev (FERNIT_\w+)\n\.Fl -(\S+)", (SHARE / "man/man1/fernit.1").read_text(), re.MULTILINE)
    assert found == [(option.variable, option.name) for option in SETTINGS]


# --- doc/options.md


def page_rows():
    section = re.search(r"<!-- options -->\n(.*?)<!-- /options -->", OPTIONS_PAGE, re.DOTALL)[1]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in section.splitlines() if line.startswith("| `--")]


def test_the_page_has_every_option_with_its_default_and_no_other():
    rows = {row[0].strip("`"): row[1].strip("`") for row in page_rows()}
    assert rows == {option.usage: option.shown for option in OPTIONS}
    assert len(rows) == len(page_rows())


def test_the_page_says_which_words_an_option_takes():
    rows = {row[0].strip("`"): row[2] for row in page_rows()}
    for option in OPTIONS:
        if option.words:
            assert rows[option.usage].endswith("(" + ", ".join(f"`{word}`" for word in option.words) + ")")


def test_the_page_has_every_command_and_no_other():
    section = re.search(r"<!-- commands -->\n```text\n(.*?)```\n<!-- /commands -->", OPTIONS_PAGE, re.DOTALL)[1]
    assert [re.split(r"  +", line.strip())[0] for line in section.splitlines()] == [row.usage for row in COMMAND_ROWS]


def test_the_tables_of_the_page_are_what_make_readme_writes():
    done = subprocess.run([PAGES, "readme", TREE / "doc/options.md"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == OPTIONS_PAGE, "run make readme"
