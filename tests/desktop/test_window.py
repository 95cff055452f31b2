"""The real window on a virtual display: with the probe page, and the whole app with its page and its models."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from process_tree import alive, command, descendants
from window_driver import REAL_WINDOW, run_driver

pytestmark = REAL_WINDOW

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
Until = Callable[..., float]


@pytest.fixture(scope="module")
def seen(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the driver saw; one window for all the tests below."""
    folder = tmp_path_factory.mktemp("driven")
    seen = run_driver("drive_window.py", folder, environment)
    return seen | {"folder": folder, "cache": Path(environment["XDG_CACHE_HOME"])}


def test_the_page_is_greeted_and_nothing_violates_its_policy(seen: dict[str, Any]) -> None:
    names = "engine settings run kept export people limits photos"
    assert set(seen["snapshot"]) == set(names.split())
    assert seen["violations at start"] == []
    assert seen["style"] == {"value": "rgb(10, 120, 200)"}


@pytest.mark.parametrize("way", ["eval", "Function", "innerHTML", "fetch"])
def test_the_policy_holds_in_the_window(seen: dict[str, Any], way: str) -> None:
    assert "error" in seen[way]


def test_calls_are_answered_and_wrong_ones_refused(seen: dict[str, Any]) -> None:
    assert seen["analyze"] == {"value": 0}
    assert set(seen["about"]["value"]) >= {"version", "provider", "packages", "licences"}
    assert seen["wrong type"] == {"error": "TypeError: ids are a list or null"}
    assert seen["wrong count"]["error"].startswith("TypeError")
    assert seen["quotes"] == {"error": "ValueError: there is no such setting"}


def test_the_page_reaches_the_calls_and_nothing_behind_them(seen: dict[str, Any]) -> None:
    from desktop.bridge import CALLS  # noqa: PLC0415

    assert seen["api"]["value"] == list(CALLS)
    assert seen["kept"] == 1
    assert seen["reached"] == {"value": []}


def test_a_drop_brings_the_real_path_of_every_file(seen: dict[str, Any]) -> None:
    sys.path.insert(0, str(HERE))
    from drive_window import NAMES  # noqa: PLC0415

    drop = os.fsencode(seen["folder"] / "drop")
    expected = [drop + b"/" + os.fsencode(name) for name in NAMES]
    expected += [drop + b"/\xff.jpg", drop + b"/folder/deep/inside.png"]
    assert [bytes.fromhex(path) for path in seen["dropped"]] == expected
    assert seen["states"] == ["done"] * len(expected)
    assert seen["names"] == [Path(name).name for name in NAMES] + ["\ufffd.jpg", "inside.png"]


def test_the_page_shows_pictures(seen: dict[str, Any]) -> None:
    assert seen["picture"] == {"value": 32}


def test_files_and_pictures_are_pasted(seen: dict[str, Any]) -> None:
    # The file whose name is not valid text is in the album already, from the drop.
    assert seen["pasted"] == [[1, 1, 0], ["copied %41 写真.jpg", "Pasted 1.png"]]
    assert seen["pasted picture"] == ["\x89PNG", 31, 17, [10, 120, 200]]
    assert seen["key"] == "true v"


def test_the_window_goes_nowhere_else(seen: dict[str, Any]) -> None:
    assert seen["stayed"]
    assert seen["came back"]
    assert seen["window.open"] == {"value": None}


def test_a_reloaded_page_gets_everything_and_drops_go_on(seen: dict[str, Any]) -> None:
    assert seen["after reload"] == len(seen["dropped"])
    assert not seen["told before the answer to hello"]
    assert seen["told twice"] is False


def test_a_page_whose_process_is_killed_comes_back(seen: dict[str, Any]) -> None:
    assert seen["after the page was killed"] == {"value": ["last.jpg"]}


def test_nobody_waits_for_a_page_that_was_killed(seen: dict[str, Any]) -> None:
    assert seen["waits for a page that stands still"] is True
    assert seen["waits for a page that was killed"] is False


def test_an_answer_that_comes_late_is_let_fall(seen: dict[str, Any]) -> None:
    assert seen["after a late answer"] == [1, 2, 3]


def test_the_garbage_that_events_leave_in_the_page_is_collected(seen: dict[str, Any]) -> None:
    assert seen["garbage is collected"] is True


def test_cancel_is_answered_at_once_in_the_page(seen: dict[str, Any]) -> None:
    assert seen["cancelled"] == {"value": True}
    assert seen["meanwhile"] == "cancelling"  # the current photo was not waited for


def test_the_picture_of_the_window_shows_the_page(seen: dict[str, Any]) -> None:
    with Image.open(seen["folder"] / "window.png") as picture:
        assert picture.size == (1180, 760)
        assert picture.convert("RGB").getpixel((600, 700)) == (10, 120, 200)


def test_a_screenshot_waits_for_what_moves(seen: dict[str, Any]) -> None:
    with Image.open(seen["folder"] / "screenshot.png") as picture:
        assert picture.convert("RGB").getpixel((600, 700)) == (200, 30, 10)


def test_closing_the_window_ends_everything(seen: dict[str, Any]) -> None:
    assert seen["status"] == 0
    assert seen["worker closed"]
    assert list(seen["cache"].glob("Agelens/agelens-run-*")) == []


@pytest.fixture(scope="module")
def six_faces() -> str:
    """InsightFace's own test photo."""
    found = importlib.util.find_spec("insightface")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "data" / "images" / "t1.jpg")


def start(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_app_shows_six_ages(environment: dict[str, str], six_faces: str, tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, str(HERE / "drive_app.py"), str(tmp_path), six_faces],
        env=environment | {"QT_LOGGING_RULES": "default.warning=false"},  # keeps the page's console messages
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    seen = json.loads(answer.stdout)
    assert "failed" not in seen, seen["failed"] + answer.stderr
    assert len(seen["ages"]) == len(seen["cards"]) == 6
    for age in seen["ages"]:
        assert any(str(round(age)) in card for card in seen["cards"])
    assert seen["pictures"] >= 7  # the photo and six crops
    assert seen["broken"] == 0
    assert seen["exported"] == ["album.csv", "album.html", "album.json", "t1.jpg"]
    assert seen["copied"].startswith("t1.jpg: 6 faces\n")
    assert seen["answers while the models load"] == [[1, "loading"], [2, "loading"], [3, "loading"]]
    # The page does nothing against its policy, and has no errors.
    said = [line for line in answer.stderr.splitlines() if line.startswith("js:") and "sandbox attribute" not in line]
    assert said == []


def test_the_app_is_closed_opened_again_and_continues(
    environment: dict[str, str], six_faces: str, astronaut_photo: Path, tmp_path: Path
) -> None:
    def run(*arguments: str) -> dict[str, Any]:
        answer = subprocess.run(
            [sys.executable, str(HERE / "drive_reopen.py"), str(tmp_path), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        seen: dict[str, Any] = json.loads(answer.stdout)
        assert "failed" not in seen, seen["failed"] + answer.stderr
        return seen

    first = run("analyze", six_faces, str(astronaut_photo))
    second = run("continue")
    assert second["photos before"] == 0
    assert "Continue with the last album" in second["offer"]
    assert "2 photos, 1 name, opened on" in second["offer"]
    assert second["states"] == ["done", "done"]
    assert second["run"]["total"] == 0  # nothing was analyzed again
    assert len(second["cards"]) == 6
    assert (first["names"], second["names"]) == ([""] * 6, ["Anna", *[""] * 5])  # it had only been typed into its field
    for same in ("cells", "cards", "pictures"):
        assert second[same] == first[same]
    assert second["broken"] == 0
    assert first["place"] == second["place"] == {"width": 940, "height": 620, "x": 90, "y": 60, "maximized": False}
    assert [one.name for one in sorted((tmp_path / "data").iterdir())] == ["album.sqlite3", "album.sqlite3.lock"]


def test_a_later_start_gives_its_photos_to_the_window(environment: dict[str, str], tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="agelens-") as data:  # short enough for a socket in it
        where = {"PYTHONPATH": str(HERE.parents[1]), "XDG_DATA_HOME": data}
        seen = run_driver("drive_handover.py", tmp_path, environment | where)
    assert seen["starts"] == [[0, "Agelens is already open: its window comes to the front.\n", ""]] * 4
    assert seen["while it hangs"] is False
    assert seen["photos"] == [str(tmp_path / "first.png"), str(tmp_path / "second.png")]


def test_the_app_saves_its_picture(environment: dict[str, str], six_faces: str, tmp_path: Path) -> None:
    file = tmp_path / "window.png"
    data = {"XDG_DATA_HOME": str(tmp_path / "data")}
    with start(
        environment | data, "-m", "desktop", six_faces, str(tmp_path / "missing.jpg"), "--screenshot", str(file)
    ) as app:
        out, err = app.communicate(timeout=240)
    assert app.returncode == 0, err
    assert (out, err) == ("", "")
    with Image.open(file) as picture:
        assert picture.size == (1180, 760)
        assert len(picture.convert("RGB").getcolors(2**24) or []) > 10_000  # a photo, not an empty page
    assert list(Path(environment["XDG_CACHE_HOME"]).glob("Agelens/agelens-run-*")) == []
    assert not (tmp_path / "data").exists()  # a run that only takes a screenshot keeps no album


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGKILL"])  # by name, as Windows lacks SIGKILL
def test_no_process_is_left_when_the_app_is_ended(
    environment: dict[str, str], six_faces: str, until: Until, name: str
) -> None:
    number = signal.Signals[name]
    app = start(environment, str(HERE / "drive_command.py"), six_faces)
    try:
        assert app.stdout is not None
        assert app.stdout.readline() == "ready\n"
        until(lambda: any("spawn_main" in command(pid) for pid in descendants(app.pid)))
        started = descendants(app.pid)
        assert any("QtWebEngineProcess" in command(pid) for pid in started)
        app.send_signal(number)
        app.wait(60)
        until(lambda: not alive(started))
    finally:
        app.kill()
        app.communicate()
    left = list(Path(environment["XDG_CACHE_HOME"]).glob("Agelens/agelens-run-*"))
    if number == signal.SIGKILL:
        assert len(left) == 1  # no process was left to remove it; the next start does
    else:
        assert app.returncode == 0
        assert left == []
