"""What a proof has counted, as one line in build/test/proof/NAME.txt; tests/run.sh prints them all at its end."""
import contextlib
import fcntl
import json
import pathlib

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "build" / "test" / "proof"


def begin():
    """Sums of an earlier session are forgotten."""
    for sums in FOLDER.glob("*.json"):
        sums.unlink()
        sums.with_suffix(".txt").unlink(missing_ok=True)


@contextlib.contextmanager
def locked():
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def proof(name, sentence, **counts):
    """Adds the counts to those of this session's other tests, also of other workers, and writes the line anew.

    proof("race", "{starts} first starts at once, {killed} killed, {losses} losses", starts=500, killed=61, losses=0)

    To be called before the assertion that there was no loss: a proof that fails says so in its line, too.
    """
    with locked():
        file = FOLDER / f"{name}.json"
        sums = json.loads(file.read_text()) if file.exists() else {}
        for what, count in counts.items():
            sums[what] = sums.get(what, 0) + count
        file.write_text(json.dumps(sums))
        file.with_suffix(".txt").write_text(f"{name}: {sentence.format(**sums)}\n")
