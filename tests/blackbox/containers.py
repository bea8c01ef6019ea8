"""A root file system of the test's own, as an engine makes one: a layer on top, volumes where they are asked for.

All of the machine but /var, /run and /proc is seen in it, read-only; the test's own directory is not, under its name.
"""
import os
import pathlib
import subprocess
from dataclasses import dataclass

import pytest

STORE = "/var/lib/fernit"
LEFT_OUT = {"var", "run", "proc"}


@dataclass
class Container:
    namespace: object
    disk: pathlib.Path  # a file system on a disk, for layers and volumes; in the test's directory
    number: int
    kind: str

    @property
    def root(self):
        return self.disk / f"root {self.number}"

    @property
    def prefix(self):
        return [*self.namespace.prefix, "/usr/sbin/chroot", str(self.root)]

    def path(self, path):
        """The place that is called `path` in there, for Python out here."""
        return self.namespace.path(f"{self.root}{path}")

    def mount(self, *words):
        self.namespace.run("mount", "-n", *map(str, words))

    def boot(self, proc):
        """By one shell, since each step in a namespace is a process of its own."""
        root, number = self.root, self.number
        layers = [f"'{self.disk}/{name} {number}'" for name in ("image", "changes", "work")]
        lines = [f"mkdir '{root}' && cd '{self.disk}'"]
        if self.kind == "overlay":
            options = f"lowerdir=image {number},upperdir=changes {number},workdir=work {number}"
            lines += [f"mkdir {' '.join(layers)}", f"mount -n -t overlay -o '{options}' overlay '{root}'"]
        else:
            lines += [f"mount -n --bind '{root}' '{root}'"]
        lines += [f"cd '{root}' && mkdir -p var/lib run proc"]
        for entry in pathlib.Path("/").iterdir():
            if entry.is_symlink():
                lines += [f"ln -s '{os.readlink(entry)}' '{entry.name}'"]
            elif entry.is_dir() and entry.name not in LEFT_OUT:
                lines += [f"mkdir '{entry.name}' && mount -n --bind '{entry}' '{entry.name}'"]
                lines += [] if entry.name == "dev" else [f"mount -n -o remount,bind,ro '{entry.name}'"]
        lines += [f"mount -n --bind '{self.disk.parent}' '{root}{self.disk.parent}'"]
        lines += ["mount -n --rbind /proc proc"] if proc else []
        self.namespace.run("sh", "-ec", "\n".join(lines))

    def volume(self, source, path=STORE, *options):
        """`-v source:path`: a directory of the disk, which is made if it is missing."""
        self.namespace.run("mkdir", "-p", self.disk / source)
        self.path(path).mkdir(parents=True, exist_ok=True)
        self.mount("--bind", self.disk / source, f"{self.root}{path}")
        if options:
            self.mount("-o", ",".join(["remount", "bind", *options]), f"{self.root}{path}")

    def memory(self, path=STORE):
        self.path(path).mkdir(parents=True, exist_ok=True)
        self.mount("-t", "tmpfs", "none", f"{self.root}{path}")

    def marked(self, path):
        """A file by which an engine tells that this is a container."""
        self.path(path).touch()
        return self


@pytest.fixture(name="disk")
def disk_fixture(namespace, tmp_path):
    """A new ext4 of a few megabytes, seen in the namespace alone: nothing is known of what the machine's /tmp is on."""
    image, place = tmp_path / "disk.img", tmp_path / "disk"
    place.mkdir()
    with open(image, "wb") as file:
        file.truncate(16 << 20)
    try:
        subprocess.run(["mkfs.ext4", "-q", image], check=True, capture_output=True)
        namespace.run("mount", "-n", "-o", "loop", image, place)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system of the test's own here: {error}")
    namespace.path(place).chmod(0o755)
    return place


@pytest.fixture(name="container")
def container_fixture(namespace, disk):
    """container(kind="overlay", proc=True): a new root, without any mark; a "plain" one has no layer."""
    made = []

    def start(kind="overlay", proc=True):
        made.append(Container(namespace, disk, len(made), kind))
        made[-1].boot(proc)
        return made[-1]

    return start
