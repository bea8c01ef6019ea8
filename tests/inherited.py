#!/usr/bin/python3
"""inherited.py COMMAND...: runs a command with the state that the tests rely on, whatever this process inherited.

nohup ignores SIGHUP, a service manager may block signals or close standard input, and a shell may have another umask.
tests/blackbox/conftest.py calls the same function, for a pytest that was started by hand.
"""
import os
import signal
import sys

# Python ignores these two itself, and gives each command the default.
OWN = {signal.SIGPIPE, signal.SIGXFSZ}


def forget_inherited_state():
    """Default dispositions, no blocked signal, umask 022, open standard streams."""
    for number in signal.valid_signals() - OWN:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(0o022)
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # open takes the lowest number, which is this one


if __name__ == "__main__":
    forget_inherited_state()
    for number in OWN:
        signal.signal(number, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
