"""desktop.pictures"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from desktop_doubles import jpeg

from desktop.pictures import PREFIX, Pictures
from engine.worker_messages import Outcome


def name_of(address: str | None) -> str:
    assert address is not None
    return address.removeprefix(PREFIX)


def test_pictures_are_kept_and_found_by_address(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    made = pictures.put("p1", Outcome(None, b"preview", b"thumbnail", (b"one", b"two")))
    contents = [pictures.read(name_of(address)) for address in (made.preview, made.thumbnail, *made.faces)]
    assert contents == [b"preview", b"thumbnail", b"one", b"two"]
    pictures.close()
    assert list(tmp_path.iterdir()) == []


def test_another_picture_has_another_address_and_the_same_keeps_it(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    first = pictures.put("p1", Outcome(None, b"upright", b"t"))
    assert pictures.put("p1", Outcome(None, b"upright", b"t")) == first
    assert pictures.put("p1", Outcome(None, b"turned", b"t")).preview != first.preview
    pictures.close()


def test_previews_are_dropped_oldest_use_first_and_stay_known(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path, preview_limit=25)
    names = [name_of(pictures.put(f"p{n}", Outcome(None, bytes([n]) * 10, b"t")).preview) for n in range(2)]
    assert pictures.read(names[0]) is not None  # used just now, so the other one goes
    pictures.put("p3", Outcome(None, b"x" * 10, b"t"))
    assert pictures.read(names[0]) is not None
    assert pictures.read(names[1]) is None
    assert pictures.photo_of(names[1]) == "p1"
    pictures.restore("p1", [names[1]], Outcome(None, b"again", b"t"))
    assert pictures.read(names[1]) == b"again"
    pictures.close()


def test_forgotten_pictures_are_gone_from_disk(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    address = pictures.put("p1", Outcome(None, b"preview", b"thumbnail", (b"face",))).preview
    kept = pictures.put("p10", Outcome(None, b"other", b"thumbnail")).preview
    pictures.forget(["p1"])
    assert pictures.read(name_of(address)) is None
    assert pictures.photo_of(name_of(address)) is None
    assert not list(tmp_path.glob("*/p1-*"))
    assert pictures.read(name_of(kept)) == b"other"
    pictures.restore("p1", [name_of(address)], Outcome(None, b"late", b"t"))
    assert not list(tmp_path.glob("*/p1-*"))
    pictures.close()


def test_promised_pictures_are_kept_once_they_are_made(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    promised = pictures.promise("p1", faces=2)
    other = pictures.promise("p2", faces=0)
    names = [name_of(address) for address in (promised.thumbnail, promised.preview, *promised.faces)]
    assert len(set(names)) == 4
    assert {pictures.photo_of(name) for name in names} == {"p1"}
    assert [pictures.read(name) for name in names] == [None] * 4
    pictures.restore("p1", names[:1], Outcome(None))  # it could not be made
    assert pictures.read(names[0]) is None
    pictures.restore("p1", names[:1], Outcome(None, b"preview", b"thumbnail", (b"one", b"two")), promised.faces)
    assert [pictures.read(name) for name in names] == [b"thumbnail", b"preview", b"one", b"two"]
    assert pictures.read(name_of(other.thumbnail)) is None
    pictures.forget(["p1", "p2"])
    pictures.restore("p1", names, Outcome(None, b"late", b"late"))
    assert not list(tmp_path.glob("*/p1-*"))
    pictures.close()


@pytest.mark.parametrize("name", ["lock", "../x", "/etc/passwd", "", ".", "p1-preview-0.jpg"])
def test_only_pictures_can_be_read(tmp_path: Path, name: str) -> None:
    pictures = Pictures(tmp_path)
    assert pictures.read(name) is None
    pictures.close()


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_the_folder_is_private(tmp_path: Path) -> None:
    pictures = Pictures(tmp_path)
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    pictures.close()


def test_what_a_killed_run_left_is_removed_and_a_living_one_is_not(tmp_path: Path) -> None:
    living = Pictures(tmp_path)
    address = living.put("p1", Outcome(None, jpeg(), jpeg())).preview
    script = (
        "import os, sys; from pathlib import Path\n"
        "from desktop.pictures import Pictures; from engine.worker_messages import Outcome\n"
        "Pictures(Path(sys.argv[1])).put('p1', Outcome(None, b'left behind', b't')); os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=root, check=False, timeout=60)
    assert len(list(tmp_path.iterdir())) == 2
    second = Pictures(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2  # the living run's and this one's
    assert living.read(name_of(address)) is not None
    second.close()
    living.close()
