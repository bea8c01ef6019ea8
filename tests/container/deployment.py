"""A deployment as people have it: an image, and the volumes that outlive its containers."""

# A folder that the images have and that belongs to their user, so that a new volume takes over owner and mode. The
# database lies there, since what else is in AIRFLOW_HOME, airflow.cfg above all, is to die with the container.
OFFICIAL = "/opt/airflow/logs"
CLASSIC = "/usr/local/airflow/dags"


class Deployment:
    """Runs containers of one image over the same volumes. `options` are words of podman run.

    folder: one of the host in place of the database's volume. podman 4.3 locks the volumes of a new container in any order, so that
    many with two of them, made at once, stand still for ever."""

    def __init__(self, box, image="airflow-with-fernit", data=OFFICIAL, options=(), folder=None):
        self.box = box
        self.image = image
        self.store = box.volume()
        self.data = folder or box.volume()
        self.options = ["-v", f"{self.store}:/var/lib/fernit", "-v", f"{self.data}:{data}",
                        "-e", f"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sqlite:///{data}/airflow.db", *options]

    def run(self, *command, options=(), **more):
        return self.box.run(*self.options, *options, self.image, *command, **more)

    def start(self, *command, options=()):
        return self.box.start(*self.options, *options, self.image, *command)

    def add(self, conn_id, options=()):
        """Stores a connection; the password is pw-ID. Returns what fernit has said."""
        done = self.run("airflow", "connections", "add", conn_id, "--conn-password", f"pw-{conn_id}", options=options)
        assert done.returncode == 0, done.stderr
        return done.stderr

    def check(self, *conn_ids, options=()):
        """A new container reads just these connections. Returns what fernit has said."""
        done = self.run("airflow", "connections", "list", options=options)
        assert (done.returncode, done.stdout) == (0, listed(*conn_ids)), done.stderr
        return done.stderr

    def key(self):
        """What the volume holds, as another container sees it."""
        done = self.box.run("-v", f"{self.store}:/var/lib/fernit", "--user", "0", "fernit", "key", "print")
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stored(self):
        """The names in the store's volume; none where there is no such volume."""
        done = self.box.podman("volume", "inspect", "--format", "{{.Mountpoint}}", self.store, check=False)
        return sorted(self.box.engine.run("ls", "-A", done.stdout.strip()).stdout.split()) if done.returncode == 0 else []


def listed(*conn_ids):
    """What `airflow connections list` prints for them."""
    return "".join(f"{conn_id} pw-{conn_id}\n" for conn_id in sorted(conn_ids))


def warnings(said):
    """fernit's warnings in a container's standard error."""
    return [line for line in said.splitlines() if line.startswith("fernit: warning: ")]


def made_a_key(said):
    return "created Fernet key" in said
