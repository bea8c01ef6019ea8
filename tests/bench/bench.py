"""make bench: fernit beside the programs that people put in its place, in one run. See `NOTES` for what is measured."""
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
FERNIT = TREE / "build/fernit"
WORK = TREE / "build/bench"
TRUE = WORK / "true"
ROUNDS = int(os.environ.get("FERNIT_BENCH_ROUNDS", "400"))
LARGEST = 256 * 1024
SHELL_LINE = "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"

NOTES = f"""
size   the program's file, stripped. tini, dumb-init: with the C library of the system beside it; the others are static.
start  median of {ROUNDS} starts, by turns, from posix_spawn to the end of the command, a static program that does nothing.
over   what the starter adds to a bare start of that command, and that as a multiple of what tini-static adds.
peak   median of the largest process of a start (ru_maxrss; 0 is less than the steps that the kernel counts in).
fernit run, exec mode, with a key in its store and an airflow.cfg of {{cfg}} KiB to check that holds it: nothing to change.
python3 is the line that entrypoints make a key with today, without the command; every 10th turn."""

# Calls that change a file, or make a change last. A start with nothing to do has no business with them.
CHANGES = re.compile(
    r"^(p?writev?2?|pwrite64|f(data)?sync|sync\w*|msync|rename\w*|link\w*|symlink\w*|unlink\w*|mk(dir|nod)\w*|rmdir"
    r"|f?truncate(64)?|fallocate|f?ch(mod|own)\w*|utime\w*|f?(set|remove)xattr|sendfile|copy_file_range|splice)$"
)


def find(name):
    """A peer from Debian's packages, wherever PATH leads."""
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not path:
        sys.exit(f"bench.py: {name} is missing; docker/deps/packages.sh bench installs it")
    return path


def prepare():
    """A store and an AIRFLOW_HOME whose airflow.cfg is a real one, or one as large, after the first start."""
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

    environment = {"PATH": "/usr/bin:/bin", "HOME": str(WORK), "AIRFLOW_HOME": str(WORK / "airflow")}
    command = [str(FERNIT), "run", "--store", str(WORK / "store"), "--allow-ephemeral", "--", str(TRUE)]
    for attempt in ("first", "second"):
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"bench.py: the {attempt} start of fernit failed with {done.returncode}: {done.stderr}")
    if done.stderr:
        sys.exit(f"bench.py: a start with nothing to do should say nothing, and says: {done.stderr}")
    return environment, command, cfg.stat().st_size


def look_at_calls(environment, command):
    """The system calls of a start with nothing to do, up to the exec of the command. Ends the run if one changes a file."""
    trace = WORK / "strace.txt"
    subprocess.run(["strace", "-f", "-o", trace, *command], env=environment, check=True)
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
    """{name: (median seconds, median peak KiB)}"""
    words = []
    for _, every, command in contestants:
        words += [str(every), *command, ";"]
    done = subprocess.run([WORK / "spawn", str(ROUNDS), *words], env=environment, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit("bench.py: the measurement failed, see above")
    starts = [[] for _ in contestants]
    for line in done.stdout.splitlines():
        index, nanoseconds, peak, status = map(int, line.split())
        if status != 0:
            sys.exit(f"bench.py: {contestants[index][0]} ended with wait status {status}")
        starts[index].append((nanoseconds / 1e9, peak))
    return {
        name: (statistics.median(time for time, _ in mine), statistics.median(peak for _, peak in mine))
        for (name, _, _), mine in zip(contestants, starts)
    }


def stripped_size(path):
    copy = WORK / "stripped"
    subprocess.run(["strip", "-o", copy, path], check=True)
    return copy.stat().st_size


def main():
    environment, fernit, cfg_size = prepare()
    calls = look_at_calls(environment, fernit)
    true = str(TRUE)
    contestants = [
        ("true, bare", 1, [true]),
        ("fernit", 1, fernit),
        # -s: not being PID 1 here, tini would write a warning at every start.
        ("tini-static", 1, [find("tini-static"), "-s", "--", true]),
        ("tini", 1, [find("tini"), "-s", "--", true]),
        ("dumb-init", 1, [find("dumb-init"), "--", true]),
        ("catatonit", 1, [find("catatonit"), "--", true]),
        ("gosu", 1, [find("gosu"), "root", true]),
        ("python3 -c ...", 10, ["/usr/bin/python3", "-c", SHELL_LINE]),
    ]
    results = measure(environment, contestants)
    bare = results["true, bare"][0]
    tini = results["tini-static"][0] - bare

    print(f"{'':16}{'size KiB':>10}{'start ms':>10}{'over true ms':>14}{'x tini-static':>15}{'peak KiB':>10}")
    for name, _, command in contestants:
        time, peak = results[name]
        size = f"{stripped_size(command[0]) / 1024:.0f}" if name != "python3 -c ..." else "-"
        over = f"{(time - bare) * 1e3:.3f}" if time != bare else "-"
        ratio = f"{(time - bare) / tini:.2f}" if time != bare else "-"
        print(f"{name:16}{size:>10}{time * 1e3:>10.3f}{over:>14}{ratio:>15}{peak:>10.0f}")
    print(NOTES.format(cfg=cfg_size // 1024))

    size = stripped_size(FERNIT)
    ratio = (results["fernit"][0] - bare) / tini
    print(f"\nfernit: {size} bytes of at most {LARGEST}; {calls} system calls before the command, no write and no fsync among them;")
    print(f"        adds {ratio:.2f} times what tini-static adds" + ("" if ratio <= 1 else ": MORE than tini-static"))
    return 0 if size <= LARGEST else 1


sys.exit(main())
