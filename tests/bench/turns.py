"""What the measurements share: where things are, the peers, and programs that take turns (turns.h)."""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
FERNIT = TREE / "build/fernit"
WORK = TREE / "build/bench"
ROUNDS = int(os.environ.get("FERNIT_BENCH_ROUNDS", "400"))
NO_PERMISSION = 77


def find(name):
    """A peer from Debian's packages, wherever PATH leads."""
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not path:
        sys.exit(f"bench.py: {name} is missing; docker/deps/packages.sh bench installs it")
    return path


def debian_inits():
    """{name: words before the command}"""
    return {
        # -s: not being PID 1 here, tini would write a warning at every start.
        "tini-static": [find("tini-static"), "-s", "--"],
        "tini": [find("tini"), "-s", "--"],
        "dumb-init": [find("dumb-init"), "--"],
        "catatonit": [find("catatonit"), "--"],
    }


def musl_inits():
    """As above, built here with fernit's own C library; none where their sources cannot be had."""
    folder = WORK / "musl"
    compiler = pathlib.Path((TREE / "build/deps").read_text().strip(), "bin/musl-gcc")
    if subprocess.run([TREE / "tests/bench/musl.sh", compiler, folder], stdout=sys.stderr).returncode != 0:
        print("bench.py: goes on without tini and dumb-init built with musl, see above", file=sys.stderr)
        return {}
    return {"tini, musl": [str(folder / "tini"), "-s", "--"], "dumb-init, musl": [str(folder / "dumb-init"), "--"]}


def take_turns(program, rounds, contestants, environment):
    """Runs one of the measuring programs over [(name, every, command)]. Returns {name: [the numbers of a line, ...]}, or None
    where it lacks a permission."""
    words = []
    for _, every, command in contestants:
        words += [str(every), *command, ";"]
    done = subprocess.run([WORK / program, str(rounds), *words], env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode == NO_PERMISSION:
        return None
    if done.returncode != 0:
        sys.exit(f"bench.py: {program} failed, see above")
    lines = {name: [] for name, _, _ in contestants}
    for line in done.stdout.splitlines():
        index, *numbers = map(int, line.split())
        lines[contestants[index][0]].append(numbers)
    return lines


def median(lines, column):
    return statistics.median(line[column] for line in lines)


def goal(what, ratio, most=1.0):
    """A line that says whether `ratio`, ours to the other's, is at most `most`."""
    return f"{'met' if ratio <= most else 'MISSED':8}{ratio:.2f}  {what}"
