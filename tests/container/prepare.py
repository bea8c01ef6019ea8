"""Builds the images that the tests run: the base, stand-ins for those that cannot be pulled, and the project's own.

What is there already is not made again.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from engine import DEBIAN, HERE, SUITE, TREE


def say(text):
    print(f"prepare.py: {text}", file=sys.stderr, flush=True)


def mirror():
    """Where apt has Debian's main archive of that suite from."""
    targets = subprocess.run(["apt-get", "indextargets", "--no-release-info", "--format", "$(RELEASE) $(REPO_URI)",
                              "Created-By: Packages", "Component: main"], capture_output=True, text=True, check=True).stdout
    places = [line.split()[1] for line in targets.splitlines() if line.split()[0] == SUITE]
    if not places:
        raise SystemExit(f"prepare.py: apt has no deb line for Debian's {SUITE}: see /etc/apt/sources.list and /etc/apt/sources.list.d")
    return places[0]


def debian(engine):
    """Debian's own small image, by debootstrap."""
    if engine.has(DEBIAN):
        return
    say(f"making {DEBIAN} with debootstrap")
    with tempfile.TemporaryDirectory(prefix="fernit-debootstrap-") as folder:
        root = pathlib.Path(folder) / "root"
        made = subprocess.run(["debootstrap", "--variant=minbase", SUITE, root, mirror()], capture_output=True, text=True, check=False)
        if made.returncode:
            raise SystemExit(f"prepare.py: debootstrap failed\n{made.stdout[-3000:]}{made.stderr[-3000:]}")
        # What apt keeps of the packages; how the machine reaches its archive goes along.
        for name in ("var/cache/apt/archives", "var/lib/apt/lists"):
            subprocess.run(["find", root / name, "-type", "f", "-delete"], check=True)
        subprocess.run(["cp", "-r", "/etc/apt/apt.conf.d", "/etc/apt/auth.conf.d", root / "etc/apt/"], check=False, capture_output=True)
        tar = subprocess.Popen(["tar", "-C", root, "--numeric-owner", "--one-file-system", "-c", "."], stdout=subprocess.PIPE)
        engine.podman("import", "--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                      "--change", "CMD [\"bash\"]", "-", DEBIAN, stdin=tar.stdout, timeout=600)
        tar.wait()


# Stand-ins, in the order in which they stand on each other.
STAND_INS = (
    ("fernit-test/base", "base.Dockerfile"),
    ("apache/airflow:2.10.5", "airflow.Dockerfile"),
    ("puckel/docker-airflow:1.10.9", "puckel.Dockerfile"),
    ("postgres:16", "postgres.Dockerfile"),
    ("redis:7", "redis.Dockerfile"),
)
# Airflow 3 for real, on the first of those: without its packages, which are large, and which a container mounts.
AIRFLOW3 = re.search(r"AIRFLOW=(\S+:(\S+)) ", (TREE / "docker" / "compose" / "compose.airflow3.yaml").read_text())
# The project's own, as the README builds them.
OWN = (
    ("fernit", "Dockerfile"),
    ("airflow-with-fernit", "airflow.Dockerfile"),
    ("puckel-with-fernit", "puckel.Dockerfile"),
)


def packages():
    """The folder of Airflow 3's packages, from the environment that tests/airflow keeps in the cache; else None, and why not."""
    done = subprocess.run([TREE / "tests" / "airflow" / "environment.sh", "3"], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"prepare.py: {done.stderr}")
    return (f"{done.stdout.strip()}/lib", "") if done.returncode == 0 else (None, done.stderr.strip())


def prepare(engine):
    debian(engine)
    for tag, file in STAND_INS:
        say(f"building {tag}, a stand-in")
        engine.build(tag, HERE / "images" / file, HERE / "images")
    say(f"building {AIRFLOW3[1]}, without its packages")
    engine.build(AIRFLOW3[1], HERE / "images" / "airflow3.Dockerfile", HERE / "images", "--build-arg", f"AIRFLOW_VERSION={AIRFLOW3[2]}")
    for tag, file in OWN:
        say(f"building {tag} from docker/{file}")
        engine.build(tag, TREE / "docker" / file)
