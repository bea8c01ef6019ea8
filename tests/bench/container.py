"""make bench-container: what fernit costs in a container, beside what stands there today. See `NOTES` for what is measured."""
import json
import os
import pathlib
import sys
import time

sys.dont_write_bytecode = True  # nothing into the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "container"))

from engine import Engine
from prepare import prepare
from turns import ROUNDS, WORK, median

IMAGE = "airflow-with-fernit"
CONTAINERS = max(1, ROUNDS // 20)
STORE, HOME = "fernit-bench-store", "fernit-bench-home"
# What puckel's entrypoint does, and many that were made after it.
SHELL_LINE = "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"
SHELL = f"export AIRFLOW__CORE__FERNET_KEY=$(python3 -c '{SHELL_LINE}'); exec "
BARE, TINY, FULL = "nothing", "tini", "fernit run --init"

# {name: (words before the command, every how many starts)}
STARTERS = {
    BARE: ([], 1),
    TINY: (["/usr/bin/tini", "-s", "--"], 1),
    "tini-static": (["/usr/bin/tini-static", "-s", "--"], 1),
    "dumb-init": (["/usr/bin/dumb-init", "--"], 1),
    "a key by python": (None, 10),
    "fernit run": (["/usr/local/bin/fernit", "run", "--"], 1),
    FULL: (["/usr/local/bin/fernit", "run", "--init", "--"], 1),
}

NOTES = f"""
In one image, the stand-in for Airflow's with fernit, its store on a volume; by turns, medians.
podman run  {CONTAINERS} new containers each, from podman's start on the host to the command's first line. `as process 1`: of it, what
            passes between the beginning of process 1 and that line; fernit finds the key and makes the airflow.cfg that a new
            container has not.
again       {ROUNDS} starts each in one container, from posix_spawn to the command's first line; airflow.cfg is there and right.
over        what it adds to nothing.
"a key by python" is the shell line that makes a key at each start and loses it: sh, python3, and no init."""


def command_line(name, command):
    words, _ = STARTERS[name]
    return ["/bin/sh", "-c", SHELL + command] if words is None else [*words, command]


def options():
    """podman's words for all alike."""
    return ["-v", f"{STORE}:/var/lib/fernit", "-v", f"{WORK}:/bench:ro"]


def in_new_containers(engine):
    """{name: [(nanoseconds to the command's first line, nanoseconds from process 1's to it)]}"""
    seen = {name: [] for name in STARTERS}
    names = list(STARTERS)
    for turn in range(CONTAINERS):
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            before = time.monotonic_ns()
            done = engine.podman("run", "--rm", "--entrypoint", json.dumps(["/bench/stamp"]), *options(), IMAGE, *command_line(name, "/bench/stamp"))
            begun, reached = map(int, done.stdout.split())
            seen[name].append((reached - before, reached - begun))
    return seen


def in_one_container(engine):
    """{name: [(nanoseconds to the command's first line,)]}"""
    words = []
    for name, (_, every) in STARTERS.items():
        words += [str(every), *command_line(name, "/bench/true"), ";"]
    done = engine.podman("run", "--rm", "--entrypoint", json.dumps(["/bench/spawn"]), *options(), "-v", f"{HOME}:/opt/airflow", IMAGE,
                         str(ROUNDS), *words, timeout=3600)
    seen = {name: [] for name in STARTERS}
    for line in done.stdout.splitlines():
        index, began, _, _, status = map(int, line.split())
        if status != 0:
            sys.exit(f"container.py: {list(STARTERS)[index]} ended with wait status {status}")
        seen[list(STARTERS)[index]].append((began,))
    return seen


def report(engine, new, again):
    def column(lines, which):
        values = {name: median(mine, which) / 1e6 for name, mine in lines.items()}
        return values, {name: value - values[BARE] for name, value in values.items()}

    run, _ = column(new, 0)
    first, first_over = column(new, 1)
    steady, steady_over = column(again, 0)
    print(f"{'before the command':20}{'podman run ms':>15}{'as process 1 ms':>17}{'over':>9}{'again ms':>12}{'over':>9}{'x tini':>8}")
    for name in STARTERS:
        over = [f"{values[name]:.3f}" if name != BARE else "-" for values in (first_over, steady_over)]
        ratio = f"{steady_over[name] / steady_over[TINY]:.2f}" if name != BARE else "-"
        print(f"{name:20}{run[name]:>15.1f}{first[name]:>17.3f}{over[0]:>9}{steady[name]:>12.3f}{over[1]:>9}{ratio:>8}")
    print(NOTES)
    size = json.loads(engine.podman("image", "inspect", "fernit").stdout)[0]["Size"]
    print(f"\nThe image of fernit alone: {size} bytes.")
    print(f"A new container with fernit as process 1: {first_over[FULL]:.1f} ms of the {run[FULL]:.0f} ms that its start takes.")


def main():
    engine = Engine()
    with engine.session(prepare):
        # The first start makes the key, the second one is as all that follow.
        for _ in range(2):
            engine.podman("run", "--rm", *options(), "-v", f"{HOME}:/opt/airflow", IMAGE, "airflow", "version")
        report(engine, in_new_containers(engine), in_one_container(engine))


if __name__ == "__main__":
    os.chdir(WORK.parent)
    main()
