"""podman and buildah in a place of their own: nothing that the machine's own podman has is seen or touched.

Images stay from run to run in the cache, as layers do at a person who builds twice; containers, volumes and networks do not.
The base image is debootstrap's, from where apt gets its packages: no registry of images is asked for anything.
What podman keeps while containers run is in /run, since it refuses a runroot of more than 50 characters, and a cache may have a long path.
"""
import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

TREE = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
CACHE = pathlib.Path(os.environ.get("FERNIT_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "fernit")

DEBIAN = "debian:bookworm-slim"  # what docker/Dockerfile begins with
SUITE = "bookworm"
# What debootstrap is told, and what the image gets beyond it.
BASE_RECIPE = "minbase 2"
NODE = "node"  # a folder of the place: what the tests of docker/kubernetes keep as a cluster's node does

# Rlimits that the machine may be unable to raise, a cgroup hierarchy that systemd does not run, no journal.
CONTAINERS_CONF = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
lock_type = "file"
tmp_dir = "{run}/tmp"
[network]
network_backend = "netavark"
network_config_dir = "{root}/networks"
"""
STORAGE_CONF = """
[storage]
driver = "{driver}"
graphroot = "{root}/graph"
runroot = "{run}/root"
"""
# No registry: a name without a host is one of ours (localhost/), or an error.
REGISTRIES_CONF = "unqualified-search-registries = []\n"
# `docker` is podman, and `docker compose` is podman-compose, as for many who read the pages.
DOCKER = """#!/bin/sh
if [ "$1" = compose ]; then
    shift
    exec podman-compose "$@"
elif [ "$1" = build ] && [ -e "{network}" ]; then
    exec nsenter --net="{network}" podman "$@"
fi
exec podman "$@"
"""


# Namespaces of the run's own: podman's firewall rules, bridges, name server and mounts end with it, and so does every process.
OWN_PLACE = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "catatonit", "--")
INSIDE = "FERNIT_TEST_INSIDE"  # set in there, to the descriptor of the machine's network namespace
MACHINE_NETWORK = "machine-network"  # the same as a file of the run folder, for builds, whose apt needs it


def remove_folder(folder):
    """With all that is mounted in it."""
    mounts = [line.split()[1] for line in pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    for mount in reversed(mounts):
        if mount.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", mount], check=False)
    shutil.rmtree(folder, ignore_errors=True)


class Engine:
    def __init__(self, cache=CACHE):
        recipe = hashlib.sha256(f"{BASE_RECIPE} {CONTAINERS_CONF} {STORAGE_CONF}".encode()).hexdigest()[:12]
        self.root = cache / f"containers-{recipe}"
        # One folder for one cache: podman remembers the path beside its images.
        self.run_folder = pathlib.Path("/run", f"fernit-{hashlib.sha256(str(self.root).encode()).hexdigest()[:12]}")
        self.machine_network = self.run_folder / MACHINE_NETWORK
        self.environment = dict(
            {name: value for name, value in os.environ.items() if not name.startswith(("FERNIT_", "AIRFLOW_"))},
            PATH=f"{self.root}/bin:{os.environ['PATH']}",
            CONTAINERS_CONF=f"{self.root}/containers.conf",
            CONTAINERS_STORAGE_CONF=f"{self.root}/storage.conf",
            CONTAINERS_REGISTRIES_CONF=f"{self.root}/registries.conf",
            # Without it buildah asks for a namespace of its own, which a container that runs these tests may not make.
            BUILDAH_ISOLATION="chroot",
        )

    def run(self, *words, check=True, timeout=300, **options):
        """Runs a command with podman, buildah and docker as they are here; returns what subprocess.run does, as text."""
        done = subprocess.run([str(word) for word in words], env=options.pop("env", self.environment), text=True, timeout=timeout,
                              stdin=options.pop("stdin", subprocess.DEVNULL), capture_output=True, **options)
        if check and done.returncode:
            raise AssertionError(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def begin(self, *words):
        """The same without waiting for its end: a Popen with text, for its owner to wait for."""
        return subprocess.Popen([str(word) for word in words], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def podman(self, *words, **options):
        return self.run("podman", *words, **options)

    def make(self):
        """The configuration files, and the kind of storage that works here."""
        for folder in (self.root / "bin", self.root / "networks", self.run_folder / "tmp"):
            folder.mkdir(parents=True, exist_ok=True)
        (self.root / "containers.conf").write_text(CONTAINERS_CONF.format(root=self.root, run=self.run_folder))
        (self.root / "registries.conf").write_text(REGISTRIES_CONF)
        (self.root / "bin" / "docker").write_text(DOCKER.format(network=self.machine_network))
        (self.root / "bin" / "docker").chmod(0o755)
        if not (self.root / "storage.conf").exists():
            (self.root / "storage.conf").write_text(STORAGE_CONF.format(root=self.root, run=self.run_folder, driver=self.driver()))

    def driver(self):
        """overlay where the kernel mounts one over this folder's file system, else vfs, which copies."""
        trial = self.root / "trial"
        for name in ("lower", "upper", "work", "merged"):
            (trial / name).mkdir(parents=True, exist_ok=True)
        layers = f"lowerdir={trial}/lower,upperdir={trial}/upper,workdir={trial}/work"
        mounted = subprocess.run(["mount", "-n", "-t", "overlay", "-o", layers, "overlay", trial / "merged"], capture_output=True, check=False)
        if mounted.returncode == 0:
            subprocess.run(["umount", trial / "merged"], check=True)
        subprocess.run(["rm", "-rf", trial], check=True)
        return "vfs" if mounted.returncode else "overlay"

    def clear(self):
        """What a run has left: containers, pods, volumes, networks, secrets. Images stay."""
        self.podman("pod", "rm", "--all", "--force", "--time", "0", check=False)
        self.podman("rm", "--all", "--force", "--time", "0", check=False)
        self.podman("volume", "rm", "--all", "--force", check=False)
        self.podman("network", "prune", "--force", check=False)
        names = self.podman("secret", "ls", "--format", "{{.Name}}", check=False).stdout.split()
        for name in names:
            self.podman("secret", "rm", name, check=False)
        remove_folder(self.root / NODE)

    @contextlib.contextmanager
    def session(self, prepare):
        """Makes the images with `prepare`, then starts this program again in a place of its own, where the block runs.

        At its end only the images are left.
        """
        if INSIDE not in os.environ:
            lock = self.lock()
            self.make()
            prepare(self)
            remove_folder(self.run_folder)
            network = os.open("/proc/self/ns/net", os.O_RDONLY)
            for descriptor in (lock.fileno(), network):
                os.set_inheritable(descriptor, True)
            os.execvpe(OWN_PLACE[0], [*OWN_PLACE, sys.executable, "-B", sys.modules["__main__"].__file__, *sys.argv[1:]], {**os.environ, INSIDE: str(network)})
        # netavark, runc and podman each have a folder in /run. systemd-resolved has the file there that names the name servers.
        servers = pathlib.Path("/etc/resolv.conf").resolve()
        text = servers.read_bytes()
        subprocess.run(["mount", "-n", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
        if not servers.exists():
            servers.parent.mkdir(parents=True)
            servers.write_bytes(text)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.make()
        self.machine_network.touch()
        subprocess.run(["mount", "-n", "--bind", f"/proc/self/fd/{os.environ[INSIDE]}", self.machine_network], check=True,
                       pass_fds=[int(os.environ[INSIDE])])
        self.clear()
        try:
            yield
        finally:
            self.clear()

    def build(self, tag, file, context=TREE, *options):
        """docker build -t TAG -f FILE OPTIONS CONTEXT; layers that are there already are taken."""
        self.run("docker", "build", "--layers", "--tag", tag, "--file", file, *options, context, timeout=1500)

    def has(self, image):
        return self.podman("image", "exists", image, check=False).returncode == 0

    def lock(self, what="lock"):
        """Waits for the one lock of this place, or of what is named in it; the file, which has it until it is closed."""
        self.root.mkdir(parents=True, exist_ok=True)
        file = open(self.root / what, "w", encoding="ascii")
        fcntl.flock(file, fcntl.LOCK_EX)
        return file

