"""fernit run --init beside the other inits, once they run: memory, the way of a signal, orphans. See `NOTES`."""
import pathlib
import statistics
import subprocess
import time

from turns import ROUNDS, WORK, goal, median, take_turns

FERNIT_INIT = "fernit --init"
MEMORY_STARTS = max(3, ROUNDS // 20)  # of a position-independent program another part is mapped at each start
SIGNAL_STARTS = 10  # where its memory comes to lie makes one start a little quicker than the next
SIGNALS = max(1, ROUNDS // 2)  # for each of these starts
ORPHANS = 2000
ORPHAN_STARTS = max(4, ROUNDS * 3 // 8)
FACTOR = 1.25
LEANEST_KIB = 64  # tini and dumb-init with musl on x86_64: 64 to 68

NOTES = f"""
RSS     resident KiB of the init while its command sleeps, median of {MEMORY_STARTS} starts; of it anonymous (its own), file (its
        program, and libraries that it may share); data: VmData. All are subreapers here, not PID 1.
signal  median of {SIGNAL_STARTS} starts of {SIGNALS} signals, by turns, from kill(init, SIGUSR1) to the return of sigwait in the
        command; bare: no init between.
orphans a second, median of {ORPHAN_STARTS} starts, by turns, as PID 1 of a pid namespace: it is stopped, {ORPHANS} zombies
        are left to it, and it is continued."""


def resident(pid):
    """(RSS, anonymous, VmData) in KiB. From smaps_rollup, which counts pages: on kernels 6.2 to 6.16 VmRSS is an estimate that is
    off by more than such a program has. Where that may not be read, since fernit is not dumpable, VmRSS it is."""
    proc = pathlib.Path("/proc", str(pid))
    status = read_fields(proc / "status")
    try:
        rollup = read_fields(proc / "smaps_rollup")
    except PermissionError:
        return status["VmRSS"], status["RssAnon"], status["VmData"]
    return rollup["Rss"], rollup["Anonymous"], status["VmData"]


def read_fields(path):
    """The lines "NAME: NUMBER kB" of a file in /proc."""
    words = (line.split() for line in path.read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in words if len(line) == 3 and line[2] == "kB"}


def measure_memory(environment, inits):
    """{name: (RSS, anonymous, VmData)}, medians in KiB."""
    seen = {name: [] for name in inits}
    for _ in range(MEMORY_STARTS):
        running = {
            name: subprocess.Popen([*words, "/bin/sh", "-c", "echo; exec sleep 60"], env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            for name, words in inits.items()
        }
        for process in running.values():
            process.stdout.readline()
        # An init may still have work after its command has begun: fernit executes itself anew.
        time.sleep(0.05)
        for name, process in running.items():
            seen[name].append(resident(process.pid))
            process.terminate()
        for process in running.values():
            process.communicate(timeout=90)
    return {name: tuple(map(statistics.median, zip(*values))) for name, values in seen.items()}


def measure_signals(environment, inits):
    """{name: median seconds}, and with them "bare"."""
    command = [str(WORK / "signals"), "child"]
    contestants = [("bare", 1, command)] + [(name, 1, words + command) for name, words in inits.items()]
    starts = [take_turns("signals", SIGNALS, contestants, environment) for _ in range(SIGNAL_STARTS)]
    return {name: median(sum((start[name] for start in starts), []), 0) / 1e9 for name, _, _ in contestants}


def measure_orphans(environment, inits):
    """{name: median orphans a second}; none without permission for pid namespaces."""
    command = [str(WORK / "orphans"), "child", str(ORPHANS)]
    lines = take_turns("orphans", ORPHAN_STARTS, [(name, 1, words + command) for name, words in inits.items()], environment)
    if lines is None:
        return {}
    return {name: statistics.median(count / nanoseconds * 1e9 for count, nanoseconds in mine) for name, mine in lines.items()}


def noise(values):
    """By how much the builds of one and the same program, tini, differ: what a difference has to be to say something."""
    builds = [value for name, value in values.items() if name.startswith("tini")]
    return max(builds) / min(builds)


def best(values, names, pick=min):
    name = pick(names, key=lambda name: values[name])
    return name, values[name]


def report(environment, fernit, debian, musl):
    """Measures, prints the table, and returns the lines of the goals. `fernit`: words before the command."""
    inits = {FERNIT_INIT: fernit, **debian, **musl}
    peers = [*debian, *musl]
    memory = measure_memory(environment, inits)
    signals = measure_signals(environment, inits)
    orphans = measure_orphans(environment, inits)

    print(f"{'':16}{'RSS KiB':>10}{'anonymous':>11}{'file':>7}{'data':>7}{'signal us':>11}{'orphans/s':>11}")
    print(f"{'bare':16}{'-':>10}{'-':>11}{'-':>7}{'-':>7}{signals['bare'] * 1e6:>11.1f}{'-':>11}")
    for name in inits:
        rss, anonymous, data = memory[name]
        reaped = f"{orphans[name]:.0f}" if orphans else "-"
        print(f"{name:16}{rss:>10.0f}{anonymous:>11.0f}{rss - anonymous:>7.0f}{data:>7.0f}{signals[name] * 1e6:>11.1f}{reaped:>11}")
    print(NOTES)

    if musl:
        leanest, rss = best({name: memory[name][0] for name in musl}, musl)
    else:
        leanest, rss = "that of a musl build; none could be made here", LEANEST_KIB
    lines = [goal(f"--init, RSS: at most {FACTOR} of the leanest musl build's ({leanest}, {rss:.0f} KiB)",
                  memory[FERNIT_INIT][0] / rss, FACTOR)]
    within = "within what tini's builds differ by in this run,"
    quickest, least = best(signals, peers)
    lines.append(goal(f"--init, signal: no slower than the best ({quickest}), {within} {noise(signals):.2f}",
                      signals[FERNIT_INIT] / least, noise(signals)))
    if orphans:
        keenest, most = best(orphans, peers, max)
        lines.append(goal(f"--init, time an orphan takes: no more than with the best ({keenest}), {within} {noise(orphans):.2f}",
                          most / orphans[FERNIT_INIT], noise(orphans)))
    else:
        lines.append("SKIP        --init, orphans: no permission for a pid namespace; be root")
    return lines
