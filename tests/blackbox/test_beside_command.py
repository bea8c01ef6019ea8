"""A value in airflow.cfg with a command beside it. Airflow reads the value and never runs the command; fernit runs it
only where a comment line above the value says that fernit wrote it. Each start is made twice: the second one finds in
the store what the first has put there."""
import pytest

from conftest import errors, hints, listing, warnings
from keys import fingerprint, new_key

MARK = "# fernit keeps this beside fernet_key_cmd\n"
CHANGES = ["keep", "stage", "refuse", "replace"]
#: Starts whose Airflow has its environment, and those whose Airflow has the file alone.
RUN = ["run", "true"]
BY_FILE = [["init"], ["run", "--deliver", "cfg", "true"]]
STARTS = [RUN, *BY_FILE, ["run", "--deliver", "env", "true"]]
OTHERS = [("webserver", "secret_key"), ("api_auth", "jwt_secret")]


class Beside:
    """A file with a command that notes that it ran, and gives what is put into `source`."""

    def __init__(self, fernit, write_cfg, store, folder):
        self.fernit, self.write_cfg, self.store = fernit, write_cfg, store
        self.source, self.ran = folder / "source", folder / "it-ran"

    def gives(self, key):
        self.source.write_text(f"{key}\n")

    def command(self, option="fernet_key_cmd"):
        return f"{option} = sh -c 'echo x >>{self.ran}; cat {self.source}'\n"

    def owned(self, key):
        return f"[core]\nfernet_key = {key}\n{self.command()}"

    def marked(self, key):
        return f"[core]\n{MARK}fernet_key = {key}\n{self.command()}"

    def alone(self):
        return f"[core]\n{self.command()}"

    def write(self, text):
        self.cfg = self.write_cfg(text)

    def start(self, *words, status=0, **environment):
        done = self.fernit(*words, **environment)
        assert done.returncode == status, done.stderr
        return done

    def kept(self, name="fernet_key"):
        return (self.store / name).read_text().strip()


@pytest.fixture
def beside(fernit, write_cfg, store, tmp_path):
    return Beside(fernit, write_cfg, store, tmp_path)


# --- What the owner of the file wrote


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("words", STARTS)
def test_the_command_beside_a_key_of_the_owner_never_runs_and_each_start_says_so(beside, words, change):
    own = new_key()
    beside.gives(new_key())
    beside.write(beside.owned(own))
    for _ in range(3):
        done = beside.start(words[0], "--on-change", change, *words[1:])
        assert warnings(done)[0] == f"fernit: warning: unused-source: {beside.cfg}: fernet_key_cmd is not run, because Airflow reads the fernet_key in the file"
        assert hints(done) == ["fernit: hint: remove fernet_key_cmd", "fernit: hint: or, to use it, remove fernet_key once the store has that secret"]
        assert len(warnings(done)) == 1 and beside.kept() == own and not (beside.store / "fernet_key.staged").exists()
        assert beside.cfg.read_text() == beside.owned(own)
    assert not beside.ran.exists()


@pytest.mark.parametrize("section, name", OTHERS)
def test_the_same_holds_for_the_other_secrets(beside, section, name):
    own, manage = new_key(), {"FERNIT_MANAGE": f"fernet_key,{name}"}
    beside.gives(new_key())
    beside.write(f"[{section}]\n{name} = {own}\n{beside.command(name + '_cmd')}")
    for _ in range(3):
        [told] = [line for line in warnings(beside.start(*RUN, **manage)) if f"{name}_cmd is not run, because Airflow reads the " in line]
        assert told.endswith(f"{name} in the file") and beside.kept(name) == own
    assert not beside.ran.exists()


@pytest.mark.parametrize(
    "above", ["#" + MARK, " " + MARK, MARK[:-1] + " \n", MARK + "\n", MARK + "# x\n", MARK.upper(), MARK + "executor = x\n", MARK.replace("fernet", "secret")]
)
def test_what_is_not_exactly_the_mark_is_none(beside, above):
    own = new_key()
    beside.gives(new_key())
    beside.write(f"[core]\n{above}fernet_key = {own}\n{beside.command()}")
    for _ in range(2):
        assert "is not run" in warnings(beside.start(*RUN))[0] and beside.kept() == own
    assert not beside.ran.exists()


def test_a_command_that_was_left_over_changes_no_key(beside):
    own = new_key()
    beside.write(f"[core]\nfernet_key = {own}\nfernet_key_cmd = {beside.fernit.program} key generate\n")
    for _ in range(3):
        beside.start(*RUN)
        assert beside.kept() == own


def test_a_key_of_the_owner_gets_no_mark_when_the_ring_is_written_there(beside):
    own, given = new_key(), new_key()
    beside.gives(new_key())
    beside.write(beside.owned(own))
    beside.start(*RUN, FERNET_KEY=given)
    for _ in range(2):
        assert beside.cfg.read_text() == beside.owned(f"{given},{own}")
        beside.start(*RUN)
        assert beside.kept() == f"{given},{own}" and not beside.ran.exists()


def test_a_command_that_reads_our_store_is_no_matter(beside):
    beside.write(f"[core]\nfernet_key = {new_key()}\nfernet_key_cmd = cat {beside.store}/fernet_key\n")
    for _ in range(2):
        assert "is not run" not in beside.start(*RUN).stderr


def test_what_the_warning_advises_works(beside):
    own, other = new_key(), new_key()
    beside.gives(other)
    beside.write(beside.owned(own))
    beside.start(*RUN)
    beside.write(beside.alone())
    assert fingerprint(other) in warnings(beside.start(*RUN))[0] and beside.kept() == f"{other},{own}"
    beside.write(f"[core]\nfernet_key = {other},{own}\n")
    assert beside.start(*RUN).stderr == ""


def test_status_says_the_same_and_runs_it_as_little(beside):
    beside.gives(new_key())
    beside.write(beside.owned(new_key()))
    for _ in range(2):
        said = beside.start("status", "--run-commands").stdout
        assert "fernet_key_cmd is not run, because" in said and "a command that Airflow never runs" in said
        beside.start(*RUN)
    assert not beside.ran.exists()


# --- What fernit wrote


@pytest.mark.parametrize("words", BY_FILE)
def test_what_fernit_writes_beside_a_command_has_the_mark_once(beside, words):
    beside.write(beside.alone())
    keys = []
    for _ in range(4):
        keys.insert(0, new_key())
        beside.gives(keys[0])
        beside.start(*words)
        before = beside.cfg.stat().st_ino
        beside.start(*words)
        assert beside.cfg.stat().st_ino == before, "a steady start writes nothing"
        assert beside.cfg.read_text() == (beside.marked(",".join(keys)) if len(keys) > 1 else beside.alone())
        assert beside.kept() == ",".join(keys)


@pytest.mark.parametrize("store_has_it", [True, False])
@pytest.mark.parametrize("words", [RUN, *BY_FILE])
def test_the_command_is_run_beside_it_and_gives_new_keys(beside, words, store_has_it):
    old, new = new_key(), new_key()
    beside.write(beside.marked(old))
    if store_has_it:
        beside.gives(old)
        assert warnings(beside.start(*words)) == [] and beside.kept() == old
    beside.gives(new)
    assert fingerprint(old) in beside.start(*words).stderr
    for _ in range(2):
        assert beside.kept() == f"{new},{old}" and beside.cfg.read_text() == beside.marked(f"{new},{old}")
        assert warnings(beside.start(*words)) == []


@pytest.mark.parametrize("words", [RUN, *BY_FILE])
def test_its_new_key_can_be_refused(beside, words):
    old, new = new_key(), new_key()
    beside.gives(old)
    beside.write(beside.marked(old))
    beside.start(*words)
    beside.gives(new)
    before = listing(beside.store), beside.cfg.read_text()
    for _ in range(2):
        done = beside.start(words[0], "--on-change", "refuse", *words[1:], status=125)
        assert fingerprint(new) in errors(done)[0] and (listing(beside.store), beside.cfg.read_text()) == before


@pytest.mark.parametrize("words", [RUN, *BY_FILE])
def test_a_command_that_fails_once_comes_back(beside, words):
    old, new = new_key(), new_key()
    beside.gives(old)
    beside.write(beside.alone())
    beside.start(*words)
    beside.source.unlink()
    for _ in range(2):
        assert "fernet_key_cmd: sh: ended with status 1" in warnings(beside.start(*words))[0]
        assert beside.kept() == old and beside.cfg.read_text() == (beside.alone() if words == RUN else beside.marked(old))
    beside.gives(new)
    assert fingerprint(new) in warnings(beside.start(*words))[0]
    beside.start(*words)
    assert beside.kept() == f"{new},{old}" and beside.cfg.read_text() == (beside.alone() if words == RUN else beside.marked(f"{new},{old}"))


def test_a_key_that_was_given_once_stands_before_the_command_as_long_as_it_is_given(beside):
    """As where the command stands alone in the file."""
    commanded, given = new_key(), new_key()
    beside.gives(commanded)
    beside.write(beside.alone())
    beside.start(*RUN)
    for _ in range(2):
        beside.start(*RUN, FERNET_KEY=given)
        assert beside.kept() == f"{given},{commanded}" and beside.cfg.read_text() == beside.marked(f"{given},{commanded}")
    beside.start(*RUN)
    assert beside.kept() == f"{given},{commanded}"


def test_where_the_owner_takes_the_mark_away_the_value_is_his(beside):
    old = new_key()
    beside.gives(new_key())
    beside.write(beside.owned(old))
    for _ in range(2):
        assert "is not run" in warnings(beside.start("init"))[0] and beside.kept() == old


def test_an_empty_value_that_fernit_fills_is_its_own(beside):
    old, new = new_key(), new_key()
    beside.gives(old)
    beside.write(beside.alone())
    beside.start("init")
    beside.gives(new)
    beside.write(beside.owned(""))
    for _ in range(2):
        beside.start("init")
        assert beside.cfg.read_text() == beside.marked(f"{new},{old}") and beside.kept() == f"{new},{old}"


@pytest.mark.parametrize("section, name", OTHERS)
def test_the_other_secrets_have_their_marks(beside, section, name):
    old, new, manage = new_key(), new_key(), {"FERNIT_MANAGE": f"fernet_key,{name}"}
    mark = f"# fernit keeps this beside {name}_cmd\n"
    beside.gives(old)
    beside.write(f"[{section}]\n{beside.command(name + '_cmd')}[core]\nfernet_key = {new_key()}\n")
    beside.start("init", **manage)
    beside.source.unlink()
    for _ in range(2):
        beside.start("init", **manage)
        assert f"{mark}{name} = {old}\n" in beside.cfg.read_text() and beside.cfg.read_text().count("# fernit") == 1
    beside.gives(new)
    for _ in range(2):
        beside.start("init", **manage)
        assert beside.kept(name) == new and f"{mark}{name} = {new}\n" in beside.cfg.read_text()
        assert beside.cfg.read_text().count("# fernit") == 1


# --- The command that gives no key


@pytest.mark.parametrize("text", ["[core]\n{command}", "[core]\n{mark}fernet_key = {key}\n{command}"])
def test_while_the_command_fails_nothing_is_retired(beside, text):
    first, given = new_key(), new_key()
    beside.gives(given)
    beside.write(text.format(command=beside.command(), mark=MARK, key=given))
    beside.start(*RUN)
    (beside.store / "fernet_key").write_text(f"{first},{given}\n")
    beside.source.unlink()
    for _ in range(2):
        done = beside.start("key", "retire", "--yes", status=1)
        assert f"{beside.cfg}: fernet_key_cmd: sh: ended with status 1" in errors(done)[0]
        assert beside.kept() == f"{first},{given}" and not (beside.store / "retired").exists()


def test_a_command_that_is_not_run_keeps_nothing_from_being_retired(beside):
    first, own = new_key(), new_key()
    beside.write(beside.owned(first))
    beside.start(*RUN)
    (beside.store / "fernet_key").write_text(f"{first},{own}\n")
    beside.start("key", "retire", "--yes")
    assert beside.kept() == first and not beside.ran.exists()


def test_a_command_that_prints_no_key_is_not_said_to_be_used(beside):
    key = new_key()
    beside.gives(key)
    beside.write(beside.alone())
    beside.start(*RUN)
    beside.gives("x")
    for _ in range(2):
        assert f"the Fernet key comes from {beside.store}/fernet_key" in beside.start(*RUN).stderr
        said = beside.start("status", "--run-commands", status=1).stdout
        assert "broken" in said and not [line for line in said.splitlines() if "fernet_key_cmd" in line and "<- used" in line]
