"""Help: a screen a page, on every command, topic and option; and what is nearest, where there is no page."""
import json
import re

import pytest

from conftest import errors, hints
from tables import COMMAND_ROWS, FIRST_WORDS, HELP_TOPICS, MESSAGES, OPTIONS, TOPICS, named

LINES, COLUMNS = 24, 80


@pytest.mark.parametrize("word", ["", *FIRST_WORDS, *HELP_TOPICS, "messages", *(row.id for row in MESSAGES)])
def test_a_page_fits_a_screen(fernit, word):
    text = fernit("help", *word.split()).stdout
    assert 3 <= len(text.splitlines()) <= LINES
    assert not [line for line in text.splitlines() if len(line) > COLUMNS]
    assert not [line for line in text.splitlines() if line != line.rstrip()]
    assert text.endswith("\n") and not text.endswith("\n\n")


def test_the_overview_names_every_command_and_topic_with_what_it_is_for(fernit):
    text = fernit("help").stdout
    for row in COMMAND_ROWS:
        entry = re.search(rf"^  {row.name} +(.*)$", text, re.MULTILINE)[1]
        assert row.second in entry.split() if row.second else entry == row.summary
    for topic in HELP_TOPICS:
        assert re.search(rf"^  {topic} +{re.escape(TOPICS[topic])}$", text, re.MULTILINE)


WITH_PAGE = [row for row in COMMAND_ROWS if row.name != "help"]


@pytest.mark.parametrize("row", WITH_PAGE, ids=[" ".join(row.words) for row in WITH_PAGE])
def test_a_command_says_how_it_is_used_in_three_ways(fernit, row):
    page = fernit("help", row.name).stdout
    assert re.search(rf"^{re.escape(row.usage)}(?: +{re.escape(row.summary)})?$", page, re.MULTILINE)
    assert fernit(*row.words, "--help").stdout == page
    assert fernit(*row.words, "-h").stdout == page


def test_help_on_help_is_the_overview(fernit):
    assert fernit("help", "help").stdout == fernit("help", "--help").stdout == fernit("--help").stdout == fernit("help").stdout


@pytest.mark.parametrize("topic", HELP_TOPICS)
def test_a_topics_page_begins_with_what_it_is_about(fernit, topic):
    assert fernit("help", topic).stdout.startswith(f"{topic}: {TOPICS[topic]}\n\n")


@pytest.mark.parametrize("option", **named(OPTIONS))
def test_an_options_page_is_that_of_its_topic(fernit, option):
    page = fernit("help", option.topic).stdout
    assert fernit("help", option.flag).stdout == page
    if option.name not in (*FIRST_WORDS, *HELP_TOPICS):
        assert fernit("help", option.name).stdout == page


def test_a_word_that_is_a_command_and_an_option_is_told_apart_by_its_dashes(fernit):
    assert fernit("help", "init").stdout.startswith("fernit init")
    assert fernit("help", "--init").stdout.startswith("supervise: ")
    assert fernit("help", "store").stdout == fernit("help", "--store").stdout


NEAREST = {"runn": "run", "sotre": "store", "stores": "store", "supervize": "supervise", "signal-scop": "signal-scope",
           "--grce": "grace", "delivry": "delivery", "log": "logs", "versoin": "version", "exti": "exit",
           "mesages": "messages", "no-volum": "no-volume", "lostring": "lost-ring", "published": "published-key"}


@pytest.mark.parametrize("word, nearest", NEAREST.items(), ids=NEAREST)
def test_where_there_is_no_page_the_nearest_is_named(fernit, word, nearest):
    done = fernit("help", word)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [f"fernit: error: {word.lstrip('-')} is not a command, a topic, an option or an id",
                                        f"fernit: hint: did you mean fernit help {nearest}?"]


@pytest.mark.parametrize("word", ["db-check", "--sync", "toml", "-V"])
def test_where_none_is_near_none_is_named(fernit, word):
    done = fernit("help", word)
    assert (done.returncode, done.stdout) == (2, "")
    assert hints(done)[0] == "fernit: hint: fernit help lists commands and topics"


@pytest.mark.parametrize("word", ["messages", "warnings"])
def test_one_page_lists_the_ids_of_all_messages(fernit, word):
    page = fernit("help", word).stdout
    errors, warnings = re.search(r"\nErrors:\n(.*?)\nWarnings \(\* about security\):\n(.*)", page, re.DOTALL).groups()
    assert errors.split() == [row.id for row in MESSAGES if row.is_error]
    assert warnings.split() == [row.starred for row in MESSAGES if row.is_warning]


def test_an_id_is_no_other_word_of_help():
    """Each word has one page."""
    assert not {row.id for row in MESSAGES} & {*FIRST_WORDS, *HELP_TOPICS, *(option.name for option in OPTIONS), "messages", "warnings"}


def test_fernit_alone_prints_what_there_is(fernit):
    done = fernit()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == fernit("help").stdout + "fernit: error: no command given\nfernit: hint: fernit run -- COMMAND, or fernit help\n"
    done = fernit(FERNIT_LOG_FORMAT="json")
    assert [line["level"] for line in map(json.loads, done.stderr.splitlines())] == ["error"]


@pytest.mark.parametrize("word", ["version", "--version", "-V"])
def test_the_version_as_every_program_tells_it(fernit, word):
    done = fernit(word)
    assert done.returncode == 0 and re.fullmatch(r"fernit \d+\.\d+\.\d+\n", done.stdout)


def test_options_before_the_command_are_told_with_the_right_order(fernit, store):
    done = fernit("--store", store, "status")
    assert (done.returncode, errors(done)) == (2, ["fernit: error: options come after the command"])
    assert hints(done) == [f"fernit: hint: fernit status --store {store}"]


@pytest.mark.parametrize("status", ["125", "126", "127", "128+N"])
def test_help_explains_the_statuses(fernit, status):
    assert re.search(rf"^ +{re.escape(status)} ", fernit("help", "exit").stdout, re.MULTILINE)


def test_the_page_on_changes_names_all_that_bring_one(fernit):
    page = fernit("help", "changes").stdout
    assert "from the sources 1 to 4, or from fernet_key_cmd in airflow.cfg" in page
