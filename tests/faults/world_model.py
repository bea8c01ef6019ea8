"""The model of a world (worlds.py): what stores and deployments hold, and what a run of fernit has said and given."""
import configparser
import functools
import json
import os
import re
from dataclasses import dataclass, field

from keys import fingerprint
from world_steps import BY_FILE, INIT, MISNAMED, VARIABLE, WAYS, Action

KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
#: A key that fernit has written beside a command, which it runs all the same.
MARKED = "# fernit keeps this beside fernet_key_cmd\nfernet_key"

#: Warnings that keys cannot be read: those whose fingerprints the text shows,
OF_KEYS = {"dropped-key", "fewer-keys", "other-key", "replaced-key"}
#: ... those of the source that it names, which cannot be read or is not asked,
OF_SOURCES = {"broken-source", "unused-source"}
#: ... all, since the store's ring is gone.
LOST = "lost-ring"
#: ... all but the winner's, in any warning or hint of `init`: what starts behind it has a variable, which hides airflow.cfg.
OUTSIDE = re.compile(r"docker exec (sees .* alone|still gets it|and pod templates do not)")


def keys_in(text):
    return KEY.findall(text)


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def named_file(value):
    """Of `cat FILE` or FILE."""
    return (value.split() or [""])[-1]


@functools.lru_cache(100)
def core_options(text):
    """[core] of an airflow.cfg."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return dict(parser["core"]) if "core" in parser else {}


@dataclass(frozen=True)
class Stored:
    """What a store holds; the keys of a file in their order."""

    ring: list
    staged: list
    retired: list
    others: list  # of the other secrets, wherever in the store
    has_ring: bool

    @staticmethod
    def look(folder):
        retired = sorted(os.listdir(f"{folder}/retired")) if os.path.isdir(f"{folder}/retired") else []
        others = ["secret_key", "secret_key.staged", *(f"retired/{name}" for name in retired if "." in name)]
        return Stored(
            keys_in(read(f"{folder}/fernet_key")),
            keys_in(read(f"{folder}/fernet_key.staged")),
            [key for name in retired if "." not in name for key in keys_in(read(f"{folder}/retired/{name}"))],
            [key for name in others for key in keys_in(read(f"{folder}/{name}"))],
            os.path.lexists(f"{folder}/fernet_key"),
        )

    @property
    def fernet(self):
        return {*self.ring, *self.staged, *self.retired}

    @property
    def all(self):
        return self.fernet.union(self.others)

    @property
    def shows_loss(self):
        return not self.has_ring and bool(self.staged or self.retired)


@dataclass
class Deployment:
    environment: dict
    used: set = field(default_factory=set)  # keys that have encrypted
    own: set = field(default_factory=set)  # keys that its sources and its store hold
    held: set = field(default_factory=set)  # ... and what stands aside, or in the stores of others with the same airflow.cfg
    gone: set = field(default_factory=set)  # keys that a person took away
    told: set = field(default_factory=set)  # keys that a start with this airflow.cfg has said it lacks, and that are unasked()
    handed_on: set = field(default_factory=set)  # keys that the last starts gave

    @property
    def store(self):
        return self.environment["FERNIT_STORE"]

    @property
    def cfg(self):
        return self.environment["AIRFLOW_HOME"] + "/airflow.cfg"

    def sources(self):
        """Every key that its sources hold now. What is not asked, since something comes before it, gives none."""
        options = core_options(read(self.cfg))
        files = [named_file(value) for name, value in self.environment.items() if name.endswith(("_FILE", "_SECRET"))]
        if not keys_in(options.get("fernet_key", "")):
            files.append(named_file(options.get("fernet_key_secret", "")))
        values = [value for name, value in self.environment.items() if name != MISNAMED]
        texts = [*values, *options.values(), *map(read, files)]
        return {key for text in texts for key in keys_in(text)}.union(self.given())

    def asides(self):
        """What is no source and stays: what is not asked, and what airflow.cfg has as another secret or a comment."""
        cfg = read(self.cfg)
        options = core_options(cfg)
        values = [self.environment.get(f"{VARIABLE}_CMD", ""), *(options.get(f"fernet_key_{way}", "") for way in ("cmd", "secret"))]
        return {key for text in [cfg, *(read(named_file(value)) for value in values)] for key in keys_in(text)}

    def unasked(self):
        """What only a fernet_key_secret gives: where fernit writes fernet_key into the file, Airflow asks for it no longer."""
        return set(keys_in(read(named_file(core_options(read(self.cfg)).get("fernet_key_secret", "")))))

    def has_none(self):
        """Whether a start is the first of all, and may create a Fernet key. Another secret in airflow.cfg alone shows none."""
        texts = [*self.environment.values(), *core_options(read(self.cfg)).values()]
        return not (Stored.look(self.store).all or self.given() or any(map(keys_in, texts)))

    def given(self, command_is_broken=False):
        """The keys that come from outside the store, of airflow.cfg's command too, unless it gives none that can be read.
        None where Airflow asks its secrets backend for them."""
        for name in WAYS:
            value = self.environment.get(name, "").strip()
            if value:
                return [] if name.endswith("_SECRET") else keys_in(read(named_file(value)) if name.endswith(BY_FILE) else value)
        cfg = read(self.cfg)
        options = core_options(cfg)
        is_asked = not command_is_broken and (MARKED in cfg or not keys_in(options.get("fernet_key", "")))
        return keys_in(read(named_file(options.get("fernet_key_cmd", "")))) if is_asked else []

    def airflow_reads(self, environment):
        """The ring that an Airflow with this environment decrypts with."""
        for name in (VARIABLE, f"{VARIABLE}_CMD", f"{VARIABLE}_SECRET"):
            if name in environment:
                return keys_in(environment[name] if name == VARIABLE else read(named_file(environment[name])))
        options = core_options(read(self.cfg))
        if "fernet_key" in options:
            return keys_in(options["fernet_key"].replace("$FERNET_KEY", environment.get("FERNET_KEY", "")))
        return keys_in(read(named_file(options.get("fernet_key_cmd") or options.get("fernet_key_secret", ""))))

    def is_unread(self, text):
        """Whether a warning says that airflow.cfg as a whole cannot be read."""
        return text.startswith(f"{self.cfg}: ") and not text.startswith(f"{self.cfg}: fernet_key")

    def held_by(self, text):
        """The keys of the source that a warning is about. Behind these words it names the one that counts."""
        words = set(re.findall(r"[^\s:;,()]+", text.split(", because ")[0]))
        options = core_options(read(self.cfg))
        words |= set(options) if self.is_unread(text) else set()
        values = [value for name, value in {**self.environment, **options}.items() if name in words]
        files = {word for word in words if word.startswith("/")} - {self.cfg}
        if files & {self.store, f"{self.store}/fernet_key"}:
            files |= {f"{self.store}/fernet_key", f"{self.store}/fernet_key.staged"}
        return {key for text in [*values, *map(read, map(named_file, values)), *map(read, files)] for key in keys_in(text)}


@dataclass
class Outcome:
    action: Action
    deployment: Deployment
    status: int
    out: str
    err: str
    unheard: str  # what the kernel kept from standard error
    offered: list  # the keys from outside, before

    @functools.cached_property
    def warnings(self):
        """(name, text) of each, with its hints."""
        lines = [json.loads(line) for line in (self.err + self.unheard).splitlines() if line.startswith("{") and line.endswith("}")]
        return [(line["id"], "\n".join([line["message"], *line.get("hint", [])])) for line in lines if line["level"] == "warning"]

    @property
    def said(self):
        return {name for name, _ in self.warnings}

    @property
    def given(self):
        """The keys from outside, but for those of a command that it calls broken, or cannot see."""
        unseen = [text for name, text in self.warnings if name == "broken-source"]
        broken = any("airflow.cfg: fernet_key_cmd" in text or self.deployment.is_unread(text) for text in unseen)
        return set(self.deployment.given(command_is_broken=True) if broken else self.offered)

    @property
    def passes_store(self):
        """Whether it says that it keeps nothing in the store, which it cannot read or write."""
        return any(name == "unkept-secret" or "is not stored" in text for name, text in self.warnings)

    def tells_of(self, key):
        """Whether a warning says that this key is missing."""
        return any(
            name == LOST
            or (self.action.words == INIT and OUTSIDE.search(text))
            or (name in OF_SOURCES and key in self.deployment.held_by(text))
            or (name in OF_KEYS and (fingerprint(key) in text or re.search(r" and \d+ more", text)))
            for name, text in self.warnings
        )

    @property
    def ring(self):
        """What Airflow decrypts with after this start; None where none can start."""
        if self.action.words[0] == "run":
            seen = dict(pair.split("=", 1) for pair in self.out.split("\0") if "=" in pair)
            return self.deployment.airflow_reads(seen) if seen else None
        serves = self.action.words == INIT and self.status == 0 and "cfg" in self.deployment.environment.get("FERNIT_DELIVER", "cfg")
        return self.deployment.airflow_reads(self.deployment.environment) if serves else None
