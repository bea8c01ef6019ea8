"""The files of docker/kubernetes as they stand: every field is one that Kubernetes knows, and the commands in their comments work."""
import re
import shutil
import time

import kubernetes.client.models as models
import pytest
import yaml

from cluster import MANIFESTS, PEERS, containers, documents, of_kind
from engine import HERE, TREE
from test_kubernetes import ADD, GET, says

FILES = ("init-container.yaml", "install.yaml", "secret.yaml")


# --- What Kubernetes knows

class Strict(yaml.SafeLoader):
    """Which does not let a second key take the first one's place."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"twice in {keys}{node.start_mark}"
        return super().construct_mapping(node, deep)


def check(value, kind, path):
    """Against the types of Kubernetes' own API description (its Python client is made from that)."""
    plain = {"str": str, "int": int, "bool": bool, "object": object}
    if several := re.fullmatch(r"list\[(.*)\]", kind):
        assert isinstance(value, list), path
        for number, one in enumerate(value):
            check(one, several[1], f"{path}[{number}]")
    elif several := re.fullmatch(r"dict\(str, (.*)\)", kind):
        assert isinstance(value, dict), path
        for key, one in value.items():
            check(one, several[1], f"{path}.{key}")
    elif kind in plain:
        assert isinstance(value, plain[kind]) and (kind == "object" or type(value) is plain[kind]), f"{path}: {value!r} is no {kind}"
    else:
        model = getattr(models, kind)
        names = {name: python for python, name in model.attribute_map.items()}
        assert isinstance(value, dict), path
        assert set(value) <= set(names), f"{path}: unknown: {set(value) - set(names)}"
        for key, one in value.items():
            check(one, model.openapi_types[names[key]], f"{path}.{key}")
        model(**{names[key]: one for key, one in value.items()})  # raises if what is required is missing


@pytest.mark.parametrize("name", FILES)
def test_every_field_is_one_that_kubernetes_knows_and_of_its_type(name):
    for one in yaml.load_all((MANIFESTS / name).read_text(), Strict):
        assert (one["kind"], one["apiVersion"]) in (("Deployment", "apps/v1"), ("PersistentVolumeClaim", "v1"), ("Service", "v1"))
        check(one, f"V1{one['kind']}", one["kind"])


@pytest.mark.parametrize("wrong, text", [
    ("    spec: {container: []}", "unknown"), ("    spec: {containers: [{name: a, env: {}}]}", "env"), ("    spec: {}", "None"),
    ("    spec: {containers: [{name: a, stdin: 'yes'}]}", "no bool"), ("    spec: {containers: [], containers: []}", "twice"),
])
def test_the_check_finds_what_is_wrong(wrong, text):
    with pytest.raises((AssertionError, ValueError), match=text):
        check(yaml.load(f"template:\n{wrong}\nselector: {{}}\n", Strict), "V1DeploymentSpec", "spec")


@pytest.mark.parametrize("name", FILES)
def test_everything_that_a_file_refers_to_is_in_it_or_made_by_its_commands(name):
    text, several = (MANIFESTS / name).read_text(), documents(name)
    deployment = of_kind("Deployment", several)
    spec = deployment["spec"]["template"]["spec"]
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert [one["spec"]["selector"] for one in several if one["kind"] == "Service"] in ([], [labels])
    volumes = {one["name"]: one for one in spec["volumes"]}
    assert {mount["name"] for one in containers(spec) for mount in one["volumeMounts"]} == set(volumes)
    claims = {one["metadata"]["name"] for one in several if one["kind"] == "PersistentVolumeClaim"}
    assert {one["persistentVolumeClaim"]["claimName"] for one in volumes.values() if "persistentVolumeClaim" in one} == claims
    made = set(re.findall(r"kubectl create secret generic (\S+)", text))
    references = [one["valueFrom"]["secretKeyRef"]["name"] for c in containers(spec) for one in c.get("env", []) if "valueFrom" in one]
    assert made == {*references, *(one["secret"]["secretName"] for one in volumes.values() if "secret" in one)}


@pytest.mark.parametrize("name", FILES)
def test_a_pod_may_be_as_slow_to_end_as_its_delay_and_more(name):
    spec = of_kind("Deployment", documents(name))["spec"]["template"]["spec"]
    variables = {one["name"]: one.get("value") for c in containers(spec) for one in c.get("env", [])}
    assert int(variables.get("FERNIT_TERM_DELAY", "0s")[:-1]) + 30 <= spec.get("terminationGracePeriodSeconds", 30)


# --- helm-values.yaml. The chart itself cannot be had here: this is a list by hand, of its documented values.

CHART = {
    "fernetKeySecretName": str, "webserverSecretKeySecretName": str, "apiSecretKeySecretName": str, "jwtSecretName": str,
    "data": {"metadataSecretName": str, "brokerUrlSecretName": str, "resultBackendSecretName": str},
    "defaultAirflowRepository": str, "defaultAirflowTag": str, "airflowVersion": str,
    "env": list, "volumes": list, "volumeMounts": list,
    "workers": {"terminationGracePeriodSeconds": int},
}


def check_values(values, known, path=""):
    for name, value in values.items():
        assert name in known, f"{path}{name}"
        if isinstance(known[name], dict):
            check_values(value, known[name], f"{path}{name}.")
        else:
            assert isinstance(value, known[name]), f"{path}{name}"


def with_what_is_commented_out(text):
    return re.sub(r"(?m)^# ((?:  )*[a-zA-Z]+: *(?:[a-z-]+ +# .*)?|  [a-zA-Z]+: [a-z-]+ # .*)$", r"\1", text)


def test_the_values_are_values_of_the_chart_and_types_of_kubernetes():
    text = (MANIFESTS / "helm-values.yaml").read_text()
    values = yaml.load(text, Strict)
    check_values(values, CHART)
    check(values["env"], "list[V1EnvVar]", "env")
    check(values["volumes"], "list[V1Volume]", "volumes")
    check(values["volumeMounts"], "list[V1VolumeMount]", "volumeMounts")
    whole = yaml.load(with_what_is_commented_out(text), Strict)
    assert {"apiSecretKeySecretName", "jwtSecretName", "data"} <= set(whole) - set(values)
    check_values(whole, CHART)


def test_the_chart_is_told_which_airflow_is_in_the_image():
    """It chooses by airflowVersion between webserver and api-server; left alone, that is the newest Airflow."""
    values = yaml.load((MANIFESTS / "helm-values.yaml").read_text(), Strict)
    version = tuple(map(int, values["airflowVersion"].split(".")))
    assert values["defaultAirflowTag"] == values["airflowVersion"]
    assert version >= (2, 11), "the newest charts have no older Airflow"
    secrets = {"webserverSecretKeySecretName"} if version < (3,) else {"apiSecretKeySecretName", "jwtSecretName"}
    assert secrets == set(values) & {"webserverSecretKeySecretName", "apiSecretKeySecretName", "jwtSecretName"}


def test_a_run_with_the_values_of_the_chart_takes_the_key_from_the_secret_and_warns_of_nothing(box):
    values = yaml.safe_load((MANIFESTS / "helm-values.yaml").read_text())
    words = [word for one in values["env"] for word in ("-e", f"{one['name']}={one['value']}")]
    key = says(box.run("fernit", "key", "generate"))
    done = box.run(*words, "-e", f"AIRFLOW__CORE__FERNET_KEY={key}", "-e", f"AIRFLOW__WEBSERVER__SECRET_KEY={key}",
                   "-v", f"{box.volume()}:{values['volumeMounts'][0]['mountPath']}", "airflow-with-fernit",
                   "bash", "-c", "exec airflow config get-value core fernet_key")
    assert (done.stdout, "warning" in done.stderr) == (f"{key}\n", False), done.stderr


# --- The commands

def commands(name):
    return re.findall(r"(?m)^#   (\S.*)$", (MANIFESTS / name).read_text())


class Shell:
    """Where those commands are typed: in the folder of the manifests, with kubectl and fernit."""

    def __init__(self, box, folder, secrets):
        self.box = box
        shutil.copy(HERE / "kubectl", folder / "kubectl")
        (folder / "fernit").write_text('#!/bin/sh\nexec podman run --rm fernit "$@"\n')
        (folder / "fernit").chmod(0o755)
        self.environment = dict(box.engine.environment, PATH=f"{folder}:{box.engine.environment['PATH']}", FERNIT_TEST_NETWORK=PEERS,
                                FERNIT_TEST_SECRETS=secrets)

    def __call__(self, command):
        return self.box.engine.run("sh", "-ec", command, env=self.environment, cwd=MANIFESTS)


PODS = {"init-container.yaml": ("airflow-scheduler", "scheduler"), "install.yaml": ("airflow-worker", "worker"),
        "secret.yaml": ("airflow-webserver", "webserver")}
EMPTY_DIRS = ("config", "program", "home", "tmp")


@pytest.fixture
def stage(box, peers, request, tmp_path):
    """The names in the files are theirs: one file at a time, and nothing of it before and afterwards."""
    file = request.param
    shell = Shell(box, tmp_path, "volume" if file == "secret.yaml" else "variable")
    url, broker = peers.database(box.name), peers.broker()

    def clear():
        box.podman("pod", "rm", "--force", "--ignore", "--time", "0", *(f"{PODS[file][0]}-pod-{number}" for number in (0, 1)), check=False)
        box.podman("secret", "rm", *re.findall("secret generic (.*?) ", "\n".join(commands(file))), check=False)
        box.podman("volume", "rm", "--force", "fernit", *EMPTY_DIRS, *re.findall("secret generic (.*?) ", "\n".join(commands(file))), check=False)

    with box.engine.lock("as-they-stand.lock"):
        clear()
        lines = [line.replace("postgresql://USER:PASSWORD@HOST/DATABASE", url).replace("redis://HOST:6379/0", broker)
                 for line in commands(file)]
        yield file, shell, lines, [f"{PODS[file][0]}-pod-{number}-{PODS[file][1]}" for number in (0, 1)]
        clear()


@pytest.mark.parametrize("stage", FILES, indirect=True)
def test_the_commands_in_a_file_bring_it_up_and_down_and_up_again_with_the_same_key(box, stage):
    file, shell, lines, (first, second) = stage
    for line in lines:
        shell(line)
    for name in (first, second):
        box.wait_for_log(name, "ready, 0 connections read")
    says(box.exec(first, *ADD))
    assert says(box.exec(second, *GET)) == "db s3cret"
    # What it says at its end, after which podman removes it with its log.
    with open(box.podman("inspect", "--format", "{{.HostConfig.LogConfig.Path}}", first).stdout.strip(), encoding="utf-8") as log:
        began = int(time.time())
        shell(f"kubectl delete -f {file}")
        assert ": ending\n" in log.read()
    ended = box.podman("events", "--stream=false", "--since", str(began), "--filter", f"container={first}", "--filter", "event=died",
                       "--format", "{{.ContainerExitCode}}").stdout.split()
    assert ended == ["0"]
    box.podman("volume", "rm", "--force", *EMPTY_DIRS, check=False)
    shell(f"kubectl apply -f {file}")
    for name in (first, second):
        box.wait_for_log(name, "ready, 1 connections read")
    assert says(box.exec(second, *GET)) == "db s3cret"
