"""make peers: the same questions to fernit and to the inits that people put in its place, and a table of the answers.

Runs tests/blackbox/test_init_portable.py once for each of them. Ends with 0 if fernit fails none of it, whatever others do.
"""
import collections
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

TREE = pathlib.Path(__file__).resolve().parents[1]
TESTS = TREE / "tests/blackbox/test_init_portable.py"
WORK = TREE / "build/peers"
OURS = "fernit"
INITS = [OURS, "tini", "dumb-init", "catatonit"]
LONGEST = 1200  # seconds for one of them

NOTES = """
FAILS 2 of 14: so many of the cases that are asked. -: it does not pretend to answer. not run: this machine does not let a test do that.
Every case is asked of it as a process like others and as process 1 (unshare --pid), unless the question is for one of them."""


def ask(init):
    """Behaviour to the outcomes of its cases: "ok", "fails", "-" or "not run"; empty where nothing could be asked."""
    report = WORK / f"{init}.xml"
    report.unlink(missing_ok=True)
    environment = {**os.environ, "FERNIT_TEST_INIT": init, "PYTHONDONTWRITEBYTECODE": "1"}
    words = ["/usr/bin/python3", "-m", "pytest", "-p", "no:cacheprovider", "-n", "4", "-q", "-ra", f"--junit-xml={report}", TESTS]
    with open(WORK / f"{init}.log", "wb") as log:
        try:
            subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=LONGEST)
        except subprocess.TimeoutExpired:
            log.write(f"\npeers.py: not done within {LONGEST} s\n".encode())
    outcomes = collections.defaultdict(list)
    if report.exists():
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            outcomes[case.get("name").split("[")[0]].append(outcome(case))
    return outcomes


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "fails"
    skipped = case.find("skipped")
    if skipped is None:
        return "ok"
    return "-" if skipped.get("message", "").startswith("not offered") else "not run"


def cell(outcomes):
    """One word for all cases of a behaviour."""
    asked = [what for what in outcomes if what in ("ok", "fails")]
    fails = asked.count("fails")
    if not asked:
        return "-" if "-" in outcomes else "not run"
    if not fails:
        return "ok"
    return "FAILS" if len(asked) == 1 else f"FAILS {fails} of {len(asked)}"


def version(init):
    """As Debian counts them, since that is what was asked."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", init], capture_output=True, text=True)
    return done.stdout.split("+")[0] if done.returncode == 0 else ""


def table(names, answers):
    rows = [["", *INITS], ["", "", *map(version, INITS[1:])]]
    rows += [[name.removeprefix("test_").replace("_", " "), *(cell(answers[init][name]) for init in INITS)] for name in names]
    rows.append(["cases that fail", *(str(sum(cases.count("fails") for cases in answers[init].values())) for init in INITS)])
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip() for row in rows)


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    names = re.findall(r"^def (test_\w+)", TESTS.read_text(), re.MULTILINE)
    answers = {}
    for init in INITS:
        begin = time.monotonic()
        answers[init] = ask(init)
        cases = sum(map(len, answers[init].values()))
        print(f"peers.py: {init}: {cases} cases in {time.monotonic() - begin:.0f} s", file=sys.stderr)
    print(table(names, answers))
    print(NOTES)
    good = all(cell(answers[OURS][name]) in ("ok", "-", "not run") for name in names) and any(answers[OURS].values())
    if not good:
        print(f"peers.py: fernit fails; see {WORK.relative_to(TREE)}/fernit.log", file=sys.stderr)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
