"""What a start owes: from its system calls, which names in the store a power cut could still take away."""
import re

#: The calls that tell it; `only` of a Trace.
CALLS = "execve,fsync,linkat,mkdir,mkdirat,openat,renameat,renameat2,unlinkat,write"

CALL = re.compile(r"\d+ +(\w+)\((.*)\) += (.*)$")
#: What a call of the ...at family is about, and a call with a path or a descriptor alone.
AT = re.compile(r'(?:\d+|AT_FDCWD)<([^>]*)>, "([^"]*)"')
PATH = re.compile(r'"([^"]*)"')
COPY = re.compile(r"\.airflow\.cfg\.[0-9a-f]+")
DESCRIPTOR = re.compile(r"\d+<([^>]*)>")


def failed(result):
    return result.startswith(("-1", "?"))


class Ledger:
    """Reads calls in their order. `owed`: path to the paths that still have to be fsynced for it. `early`: (of what, what) came too early.

    Nothing may be owed when a secret is handed on, to the command or by airflow.cfg; nor when a file of the store is
    replaced or removed, since what it held must be somewhere else by then. That goes for the copy of an airflow.cfg that is
    written in place, too.
    """

    def __init__(self, place, owed=None):
        self.place = place
        self.owed = {path: set(debts) for path, debts in (owed or {}).items()}
        self.synced, self.early = set(), []

    def read(self, lines):
        calls = [match.groups() for match in map(CALL.match, lines) if match]
        for number, (name, arguments, result) in enumerate(calls):
            if failed(result):
                self.fail(name, arguments, result)
            elif number > 0 or name != "execve":
                self.succeed(name, arguments)
        return self

    def fail(self, name, arguments, result):
        """Who may make a folder in one that he may not read cannot fsync that one."""
        if name in ("open", "openat") and "EACCES" in result and "O_DIRECTORY" in arguments:
            folder, path = AT.match(arguments).groups() if name == "openat" else ("", PATH.match(arguments)[1])
            self.pay(str(self.place.store.parent) if path == ".." else path)

    def succeed(self, name, arguments):
        if name == "execve":
            self.settle("the command gets its secrets")
        elif name == "fsync":
            self.pay(DESCRIPTOR.match(arguments)[1])
        elif name == "write":
            self.change(DESCRIPTOR.match(arguments)[1])
        elif name == "mkdir":
            self.make(*PATH.match(arguments)[1].rsplit("/", 1), whole=True)
        elif name == "mkdirat" or (name == "openat" and "O_EXCL" in arguments):
            folder, path = AT.match(arguments).groups()
            if name == "mkdirat":
                self.synced.add(f"{folder}/{path}")  # it holds nothing that could be lost
            self.make(folder, path, whole=name == "mkdirat")
        elif name == "unlinkat":
            self.remove(*AT.match(arguments).groups())
        elif name in ("linkat", "renameat", "renameat2"):
            self.name(name, *AT.findall(arguments))

    def is_ours(self, folder, name):
        visible = not name.startswith(".") or COPY.fullmatch(name)
        return f"{folder}/{name}".startswith(str(self.place.store)) and visible

    def name(self, call, old, new):
        if "/".join(new) == str(self.place.cfg):
            self.settle("airflow.cfg gets the secrets")
            if "/".join(old) not in self.synced:
                self.early.append((str(self.place.cfg), "airflow.cfg is replaced before an fsync of what replaces it"))
        if call == "renameat":
            self.replace(*new, "is replaced")
        self.make(*new, whole="/".join(old) in self.synced)

    def remove(self, folder, name):
        """Who uses a file makes it durable first: one that still owes its own fsync was not finished, and nobody has used it."""
        path = f"{folder}/{name}"
        if path in self.owed.get(path, ()):
            del self.owed[path]
        self.replace(folder, name, "is removed")

    def replace(self, folder, name, what):
        if self.is_ours(folder, name):
            self.settle(f"{folder}/{name} {what}")

    def make(self, folder, name, whole):
        """There is a new name; `whole`: what it is the name of needs no fsync."""
        if self.is_ours(folder, name):
            self.owed[f"{folder}/{name}"] = {folder} if whole else {folder, f"{folder}/{name}"}

    def change(self, path):
        self.synced.discard(path)
        if path == str(self.place.cfg):
            self.owed.pop(path, None)
            self.settle("airflow.cfg is written in place")
            self.owed[path] = {path}

    def pay(self, path):
        self.synced.add(path)
        self.owed = {name: rest for name, debts in self.owed.items() if (rest := debts - {path})}

    def settle(self, what):
        self.early += [(name, f"{what} before an fsync of {' and '.join(sorted(debts))}") for name, debts in self.owed.items()]
