"""--user: whom the command runs as, what root does before, and that nothing of root's serves the user's tricks."""
import os
import re
import stat

import pytest

from conftest import errors, hints, new_key, warnings
from system import Trace, need, wait_for

UID, GID = 41001, 41002
PASSWD = f"""root:x:0:0:root:/root:/bin/bash
airflow:x:{UID}:{GID}:Airflow,,,:/home/airflow:/bin/bash
homeless:x:41003:41003:::
0000009:x:41004:41004::/home/digits:
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
lost:x:4294967295:0::/:
"""
GROUP = f"""root:x:0:
airflow:x:{GID}:airflow
docker:x:41010:somebody,airflow
shared:x:41011:airflow
others:x:41012:somebody
nogroup:x:65534:
"""
SHOW = "cat /proc/self/status; pwd; env -0"


def make_read_only(namespace, folder):
    """As kubelet has the container see a volume."""
    namespace.run("mount", "-n", "--bind", folder, folder)
    namespace.run("mount", "-n", "-o", "remount,ro,bind", folder)


@pytest.fixture(autouse=True)
def possible(namespace, tmp_path):
    """A machine of the test's own users, seen by what namespace.prefix brings in. Nobody else can write on the way to
    the test's folder: in there every folder above it that others may write is read-only."""
    if os.getuid() != 0:
        pytest.skip("only root may become another user")
    for name, text in (("passwd", PASSWD), ("group", GROUP)):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(0o644)
        namespace.run("mount", "-n", "--bind", path, f"/etc/{name}")
    for folder in reversed(tmp_path.parents):
        if folder.stat().st_mode & 0o022:
            make_read_only(namespace, folder)
    namespace.run("mount", "-n", "--bind", tmp_path, tmp_path)
    namespace.run("mount", "-n", "-o", "remount,rw,bind", tmp_path)


@pytest.fixture
def run(fernit, namespace):
    """run(*words, **env): fernit among those users."""

    def start(*words, prefix=(), **env):
        return fernit(*words, prefix=[*namespace.prefix, *prefix], **env)

    return start


class Process:
    """What a command has seen of itself."""

    def __init__(self, done):
        status, rest = re.fullmatch(r"(Name:.*\n)(/[^\n]*\n.*)", done.stdout, re.DOTALL).groups()
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        self.uids, self.gids, self.groups = ([int(n) for n in lines[name].split()] for name in ("Uid", "Gid", "Groups"))
        self.capabilities = {name: int(lines[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
        self.cwd, variables = rest.split("\n", 1)
        self.environment = dict(line.split("=", 1) for line in variables.split("\0")[:-1])
        self.stderr = done.stderr

    @property
    def ids(self):
        assert len({*self.uids}) == len({*self.gids}) == 1
        return self.uids[0], self.gids[0]


@pytest.fixture
def seen(run):
    """seen(*options, **env): the command of `fernit run OPTIONS`, as it sees itself."""

    def look(*options, **env):
        done = run("run", *options, "--", "sh", "-c", SHOW, **env)
        assert done.returncode == 0, done.stderr
        return Process(done)

    return look


def owner(path):
    status = path.lstat()
    return status.st_uid, status.st_gid


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def home(airflow_home):
    """AIRFLOW_HOME, the user's."""
    airflow_home.mkdir()
    os.chown(airflow_home, UID, GID)
    return airflow_home


@pytest.fixture
def root_key(tmp_path):
    """A key that root alone may read, in a folder of root's."""
    folder = tmp_path / "root"
    folder.mkdir(mode=0o755)
    file = folder / "key"
    file.write_text(new_key() + "\n")
    file.chmod(0o400)
    return file


# --- Whom it becomes

FORMS = {
    "airflow": (UID, GID, {GID, 41010, 41011}, "/home/airflow", "airflow"),
    f"{UID}": (UID, GID, {GID, 41010, 41011}, "/home/airflow", "airflow"),
    "airflow:shared": (UID, 41011, {41011}, "/home/airflow", "airflow"),
    "airflow:0": (UID, 0, {0}, "/home/airflow", "airflow"),
    f"{UID}:shared": (UID, 41011, {41011}, "/home/airflow", "airflow"),
    f"{UID}:{GID}": (UID, GID, {GID}, "/home/airflow", "airflow"),
    "airflow:50": (UID, 50, {50}, "/home/airflow", "airflow"),
    "1234567": (1234567, 0, {0}, "/", "1234567"),
    "1234567:7654321": (1234567, 7654321, {7654321}, "/", "1234567"),
    "1234567:docker": (1234567, 41010, {41010}, "/", "1234567"),
    "4294967294:4294967294": (4294967294, 4294967294, {4294967294}, "/", "4294967294"),
    "007": (7, 0, {0}, "/", "7"),
    "0000009": (9, 0, {0}, "/", "9"),  # digits are a number, whatever users are called
    "homeless": (41003, 41003, {41003}, "/", "homeless"),
    "root": (0, 0, {0}, "/root", "root"),
    "0:docker": (0, 41010, {41010}, "/root", "root"),
}


@pytest.mark.parametrize("spec", FORMS)
def test_the_command_is_that_user_for_good(seen, spec):
    uid, gid, groups, home, name = FORMS[spec]
    process = seen("--user", spec)
    assert process.uids == [uid] * 4 and process.gids == [gid] * 4
    assert set(process.groups) == groups and len(process.groups) == len(groups)
    assert uid == 0 or not any(process.capabilities.values())
    assert [process.environment[key] for key in ("HOME", "USER", "LOGNAME")] == [home, name, name]


def test_home_user_and_logname_are_there_once(run):
    done = run("run", "--user", "airflow", "env", HOME="/root", USER="root", LOGNAME="root")
    lines = done.stdout.splitlines()
    for name, value in (("HOME", "/home/airflow"), ("USER", "airflow"), ("LOGNAME", "airflow")):
        assert [line for line in lines if line.startswith(f"{name}=")] == [f"{name}={value}"]


def test_the_command_stays_in_the_same_folder(seen, tmp_path):
    assert seen("--user", "airflow", prefix=["env", "-C", tmp_path]).cwd == str(tmp_path)


def test_the_command_cannot_become_root_again(run):
    code = "import os\nfor f in os.setuid, os.setgid, lambda n: os.setgroups([n]):\n try: f(0); print('yes')\n except PermissionError: print('no')"
    assert run("run", "--user", "airflow", "/usr/bin/python3", "-c", code).stdout == "no\n" * 3


@pytest.mark.parametrize("options", [[], ["--init"]])
@pytest.mark.parametrize("given", [["--inh-caps=+setuid,+chown"], ["--inh-caps=+setuid", "--ambient-caps=+setuid"]])
def test_no_capability_is_left_to_be_inherited_and_the_bounding_set_stays(run, options, given):
    bounding = next(line for line in open("/proc/self/status") if line.startswith("CapBnd"))
    done = run("run", "--user", "airflow", *options, "--", "cat", "/proc/self/status", prefix=["setpriv", *given, "--"])
    assert done.returncode == 0 and bounding in done.stdout
    assert re.findall(r"Cap(?:Inh|Prm|Eff|Amb):\s+(\w+)", done.stdout) == ["0" * 16] * 4


def test_capabilities_that_only_seem_to_be_gone_end_the_run(run, tmp_path):
    trace = Trace(tmp_path / "trace", ["capset:retval=0"], only="capset")
    done = run("run", "--user", "airflow", "echo", "the command ran", prefix=["setpriv", "--inh-caps=+setuid", "--", *trace.prefix])
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1) and "other rights than it should" in done.stderr


def test_under_init_the_command_and_its_supervisor_are_the_user(run):
    done = run("run", "--user", "airflow", "--init", "--", "sh", "-c", "grep ^Uid: /proc/self/status /proc/$PPID/status")
    assert done.returncode == 0, done.stderr
    assert re.findall(r"Uid:\s+(.*)", done.stdout) == ["\t".join([str(UID)] * 4)] * 2


@pytest.mark.parametrize("init", [False, True])
def test_the_variable_and_the_ini_file_name_it_as_well(seen, tmp_path, init):
    options = ["--init"] if init else []
    ini = tmp_path / "fernit.ini"
    ini.write_text("[fernit]\nuser = airflow:shared\n")

    def ids(*more, **env):
        return seen(*options, "--store", tmp_path / f"store{len(more)}{len(env)}", *more, **env).ids

    assert ids(FERNIT_USER="airflow") == (UID, GID)
    assert ids("--config", ini) == (UID, 41011)
    assert ids("--config", ini, FERNIT_USER="5:6") == (5, 6)
    assert ids("--config", ini, "--user", "7:8", FERNIT_USER="5:6") == (7, 8)


@pytest.mark.parametrize("options", [[], ["--user", "stay"]])
def test_who_stays_is_who_has_come(seen, options):
    process = seen(*options, prefix=["setpriv", "--regid=5", "--groups=6,7", "--"], HOME="/some/where")
    assert process.uids == [0] * 4 and process.gids == [5] * 4 and process.groups == [6, 7]
    assert process.environment["HOME"] == "/some/where" and "USER" not in process.environment
    assert seen("--user", "stay", FERNIT_USER="airflow").uids == [0] * 4


# --- What is none

WRONG = ["", ":", "airflow:", ":airflow", "-1", "+1", "4294967295", "4294967296", "18446744073709551616", "0:-1", "0:4294967295",
         "0:4294967296", "0x0", " 0", "0 ", "0:0:0", "airflow: 0", "../root"]  # fmt: skip


@pytest.mark.parametrize("spec", WRONG)
def test_what_is_no_user_is_refused_before_anything_is_done(run, store, cfg, spec):
    for command, status in ((["run"], 125), (["init"], 125), (["status"], 2), (["key", "print"], 2)):
        done = run(*command, "--user", spec, *(["true"] if command == ["run"] else []))
        assert (done.returncode, done.stdout, len(errors(done))) == (status, "", 1), done.stderr
        assert "--user" in done.stderr
    assert not store.exists() and not cfg.exists()


@pytest.mark.parametrize("spec, says", [
    ("ariflow", "no user ariflow in /etc/passwd"), ("airflow:sharde", "no group sharde in /etc/group"),
    ("Airflow", "no user Airflow"), ("lost", "4294967295"), ("docker", "no user docker"), ("41001a", "no user 41001a"),
])  # fmt: skip
def test_who_is_not_known_is_refused_with_a_cure(run, store, spec, says):
    for command, status in ((["run", "--user", spec, "true"], 125), (["status", "--user", spec], 1)):
        done = run(*command)
        assert (done.returncode, done.stdout, len(errors(done))) == (status, "", 1), done.stderr
        assert says in errors(done)[0] and hints(done)
    assert not store.exists()


def test_an_image_without_passwd_and_group_knows_numbers(seen, run, namespace):
    namespace.tmpfs("/etc")
    process = seen("--user", "1234567")
    assert process.ids == (1234567, 0) and process.groups == [0] and process.environment["HOME"] == "/"
    assert seen("--user", "0").ids == (0, 0)
    done = run("run", "--user", "airflow", "true")
    assert done.returncode == 125 and "/etc/passwd" in done.stderr
    done = run("run", "--user", "5:docker", "true")
    assert done.returncode == 125 and "/etc/group" in done.stderr


def test_an_entry_of_any_length_is_read(seen, namespace, tmp_path):
    members = ",".join(f"member{number}" for number in range(5000))
    (tmp_path / "group").write_text(f"{GROUP}large:x:41013:{members},airflow\n")
    (tmp_path / "passwd").write_text(PASSWD.replace("Airflow,,,", "A" * 20000))
    assert set(seen("--user", "airflow").groups) == {GID, 41010, 41011, 41013}
    assert seen("--user", "airflow:large").ids == (UID, 41013)


def test_a_user_of_many_groups_keeps_them(seen, tmp_path):
    more = range(42000, 42500)
    (tmp_path / "group").write_text(GROUP + "".join(f"g{gid}:x:{gid}:airflow\n" for gid in more))
    assert set(seen("--user", "airflow").groups) == {GID, 41010, 41011, *more}


def test_a_user_that_cannot_be_is_told_where_he_was_asked_for(run, tmp_path):
    ini = tmp_path / "fernit.ini"
    ini.write_text("[fernit]\nuser = no-one\n")
    for options, variables, origin in (
        (["--user", "no-one"], {}, "--user"),
        ([], {"FERNIT_USER": "no-one"}, "FERNIT_USER"),
        (["--config", ini], {}, f"{ini}: user"),
    ):
        assert f'fernit: error: {origin} "no-one": there is no user' in run("run", *options, "true", **variables).stderr


# --- Whose fernit.ini root obeys

ASKS = {"flag": (["--user", "airflow"], {}, ""), "variable": ([], {"FERNIT_USER": "airflow"}, ""), "ini": ([], {}, "user = airflow\n")}


@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("whose", ["his", "the group's", "in his folder", "in a sticky folder", "his link"])
def test_root_obeys_no_fernit_ini_that_others_could_have_written(run, root_key, tmp_path, asks, whose):
    options, variables, line = ASKS[asks]
    folder = tmp_path / "conf"
    folder.mkdir()
    ini = folder / "fernit.ini"
    ini.write_text(f"[fernit]\n{line}store = {tmp_path}/chosen\nsecret_file = {root_key}\n")
    if whose == "his":
        os.chown(ini, UID, GID)
    elif whose == "the group's":
        ini.chmod(0o664)
    elif whose == "in his folder":
        os.chown(folder, UID, GID)
    elif whose == "in a sticky folder":
        folder.chmod(0o1777)
    else:
        (tmp_path / "link").symlink_to(ini)
        ini = tmp_path / "link"
        os.lchown(ini, UID, GID)
    for given in ({"FERNIT_CONFIG": ini}, {"before": ["--config", ini]}):
        before = given.pop("before", [])
        done = run("run", *before, *options, "env", FERNIT_STORE=None, **variables, **given)
        assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
        assert f"{ini}: users other than root can write it" in done.stderr and "chown root" in done.stderr
    assert not (tmp_path / "chosen").exists()


@pytest.mark.parametrize("asks", ["flag", "variable"])
@pytest.mark.parametrize("text", ["secret_name = 1\n", "[fernit]\nsecret_name = 1\n", None])
def test_a_planted_fernit_ini_shows_nothing_of_roots(run, tmp_path, home, asks, text):
    options, variables, _ = ASKS[asks]
    target = tmp_path / "closed"
    if text:
        target.write_text(text)
        target.chmod(0o400)
    (home / "fernit.ini").symlink_to(target)
    os.lchown(home / "fernit.ini", UID, GID)
    done = run("status", *options, FERNIT_CONFIG=home / "fernit.ini", **variables)
    assert done.returncode == 2 and "secret_name" not in done.stderr and "No such file" not in done.stderr
    assert "users other than root can write it" in done.stderr


def test_a_fernit_ini_of_roots_may_be_anywhere(seen, tmp_path):
    ini = tmp_path / "fernit.ini"
    ini.write_text("[fernit]\nuser = airflow\n")
    (tmp_path / "link").symlink_to("fernit.ini")
    assert seen("--config", tmp_path / "link").ids == (UID, GID)


def test_who_stays_root_or_is_the_user_already_reads_any_fernit_ini(seen, home):
    ini = home / "fernit.ini"
    ini.write_text("[fernit]\nuser = airflow\n")
    assert seen("--config", ini, "--store", home / "store", prefix=AS_AIRFLOW).ids == (UID, GID)
    assert seen("--config", ini, "--user", "stay").uids == [0] * 4


def test_a_fernit_ini_that_is_missing_at_the_default_place_is_fine_wherever_that_is(seen, namespace):
    namespace.tmpfs("/etc").chmod(0o1777)
    assert seen("--user", "1234567").ids == (1234567, 0)
    namespace.path("/etc/fernit.ini").write_text("[fernit]\n")
    namespace.path("/etc").chmod(0o755)
    assert seen("--user", "1234567").ids == (1234567, 0)


# --- Where it cannot be

AS_AIRFLOW = ["setpriv", f"--reuid={UID}", f"--regid={GID}", "--groups=41010", "--"]


@pytest.mark.parametrize("spec", ["airflow", f"{UID}", f"airflow:{GID}", "airflow:airflow"])
def test_who_is_that_user_already_stays_as_he_is(seen, store, spec):
    store.mkdir()
    os.chown(store, UID, GID)
    process = seen("--user", spec, prefix=AS_AIRFLOW, HOME="/some/where")
    assert process.ids == (UID, GID) and process.groups == [41010]
    assert process.environment["HOME"] == "/some/where" and "USER" not in process.environment


@pytest.mark.parametrize("spec", ["root", "0", "homeless", "41004", "airflow:docker", "airflow:0"])
def test_who_is_not_root_becomes_nobody_else(run, spec):
    for command, status in ((["run", "--user", spec, "true"], 125), (["key", "print", "--user", spec], 1)):
        done = run(*command, prefix=AS_AIRFLOW)
        assert (done.returncode, done.stdout, len(errors(done))) == (status, "", 1), done.stderr
        assert "only root" in done.stderr and "runAsUser" in done.stderr


@pytest.mark.parametrize("prefix, says", [
    (["setpriv", "--bounding-set=-all", "--inh-caps=-all"], "SETUID"),
    (["unshare", "-U", "-r"], "SETGID"),
    (["setpriv", "--securebits=+no_setuid_fixup"], "root again"),
])  # fmt: skip
def test_where_the_system_does_not_let_it_the_run_fails_with_a_cure(run, prefix, says):
    done = run("run", "--user", "airflow", "echo", "the command ran", prefix=[*prefix, "--"])
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert says in done.stderr and hints(done)


def test_root_who_may_change_nothing_may_stay_root(seen):
    assert seen("--user", "root:root", prefix=["setpriv", "--groups=0", "--bounding-set=-all", "--inh-caps=-all", "--"]).ids == (0, 0)


@pytest.mark.parametrize("fault, says", [
    ("setgroups:error=EPERM", "SETGID"), ("setresgid:error=EPERM", "SETGID"), ("setresuid:error=EPERM:when=1", "SETUID"),
    ("setgroups:error=EINVAL", "uid_map"), ("setresgid:error=EINVAL", "uid_map"), ("setresuid:error=EINVAL:when=1", "uid_map"),
    ("setresuid:error=EAGAIN:when=1", "user"), ("setgroups:retval=0", "other rights than it should"), ("setresgid:retval=0", "other rights than it should"),
    ("setresuid:retval=0:when=1", "other rights than it should"), ("setuid:retval=0", "root again"), ("setresuid:retval=0:when=2", "root again"),
    ("getresuid:error=EPERM", "other rights than it should"), ("getgroups:error=EPERM", "other rights than it should"),
    ("capset:error=EPERM", "seccomp"), ("capget:error=EPERM", "seccomp"),
])  # fmt: skip
def test_a_change_of_user_that_fails_or_lies_ends_the_run(run, tmp_path, fault, says):
    trace = Trace(tmp_path / "trace", [fault], only=fault.split(":")[0])
    done = run("run", "--user", "airflow", "echo", "the command ran", prefix=trace.prefix)
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1), done.stderr
    assert says in done.stderr


def test_groups_go_first_and_the_user_last_and_then_it_is_looked_at(run, tmp_path):
    trace = Trace(tmp_path / "trace", only="setgroups,setresgid,setresuid,setuid,getresuid,getresgid,getgroups,prctl")
    run("run", "--user", "airflow", "true", prefix=trace.prefix)
    names = [call.name for call in trace.calls()]
    assert [name for name in names if name.startswith("set")] == ["setgroups", "setresgid", "setresuid", "setuid", "setresuid"]
    last = names[names.index("setresuid") :]
    assert {"getresuid", "getresgid", "getgroups"} <= set(last)
    dumpable = [call for call in trace.calls()[names.index("setresuid") :] if call.name == "prctl"]
    assert "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in dumpable[0].arguments and dumpable[0].result == "0"


def test_the_user_cannot_look_into_fernit(fernit, namespace):
    """The folder in /proc of a process that is not dumpable is root's."""
    process = fernit.start("run", "--user", "airflow", "true", prefix=namespace.prefix, AIRFLOW__CORE__FERNET_KEY_CMD="sleep 1000")
    status = wait_for(lambda: (text := open(f"/proc/{process.pid}/status").read()) and f"Uid:\t{UID}" in text and text)
    wait_for(lambda: open(f"/proc/{process.pid}/task/{process.pid}/children").read())
    assert status and os.stat(f"/proc/{process.pid}/environ").st_uid == 0


# --- Secrets of root's


def key_of(process):
    return process.environment["AIRFLOW__CORE__FERNET_KEY"]


@pytest.mark.parametrize("way", ["AIRFLOW__CORE__FERNET_KEY_FILE", "FERNET_KEY_FILE", "--secret-file"])
def test_a_secret_that_root_alone_may_read_is_read(seen, root_key, way):
    root_key.parent.chmod(0o700)
    given = seen("--user", "airflow", way, root_key) if way.startswith("--") else seen("--user", "airflow", **{way: root_key})
    assert key_of(given) + "\n" == root_key.read_text() and given.ids == (UID, GID)


@pytest.mark.parametrize("name", ["fernet_key", "FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY", "airflow_fernet_key"])
def test_a_mounted_secret_that_root_alone_may_read_is_read(seen, run, mounted_secrets, name):
    file = mounted_secrets / name
    file.write_text(new_key() + "\n")
    file.chmod(0o400)
    mounted_secrets.chmod(0o700)
    assert key_of(seen("--user", "airflow")) + "\n" == file.read_text()
    assert run("key", "print", "--user", "airflow").stdout == file.read_text()
    assert f"/run/secrets/{name}" in run("status", "--user", "airflow").stdout


@pytest.fixture
def kubelets(namespace, tmp_path):
    """kubelets(mode): a volume with a secret as kubelet lays it out, writable still; where it is, and the key in it."""

    def mount(folder_mode):
        place = tmp_path / "secret"
        place.mkdir()
        volume = namespace.tmpfs(place)
        (volume / "..2026").mkdir()
        (volume / "..2026" / "key").write_text(new_key())
        (volume / "..2026" / "key").chmod(0o400)
        (volume / "..data").symlink_to("..2026")
        (volume / "key").symlink_to("..data/key")
        volume.chmod(folder_mode)
        return place, (volume / "key").read_text()

    return mount


@pytest.mark.parametrize("folder_mode", [0o755, 0o1777, 0o3777, 0o2775])
def test_a_secret_as_kubelet_mounts_it_is_read(seen, kubelets, namespace, folder_mode):
    place, key = kubelets(folder_mode)
    namespace.run("mount", "-n", "-o", "remount,ro", place)
    assert key_of(seen("--user", "airflow", FERNET_KEY_FILE=place / "key")) == key


@pytest.mark.parametrize("folder_mode", [0o1777, 0o3777, 0o2775])
def test_the_same_where_others_can_write_is_left_to_the_user(seen, run, kubelets, namespace, folder_mode):
    """Whoever may write into it can have moved there what is root's."""
    place, key = kubelets(folder_mode)
    done = run("run", "--user", "airflow", "env", FERNET_KEY_FILE=place / "key")
    assert (done.returncode, done.stdout, len(errors(done))) == (125, "", 1) and "then root reads it" in done.stderr
    namespace.path(place / "..2026" / "key").chmod(0o444)
    assert key_of(seen("--user", "airflow", FERNET_KEY_FILE=place / "key")) == key


def test_without_user_nothing_of_that_is_done(run, root_key, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(root_key)
    os.lchown(link, UID, GID)
    assert run("key", "print", FERNET_KEY_FILE=link).stdout == root_key.read_text()


@pytest.mark.parametrize("planted", ["link in his folder", "link of root's in his folder", "link of his in a sticky folder", "link of root's in a sticky folder", "link to his folder"])
def test_a_planted_link_has_root_read_nothing_for_the_user(run, root_key, tmp_path, planted):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "key").symlink_to(root_key)
    path = folder / "key"
    if planted.endswith("in a sticky folder"):
        folder.chmod(0o1777)
        if "of his" in planted:
            os.lchown(path, UID, GID)
    else:
        os.chown(folder, UID, GID)
        if planted != "link of root's in his folder":
            os.lchown(path, UID, GID)
    if planted == "link to his folder":
        (tmp_path / "way").symlink_to(folder)
        path = tmp_path / "way" / "key"
    for words in (["run", "--user", "airflow", "env"], ["key", "print", "--user", "airflow"]):
        done = run(*words, FERNET_KEY_FILE=path)
        assert done.returncode in (1, 125) and done.stdout == "" and len(errors(done)) == 1
        assert "Permission denied" in done.stderr and "then root reads it" in done.stderr


def test_a_readable_secret_in_a_folder_of_the_users_is_read_by_the_user(seen, home):
    (home / "key").write_text(new_key())
    assert key_of(seen("--user", "airflow", FERNET_KEY_FILE=home / "key")) == (home / "key").read_text()


@pytest.mark.parametrize("text, says", [("", "is empty"), (" \n", "is empty"), ("x" * 65537, "larger"), ("hunter2", "key")])
def test_a_bad_secret_of_roots_is_as_bad_as_any(run, root_key, store, text, says):
    root_key.chmod(0o600)
    root_key.write_text(text)
    root_key.chmod(0o400)
    done = run("run", "--user", "airflow", "true", FERNET_KEY_FILE=root_key)
    assert done.returncode == 125 and len(errors(done)) == 1 and "hunter2" not in done.stderr
    assert says in done.stderr or (len(text) > 65536 and "Permission denied" in done.stderr)
    assert not (store / "fernet_key").exists()


def test_a_missing_secret_is_missing(run, root_key, store):
    done = run("run", "--user", "airflow", "true", FERNET_KEY_FILE=root_key.parent / "nothing")
    assert done.returncode == 125 and "No such file" in done.stderr


def test_a_secret_that_is_no_file_does_not_hold_root_up(run, root_key):
    fifo = root_key.parent / "fifo"
    os.mkfifo(fifo, 0o666)
    fifo.chmod(0o644)
    done = run("run", "--user", "airflow", "true", FERNET_KEY_FILE=fifo, timeout=60)
    assert done.returncode == 125 and "FIFO" in done.stderr


CONN = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def test_the_file_of_an_option_that_root_alone_may_read_is_read(seen, run, root_key):
    root_key.parent.chmod(0o700)
    given = seen("--user", "airflow", **{f"{CONN}_FILE": root_key})
    assert given.environment[CONN] + "\n" == root_key.read_text() and given.ids == (UID, GID)
    assert f"{CONN}_FILE" not in given.environment
    assert f"{CONN}_FILE: read" in run("status", "--user", "airflow", **{f"{CONN}_FILE": root_key}).stdout


def test_a_planted_link_has_root_read_no_option_for_the_user(run, root_key, home, store):
    (home / "conn").symlink_to(root_key)
    done = run("run", "--user", "airflow", "env", **{f"{CONN}_FILE": home / "conn"})
    assert (done.returncode, done.stdout) == (125, "") and not (store / "fernet_key").exists()
    assert f"{CONN}_FILE: " in done.stderr and "then root reads it" in done.stderr


def test_the_home_that_an_option_must_not_begin_with_is_the_users(run, seen, tmp_path):
    """What airflow would replace is looked for in the environment that the user gets."""
    file = tmp_path / "conn"
    file.write_text("~airflow")
    assert run("run", "--user", "airflow", "env", **{f"{CONN}_FILE": file}).returncode == 125
    file.write_text("~nobody_here")
    assert seen("--user", "airflow", **{f"{CONN}_FILE": file}).environment[CONN] == "~nobody_here"


# --- Commands, and airflow.cfg


@pytest.mark.parametrize("words", [["run", "true"], ["key", "print"], ["key", "fingerprint"], ["status", "--run-commands"]])
def test_a_command_that_stands_in_the_users_airflow_cfg_runs_as_the_user(run, home, tmp_path, words):
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\nid -u >>{home}/who; echo $HOME >>{home}/who; echo {new_key()}\n")
    trap.chmod(0o755)
    (home / "airflow.cfg").write_text(f"[core]\nfernet_key_cmd = {trap}\n")
    os.chown(home / "airflow.cfg", UID, GID)
    at = 2 if words[0] == "key" else 1
    done = run(*words[:at], "--user", "airflow", *words[at:])
    assert done.returncode == 0, done.stderr
    assert (home / "who").read_text() == f"{UID}\n/home/airflow\n"
    assert owner(home / "who") == (UID, GID)


def test_airflow_cfg_is_made_and_written_as_the_user(run, home, store):
    assert run("init", "--user", "airflow").returncode == 0
    file = home / "airflow.cfg"
    assert owner(file) == (UID, GID) and mode(file) == 0o600
    file.write_text("[core]\nexecutor = LocalExecutor\n")
    assert run("init", "--user", "airflow").returncode == 0
    assert owner(file) == (UID, GID) and (store / "fernet_key").read_text() in file.read_text()


def test_the_home_in_which_airflow_cfg_lies_is_the_users(run, home, tmp_path):
    (tmp_path / "passwd").write_text(PASSWD.replace("/home/airflow", str(home)))
    assert run("init", "--user", "airflow", AIRFLOW_HOME=None, HOME=tmp_path).returncode == 0
    assert owner(home / "airflow" / "airflow.cfg") == (UID, GID)
    assert run("init", "--user", "airflow", AIRFLOW_HOME="~/other", HOME=tmp_path / "roots").returncode == 0
    assert owner(home / "other" / "airflow.cfg") == (UID, GID)


@pytest.mark.parametrize("file_mode", [0o600, 0o644])
@pytest.mark.parametrize("text", ["[core]\nfernet_key =\n", "[core]\n"])
def test_a_planted_airflow_cfg_has_root_write_nothing(run, home, tmp_path, stored, file_mode, text):
    target = tmp_path / "roots.cfg"
    target.write_text(text)
    target.chmod(file_mode)
    (home / "airflow.cfg").symlink_to(target)
    os.lchown(home / "airflow.cfg", UID, GID)
    run("run", "--user", "airflow", "true", FERNET_KEY=new_key())
    assert run("init", "--user", "airflow", FERNET_KEY=new_key()).returncode == 125
    assert target.read_text() == text and mode(target) == file_mode and owner(target) == (0, 0)


def test_a_planted_airflow_cfg_shows_nothing_of_roots(run, home, root_key):
    (home / "airflow.cfg").symlink_to(root_key)
    for words in (["key", "print"], ["status"], ["init"]):
        done = run(*words, "--user", "airflow")
        assert done.returncode != 0 and root_key.read_text().strip() not in done.stdout + done.stderr


# --- The airflow.cfg that HOME no longer leads to


@pytest.fixture
def left(tmp_path, home):
    """left(name): an airflow.cfg with a key in what was HOME; `home` is HOME of the user."""
    (tmp_path / "passwd").write_text(PASSWD.replace("/home/airflow", str(home)))

    def leave(name):
        file = tmp_path / "old" / name
        file.parent.mkdir(parents=True)
        file.write_text(f"[core]\nfernet_key = {new_key()}\n")
        file.chmod(0o600)
        return file

    return leave


WAYS_HOME = {
    "nothing": ("airflow/airflow.cfg", {}),
    "AIRFLOW_HOME, ~": ("there/airflow.cfg", {"AIRFLOW_HOME": "~/there"}),
    "AIRFLOW_HOME, $HOME": ("there/airflow.cfg", {"AIRFLOW_HOME": "$HOME/there"}),
    "AIRFLOW_CONFIG, ~": ("my.cfg", {"AIRFLOW_CONFIG": "~/my.cfg"}),
    "AIRFLOW_CONFIG, ${HOME}": ("my.cfg", {"AIRFLOW_CONFIG": "${HOME}/my.cfg"}),
}


@pytest.mark.parametrize("way", WAYS_HOME)
def test_no_key_is_made_where_airflow_cfg_stays_behind_in_the_old_home(run, left, home, store, tmp_path, way):
    name, variables = WAYS_HOME[way]
    file = left(name)
    text = file.read_text()
    variables = {"AIRFLOW_HOME": None, "HOME": tmp_path / "old", **variables}
    for command in (["run", "true"], ["init"], ["status"], ["key", "print"]):
        at = 2 if command[0] == "key" else 1
        done = run(*command[:at], "--user", "airflow", *command[at:], **variables)
        assert done.returncode == (125 if command[0] in ("run", "init") else 1)
        assert f"{file} may hold it" in done.stdout + done.stderr and f"{home}/{name}" in done.stdout + done.stderr
        assert "AIRFLOW_HOME" in done.stdout + done.stderr
    assert not (store / "fernet_key").exists() and file.read_text() == text


def test_where_the_key_is_known_it_is_a_warning(run, left, home, stored, tmp_path):
    file = left("airflow/airflow.cfg")
    variables = {"AIRFLOW_HOME": None, "HOME": tmp_path / "old"}
    done = run("run", "--user", "airflow", "--deliver", "env", "true", FERNET_KEY=new_key(), **variables)
    assert done.returncode == 0 and [str(file) in line for line in warnings(done)] == [True]
    os.chown(stored(new_key()), UID, GID)
    os.chown(tmp_path / "store", UID, GID)
    done = run("run", "--user", "airflow", "true", **variables)
    assert done.returncode == 0 and [str(file) in line for line in warnings(done)] == [True]


def test_the_cures_are_such(run, left, home, tmp_path):
    file = left("airflow/airflow.cfg")
    done = run("run", "--user", "airflow", "true", HOME=tmp_path / "old", AIRFLOW_HOME=file.parent)
    assert done.returncode == 125 and "Permission denied" in done.stderr and "no longer" not in done.stderr
    (home / "airflow").mkdir()
    file.rename(home / "airflow" / "airflow.cfg")
    os.chown(home / "airflow" / "airflow.cfg", UID, GID)
    key = re.search("fernet_key = (.*)", (home / "airflow" / "airflow.cfg").read_text())[1]
    done = run("run", "--user", "airflow", "printenv", "AIRFLOW__CORE__FERNET_KEY", HOME=tmp_path / "old", AIRFLOW_HOME=None)
    assert done.returncode == 0 and done.stdout == key + "\n" and "no longer" not in done.stderr


@pytest.mark.parametrize("old", ["other home", "same home by a link", "nothing there"])
def test_where_nothing_stays_behind_a_key_is_made(run, left, home, tmp_path, old):
    (tmp_path / "link").symlink_to(home)
    variables = {"AIRFLOW_HOME": None, "HOME": tmp_path / "old"}
    if old == "other home":
        left("airflow/airflow.cfg")
        variables["AIRFLOW_HOME"] = home / "elsewhere"
    elif old == "same home by a link":
        (home / "airflow").mkdir()
        (home / "airflow" / "airflow.cfg").write_text("[core]\n")
        variables["HOME"] = tmp_path / "link"
    done = run("run", "--user", "airflow", "true", **variables)
    assert done.returncode == 0 and "no longer" not in done.stderr and "created Fernet key" in done.stderr


# --- The store


@pytest.mark.parametrize("command", [["run", "--user", "airflow", "true"], ["init", "--user", "airflow"]])
def test_a_missing_store_is_made_for_the_user(run, store, tmp_path, command):
    assert run(*command).returncode in (0, 125)  # init: AIRFLOW_HOME cannot be made here
    assert owner(store) == (UID, GID) and mode(store) == 0o700
    assert owner(store / "fernet_key") == (UID, GID) and mode(store / "fernet_key") == 0o600
    assert owner(tmp_path) == (0, 0) and not list(tmp_path.glob(".*"))


def test_so_it_is_by_a_root_that_could_not_open_it_any_more(run, store):
    less = "-dac_override,-dac_read_search"
    done = run("run", "--user", "airflow", "true", prefix=["setpriv", f"--bounding-set={less}", f"--inh-caps={less}", "--"])
    assert done.returncode == 0, done.stderr
    assert owner(store) == owner(store / "fernet_key") == (UID, GID)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_its_mode_is_the_asked_one_whatever_the_umask(run, tmp_path, umask):
    deep = tmp_path / "deep"
    done = run("run", "--user", "5:6", "--store", deep / "er" / "store", "--store-mode", "0640", "true", popen={"umask": umask})
    assert done.returncode == 0, done.stderr
    assert owner(deep / "er" / "store") == (5, 6) and mode(deep / "er" / "store") == 0o750
    assert owner(deep / "er") == owner(deep) == (0, 0) and mode(deep / "er") == mode(deep) == 0o755


@pytest.mark.parametrize("command", [["status"], ["key", "print"], ["key", "check"], ["key", "fingerprint"]])
def test_who_only_looks_makes_none(run, store, command):
    run(*command, "--user", "airflow")
    assert not store.exists()


def test_a_store_that_nobody_can_write_into_but_root_is_made_under_no_other_name(run, tmp_path):
    """A name that was planted, a link that leads nowhere, a folder of the user's: root makes nothing there."""
    his = tmp_path / "his"
    his.mkdir()
    os.chown(his, UID, GID)
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (his / "link").symlink_to(tmp_path / "target")
    assert run("run", "--user", "airflow", "--store", tmp_path / "link", "true").returncode == 125
    assert run("run", "--user", "airflow", "--store", his / "link", "true").returncode == 125
    assert run("run", "--user", "airflow", "--store", his / "link" / "store", "true").returncode == 125
    assert not (tmp_path / "target").exists()
    assert run("run", "--user", "airflow", "--store", his / "store", "true").returncode == 0
    assert owner(his / "store") == (UID, GID)


@pytest.mark.parametrize("ids", [(0, 0), (UID, 5), (7, GID)])
def test_a_store_that_exists_stays_whose_it_is(run, store, ids):
    store.mkdir()
    store.chmod(0o770)
    os.chown(store, *ids)
    run("run", "--user", "airflow", "true")
    assert owner(store) == ids and mode(store) == 0o770


@pytest.mark.parametrize("store_mode", [0o755, 0o700])
def test_a_store_that_is_roots_fails_the_run_with_the_line_that_cures_it(run, store, store_mode):
    store.mkdir()
    store.chmod(store_mode)
    done = run("run", "--user", "airflow", "true")
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert f"its owner is 0:0, its mode {store_mode:03o}" in done.stderr
    assert f"cd {store} && chown {UID}:{GID} ." in done.stderr and " -R" not in done.stderr
    os.chown(store, UID, GID)
    assert run("run", "--user", "airflow", "true").returncode == 0


def test_of_a_store_that_is_the_systems_no_owner_is_advised(run, namespace):
    namespace.tmpfs("/mnt").chmod(0o755)
    for path in ("/", "/mnt", "/./mnt//"):
        done = run("run", "--user", "airflow", "--store", path, "true")
        assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
        assert "chown" not in done.stderr and "a folder of its own" in done.stderr


def test_a_store_that_cannot_be_made_fails_the_run_with_the_line_for_the_image(run, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o775)
    done = run("run", "--user", "airflow", "--store", closed / "store", "true")
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert f"RUN install -d -o {UID} -g {GID} {closed}/store" in done.stderr
    assert list(closed.iterdir()) == []


@pytest.fixture
def default_store(namespace):
    """/var/lib/fernit, not made, in a /var/lib of the test's own."""
    namespace.tmpfs("/var/lib").chmod(0o755)
    return namespace.path("/var/lib/fernit")


def test_a_store_that_was_not_named_is_made_where_a_key_will_be(run, default_store):
    assert run("run", "--user", "airflow", "true", FERNIT_STORE=None).returncode == 0
    assert owner(default_store) == owner(default_store / "fernet_key") == (UID, GID)


@pytest.mark.parametrize("command", ["cat /var/lib/fernit/fernet_key", "fernit key print"])
def test_a_command_that_reads_the_store_is_no_source_beside_it(run, default_store, command):
    assert run("run", "--user", "airflow", "true", FERNIT_STORE=None, AIRFLOW__CORE__FERNET_KEY_CMD=command).returncode == 0
    assert owner(default_store / "fernet_key") == (UID, GID)


@pytest.mark.parametrize("name", ["AIRFLOW__CORE__FERNET_KEY", "FERNET_KEY", "AIRFLOW__CORE__FERNET_KEY_FILE", "FERNET_KEY_FILE",
                                  "AIRFLOW__CORE__FERNET_KEY_CMD", "AIRFLOW__CORE__FERNET_KEY_SECRET", "--secret-file"])  # fmt: skip
@pytest.mark.parametrize("good", [True, False])
def test_a_store_that_was_not_named_is_not_made_where_the_key_comes_from_outside(run, default_store, root_key, name, good):
    key = root_key.read_text().strip()
    value = {True: key, False: "hunter2"}[good]
    if name.endswith(("FILE", "file")):
        value = {True: root_key, False: "/no/such/file"}[good]
    elif name.endswith("CMD"):
        value = {True: f"echo {key}", False: "false"}[good]
    options, variables = ([name, value], {}) if name.startswith("-") else ([], {name: value})
    run("run", "--user", "airflow", *options, "true", FERNIT_STORE=None, **variables)
    assert not default_store.exists()


@pytest.mark.parametrize("empty", ["", " \n"])
def test_an_empty_variable_is_no_source(run, default_store, empty):
    assert run("run", "--user", "airflow", "true", FERNIT_STORE=None, FERNET_KEY=empty).returncode == 0
    assert default_store.exists()


def test_a_store_that_was_made_without_being_named_adopts_no_key_of_airflow_cfg(run, default_store, home):
    """As where it does not exist: the key stays where it is, and a warning says so."""
    (home / "airflow.cfg").write_text(f"[core]\nfernet_key = {new_key()}\n")
    os.chown(home / "airflow.cfg", UID, GID)
    done = run("run", "--user", "airflow", "true", FERNIT_STORE=None)
    assert done.returncode == 0 and "key-only-in-cfg" in done.stderr
    assert not (default_store / "fernet_key").exists()


# --- At once, and cut short


@pytest.mark.parametrize("faults", [[], ["renameat2:error=EINVAL"]])
def test_many_at_once_make_one_store_and_one_key(fernit, namespace, store, tmp_path, faults):
    prefix = [*namespace.prefix, *(Trace("/dev/null", faults, only="renameat2").prefix if faults else [])]
    words = ["run", "--user", "airflow", "printenv", "AIRFLOW__CORE__FERNET_KEY"]
    started = [fernit.start(*words, prefix=prefix) for _ in range(12)]
    outs = {process.communicate(timeout=60)[0].decode() for process in started}
    assert {process.returncode for process in started} == {0}
    assert outs == {(store / "fernet_key").read_text()}
    assert owner(store) == owner(store / "fernet_key") == (UID, GID) and mode(store) == 0o700
    assert not list(tmp_path.glob(".*"))


MAKING = "mkdirat,fchmod,fchown,fsync,renameat,renameat2,setgroups,setresgid,setresuid,linkat,unlinkat"


def making_calls(run, tmp_path, store, faults):
    trace = Trace(tmp_path / "trace", faults, only=MAKING)
    assert run("run", "--user", "airflow", "true", prefix=trace.prefix).returncode == 0
    names = [call.name for call in trace.calls()]
    return [(name, names[: at + 1].count(name)) for at, name in enumerate(names)]


@pytest.mark.parametrize("faults", [[], ["renameat2:error=EINVAL"]])
def test_a_crash_at_any_call_leaves_no_store_of_roots_and_the_next_start_works(run, tmp_path, store, faults):
    need("trace")
    calls = making_calls(run, tmp_path, store, faults)
    assert {"mkdirat", "fchown", "setresuid"} <= {name for name, _ in calls}
    for name, number in calls:
        folder = tmp_path / f"{name}.{number}"
        folder.mkdir()
        place = folder / "store"
        # A call can be hit by one fault alone.
        kill = [f"{name}:signal=KILL:when={number}"]
        others = [fault for fault in faults if not fault.startswith(f"{name}:")]
        trace = Trace("/dev/null", [*others, *kill], only=MAKING)
        done = run("run", "--user", "airflow", "--store", place, "true", prefix=trace.prefix)
        assert done.returncode in (-9, 137), (name, number, done.returncode)
        assert not place.exists() or owner(place) == (UID, GID), (name, number)
        assert run("run", "--user", "airflow", "--store", place, "true").returncode == 0, (name, number)
        assert owner(place) == owner(place / "fernet_key") == (UID, GID) and mode(place) == 0o700
        assert not list(folder.glob(".*")), (name, number)


@pytest.mark.parametrize("fault", ["mkdirat:error=EROFS", "fchown:error=EPERM", "fchmod:error=EPERM", "fsync:error=EIO", "renameat2:error=EIO"])
def test_what_root_cannot_make_the_user_tells(run, tmp_path, store, fault):
    trace = Trace("/dev/null", [f"{fault}:when=1"], only=fault.split(":")[0])
    done = run("run", "--user", "airflow", "true", prefix=trace.prefix)
    if fault.startswith("fchmod"):  # the mode was right from the start
        assert done.returncode == 0
        return
    assert (done.returncode, len(errors(done))) == (125, 1), done.stderr
    assert f"RUN install -d -o {UID} -g {GID} {store}" in done.stderr
    assert not store.exists() and not list(tmp_path.glob(".*"))
