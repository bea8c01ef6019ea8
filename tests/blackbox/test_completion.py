"""The completion, in bash itself: commands, the options of each, values, and what `run` is to start."""
import os
import pathlib
import pty
import pwd
import re
import select
import signal
import subprocess
import time

import pytest

from tables import COMMAND_ROWS, FIRST_WORDS, HELP_TOPICS, MESSAGES, OPTIONS, SHARE

pytestmark = pytest.mark.real_binary  # about the shell

SHELLS = pathlib.Path(__file__).resolve().parents[1] / "shells"
PROGRAMS = {
    "bash": ["bash", "--norc", SHELLS / "complete.bash", SHARE / "completions/fernit.bash"],
    "bash without bash-completion": ["bash", "--norc", SHELLS / "complete.bash", "--bare", SHARE / "completions/fernit.bash"],
}
USER = pwd.getpwuid(0).pw_name
SIGNALS = set("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN RTMAX".split())


def options_of(row):
    return {"--help", *(option.flag for option in OPTIONS if option.commands & row.options)}


ENUMERATIONS = {f"fernit {' '.join(row.words)} {option.flag} ": set(option.words)
                for option in OPTIONS if option.words and option.kind != "set"
                for row in COMMAND_ROWS if option.commands & row.options}

# What is typed, and the words that are offered: a set is all of them; the words alone, as readline shows them.
WHOLE = {
    "fernit ": set(FIRST_WORDS),
    "fernit st": {"status"},
    "fernit x": set(),
    "fernit key ": {row.second for row in COMMAND_ROWS if row.name == "key"},
    "fernit key pr": {"print", "promote"},
    "fernit help ": {*FIRST_WORDS, *HELP_TOPICS, *(row.id for row in MESSAGES)},
    "fernit help unk": {"unkept-secret", "unknown-key", "unknown-variable"},
    "fernit help supe": {"supervise"},
    **{f"fernit {' '.join(row.words)} --": options_of(row) for row in COMMAND_ROWS if row.options},
    **ENUMERATIONS,
    "fernit run --on-change re": {"refuse", "replace"},
    "fernit run --on-change=re": {"refuse", "replace"},
    "fernit run --on-change=x": set(),
    "fernit run --signal-scope=": {"auto", "child", "group"},
    "fernit run --init --on-change keep --deliver ": {"env", "cfg"},
    "fernit init --deliver=env --log-format j": {"json"},
    "fernit run --manage ": set(next(option for option in OPTIONS if option.name == "manage").words),
    "fernit run --manage fernet_key,se": {"secret_key"},
    "fernit run --deliver=env,c": {"cfg"},
    "fernit run --manage=jwt_secret,fern": {"fernet_key"},
    "fernit run --pdeathsig ": {"none", *SIGNALS},
    "fernit run --pdeathsig=TE": {"TERM"},
    "fernit run --rewrite TE": {"TERM:"},
    "fernit run --rewrite TERM:": {"0", *SIGNALS},
    "fernit run --rewrite TERM:QU": {"QUIT"},
    "fernit run --rewrite=TERM:QU": {"QUIT"},
    "fernit run --user " + USER[:-1]: {USER},
    "fernit run --grace ": set(),
    "fernit status --ini": set(),
    "fernit key print --on-ch": set(),
    "fernit key retire --ye": {"--yes"},
    # Folders and files.
    "fernit run --store place/": {"folder"},
    "fernit run --store=place/": {"folder"},
    "fernit run --config place/": {"folder", "file.ini"},
    "fernit run --secret-file=place/fi": {"file.ini"},
    "fernit key check place/fi": {"file.ini"},
    "fernit key fingerprint --store place/folder place/": {"folder", "file.ini"},
    # What is to be started.
    "fernit run only_on_this_pa": {"only_on_this_path"},
    "fernit run -- only_on_this_pa": {"only_on_this_path"},
    "fernit run --init --grace 8s -- only_on_this_pa": {"only_on_this_path"},
    "fernit run --init --grace=8s only_on_this_pa": {"only_on_this_path"},
    "fernit run only_on_this_path place/fi": {"file.ini"},
    "fernit run -- only_on_this_path --on-ch": set(),
    "fernit run only_on_this_path --on-ch": set(),
}
# Where another program's completion is asked, which a bare bash has not.
BEHIND = {"fernit run --init -- fernit key gen": {"generate"}, "fernit run fernit run --on-ch": {"--on-change"}}


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda name: name)
def completed(request, tmp_path_factory):
    """Line to the words that the shell offers, all lines at once: a shell takes long to start."""
    home = tmp_path_factory.mktemp("home")
    (home / "place/folder").mkdir(parents=True)
    (home / "place/file.ini").write_text("")
    (home / "bin").mkdir()
    for name in ("only_on_this_path", "fernit"):
        (home / "bin" / name).write_text("#!/bin/sh\n")
        (home / "bin" / name).chmod(0o755)
    environment = {"HOME": str(home), "PATH": f"{home}/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "TERM": "dumb"}
    lines = [*WHOLE, *BEHIND]
    done = subprocess.run(PROGRAMS[request.param], input="".join(f"{line}\n" for line in lines), cwd=home, env=environment, capture_output=True, text=True, timeout=300)
    answers = [answer.split("\t") for answer in done.stdout.splitlines()]
    assert [answer[0] for answer in answers] == lines, done.stderr
    return request.param, {line: [word for word in words if word] for line, *words in answers}


def alone(word):
    """What is new of a word: bash gives all of it but what readline keeps."""
    word = re.sub(r"^--[a-z-]+=", "", word)
    word = word if word.endswith(":") else word.split(":")[-1]
    return word.rstrip("/").split("/")[-1]


def offered(line, words):
    comma = "--manage" in line or "--deliver" in line
    return {alone(word).split(",")[-1] if comma else alone(word) for word in words}


@pytest.mark.parametrize("line", WHOLE)
def test_a_line_is_completed_to_what_can_stand_there(completed, line):
    _, answers = completed
    assert offered(line, answers[line]) == WHOLE[line]


@pytest.mark.parametrize("line", BEHIND)
def test_what_run_starts_is_completed_as_the_shell_would(completed, line):
    shell, answers = completed
    if shell != "bash without bash-completion":
        assert offered(line, answers[line]) == BEHIND[line]


TYPED = {
    "run --on-change=rep": "run --on-change=replace",
    "run --on-change rep": "run --on-change replace",
    "run --rewrite=TERM:QUI": "run --rewrite=TERM:QUIT",
    "run --rewrite TERM:QUI": "run --rewrite TERM:QUIT",
    "run --manage fernet_key,jw": "run --manage fernet_key,jwt_secret",
    "key gener": "key generate",
    "run --no-new": "run --no-new-privs",
}


@pytest.mark.parametrize("typed", TYPED)
def test_bash_puts_into_the_line_what_was_meant(tmp_path, typed):
    """On a terminal, where readline itself parts the words: fernit is a function that shows its own."""
    setup = tmp_path / "bashrc"
    setup.write_text(f"PS1=\n. {SHARE}/completions/fernit.bash\nfernit() {{ printf 'got %s.\\n' \"$*\"; }}\n")
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", INPUTRC="/dev/null", HISTFILE="")
        os.execvp("bash", ["bash", "--rcfile", str(setup), "--noprofile", "-i"])
    try:
        os.write(terminal, f"fernit {typed}\t\n".encode())
        seen, patience = b"", time.monotonic() + 60
        while not re.search(rb"got [^\n]*\n", seen) and time.monotonic() < patience:
            if select.select([terminal], [], [], 1)[0]:
                seen += os.read(terminal, 65536)
        assert f"got {TYPED[typed]}." in seen.decode(errors="replace")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(terminal)
