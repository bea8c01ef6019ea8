"""airflow.cfg: read as Python's configparser reads it, and changed in one option alone."""
import os
import pathlib
import time

import pytest

import configs
from conftest import errors, fingerprint, new_key, warnings
from system import Trace

K = "kN1SLmXDdR4mVXvO5DXXDVaVa7kLTj6nDMpFKJFnPb0="
OTHER = "2b_bCMXUOJcBnFQOhUGhBxYH1yBDbu7qjbP2dqc4SnU="
DATA = pathlib.Path(os.environ.get("FERNIT_TEST_DATA", "/nonexistent"), "airflow-cfg")
REAL = sorted(DATA.glob("*.cfg"))


@pytest.fixture(autouse=True)
def key_in_the_store(fernit, stored):
    fernit.secrets |= {K, OTHER}
    stored(K + "\n")


def put(text, key=K):
    return text.replace("{K}", key).encode()


def but_shown(done, text):
    """The warnings but the one of a key in [DEFAULT], which Airflow shows: there is one where it stands there, and else none."""
    shown = [warning for warning in warnings(done) if "in [DEFAULT]" in warning]
    assert len(shown) == text.startswith("[DEFAULT]\nfernet_key")
    return [warning for warning in warnings(done) if warning not in shown]


# --- One line changes

EDITS = {
    "an empty file": ("", "[core]\nfernet_key = {K}\n"),
    "only blank lines": ("\n\n", "\n\n\n[core]\nfernet_key = {K}\n"),
    "only a comment": ("# mine\n", "# mine\n\n[core]\nfernet_key = {K}\n"),
    "[core] absent": ("[a]\nx = 1\n", "[a]\nx = 1\n\n[core]\nfernet_key = {K}\n"),
    "[core] absent, no final newline": ("[a]\nx = 1", "[a]\nx = 1\n\n[core]\nfernet_key = {K}\n"),
    "[core] absent, a continuation last": ("[a]\nx = 1\n  2", "[a]\nx = 1\n  2\n\n[core]\nfernet_key = {K}\n"),
    "[core] empty": ("[core]\n", "[core]\nfernet_key = {K}\n"),
    "[core] empty, no final newline": ("[core]", "[core]\nfernet_key = {K}\n"),
    "[core] empty, another behind it": ("[core]\n[a]\nx = 1\n", "[core]\nfernet_key = {K}\n[a]\nx = 1\n"),
    "[core] without the key": ("[core]\nx = 1\n", "[core]\nfernet_key = {K}\nx = 1\n"),
    "[core] with a comment behind it": ("[core] # mine\nx = 1\n", "[core] # mine\nfernet_key = {K}\nx = 1\n"),
    "an empty key": ("[core]\nfernet_key =\nx = 1\n", "[core]\nfernet_key = {K}\nx = 1\n"),
    "an empty key without newline": ("[core]\nfernet_key =", "[core]\nfernet_key = {K}"),
    "without blanks": ("[core]\nfernet_key=\n", "[core]\nfernet_key = {K}\n"),
    "a colon": ("[core]\nfernet_key:\n", "[core]\nfernet_key = {K}\n"),
    "tabs": ("[core]\nfernet_key\t=\t\n", "[core]\nfernet_key = {K}\n"),
    "indented": ("[core]\n  fernet_key =\n  x = 1\n", "[core]\n  fernet_key = {K}\n  x = 1\n"),
    "indented less than the one before": ("[core]\n    x = 1\n  fernet_key =\n  y = 2\n", "[core]\n    x = 1\n  fernet_key = {K}\n  y = 2\n"),
    "between indented ones": ("[core]\n    x = 1\n    fernet_key =\n    y = 2\n", "[core]\n    x = 1\n    fernet_key = {K}\n    y = 2\n"),
    "absent between indented ones": ("[core]\n    x = 1\n    y = 2\n", "[core]\n    fernet_key = {K}\n    x = 1\n    y = 2\n"),
    "an indented header": ("  [core]\n  x = 1\n", "  [core]\n  fernet_key = {K}\n  x = 1\n"),
    "an indented header that continues a value": ("[a]\nx = 1\n  [core]\n", "[a]\nx = 1\n  [core]\n\n[core]\nfernet_key = {K}\n"),
    "a key that continues a value": (
        "[core]\nx = 1\n  fernet_key = {OTHER}\n",
        "[core]\nfernet_key = {K}\nx = 1\n  fernet_key = {OTHER}\n",
    ),
    "CR LF": ("[core]\r\nfernet_key =\r\nx = 1\r\n", "[core]\r\nfernet_key = {K}\r\nx = 1\r\n"),
    "CR LF, absent": ("[core]\r\nx = 1\r\n", "[core]\r\nfernet_key = {K}\r\nx = 1\r\n"),
    "CR LF, [core] absent": ("[a]\r\nx = 1\r\n", "[a]\r\nx = 1\r\n\r\n[core]\r\nfernet_key = {K}\r\n"),
    "CR": ("[core]\rfernet_key =\rx = 1\r", "[core]\rfernet_key = {K}\rx = 1\r"),
    "CR, absent": ("[core]\rx = 1\r", "[core]\rfernet_key = {K}\rx = 1\r"),
    "mixed line ends": ("[a]\r\nx = 1\n[core]\rfernet_key =\r\ny = 2\n", "[a]\r\nx = 1\n[core]\rfernet_key = {K}\r\ny = 2\n"),
    "another line end at the top": ("[a]\rx = 1\r[core]\n\ny = 2\n", "[a]\rx = 1\r[core]\nfernet_key = {K}\n\ny = 2\n"),
    "an indented header behind an empty [core]": ("[core]\n    [a]\nx = 1\n", "[core]\n    fernet_key = {K}\n    [a]\nx = 1\n"),
    "a commented key": ("[core]\n# fernet_key = {OTHER}\nx = 1\n", "[core]\nfernet_key = {K}\n# fernet_key = {OTHER}\nx = 1\n"),
    "a key commented with ;": ("[core]\n;fernet_key = {OTHER}\n", "[core]\nfernet_key = {K}\n;fernet_key = {OTHER}\n"),
    "an indented commented key": ("[core]\n  # fernet_key = {OTHER}\n", "[core]\nfernet_key = {K}\n  # fernet_key = {OTHER}\n"),
    "a comment before the empty key": ("[core]\n# the key\nfernet_key =\n", "[core]\n# the key\nfernet_key = {K}\n"),
    "capitals are another option": ("[core]\nFERNET_KEY = {OTHER}\n", "[core]\nfernet_key = {K}\nFERNET_KEY = {OTHER}\n"),
    "a longer name is another option": ("[core]\nfernet_key_old = {OTHER}\n", "[core]\nfernet_key = {K}\nfernet_key_old = {OTHER}\n"),
    "[Core] is another section": ("[Core]\nfernet_key = {OTHER}\n", "[Core]\nfernet_key = {OTHER}\n\n[core]\nfernet_key = {K}\n"),
    "[core ] is another section": ("[core ]\nfernet_key = {OTHER}\n", "[core ]\nfernet_key = {OTHER}\n\n[core]\nfernet_key = {K}\n"),
    "the key of another section": (
        "[a]\nfernet_key = {OTHER}\n[core]\nx = 1\n",
        "[a]\nfernet_key = {OTHER}\n[core]\nfernet_key = {K}\nx = 1\n",
    ),
    "a placeholder": ("[core]\nfernet_key = $FERNET_KEY\n", "[core]\nfernet_key = {K}\n"),
    "a placeholder in braces": ("[core]\nfernet_key = ${FERNET_KEY}\n", "[core]\nfernet_key = {K}\n"),
    "a placeholder on a line of its own": ("[core]\nfernet_key =\n  $FERNET_KEY\nx = 1\n", "[core]\nfernet_key = {K}\nx = 1\n"),
    "an empty one on several lines": ("[core]\nfernet_key =\n\n\nx = 1\n", "[core]\nfernet_key = {K}\n\n\nx = 1\n"),
    "comments inside an empty one": (
        "[core]\nfernet_key =\n  # a\n\n  ; b\nx = 1\n",
        "[core]\nfernet_key = {K}\n  # a\n\n  ; b\nx = 1\n",
    ),
    "our key, twice": ("[core]\nfernet_key = {K},{K}\n", "[core]\nfernet_key = {K},{K}\n"),
    "a value before it that goes on": (
        "[core]\nx = 1\n  2\n\n  # c\n  3\nfernet_key =\n",
        "[core]\nx = 1\n  2\n\n  # c\n  3\nfernet_key = {K}\n",
    ),
    "a value behind it that goes on": ("[core]\nfernet_key =\nx =\n  1\n\n  2\n", "[core]\nfernet_key = {K}\nx =\n  1\n\n  2\n"),
    "percent signs": (
        "[core]\na = 100%%\nb = %(a)s\nc = 50%\nfernet_key =\n",
        "[core]\na = 100%%\nb = %(a)s\nc = 50%\nfernet_key = {K}\n",
    ),
    "no inline comments": ("[core]\na = v ; w\nb = v # w\nfernet_key =\n", "[core]\na = v ; w\nb = v # w\nfernet_key = {K}\n"),
    "brackets in values": ("[core]\na = x]]\nb = [y\nfernet_key =\n", "[core]\na = x]]\nb = [y\nfernet_key = {K}\n"),
    "a no-break space": ("[core]\n\u00a0fernet_key\u00a0=\u00a0\n\u00a0x = 1\n", "[core]\n\u00a0fernet_key = {K}\n\u00a0x = 1\n"),
    "next line and ideographic space": ("[core]\nx = 1\u0085\n\u3000y\nfernet_key =\u0085\n", None),
    "vertical tab, form feed, separators": ("[core]\n\x0b\n\x0cx = 1\x1c2\n\x0cfernet_key = \x1d\n", None),
    "line separators do not end a line": ("[core]\nx = 1\u2028fernet_key = 2\n", "[core]\nfernet_key = {K}\nx = 1\u2028fernet_key = 2\n"),
    "names that begin alike": (f"[{'s' * 60}a]\n[{'s' * 60}b]\n[core]\n{'n' * 60}a = 1\n{'n' * 60}b = 2\n", None),
    "letters from everywhere": ("[ядро]\nключ = значение\n[core]\nfernet_key =\n名 = 値\n", None),
    "an option that is only brackets": ("[core]\nfernet_key =\nx[1] = y\n", None),
    "equals signs": ("[core]\na == b\nc =: d\nfernet_key = \n", None),
    "[DEFAULT] twice": ("[DEFAULT]\na = 1\n[DEFAULT]\nb = 2\n[core]\nfernet_key =\n", None),
    "empty in [DEFAULT]": ("[DEFAULT]\nfernet_key =\n[core]\n", "[DEFAULT]\nfernet_key =\n[core]\nfernet_key = {K}\n"),
    "a reference to nothing in it": ("[core]\nkey =\nfernet_key = %(key)s\n", "[core]\nkey =\nfernet_key = {K}\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS.keys())
def test_only_the_key_s_line_changes(fernit, write_cfg, before, after):
    before = put(before.replace("{OTHER}", OTHER))
    cfg = write_cfg(before)
    done = fernit("init")
    assert done.returncode == 0, done.stderr
    now = cfg.read_bytes()
    if after is not None:
        assert now == put(after.replace("{OTHER}", OTHER))
    if before != now:
        assert configs.only_the_key_changed(before, now, K)
        assert configs.effective(configs.parse(now)) == configs.expected(configs.parse(before), K)

    again = fernit("init")
    assert (again.returncode, again.stderr, cfg.read_bytes()) == (0, "", now)


RIGHT = {
    "as fernit writes it": "[core]\nfernet_key = {K}\n",
    "without blanks": "[core]\nfernet_key={K}\n",
    "a colon": "[core]\nfernet_key: {K}\n",
    "in quotes": "[core]\nfernet_key = '{K}'\n",
    "on the next line": "[core]\nfernet_key =\n    {K}\n",
    "with CR LF": "[core]\r\nfernet_key = {K}\r\n",
    "without newline": "[core]\nfernet_key = {K}",
    "in [DEFAULT]": "[DEFAULT]\nfernet_key = {K}\n[core]\nx = 1\n",
    "by a reference": "[core]\nkey = {K}\nfernet_key = %(key)s\n",
    "by a reference to [DEFAULT]": "[DEFAULT]\nkey = {K}\n[core]\nfernet_key = %(key)s\n",
    "twice": "[core]\nfernet_key = {K},{K}\n",
    "in the other alphabet": "[core]\nfernet_key = " + K.translate(str.maketrans("-_", "+/")) + "\n",
}


@pytest.mark.parametrize("text", RIGHT.values(), ids=RIGHT.keys())
def test_a_file_that_gives_our_key_is_not_touched(fernit, write_cfg, text):
    cfg = write_cfg(put(text))
    before = cfg.stat()
    done = fernit("init")
    assert (done.returncode, but_shown(done, text), len(done.stderr.splitlines())) == (0, [], 2 * len(warnings(done)))
    now = cfg.stat()
    assert (now.st_ino, now.st_mtime_ns, now.st_ctime_ns) == (before.st_ino, before.st_mtime_ns, before.st_ctime_ns)
    assert cfg.read_bytes() == put(text)


# --- Refused

REFUSED = {
    "a byte order mark": ("\ufeff[core]\n", "line 1"),
    "a byte order mark before a comment": ("\ufeff# x\n[core]\n", "line 1"),
    "a section twice": ("[core]\n[a]\n[core]\n", "line 3"),
    "another section twice": ("[a]\n[core]\n[a]\n", "line 3"),
    "an option twice": ("[core]\nx = 1\nx = 2\n", "line 3"),
    "the key twice": ("[core]\nfernet_key =\nfernet_key = {K}\n", "line 3"),
    "an option of another section twice": ("[core]\n[a]\nx = 1\ny = 2\nx: 3\n", "line 5"),
    "an option of [DEFAULT] twice": ("[DEFAULT]\nx = 1\n[DEFAULT]\nx = 2\n[core]\n", "line 4"),
    "text before the first section": ("fernet_key = {K}\n[core]\n", "line 1"),
    "text before the first section, behind a comment": ("# x\n\nx\n[core]\n", "line 3"),
    "a line that is no option": ("[core]\nfernet_key\n", "line 2"),
    "a line that is no option in another section": ("[core]\n[a]\n\njust words\n", "line 4"),
    "an option without a name": ("[core]\n= x\n", "line 2"),
    "a header without an end": ("[core\nfernet_key =\n", "line 1"),
    "a header without a name": ("[]\n", "line 1"),
    "a header with an end too many": ("[core]\n[a]]\n", "line 2"),
    "a NUL byte": ("[core]\nx = \0\n", "NUL"),
    "a percent sign in the key": ("[core]\nfernet_key = %\n", "fernet_key"),
    "a reference to nothing": ("[core]\nfernet_key = %(nothing)s\n", "fernet_key"),
    "references in a circle": ("[core]\na = %(fernet_key)s\nfernet_key = %(a)s\n", "fernet_key"),
    "a word for a key": ("[core]\nfernet_key = changeme\n", "fernet_key"),
    "the old placeholder": ("[core]\nfernet_key = cryptography_not_found_storing_passwords_in_plain_text\n", "fernet_key"),
    "an empty element": ("[core]\nfernet_key = {K},\n", "fernet_key"),
}


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_airflow_cannot_read_is_refused_named_and_left_alone(fernit, write_cfg, text, said):
    cfg = write_cfg(put(text))
    before = cfg.stat()
    done = fernit("init")
    assert done.returncode == 125
    assert len(errors(done)) == 1 and str(cfg) in errors(done)[0] and said in errors(done)[0], done.stderr
    assert cfg.read_bytes() == put(text)
    assert (cfg.stat().st_ino, cfg.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    cfg.write_text("[core]\nfernet_key =\n")
    assert fernit("init").returncode == 0


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_below_the_winner_such_a_file_is_a_warning_where_the_environment_carries_the_key(fernit, child_sees, write_cfg, text, said):
    cfg = write_cfg(put(text))
    seen = child_sees()
    assert seen.keys == [K]
    assert any(str(cfg) in line and said in line for line in warnings(seen)), seen.stderr
    assert cfg.read_bytes() == put(text)


@pytest.mark.parametrize(("text", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_where_nothing_else_brings_a_key_such_a_file_leads_to_no_new_one(fernit, write_cfg, store, text, said):
    (store / "fernet_key").unlink()
    cfg = write_cfg(put(text))
    for words in (("init",), ("run", "true")):
        done = fernit(*words)
        assert done.returncode == 125 and len(errors(done)) == 1 and said in done.stderr, done.stderr
    assert cfg.read_bytes() == put(text)
    assert not (store / "fernet_key").exists()


@pytest.mark.parametrize("words", [("init",), ("run", "true"), ("run", "--deliver", "cfg", "true"), ("run", "--deliver", "env", "true")])
@pytest.mark.parametrize(
    "text",
    [
        "[core]\nfernet_key = {OTHER}\n",
        "[core]\nfernet_key = {K},{OTHER}\n",
        "[DEFAULT]\nfernet_key = {OTHER}\n[core]\n",
        "[DEFAULT]\nfernet_key = {OTHER}\n",
    ],
    ids=["alone", "behind ours", "in [DEFAULT]", "in [DEFAULT] without [core]"],
)
def test_a_key_that_the_ring_lacks_joins_its_end_in_the_store_before_the_file_is_edited(fernit, write_cfg, store, words, text):
    text = put(text.replace("{OTHER}", OTHER))
    cfg = write_cfg(text)
    done = fernit(*words)
    assert done.returncode == 0, done.stderr
    (warning,) = but_shown(done, text.decode())
    assert str(cfg) in warning and fingerprint(OTHER) in warning and fingerprint(K) in warning
    assert (store / "fernet_key").read_text() == f"{K},{OTHER}\n"
    now = cfg.read_bytes()
    if "env" in words:
        assert now == text
    else:
        assert configs.parse(now)["core"]["fernet_key"] == f"{K},{OTHER}"

    again = fernit(*words)
    assert (again.returncode, but_shown(again, text.decode()), cfg.read_bytes()) == (0, [], now)
    assert (store / "fernet_key").read_text() == f"{K},{OTHER}\n"


@pytest.mark.parametrize("deliver", ["env", "cfg", "env,cfg"])
@pytest.mark.parametrize("text", ["[DEFAULT]\nfernet_key = {1}\n[core]\nfernet_key = {0}\n", "[core]\nfernet_key = {0}\n[DEFAULT]\nfernet_key = {1}\n"])
def test_one_in_default_beside_that_of_core_is_told_at_each_start(fernit, write_cfg, store, text, deliver):
    """Airflow reads it nowhere, and shows it under all other sections."""
    cfg = write_cfg(text.format(K, OTHER))
    for _ in range(2):
        done = fernit("run", "--deliver", deliver, "true")
        shown, other = warnings(done)
        assert shown.endswith(f"{cfg}: fernet_key is in [DEFAULT], and Airflow shows it under every other section")
        assert f"[DEFAULT] fernet_key has another key ({fingerprint(OTHER)}) than " in other and f"({fingerprint(K)}), and is not used" in other
        assert "fernit: hint: to read what its key encrypted, let [core] give both keys, with a comma between" in done.stderr.splitlines()
        assert "fernit: hint: add its key to the list in [core], then remove it from [DEFAULT]" in done.stderr.splitlines()
        assert cfg.read_text() == text.format(K, OTHER) and (store / "fernet_key").read_text() == f"{K}\n"
    assert fernit("run", "--strict", "true").returncode == 125
    write_cfg(text.format(f"{K},{OTHER}", OTHER))
    (joined,) = but_shown(fernit("run", "true"), "[DEFAULT]\nfernet_key")
    assert "it only decrypts" in joined and (store / "fernet_key").read_text() == f"{K},{OTHER}\n"
    assert but_shown(fernit("run", "true"), "[DEFAULT]\nfernet_key") == []


@pytest.mark.parametrize("text", ["[core]\nfernet_key =\n", "[core]\nfernet_key = $FERNET_KEY\n", ""], ids=["empty", "placeholder", "no [core]"])
def test_no_key_is_created_beside_one_in_default(fernit, write_cfg, store, text):
    (store / "fernet_key").unlink()
    cfg = write_cfg(f"[DEFAULT]\nfernet_key = {OTHER}\n{text}")
    done = fernit("init")
    assert (done.returncode, (store / "fernet_key").read_text()) == (0, f"{OTHER}\n")
    assert configs.parse(cfg.read_bytes())["core"]["fernet_key"] == OTHER


def test_a_key_that_the_ring_lacks_is_in_the_store_though_the_file_cannot_be_edited(fernit, write_cfg, store):
    """Each step is durable before the next: a start that dies at the file has lost nothing."""
    text = f"[core]\nfernet_key = {OTHER}\n"
    cfg = write_cfg(text)
    fault = Trace("/dev/null", ["renameat:error=EIO:when=2"], only="renameat")
    done = fernit("init", prefix=fault.prefix)
    assert done.returncode == 125
    assert cfg.read_text() == text and (store / "fernet_key").read_text() == f"{K},{OTHER}\n"


def test_a_key_that_the_ring_lacks_and_the_store_cannot_take_is_refused_and_stays_in_the_file(fernit, write_cfg, store):
    text = f"[core]\nfernet_key = {OTHER}\n"
    cfg = write_cfg(text)
    fault = Trace("/dev/null", ["renameat:error=EROFS"], only="renameat")
    done = fernit("run", "true", prefix=fault.prefix)
    assert done.returncode == 125 and len(errors(done)) == 1
    assert f"fernit init --store {store}" in done.stderr, "what to run where it can be written"
    assert cfg.read_text() == text and (store / "fernet_key").read_text() == K + "\n"


def test_a_key_of_the_file_that_was_retired_is_dropped_from_it_with_a_line_that_says_so(fernit, write_cfg, store):
    (store / "retired").mkdir(mode=0o700)
    (store / "retired" / fingerprint(OTHER)).write_text(OTHER + "\n")
    (store / "retired" / fingerprint(OTHER)).chmod(0o600)
    cfg = write_cfg(f"[core]\nfernet_key = {K},{OTHER}\n")
    done = fernit("init")
    assert done.returncode == 0, done.stderr
    assert len(warnings(done)) == 1 and str(cfg) in warnings(done)[0] and fingerprint(OTHER) in warnings(done)[0]
    assert cfg.read_text() == f"[core]\nfernet_key = {K}\n"
    assert (store / "fernet_key").read_text() == K + "\n"
    assert (store / "retired" / fingerprint(OTHER)).read_text() == OTHER + "\n"


def test_of_a_list_in_the_file_each_key_is_named_where_it_goes(child_sees, write_cfg, store):
    """To say of a retired key that it stays readable would be a lie."""
    retired, given = new_key(), new_key()
    (store / "retired").mkdir(mode=0o700)
    (store / "retired" / fingerprint(retired)).write_text(retired + "\n")
    (store / "retired" / fingerprint(retired)).chmod(0o600)
    write_cfg(f"[core]\nfernet_key = {K},{OTHER},{retired},{given}\n")
    seen = child_sees(FERNET_KEY=given)
    assert seen.keys == [given, K, OTHER]
    (joined,) = [line for line in warnings(seen) if " lacks: it only decrypts" in line]
    (dropped,) = [line for line in warnings(seen) if "the retired key" in line]
    assert f"has {fingerprint(OTHER)}, which" in joined and fingerprint(retired) not in joined
    assert f"{fingerprint(retired)}, which" in dropped and fingerprint(OTHER) not in dropped


def test_a_key_of_the_file_that_stands_in_the_ring_is_joined_by_the_rest(fernit, child_sees, write_cfg, stored):
    stored(f"{K},{OTHER}\n")
    cfg = write_cfg(f"[core]\nfernet_key = {OTHER}\n")
    assert child_sees().keys == [K, OTHER]
    assert cfg.read_text() == f"[core]\nfernet_key = {K},{OTHER}\n"


def test_a_ring_in_another_order_behind_the_same_first_key_is_right(fernit, write_cfg, stored):
    third = new_key()
    stored(f"{K},{OTHER},{third}\n")
    cfg = write_cfg(f"[core]\nfernet_key = {K},{third},{OTHER}\n")
    before = cfg.stat()
    assert fernit("init").returncode == 0
    assert (cfg.stat().st_ino, cfg.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


# --- Commands and references in it


@pytest.mark.parametrize("command", ["cat {}/fernet_key", "/bin/cat {}/fernet_key", "fernit key print", "/usr/local/bin/fernit key print"])
def test_a_command_that_reads_our_store_is_right_as_it_is(fernit, write_cfg, store, command):
    text = f"[core]\nfernet_key_cmd = {command.format(store)}\n"
    cfg = write_cfg(text)
    done = fernit("init")
    assert (done.returncode, done.stderr) == (0, "")
    assert cfg.read_text() == text


def test_such_a_command_gets_a_key_made_for_it(fernit, write_cfg, store):
    (store / "fernet_key").unlink()
    text = f"[core]\nfernet_key_cmd = cat {store}/fernet_key\n"
    cfg = write_cfg(text)
    assert fernit("init").returncode == 0
    assert (store / "fernet_key").exists() and cfg.read_text() == text


def test_an_empty_key_that_blocks_such_a_command_is_filled_or_taken_out_of_its_way(fernit, write_cfg, store):
    command = f"fernet_key_cmd = cat {store}/fernet_key\n"
    cfg = write_cfg(f"[core]\nfernet_key =\n{command}")
    assert fernit("init").returncode == 0
    assert cfg.read_text() == f"[core]\n# fernit keeps this beside fernet_key_cmd\nfernet_key = {K}\n{command}"
    assert fernit("init").stderr == ""


COMMENTED = {
    "": ("[core]\nfernet_key =\nfernet_key_secret = path\nx = 1\n", "[core]\n# fernet_key =\nfernet_key_secret = path\nx = 1\n"),
    "CR LF": ("[core]\r\nfernet_key = \r\nfernet_key_secret = p\r\n", "[core]\r\n# fernet_key = \r\nfernet_key_secret = p\r\n"),
    "indented": ("[core]\n  fernet_key_secret = p\n  fernet_key =\n  x = 1\n", "[core]\n  fernet_key_secret = p\n#   fernet_key =\n  x = 1\n"),
    "last": ("[core]\nfernet_key_secret = p\nfernet_key =", "[core]\nfernet_key_secret = p\n# fernet_key ="),
}


@pytest.mark.parametrize(("before", "after"), COMMENTED.values(), ids=COMMENTED.keys())
@pytest.mark.parametrize("words", [("init",), ("run", "true")])
def test_an_empty_key_that_blocks_a_secrets_backend_becomes_a_comment(fernit, write_cfg, store, words, before, after):
    (store / "fernet_key").unlink()
    cfg = write_cfg(before)
    done = fernit(*words)
    assert done.returncode == 0, done.stderr
    now = configs.parse(cfg.read_bytes())
    wanted = configs.effective(configs.parse(before.encode()))
    del wanted["core", "fernet_key"]
    assert configs.effective(now) == wanted
    assert [line.split() for line in cfg.read_text().splitlines()] == [line.split() for line in after.splitlines()]
    assert not (store / "fernet_key").exists()
    again = fernit(*words)
    assert again.returncode == 0 and "commented" not in again.stderr


# --- A file that only repeats the key is read no further than to that

BEHIND = {
    "a line that is none": "[core]\nfernet_key = {K}\nx = 1\nno value\n",
    "far behind it": "[core]\nfernet_key = {K}\nx = 1\n" + "# x\n" * 30000 + "no value\n",
}
NEXT_TO_IT = {
    "the key twice": "[core]\nfernet_key = {K}\nfernet_key = {K}\n",
    "[core] twice": "[core]\nfernet_key = {K}\n[core]\n",
}
FAULTS = BEHIND | NEXT_TO_IT


@pytest.mark.parametrize("text", BEHIND.values(), ids=BEHIND)
@pytest.mark.parametrize("words", [["init"], ["run", "--deliver", "cfg", "--", "true"]], ids=" ".join)
def test_what_stands_behind_a_right_key_is_airflow_s_business_and_status_s(fernit, write_cfg, words, text):
    cfg = write_cfg(put(text))
    done = fernit(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert cfg.read_bytes() == put(text)
    done = fernit("status")
    line = len(text.splitlines())
    assert done.returncode == 1 and done.stdout.count(f"{cfg}: line {line}: ") == 1


@pytest.mark.parametrize("text", BEHIND.values(), ids=BEHIND)
def test_so_it_is_where_the_key_stands_there_alone_and_is_kept(fernit, write_cfg, store, text):
    (store / "fernet_key").unlink()
    cfg = write_cfg(put(text))
    assert fernit("init").returncode == 0
    assert (store / "fernet_key").read_text() == K + "\n" and cfg.read_bytes() == put(text)


def refuse_and_leave_alone(fernit, cfg, text):
    done = fernit("init")
    assert done.returncode == 125 and len(errors(done)) == 1
    assert f"{cfg}: line {len(text.splitlines())}: " in done.stderr
    assert cfg.read_bytes() == put(text)


@pytest.mark.parametrize("text", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("change", ["another", "empty", "with a reference"])
def test_it_is_read_whole_before_it_is_written_or_understood(fernit, write_cfg, stored, text, change):
    if change == "another":
        stored(f"{OTHER},{K}\n")
    elif change == "empty":
        text = text.replace("{K}", "")
    else:
        text = text.replace("{K}", "%%{K}", 1)
    refuse_and_leave_alone(fernit, write_cfg(put(text)), text)


@pytest.mark.parametrize("text", NEXT_TO_IT.values(), ids=NEXT_TO_IT)
@pytest.mark.parametrize("is_stored", [True, False], ids=["in the store", "not there"])
def test_a_key_or_its_section_that_comes_twice_is_refused_even_if_it_is_right(fernit, write_cfg, store, text, is_stored):
    if not is_stored:
        (store / "fernet_key").unlink()
    refuse_and_leave_alone(fernit, write_cfg(put(text)), text)
    assert (store / "fernet_key").exists() == is_stored


def test_a_start_with_nothing_to_do_reads_it_once_and_in_pieces(fernit, write_cfg, tmp_path):
    """To its end, since a fernet_key_cmd may stand anywhere."""
    text = "\n".join(["[core]", "# x" * 1000, f"fernet_key = {K}", "y = 1", *["# x" * 20] * 5000, ""])
    write_cfg(text.encode())
    trace = Trace(tmp_path / "trace", only="read,openat")
    done = fernit("init", prefix=trace.prefix)
    assert (done.returncode, done.stderr) == (0, "")
    reads = [call for call in trace.calls() if call.name == "read" and "airflow.cfg" in call.arguments]
    sizes = [int(call.result) for call in reads]
    assert sum(sizes) == len(text) and max(sizes) <= 8000


@pytest.mark.parametrize("now", [K, OTHER, f"{K}\nno value"], ids=["ours", "another", "a fault"])
def test_a_file_that_changes_between_two_looks_counts_as_it_is_at_the_last(fernit, write_cfg, tmp_path, store, now):
    """The first look finds no key; before it is looked at to be written another fernit, or a person, has put one there."""
    text = "[core]\nfernet_key =\nx = 1\n"
    cfg = write_cfg(text)
    fernit("init")  # makes what a start makes once: the lock
    cfg = write_cfg(text)
    trace = Trace(tmp_path / "trace", only="openat")
    assert fernit("init", prefix=trace.prefix).returncode == 0
    last = [index for index, call in enumerate(trace.calls(), 1) if f'"{cfg}"' in call.arguments][-1]
    assert last > 1
    cfg = write_cfg(text)

    held = Trace(tmp_path / "held", [f"openat:delay_enter=2000000:when={last}"], only="openat")
    started = fernit.start("init", prefix=held.prefix)
    for _ in range(200):
        if held.log.exists() and ".lock" in held.log.read_text():
            break
        time.sleep(0.01)
    after = f"[core]\nfernet_key = {now}\nx = 1\n"
    cfg.with_name("new").write_text(after)
    cfg.with_name("new").rename(cfg)
    _, said = started.communicate(timeout=30)
    if now == OTHER:
        assert started.returncode == 0, said
        assert cfg.read_text() == after.replace(OTHER, f"{K},{OTHER}") and (store / "fernet_key").read_text() == f"{K},{OTHER}\n"
        return
    assert started.returncode == (0 if now == K else 125), said
    assert b"wrote" not in said
    assert cfg.read_text() == after and (store / "fernet_key").read_text() == K + "\n"


# --- Large


def test_a_line_of_1_mb_comes_through(fernit, write_cfg):
    long = "x" * (1 << 20)
    cfg = write_cfg(f"[a]\nb = {long}\n[core]\nfernet_key =\nc = {long}\n")
    assert fernit("init").returncode == 0
    assert cfg.read_text() == f"[a]\nb = {long}\n[core]\nfernet_key = {K}\nc = {long}\n"


def test_a_name_and_a_section_of_100_kb_come_through(fernit, write_cfg):
    long = "n" * 100000
    before = put(f"[{long}]\n{long}1 = a\n{long}2 = b\n[core]\n{long} = c\nfernet_key =\n")
    cfg = write_cfg(before)
    assert fernit("init").returncode == 0
    assert cfg.read_bytes() == before.replace(b"fernet_key =\n", put("fernet_key = {K}\n"))


def test_a_file_of_2_mb_with_50_000_options_comes_through_in_no_time(fernit, write_cfg):
    parts = [f"[section {i}]\n" + "".join(f"# what it is about\noption_{j} = value {j} of {i}\n" for j in range(100)) for i in range(500)]
    before = put("".join(parts[:200]) + "[core]\nfernet_key =\n" + "".join(parts[200:]))
    assert len(before) > 2_000_000
    cfg = write_cfg(before)
    done = fernit("init")
    assert done.returncode == 0, done.stderr
    assert cfg.read_bytes() == before.replace(b"fernet_key =\n", put("fernet_key = {K}\n"))


def test_a_file_beyond_all_measure_is_refused_and_left_alone(fernit, write_cfg):
    text = b"[core]\n" + b"# x\n" * (5 << 20)
    cfg = write_cfg(text)
    done = fernit("init")
    assert done.returncode == 125 and str(cfg) in done.stderr
    assert cfg.stat().st_size == len(text)


def test_bytes_that_are_no_utf_8_stay_as_they_are(fernit, write_cfg):
    before = b"[a]\nx = \xff\xfe\xc3\n# \xe9t\xe9\n[core]\nfernet_key =\ny = \x80\n"
    cfg = write_cfg(before)
    done = fernit("init")
    assert done.returncode in (0, 125)
    assert cfg.read_bytes() == (before if done.returncode else before.replace(b"key =\n", put("key = {K}\n")))


# --- The files that Airflow writes

FORMS = {
    "as it is": lambda data: data,
    "with CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "without final newline": lambda data: data.rstrip(b"\n"),
    "without the key": lambda data: b"".join(line for line in configs.lines(data) if not line.startswith(b"fernet_key")),
    "the key commented": lambda data: data.replace(b"\nfernet_key", b"\n# fernet_key"),
    "the key a placeholder": lambda data: data.replace(b"\nfernet_key =", b"\nfernet_key = $FERNET_KEY"),
    "[core] last": lambda data: data[data.index(b"\n[") :] + data[: data.index(b"\n[") + 1],
    "[core] absent": lambda data: data.replace(b"[core]\n", b"[kernel]\n"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("name", ["2.7.3.cfg", "2.9.3.cfg", "2.10.5.cfg"])
def test_a_file_as_airflow_writes_it_changes_in_its_key_alone(fernit, child_sees, write_cfg, name, form):
    if not REAL:
        pytest.skip("needs airflow.cfg files as Airflow writes them: FERNIT_TEST_DATA names no folder with airflow-cfg/")
    before = form((DATA / name).read_bytes())
    cfg = write_cfg(before)
    assert child_sees().keys == [K]
    now = cfg.read_bytes()
    assert configs.effective(configs.parse(now)) == configs.expected(configs.parse(before), K)
    assert configs.only_the_key_changed(before, now, K)
    assert len(configs.effective(configs.parse(now))) > 300
    again = fernit("run", "true")
    assert (again.returncode, again.stderr, cfg.read_bytes()) == (0, "", now)
