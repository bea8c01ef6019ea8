"""What Airflow and its providers call sensitive may be given by a _FILE variable: their own lists are asked, not ours."""
import subprocess

import managed
import pytest

from deployment import HERE, environment


@pytest.mark.parametrize("name", ["2.10", "2.11", "3", "providers"])
def test_each_sensitive_option_is_taken_from_a_file(child_sees, tmp_path, name):
    listed = subprocess.run([environment(name) / "bin" / "python", HERE / "sensitive.py"], env={"AIRFLOW_HOME": str(tmp_path), "HOME": str(tmp_path)},
                            capture_output=True, text=True, check=True).stdout.split()
    # The managed ones have sources of their own beside _FILE, and are delivered under the names that the version knows.
    options = {f"AIRFLOW__{option}" for option in listed} - managed.VARIABLES
    assert len(options) > 5
    files = {}
    for option in options:
        files[option] = tmp_path / option
        files[option].write_text(f"the value of {option}\n")
    seen = child_sees(**{f"{option}_FILE": file for option, file in files.items()})
    assert {option: seen.get(option) for option in options} == {option: f"the value of {option}" for option in options}
    assert not [name for name, _ in seen.pairs if name.endswith("_FILE")]
