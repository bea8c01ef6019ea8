"""The words of fernit's messages, as they stand in the sources: each is one fact in one short line of plain English."""
import pathlib
import re

import pytest

pytestmark = pytest.mark.real_binary  # about the sources

TREE = pathlib.Path(__file__).resolve().parents[2]
LONGEST = 160  # characters, with usual values in place of %s
SAYS = re.compile(
    r"\b(log_(?:error|warning|notice|detail)|error_(?:usage|input|refused|sys|within|hint|advise)|advise|say|status_add|error_within"
    r"|snprintf)\s*\("
)
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
#: Usual values: a path such as /var/lib/fernit/fernet_key, a fingerprint, a variable, a uid.
VALUES = [(r"%%", "%"), (r"%\.?\*?\d*(?:\.\d+)?s", "x" * 20), (r"%[-+ 0#]*\d*(?:\.\d+)?(?:hh|h|ll|l|j|z|t)?[diuxXo]", "50000")]
#: What plain English has another word for.
RULED_OUT = re.compile(
    r"\b(made|makes?|making|ground|whoever|somebody|nobody|neither|nor|so is|that which|one that|of it|comes? along|gives? away|counts?"
    r"|we|us|our|ourselves)\b"
)


def strings(text):
    """All string literals, those beside each other as one, and the offset of each."""
    at, found = 0, []
    while match := LITERAL.search(text, at):
        parts, at = [match[1]], match.end()
        while beside := re.compile(r"\s*" + LITERAL.pattern).match(text, at):
            parts.append(beside[1])
            at = beside.end()
        found.append((match.start(), "".join(parts)))
    return found


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda comment: re.sub(r"[^\n]", " ", comment[0]), text, flags=re.DOTALL)


def messages():
    """(file:line, text) of each literal that is a sentence or a part of one."""
    found = []
    for path in sorted((TREE / "src").rglob("*.c")):
        text = without_comments(path.read_text())
        text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
        for offset, literal in strings(text):
            if len(re.findall(r"[a-z]{2,}", literal)) > 2 and " " in literal:
                found.append((f"{path.relative_to(TREE)}:{text.count(chr(10), 0, offset) + 1}", literal))
    return found


MESSAGES = [found for found in messages() if not found[0].startswith(("src/cli/help", "src/cli/options", "src/cli/commands"))]


def shown(text):
    for pattern, value in VALUES:
        text = re.sub(pattern, value, text)
    return text.replace('\\"', '"').split("\\n")


def test_there_are_messages():
    assert len(MESSAGES) > 200


def test_each_line_has_at_most_160_characters():
    assert not [(place, len(line), line) for place, text in MESSAGES for line in shown(text) if len(line) > LONGEST]


def test_each_is_one_fact():
    """What to do is a hint; a second fact is a second message."""
    assert not [(place, text) for place, text in MESSAGES if re.search(r";(?! do$)", re.sub(r'\\".*?\\"', "", text))]


def test_none_has_a_fraction():
    """The program for arm64 is linked without what printf needs for one (Makefile)."""
    formats = [(path.name, literal) for path in (TREE / "src").rglob("*.c") for _, literal in strings(without_comments(path.read_text()))]
    assert not [found for found in formats if re.search(r"(?<!%)%[-+ 0#]*[\d*]*(?:\.[\d*]+)?L?[aefgAEFG]", found[1])]


def test_the_words_are_plain():
    assert not [(place, word[0], line) for place, text in MESSAGES for line in shown(text) if (word := RULED_OUT.search(line))]
