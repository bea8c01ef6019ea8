"""Keys as Python's Fernet reads them: the same texts accepted, the same 32 bytes, one canonical form.

The judge is python3-cryptography itself, asked as Airflow asks it: split at commas, then Fernet(each).
"""
import base64
import os
import pathlib
import random
import signal
import string
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from conftest import errors, hints
from keys import fingerprint, key_bytes, made, new_key
from system import Trace, wait_for

#: The characters of base64 in the order of their values.
URLSAFE = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
STANDARD = str.maketrans("-_", "+/")


def up_to_its_padding(part):
    """Without what stands behind the "=" that completes the key: Pythons up to 3.12 pass over it, later ones refuse it."""
    characters = padding = 0
    for at, byte in enumerate(part):
        if chr(byte) in URLSAFE + "+/":
            characters, padding = characters + 1, 0
        elif byte == ord("=") and characters % 4 >= 2:
            padding += 1
            if characters % 4 + padding >= 4:
                return part[: at + 1]
    return part


def judged(text):
    """What Airflow makes of the text: a list of canonical keys without duplicates, or None."""
    found = []
    for part in text.split(b","):
        if sys.version_info >= (3, 13):
            part = up_to_its_padding(part)
        try:
            Fernet(part)
        except ValueError:
            return None
        key = base64.urlsafe_b64encode(base64.urlsafe_b64decode(part)).decode()
        if key not in found:
            found.append(key)
    return found


def assert_read_as_python_does(fernit, text):
    expected = judged(text)
    done = fernit("key", "fingerprint", "-", stdin=text)
    if expected is None:
        assert (done.returncode, done.stdout) == (1, ""), f"fernit takes {text!r}, Python does not"
        assert done.stderr.splitlines() == [*errors(done), *hints(done)] and len(errors(done)) == 1
    else:
        assert done.returncode == 0, f"Python takes {text!r}, fernit says {done.stderr}"
        assert done.stdout.split() == [fingerprint(key) for key in expected]


def assert_all_read_as_python_does(fernit, texts):
    """The same for many: those that Python takes go as lists of up to 64, each by one process."""
    good = [text for text in texts if b"," not in text and judged(text) is not None]
    for text in set(texts) - set(good):
        assert_read_as_python_does(fernit, text)
    for start in range(0, len(good), 64):
        assert_read_as_python_does(fernit, b",".join(good[start : start + 64]))


def key_with_both_signs():
    """A canonical key with "-" and "_", the characters in which the two alphabets differ."""
    while True:
        key = base64.urlsafe_b64encode(os.urandom(32)).decode()
        if "-" in key and "_" in key:
            made.add(key)
            return key


# --- Spellings


SPELLINGS = {
    "canonical": lambda k: k,
    "standard alphabet": lambda k: k.translate(STANDARD),
    "mixed alphabets": lambda k: k.replace("-", "+"),
    "a newline behind": lambda k: k + "\n",
    "CRLF behind": lambda k: k + "\r\n",
    "blanks before": lambda k: "  \t" + k,
    "blanks behind": lambda k: k + " \t ",
    "blanks within": lambda k: " ".join(k),
    "broken into lines": lambda k: k[:20] + "\n" + k[20:],
    "single quotes": lambda k: f"'{k}'",
    "double quotes": lambda k: f'"{k}"',
    "one quote": lambda k: f'"{k}',
    "byte order mark": lambda k: "\ufeff" + k,
    "junk around": lambda k: f"!@#{k}é",
    "junk within": lambda k: k[:7] + "!$%^&*()é€" + k[7:],
    "a NUL within": lambda k: k[:7] + "\0" + k[7:],
    "two paddings": lambda k: k + "=",
    "many paddings": lambda k: k + "=====",
    "text behind the padding": lambda k: k + "hello",
    "= in front": lambda k: "=" + k,
    "= after the first": lambda k: k[:1] + "=" + k[1:],
    "= after a group": lambda k: k[:8] + "=" + k[8:],
    "== after a group": lambda k: k[:8] + "==" + k[8:],
    "= after two of a group": lambda k: k[:10] + "=" + k[10:],
    "= before the last character": lambda k: k[:42] + "=" + k[42:],
    "brackets": lambda k: f"[{k}]",
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_spelling_that_python_takes_is_the_same_key(fernit, spell):
    key = key_with_both_signs()
    text = spell(key).encode()
    assert judged(text) == [key], "the judge himself does not take it"
    assert_read_as_python_does(fernit, text)


def test_the_last_two_bits_do_not_count(fernit):
    key = key_with_both_signs()
    group = URLSAFE.index(key[42]) & ~3
    texts = [f"{key[:42]}{URLSAFE[group + low]}=".encode() for low in range(4)]
    assert len({tuple(judged(text)) for text in texts}) == 1
    for text in texts:
        assert_read_as_python_does(fernit, text)


REFUSED = {
    "no padding": lambda k: k[:-1],
    "the last character gone": lambda k: k[:-2],
    "the last character gone, padding kept": lambda k: k[:-2] + "=",
    "half": lambda k: k[:22],
    "one character": lambda k: "A",
    "only padding": lambda k: "=",
    "much padding": lambda k: "=" * 44,
    "only blanks": lambda k: " \t\n",
    "nothing": lambda k: "",
    "only junk": lambda k: "!!!???",
    "31 bytes": lambda k: base64.urlsafe_b64encode(key_bytes(k)[:31]).decode(),
    "33 bytes": lambda k: base64.urlsafe_b64encode(key_bytes(k) + b"x").decode(),
    "16 bytes": lambda k: base64.urlsafe_b64encode(key_bytes(k)[:16]).decode(),
    "64 bytes": lambda k: base64.urlsafe_b64encode(key_bytes(k) * 2).decode(),
    "hex": lambda k: key_bytes(k).hex(),
    "32 characters of text": lambda k: "abcdefghijklmnopqrstuvwxyz012345",
    "a placeholder": lambda k: "$FERNET_KEY",
    "a placeholder in braces": lambda k: "${FERNET_KEY}",
    "Jinja": lambda k: "{{ fernet_key }}",
    "the text of Airflow 1.10": lambda k: "cryptography_not_found_storing_passwords_in_plain_text",
    "a character before the padding": lambda k: k[:-1] + "A=",
    "a character in front": lambda k: "A" + k,
    "two keys with a blank": lambda k: k[:-1] + " " + k,
    "== after three of a group": lambda k: k[:11] + "==" + k[11:],
    "a name and a key": lambda k: f"FERNET_KEY={k}",
    "a token": lambda k: Fernet(k).encrypt(b"secret").decode(),
    "a comma within": lambda k: k[:20] + "," + k[20:],
    "base32": lambda k: base64.b32encode(key_bytes(k)).decode(),
}


@pytest.mark.parametrize("spell", REFUSED.values(), ids=REFUSED.keys())
def test_what_python_refuses_is_refused_and_not_shown(fernit, spell):
    text = spell(new_key()).encode()
    assert judged(text) is None, "the judge himself takes it"
    fernit.secrets |= {part for part in text.decode().split() if len(part) > 20 and "$" not in part}
    assert_read_as_python_does(fernit, text)


TOLD = {
    "the bytes that Python prints": (lambda k: f"b'{k}'", "looks like Python's bytes (b'...')"),
    "the bytes in double quotes": (lambda k: f'b"{k}"', "looks like Python's bytes"),
    "a line of a shell": (lambda k: f"export FERNET_KEY={k}", "begins with the name of the option"),
    "a line of YAML": (lambda k: f"AIRFLOW__CORE__FERNET_KEY: {k}", "begins with the name of the option"),
    "hexadecimal digits": (lambda k: key_bytes(k).hex(), "has 64 hexadecimal digits, a Fernet key has 44 characters of base64"),
}


@pytest.mark.parametrize("spell, says", TOLD.values(), ids=TOLD.keys())
def test_what_a_wrong_key_looks_like_is_told(fernit, spell, says):
    text = spell(new_key())
    done = fernit("run", "true", FERNET_KEY=text)
    assert done.returncode == 125 and f"FERNET_KEY: the key {says}" in errors(done)[0]
    assert says in fernit("key", "check", "-", stdin=text).stderr


# --- The whole matrix, systematically


def test_every_byte_at_the_start_the_middle_and_the_end(fernit):
    texts = []
    for byte in range(256):
        for at in (0, 21, 44):
            key = new_key().encode()
            texts.append(key[:at] + bytes([byte]) + key[at:])
    assert_all_read_as_python_does(fernit, texts)


def test_padding_at_every_position(fernit):
    texts = []
    for at in range(45):
        for padding in (b"=", b"==", b"==="):
            key = new_key().encode()
            texts.append(key[:at] + padding + key[at:])
    assert_all_read_as_python_does(fernit, texts)


def test_every_length_with_and_without_padding(fernit):
    texts = []
    for length in range(60):
        for padding in (b"", b"=", b"=="):
            texts.append("".join(random.choices(URLSAFE, k=length)).encode() + padding)
    assert_all_read_as_python_does(fernit, texts)


def test_a_comma_at_every_position(fernit):
    """The list is split first: what stands on both sides must be a key each."""
    key = new_key().encode()
    for at in range(45):
        assert_read_as_python_does(fernit, key[:at] + b"," + key[at:])


JUNK = b" \t\r\n\0!\"'#$%&()*.:;<>?@[]^`{|}~\x80\xa0\xbf\xc3\xff"


def mutated(chance, key):
    """The key after one to four accidents."""
    text = bytearray(key.encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        accident = chance.choice("insert insert insert-junk insert-junk insert-junk pad pad drop swap tail cut comma".split())
        if accident == "insert":
            text[at:at] = chance.choice(URLSAFE + "+/").encode()
        elif accident == "insert-junk":
            text[at:at] = bytes(chance.choices(JUNK, k=chance.randint(1, 3)))
        elif accident == "pad":
            text[at:at] = b"=" * chance.randint(1, 3)
        elif accident == "drop":
            del text[at : at + 1]
        elif accident == "swap" and at < len(text):
            text[at] = chance.choice(URLSAFE.encode())
        elif accident == "tail":
            text += bytes(chance.choices(URLSAFE.encode() + b"=", k=chance.randint(1, 8)))
        elif accident == "cut":
            del text[len(text) - chance.randint(0, 3) :]
        elif accident == "comma" and chance.random() < 0.3:
            text[at:at] = b","
    return bytes(text)


@pytest.mark.parametrize("seed", range(8))
def test_keys_after_random_accidents(fernit, seed):
    chance = random.Random(seed)
    keys = [base64.urlsafe_b64encode(chance.randbytes(32)).decode() for _ in range(300)]
    texts = [mutated(chance, key) for key in keys]
    refused = [text for text in texts if judged(text) is None]
    assert 50 < len(refused) < 280, "the accidents are too hard or too soft to say anything"
    fewer = set(refused[:75])
    assert_all_read_as_python_does(fernit, [text for text in texts if text not in set(refused) or text in fewer])


# --- Lists


def test_the_order_of_a_list_is_kept(fernit):
    keys = [new_key() for _ in range(5)]
    assert fernit("key", "print", FERNET_KEY=",".join(keys)).stdout == ",".join(keys) + "\n"
    keys.reverse()
    assert fernit("key", "print", FERNET_KEY=",".join(keys)).stdout == ",".join(keys) + "\n"


def test_duplicates_fall_out_whatever_their_spelling(fernit):
    first, second = key_with_both_signs(), key_with_both_signs()
    text = ",".join([first, second, first, second.translate(STANDARD), f' "{first}"\n', second + "==", first])
    assert fernit("key", "print", FERNET_KEY=text).stdout == f"{first},{second}\n"


def test_what_is_printed_is_canonical(fernit):
    keys = [key_with_both_signs() for _ in SPELLINGS]
    for key, spell in zip(keys, SPELLINGS.values()):
        text = spell(key)
        if "\0" not in text:
            assert fernit("key", "print", FERNET_KEY=text).stdout == key + "\n"


def test_bytes_that_are_no_text_count_as_junk_in_a_variable_too(fernit):
    key = new_key()
    assert fernit("key", "print", FERNET_KEY=b"\xff\xfe" + key.encode() + b"\x80").stdout == key + "\n"


EMPTY_ELEMENTS = {
    "at the end": ("{0},", 2),
    "at the end, with a newline": ("{0},\n", 2),
    "at the start": (",{0}", 1),
    "in the middle": ("{0},,{1}", 2),
    "blanks in the middle": ("{0}, ,{1}", 2),
    "only commas": (",", 1),
    "quotes": ('{0},""', 2),
}


@pytest.mark.parametrize("text, position", EMPTY_ELEMENTS.values(), ids=EMPTY_ELEMENTS.keys())
def test_an_empty_element_is_refused_with_its_position(fernit, text, position):
    text = text.format(new_key(), new_key())
    assert judged(text.encode()) is None
    done = fernit("key", "fingerprint", "-", stdin=text)
    assert done.returncode == 1
    assert f"key {position} of {text.count(',') + 1}" in done.stderr


@pytest.mark.parametrize("position", [1, 2, 7])
def test_a_bad_element_is_named_by_its_position_and_not_shown(fernit, position):
    elements = [new_key() for _ in range(7)]
    elements[position - 1] = elements[position - 1][:-5]
    done = fernit("run", "--", "true", FERNET_KEY=",".join(elements))
    assert done.returncode == 125
    assert f"key {position} of 7" in done.stderr
    assert "FERNET_KEY" in done.stderr


WRONG = {
    "length": (lambda k: base64.urlsafe_b64encode(key_bytes(k)[:31]).decode(), "has 42 char"),
    "too long": (lambda k: base64.urlsafe_b64encode(key_bytes(k) + b"\0").decode(), "has 44 char"),
    "padding": (lambda k: k[:-1], "lacks its last character"),
    "variable": (lambda k: "$FERNET_KEY", "looks like"),
    "variable in braces": (lambda k: "${FERNET_KEY}", "looks like"),
    "alphabet": (lambda k: "!!!", "has 0 char"),
}


@pytest.mark.parametrize("spell, says", WRONG.values(), ids=WRONG.keys())
def test_the_message_says_what_is_wrong(fernit, spell, says):
    done = fernit("run", "--", "true", FERNET_KEY=spell(new_key()))
    assert done.returncode == 125
    assert says in done.stderr


def test_a_list_has_at_most_64_keys(fernit):
    keys = [new_key() for _ in range(65)]
    done = fernit("key", "fingerprint", "-", stdin=",".join(keys[:64]))
    assert done.stdout.split() == [fingerprint(key) for key in keys[:64]]
    done = fernit("key", "fingerprint", "-", stdin=",".join(keys))
    assert (done.returncode, done.stdout) == (1, "")
    assert "65" in done.stderr and "64" in done.stderr


# --- key generate


def test_generate_prints_one_canonical_key(fernit):
    text = fernit("key", "generate").stdout
    assert text.endswith("\n")
    assert judged(text.encode()) == [text.strip()]
    assert len(text) == 45


def test_generate_never_prints_the_same_key_again(fernit):
    assert len({fernit("key", "generate").stdout for _ in range(30)}) == 30


def test_generate_stores_nothing_and_reads_nothing(fernit, tmp_path):
    done = fernit("key", "generate", FERNET_KEY="no key at all", FERNET_KEY_FILE="/no/such/file")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


# --- key print


def test_print_never_makes_a_key(fernit, tmp_path):
    done = fernit("key", "print")
    assert (done.returncode, done.stdout) == (1, "")
    assert "fernit init" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_print_gives_the_ring_that_a_run_would_use(fernit, child_sees, stored):
    outside, kept = new_key(), new_key()
    stored([kept])
    printed = fernit("key", "print", FERNET_KEY=outside).stdout
    assert printed == f"{outside},{kept}\n"
    assert child_sees(FERNET_KEY=outside)["AIRFLOW__CORE__FERNET_KEY"] == printed.strip()


def test_print_runs_the_command_as_a_run_would(fernit):
    key = new_key()
    assert fernit("key", "print", AIRFLOW__CORE__FERNET_KEY_CMD=f"echo {key}").stdout == key + "\n"


def test_print_leaves_a_key_to_the_secrets_backend_and_says_so(fernit):
    done = fernit("key", "print", AIRFLOW__CORE__FERNET_KEY_SECRET="path/of/it")
    assert (done.returncode, done.stdout) == (1, "")
    assert "AIRFLOW__CORE__FERNET_KEY_SECRET" in done.stderr


def test_print_changes_nothing(fernit, stored, store):
    stored(new_key())
    before = sorted(os.listdir(store))
    assert fernit("key", "print").returncode == 0
    assert sorted(os.listdir(store)) == before


# --- key check, key fingerprint


def test_the_fingerprint_of_a_known_key(fernit):
    done = fernit("key", "fingerprint", "-", stdin="A" * 43 + "=")
    assert done.stdout == fingerprint(bytes(32)) + "\n"
    assert len(done.stdout) == 17


def test_fingerprint_gives_one_a_line(fernit):
    keys = [new_key(), new_key()]
    done = fernit("key", "fingerprint", "-", stdin=",".join(keys))
    assert done.stdout == "".join(fingerprint(key) + "\n" for key in keys)


def test_check_tells_which_key_encrypts(fernit):
    keys = [new_key(), new_key()]
    done = fernit("key", "check", "-", stdin=",".join(keys))
    assert done.returncode == 0
    assert done.stdout == f"2 keys: {fingerprint(keys[0])} (encrypts), {fingerprint(keys[1])}\n"
    assert fernit("key", "check", "-", stdin=keys[0]).stdout == f"1 key: {fingerprint(keys[0])} (encrypts)\n"


@pytest.fixture(params=["check", "fingerprint"])
def look_at(fernit, request):
    return lambda *words, **options: fernit("key", request.param, *words, **options)


def test_a_file_is_looked_at_whatever_the_sources_say(look_at, tmp_path, stored):
    stored(new_key())
    file = tmp_path / "key"
    key = new_key()
    file.write_text(key + "\n")
    done = look_at(file, FERNET_KEY=new_key())
    assert done.returncode == 0
    assert fingerprint(key) in done.stdout
    assert len(done.stdout.splitlines()) == 1


def test_without_a_file_it_is_what_a_run_would_use(look_at, stored):
    key = new_key()
    stored(key)
    assert fingerprint(key) in look_at().stdout


def test_without_any_key_there_is_nothing_to_look_at(look_at, tmp_path):
    done = look_at()
    assert (done.returncode, done.stdout) == (1, "")
    assert list(tmp_path.iterdir()) == []


def no_file(path):
    pass


def long_file(path):
    path.write_text("A" * 43 + "=" + " " * 65536)


def fifo(path):
    os.mkfifo(path)


def directory(path):
    path.mkdir()


def empty_file(path):
    path.touch()


def dangling_link(path):
    path.symlink_to(path.parent / "nowhere")


@pytest.mark.parametrize("make", [no_file, directory, fifo, empty_file, long_file, dangling_link])
def test_what_is_no_key_file_is_a_problem_that_names_it(look_at, tmp_path, make):
    path = tmp_path / "the-key"
    make(path)
    done = look_at(path, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [*errors(done), *hints(done)] and "the-key" in "".join(errors(done))


def test_empty_standard_input_is_a_problem(look_at):
    assert look_at("-", stdin="").returncode == 1


def test_endless_standard_input_is_a_problem(look_at):
    with open("/dev/zero", "rb") as zeros:
        done = look_at("-", popen={"stdin": zeros}, timeout=60)
    assert done.returncode == 1
    assert "standard input" in done.stderr


def test_two_files_are_wrong_usage(look_at, tmp_path):
    assert look_at("a", "b").returncode == 2


@pytest.mark.parametrize("words", [["generate", "word"], ["print", "word"], ["pritn"], [], ["check", "a", "b"]])
def test_wrong_usage_is_2(fernit, words):
    done = fernit("key", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(errors(done)) == 1


@pytest.mark.parametrize("words", [["generate"], ["print"], ["check"], ["fingerprint"]])
def test_a_full_disk_behind_standard_output_is_a_problem(fernit, words):
    with open("/dev/full", "wb") as full:
        done = fernit("key", *words, popen={"stdout": full}, FERNET_KEY=new_key())
    assert done.returncode == 1


# --- What waits, and what fails


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("verb", ["check", "fingerprint"])
def test_a_signal_ends_one_that_waits_for_its_input(fernit, verb, number):
    process = fernit.start("key", verb, "-", popen={"stdin": subprocess.PIPE})
    wait_for(lambda: pathlib.Path(f"/proc/{process.pid}/syscall").read_text().startswith("0 0x0 "))  # read(0, ...)
    process.send_signal(number)
    assert process.wait(timeout=10) == -number


@pytest.mark.parametrize("when", [2, 3, 4, 5])
def test_random_bytes_that_cannot_be_had_end_a_start_as_any_failure(fernit, store, when):
    trace = Trace("/dev/null", [f"getrandom:error=EPERM:when={when}+"], only="getrandom")
    done = fernit("init", prefix=trace.prefix)
    assert done.returncode in (0, 125)
    assert done.returncode == 0 or "cannot get random bytes" in errors(done)[-1]
    assert fernit("init").returncode == 0
