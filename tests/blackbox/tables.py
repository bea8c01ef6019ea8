"""The program's own tables of options, commands and messages, as `build/pages list` prints them."""
import pathlib
import re
import subprocess
from dataclasses import dataclass

TREE = pathlib.Path(__file__).resolve().parents[2]
PAGES = TREE / "build" / "pages"
SHARE = TREE / "build" / "share"

COMMANDS = {1: "run", 2: "init", 4: "status", 8: "key print", 16: "key retire"}  # one for each bit of `commands`


@dataclass(frozen=True)
class Option:
    name: str
    variable: str
    kind: str
    commands: int
    topic: str
    metavar: str
    default: str
    words: tuple
    help: str

    @property
    def flag(self):
        return "--" + self.name

    @property
    def shown(self):
        """Its default, as it is shown."""
        return "all of these" if self.kind == "set" and not self.default else self.default

    @property
    def key(self):
        """Its name in fernit.ini."""
        return self.name.replace("-", "_")

    @property
    def usage(self):
        return self.flag if self.kind == "flag" else f"{self.flag} {self.metavar}"


@dataclass(frozen=True)
class Command:
    name: str
    second: str
    options: int
    arguments: str
    summary: str

    @property
    def words(self):
        return [self.name, *([self.second] if self.second else [])]

    @property
    def usage(self):
        return " ".join(["fernit", *self.words, *([self.arguments] if self.arguments else [])])


@dataclass(frozen=True)
class Message:
    id: str
    is_error: bool
    is_warning: bool
    is_security: bool
    meaning: str
    cure: str

    @property
    def starred(self):
        return self.id + "*" * self.is_security


def rows(kind):
    if not PAGES.exists():
        raise RuntimeError(f"{PAGES} is missing: run make pages")
    text = subprocess.run([PAGES, "list"], check=True, capture_output=True, text=True, timeout=60).stdout
    lines = [line.split("\t") for line in text.splitlines()]
    return [["" if cell == "-" else cell for cell in line[1:]] for line in lines if line[0] == kind]


OPTIONS = [Option(name, variable, kind, int(commands), topic, metavar, default, tuple(words.split(", ")) if words else (), text)
           for name, variable, kind, commands, topic, metavar, default, words, text in rows("option")]
SETTINGS = [option for option in OPTIONS if option.variable]  # that may stand in the environment and in fernit.ini, too
COMMAND_ROWS = [Command(name, second, int(options), arguments, summary) for name, second, options, arguments, summary in rows("command")]
MESSAGES = [Message(name, *map(bool, flags), meaning, cure) for name, *flags, meaning, cure in rows("message")]
FIRST_WORDS = list(dict.fromkeys(row.name for row in COMMAND_ROWS))
TOPICS = {name: title for name, title, there in rows("topic") if there or name == "exit"}
HELP_TOPICS = [name for name in TOPICS if name not in FIRST_WORDS]


def named(options):
    """For pytest: a test for each, called by its name."""
    return {"argvalues": options, "ids": [option.name for option in options]}


def man_items(page):
    """The entries of a manual page, as its source has them: what is behind .It, and its text, all in the order of the page."""
    text = (SHARE / "man" / page).read_text()
    return [(match[1], match[2]) for match in re.finditer(r"^\.It (.*)\n((?:(?!\.It |\.El|\.Sh |\.Ss ).*\n)*)", text, re.MULTILINE)]
