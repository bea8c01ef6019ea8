"""What everybody does with fernit, on any file system: first starts, changes, key commands, an airflow.cfg that is there already."""
import stat
from dataclasses import dataclass, field

import configs
from conftest import fingerprint, new_key
from kept import NAMES, cfg_is_right
from test_race_proof import agree, released

PRINT = ["run", "printenv", "AIRFLOW__CORE__FERNET_KEY"]
CHANGES = ["keep", "stage", "refuse", "replace"]
CFG_MODES = [0o600, 0o640, 0o660, 0o644]


@dataclass
class Place:
    """A store and an AIRFLOW_HOME, and who uses them. `judge` looks at each start's end."""

    fernit: object
    folder: object
    prefix: list
    judge: object = lambda: None
    environment: dict = field(init=False)

    def __post_init__(self):
        self.store, self.cfg = self.folder / "store", self.folder / "airflow" / "airflow.cfg"
        self.environment = {"FERNIT_STORE": self.store, "AIRFLOW_HOME": self.cfg.parent, "FERNIT_MANAGE": "fernet_key,secret_key"}

    def __call__(self, *words, **options):
        done = self.fernit(*words, prefix=self.prefix, guard=False, **{**self.environment, **options})
        self.judge()
        return done

    def works(self, *words, **options):
        done = self(*words, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def put(self, path, text, mode=0o600):
        """As the one who uses the place would have made it."""
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def ring(self, name="fernet_key"):
        path = self.store / name
        return path.read_text().strip().split(",") if path.exists() else []

    def retired(self):
        return {path.name for path in (self.store / "retired").glob("[0-9a-f]*")}

    def in_cfg(self):
        return configs.parse(self.cfg.read_bytes())["core"]["fernet_key"].split(",")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def tell_first_starts(place, crowd):
    starts = crowd(30, prefix=lambda i: place.prefix, environment=lambda i: place.environment)
    assert agree(place.store, released(starts)) == 1
    assert {path.name for path in place.store.iterdir()} <= NAMES and [path.name for path in place.cfg.parent.iterdir()] == ["airflow.cfg"]
    assert cfg_is_right(place.cfg.read_bytes(), place.store)
    assert {mode(path) for path in (place.cfg, *place.store.iterdir())} == {0o600}
    assert place("init").stderr == ""


def tell_change(place, change):
    old, new = new_key(), new_key()
    place.put(place.store / "fernet_key", old + "\n")
    done = place(*PRINT, FERNET_KEY=new, FERNIT_ON_CHANGE=change)
    assert done.returncode == (125 if change == "refuse" else 0), done.stderr
    assert (place.ring(), place.ring("fernet_key.staged"), place.retired()) == {
        "keep": ([new, old], [], set()),
        "stage": ([old], [new], set()),
        "refuse": ([old], [], set()),
        "replace": ([new], [], {fingerprint(old)}),
    }[change]
    given = {"keep": [new, old], "stage": [old, new], "refuse": [old], "replace": [new]}[change]
    assert place.works(*PRINT).split(",") == place.in_cfg() == given


def tell_key_commands(place):
    old, new = new_key(), new_key()
    place.put(place.store / "fernet_key", old + "\n", 0o640)
    place.put(place.store / "fernet_key.staged", new + "\n")
    place.works("key", "promote", "--yes")
    assert (place.ring(), place.ring("fernet_key.staged"), mode(place.store / "fernet_key")) == ([new, old], [], 0o640)
    place.works("key", "retire", "--yes")
    assert (place.ring(), place.retired()) == ([new], {fingerprint(old)})
    place.works("key", "unretire", fingerprint(old), "--yes")
    assert (place.ring(), place.retired()) == ([new, old], set())
    place.works("key", "retire", fingerprint(old), "--yes")
    place.works("key", "destroy", fingerprint(old), "--yes")
    assert (place.ring(), place.retired(), mode(place.store / "fernet_key")) == ([new], set(), 0o640)
    assert place.works(*PRINT) == new


def tell_cfg(place, its_mode):
    place.put(place.cfg, "# ours\n[core]\nexecutor = LocalExecutor\nfernet_key =\n", its_mode)
    before = place.cfg.stat()
    assert [place.works(*PRINT)] == place.in_cfg() == place.ring()
    place.works("init", FERNET_KEY=new_key())
    assert place.in_cfg() == place.ring() and len(place.ring()) == 2
    after = place.cfg.stat()
    assert place.cfg.read_text().startswith("# ours\n")
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
