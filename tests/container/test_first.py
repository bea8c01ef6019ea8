"""The three uses, for real, as they stand in the README."""


def add(box, image, *words, volume):
    return box.run("-v", f"{volume}:/var/lib/fernit", *words, image, "airflow", "connections", "add", "db", "--conn-password", "s3cret")


def test_a_container_that_is_removed_leaves_the_key_in_the_volume(box):
    volume, data = box.volume(), box.volume()
    mounts = ("-v", f"{volume}:/var/lib/fernit", "-v", f"{data}:/data", "-e", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sqlite:////data/airflow.db", "--user", "0")
    done = box.run(*mounts, "airflow-with-fernit", "airflow", "connections", "add", "db", "--conn-password", "s3cret")
    assert done.returncode == 0, done.stderr
    done = box.run(*mounts, "airflow-with-fernit", "airflow", "connections", "get", "db")
    assert (done.returncode, done.stdout) == (0, "db s3cret\n"), done.stderr
