"""airflow.cfg, judged by Python's configparser set up as Airflow sets it up, and random files to judge."""
import configparser
import io
import random
import re


def parse(data):
    """Reads bytes as Airflow reads its file; raises what it would raise."""
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read_file(io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    return parser


def effective(parser):
    """Every option of every section as it would be found, [DEFAULT] included: (section, option) to raw value."""
    found = {("DEFAULT", name): value for name, value in parser.defaults().items()}
    for section in parser.sections():
        found |= {(section, name): value for name, value in parser.items(section, raw=True)}
    return found


def expected(before, ring):
    """What Airflow must find after fernit has put the ring into the file."""
    wanted = effective(before)
    if not before.has_section("core"):
        wanted |= {("core", name): value for name, value in before.defaults().items()}
    wanted["core", "fernet_key"] = ring
    return wanted


def sections(parser):
    return parser.sections() if parser.has_section("core") else [*parser.sections(), "core"]


def lines(data):
    """With their ends: LF, CR LF, or CR."""
    return re.findall(rb"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", data)


def content(line):
    return line.decode().strip().encode()


def only_the_key_changed(before, after, ring):
    """Byte for byte: one line `fernet_key = RING` is new, and at most the old one and its continuations are gone."""
    line = f"fernet_key = {ring}".encode()
    if after.startswith(before):
        added = [part.strip() for part in lines(after[len(before) :]) if part.strip()]
        if added in ([line], [b"[core]", line]):
            return True
    old, new = lines(before), lines(after)
    same = next(i for i, (was, now) in enumerate(zip(old, new)) if was != now)
    if content(new[same]) != line:
        return False
    old, new = old[same:], new[same + 1 :]
    if old == new:
        return True  # inserted
    if not content(old[0]).startswith(b"fernet_key"):
        return False
    at = 0
    for was in old[1:]:
        if at < len(new) and new[at] == was:
            at += 1
        elif not was[:1].isspace() and was[:1] < b"\x7f" or not content(was) or content(was)[:1] in (b"#", b";"):
            return False  # only an indented line with something in it continues a value
    return at == len(new)


# --- Random files

SECTIONS = ["core", "core", "core", "database", "webserver", "celery", "CORE", "Core", "core ", " core", "DEFAULT", "DEFAULT", "a" * 49, "a" * 50, "кора", "x y"]
OPTIONS = [
    "executor", "sql_alchemy_conn", "dags_folder", "fernet_keys", "FERNET_KEY", "Fernet_Key", "a b", "x[1]", "ключ", "n" * 49, "n" * 50, "n" * 300,
    "fernet_key ; old", "%(x)s", "$y", "{z}", "'q'", "-", "0",
]  # fmt: skip
VALUES = [
    "", "", "1", "LocalExecutor", "a ; b", "a # b", "100%%", "%(executor)s", "%(nothing)s", "50%", "$HOME/dags", "~/x", "a=b", "a:b", "[core]", "= x",
    "fernet_key = y", "'quoted'", '"', "postgresql+psycopg2://u:p%%40@h/db?a=b#c", "ü\u00a0ü", "\u2028", "]", "[", "x" * 5000, "\x0bv\x0c", "a\x1cb", "\\",
]  # fmt: skip
INDENTS = ["", "", "", "", " ", "  ", "\t", " \t", "    ", "\u00a0", "\u3000 ", "\x0c"]
BLANKS = ["", "", "", " ", "\t", "\u00a0", "\x0b", "  \x85"]
DELIMITERS = ["=", " = ", " = ", ":", " : ", "\t=\t", " =", "= ", "\u00a0=\u00a0", "   :   "]
ENDS = ["\n", "\n", "\n", "\r\n", "\r\n", "\r"]


class Writer:
    """Writes one random file; most are such that configparser reads them."""

    def __init__(self, seed, key):
        self.random = random.Random(seed)
        self.key = key
        self.end = self.random.choice(ENDS)
        self.mixed = self.random.random() < 0.1
        self.rough = self.random.random() < 0.25  # may hold what configparser refuses
        self.deep = self.random.random() < 0.4  # indented here and there
        self.text = []
        self.seen = set()
        self.section = None

    def one(self, choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    def line(self, text):
        self.text.append(text + (self.one(ENDS) if self.mixed else self.end))

    def indent(self):
        return self.one(INDENTS) if self.deep else ""

    def header(self):
        name = self.one(SECTIONS)
        if name != "DEFAULT" and name in self.seen and not (self.rough and self.chance(0.1)):
            return
        self.seen.add(name)
        self.section = name
        self.line(self.indent() + f"[{name}]" + self.one(["", "", "", " ", " # x", " ; [y" if self.rough else ""]))

    def key_value(self):
        return self.one([self.key, self.key, "", "$NO_SUCH_VARIABLE", "${NO_SUCH_VARIABLE}", f"'{self.key}'", f"{self.key},{self.key}"])

    def option(self):
        is_key = self.chance(0.2)
        name = "fernet_key" if is_key else self.one(OPTIONS)
        if (self.section, name) in self.seen and not (self.rough and self.chance(0.1)):
            return
        self.seen.add((self.section, name))
        depth = self.indent()
        value = self.key_value() if is_key else self.one(VALUES)
        self.line(depth + name + self.one(DELIMITERS) + value + self.one(BLANKS))
        for _ in range(self.one([0, 0, 0, 0, 1, 2, 4])):
            self.continuation(depth, is_key)

    def continuation(self, depth, is_key):
        kind = self.random.random()
        if kind < 0.25:
            self.line(self.one(BLANKS))
        elif kind < 0.5:
            self.line(self.one([depth, depth + "  ", ""]) + self.one(["# ", "; ", "#", ";"]) + self.one(["fernet_key = old", "why", "[core]"]))
        elif is_key:
            self.line(depth + "  " + self.one(["'", '"', "$", " "]))
        else:
            self.line(depth + self.one([" ", "    ", "\t", "\u3000"]) + self.one(VALUES))

    def noise(self):
        self.line(self.indent() + self.one(["", "", " ", "# fernet_key = old", ";fernet_key = old", "# [core]", "#", "; x = y"]))

    def fault(self):
        self.line(self.indent() + self.one(["just words", "[core", "= nothing", "[]", "[a]]", ": x", "\ufeff[core]", "key", "[a] [b]", "\x00", "[x = y", "[]x = y"]))

    def write(self):
        if self.chance(0.02):
            self.text.append("\ufeff")
        for _ in range(self.one([0, 0, 1, 3])):
            self.noise()
        for _ in range(self.random.randrange(0, 6)):
            self.header()
            for _ in range(self.random.randrange(0, 7)):
                if self.section is None and not self.rough:
                    continue
                self.noise() if self.chance(0.2) else self.option()
                if self.rough and self.chance(0.03):
                    self.fault()
        text = "".join(self.text)
        if self.chance(0.2):
            text = text.rstrip("\r\n")
        return text.encode()


def random_file(seed, key):
    return Writer(seed, key).write()
