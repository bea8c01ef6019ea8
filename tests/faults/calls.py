"""The system calls that fernit makes: which can fail, and how, on a machine and a file system that have a bad day."""
import re

FULL = ["ENOSPC", "EDQUOT"]
CHANGE = [*FULL, "EIO", "EROFS", "EACCES", "ESTALE", "ENOMEM"]
CHANGE_OPEN = [*FULL, "EIO", "EROFS", "ESTALE"]
#: ENOENT: a network file system does not always see at once what another host has made.
LOOK = ["EIO", "EACCES", "ESTALE", "ENOMEM", "ENOENT"]
DESCRIPTOR = ["EMFILE", "ENFILE", "ENOMEM"]
OPEN = ["EIO", "EACCES", "ESTALE", "EINTR", *DESCRIPTOR]

FAILS = {
    "access": ["EIO", "EACCES", "ENOMEM"],
    "brk": ["ENOMEM"],
    "chdir": ["EIO", "EACCES", "ENOMEM"],
    "execve": ["EIO", "EACCES", "ENOMEM", "EMFILE"],
    "fchmod": [*CHANGE_OPEN, "EPERM"],
    "fchown": [*CHANGE_OPEN, "EPERM"],
    "fgetxattr": ["EIO", "ESTALE", "ENOMEM", "EOPNOTSUPP"],
    "fremovexattr": [*CHANGE_OPEN, "EPERM", "EOPNOTSUPP"],
    "fsetxattr": [*CHANGE_OPEN, "EPERM", "EOPNOTSUPP"],
    "faccessat": [*LOOK, "EPERM"],
    "fcntl": ["EIO", "EINTR", "EINVAL", "ENOLCK"],
    "flock": ["EINTR", "ENOLCK", "ENOSYS"],
    "fstat": ["EIO", "ESTALE", "ENOMEM"],
    "fstatfs": ["EIO", "ESTALE", "ENOMEM", "ENOSYS"],
    "fsync": [*CHANGE_OPEN, "EINTR"],
    "ftruncate": [*CHANGE_OPEN, "EINTR"],
    "getdents64": ["EIO", "ESTALE", "ENOMEM"],
    "getrandom": ["EINTR", "EPERM"],
    "ioctl": ["EIO"],
    "linkat": CHANGE,
    "lseek": ["EIO"],
    "lstat": LOOK,
    "madvise": ["EINVAL", "ENOMEM"],
    "mkdir": CHANGE,
    "mkdirat": CHANGE,
    "mlock": ["ENOMEM", "EPERM"],
    "mmap": ["ENOMEM"],
    "mprotect": ["ENOMEM"],
    "munlock": ["ENOMEM"],
    "munmap": ["ENOMEM"],
    "newfstatat": LOOK,
    "open": OPEN,
    "openat": OPEN,
    "poll": ["EINTR", "ENOMEM"],
    "prctl": ["EINVAL", "EPERM"],
    "read": ["EIO", "EINTR", "ESTALE", "ENOMEM"],
    "readlink": LOOK,
    "rename": CHANGE,
    "renameat": CHANGE,
    "renameat2": CHANGE,
    "signalfd4": [*DESCRIPTOR, "ENOSYS"],
    "stat": LOOK,
    "statfs": LOOK,
    "unlinkat": ["EIO", "EROFS", "EACCES", "ESTALE", "ENOMEM"],
    "write": [*FULL, "EIO", "EINTR", "ESTALE"],
    "writev": [*FULL, "EIO", "ESTALE"],
}

#: They always succeed, or fail only for a reason that is fernit's own mistake. close() may report an error, but the kernel
#: closes all the same, and strace would not: the lock would be held by nobody.
CANNOT_FAIL = {
    "arch_prctl", "clock_gettime", "clock_nanosleep", "close", "exit_group", "getegid", "geteuid", "getgid", "getgroups",
    "getpid", "getppid", "getuid", "nanosleep", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigtimedwait",
    "set_tid_address", "umask", "uname",
}  # fmt: skip

#: Whatever becomes of them, the run goes on.
HARMLESS = {"brk", "ioctl", "madvise", "mlock", "munlock", "munmap", "poll"}


def errors_of(name, arguments):
    """The plausible errors of a call; KeyError for one that nobody has thought about."""
    if name in CANNOT_FAIL:
        return []
    if name not in ("open", "openat"):
        return FAILS[name]
    if "O_CREAT" in arguments:
        return [*OPEN, *FULL, "EROFS"]
    return [*OPEN, "EROFS"] if re.search("O_(RDWR|WRONLY)", arguments) else [*OPEN, "ENOENT"]


def is_harmless(name, arguments, error):
    """Whether the run must succeed nevertheless: also a call that is simply made again, and one about standard error."""
    again = error == "EINTR" and name in ("read", "write", "getrandom")
    log = arguments.startswith(("2<", '"/proc/self/fd/2"'))
    descriptor = name == "fcntl" and "LK" not in arguments
    litter = name == "unlinkat" and ', ".' in arguments
    return name in HARMLESS or again or log or descriptor or litter
