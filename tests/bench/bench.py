"""make bench: fernit beside the programs that people put in its place, in one run. See `NOTES` for what is measured."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True  # nothing into the source tree

import inits
from turns import FERNIT, ROUNDS, WORK, debian_inits, find, goal, median, musl_inits, take_turns

TRUE = WORK / "true"
LARGEST = 320 * 1024
BARE, PYTHON = "true, bare", "python3 -c ..."
SHELL_LINE = "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"

NOTES = f"""
size   the program's file, stripped. tini, dumb-init: with the C library of the system beside it; the others are static, those
       called musl built here, from source, with fernit's own C library and for size.
first  median of {ROUNDS} starts, by turns, from posix_spawn to the first line of the command, a static program that does nothing.
end    the same to the end of the command, and of the starter.
over   what the starter adds to a bare start of that command, to its end, and that as a multiple of what tini-static adds.
peak   median of the largest process of a start (ru_maxrss; 0 is less than the steps that the kernel counts in).
fernit run, exec mode unless --init, with the three secrets that Airflow 2.11 reads in its store and an airflow.cfg of {{cfg}} KiB
to check that holds them: nothing to change. python3 is the line that entrypoints make a key with today, without the command; every
10th turn.
"""

# What Airflow 2.11 reads of what fernit manages, and where.
SECRETS = ("fernet_key", "secret_key", "internal_api_secret_key")
OPTIONS = re.compile(rf"^({'|'.join(SECRETS)}) = \S+$", re.MULTILINE)

# Calls that change a file, or make a change last. A start with nothing to do has no business with them.
CHANGES = re.compile(
    r"^(p?writev?2?|pwrite64|f(data)?sync|sync\w*|msync|rename\w*|link\w*|symlink\w*|unlink\w*|mk(dir|nod)\w*|rmdir"
    r"|f?truncate(64)?|fallocate|f?ch(mod|own)\w*|utime\w*|f?(set|remove)xattr|sendfile|copy_file_range|splice)$"
)


def prepare():
    """A store and an AIRFLOW_HOME whose airflow.cfg is a real one, or one as large, after the first start. Returns the
    environment, fernit's words for a run up to its options' end, and the size of airflow.cfg."""
    for name in ("store", "airflow"):
        shutil.rmtree(WORK / name, ignore_errors=True)
    (WORK / "airflow").mkdir(parents=True)
    (WORK / "store").mkdir(mode=0o700)
    cfg = WORK / "airflow/airflow.cfg"
    real = sorted(pathlib.Path(os.environ.get("FERNIT_TEST_DATA", "/nonexistent"), "airflow-cfg").glob("*.cfg"))
    if real:
        text = max(real, key=lambda path: path.stat().st_size).read_text()
    else:
        sections = "".join(
            f"[section_{section}]\n" + "".join(f"# What option {option} is for, and what it takes\noption_{option} = value {option}\n\n"
                                               for option in range(22))
            for section in range(80)
        )
        text = "[core]\nfernet_key = \n\n" + sections
    cfg.write_text(text)
    cfg.chmod(0o600)

    environment = {"PATH": "/usr/bin:/bin", "HOME": str(WORK), "AIRFLOW_HOME": str(WORK / "airflow"), "AIRFLOW_VERSION": "2.11.2"}
    run = [str(FERNIT), "run", "--store", str(WORK / "store"), "--allow-ephemeral"]
    for attempt in ("first", "second"):
        done = subprocess.run([*run, "--", str(TRUE)], env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"bench.py: the {attempt} start of fernit failed with {done.returncode}: {done.stderr}")
    if done.stderr:
        sys.exit(f"bench.py: a start with nothing to do should say nothing, and says: {done.stderr}")
    if not all((WORK / "store" / name).is_file() for name in SECRETS) or len(OPTIONS.findall(cfg.read_text())) != 3:
        sys.exit("bench.py: the first start should have put three secrets into the store, and into airflow.cfg")
    return environment, run, cfg.stat().st_size


def look_at_calls(environment, command):
    """The system calls of a start with nothing to do, up to the exec of the command. Ends the run if one changes a file."""
    trace = WORK / "strace.txt"
    subprocess.run(["strace", "-f", "-o", trace, *command], env=environment, stdout=subprocess.DEVNULL, check=True)
    calls = re.findall(r"^\d+ +(\w+)\((.*)$", trace.read_text(), re.MULTILINE)
    execs = [index for index, (name, _) in enumerate(calls) if name == "execve"]
    if len(execs) < 2:
        sys.exit(f"bench.py: {trace} shows no exec of the command")
    calls = calls[execs[0]:execs[-1]]
    bad = [f"{name}({rest}" for name, rest in calls if CHANGES.match(name) or (name.startswith("open") and "O_CREAT" in rest)]
    if bad:
        sys.exit("bench.py: a start with nothing to do must change nothing, and did:\n  " + "\n  ".join(bad))
    return len(calls)


def measure(environment, contestants):
    """{name: (seconds to the first line, seconds to the end, peak KiB)}, medians."""
    lines = take_turns("spawn", ROUNDS, contestants, environment)
    for name, mine in lines.items():
        failed = [status for *_, status in mine if status != 0]
        if failed:
            sys.exit(f"bench.py: {name} ended with wait status {failed[0]}")
    return {name: (median(mine, 0) / 1e9, median(mine, 1) / 1e9, median(mine, 2)) for name, mine in lines.items()}


def stripped_size(path):
    copy = WORK / "stripped"
    subprocess.run(["strip", "-o", copy, path], check=True)
    return copy.stat().st_size


def main():
    environment, run, cfg_size = prepare()
    true = str(TRUE)
    calls = look_at_calls(environment, [*run, "--", true])
    debian, musl = debian_inits(), musl_inits()
    starters = {
        BARE: [],
        "fernit": [*run, "--"],
        inits.FERNIT_INIT: [*run, "--init", "--"],
        "  --deliver env": [*run, "--init", "--deliver", "env", "--"],
        **debian,
        **musl,
        "gosu": [find("gosu"), "root"],
    }
    contestants = [(name, 1, [*words, true]) for name, words in starters.items()]
    contestants.append((PYTHON, 10, ["/usr/bin/python3", "-c", SHELL_LINE]))
    results = measure(environment, contestants)

    def over(name, which):
        return results[name][which] - results[BARE][which]

    print(f"{'':16}{'size KiB':>10}{'first ms':>10}{'end ms':>10}{'over true ms':>14}{'x tini-static':>15}{'peak KiB':>10}")
    for name, _, command in contestants:
        first, end, peak = results[name]
        size = f"{stripped_size(command[0]) / 1024:.0f}" if name != PYTHON else "-"
        begun = f"{first * 1e3:.3f}" if first else "-"
        more, ratio = ("-", "-") if name == BARE else (f"{over(name, 1) * 1e3:.3f}", f"{over(name, 1) / over('tini-static', 1):.2f}")
        print(f"{name:16}{size:>10}{begun:>10}{end * 1e3:>10.3f}{more:>14}{ratio:>15}{peak:>10.0f}")
    print(NOTES.format(cfg=cfg_size // 1024))

    goals = [goal("exec mode, start to end: adds no more than tini-static", over("fernit", 1) / over("tini-static", 1))]
    for which, text in enumerate(("to the command's first line", "to the end")):
        quickest = min(debian, key=lambda name: results[name][which])
        goals.append(goal(f"--init, start {text}: adds less than each of Debian's builds (quickest: {quickest})",
                          over(inits.FERNIT_INIT, which) / over(quickest, which)))
    goals += inits.report(environment, starters[inits.FERNIT_INIT], debian, musl)

    size = stripped_size(FERNIT)
    print(f"\nfernit: {size} bytes of at most {LARGEST}; {calls} system calls before the command, no write and no fsync among them.")
    print("Goals, as fernit's part of the other's:\n" + "\n".join(goals))
    return 0 if size <= LARGEST else 1


sys.exit(main())
