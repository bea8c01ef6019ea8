"""Who may use a file that fernit has replaced or created: nobody who could not before, whoever ran it.

The judge is the kernel: before and after, each of a crowd of users tries to open the file.
"""
import ctypes
import itertools
import os
import shutil
import stat
import struct
import threading
from dataclasses import dataclass

import pytest

from conftest import TREE, errors, new_key
from system import Trace

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can make files of other users")

LIBC = ctypes.CDLL(None, use_errno=True)
SYS_SETGROUPS = {"x86_64": 116, "aarch64": 159}[os.uname().machine]

# --- Access control lists, as acl(5) has them, in the kernel's own form

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
NOBODY_IN_PARTICULAR = 0xFFFFFFFF


def acl(*entries):
    """entries: (tag, rights) or (tag, rights, id)."""
    packed = (struct.pack("<HHI", *(*entry, NOBODY_IN_PARTICULAR)[:3]) for entry in entries)
    return struct.pack("<I", 2) + b"".join(packed)


ACLS = {
    "no ACL": None,
    "a user, and not the group": acl((USER_OBJ, 6), (USER, 6, 60000), (GROUP_OBJ, 0), (MASK, 6), (OTHER, 0)),
    "a group to read": acl((USER_OBJ, 6), (GROUP_OBJ, 4), (GROUP, 4, 6000), (MASK, 4), (OTHER, 0)),
    "a user shut out": acl((USER_OBJ, 6), (USER, 0, 60000), (GROUP_OBJ, 4), (MASK, 4), (OTHER, 4)),
}
FOLDER = acl((USER_OBJ, 7), (USER, 7, 60001), (GROUP_OBJ, 7), (GROUP, 7, 6001), (MASK, 7), (OTHER, 7))

# --- Who tries to open it

CROWD = {
    "uid 1000": (1000, 100),
    "uid 50000": (50000, 50000),
    "uid 60000": (60000, 60000),
    "uid 60001": (60001, 60001),
    **{f"group {gid}": (70000, gid) for gid in (0, 100, 5000, 6000, 6001, 50000)},
    "anybody": (80000, 80000),
}


def rights(path):
    """{name in CROWD: set of "r" and "w"}, as the kernel lets them open it. In a thread, whose identity is its own."""
    found = {}

    def look():
        assert LIBC.syscall(SYS_SETGROUPS, 0, None) == 0
        for name, (uid, gid) in CROWD.items():
            LIBC.setfsgid(gid)
            LIBC.setfsuid(uid)
            found[name] = set()
            for letter, flags in (("r", os.O_RDONLY), ("w", os.O_WRONLY)):
                try:
                    os.close(os.open(path, flags))
                    found[name].add(letter)
                except PermissionError:
                    pass
            LIBC.setfsuid(0)
            LIBC.setfsgid(0)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert len(found) == len(CROWD)
    return found


def more(before, after, but=()):
    return {name: after[name] - before[name] for name in CROWD if name not in but and after[name] - before[name]}


# --- Who runs fernit

def user(uid, gid, *groups):
    words = [f"--groups={','.join(map(str, groups))}"] if groups else ["--clear-groups"]
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", *words, "--"]


def root_without(*capabilities):
    less = ",".join(f"-{name}" for name in capabilities)
    return ["setpriv", "--clear-groups", f"--bounding-set={less}", f"--inh-caps={less}", "--"]


WHO = {
    "root": ["setpriv", "--clear-groups", "--"],
    "root without CHOWN": root_without("chown"),
    "root without FOWNER": root_without("fowner"),
    "root without both": root_without("chown", "fowner"),
    "uid 1000 of group 100": user(1000, 100),
    "uid 1000 of groups 100 and 5000": user(1000, 100, 5000),
    "uid 50000 of group 0": user(50000, 0),
}
OWNERS, GROUPS, MODES = (0, 1000, 50000), (0, 100, 5000), (0o600, 0o640, 0o660, 0o604, 0o644)
KEEPS_ALL = ("root", "root without FOWNER")  # whose file has what the old one had, to the letter
RUNNERS = {"uid 1000 of group 100": "uid 1000", "uid 1000 of groups 100 and 5000": "uid 1000", "uid 50000 of group 0": "uid 50000"}
TABLES = TREE / "build" / "test" / "access"  # what each replaced file has ended with, for who wants to see it


@dataclass(frozen=True)
class Old:
    owner: int
    group: int
    mode: int  # with an ACL its own
    acl: bytes
    folder: bytes  # the folder's default ACL

    def make(self, path, text):
        """In a folder where anybody may replace it."""
        path.parent.mkdir()
        os.chown(path.parent, self.owner, 0)
        path.parent.chmod(0o777)
        path.write_text(text)
        path.chmod(self.mode)
        if self.acl:
            os.setxattr(path, ACCESS, self.acl)
        os.chown(path, self.owner, self.group)
        if self.folder:
            os.setxattr(path.parent, DEFAULT, self.folder)

    def __str__(self):
        return f"{self.owner}:{self.group} {self.mode:04o}{', a default ACL' if self.folder else ''}"


def olds(acl):
    modes = MODES if acl is None else (0o600,)
    return [Old(*old, acl, folder) for old in itertools.product(OWNERS, GROUPS, modes) for folder in (None, FOLDER)]


def seen(path):
    status = path.stat()
    attributes = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode), attributes


def own_store(fernit, who, key):
    """A store of the one who runs it, where airflow.cfg is the file."""
    uid, gid = {"uid 1000": (1000, 100), "uid 50000": (50000, 0)}.get(RUNNERS.get(who), (0, 0))
    fernit.store.mkdir()
    (fernit.store / "fernet_key").write_text(key + "\n")
    for path in (fernit.store, fernit.store / "fernet_key"):
        os.chown(path, uid, gid)
        path.chmod(0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize("acl_name", ACLS)
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", ["fernet_key", "airflow.cfg"])
def test_who_replaces_a_file_gives_nobody_more_than_he_had(fernit, name, who, acl_name):
    replaced, table = 0, []
    fernit.home.chmod(0o777)
    owns = {1000: "uid 1000", 50000: "uid 50000"}
    for old in olds(ACLS[acl_name]):
        key, other = new_key(), new_key()
        folder = fernit.home / ("store" if name == "fernet_key" else "airflow")
        if name == "fernet_key":
            old.make(folder / name, key + "\n")
            options = {"FERNET_KEY": other, "FERNIT_DELIVER": "env"}
        else:
            own_store(fernit, who, key)
            old.make(folder / name, "[core]\n")
            options = {}
        path = folder / name
        before, had, inode = rights(path), seen(path), path.stat().st_ino
        done = fernit("init", prefix=WHO[who], **options)
        after, has = rights(path), seen(path)
        if path.stat().st_ino == inode:
            assert (after, has) == (before, had)
        else:
            assert done.returncode == 0, done.stderr
            replaced += 1
            assert not more(before, after, but=(RUNNERS.get(who),)), f"{old}: {before} {after}"
            shares = has[2] & 0o040 and acl_name != "a user, and not the group"  # its group reads it, and who shares it is in it
            assert shares or old.owner == 0 or "r" in after[owns[old.owner]], f"{old}: {after}"
            if who in KEEPS_ALL:
                assert has == had, old
        outcome = f"{has[0]}:{has[1]} {has[2]:04o}{' and its ACL' if has[3] else ''}" if path.stat().st_ino != inode else "left as it is"
        table.append(f"{who} | {name} | {acl_name} | {old} | {outcome}\n")
        for each in (fernit.store, fernit.home / "airflow"):
            shutil.rmtree(each, ignore_errors=True)
    assert replaced >= 2, table
    TABLES.mkdir(parents=True, exist_ok=True)
    (TABLES / f"{name} {who} {acl_name}.txt").write_text("".join(table))


@pytest.mark.parametrize("acl_name", ACLS)
@pytest.mark.parametrize("who", WHO)
def test_nobody_reads_a_retired_key_who_could_not_read_it_in_the_ring(fernit, who, acl_name):
    retired = 0
    fernit.home.chmod(0o777)
    for old in olds(ACLS[acl_name])[::3]:  # with and without a folder's ACL in turns
        ring = fernit.store / "fernet_key"
        old.make(ring, new_key() + "\n")
        before = rights(ring)
        options = {"FERNIT_STORE_MODE": "0660", "FERNIT_DELIVER": "env", "FERNIT_MANAGE": "fernet_key"}
        fernit("init", "--on-change", "replace", prefix=WHO[who], FERNET_KEY=new_key(), **options)
        for path in (fernit.store / "retired").glob("*"):
            path.parent.chmod(0o777)
            assert not more(before, rights(path), but=(RUNNERS.get(who),)), old
            retired += 1
        shutil.rmtree(fernit.store)
    assert retired


@pytest.mark.parametrize("acl_name", ACLS)
@pytest.mark.parametrize("who", WHO)
def test_nobody_reads_the_copy_of_a_bind_mount_who_could_not_read_it(fernit, who, acl_name):
    """It is there while airflow.cfg is written in place, and stays where fernit is killed then."""
    copies = 0
    path = fernit.home / "airflow" / "airflow.cfg"
    mount = ["unshare", "-m", "sh", "-c", 'mount -n --bind "$0" "$0" && exec "$@"', path]
    killed = Trace("/dev/null", ["ftruncate:signal=KILL:when=1"], only="ftruncate").prefix
    fernit.home.chmod(0o777)
    for old in olds(ACLS[acl_name])[::3]:  # with and without a folder's ACL in turns
        own_store(fernit, who, new_key())
        if old.folder:
            os.setxattr(fernit.store, DEFAULT, old.folder)
        old.make(path, "[core]\n")
        before = rights(path)
        options = {"FERNIT_STORE_MODE": "0660", "FERNIT_DELIVER": "cfg", "FERNIT_MANAGE": "fernet_key"}
        done = fernit("init", prefix=[*mount, *killed, *WHO[who]], **options)
        fernit.store.chmod(0o777)
        for copy in fernit.store.glob(".airflow.cfg.*"):
            assert done.returncode in (-9, 137), done.stderr
            assert not more(before, rights(copy), but=(RUNNERS.get(who),)), old
            copies += 1
        for each in (fernit.store, path.parent):
            shutil.rmtree(each)
    assert copies


@pytest.mark.parametrize("call", ["newfstatat", "fgetxattr", "fsetxattr", "fremovexattr", "fchmod", "fchown"])
@pytest.mark.parametrize("acl_name", ["no ACL", "a user, and not the group"])
@pytest.mark.parametrize("name", ["fernet_key", "airflow.cfg"])
def test_a_call_that_fails_gives_nobody_more(fernit, tmp_path, name, acl_name, call):
    old = Old(1000, 0, 0o600, ACLS[acl_name], FOLDER)
    path = fernit.home / ("store" if name == "fernet_key" else "airflow") / name
    trace = Trace(tmp_path / "trace", only=call)
    faulty, replaced = 0, 0
    while True:
        if name == "airflow.cfg":
            own_store(fernit, "root", new_key())
        old.make(path, new_key() + "\n" if name == "fernet_key" else "[core]\n")
        options = {"FERNET_KEY": new_key(), "FERNIT_DELIVER": "env"} if name == "fernet_key" else {}
        before, inode = rights(path), path.stat().st_ino
        done = fernit("init", prefix=trace.prefix, FERNIT_STORE_MODE="0660", FERNIT_MANAGE="fernet_key", **options)
        assert not more(before, rights(path)), f"number {faulty}: {done.stderr}"
        replaced += path.stat().st_ino != inode
        for each in (fernit.store, fernit.home / "airflow"):
            shutil.rmtree(each, ignore_errors=True)
        if faulty == 0:
            count = len(trace.calls())
        if faulty == count:
            break
        faulty += 1
        trace = Trace(tmp_path / "trace", [f"{call}:error=EIO:when={faulty}"], only=call)
    assert replaced


@pytest.fixture
def theirs(fernit):
    """theirs(text): a store and an airflow.cfg of uid 50000's, who alone may read them. Returns the key and all that is there."""

    def make(text="[core]\nfernet_key = {key}\n", key=None):
        key = key or new_key()
        cfg = fernit.home / "airflow" / "airflow.cfg"
        for folder in (fernit.store, cfg.parent):
            folder.mkdir(mode=0o700)
            os.chown(folder, 50000, 0)
        for path, content in ((fernit.store / "fernet_key", key + "\n"), (cfg, text.format(key=key))):
            path.write_text(content)
            path.chmod(0o600)
            os.chown(path, 50000, 0)
        return key, cfg

    return make


def all_in(folder):
    return {path.relative_to(folder): (path.stat().st_uid, path.is_file() and path.read_text()) for path in folder.rglob("*")}


@pytest.mark.parametrize("words", [["init"], ["init", "--on-change", "stage"], ["init", "--on-change", "replace"], ["run", "true"], ["init", "--manage", "jwt_secret"]])
@pytest.mark.parametrize("who", ["root without CHOWN", "root without both"])
def test_root_that_cannot_chown_takes_no_file_from_its_owner(fernit, theirs, who, words):
    key, cfg = theirs()
    before = all_in(fernit.home)
    done = fernit(*words, prefix=WHO[who], FERNET_KEY=new_key())
    assert done.returncode == 125 and "uid 50000 could not read it" in errors(done)[0]
    assert "--cap-add CHOWN" in done.stderr
    assert all_in(fernit.home) == before
    assert fernit("init", prefix=WHO["uid 50000 of group 0"]).returncode == 0


@pytest.mark.parametrize("change", ["keep", "stage", "replace"])
def test_nor_where_the_lock_is_there_already(fernit, theirs, change):
    key, cfg = theirs()
    (fernit.store / ".lock").touch(mode=0o600)
    os.chown(fernit.store / ".lock", 50000, 0)
    done = fernit("init", "--on-change", change, prefix=WHO["root without CHOWN"], FERNET_KEY=new_key())
    assert done.returncode == 125 and "uid 50000 could not read it" in errors(done)[0]
    done = fernit("init", "--on-change", change, prefix=WHO["uid 50000 of group 0"], FERNET_KEY=new_key())
    assert done.returncode == 0, done.stderr
    assert {status[0] for status in all_in(fernit.home).values()} == {50000}


@pytest.mark.parametrize("who", ["root without CHOWN", "root without both"])
def test_airflow_cfg_stays_its_owner_s_where_root_cannot_chown(fernit, theirs, who):
    """`run` leaves it to the environment, with a warning. `init` writes it where it is."""
    key, cfg = theirs("[core]\nexecutor = LocalExecutor\n")
    before = all_in(fernit.home)
    done = fernit("run", "sh", "-c", "echo $AIRFLOW__CORE__FERNET_KEY", prefix=WHO[who], FERNIT_MANAGE="fernet_key")
    assert (done.returncode, done.stdout) == (0, key + "\n")
    assert "uid 50000 could not read it" in done.stderr
    assert all_in(fernit.home) == before
    done = fernit("init", prefix=WHO[who], FERNIT_MANAGE="fernet_key")
    assert done.returncode == 0, done.stderr
    assert f"fernet_key = {key}" in cfg.read_text()
    assert {status[0] for status in all_in(fernit.home).values()} == {50000}


@pytest.mark.parametrize("name", ["fernet_key", "airflow.cfg"])
def test_root_that_cannot_chown_warns_of_a_new_file_that_the_folder_s_owner_cannot_read(fernit, name):
    cfg = fernit.home / "airflow" / "airflow.cfg"
    path = fernit.store / name if name == "fernet_key" else cfg
    path.parent.mkdir(mode=0o700)
    os.chown(path.parent, 50000, 0)
    done = fernit("init", prefix=WHO["root without CHOWN"], FERNIT_MANAGE="fernet_key")
    assert done.returncode == 0 and path.stat().st_uid == 0, done.stderr
    assert f"warning: other-owner: {path} is owned by uid 0: uid 50000, the owner of its folder, cannot read it" in done.stderr
    assert f"hint: chown 50000:0 {path}\n" in done.stderr


#: Container roots that chown, and are bound by modes: `--cap-drop ALL --cap-add CHOWN`.
BOUND = {
    "in the folder's group": root_without("dac_override", "dac_read_search", "fowner"),
    "that reads all": root_without("dac_override", "fowner"),
    "without CHOWN": root_without("dac_override", "dac_read_search", "fowner", "chown"),
}


@pytest.mark.parametrize("mode", ["0600", "0640", "0660"])
@pytest.mark.parametrize("who", BOUND)
@pytest.mark.parametrize("deep", [False, True], ids=["folders of uid 50000's", "folders that root creates"])
def test_root_that_modes_bind_creates_nothing_that_it_cannot_open_any_more(fernit, tmp_path, deep, who, mode):
    home = tmp_path / "home"
    store, airflow = (home / "deep" / "store", home / "deep" / "airflow") if deep else (home / "store", home / "airflow")
    for folder in (home,) if deep else (home, store, airflow):
        folder.mkdir()
        os.chown(folder, 50000, 0)
        folder.chmod(0o2770)
    words = ["init", "--store", store, "--store-mode", mode]
    options = {"prefix": BOUND[who], "AIRFLOW_HOME": airflow}
    done = fernit(*words, **options)
    assert done.returncode == 0, done.stderr
    if mode == "0600":
        assert f"uid 50000, the owner of its folder, cannot {'write to' if deep else 'read'} it\n" in done.stderr
        assert "hint: start fernit as uid 50000\n" in done.stderr
        assert "hint: or give it the capabilities: --cap-add CHOWN --cap-add DAC_OVERRIDE\n" in done.stderr
    if mode == "0660" and not deep and who != "without CHOWN":
        assert {path.stat().st_uid for path in (store / "fernet_key", airflow / "airflow.cfg")} == {50000}
    # Each later start, too: one that changes nothing, and changes.
    for more in ({}, {"FERNET_KEY": new_key()}, {"FERNET_KEY": new_key(), "FERNIT_ON_CHANGE": "replace"}, {"FERNET_KEY": new_key(), "FERNIT_ON_CHANGE": "stage"}, {}):
        again = fernit(*words, **options, **more)
        assert again.returncode == 0, again.stderr
    assert (again.returncode, again.stderr) == (0, "")
    # And a root that no mode binds.
    assert fernit("init", "--store", store, AIRFLOW_HOME=airflow).returncode == 0


#: The folder of airflow.cfg, the mode of new files, and whether others, who may write there, cannot read the file: (owner, group, mode), mode, bool.
FOLDERS = {
    "an emptyDir": ((0, 0, 0o777), "0600", True),
    "an emptyDir with fsGroup": ((0, 5000, 0o2777), "0600", True),
    "of a group": ((0, 5000, 0o775), "0600", True),
    "of group 0": ((0, 0, 0o775), "0600", True),
    "sticky": ((0, 0, 0o1777), "0600", True),
    "the group reads the file": ((0, 5000, 0o775), "0640", False),
    "root's alone": ((0, 0, 0o755), "0600", False),
    "another user's": ((50000, 0, 0o777), "0600", False),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_airflow_cfg_of_root_that_others_cannot_read_in_a_folder_of_theirs_is_warned_of(fernit, name):
    """Airflow skips a file that it cannot read, in silence."""
    (owner, group, its_mode), mode, is_told = FOLDERS[name]
    cfg = fernit.home / "airflow" / "airflow.cfg"
    cfg.parent.mkdir()
    os.chown(cfg.parent, owner, group)
    cfg.parent.chmod(its_mode)
    done = fernit("init", "--store-mode", mode)
    assert done.returncode == 0, done.stderr
    assert (f"warning: other-owner: {cfg} is owned by root: other users may write its folder, but cannot read it\n" in done.stderr) is is_told
    assert (f"or chown {cfg} to that user\n" in done.stderr) is is_told
    if is_told:
        assert not any(rights(cfg)[each] for each in CROWD)
    again = fernit("init", "--store-mode", mode)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.parametrize("name", ["fernet_key", "airflow.cfg"])
def test_an_owner_who_is_left_with_his_group_s_rights_is_told(fernit, name):
    key = new_key()
    folder = fernit.home / ("store" if name == "fernet_key" else "airflow")
    if name == "airflow.cfg":
        own_store(fernit, "uid 1000 of group 100", key)
    Old(50000, 100, 0o640, None, None).make(folder / name, key + "\n" if name == "fernet_key" else "[core]\n")
    options = {"FERNET_KEY": new_key(), "FERNIT_DELIVER": "env"} if name == "fernet_key" else {}
    done = fernit("init", prefix=WHO["uid 1000 of group 100"], FERNIT_MANAGE="fernet_key", **options)
    assert done.returncode == 0, done.stderr
    assert f"fernit: {folder / name} is now owned by uid 1000, and uid 50000 can read it only as a member of group 100\n" in done.stderr


@pytest.mark.parametrize("name", [".lock", "retired", "fernet_key.staged", "jwt_secret"])
def test_what_root_creates_in_a_store_is_the_owner_s(fernit, name):
    fernit.store.mkdir(mode=0o700)
    (fernit.store / "fernet_key").write_text(new_key() + "\n")
    for path in (fernit.store, fernit.store / "fernet_key"):
        os.chown(path, 50000, 5000)
    change = "stage" if name == "fernet_key.staged" else "replace"
    done = fernit("init", "--on-change", change, FERNET_KEY=new_key(), FERNIT_MANAGE="fernet_key,jwt_secret")
    assert done.returncode == 0, done.stderr
    status = (fernit.store / name).stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o077) == (50000, 5000, 0)


@pytest.mark.parametrize("mode", ["0600", "0660"])
def test_folders_that_root_creates_in_another_s_are_his_and_so_is_what_is_in_them(fernit, tmp_path, mode):
    home = tmp_path / "home"
    home.mkdir(mode=0o750)
    os.chown(home, 50000, 5000)
    store, cfg = home / "data" / "store", home / "airflow" / "deep" / "airflow.cfg"
    done = fernit("init", "--store", store, "--store-mode", mode, AIRFLOW_HOME=cfg.parent)
    assert done.returncode == 0, done.stderr
    for path in (store, store.parent, store / "fernet_key", cfg, cfg.parent, cfg.parent.parent):
        assert (path.stat().st_uid, path.stat().st_gid) == (50000, 5000), path
    # And that owner goes on with them.
    again = fernit("run", "--store", store, "--store-mode", mode, "true", prefix=WHO["uid 50000 of group 0"], AIRFLOW_HOME=cfg.parent)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.parametrize("slow", ["getdents64", "fchown", "renameat2", None])
def test_so_they_are_where_many_start_at_once(fernit, tmp_path, slow):
    """50 starts, five times ten: none ends with 125 because another one has taken a folder for root's, or has filled it."""
    prefix = Trace("/dev/null", [f"{slow}:delay_enter=20000"], only=slow).prefix if slow else []
    for number in range(5):
        home = tmp_path / f"home{number}"
        home.mkdir(mode=0o755)
        os.chown(home, 50000, 5000)
        store, cfg = home / "data" / "store", home / "airflow" / "deep" / "airflow.cfg"
        starts = [fernit.start("init", prefix=prefix, FERNIT_STORE=store, AIRFLOW_HOME=cfg.parent) for _ in range(10)]
        for start in starts:
            _, said = start.communicate(timeout=60)
            assert start.returncode == 0, said
        found = [path for path in home.rglob("*") if path.name != ".lock"]
        assert {path.relative_to(home) for path in found} == {path.relative_to(home) for path in (store.parent, store, store / "fernet_key", cfg.parent.parent, cfg.parent, cfg)}
        assert {(path.stat().st_uid, path.stat().st_gid) for path in found} == {(50000, 5000)}


def test_a_retired_key_has_the_group_that_the_store_gives(fernit):
    """And not that of who retires it, whose others then could read it, and not the store's."""
    fernit.store.mkdir()
    (fernit.store / "fernet_key").write_text(new_key() + "\n")
    for path in (fernit.store, fernit.store / "fernet_key"):
        os.chown(path, 1000, 5000)
        path.chmod(0o2770 if path.is_dir() else 0o660)
    done = fernit("init", prefix=WHO["uid 1000 of groups 100 and 5000"], FERNET_KEY=new_key(), FERNIT_ON_CHANGE="replace", FERNIT_STORE_MODE="0660", FERNIT_DELIVER="env")
    assert done.returncode == 0, done.stderr
    (retired,) = (fernit.store / "retired").iterdir()
    assert retired.stat().st_gid == 5000


@pytest.mark.parametrize("name", [".lock", "fernet_key", "fernet_key.staged", ".fernet_key.claim", ".fernet_key.changing"])
@pytest.mark.parametrize("linked", [False, True])
def test_root_gives_no_file_away_that_it_has_not_created(fernit, name, linked):
    """Who owns a folder may move into it, or link, files that are not his."""
    fernit.store.mkdir(mode=0o700)
    (fernit.store / "fernet_key").write_text(new_key() + "\n")
    for path in (fernit.store, fernit.store / "fernet_key"):
        os.chown(path, 50000, 50000)
    secret = fernit.store / "a-file-of-root"
    secret.write_text("of root" if name != "fernet_key" else new_key()[:20])
    secret.chmod(0o600)
    if linked:
        secret.rename(fernit.home / "of-root")
        secret = fernit.home / "of-root"
        (fernit.store / name).unlink(missing_ok=True)
        os.link(secret, fernit.store / name)
    else:
        secret.rename(fernit.store / name)
    if name == "fernet_key":
        (fernit.store / ".fernet_key.claim").write_text("")
    held = os.open(fernit.store / name, os.O_RDONLY)
    for words in (["--on-change", "replace"], ["--on-change", "stage"], []):
        fernit("init", *words, FERNET_KEY=new_key())
    status = os.fstat(held)
    os.close(held)
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (0, 0, 0o600)


def test_root_gives_no_folder_away_that_it_has_not_created(fernit):
    fernit.store.mkdir(mode=0o700)
    (fernit.store / "fernet_key").write_text(new_key() + "\n")
    for path in (fernit.store, fernit.store / "fernet_key"):
        os.chown(path, 50000, 50000)
    folder = fernit.store / ".retired.new"
    folder.mkdir(mode=0o700)
    (folder / "of-root").write_text("")
    done = fernit("init", "--on-change", "replace", FERNET_KEY=new_key())
    assert done.returncode == 125 and folder.stat().st_uid == 0
    assert str(folder) in errors(done)[0]


@pytest.mark.parametrize("name", [".airflow.cfg.fernit.orig", ".airflow.cfg.fernit.0123456789abcdeF", ".airflow.cfg.fernit.0123456789abcdef0"])
def test_a_user_s_own_file_beside_airflow_cfg_is_not_swept(fernit, write_cfg, name):
    mine = write_cfg("[core]\n").with_name(name)
    mine.write_text("mine")
    done = fernit("init")
    assert done.returncode == 0 and mine.read_text() == "mine", done.stderr


@pytest.mark.parametrize("name", [".fernet_key.tmp.mine", ".fernet_key.change.mine", ".fernet_key.tmp.0123456789abcdef.gz"])
def test_a_user_s_own_file_in_the_store_is_not_swept(fernit, stored, name):
    mine = stored(new_key()).with_name(name)
    mine.write_text("mine")
    for options in ({}, {"FERNET_KEY": new_key()}):
        assert fernit("init", **options).returncode == 0
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("kind", ["a folder", "a link", "another user's"])
def test_what_has_a_temporary_s_name_and_is_none_of_ours_is_not_swept(fernit, stored, tmp_path, kind):
    path = stored(new_key()).with_name(".fernet_key.tmp.0123456789abcdef")
    if kind == "a folder":
        path.mkdir()
    elif kind == "a link":
        path.symlink_to(tmp_path / "elsewhere")
    else:
        path.write_text("")
        os.chown(path, 12345, 12345)
    assert fernit("init").returncode == 0
    assert os.path.lexists(path)
