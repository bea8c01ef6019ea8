"""A power cut at any request of a change leaves the old ring or the new one, and no key that a command was given is missing."""
import pytest

from conftest import fingerprint, new_key
from fuse import mounted_fixture  # noqa: F401
from power import Disk, cut_everywhere, kill_everywhere, put
from proofs import proof

SENTENCE = "{cuts} power cuts, each request of {starts} kinds of change, {states} different disks after them; {losses} losses"
PRINT = ["run", "--deliver", "env", "printenv", "AIRFLOW__CORE__FERNET_KEY"]
CHANGE = ["init", "--assume-single-writer"]


@pytest.fixture
def disk(mounted):
    return Disk(mounted())


def report(figures, wrong):
    proof("change power loss", SENTENCE, starts=1, cuts=figures.cuts, states=figures.states, losses=figures.losses)
    assert not wrong, f"{len(wrong)}:\n" + "\n\n".join(wrong[:3])


def everywhere(disk):
    """Every key that is in the ring, staged or retired."""
    files = [disk.store / "fernet_key", disk.store / "fernet_key.staged", *(disk.store / "retired").glob("[0-9a-f]*")]
    return {key for file in files if file.exists() for key in file.read_text().strip().split(",")}


#: (option, the ring after it, what is staged after it, what is retired after it), of the old key and the new one
CHANGES = {
    "keep": lambda old, new: ([new, old], None, set()),
    "stage": lambda old, new: ([old], new, set()),
    "replace": lambda old, new: ([new], None, {old}),
}


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("everywhere_what", [cut_everywhere, kill_everywhere], ids=["cut", "killed, then cut"])
def test_a_change(disk, how, everywhere_what):
    old, new = new_key(), new_key()
    ring, staged, retired = CHANGES[how](old, new)
    change = [*CHANGE, "--on-change", how, "--deliver", "env"]

    def prepare():
        put(disk.store / "fernet_key", old + "\n")

    def judge(ended):
        stored = disk.stored()
        assert stored in (old + "\n", ",".join(ring) + "\n")
        assert old in everywhere(disk)
        # A key from outside may be used without being kept, or beside a store that cannot be read, if it says so.
        if ended.status == 0 and "without being kept" not in ended.err and "I/O error" not in ended.err:
            assert new in everywhere(disk), "it said that the key was kept"
        # A start that brings nothing: what is there works.
        plain = disk.start(*PRINT)
        assert plain.status == 0, plain.err
        assert plain.out.split(",")[0].strip() == stored.split(",")[0].strip()
        # The same change again comes to its end, and leaves nothing but what it is about.
        done = disk.start(*change, FERNET_KEY=new)
        assert done.status == 0, done.err
        assert disk.stored() == ",".join(ring) + "\n"
        assert (disk.text(disk.store / "fernet_key.staged") or "").strip() == (staged or "")
        assert {file.read_text().strip() for file in (disk.store / "retired").glob("*")} == retired
        assert set(disk.names()) - {"fernet_key", ".lock", "fernet_key.staged", "retired"} == set()

    def act():
        return disk.start(*change, FERNET_KEY=new)

    if everywhere_what is cut_everywhere:
        report(*cut_everywhere(disk, prepare, act, judge))
    else:
        report(*kill_everywhere(disk, prepare, act, act, judge))


#: What the store holds before, the words, and what it holds after; A and B are keys, and in a word a fingerprint.
KEY_COMMANDS = {
    "retire": ({"fernet_key": "B,A"}, ["retire"], {"fernet_key": "B", "retired/A": "A"}),
    "unretire": ({"fernet_key": "B", "retired/A": "A"}, ["unretire", "A"], {"fernet_key": "B,A"}),
    "promote": ({"fernet_key": "A", "fernet_key.staged": "B"}, ["promote"], {"fernet_key": "B,A"}),
}


@pytest.mark.parametrize("command", KEY_COMMANDS)
@pytest.mark.parametrize("everywhere_what", [cut_everywhere, kill_everywhere], ids=["cut", "killed, then cut"])
def test_a_key_command(disk, command, everywhere_what):
    keys = {letter: new_key() for letter in "AB"}
    before, words, after = KEY_COMMANDS[command]
    words = ["key", *(fingerprint(keys[word]) if word in keys else word for word in words), "--yes", "--assume-single-writer"]

    def texts(held):
        names = {name: name.replace("/A", f"/{fingerprint(keys['A'])}") for name in held}
        return {names[name]: ",".join(keys[letter] for letter in held[name].split(",")) + "\n" for name in held}

    def prepare():
        for name, text in texts(before).items():
            put(disk.store / name, text)

    def held():
        # Where hosts share no locks a claim stays until the next change: nobody can know that its maker is gone.
        files = [file for file in disk.store.rglob("*") if file.is_file() and file.name not in (".lock", ".fernet_key.changing")]
        return {str(file.relative_to(disk.store)): file.read_text() for file in files}

    def judge(ended):
        assert disk.stored() in (texts(before)["fernet_key"], texts(after)["fernet_key"])
        assert everywhere(disk) == set(keys.values())
        if ended.status == 0:
            assert disk.stored() == texts(after)["fernet_key"], "it said that it was done"
        plain = disk.start(*PRINT)
        if plain.status == 125 and "fernit init --assume-single-writer" in plain.err:
            # Half done, and to be finished on one host, as it says.
            assert disk.start(*CHANGE).status == 0
            plain = disk.start(*PRINT)
        assert plain.status == 0, plain.err
        assert set(plain.out.strip().split(",")) >= set(disk.stored().strip().split(","))
        # Once more: it comes to its end, or there is nothing left to do.
        again = disk.start(*words)
        assert again.status in (0, 1), again.err
        assert held() == texts(after), again

    def act():
        return disk.start(*words)

    if everywhere_what is cut_everywhere:
        report(*cut_everywhere(disk, prepare, act, judge))
    else:
        report(*kill_everywhere(disk, prepare, act, act, judge))
