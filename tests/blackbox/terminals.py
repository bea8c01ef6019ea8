"""A terminal for a test, with our hands on its keys, and a shell at it that has job control."""
import fcntl
import os
import shlex
import signal
import struct
import termios
import time
from dataclasses import dataclass, field

from conftest import BINARY
from inits import PATIENCE, Starter, Running, children_of, program_of, state_of
from system import wait_for

INTERRUPT, QUIT, SUSPEND = b"\x03", b"\x1c", b"\x1a"  # Ctrl-C, Ctrl-\ and Ctrl-Z

#: Words that make what follows the leader of a session to which the terminal on its standard input belongs: what a
#: container's runtime does before it starts process 1.
LEADS = ["setsid", "-c"]

SHELLS = {"bash": ["bash", "--norc", "--noprofile", "--noediting", "-i"], "dash": ["dash", "-i"]}


@dataclass
class Terminal:
    """`ours` is the end at which somebody sits, `theirs` the one that programs see.

    It shows what is written as it is, and a key takes away nothing of that, nor of what is typed behind it.
    """

    ours: int = -1
    theirs: int = -1

    def __post_init__(self):
        self.ours, self.theirs = os.openpty()
        settings = termios.tcgetattr(self.theirs)
        settings[1] &= ~termios.OPOST
        settings[3] = settings[3] & ~termios.ECHO | termios.NOFLSH
        termios.tcsetattr(self.theirs, termios.TCSANOW, settings)

    def type(self, keys):
        os.write(self.ours, keys if isinstance(keys, bytes) else keys.encode() + b"\n")

    def stops_writers(self):
        """As `stty tostop`: who writes to it from the background is stopped."""
        settings = termios.tcgetattr(self.theirs)
        settings[3] |= termios.TOSTOP
        termios.tcsetattr(self.theirs, termios.TCSANOW, settings)

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def foreground(self):
        """The process group that its keys are for, as we number it."""
        return os.tcgetpgrp(self.ours)

    def hang_up(self):
        os.close(self.ours)
        self.ours = -1

    def close(self):
        for end in (self.ours, self.theirs):
            if end >= 0:
                os.close(end)


@dataclass
class Shell:
    """An interactive shell at the terminal; its jobs are what is typed."""

    running: Running
    terminal: Terminal
    marks: int = field(default=0)

    @property
    def pid(self):
        return self.running.process.pid

    def type(self, keys):
        self.terminal.type(keys)

    def hears(self, text):
        """Until this was written; what was written before is forgotten."""
        end = time.monotonic() + PATIENCE
        while text.encode() not in self.running.heard:
            assert self.running.read(end - time.monotonic()), f"no {text!r} in {self.running.heard!r}"
        _, self.running.heard = self.running.heard.split(text.encode(), 1)

    def ready(self):
        """Once it takes the next line, which it does when nobody else is in the foreground."""
        wait_for(lambda: self.terminal.foreground == self.pid)
        self.marks += 1
        self.type(f"echo mark $(({self.marks}+1000))")
        self.hears(f"mark {self.marks + 1000}\n")

    def status(self):
        """The status of what was typed last."""
        wait_for(lambda: self.terminal.foreground == self.pid)
        self.type('echo "status $?"')
        self.hears("status ")
        return int(self.running.line())

    @property
    def init(self):
        """The fernit that is its job."""
        return wait_for(lambda: [pid for pid in children_of(self.pid) if program_of(pid) == str(BINARY)])[0]

    def suspend(self, *stopped):
        """Presses Ctrl-Z, which stops these processes, and the shell takes over."""
        self.type(SUSPEND)
        for pid in stopped:
            wait_for(lambda: state_of(pid) == "T")
        self.ready()


def shell_at(starter: Starter, terminal, name, **arguments):
    running = starter.start(
        "plain", *SHELLS[name], bare=True, before=LEADS, stdin=terminal.theirs, stdout=terminal.theirs, stderr=terminal.theirs,
        out=terminal.ours, **arguments,
    )  # fmt: skip
    shell = Shell(running, terminal)
    shell.type("PS1= PS2=")
    shell.ready()
    return shell


def line_of(words):
    """These words as a shell reads them."""
    return shlex.join(str(word) for word in words)


def send(pid, *numbers):
    for number in numbers:
        os.kill(pid, number)
        if number == signal.SIGSTOP:
            wait_for(lambda: state_of(pid) in "TXZ")
