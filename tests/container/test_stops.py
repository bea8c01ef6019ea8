"""How a container ends: podman stop sends TERM and, a minute later, KILL, which would be status 137."""
import json

import pytest

from deployment import Deployment

INIT = ()
EXEC = ("--entrypoint", json.dumps(["fernit", "run", "--", "/entrypoint"]))
UNDER_CATATONIT = ("--init",)
EXEC_UNDER_CATATONIT = (*EXEC, "--init")
IN_THE_HOST_S_NAMESPACE = ("--pid", "host")
WAYS = pytest.mark.parametrize("options", [
    pytest.param(INIT, id="process 1"),
    pytest.param(EXEC, id="exec mode"),
    pytest.param(UNDER_CATATONIT, id="under podman run --init"),
    pytest.param(EXEC_UNDER_CATATONIT, id="exec mode under podman run --init"),
])


def stop(box, name):
    """podman stop; the container's status then."""
    box.podman("stop", "--time", "60", name)
    return box.state(name, "ExitCode")


@WAYS
@pytest.mark.parametrize("words", [["webserver"], ["celery", "worker"]], ids=" ".join)
def test_a_component_ends_by_itself_when_the_container_is_stopped(box, options, words):
    name = Deployment(box, options=options).start(*words)
    component = " ".join(words)
    box.wait_for_log(name, f"{component}: ready")
    status = stop(box, name)
    log = box.logs(name)
    assert status == "0", log
    # A worker whose pool was killed under it says so.
    assert f"{component}: ending\n" in log, log


def test_a_worker_s_pool_lives_until_the_warm_shutdown_is_done(box):
    """The control: with the group's scope, which dumb-init has by default, the pool is killed."""
    name = Deployment(box, options=("-e", "FERNIT_SIGNAL_SCOPE=group")).start("celery", "worker")
    box.wait_for_log(name, "celery worker: ready")
    stop(box, name)
    assert "the pool was killed" in box.logs(name)


@pytest.mark.parametrize("value, killed", [("1", True), ("0", False)], ids=["the image's default", "told not to"])
def test_a_dumb_init_in_between_signals_the_pool_unless_it_is_told_not_to(box, value, killed):
    """Whatever fernit does: so it warns."""
    entrypoint = json.dumps(["fernit", "run", "--init", "--", "dumb-init", "--", "/entrypoint"])
    name = Deployment(box, options=("--entrypoint", entrypoint, "-e", f"DUMB_INIT_SETSID={value}")).start("celery", "worker")
    box.wait_for_log(name, "celery worker: ready")
    stop(box, name)
    log = box.logs(name)
    assert ("the pool was killed" in log) == ("dumb-init forwards each signal" in log) == killed, log


def test_the_children_of_a_shell_hear_the_stop_too(box):
    script = "trap 'wait; echo all ended; exit 7' TERM; (trap 'echo child ended; exit' TERM; echo child ready; while :; do sleep 0.2; done) & wait"
    name = Deployment(box).start("bash", "-c", script)
    box.wait_for_log(name, "child ready")
    assert stop(box, name) == "7" and {"child ended", "all ended"} <= set(box.logs(name).split("\n")), box.logs(name)


STATUSES = {
    "a command that does not handle TERM": ((), "143"),
    "the same with --ok-exit 143": (("-e", "FERNIT_OK_EXIT=143"), "0"),
}


@pytest.mark.parametrize("case", STATUSES)
def test_the_status_after_a_stop_is_the_documented_one(box, case):
    options, status = STATUSES[case]
    name = Deployment(box, options=options).start("bash", "-c", "echo begun; exec sleep 1000")
    box.wait_for_log(name, "begun")
    assert stop(box, name) == status


def test_in_the_host_s_namespace_a_stop_ends_it_too(box):
    """There podman signals each process itself, as well as the one that passes signals on: only that it ends can be asked for."""
    name = Deployment(box, options=IN_THE_HOST_S_NAMESPACE).start("webserver")
    box.wait_for_log(name, "webserver: ready")
    assert stop(box, name) in ("0", "143")


def test_a_stop_during_the_start_ends_it_before_the_command(box):
    """fernit waits for a command that gives the key; none of it is process 1's default, which is to ignore TERM."""
    name = Deployment(box, options=("-e", "AIRFLOW__CORE__FERNET_KEY_CMD=sleep 1000", "-e", "FERNIT_CMD_TIMEOUT=15m")).start("bash", "-c", "echo begun")
    box.wait_for_process(name, "sleep")
    assert stop(box, name) == "143" and "begun" not in box.logs(name)


@pytest.mark.parametrize("options", [INIT, UNDER_CATATONIT, IN_THE_HOST_S_NAMESPACE], ids=["process 1", "under podman run --init", "--pid host"])
def test_whoever_process_1_is_fernit_says_nothing_of_it(box, options):
    airflow = Deployment(box, options=options)
    airflow.add("db")
    done = airflow.run("bash", "-c", "exit 3")
    assert (done.returncode, done.stderr) == (3, "fernit: created /opt/airflow/airflow.cfg\n")


def test_with_podman_s_own_init_fernit_is_not_process_1_and_adopts_what_is_left(box):
    script = "(setsid sh -c 'sleep 0.1; ps -o ppid= -p $$ | xargs ps -o comm= -p' >/tmp/adopter &); until [ -s /tmp/adopter ]; do sleep 0.1; done; cat /proc/1/comm /tmp/adopter"
    done = Deployment(box, options=UNDER_CATATONIT).run("bash", "-c", script)
    assert done.stdout.split() == ["catatonit", "fernit"] or done.stdout.split() == ["podman-init", "fernit"], done.stdout + done.stderr


def test_a_container_that_is_paused_goes_on_where_it_was(box):
    name = Deployment(box).start("webserver")
    box.wait_for_log(name, "webserver: ready")
    if (paused := box.podman("pause", name, check=False)).returncode:
        pytest.skip(f"no freezer here: {paused.stderr.strip()}")
    box.podman("unpause", name)
    assert box.exec(name, "fernit", "status").returncode == 0
    assert stop(box, name) == "0"
