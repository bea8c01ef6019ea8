"""Asks the Airflow of an environment what it makes of its configuration, and where it would show a secret.

    fernit run -- ENVIRONMENT/bin/python tests/airflow/judge.py STORE

A secret is each value that a file of the store holds, the elements of a list one by one. What it prints is JSON:

    version    Airflow's own
    reads      option -> the file of the store whose whole text conf.get gives; "" for none, "?" for another value
    holds      option -> [file of the store, Airflow's word for the source], for each option with a secret in it
    shown      the options where a page with expose_config = non-sensitive-only, or "config list --hide-sensitive", shows one

The whole text of no secret is printed, so that the output may stand in a log.
"""
import inspect
import io
import json
import pathlib
import sys

from airflow import __version__
from airflow.configuration import conf
from airflow.utils.providers_configuration_loader import providers_configuration_loaded

MANAGED = (("core", "fernet_key"), ("webserver", "secret_key"), ("api", "secret_key"), ("api_auth", "jwt_secret"),
           ("core", "internal_api_secret_key"))


def secrets(store):
    """Secret -> the file of the store that holds it; and whole text -> file."""
    files = {file: file.read_text().strip() for file in sorted(store.rglob("*")) if file.is_file() and file.name != ".lock"}
    whole = {text: str(file.relative_to(store)) for file, text in files.items() if text}
    return {part: name for text, name in whole.items() for part in text.split(",")}, whole


def read(section, option, whole):
    value = conf.get(section, option, fallback=None)
    return whole.get(value, "?") if value else ""


def holding(found, options):
    """(option, file of the store, source) for each option of `options` with a secret in its value."""
    for section, values in options.items():
        for option, (value, source) in values.items():
            for secret, name in found.items():
                if secret in str(value):
                    yield f"{section}.{option}", name, source


def written(found):
    """What conf.write shows where it is told to hide: Airflow 3 has it, behind "config list"."""
    if "hide_sensitive" not in inspect.signature(conf.write).parameters:
        return []
    with io.StringIO() as output:
        conf.write(output, hide_sensitive=True, show_values=True)
        return [f"config list: {name}" for secret, name in found.items() if secret in output.getvalue()]


@providers_configuration_loaded
def judge(store):
    found, whole = secrets(store)
    clear = holding(found, conf.as_dict(display_sensitive=True, display_source=True))
    hidden = holding(found, conf.as_dict(display_sensitive=False, display_source=True))
    return {
        "version": __version__,
        "reads": {f"{section}.{option}": read(section, option, whole) for section, option in MANAGED},
        "holds": {option: [name, source] for option, name, source in clear},
        "shown": sorted({option for option, _, _ in hidden}) + written(found),
    }


if __name__ == "__main__":
    print(json.dumps(judge(pathlib.Path(sys.argv[1]))))
