"""Bad input: 125, one line that names the source and the cure, nothing written, and the next correct start works."""
import base64
import os
import re
import stat

import pytest

from conftest import errors, hints, listing
from keys import fingerprint, key_bytes, new_key

VARIABLE = "AIRFLOW__CORE__FERNET_KEY"

#: A hint, which tells what to do.
CURE = re.compile(
    r"did you mean|"
    r"hint: .*\b(add|append|check|chmod|chown|close|copy|correct|delete|find|fix|free|give|keep|let|look|make|mount|move|mv|name|point|print|"
    r"put|raise|remove|rename|replace|restore|rm|run|save|see|set|spell|start|take|try|unset|use|write)\b"
)


class Case:
    """One bad start: what it is given, what its line must hold, and how an operator puts it right."""

    def __init__(self, request, fernit, tmp_path, stored, write_cfg, store, cfg):
        self.request, self.fernit = request, fernit
        self.folder, self.stored, self.write_cfg, self.store, self.cfg = tmp_path, stored, write_cfg, store, cfg
        self.key = new_key()
        self.options, self.environment, self.prefix = [], {}, []
        self.source = None  # what the line names
        self.says = []  # what else it holds
        self.advises = CURE
        self.misleads = None  # what it must not advise
        self.repair = lambda: None
        self.makes_a_key = False
        self.watched = [tmp_path]

    def fixture(self, name):
        return self.request.getfixturevalue(name)

    def start(self, *words):
        return self.fernit(*words, prefix=self.prefix, timeout=60, **self.environment)

    def variable(self, text, says, name="FERNET_KEY"):
        self.environment[name] = text
        self.source, self.says = name, says
        self.repair = lambda: self.environment.update({name: self.key})

    def file(self, says, name="FERNET_KEY_FILE"):
        path = self.folder / "the-secret"
        self.environment[name] = path
        self.source, self.says = str(path), says

        def repair():
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
            path.write_text(self.key)

        self.repair = repair
        return path

    def store_file(self, says):
        self.store.mkdir(mode=0o700)
        path = self.store / "fernet_key"
        self.source, self.says = str(path), says

        def repair():
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
            self.stored(self.key)

        self.repair = repair
        return path

    def damaged_store_file(self):
        """What was in it may be the only key there is: a new one is no way out."""
        self.advises, self.misleads = re.compile("hint: .*(backup|restore)"), "generate"
        return self.store_file([])

    def broken_cfg(self, text, says, better=None):
        self.write_cfg(text)
        self.source, self.says = str(self.cfg), says
        self.repair = lambda: self.write_cfg(better or f"[core]\nfernet_key = {self.key}\n")


def content(folder):
    """Everything below a folder. The times of directories do not count: a temporary file may have been there."""
    found = listing(folder)
    return {path: row[:4] + row[5:] if stat.S_ISDIR(row[0]) else row for path, row in found.items()}


# --- Keys


def too_short(case):
    case.variable(base64.urlsafe_b64encode(key_bytes(case.key)[:31]).decode(), ["has 42 char"])


def too_long(case):
    case.variable(base64.urlsafe_b64encode(key_bytes(case.key) + b"x").decode(), ["has 44 char"])


def characters_that_leave_too_few(case):
    case.variable("!" + case.key[:20] + "?" * 23 + "=", ["has 20 char"])


def no_character_of_a_key(case):
    case.variable("???", [])


def a_password(case):
    case.fernit.secrets.add("correct horse battery staple")
    case.variable("correct horse battery staple", [])


def no_padding(case):
    case.variable(case.key[:-1], ["its last character"])


def no_padding_in_the_first_source(case):
    case.variable(case.key[:-1], ["its last character"], name=VARIABLE)


def literal_variable(case):
    case.variable("$FERNET_KEY", ["looks like"])


def literal_variable_in_braces(case):
    case.variable("${FERNET_KEY}", ["looks like"], name=VARIABLE)


def empty_element(case):
    case.variable(f"{case.key},", ["key 2 of 2", "empty"])


def empty_element_in_the_middle(case):
    case.variable(f"{case.key},,{new_key()}", ["key 2 of 3", "empty"])


def second_key_is_bad(case):
    case.variable(f"{case.key},{new_key()[:-4]}", ["key 2 of 2", "has 40 char"])


def too_many_keys(case):
    case.variable(",".join(new_key() for _ in range(65)), ["65", "64"])


def endless_expansion(case):
    case.environment["A"] = "$A$A"
    case.variable("$A", ["without end"], name=VARIABLE)


def twins(case):
    case.environment.update({"FERNET_KEY": case.key, "FERNET_KEY_FILE": case.folder / "x"})
    case.source, case.says = "FERNET_KEY_FILE", ["FERNET_KEY"]
    case.repair = lambda: case.environment.pop("FERNET_KEY_FILE")


# --- Secret files


def missing_secret_file(case):
    case.file(["No such file"])


def empty_secret_file(case):
    case.file(["empty"]).touch()


def unreadable_secret_file(case):
    case.prefix = case.fixture("nobody")
    path = case.file(["Permission denied"])
    path.write_text(case.key)
    path.chmod(0)
    case.repair = lambda: path.chmod(0o444)


def directory_as_secret_file(case):
    """What Docker makes of a bind mount whose source is missing."""
    case.file(["directory"]).mkdir()


def fifo_as_secret_file(case):
    os.mkfifo(case.file(["FIFO"]))


def large_secret_file(case):
    case.file(["larger"]).write_text(case.key + "\n" * 100_000)


def dangling_secret_file(case):
    case.file(["No such file"]).symlink_to("nowhere")


def bad_secret_file(case):
    case.file(["its last character"]).write_text(case.key[:-1])


def dangling_mounted_secret(case):
    folder = case.fixture("mounted_secrets")
    case.prefix = case.fixture("namespace").prefix
    (folder / "fernet_key").symlink_to("..data/fernet_key")
    case.source, case.says = "/run/secrets/fernet_key", ["No such file"]
    case.watched.append(folder)

    def repair():
        (folder / "..data").mkdir()
        (folder / "..data" / "fernet_key").write_text(case.key)

    case.repair = repair


# --- The store


def directory_in_the_store(case):
    case.store_file(["directory"]).mkdir()


def fifo_in_the_store(case):
    os.mkfifo(case.store_file(["FIFO"]))


def symlink_in_the_store(case):
    (case.folder / "elsewhere").write_text(case.key + "\n")
    case.store_file(["symbolic link"]).symlink_to("../elsewhere")


def dangling_symlink_in_the_store(case):
    case.store_file(["symbolic link"]).symlink_to("nowhere")


def truncated_store_file(case):
    case.damaged_store_file().write_text(case.key[:20])


def store_file_that_lost_its_padding(case):
    case.damaged_store_file().write_text(case.key[:-1])


def empty_store_file(case):
    case.damaged_store_file().touch()


def store_file_of_zeros(case):
    """What a power cut leaves on some file systems."""
    case.damaged_store_file().write_bytes(bytes(45))


def large_store_file(case):
    case.store_file(["larger"]).write_text(case.key + "\n" * 100_000)


def store_file_writable_by_all(case):
    path = case.store_file(["can be written by every user"])
    path.write_text(case.key + "\n")
    path.chmod(0o666)
    case.repair = lambda: path.chmod(0o600)


def store_file_of_a_stranger(case):
    if os.getuid() != 0:
        pytest.skip("only root can give files away")
    path = case.store_file(["is owned by uid"])
    path.write_text(case.key + "\n")
    os.chown(path, 12345, 12345)
    case.repair = lambda: os.chown(path, 0, 0)


def store_that_is_a_file(case):
    case.store.touch()
    case.source, case.says, case.makes_a_key = str(case.store), ["Not a directory"], True
    case.repair = case.store.unlink


def read_only_store(case):
    namespace = case.fixture("namespace")
    case.store.mkdir(mode=0o700)
    namespace.run("mount", "-n", "--bind", case.store, case.store)
    namespace.run("mount", "-n", "-o", "remount,bind,ro", case.store)
    case.prefix = namespace.prefix
    case.source, case.says, case.makes_a_key = str(case.store), ["Read-only file system"], True
    case.repair = lambda: namespace.run("mount", "-n", "-o", "remount,bind,rw", case.store)


def store_of_another_user(case):
    case.prefix = case.fixture("nobody")
    case.store.mkdir(mode=0o755)
    case.source, case.says, case.makes_a_key = str(case.store), ["Permission denied"], True
    case.repair = lambda: case.store.chmod(0o777)
    if not case.prefix:
        case.store.chmod(0o555)


def store_that_may_not_be_entered(case):
    case.prefix = case.fixture("nobody")
    case.stored(case.key).chmod(0o644)
    case.store.chmod(0)
    case.source, case.says = str(case.store), ["Permission denied"]
    case.repair = lambda: case.store.chmod(0o755)


def store_file_that_may_not_be_read(case):
    case.prefix = case.fixture("nobody")
    path = case.stored(case.key)
    case.store.chmod(0o755)
    path.chmod(0)
    case.source, case.says = str(path), ["Permission denied"]
    case.repair = lambda: path.chmod(0o640 if not case.prefix else 0o644)


def store_that_cannot_be_made(case):
    case.prefix = case.fixture("nobody")
    (case.folder / "locked").mkdir(mode=0o755)
    (case.folder / "locked").chmod(0o555)
    case.environment["FERNIT_STORE"] = case.folder / "locked" / "store"
    case.source, case.says, case.makes_a_key = str(case.folder / "locked" / "store"), ["Permission denied"], True
    case.repair = lambda: (case.folder / "locked").chmod(0o777)


def full_disk(case):
    namespace = case.fixture("namespace")
    case.store.mkdir(mode=0o700)
    inside = namespace.tmpfs(case.store, size="64k")
    case.prefix = namespace.prefix
    with open(inside / "full", "wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                break
    case.watched.append(inside)
    case.source, case.says, case.makes_a_key = str(case.store), ["No space left"], True
    case.repair = (inside / "full").unlink


def no_inode_left(case):
    namespace = case.fixture("namespace")
    case.store.mkdir(mode=0o700)
    namespace.run("mount", "-n", "-t", "tmpfs", "-o", "nr_inodes=2", "none", case.store)
    inside = namespace.path(case.store)
    (inside / "full").touch()
    case.prefix = namespace.prefix
    case.watched.append(inside)
    case.source, case.says, case.makes_a_key = str(case.store), ["No space left"], True

    def repair():
        (inside / "full").unlink()
        namespace.run("mount", "-n", "-o", "remount,nr_inodes=20", case.store)

    case.repair = repair


# --- Commands


def command(text, says):
    def make(case):
        case.environment[VARIABLE + "_CMD"] = text
        case.options = ["--cmd-timeout", "300ms"]
        case.source, case.says = VARIABLE + "_CMD", says

        def repair():
            case.options = []
            case.environment[VARIABLE + "_CMD"] = f"echo {case.key}"

        case.repair = repair

    return make


failing_command = command("sh -c 'exit 3'", ["status 3"])
killed_command = command("sh -c 'kill -9 $$'", ["signal 9"])
missing_command = command("/no/such/command", ["/no/such/command"])
silent_command = command("true", ["nothing"])
hanging_command = command("sleep 1000", ["in time"])
stubborn_command = command("sh -c 'trap \"\" TERM; while :; do sleep 100; done'", ["in time"])
endless_command = command("yes", ["more than"])
gigabyte_command = command("dd if=/dev/zero bs=1M count=1024 status=none", ["more than"])
unbalanced_command = command("echo 'open", ["closed"])


# --- airflow.cfg


def cfg_with_a_bad_key(case):
    case.broken_cfg(f"[core]\nfernet_key = {case.key[:-1]}\n", ["its last character"])


def change_that_is_refused(case):
    case.stored(case.key)
    case.variable(new_key(), ["--on-change is refuse"])
    case.environment["FERNIT_ON_CHANGE"] = "refuse"


def cfg_with_a_byte_order_mark(case):
    case.broken_cfg(f"\ufeff[core]\nfernet_key = {case.key}\n", ["line 1"])


def cfg_with_a_section_twice(case):
    case.broken_cfg(f"[core]\nfernet_key = {case.key}\n[core]\n", ["line 3"])


def cfg_with_an_option_twice(case):
    case.broken_cfg(f"[core]\nfernet_key = {case.key}\nfernet_key = {case.key}\n", ["line 3"])


def cfg_without_a_section(case):
    case.broken_cfg(f"fernet_key = {case.key}\n", ["line 1"])


def cfg_with_a_lone_percent_sign(case):
    case.broken_cfg(f"[core]\nfernet_key = {case.key}%\n", ["%"])


def cfg_that_is_a_directory(case):
    case.cfg.mkdir(parents=True)
    case.source, case.says = str(case.cfg), ["directory"]

    def repair():
        case.cfg.rmdir()
        case.write_cfg(f"[core]\nfernet_key = {case.key}\n")

    case.repair = repair


def cfg_that_is_a_fifo(case):
    case.cfg.parent.mkdir()
    os.mkfifo(case.cfg)
    case.source, case.says = str(case.cfg), ["FIFO"]

    def repair():
        case.cfg.unlink()
        case.write_cfg(f"[core]\nfernet_key = {case.key}\n")

    case.repair = repair


def cfg_that_may_not_be_read(case):
    case.prefix = case.fixture("nobody")
    case.write_cfg(f"[core]\nfernet_key = {case.key}\n").chmod(0)
    case.source, case.says = str(case.cfg), ["Permission denied"]
    case.repair = lambda: case.cfg.chmod(0o644)


def empty_path_of_cfg(case):
    case.environment.update({"AIRFLOW_CONFIG": "", "FERNET_KEY": case.key})
    case.source, case.says = "AIRFLOW_CONFIG", ["empty"]
    case.repair = lambda: case.environment.pop("AIRFLOW_CONFIG")


# --- Settings


def unknown_option(case):
    case.options = ["--stroe", "/x"]
    case.source, case.says, case.makes_a_key = "--stroe", ["not an option"], True
    case.repair = lambda: case.options.clear()


def bad_value_of_a_variable(case):
    case.environment["FERNIT_CMD_TIMEOUT"] = "10"
    case.source, case.says, case.makes_a_key = "FERNIT_CMD_TIMEOUT", ['"10"'], True
    case.repair = lambda: case.environment.update(FERNIT_CMD_TIMEOUT="10s")


def missing_settings_file(case):
    case.environment["FERNIT_CONFIG"] = case.folder / "fernit.ini"
    case.source, case.says, case.makes_a_key = str(case.folder / "fernit.ini"), ["No such file"], True
    case.repair = (case.folder / "fernit.ini").touch


def unknown_setting(case):
    case.environment["FERNIT_CONFIG"] = case.folder / "fernit.ini"
    (case.folder / "fernit.ini").write_text("[fernit]\nstroe = /x\n")
    case.source, case.says, case.makes_a_key = str(case.folder / "fernit.ini"), ["line 2: stroe"], True
    case.repair = lambda: (case.folder / "fernit.ini").write_text("[fernit]\n")


CASES = [
    too_short,
    too_long,
    characters_that_leave_too_few,
    no_character_of_a_key,
    a_password,
    no_padding,
    no_padding_in_the_first_source,
    literal_variable,
    literal_variable_in_braces,
    empty_element,
    empty_element_in_the_middle,
    second_key_is_bad,
    too_many_keys,
    endless_expansion,
    twins,
    missing_secret_file,
    empty_secret_file,
    unreadable_secret_file,
    directory_as_secret_file,
    fifo_as_secret_file,
    large_secret_file,
    dangling_secret_file,
    bad_secret_file,
    dangling_mounted_secret,
    directory_in_the_store,
    fifo_in_the_store,
    symlink_in_the_store,
    dangling_symlink_in_the_store,
    truncated_store_file,
    store_file_that_lost_its_padding,
    empty_store_file,
    store_file_of_zeros,
    large_store_file,
    store_file_writable_by_all,
    store_file_of_a_stranger,
    store_that_is_a_file,
    read_only_store,
    store_of_another_user,
    store_that_may_not_be_entered,
    store_file_that_may_not_be_read,
    store_that_cannot_be_made,
    full_disk,
    no_inode_left,
    failing_command,
    killed_command,
    missing_command,
    silent_command,
    hanging_command,
    stubborn_command,
    endless_command,
    gigabyte_command,
    unbalanced_command,
    cfg_with_a_bad_key,
    change_that_is_refused,
    cfg_with_a_byte_order_mark,
    cfg_with_a_section_twice,
    cfg_with_an_option_twice,
    cfg_without_a_section,
    cfg_with_a_lone_percent_sign,
    cfg_that_is_a_directory,
    cfg_that_is_a_fifo,
    cfg_that_may_not_be_read,
    empty_path_of_cfg,
    unknown_option,
    bad_value_of_a_variable,
    missing_settings_file,
    unknown_setting,
]
NAMES = [name for one in CASES for name, value in list(globals().items()) if value is one]


@pytest.fixture(params=CASES, ids=NAMES)
def case(request, fernit, tmp_path, stored, write_cfg, store, cfg):
    made = Case(request, fernit, tmp_path, stored, write_cfg, store, cfg)
    request.param(made)
    return made


def told(done):
    """All that it has said: one error, and hints."""
    lines = [*errors(done), *hints(done)]
    assert done.stderr.splitlines() == lines and len(errors(done)) == 1
    return lines


@pytest.mark.parametrize("words", [["run"], ["init"]], ids=lambda words: words[0])
def test_bad_input_is_refused_and_the_next_correct_start_works(case, child_sees, words):
    behind = ["--", "echo", "it ran"] if words == ["run"] else []
    before = [content(folder) for folder in case.watched]

    done = case.start(*words, *case.options, *behind)
    assert (done.returncode, done.stdout) == (125, "")
    assert len(told(done)) <= 7, "more than the error and some hints"
    assert [content(folder) for folder in case.watched] == before, "something was written"

    case.repair()
    seen = child_sees(*case.options, prefix=case.prefix, timeout=60, **case.environment)
    if case.makes_a_key:
        assert fingerprint(seen.keys[0]) in seen.stderr and len(seen.keys) == 1
    else:
        assert seen.keys == [case.key]
        assert "created Fernet key" not in seen.stderr


def test_the_line_names_the_source_and_what_is_wrong(case):
    line = errors(case.start("run", *case.options, "--", "true"))[0]
    for part in [case.source, *case.says]:
        assert part in line


def test_the_line_or_its_hint_names_the_cure(case):
    lines = "\n".join(told(case.start("run", *case.options, "--", "true")))
    assert case.advises.search(lines), lines
    assert not case.misleads or case.misleads not in lines, lines


def test_the_line_says_no_name_twice(case):
    line = errors(case.start("run", *case.options, "--", "true"))[0]
    assert line.count(f"{case.source}: ") <= 1, line
    assert "fernet_key: fernet_key: " not in line, line


def test_quiet_still_tells_it(case):
    done = case.start("run", "--quiet", *case.options, "--", "true")
    assert 1 <= len(told(done)) <= 7
