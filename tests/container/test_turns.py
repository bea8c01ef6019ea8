"""Wrong turns that a person takes with the images, each of which would have lost a key without a word."""
import pytest

from conftest import STORE

ADD = ("airflow", "connections", "add", "db", "--conn-password", "s3cret")
GET = ("airflow", "connections", "get", "db")


def test_the_classic_image_gets_its_key_also_where_somebody_wants_it_in_airflow_cfg_alone(box):
    """Its entrypoint makes a fresh one at each start, unless its environment has one."""
    places = ("-e", "FERNIT_DELIVER=cfg", "-v", f"{box.volume()}:{STORE}", "-v", f"{box.volume()}:/usr/local/airflow", "puckel-with-fernit")
    assert box.run(*places, *ADD).returncode == 0
    done = box.run(*places, *GET)
    assert done.stdout == "db s3cret\n", done.stderr


def test_a_start_as_root_does_not_lock_airflow_out(box):
    places = ("-v", f"{box.volume()}:{STORE}", "airflow-with-fernit", "config", "get-value", "core", "fernet_key")
    first, second = box.run("--user", "0", *places), box.run(*places)
    assert (second.returncode, second.stdout) == (0, first.stdout), second.stderr


@pytest.mark.parametrize("place", [(), ("-v", "/var/lib/fernit"), ("-v", "VOLUME:/var/lib/fernet")], ids=["forgotten", "anonymous", "mistyped"])
def test_a_key_is_not_said_to_be_kept_where_it_is_not(box, place):
    key = box.run("fernit", "key", "generate").stdout.strip()
    place = [word.replace("VOLUME", box.volume()) for word in place]
    done = box.run(*place, "-e", f"FERNET_KEY={key}", "airflow-with-fernit", "version")
    assert done.returncode == 0 and "is lost with the container" in done.stderr and f"run -v fernit:{STORE}" in done.stderr
    assert f"the Fernet key {key}" not in done.stderr and "is now kept" not in done.stderr


def test_bitnamis_name_of_the_key_is_no_reason_to_make_another(box):
    done = box.run("-v", f"{box.volume()}:{STORE}", "-e", "AIRFLOW_FERNET_KEY=what it was", "airflow-with-fernit", "version")
    assert done.returncode == 125 and "AIRFLOW_FERNET_KEY is set" in done.stderr
