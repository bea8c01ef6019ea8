"""A disk that fills up, or a limit of the size of files, in the middle of a write: part of it arrives, and then no more."""
import itertools
import os

import pytest

from system import bind
from test_faults import BY_CFG, OPERATORS, with_cfg
from trials import CFG, Place, Proof, Scenario

PAGE = os.sysconf("SC_PAGE_SIZE")

#: A key more, and it takes another page.
LONG = OPERATORS + b"# " + b"x" * (2 * PAGE - len(OPERATORS) - 12) + b"\n"


@pytest.fixture
def place(namespace):
    place = Place(namespace)
    yield place
    place.remove()


def bytes_of_a_file(size):
    return ["prlimit", f"--fsize={size}"]


@pytest.fixture
def disk(namespace):
    """disk(folder): a file system of its own there; two functions that give words in front of fernit, for which it is so small."""

    def mount(folder):
        folder.mkdir(exist_ok=True)
        namespace.tmpfs(folder)
        script = 'mount -n -o "remount,$1" "$2" || exit; folder=$2; shift 2; "$@"; status=$?; mount -n -o remount,size=1m,nr_inodes=1k "$folder"; exit $status'

        def pages(count):
            return ["sh", "-c", script, "sh", f"size={count * PAGE}", folder]

        def inodes(count):
            return ["sh", "-c", script, "sh", f"nr_inodes={count}", folder]

        return pages, inodes

    return mount


def with_long_cfg(place, run):
    with_cfg(place, run)
    place.put(CFG, LONG)


def cfg_write(name, before):
    return Scenario(name, words=BY_CFG, after=BY_CFG, before=before, by_cfg=True)


def test_a_first_boot_under_every_limit_of_the_size_of_files(place):
    Proof(Scenario("first boot, size limit", generates=True), place).every_limit(bytes_of_a_file, itertools.count()).report()


def test_a_cfg_write_under_every_limit_of_the_size_of_files(place):
    Proof(cfg_write("cfg write, size limit", with_cfg), place).every_limit(bytes_of_a_file, itertools.count()).report()


def test_a_first_boot_on_a_disk_with_room_for_less(place, disk):
    pages, inodes = disk(place.store.parent)
    proof = Proof(Scenario("first boot, full disk", generates=True), place)
    proof.every_limit(pages, itertools.count(1)).every_limit(inodes, itertools.count(1)).report()


def test_a_cfg_write_on_a_disk_with_room_for_less(place, disk):
    pages, inodes = disk(place.home)
    proof = Proof(cfg_write("cfg write, full disk", with_long_cfg), place)
    proof.every_limit(pages, itertools.count(2)).every_limit(inodes, itertools.count(2)).report()


def test_a_cfg_write_in_place_on_a_disk_with_room_for_less(place, disk, namespace):
    """On another disk than AIRFLOW_HOME, as a file of the host's is."""
    host = place.folder / "host"
    pages, inodes = disk(host)

    def before(place, run):
        with_long_cfg(place, run)
        place.put("host/airflow.cfg", LONG)
        bind(namespace, host / "airflow.cfg", place.cfg)

    proof = Proof(cfg_write("cfg write in place, full disk", before), place)
    proof.every_limit(pages, itertools.count(2)).every_limit(inodes, itertools.count(2)).report()
    assert proof.count["mended"], "no write was cut short in the middle of the file"
