#!/usr/bin/python3
"""run.py [PYTEST-WORD...]: makes the images, runs the tests in containers, and leaves nothing but the images."""
import os
import subprocess
import sys

from engine import HERE, TREE, Engine
from prepare import prepare


def names_a_test(word):
    """A file or folder, or a test in one. Without any pytest would take all tests of this tree."""
    return os.path.exists(word.split("::")[0])


def main(words):
    engine = Engine()
    logs = TREE / "build" / "test"
    logs.mkdir(parents=True, exist_ok=True)
    with engine.alone():
        engine.make()
        engine.clear()
        prepare(engine)
        try:
            return subprocess.call([sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "4", "--dist", "loadgroup", "-ra",
                                    f"--junit-xml={logs}/container.xml", *words, *([] if any(names_a_test(word) for word in words) else [str(HERE)])],
                                   env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"))
        finally:
            engine.clear()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
