#!/usr/bin/python3
"""run.py [PYTEST-WORD...]: makes the images, runs the tests in containers, and leaves nothing but the images."""
import os
import subprocess
import sys

from engine import HERE, TREE, Engine
from prepare import packages, prepare


def names_a_test(word):
    """A file or folder, or a test in one. Without any pytest would take all tests of this tree."""
    return os.path.exists(word.split("::")[0])


def prepare_all(engine):
    packages()  # what is made of them is large: here, and not while a test waits
    prepare(engine)


def main(words):
    engine = Engine()
    places = [] if any(names_a_test(word) for word in words) else [str(HERE)]
    with engine.session(prepare_all):
        return subprocess.call([TREE / "tests" / "pytest.sh", "container", "-n", "4", "--dist", "loadgroup", *words, *places])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
