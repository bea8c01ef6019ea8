"""Where the environments of these tests come from: PyPI by hash, or nowhere, and then they say so."""
import os
import subprocess

from deployment import HERE, environment


def test_a_machine_that_does_not_reach_pypi_is_told_from_a_broken_lock(tmp_path):
    environment("providers")  # a machine that cannot have it for another reason skips here
    env = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    unreached = {"FERNIT_CACHE": tmp_path, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    done = subprocess.run([HERE / "environment.sh", "providers"], env={**env, **unreached}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-1] == "environment.sh: no environment providers: PyPI does not answer"
    # What is there now is not taken for an environment.
    assert not list(tmp_path.glob("*/whole"))
