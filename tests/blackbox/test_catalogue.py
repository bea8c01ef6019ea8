"""The catalogue of warnings: what the code warns of, its table of ids, and doc/messages.md are the same."""
import pathlib
import re

import pytest

TREE = pathlib.Path(__file__).resolve().parents[2]
SOURCES = {str(path.relative_to(TREE)): path.read_text() for place in ("src", "cmd") for path in (TREE / place).rglob("*.[ch]")}
PAGE = (TREE / "doc/messages.md").read_text()

CALL = re.compile(r"\blog_warning\(\s*([^,]*),")


def definition(path, opening):
    """The text of a table in the code, from its name to its end."""
    return re.search(re.escape(opening) + r"\[\] = \{(.*?)\n *\};", SOURCES[path], re.DOTALL)[1]


def remark_ids():
    return dict(re.findall(r'\[(REMARK_\w+)\] = \{"([^"]*)"', definition("src/resolve/remark.c", "kinds")))


def option_file_ids():
    body = re.search(r"\*option_file_remark\(.*?\n}", SOURCES["src/resolve/option_files.c"], re.DOTALL)[0]
    return re.findall(r'return "(.*?)"', body)


def calls():
    """The first arguments of all calls of log_warning."""
    return [first for path, text in SOURCES.items() if not path.startswith("src/base/log.") for first in CALL.findall(text)]


def used():
    literal = {first.strip('"') for first in calls() if first.startswith('"')}
    return literal | set(remark_ids().values()) | set(option_file_ids())


def table():
    """Id to whether it is one of security, as the code has it."""
    rows = re.findall(r'\{"([^"]*)", (true|false)\}', definition("src/cli/catalogue.c", "warnings"))
    assert len(rows) == len(dict(rows))
    return {name: security == "true" for name, security in rows}


def page():
    """The rows of the page's table: (id, marked as one of security, meaning, cure)."""
    section = re.search(r"^#+ Warnings\n(.*?)^#", PAGE, re.DOTALL | re.MULTILINE)[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    assert [cell.strip() for cell in rows[0]] == ["id", "meaning", "cure"]
    return [(re.match("`(.*?)`", row[0])[1], row[0].endswith(" **security**"), *row[1:]) for row in rows[2:]]


def test_every_warning_has_an_id_that_can_be_read_off_the_code():
    assert len(calls()) > 9
    assert not [first for first in calls() if not re.fullmatch(r'"[a-z]+(-[a-z]+)*"|remark_id\(.*\)|id', first)]


def test_every_remark_has_an_id():
    kinds = re.search(r"enum remark_kind \{(.*?)\};", SOURCES["src/resolve/decide.h"], re.DOTALL)[1]
    assert re.findall(r"\bREMARK_\w+", kinds) == list(remark_ids())
    assert len(set(remark_ids().values())) == len(remark_ids())


def test_the_table_holds_what_the_code_warns_of_and_nothing_else():
    assert set(table()) == used()


@pytest.mark.parametrize("name", table())
def test_an_id_is_of_words_and_dashes(name):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)


def test_the_page_explains_all_of_them_and_nothing_else():
    assert sorted(row[0] for row in page()) == sorted(table())


def test_the_page_marks_those_of_security():
    assert {row[0] for row in page() if row[1]} == {name for name, security in table().items() if security}


def test_the_page_says_of_each_what_it_means_and_what_cures_it():
    assert not [row for row in page() if len(row) != 4 or min(map(len, row[2:])) < 10]
