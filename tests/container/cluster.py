"""A cluster of one node: the manifests of docker/kubernetes, played by `podman kube play`, with what podman 4.3 leaves out done here.

    what a cluster does                                     podman 4.3 by itself
    a Deployment becomes pods                               it does, all with one set of emptyDirs
    an init container runs once                             again and again, where the restart policy is Always
    emptyDir: a folder of the pod's, or tmpfs               a named volume that stays, and is everybody's of that name
    a claim: a folder that stays, whose owner and mode      a named volume that becomes the first user's
      are the storage's
    a Secret: tmpfs, links through ..data, swapped whole    a named volume with plain files, written once
      after a change                                          and its base64 not undone
    a variable from a Secret                                only if the Secret is a flat JSON object
    fsGroup: group and mode of volumes                      nothing
    terminationGracePeriodSeconds                           10 seconds; kube down: KILL at once
    KUBERNETES_SERVICE_HOST                                 not set

So pods get folders of the host, with the paths, kinds, owners and modes that kubelet gives them. runAsUser and runAsGroup, drop,
readOnlyRootFilesystem, allowPrivilegeEscalation and shareProcessNamespace are podman's own.
"""
import concurrent.futures
import copy
import os
import shutil
import signal
import subprocess
import time
import uuid

import yaml

from conftest import PATIENCE
from engine import NODE, TREE, remove_folder

MANIFESTS = TREE / "docker" / "kubernetes"
# podman removes an init container that has ended, and its log, unless it is told that it will run again when the pod does.
KEPT = {"io.podman.annotations.init.container.type": "always"}
PEERS = "fernit-kube"  # the network and the name's beginning of the database and the broker


def documents(name):
    return list(yaml.safe_load_all((MANIFESTS / name).read_text()))


def of_kind(kind, several):
    return next(one for one in several if one["kind"] == kind)


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


def environment(container):
    return {one["name"]: one for one in container.setdefault("env", [])}


def set_variable(container, name, value):
    container["env"] = [one for one in container.setdefault("env", []) if one["name"] != name] + [{"name": name, "value": value}]


def give_to_group(folder, gid, read_only=False):
    """kubelet's SetVolumeOwnership: everything to the group, which may do what the owner may, and what is made there, too."""
    for place, _, files in os.walk(folder):
        os.chown(place, -1, gid)
        os.chmod(place, os.stat(place).st_mode | (0o2550 if read_only else 0o2770))
        for file in (os.path.join(place, name) for name in files):
            if not os.path.islink(file):
                os.chown(file, -1, gid)
                os.chmod(file, os.stat(file).st_mode | (0o440 if read_only else 0o660))


def write_secret(folder, data, mode):
    """kubelet's AtomicWriter: a new folder, to which ..data leads from one moment to the next."""
    stamp = f"..2026_01_01_{uuid.uuid4().hex[:8]}"
    os.mkdir(folder / stamp, 0o755)
    for name, value in data.items():
        (folder / stamp / name).write_bytes(value)
        (folder / stamp / name).chmod(mode)
    os.symlink(stamp, folder / "..data_tmp")
    old = os.readlink(folder / "..data") if (folder / "..data").is_symlink() else None
    os.rename(folder / "..data_tmp", folder / "..data")
    for name in data:
        if not (folder / name).is_symlink():
            os.symlink(f"..data/{name}", folder / name)
    for link in folder.iterdir():
        if not link.name.startswith("..") and link.name not in data:
            link.unlink()
    if old:
        shutil.rmtree(folder / old)


class Pod:
    """One that was created. Its containers are NAME-CONTAINER for podman."""

    def __init__(self, cluster, name, spec):
        self.cluster, self.name, self.spec = cluster, name, spec
        self.played = None
        self.original = copy.deepcopy(spec)
        self.folder = cluster.folder / "pods" / str(uuid.uuid4()) / "volumes"
        self.main = f"{name}-{spec['containers'][0]['name']}"

    def volume(self, kind, name):
        return self.folder / f"kubernetes.io~{kind}" / name

    def exec(self, *words):
        return self.cluster.box.exec(self.main, *words)

    def logs(self, container=None):
        return self.cluster.box.logs(f"{self.name}-{container}" if container else self.main)

    def wait_for_log(self, text):
        return self.cluster.box.wait_for_log(self.main, text)

    def stop(self):
        """TERM, and KILL to what is left after the grace period, as when the pod is deleted; the sandbox comes last."""
        self.cluster.box.podman("stop", "--time", self.grace(), self.main)
        self.cluster.box.podman("pod", "stop", self.name)
        self.wait_for_monitors()

    def wait_for_monitors(self):
        """Until conmon has ended for each container. Behind its end conmon starts `podman container cleanup`, which stops the whole pod
        when nothing else runs in it: also one that was started again meanwhile."""
        ids = self.cluster.box.podman("ps", "--all", "--no-trunc", "--quiet", "--filter", f"pod={self.name}").stdout.split()
        end = time.monotonic() + PATIENCE
        while subprocess.run(["pgrep", "--full", "|".join(ids)], stdout=subprocess.DEVNULL, check=False).returncode == 0:
            assert time.monotonic() < end, f"{self.name}: conmon has not ended"
            time.sleep(0.1)

    def grace(self):
        return str(self.spec.get("terminationGracePeriodSeconds", 30))

    def delete(self):
        self.stop()
        self.cluster.box.podman("pod", "rm", "--force", "--time", "0", self.name)
        remove_folder(self.folder.parent)

    def crash(self):
        """The container's process 1 is killed, and podman starts the container anew: emptyDirs and Secrets stay, and init containers
        do not run again. For a pod `that_restarts`."""
        end = time.monotonic() + PATIENCE
        before = self.cluster.box.state(self.main, "Pid")
        os.kill(int(before), signal.SIGKILL)
        while self.cluster.box.state(self.main, "Pid") in (before, "0"):
            assert time.monotonic() < end, self.logs()
            time.sleep(0.1)


def that_restarts(spec):
    """Not Always, with which podman 4.3 runs init containers again and again."""
    spec["restartPolicy"] = "OnFailure"


class Cluster:
    def __init__(self, box):
        self.box, self.folder = box, box.engine.root / NODE / box.name
        self.folder.mkdir(parents=True)
        self.secrets = {}
        self.pods = []
        self.storage_knows_groups = True  # of the claims'

    # --- What the person does

    def secret(self, name, **data):
        """kubectl create secret generic NAME --from-literal=KEY=VALUE; of one that is there, all is replaced, and pods see it."""
        self.secrets[name] = {key: value.encode() for key, value in data.items()}
        for pod in self.pods:
            for volume in pod.original["volumes"]:
                if volume.get("secret", {}).get("secretName") == name:
                    self.fill_secret(pod, volume)

    def apply(self, manifest, change=None):
        """kubectl apply: one pod of the Deployment, once it has started. `change` is called with its spec before."""
        return self.apply_many(manifest, 1, change)[0]

    def apply_many(self, manifest, number, change=None):
        """So many at the same moment."""
        deployment = copy.deepcopy(of_kind("Deployment", documents(manifest)))
        pods = []
        for _ in range(number):
            spec = copy.deepcopy(deployment["spec"]["template"]["spec"])
            if change:
                change(spec)
            pods.append(self.prepare(spec))
        with concurrent.futures.ThreadPoolExecutor(number) as crowd:
            list(crowd.map(self.play, pods))
        return pods

    def again(self, pod):
        """The pod is gone, and the Deployment makes another one: the same claims and Secrets, new emptyDirs."""
        pod.delete()
        self.pods.remove(pod)
        another = self.prepare(pod.original)
        self.play(another)
        return another

    def claim(self, name):
        """What the storage has behind a claim: root's, as most of them make it."""
        folder = self.folder / "claims" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # --- What the node does

    def prepare(self, original):
        pod = Pod(self, self.box.new_name(), copy.deepcopy(original))
        self.pods.append(pod)
        pod.spec.setdefault("restartPolicy", "Never")
        pod.spec["volumes"] = [self.mount(pod, volume) for volume in pod.spec.get("volumes", [])]
        for container in containers(pod.spec):
            container["imagePullPolicy"] = "Never"
            set_variable(container, "KUBERNETES_SERVICE_HOST", "10.96.0.1")
            for one in container["env"]:
                reference = one.pop("valueFrom", {}).get("secretKeyRef")
                if reference:
                    one["value"] = self.secrets[reference["name"]][reference["key"]].decode()
        return pod

    def mount(self, pod, volume):
        name = volume["name"]
        gid = pod.spec.get("securityContext", {}).get("fsGroup")
        if "emptyDir" in volume:
            folder = self.make(pod.volume("empty-dir", name), volume["emptyDir"].get("medium") == "Memory")
            folder.chmod(0o777)
        elif "persistentVolumeClaim" in volume:
            folder = self.claim(volume["persistentVolumeClaim"]["claimName"])
        elif "secret" in volume:
            self.make(pod.volume("secret", name), True)
            return {"name": name, "hostPath": {"path": str(self.fill_secret(pod, volume)), "type": "Directory"}}
        else:
            return volume
        if gid is not None and ("emptyDir" in volume or self.storage_knows_groups):
            give_to_group(folder, gid)
        return {"name": name, "hostPath": {"path": str(folder), "type": "Directory"}}

    def fill_secret(self, pod, volume):
        folder = pod.volume("secret", volume["name"])
        write_secret(folder, self.secrets[volume["secret"]["secretName"]], volume["secret"].get("defaultMode", 0o644))
        if "fsGroup" in pod.spec.get("securityContext", {}):
            give_to_group(folder, pod.spec["securityContext"]["fsGroup"], read_only=True)
        return folder

    def make(self, folder, in_memory):
        folder.mkdir(parents=True)
        if in_memory:
            subprocess.run(["mount", "-n", "-t", "tmpfs", "-o", "mode=0777", "tmpfs", folder], check=True)
        return folder

    def play(self, pod):
        """podman kube play; an init container that fails is pod.played.returncode, as podman has it."""
        file = self.folder / f"{pod.name}.yaml"
        file.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "spec": pod.spec,
                                        "metadata": {"name": pod.name, "annotations": KEPT}}))
        pod.played = self.box.podman("kube", "play", "--network", PEERS, file, check=False)
        assert pod.played.returncode == 0 or "exited with code" in pod.played.stderr, pod.played.stderr

    def clean(self):
        if self.pods:
            self.box.podman("pod", "rm", "--force", "--ignore", "--time", "0", *(pod.name for pod in self.pods), check=False)
        remove_folder(self.folder)


class Peers:
    """PostgreSQL and Redis, started once for all that run at the same time; run.py removes them."""

    def __init__(self, engine):
        self.engine = engine

    def start(self):
        with self.engine.lock("peers.lock"):
            if self.engine.podman("container", "exists", f"{PEERS}-postgres", check=False).returncode:
                self.engine.podman("network", "create", "--disable-dns", PEERS)
                self.engine.podman("run", "-d", "--name", f"{PEERS}-redis", "--network", PEERS, "redis:7")
                self.engine.podman("run", "-d", "--name", f"{PEERS}-postgres", "--network", PEERS, "-e", "POSTGRES_USER=airflow",
                                   "-e", "POSTGRES_PASSWORD=airflow", "postgres:16")

    def database(self, name):
        """A database of its own, with its table, as `airflow db migrate` makes it before anything else; its URL."""
        words = "-h /run/postgresql -U airflow"
        self.engine.podman("exec", "--user", "postgres", f"{PEERS}-postgres", "sh", "-c",
                           f"i=0; until createdb {words} {name}; do i=$((i+1)); [ $i -lt 600 ] || exit 1; sleep 0.2; done; "
                           f"psql -q {words} -c 'CREATE TABLE connection (conn_id VARCHAR(250) PRIMARY KEY, password TEXT, is_encrypted INTEGER)' {name}")
        return f"postgresql://airflow:airflow@{self.address('postgres')}/{name}"

    def broker(self):
        return f"redis://{self.address('redis')}:6379/0"

    def address(self, name):
        """By number: podman's name server forgets names for a moment whenever a container comes or goes."""
        return self.engine.podman("inspect", "--format", f"{{{{(index .NetworkSettings.Networks \"{PEERS}\").IPAddress}}}}",
                                  f"{PEERS}-{name}").stdout.strip()
