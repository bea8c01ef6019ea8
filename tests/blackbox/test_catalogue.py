"""The catalogue of errors and warnings: what the sources use, its table of ids, help, doc/messages.md and fernit-messages(7) are the same."""
import errno
import os
import pathlib
import re
import subprocess

import pytest

from tables import MESSAGES, PAGES, man_items
from test_messages import strings

TREE = pathlib.Path(__file__).resolve().parents[2]
SOURCES = {str(path.relative_to(TREE)): path.read_text() for place in ("src", "cmd") for path in (TREE / place).rglob("*.c")}
DOC = TREE / "doc/messages.md"
PAGE = DOC.read_text()

LOG = ("src/base/log.c", "src/base/error.c")  # they pass on the ids of others
IDS = r'"([a-z]+(?:-[a-z]+)*)"'
ERRORS = [row for row in MESSAGES if row.is_error]
WARNINGS = [row for row in MESSAGES if row.is_warning]


def each(rows):
    return {"argvalues": rows, "ids": [row.id for row in rows]}


def calls(name, argument):
    """These arguments of all calls, as the sources have them."""
    pattern = re.compile(rf"\b{name}\(((?:[^,;()]|\([^;()]*\))*)" + r",\s*((?:[^,;()]|\([^;()]*\))*)" * argument)
    return [match[argument + 1].strip() for path, text in SOURCES.items() if path not in LOG for match in pattern.finditer(text)]


def remark_ids():
    return dict(re.findall(r'\[(REMARK_\w+)\] = \{"([^"]*)"', re.search(r"\bkinds\[\] = \{.*?\n *\};", SOURCES["src/resolve/remark.c"], re.DOTALL)[0]))


def option_file_ids():
    body = re.search(r"\*option_file_remark\(.*?\n}", SOURCES["src/resolve/option_files.c"], re.DOTALL)[0]
    return re.findall(r'return "(.*?)"', body)


def kind_ids():
    return re.findall(IDS, re.search(r"\*const kinds\[\] = \{.*?\};", SOURCES["src/base/error.c"], re.DOTALL)[0])


def literals(arguments):
    return {name for argument in arguments for name in re.findall(IDS, argument)}


def page_table(place):
    """The rows of one of the page's tables; (id, marked as one of security, other cells)."""
    section = re.search(rf"^<!-- {place} -->\n(.*?)^<!-- /{place} -->", PAGE, re.MULTILINE | re.DOTALL)[1]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines()]
    return [(re.match("`(.*?)`", row[0])[1], row[0].endswith(" **security**"), *row[1:]) for row in rows[2:]]


# --- The sources


def test_every_id_can_be_read_off_the_sources():
    errors, warnings = calls("error_id", 1) + calls("log_error", 0), calls("log_warning", 0)
    assert len(errors) > 30 and len(warnings) > 9
    assert not [text for text in errors if not re.fullmatch(rf"{IDS}|.* \? {IDS}\s*: {IDS}|remark_id\(.*\)", text, re.DOTALL)]
    assert not [text for text in warnings if not re.fullmatch(rf"{IDS}|remark_id\(.*\)|id", text)]


def test_no_id_is_given_in_another_way():
    """`calls` has found all calls that there are."""
    for name, argument in (("error_id", 1), ("log_error", 0), ("log_warning", 0)):
        there = sum(len(re.findall(rf"\b{name}\(", text)) for path, text in SOURCES.items() if path not in LOG)
        assert len(calls(name, argument)) == there, name


def test_every_remark_has_an_id():
    kinds = re.search(r"enum remark_kind \{(.*?)\};", (TREE / "src/resolve/decide.h").read_text(), re.DOTALL)[1]
    assert re.findall(r"\bREMARK_\w+", kinds) == list(remark_ids())
    assert len(set(remark_ids().values())) == len(remark_ids())


def test_the_catalogue_has_the_errors_of_the_sources_and_no_others():
    """With --strict a warning about security is an error that keeps its id."""
    security = {row.id for row in MESSAGES if row.is_security}
    assert {row.id for row in ERRORS} - security == (literals(calls("error_id", 1) + calls("log_error", 0)) | set(kind_ids())) - security


def test_the_catalogue_has_the_warnings_of_the_sources_and_no_others():
    assert {row.id for row in WARNINGS} == literals(calls("log_warning", 0)) | set(remark_ids().values()) | set(option_file_ids())


def test_an_id_has_one_row():
    assert len({row.id for row in MESSAGES}) == len(MESSAGES) > 50
    assert not [row.id for row in MESSAGES if row.is_security and not row.is_warning]


# --- Where they are explained


@pytest.mark.parametrize("row", **each(MESSAGES))
def test_help_says_what_happened_and_what_to_do(fernit, row):
    done = fernit("help", row.id)
    head, meaning, cure, more = done.stdout.strip().split("\n\n")
    assert (done.returncode, done.stderr) == (0, "")
    level = " or ".join(["error"] * row.is_error + ["warning"] * row.is_warning)
    assert head == f"{row.id}: {level}" + ", about security" * row.is_security
    assert [" ".join(text.split()) for text in (meaning, cure)] == [row.meaning, row.cure]
    assert more == "More: fernit-messages(7)"
    for text in (row.meaning, row.cure):
        assert 10 <= len(text) <= 160 and text.endswith(".")


def test_the_tables_of_the_page_are_what_make_readme_writes():
    done = subprocess.run([PAGES, "readme", DOC], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == PAGE, "run make readme"


@pytest.mark.parametrize("place, rows", [("errors", ERRORS), ("warnings", WARNINGS)], ids=["errors", "warnings"])
def test_the_page_explains_all_of_them_and_nothing_else(place, rows):
    table = page_table(place)
    assert [row[0] for row in table] == [row.id for row in rows]
    assert {row[0] for row in table if row[1]} == {row.id for row in rows if row.is_security and place == "warnings"}
    assert not [row for row in table if min(map(len, row[-2:])) < 10]


def man_section(title):
    text = (PAGES.parent / "share/man/man7/fernit-messages.7").read_text()
    return re.search(rf"^\.Ss {title}\n(.*?)^\.S[sh] ", text, re.MULTILINE | re.DOTALL)[1]


def test_the_manual_page_explains_all_of_them_and_nothing_else():
    assert re.findall(r"^\.It Cm (\S+)$", man_section("Errors"), re.MULTILINE) == [row.id for row in ERRORS]
    heads = re.findall(r"^\.It Cm (.+)$", man_section("Warnings"), re.MULTILINE)
    assert heads == [row.id + " Pq security" * row.is_security for row in WARNINGS]
    entries = [text for head, text in man_items("man7/fernit-messages.7") if head.startswith("Cm ")]
    assert len(entries) == len(ERRORS) + len(WARNINGS) and not [text for text in entries if "\n.Pp\n" not in text]


# --- What an error looks like: its line has no id.

VALUE = re.compile(r"%[-.*\d]*(?:s|[jzl]*[udo])")
LITERALS = [text.replace('\\"', '"') for path in (TREE / "src").rglob("*.[ch]") for _, text in strings(path.read_text())]
#: Each message, with nothing, or with a word, in place of its values.
SAID = [shape for text in LITERALS for shape in (VALUE.sub("", text), VALUE.sub("...", text))]
#: What stands before a message: a path, a variable, a file, a target.
PLACE = re.compile(r"\.\.\.|[A-Z_/.][\w/.]*|airflow\.cfg|fernit\.ini|vault|line \d+|--wait-for db|the (database|name).*")
REASONS = {*map(os.strerror, errno.errorcode), "Quota exceeded", "Out of memory", "Resource busy"}  # musl's words differ
#: What stands in a message for a value.
NAMES = re.compile(r"(?<!\w)/\w[\w/]*|\b(?:FERNET_KEY|AIRFLOW_|COMMAND|Fernet key|(?<!and )fernet_key|secret_key|the (?:key|value)|an option|a command"
                   r"|a directory|other (?:hosts|containers)|31)\b")


def holds(text, parts):
    """Whether the parts stand in it, in their order."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True


def is_said(look):
    """Whether a message of the sources is this, with anything in place of each "..." and of each name."""
    parts = [part.strip(" ") for part in NAMES.sub("...", look).split("...")]
    return any(parts) and any(holds(text, parts) for text in SAID)


def not_said(look):
    """What of it no message of the sources says."""
    if is_said(look):
        return []
    return [part for part in look.split(": ") if not (part in REASONS or PLACE.fullmatch(part) or is_said(re.sub(r"\d+", "...", part)))]


@pytest.mark.parametrize("row", page_table("errors"), ids=lambda row: row[0])
def test_an_error_looks_as_the_page_says(row):
    looks = re.findall("`(.*?)`", row[2])
    assert looks or row[0] in kind_ids()
    assert not [part for look in looks for part in not_said(look)]


def test_each_message_that_the_page_explains_is_one_of_the_sources():
    section = re.search(r"^<!-- /errors -->\n(.*?)^## Warnings", PAGE, re.MULTILINE | re.DOTALL)[1]
    looks = [look for line in section.splitlines() if line.startswith("| `") for look in re.findall("`(.*?)`", line.split(" | ")[0])]
    assert len(looks) > 80
    assert not [(look, parts) for look in looks if (parts := not_said(look))]


@pytest.mark.parametrize("look", ["no key is made: the store ... would be on ...", "... is no option", "airflow.cfg: ... somebody else has put another key there"])
def test_what_no_message_says_is_found(look):
    """The three are of earlier versions."""
    assert not_said(look)
