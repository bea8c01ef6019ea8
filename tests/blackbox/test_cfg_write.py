"""Writing airflow.cfg: nobody reads half of it, nobody's edit is lost, and what it was otherwise it stays."""
import os
import re
import shutil
import stat
import subprocess
import time

import pytest

from conftest import errors, fingerprint, hints, listing, new_key, warnings
from system import AS_NOBODY, NOBODY, Trace, bind, each_call, held_fixture, need, wait_for  # noqa: F401

OLD = "[core]\nexecutor = LocalExecutor\n"


@pytest.fixture(autouse=True)
def key(stored):
    """The key in the store."""
    made = new_key()
    stored(made + "\n")
    return made


@pytest.fixture
def new(key):
    """OLD, as fernit is to leave it."""
    return f"[core]\nfernet_key = {key}\nexecutor = LocalExecutor\n"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# --- A file that is missing


@pytest.mark.parametrize("umask", ["000", "022", "077", "777"])
def test_a_missing_file_is_made_with_the_key_and_for_its_owner_alone(fernit, airflow_home, cfg, key, umask):
    airflow_home.mkdir()
    assert fernit("init", prefix=["sh", "-c", f'umask {umask}; exec "$@"', "sh"]).returncode == 0
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\n"
    assert mode(cfg) == 0o600
    assert names(airflow_home) == ["airflow.cfg"]


@pytest.mark.parametrize("shared", [0o600, 0o640, 0o660])
def test_what_root_makes_is_the_folders_owners_with_the_mode_of_the_store(fernit, airflow_home, cfg, shared):
    """The official compose file's airflow-init is root, and what it leaves is for AIRFLOW_UID with group 0."""
    need("become another user")
    airflow_home.mkdir()
    os.chown(airflow_home, 50000, 0)
    assert fernit("init", "--store-mode", f"{shared:04o}").returncode == 0
    assert (cfg.stat().st_uid, cfg.stat().st_gid, mode(cfg)) == (50000, 0, shared)


def test_root_that_may_give_nothing_away_makes_it_all_the_same(fernit, airflow_home, cfg, key):
    airflow_home.mkdir()
    airflow_home.chmod(0o777)
    os.chown(airflow_home, 50000, 0)
    done = fernit("run", "true", prefix=["setpriv", "--bounding-set=-chown", "--inh-caps=-chown", "--"])
    assert (done.returncode, done.stderr.count("stays root's")) == (0, 0), done.stderr
    assert (cfg.read_text(), cfg.stat().st_uid) == (f"[core]\nfernet_key = {key}\n", 0)


@pytest.mark.parametrize(("umask", "made"), [("022", 0o755), ("027", 0o750), ("077", 0o700)])
def test_a_missing_airflow_home_is_made_as_airflow_makes_it(fernit, tmp_path, key, umask, made):
    home = tmp_path / "a" / "b" / "airflow"
    done = fernit("run", "true", AIRFLOW_HOME=home, prefix=["sh", "-c", f'umask {umask}; exec "$@"', "sh"])
    assert done.returncode == 0, done.stderr
    assert (home / "airflow.cfg").read_text() == f"[core]\nfernet_key = {key}\n"
    assert [mode(path) for path in (home, home.parent, home.parent.parent)] == [made] * 3


def test_the_making_is_said_once(fernit, cfg):
    assert str(cfg) in fernit("init").stderr
    assert fernit("init").stderr == ""


# --- What a file was otherwise it stays


@pytest.mark.parametrize("had", [0o600, 0o640, 0o644, 0o660, 0o664, 0o666, 0o400, 0o444, 0o755])
def test_the_mode_of_the_file_is_kept(fernit, write_cfg, airflow_home, new, had):
    cfg = write_cfg(OLD)
    cfg.chmod(had)
    assert fernit("init", prefix=["sh", "-c", 'umask 077; exec "$@"', "sh"]).returncode == 0
    assert (cfg.read_text(), mode(cfg)) == (new, had)
    assert names(airflow_home) == ["airflow.cfg"]


@pytest.mark.parametrize("owner", [(0, 0), (50000, 0), (50000, 50000), (NOBODY, NOBODY)])
def test_root_keeps_the_owner_of_the_file(fernit, write_cfg, new, owner):
    cfg = write_cfg(OLD)
    os.chown(cfg, *owner)
    cfg.chmod(0o640)
    assert fernit("init").returncode == 0
    assert (cfg.read_text(), (cfg.stat().st_uid, cfg.stat().st_gid), mode(cfg)) == (new, owner, 0o640)


@pytest.mark.parametrize(("had", "now"), [(0o664, 0o644), (0o644, 0o644), (0o646, 0o644), (0o604, 0o600)])
def test_another_user_who_cannot_keep_the_group_gives_its_own_no_more_than_all_had(fernit, write_cfg, airflow_home, stored, key, new, had, now):
    need("become another user")
    cfg = write_cfg(OLD)
    cfg.chmod(had)
    os.chown(airflow_home, NOBODY, NOBODY)
    os.chown(stored(key + "\n"), NOBODY, NOBODY)
    os.chown(stored(key + "\n").parent, NOBODY, NOBODY)
    done = fernit("init", prefix=AS_NOBODY)
    assert done.returncode == 0, done.stderr
    assert (cfg.read_text(), cfg.stat().st_uid, mode(cfg)) == (new, NOBODY, now)


def test_a_chain_of_symbolic_links_stays_and_its_end_is_written(fernit, cfg, tmp_path, new):
    real = tmp_path / "configuration" / "real.cfg"
    real.parent.mkdir()
    real.write_text(OLD)
    real.chmod(0o640)
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "middle").symlink_to("../configuration/real.cfg")
    cfg.parent.mkdir()
    cfg.symlink_to(tmp_path / "links" / "middle")

    assert fernit("init").returncode == 0
    assert os.readlink(cfg) == str(tmp_path / "links" / "middle")
    assert os.readlink(tmp_path / "links" / "middle") == "../configuration/real.cfg"
    assert (real.read_text(), mode(real), real.is_symlink()) == (new, 0o640, False)
    assert (names(cfg.parent), names(tmp_path / "links"), names(real.parent)) == (["airflow.cfg"], ["middle"], ["real.cfg"])


def test_a_symbolic_link_to_a_folder_on_the_way_stays(fernit, tmp_path, airflow_home, new):
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume" / "airflow.cfg").write_text(OLD)
    airflow_home.symlink_to("volume")
    assert fernit("init").returncode == 0
    assert airflow_home.is_symlink() and (tmp_path / "volume" / "airflow.cfg").read_text() == new


def test_another_hard_link_of_the_file_is_not_harmed(fernit, write_cfg, tmp_path, new):
    cfg = write_cfg(OLD)
    os.link(cfg, tmp_path / "backup.cfg")
    assert fernit("init").returncode == 0
    assert cfg.read_text() == new
    assert (tmp_path / "backup.cfg").read_text() in (OLD, new)


# --- Where it is

PLACES = {
    "AIRFLOW_HOME": ({"AIRFLOW_HOME": "{home}/there"}, "there/airflow.cfg"),
    "AIRFLOW_HOME with a slash": ({"AIRFLOW_HOME": "{home}/there/"}, "there/airflow.cfg"),
    "AIRFLOW_HOME with ~": ({"AIRFLOW_HOME": "~/there"}, "there/airflow.cfg"),
    "AIRFLOW_HOME with a variable": ({"AIRFLOW_HOME": "$BASE/there", "BASE": "{home}"}, "there/airflow.cfg"),
    "AIRFLOW_HOME with variables in variables": ({"AIRFLOW_HOME": "${A}", "A": "$B/there", "B": "~"}, "there/airflow.cfg"),
    "none of them": ({"AIRFLOW_HOME": None}, "airflow/airflow.cfg"),
    "AIRFLOW_CONFIG": ({"AIRFLOW_CONFIG": "{home}/x/mine.conf"}, "x/mine.conf"),
    "AIRFLOW_CONFIG with ~": ({"AIRFLOW_CONFIG": "~/mine.conf"}, "mine.conf"),
    "AIRFLOW_CONFIG with a variable": ({"AIRFLOW_CONFIG": "${AIRFLOW_HOME}/mine.conf"}, "airflow/mine.conf"),
    "AIRFLOW_CONFIG, relative": ({"AIRFLOW_CONFIG": "./mine.conf"}, "mine.conf"),
    "AIRFLOW_CONFIG with an unset variable": ({"AIRFLOW_CONFIG": "{home}/$NOT_SET/mine.conf"}, "$NOT_SET/mine.conf"),
}


@pytest.mark.parametrize(("environment", "place"), PLACES.values(), ids=PLACES.keys())
def test_the_file_is_where_airflow_looks_for_it(fernit, tmp_path, key, environment, place):
    environment = {name: value and value.replace("{home}", str(tmp_path)) for name, value in environment.items()}
    done = fernit("init", cwd=tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / place).read_text() == f"[core]\nfernet_key = {key}\n"
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.c*f*") if path.is_file()] == [place]


def test_an_airflow_config_that_is_a_mere_word_has_to_exist(fernit, tmp_path, key):
    """Else it may be a secret in the wrong place, which would come into messages."""
    done = fernit("init", cwd=tmp_path, AIRFLOW_CONFIG="mine.conf")
    assert done.returncode == 125 and "hint: write an absolute path" in done.stderr and "mine" not in done.stderr
    (tmp_path / "mine.conf").write_text("")
    assert fernit("init", cwd=tmp_path, AIRFLOW_CONFIG="mine.conf").returncode == 0
    assert (tmp_path / "mine.conf").read_text() == f"[core]\nfernet_key = {key}\n"


def test_an_airflow_config_that_is_set_to_nothing_is_refused(fernit, tmp_path):
    before = listing(tmp_path)
    done = fernit("run", "true", AIRFLOW_CONFIG="")
    assert done.returncode == 125 and "AIRFLOW_CONFIG" in done.stderr and len(errors(done)) == 1
    assert listing(tmp_path) == before


def test_variables_that_refer_to_each_other_without_end_are_refused(fernit, tmp_path):
    done = fernit("run", "true", AIRFLOW_CONFIG="$A", A="$B", B="$A", timeout=60)
    assert done.returncode == 125 and "AIRFLOW_CONFIG" in done.stderr


# --- What is no file


def make_directory(path):
    path.mkdir()


def make_fifo(path):
    os.mkfifo(path)


def make_dangling_link(path):
    path.symlink_to("nowhere/airflow.cfg")


def make_link_to_itself(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [make_directory, make_fifo, make_dangling_link, make_link_to_itself])
def test_what_is_no_file_stays_with_a_warning_where_the_environment_carries_the_key(child_sees, airflow_home, cfg, key, make):
    airflow_home.mkdir()
    make(cfg)
    before = listing(airflow_home)
    seen = child_sees()
    assert seen.keys == [key]
    assert len(warnings(seen)) == 1 and str(cfg) in warnings(seen)[0], seen.stderr
    assert listing(airflow_home) == before


@pytest.mark.parametrize("make", [make_directory, make_fifo, make_dangling_link, make_link_to_itself])
@pytest.mark.parametrize("words", [("init",), ("run", "--deliver", "cfg", "true")])
def test_what_is_no_file_is_an_error_where_nothing_else_carries_the_key(fernit, airflow_home, cfg, make, words):
    airflow_home.mkdir()
    make(cfg)
    before = listing(airflow_home)
    done = fernit(*words)
    assert done.returncode == 125 and len(errors(done)) == 1 and str(cfg) in errors(done)[0], done.stderr
    assert listing(airflow_home) == before


# --- A file that cannot be replaced: a bind mount, a read-only mount, a folder of somebody else


@pytest.fixture
def bound(namespace, cfg, tmp_path):
    """bound(text, *options): airflow.cfg is a bind mount, as `docker run -v ./airflow.cfg:...` makes it; the file behind it."""
    real = tmp_path / "on the host.cfg"

    def make(text=OLD, *options):
        real.write_text(text)
        real.chmod(0o640)
        cfg.parent.mkdir(exist_ok=True)
        cfg.touch()
        bind(namespace, real, cfg, *options)
        return real

    make.prefix = namespace.prefix
    return make


@pytest.mark.parametrize("options", [(), ("ro",)], ids=["writable", "read-only"])
def test_run_leaves_a_bind_mount_alone_with_one_warning(fernit, bound, cfg, key, options):
    real = bound(OLD, *options)
    before = listing(real)
    for _ in range(2):
        done = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=bound.prefix)
        assert (done.returncode, done.stdout) == (0, key + "\n"), done.stderr
        assert len(warnings(done)) == 1 and str(cfg) in warnings(done)[0], done.stderr
        assert listing(real) == before


def test_there_is_no_warning_where_the_whole_container_has_the_variable(fernit, bound, key):
    real = bound()
    done = fernit("run", "true", prefix=bound.prefix, AIRFLOW__CORE__FERNET_KEY=key)
    assert (done.returncode, done.stderr, real.read_text()) == (0, "", OLD)


def test_a_bind_mount_that_is_right_is_right(fernit, bound, new):
    bound(new, "ro")
    for words in (("init",), ("run", "true"), ("run", "--deliver", "cfg", "true")):
        done = fernit(*words, prefix=bound.prefix)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [("init",), ("run", "--deliver", "cfg", "true")])
def test_where_nothing_else_carries_the_key_a_bind_mount_is_written_in_place(fernit, bound, store, airflow_home, new, words):
    real = bound()
    before = real.stat()
    done = fernit(*words, prefix=bound.prefix)
    assert done.returncode == 0, done.stderr
    assert (real.read_text(), mode(real), real.stat().st_ino) == (new, 0o640, before.st_ino)
    assert set(names(store)) <= {"fernet_key", ".lock"} and names(airflow_home) == ["airflow.cfg"]
    again = fernit(*words, prefix=bound.prefix)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.parametrize("words", [("init",), ("run", "--deliver", "cfg", "true")])
def test_a_read_only_bind_mount_is_an_error_where_nothing_else_carries_the_key(fernit, bound, cfg, store, words):
    real = bound(OLD, "ro")
    done = fernit(*words, prefix=bound.prefix)
    assert done.returncode == 125 and len(errors(done)) == 1 and str(cfg) in errors(done)[0], done.stderr
    assert real.read_text() == OLD and set(names(store)) <= {"fernet_key", ".lock"}


def test_a_bind_mount_is_not_written_without_a_store_for_a_copy_of_it(fernit, bound, namespace, store, key):
    real = bound()
    shutil.rmtree(store)
    default = namespace.tmpfs("/var/lib") / "fernit"
    done = fernit("init", prefix=bound.prefix, FERNET_KEY=key, FERNIT_STORE=None)
    assert done.returncode == 125 and len(errors(done)) == 1 and "/var/lib/fernit" in done.stderr, done.stderr
    assert real.read_text() == OLD and not default.exists()


def test_a_store_that_was_named_is_made_for_the_key_and_the_copy(fernit, bound, store, key, new):
    real = bound()
    shutil.rmtree(store)
    done = fernit("init", prefix=bound.prefix, FERNET_KEY=key)
    assert done.returncode == 0, done.stderr
    assert real.read_text() == new
    assert names(store) == [".lock", "fernet_key"]
    assert (store / "fernet_key").read_text() == key + "\n"


def test_a_bind_mount_is_not_written_where_the_store_is_read_only(fernit, bound, namespace, store):
    real = bound()
    bind(namespace, store, store, "ro")
    done = fernit("init", prefix=bound.prefix)
    assert done.returncode == 125 and len(errors(done)) == 1 and str(store) in done.stderr, done.stderr
    assert real.read_text() == OLD


@pytest.mark.parametrize("has_cfg", [True, False], ids=["with a file", "without"])
def test_a_read_only_airflow_home_is_left_alone_with_one_warning(fernit, namespace, write_cfg, airflow_home, key, has_cfg):
    airflow_home.mkdir()
    if has_cfg:
        write_cfg(OLD)
    bind(namespace, airflow_home, airflow_home, "ro")
    done = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=namespace.prefix)
    assert (done.returncode, done.stdout) == (0, key + "\n"), done.stderr
    assert len(warnings(done)) == 1 and str(airflow_home) in warnings(done)[0]
    refused = fernit("init", prefix=namespace.prefix)
    assert refused.returncode == 125 and str(airflow_home) in refused.stderr, refused.stderr
    assert len(errors(refused)) == 1
    assert names(airflow_home) == (["airflow.cfg"] if has_cfg else [])


@pytest.fixture
def homeless(fernit, namespace, tmp_path):
    """Runs fernit where nothing names airflow.cfg, and ~/airflow cannot be made: as in an image that holds no Airflow."""
    home = tmp_path / "read-only home"
    home.mkdir()
    bind(namespace, home, home, "ro")
    return lambda *words, **env: fernit(*words, prefix=namespace.prefix, **{"HOME": home, "AIRFLOW_HOME": None, **env})


def test_init_keeps_the_key_with_a_warning_where_nobody_says_which_airflow_cfg_and_none_can_be_made(homeless, store, key):
    done = homeless("init")
    assert done.returncode == 0, done.stderr
    assert len(warnings(done)) == 1 and "AIRFLOW_CONFIG" in hints(done)[0], done.stderr
    assert (store / "fernet_key").read_text() == key + "\n"


@pytest.mark.parametrize("options", [{"AIRFLOW_HOME": "~/airflow"}, {"AIRFLOW_CONFIG": "~/airflow.cfg"}, {"FERNIT_DELIVER": "cfg"}], ids=lambda o: next(iter(o)))
def test_init_fails_where_somebody_says_that_an_airflow_cfg_is_wanted_and_none_can_be_made(homeless, key, options):
    done = homeless("init", **options)
    assert done.returncode == 125 and len(errors(done)) == 1 and "read-only home" in errors(done)[0], done.stderr


def test_init_fails_where_it_can_neither_keep_the_key_nor_make_an_airflow_cfg(homeless, tmp_path, key):
    done = homeless("init", FERNIT_STORE=None, FERNET_KEY=key)
    assert done.returncode == 125 and len(errors(done)) == 1 and "read-only home" in errors(done)[0], done.stderr


def test_a_file_of_ours_in_a_folder_of_somebody_else_is_written_in_place(fernit, write_cfg, store, key, new):
    need("become another user")
    cfg = write_cfg(OLD)
    for path in (cfg, store, store / "fernet_key"):
        os.chown(path, NOBODY, NOBODY)
    inode = cfg.stat().st_ino
    done = fernit("init", prefix=AS_NOBODY)
    assert done.returncode == 0, done.stderr
    assert (cfg.read_text(), cfg.stat().st_ino) == (new, inode)
    assert set(names(store)) <= {"fernet_key", ".lock"}


# --- Durable, and never half


def order(trace, *wanted):
    """Asserts that calls with these (name, part of the arguments) came in this order."""
    calls = [f"{call.name} {call.arguments}" for call in trace.calls()]
    at = 0
    for name, part in wanted:
        found = [i for i in range(at, len(calls)) if re.match(rf"{name} ", calls[i]) and re.search(part, calls[i])]
        assert found, f"no {name} with {part} from call {at} on: {calls}"
        at = found[0] + 1


def test_a_replaced_file_is_durable_before_the_command_runs(fernit, write_cfg, airflow_home, tmp_path):
    write_cfg(OLD)
    trace = Trace(tmp_path / "trace")
    assert fernit("run", "true", prefix=trace.prefix).returncode == 0
    home = re.escape(f"<{airflow_home}>")
    order(trace, ("write", r"\[core\]"), ("fsync", r"airflow\.cfg"), ("renameat2?", r'"airflow\.cfg"'), ("fsync", home))


def test_a_new_file_is_durable_before_the_command_runs(fernit, airflow_home, tmp_path):
    trace = Trace(tmp_path / "trace")
    assert fernit("run", "true", prefix=trace.prefix).returncode == 0
    home = re.escape(f"<{airflow_home}>")
    order(trace, ("write", r"\[core\]"), ("fsync", r"airflow\.cfg"), ("renameat2|linkat", r'"airflow\.cfg"'), ("fsync", home))


def test_a_copy_is_durable_before_a_bind_mount_is_written_and_goes_after_it(fernit, bound, cfg, store, tmp_path):
    bound()
    trace = Trace(tmp_path / "trace")
    assert fernit("init", prefix=[*bound.prefix, *trace.prefix]).returncode == 0
    copy, place, folder = r"\.airflow\.cfg\.[0-9a-f]+", re.escape(f"<{cfg}>"), re.escape(f"<{store}>")
    order(trace, ("fsync", copy), ("fsync", folder), ("write", place), ("fsync", place), ("unlinkat", copy))


@pytest.mark.parametrize("before", [None, OLD], ids=["missing", "replaced"])
def test_kill_at_every_call_leaves_the_old_file_or_the_new_one_and_the_next_start_works(fernit, write_cfg, airflow_home, cfg, tmp_path, key, new, before):
    def reset():
        shutil.rmtree(airflow_home, ignore_errors=True)
        if before:
            write_cfg(before)

    fernit("init")  # makes what a start makes once: the lock
    reset()
    trace = Trace(tmp_path / "trace")
    fernit("init", prefix=trace.prefix)
    wanted = new if before else f"[core]\nfernet_key = {key}\n"
    assert cfg.read_text() == wanted
    for name, count, call in [step for step in each_call(trace) if step[2] in trace.writes() or step[0] in ("close", "openat")]:
        reset()
        done = fernit("init", leaves=True, prefix=Trace("/dev/null", [f"{name}:signal=KILL:when={count}"], only=name).prefix)
        where = f"killed at {name} number {count}: {call.arguments}"
        assert done.returncode == -9, where
        assert (cfg.read_text() if cfg.exists() else None) in (before, wanted), where
        assert fernit("init", leaves=True).returncode == 0, where
        assert cfg.read_text() == wanted and names(airflow_home) == ["airflow.cfg"], where


#: What a bind mount holds before: shorter than, and longer than what it is to hold.
IN_PLACE = {
    "growing": "[core]\nexecutor = LocalExecutor\n[x]\ny = 1\n",
    "shrinking": "[core]\nfernet_key = {first}\n" + "  '\n" * 60 + "executor = LocalExecutor\n[x]\ny = 1\n",
}


@pytest.fixture(params=IN_PLACE)
def in_place(request, bound, stored, cfg):
    """A bind mount that is to be written in place: (file behind it, old text, new text)."""
    ring = [new_key(), new_key()]
    stored(",".join(ring) + "\n")
    old = IN_PLACE[request.param].replace("{first}", ring[0])
    wanted = f"[core]\nfernet_key = {','.join(ring)}\nexecutor = LocalExecutor\n[x]\ny = 1\n"
    return bound(old), old, wanted


@pytest.mark.real_binary
@pytest.mark.parametrize("next_words", [("init",), ("run", "true")], ids=["then init", "then run"])
def test_kill_at_every_call_of_a_write_in_place_is_mended_by_the_next_start(fernit, in_place, bound, store, tmp_path, next_words):
    real, old, wanted = in_place
    trace = Trace(tmp_path / "trace")
    fernit("init", prefix=bound.prefix)  # makes what a start makes once: the lock
    real.write_text(old)
    assert fernit("init", prefix=[*bound.prefix, *trace.prefix]).returncode == 0
    assert real.read_text() == wanted
    steps = [step for step in each_call(trace) if step[2] in trace.writes() or step[0] == "close"]
    started = 0
    for name, count, call in steps:
        real.write_text(old)
        killer = Trace("/dev/null", [f"{name}:signal=KILL:when={count}"], only=name)
        done = fernit("init", leaves=True, prefix=[*bound.prefix, *killer.prefix])
        where = f"killed at {name} number {count}: {call.arguments}"
        assert done.returncode == -9, where
        # Once the copy stands it is finished even by a start to which the file would be another's business.
        copied = any(re.fullmatch(r"\.airflow\.cfg\.[0-9a-f]+", path.name) for path in store.iterdir())
        started += copied
        after = fernit(*next_words, leaves=True, prefix=bound.prefix)
        assert after.returncode == 0, f"{where}\n{after.stderr}"
        assert real.read_text() in ((wanted,) if copied or next_words == ("init",) else (old, wanted)), where
        assert fernit("init", leaves=True, prefix=bound.prefix).returncode == 0, where
        assert real.read_text() == wanted and set(names(store)) <= {"fernet_key", ".lock"}, where
    assert started >= 3


@pytest.fixture
def interrupted(fernit, in_place, bound, store):
    """fernit was killed when it was about to write a bind mount: (file, old, new, copy)."""
    real, old, wanted = in_place
    killer = Trace("/dev/null", ["ftruncate:signal=KILL:when=1"], only="ftruncate")
    assert fernit("init", prefix=[*bound.prefix, *killer.prefix]).returncode == -9
    (copy,) = store.glob(".airflow.cfg.*")
    assert mode(copy) == 0o600
    return real, old, wanted, copy


@pytest.mark.parametrize("part", [0, 1, 17, 60, 130])
def test_a_torn_file_is_made_whole_by_the_next_start(fernit, interrupted, bound, part):
    real, old, wanted, copy = interrupted
    real.write_text(wanted[:part] + old[part:])
    done = fernit("init", prefix=bound.prefix)
    assert done.returncode == 0, done.stderr
    assert real.read_text() == wanted and not copy.exists()


def test_a_file_that_was_edited_since_is_not_overwritten(fernit, interrupted, bound):
    real, old, wanted, copy = interrupted
    edited = wanted + "[mine]\nz = 1\n"
    real.write_text(edited)
    for words in (("init",), ("run", "true")):
        done = fernit(*words, prefix=bound.prefix)
        assert done.returncode == 125 and len(errors(done)) == 1, done.stderr
        assert str(copy) in done.stderr and str(real.parent) in done.stderr
        assert real.read_text() == edited and copy.exists()
    copy.unlink()
    assert fernit("init", prefix=bound.prefix).returncode == 0
    assert real.read_text() == edited


@pytest.mark.parametrize("content", [b"", b"garbage", b"fernit airflow.cfg 10 20\nshort", b"fernit airflow.cfg 99999999999999999999 1\n"])
def test_a_copy_that_is_none_of_ours_is_refused_and_named(fernit, interrupted, bound, content):
    real, old, wanted, copy = interrupted
    before = real.read_text()
    copy.write_bytes(content)
    done = fernit("init", prefix=bound.prefix)
    assert done.returncode == 125 and str(copy) in done.stderr and len(errors(done)) == 1
    assert real.read_text() == before


#: Who owns airflow.cfg, and who the copy: (owner, owner and group of the copy, its mode, mode of airflow.cfg, the store's). Root runs fernit.
FOREIGN = {
    "a stranger's": (0, 60000, 60000, 0o600, 0o644),
    "the store's owner's": (0, 50000, 50000, 0o600, 0o644),
    "of a group of the file, who may not write it": (0, 60000, 0, 0o600, 0o640),
    "for all to write": (0, 0, 0, 0o602, 0o644),
    "for all to write, as the file": (0, 0, 0, 0o602, 0o646),
    "for a group to write": (0, 0, 5000, 0o620, 0o664),
    "another start's in a store for all": (0, 60000, 0, 0o660, 0o664, (0, 0, 0o1777)),
    "another start's in a store of another group": (0, 60000, 0, 0o660, 0o664, (0, 5000, 0o770)),
    "another start's in a store of a group that reads the file": (0, 60000, 0, 0o600, 0o640, (0, 0, 0o770)),
    "for the file's group to write, which reads it": (0, 0, 0, 0o660, 0o640),
}
TRUSTED = {
    "root's": (50000, 0, 0, 0o600, 0o600),
    "the file's owner's": (1000, 1000, 1000, 0o600, 0o644),
    "for the file's group to write": (0, 0, 0, 0o660, 0o660),
    "for all to read": (0, 0, 0, 0o644, 0o644),
    "another start's in a store of the file's group": (0, 60000, 0, 0o660, 0o664, (0, 0, 0o2770)),
    "another start's in a store of root's alone": (0, 60000, 0, 0o600, 0o644, (0, 5000, 0o755)),
}


@pytest.fixture(params=[*FOREIGN, *TRUSTED])
def someone_s(request, fernit, cfg, write_cfg, store, key):
    """A copy with a command in it, which somebody has put into the store: (copy, old, whether it is to be taken)."""
    need("become another user")
    owner, uid, gid, copy_mode, cfg_mode, its_store = (*{**FOREIGN, **TRUSTED}[request.param], (50000, 50000, 0o755))[:6]
    old = write_cfg(f"[core]\nfernet_key = {key}\n").read_text()
    new = f'[core]\nfernet_key_cmd = sh -c "id >{store}/ran; echo {key}"\n'
    status = cfg.stat()
    identity = f"{status.st_dev} {status.st_ino} {os.path.realpath(cfg)}"
    copy = store / f".airflow.cfg.{fingerprint(identity.encode())}"
    copy.write_text(f"fernit airflow.cfg {len(old)} {len(new)}\n{old}{new}")
    for path, user, group, its_mode in ((copy, uid, gid, copy_mode), (cfg, owner, 0, cfg_mode), (store, *its_store)):
        os.chown(path, user, group)
        path.chmod(its_mode)
    os.chown(store / "fernet_key", *its_store[:2])
    return copy, old, request.param in TRUSTED


def test_a_copy_is_taken_from_who_may_write_the_file_and_from_nobody_else(fernit, cfg, store, someone_s):
    """Whoever may put a name into the store would else write airflow.cfg, and run commands as root."""
    copy, old, is_trusted = someone_s
    said = fernit("status")
    assert (cfg.read_text(), copy.exists()) == (old, True) and ("refuse" in said.stdout) is not is_trusted, said.stdout
    for words in (("init",), ("run", "true")):
        done = fernit(*words)
        if is_trusted:
            assert done.returncode == 0 and "fernet_key_cmd" in cfg.read_text() and not copy.exists(), done.stderr
            continue
        assert done.returncode == 125 and cfg.read_text() == old and not (store / "ran").exists()
        assert errors(done) and errors(done)[0] in (
            f"fernit: error: {copy} is owned by uid {copy.stat().st_uid}, and only root, this user or the original's owner may own it",
            f"fernit: error: {copy} can be written by other users (mode {mode(copy):03o})",
        )
        first, second = hints(done)
        assert second == "fernit: hint: if not: move it away"
        (cure,) = re.findall(r": (ch\S+ \S+ \S+)$", first)
        assert cure.endswith(str(copy))


def test_who_has_read_a_foreign_copy_and_follows_the_hint_goes_on(fernit, cfg, someone_s):
    copy, old, is_trusted = someone_s
    while (done := fernit("init")).returncode:
        (cure,) = re.findall(r": (ch\S+ \S+ \S+)$", hints(done)[0])
        before = mode(copy), copy.stat().st_uid
        subprocess.run(cure.split(), check=True)
        assert (mode(copy), copy.stat().st_uid) != before
    assert "fernet_key_cmd" in cfg.read_text() and not copy.exists()


@pytest.mark.parametrize("end", ["", ".new"])
def test_status_names_the_copies_that_no_run_here_finishes(fernit, interrupted, bound, store, end):
    """Of another container, of a file that was created anew, of a fernit that called them otherwise."""
    real, old, wanted, copy = interrupted
    other = store / f".airflow.cfg.0123456789abcdef{end}"
    other.write_bytes(copy.read_bytes())
    (store / ".airflow.cfg.mine").write_text("")
    said = fernit("status", prefix=bound.prefix).stdout
    assert f"{other}: the interrupted write of another airflow.cfg has left it" in said and "remove it" in said
    assert "its writing was interrupted" in said and "the next start finishes it" in said
    assert str(copy) not in said and "mine" not in said
    assert fernit("init", prefix=bound.prefix).returncode == 0
    said = fernit("status", prefix=bound.prefix).stdout
    assert str(other) in said and "finishes it" not in said
    assert real.read_text() == wanted and other.exists()


def test_the_copy_of_another_container_s_file_is_not_ours_to_finish(fernit, interrupted, bound, tmp_path):
    real, old, wanted, copy = interrupted
    before = real.read_text()
    done = fernit("init", AIRFLOW_HOME=tmp_path / "another container", prefix=bound.prefix)
    assert done.returncode == 0, done.stderr
    assert real.read_text() == before and copy.exists()
    assert fernit("init", prefix=bound.prefix).returncode == 0
    assert real.read_text() == wanted and not copy.exists()


class Torn:
    """fernit was killed as it wrote a bind mount that had the store's key, to put another one before it."""

    def __init__(self, fernit, bound, store, key, old):
        self.key, self.other = key, new_key()
        self.old = old.replace("{key}", key)
        self.new = f"[core]\nfernet_key = {self.other},{key}\nexecutor = LocalExecutor\n"
        self.real = bound(self.old)
        killer = Trace("/dev/null", ["ftruncate:signal=KILL:when=1"], only="ftruncate")
        assert fernit("init", prefix=[*bound.prefix, *killer.prefix], FERNET_KEY=self.other).returncode == -9
        (self.copy,) = store.glob(".airflow.cfg.*")

    def tear(self, at):
        """The new text up to there, then the old one."""
        self.real.write_text(self.new[:at] + self.old[at:])


@pytest.fixture(params=["{key}", ""], ids=["a key before", "no key before"])
def torn(request, fernit, bound, store, key):
    return Torn(fernit, bound, store, key, f"[core]\nfernet_key = {request.param}\nexecutor = LocalExecutor\n")


@pytest.mark.parametrize("at", [22, 40, 63, 66, 80])
def test_a_key_line_that_is_torn_is_whole_again_before_anything_is_decided(fernit, torn, bound, store, at):
    """Head of one key and tail of another are a key that nobody has."""
    torn.tear(at)
    done = fernit("run", "printenv", "AIRFLOW__CORE__FERNET_KEY", prefix=bound.prefix, FERNET_KEY=torn.other)
    assert (done.returncode, done.stdout) == (0, f"{torn.other},{torn.key}\n"), done.stderr
    assert torn.real.read_text() == torn.new and not torn.copy.exists()
    assert (store / "fernet_key").read_text() == f"{torn.other},{torn.key}\n"


@pytest.mark.parametrize("words", [("init",), ("run", "true")])
@pytest.mark.parametrize("at", [22, 40, 63, 66, 80])
def test_a_store_without_its_key_gets_the_one_of_the_copy_and_no_chimera_or_new_one(fernit, torn, bound, store, words, at):
    (store / "fernet_key").unlink()
    torn.tear(at)
    done = fernit(*words, prefix=bound.prefix)
    assert done.returncode == 0, done.stderr
    assert torn.real.read_text() == torn.new and not torn.copy.exists()
    assert (store / "fernet_key").read_text() == f"{torn.other},{torn.key}\n"
    again = fernit("init", prefix=bound.prefix)
    assert (again.returncode, again.stderr) == (0, "")


@pytest.mark.parametrize("has_key", [True, False], ids=["a key in the store", "none"])
@pytest.mark.parametrize("at", [16, 40, 80])
def test_a_block_of_the_core_section_that_was_allocated_and_not_written_is_made_whole(fernit, bound, store, key, at, has_key):
    torn = Torn(fernit, bound, store, key, "[core]\nx = 1\n")
    torn.new = f"[core]\nfernet_key = {torn.other},{key}\nx = 1\n"
    assert torn.real.read_text() == torn.new
    if not has_key:
        (store / "fernet_key").unlink()
    torn.real.write_bytes(torn.new[:at].encode() + bytes(len(torn.new) - at))
    done = fernit("init", prefix=bound.prefix, FERNET_KEY=torn.other if has_key else None)
    assert done.returncode == 0, done.stderr
    assert torn.real.read_text() == torn.new and not torn.copy.exists()


def test_a_write_that_had_not_begun_is_done_since_the_copy_may_be_the_only_place_of_its_key(fernit, bound, store, key):
    torn = Torn(fernit, bound, store, key, "[core]\nfernet_key =\nexecutor = LocalExecutor\n")
    torn.real.write_text(torn.old)
    (store / "fernet_key").unlink(missing_ok=True)
    assert fernit("init", prefix=bound.prefix).returncode == 0
    assert torn.real.read_text() == torn.new and not torn.copy.exists()
    assert (store / "fernet_key").read_text() == f"{torn.other},{key}\n"


@pytest.fixture
def second_container(bound, cfg, tmp_path):
    """second_container(text): its own file at the same path, and the words that bring fernit there."""
    other = tmp_path / "of the second container.cfg"

    def make(text):
        other.write_text(text)
        return other, [*bound.prefix, "unshare", "-m", "sh", "-c", 'mount -n --bind "$0" "$1" && shift && exec "$@"', other, cfg]

    return make


@pytest.mark.parametrize("its_text", ["old", "new", "torn", "edited"])
def test_the_copy_of_a_file_at_the_same_path_in_another_container_is_not_ours(
    fernit, bound, second_container, store, key, its_text
):
    torn = Torn(fernit, bound, store, key, "[core]\nfernet_key = {key}\nexecutor = LocalExecutor\n")
    torn.tear(66)
    in_a = torn.real.read_text()
    text = {"old": torn.old, "new": torn.new, "torn": in_a, "edited": torn.old + "[mine]\nz = 1\n"}[its_text]
    other, prefix = second_container(text)
    kept = torn.copy.read_bytes()
    done = fernit("init", prefix=prefix, FERNET_KEY=torn.other)
    if its_text != "torn":
        assert done.returncode == 0, done.stderr
        assert other.read_text() == text.replace(f"= {key}", f"= {torn.other},{key}")
    assert torn.real.read_text() == in_a and torn.copy.read_bytes() == kept
    assert fernit("init", prefix=bound.prefix, FERNET_KEY=torn.other).returncode == 0
    assert torn.real.read_text() == torn.new and not torn.copy.exists()


def test_a_full_store_leaves_a_bind_mount_as_it_was(fernit, bound, namespace, store, key):
    real = bound()
    seen = namespace.tmpfs(store, "16k,nr_inodes=10")
    seen.chmod(0o700)
    (seen / "fernet_key").write_text(key + "\n")
    (seen / "fernet_key").chmod(0o600)
    with open(seen / "filler", "wb", buffering=0) as filler:
        try:
            while filler.write(bytes(4096)):
                pass
        except OSError:
            pass
    done = fernit("init", prefix=bound.prefix)
    assert done.returncode == 125 and str(store) in done.stderr, done.stderr
    assert real.read_text() == OLD
    (seen / "filler").unlink()
    assert fernit("init", prefix=bound.prefix).returncode == 0
    assert real.read_text() != OLD and set(names(seen)) <= {"fernet_key", ".lock"}


# --- Somebody else edits it at the same moment


@pytest.fixture
def slow(fernit, tmp_path, airflow_home):
    """slow(*words): a start that is held up when its new file is written and not in its place yet: the process."""

    def start(*words):
        trace = Trace(tmp_path / "trace", ["fsync:delay_enter=500ms:when=1"], only="fsync")
        process = fernit.start(*words, prefix=trace.prefix)
        wait_for(lambda: any(path.name.startswith(".") for path in airflow_home.iterdir()))
        return process

    return start


def by_rename(cfg, text):
    (cfg.parent / "editor").write_text(text)
    (cfg.parent / "editor").rename(cfg)


def in_its_place(cfg, text):
    cfg.write_text(text)


@pytest.mark.parametrize("edit", [by_rename, in_its_place])
def test_an_edit_that_comes_between_reading_and_writing_is_not_lost(slow, write_cfg, airflow_home, key, edit):
    cfg = write_cfg(OLD)
    process = slow("init")
    edit(cfg, OLD + "[mine]\nz = 1\n")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\nexecutor = LocalExecutor\n[mine]\nz = 1\n"
    assert names(airflow_home) == ["airflow.cfg"]


def test_an_edit_of_the_same_size_is_not_lost(slow, write_cfg, key):
    cfg = write_cfg(OLD)
    process = slow("init")
    in_its_place(cfg, OLD.replace("Local", "Xocal"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\nexecutor = XocalExecutor\n"


def test_a_file_that_goes_away_meanwhile_is_made_anew(slow, write_cfg, key):
    cfg = write_cfg(OLD)
    process = slow("init")
    cfg.unlink()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\n"


@pytest.mark.parametrize("edit", [by_rename, in_its_place])
def test_a_file_that_appears_meanwhile_is_not_overwritten(slow, airflow_home, cfg, new, edit):
    airflow_home.mkdir()
    process = slow("init")
    edit(cfg, OLD)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert cfg.read_text() == new
    assert names(airflow_home) == ["airflow.cfg"]


@pytest.mark.parametrize("words", [("init",), ("run", "true")])
def test_a_key_that_somebody_else_puts_there_meanwhile_joins_the_ring(slow, write_cfg, store, airflow_home, words):
    cfg = write_cfg(OLD)
    process = slow(*words)
    theirs = new_key()
    by_rename(cfg, f"[core]\nfernet_key = {theirs}\n")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    ring = (store / "fernet_key").read_text().strip()
    assert ring.split(",")[1:] == [theirs]
    assert cfg.read_text() == f"[core]\nfernet_key = {ring}\n"
    assert names(airflow_home) == ["airflow.cfg"]


# --- The lock


def test_a_file_that_has_to_be_written_waits_for_the_lock(fernit, write_cfg, held, new):
    cfg = write_cfg(OLD)
    lock = held()
    process = fernit.start("init")
    time.sleep(0.3)
    assert process.poll() is None and cfg.read_text() == OLD
    lock.release()
    assert process.wait(timeout=60) == 0
    assert cfg.read_text() == new


def test_a_lock_that_is_held_too_long_leaves_the_file_as_it_was(fernit, write_cfg, held):
    cfg = write_cfg(OLD)
    held()
    done = fernit("run", "--lock-timeout", "200ms", "true")
    assert done.returncode == 125 and "--lock-timeout" in done.stderr
    assert cfg.read_text() == OLD


def test_a_file_that_is_right_needs_no_lock(fernit, write_cfg, held, new):
    write_cfg(new)
    held()
    done = fernit("init", "--lock-timeout", "2m", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_store_there_is_no_lock_and_it_is_written_all_the_same(fernit, write_cfg, namespace):
    cfg = write_cfg(OLD)
    key = new_key()
    default = namespace.tmpfs("/var/lib") / "fernit"
    done = fernit("init", prefix=namespace.prefix, FERNET_KEY=key, FERNIT_STORE=None)
    assert done.returncode == 0, done.stderr
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\nexecutor = LocalExecutor\n"
    assert not default.exists()


# --- Delivery


def test_delivery_by_the_environment_alone_leaves_the_file_alone(fernit, child_sees, write_cfg, airflow_home, key):
    assert child_sees("--deliver", "env").keys == [key]
    assert not airflow_home.exists()
    cfg = write_cfg(OLD)
    assert child_sees("--deliver", "env").keys == [key]
    assert cfg.read_text() == OLD


def test_delivery_by_the_file_alone_takes_the_key_out_of_the_environment(child_sees, cfg, key):
    seen = child_sees("--deliver", "cfg", FERNET_KEY=key, AIRFLOW__CORE__FERNET_KEY=key)
    assert "AIRFLOW__CORE__FERNET_KEY" not in seen and "FERNET_KEY" not in seen
    assert cfg.read_text() == f"[core]\nfernet_key = {key}\n"


@pytest.mark.real_binary
def test_memory_that_is_missing_is_not_taken_for_a_fault_of_the_file(fernit, write_cfg, tmp_path):
    """Editing it by hand would not help."""
    write_cfg(OLD)
    trace = Trace(tmp_path / "trace")
    assert fernit("run", "true", prefix=trace.prefix).returncode == 0
    count = sum(call.name == "mmap" for call in trace.calls())
    failed = 0
    for number in range(1, count + 1):
        cfg = write_cfg(OLD)
        done = fernit("run", "true", prefix=Trace("/dev/null", [f"mmap:error=ENOMEM:when={number}"], only="mmap").prefix)
        assert "by hand" not in done.stderr, number
        assert done.returncode == 0 or cfg.read_text() == OLD, number
        failed += str(cfg) in done.stderr and "more memory" in done.stderr
    assert failed > 0
