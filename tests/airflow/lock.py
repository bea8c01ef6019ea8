#!/usr/bin/python3
"""lock.py NAME...: makes locks/NAME.txt anew: what pip installs for that environment, pinned by version and hash.

It needs uv, which solves as of a day in the past; the tests need only what it wrote. Of each package's files the lock
names one for every processor in PROCESSORS, as wheels: a pure one, or one for Debian 12's Python and C library.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
PROCESSORS = ("x86_64", "aarch64")
PYTHON = "3.11"

# Those that Airflow's own people publish and that have options in airflow.cfg: for what they call sensitive.
PROVIDERS = ("amazon", "apache-hive", "celery", "cncf-kubernetes", "common-ai", "databricks", "edge3", "elasticsearch", "fab", "git",
             "google", "keycloak", "microsoft-azure", "openlineage", "opensearch", "smtp", "snowflake", "standard")

# As of a day soon after the release: what its own constraints had then. Providers stand there without what they depend on.
WANTED = {
    "2.10": ("2025-02-20", "apache-airflow==2.10.5 psycopg2-binary"),
    "2.11": ("2026-03-20", "apache-airflow==2.11.2 psycopg2-binary"),
    "providers": ("2026-09-24", " ".join(f"apache-airflow-providers-{name}" for name in PROVIDERS)),
    "3": ("2026-09-24", "apache-airflow==3.3.2 apache-airflow-providers-celery[redis] apache-airflow-providers-redis"
                        " apache-airflow-providers-postgres psycopg2-binary"),
}

# Packages that exist as source alone, and that nothing in a test imports.
LEFT_OUT = ("python-nvd3",)


def solve(name, processor):
    """[{"name", "version", "wheels": [...]}], as uv writes it into a pylock.toml."""
    day, wanted = WANTED[name]
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "wanted.in").write_text("\n".join(wanted.split()))
        (place / "without.txt").write_text("\n".join(f"{name}; python_version < '3'" for name in LEFT_OUT))
        subprocess.run(["uv", "pip", "compile", "--quiet", "--only-binary", ":all:", "--python-version", PYTHON,
                        "--python-platform", f"{processor}-manylinux_2_28", "--exclude-newer", day, "--format", "pylock.toml",
                        "--override", place / "without.txt", *["--no-deps"][: name == "providers"], "--output-file", place / "pylock.toml", place / "wanted.in"], check=True)
        return tomllib.loads((place / "pylock.toml").read_text())["packages"]


def best(wheels):
    """The hash of the wheel that pip would take: built for this very Python, else for the newest of the older ones."""

    def rank(wheel):
        python, abi = wheel["url"].removesuffix(".whl").split("-")[-3:-1]
        return abi != "none", abi != "abi3", [int(number) for number in re.findall(r"\d+", python)], wheel["url"]

    return max(wheels, key=rank)["hashes"]["sha256"]


def lock(name):
    day, wanted = WANTED[name]
    hashes = {}
    for processor in PROCESSORS:
        for package in solve(name, processor):
            pin = f"{package['name']}=={package['version']}"
            hashes.setdefault(pin, {})[best(package["wheels"])] = processor
    lines = [f"# Made by tests/airflow/lock.py {name}, as of {day}: {wanted}"]
    for pin, found in sorted(hashes.items()):
        lines += [" \\\n    ".join([pin, *(f"--hash=sha256:{value}" for value in found)])]
    (HERE / "locks" / f"{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    for argument in sys.argv[1:] or WANTED:
        lock(argument)
