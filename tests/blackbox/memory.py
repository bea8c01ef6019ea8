"""What a process holds in memory, and a kernel that refuses it calls.

`scan` reads all that root can see of a process. `refusing` gives the words in front of a command that is refused calls by
a filter like the one that containers run under, seccomp(2); that much needs nothing but Python, since it is also run as a
program of its own.
"""
import base64
import ctypes
import errno
import json
import os
import pathlib
import platform
import re
import struct
import sys
from dataclasses import dataclass, field

PART = 12  # characters of a key in a row that nobody else has by chance
PAGE = os.sysconf("SC_PAGE_SIZE")
STANDARD = str.maketrans("-_", "+/")


# --- What is looked for


def bytes_of(key):
    return base64.urlsafe_b64decode(key)


def forms_of(keys):
    """Bytes that must not be found, each with what it is: whatever is longer holds one of them."""
    ring = ",".join(keys)
    forms = {}
    for what, text in (("the text in the standard alphabet", ring.translate(STANDARD)), ("the text", ring)):
        forms.update({text[at : at + PART].encode(): what for at in range(len(text) - PART + 1)})
    for key in keys:
        forms.update({bytes_of(key)[at : at + 16]: "the bytes" for at in (0, 8, 16)})
    return forms


# --- Where


@dataclass
class Scan:
    """What was read of a process: `found` names what was found and where."""

    found: set = field(default_factory=set)
    read: int = 0
    places: list = field(default_factory=list)
    unread: list = field(default_factory=list)

    def __str__(self):
        return f"{self.read} bytes read in {len(self.places)} places; not to be read: {', '.join(self.unread) or 'nothing'}"

    def look(self, place, data, forms):
        self.read += len(data)
        self.places.append(place)
        self.found |= {(what, place) for form, what in forms.items() if form in data}

    @property
    def kinds(self):
        return {what for what, _ in self.found}


def read_mapping(memory, start, end):
    """Its bytes, in the pieces that can be had."""
    pieces = []
    while start < end:
        try:
            piece = os.pread(memory, min(end - start, 1 << 20), start)
        except (OSError, OverflowError):
            piece = b""
        pieces.append(piece)
        start += len(piece) or PAGE
    return b"".join(pieces)


def scan(pid, forms):
    """Every mapping of the process, its environment, its words and what the kernel has told it."""
    seen = Scan()
    folder = pathlib.Path(f"/proc/{pid}")
    memory = os.open(folder / "mem", os.O_RDONLY)
    try:
        for line in (folder / "maps").read_text().splitlines():
            start, end, rights, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            place = f"{name or 'memory'} {rights} {start}"
            data = read_mapping(memory, int(start, 16), int(end, 16))
            if data:
                seen.look(place, data, forms)
            else:
                seen.unread.append(place)
    finally:
        os.close(memory)
    for name in ("environ", "cmdline", "auxv", "stat", "comm"):
        seen.look(name, (folder / name).read_bytes(), forms)
    print(f"process {pid}: {seen}")
    return seen


# --- A kernel that refuses

CALLS = {
    "setpgid": 109, "clone": 56, "execve": 59, "wait4": 61, "kill": 62, "chdir": 80, "rt_sigaction": 13, "rt_sigprocmask": 14,
    "rt_sigtimedwait": 128, "prctl": 157, "waitid": 247, "madvise": 28, "signalfd4": 289, "pipe2": 293, "execveat": 322,
    "pidfd_send_signal": 424, "pidfd_open": 434, "close_range": 436, "clone3": 435,
}  # fmt: skip

PRIVILEGED = {
    "acct": 163, "add_key": 248, "bpf": 321, "clock_adjtime": 305, "clock_settime": 227, "create_module": 174, "delete_module": 176,
    "fanotify_init": 300, "finit_module": 313, "fsconfig": 431, "fsmount": 432, "fsopen": 430, "fspick": 433, "get_mempolicy": 239,
    "init_module": 175, "io_uring_enter": 426, "io_uring_register": 427, "io_uring_setup": 425, "ioperm": 173, "iopl": 172,
    "kcmp": 312, "kexec_file_load": 320, "kexec_load": 246, "keyctl": 250, "lookup_dcookie": 212, "mbind": 237, "mount": 165,
    "mount_setattr": 442, "move_mount": 429, "move_pages": 279, "name_to_handle_at": 303, "open_by_handle_at": 304, "open_tree": 428,
    "perf_event_open": 298, "pidfd_getfd": 438, "pivot_root": 155, "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101,
    "quotactl": 179, "reboot": 169, "request_key": 249, "set_mempolicy": 238, "setns": 308, "settimeofday": 164, "swapoff": 168,
    "swapon": 167, "sysfs": 139, "syslog": 103, "umount2": 166, "unshare": 272, "uselib": 134, "userfaultfd": 323, "ustat": 136,
    "vhangup": 153,
}  # fmt: skip

NUMBERS = {**CALLS, **PRIVILEGED}
NEW_NAMESPACES = 0x7E020000  # flags of clone(2)

#: What containers are refused that have no rights beyond the usual ones.
#: https://docs.docker.com/engine/security/seccomp/
AS_IN_A_CONTAINER = [
    *(f"{name}:EPERM" for name in PRIVILEGED),
    "clone3:ENOSYS",
    f"clone&{NEW_NAMESPACES}:EPERM",
]


def can_refuse():
    return platform.machine() == "x86_64" and sys.platform == "linux"


def refusing(*refusals):
    """Words in front of a command: for it and all that it starts the kernel refuses these calls.

    "execveat:EPERM"; "clone&1234:EPERM" only where its first argument has one of these bits.
    """
    return ["/usr/bin/python3", "-I", "-S", str(pathlib.Path(__file__).resolve()), json.dumps(refusals), "--"]


def instruction(code, value, if_so=0, if_not=0):
    return struct.pack("=HBBI", code, if_so, if_not, value)


def filter_of(refusals):
    """The program that the kernel asks at every call. Documentation/userspace-api/seccomp_filter.rst"""
    load, equal, any_bit, give = 0x20, 0x15, 0x45, 0x06
    allowed, refused = 0x7FFF0000, 0x00050000
    program = [instruction(load, 4), instruction(equal, 0xC000003E, 1, 0), instruction(give, allowed)]
    for refusal in refusals:
        name, bits, number = re.fullmatch(r"(\w+)(?:&(\d+))?:(\w+)", refusal).groups()
        test = [instruction(load, 16), instruction(any_bit, int(bits), 0, 1)] if bits else []
        program += [instruction(load, 0), instruction(equal, NUMBERS[name], 0, len(test) + 1), *test]
        program.append(instruction(give, refused | getattr(errno, number)))
    return b"".join([*program, instruction(give, allowed)])


def install(refusals):
    no_new_privileges, seccomp, by_filter = 38, 22, 2
    program = filter_of(refusals)
    text = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((no_new_privileges, 1, 0, 0, 0), (seccomp, by_filter, ctypes.addressof(header), 0, 0)):
        if libc.prctl(*(ctypes.c_ulong(word) for word in words)) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    install(json.loads(sys.argv[1]))
    os.execvp(sys.argv[3], sys.argv[3:])
