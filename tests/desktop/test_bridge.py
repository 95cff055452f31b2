"""desktop.bridge: every call of docs/bridge.md, its shapes, and what it refuses."""

from __future__ import annotations

import inspect
import json
import math
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from desktop.bridge import CALLS, MOST_IDS, Bridge
from desktop.clipboard import Clip
from desktop.events import PHOTOS_PER_EVENT

Until = Callable[..., float]

USUAL = {"analyze_on_drop": True, "keep_album": True, "theme": "system", "language": "system"}

CONTRACT = (Path(__file__).parents[2] / "docs" / "bridge.md").read_text(encoding="utf-8")


LISTED = set("id name folder state thumbnail summary modified taken corrected".split())
"""What a list has of a photo."""


def shape(name: str) -> set[str]:
    """Fields of a shape, as docs/bridge.md lists them."""
    body = re.search(rf"^    {name}\s+\{{(.*?)\}}$", CONTRACT, re.DOTALL | re.MULTILINE)
    assert body is not None, name
    text = re.sub(r"\{.*?\}", "", body[1])  # nested shapes
    return set(re.findall(r"(\w+)(?=\s*[:,}]|\s*$)", re.sub(r":[^,\n]*(?:\"[^\n]*)?", ":", text))) - {"null"}


def test_the_calls_are_the_contracts() -> None:
    """What becomes public in `Bridge` by mistake is in the page's reach, and fails here."""
    listed = re.findall(r"^\| `(\w+)\(", CONTRACT, re.MULTILINE)
    assert list(CALLS) == listed
    assert all(inspect.isfunction(vars(Bridge)[name]) for name in CALLS)


def test_everything_else_of_the_bridge_is_private(shell: Any) -> None:
    """pywebview walks public attributes recursively."""
    assert {name for name in dir(shell.bridge) if not name.startswith("_")} == set(CALLS)


def test_snapshot(shell: Any) -> None:
    shell.album.add(["a.jpg"])
    snapshot = shell.greet()
    names = "engine settings run kept export people limits photos"
    assert set(snapshot) == shape("Snapshot") == set(names.split())
    assert set(snapshot["engine"]) == {"state", "message"}
    assert snapshot["engine"]["state"] == "loading"
    assert snapshot["settings"] == USUAL
    assert snapshot["run"] == {"state": "idle", "done": 0, "total": 0, "seconds_left": None, "photos_per_minute": None}
    assert snapshot["export"] == {"state": "idle", "done": 0, "total": 0, "result": None}
    assert set(snapshot["photos"][0]) == LISTED
    json.dumps(snapshot, allow_nan=False)


def test_all_about_a_photo_comes_when_it_is_shown(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    (photo_id,) = shell.album.add(shell.photos("a.jpg")).new
    assert shell.bridge.show(photo_id) is True
    shell.bridge.analyze([photo_id])

    def wholes() -> list[dict[str, Any]]:
        return [event["photo"] for event in shell.sent if event["event"] == "whole"]

    until(lambda: wholes() and wholes()[-1]["state"] == "done" and shell.events.delivered)
    whole = wholes()[-1]
    assert set(whole) == LISTED | {"preview", "enlarged", "faces", "report", "undoable", "camera"}
    assert len(whole["report"]["faces"][0]["age"]["distribution"]) == 101
    assert whole["summary"] == {"status": "ok", "ages": [34.2], "uncertain": [False], "names": [], "year": None}
    listed = [photo for event in shell.sent if event["event"] == "photos" for photo in event["photos"]]
    assert {key: value for key, value in whole.items() if key in LISTED} == listed[-1]
    assert set(listed[-1]) == LISTED
    shell.bridge.remove([photo_id])
    assert shell.bridge.show(photo_id) is False


def test_photos_beyond_the_first_hundreds_follow_the_snapshot(shell: Any, until: Until) -> None:
    shell.start()
    shell.album.add(f"{n}.jpg" for n in range(PHOTOS_PER_EVENT + 130))
    snapshot = shell.greet()
    assert len(snapshot["photos"]) == PHOTOS_PER_EVENT
    until(lambda: sum(len(event["photos"]) for event in shell.sent if event["event"] == "photos") == 130)


def test_picked_photos_wait_and_get_their_pictures(shell: Any, until: Until) -> None:
    shell.start()
    shell.chosen = shell.photos("a.jpg", "b.jpg")
    assert shell.bridge.pick_photos() == 2
    assert shell.bridge.pick_photos() == 0  # the same ones
    until(lambda: all(photo.pictures for photo in shell.album.photos()))
    assert shell.states() == ["waiting", "waiting"]
    assert shell.bridge.analyze(None) == 2
    until(lambda: shell.states() == ["done", "done"])


def test_of_a_picked_folder_all_photos_wait(shell: Any, until: Until) -> None:
    shell.start()
    shell.photos("f/a.jpg", "f/deep/er/b.jpg", "f/notes.txt")
    shell.chosen = [str(shell.folder / "f")]
    assert shell.bridge.pick_folder() == 2
    until(lambda: all(photo.pictures for photo in shell.album.photos()))
    assert shell.states() == ["waiting", "waiting"]
    assert shell.bridge.pick_folder() == 0


def test_pasted_files_are_taken_as_dropped_ones(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    shell.clip = Clip(tuple(shell.photos("a.jpg", "b.jpg")))
    assert shell.bridge.paste() == 2
    until(lambda: shell.states() == ["done", "done"])
    shell.bridge.set_setting("analyze_on_drop", False)
    shell.clip = Clip(tuple(shell.photos("c.jpg")))
    assert shell.bridge.paste() == 1
    until(lambda: shell.album.photos()[-1].pictures is not None)
    assert shell.states() == ["done", "done", "waiting"]
    until(lambda: shell.events.delivered)
    assert shell.notices() == []


def test_a_pasted_picture_is_kept_for_the_run_once(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    for content, number in ((b"one", 1), (b"one", 0), (b"other", 1)):
        shell.clip = Clip(picture=content)
        assert shell.bridge.paste() == number
    until(lambda: shell.states() == ["done", "done"])
    photos = shell.album.photos()
    assert [photo.to_json()["name"] for photo in photos] == ["Pasted 1.png", "Pasted 2.png"]
    assert [Path(photo.path).read_bytes() for photo in photos] == [b"one", b"other"]
    lost = "Pasted pictures are lost when the window closes. To keep one, save it as a file and add that."
    until(lambda: shell.notices().count(lost) == 3)
    shell.pictures.close()
    assert not any(Path(photo.path).exists() for photo in photos)


def test_nothing_to_paste_is_told(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    assert shell.bridge.paste() == 0
    until(lambda: any("no photo to paste" in event.get("text", "") for event in shell.sent))


def test_a_pasted_picture_that_cannot_be_kept_is_told(
    shell: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shell.pictures, "keep_pasted", full)
    shell.start()
    shell.greet()
    shell.clip = Clip(picture=b"one")
    assert shell.bridge.paste() == 0
    until(lambda: any("the disk is full" in event.get("text", "") for event in shell.sent))
    assert shell.album.photos() == []


@pytest.mark.parametrize("call", ["pick_photos", "pick_folder"])
def test_a_dialog_that_is_cancelled_adds_nothing(shell: Any, call: str) -> None:
    assert getattr(shell.bridge, call)() == 0


def test_a_second_dialog_is_not_opened_over_the_first(shell: Any) -> None:
    inner: list[int] = []

    def choose() -> list[str]:
        inner.append(shell.bridge.pick_photos())
        return []

    shell.choose_photos = choose
    assert shell.bridge.pick_photos() == 0
    assert inner == [0]


def test_analyze_cancel_remove(shell: Any, until: Until) -> None:
    ids = list(shell.album.add(shell.photos("a.jpg", "b.jpg", "c.jpg")).new)
    assert shell.bridge.analyze([*ids, ids[0], "p999"]) == 3
    assert shell.bridge.analyze(ids) == 0  # queued already
    assert shell.bridge.cancel() is True
    assert shell.states() == ["waiting"] * 3
    assert shell.bridge.remove([ids[0], "p999"]) == 1
    assert shell.bridge.remove(None) == 2
    assert shell.album.photos() == []
    assert all(Path(shell.folder / name).exists() for name in ("a.jpg", "b.jpg", "c.jpg"))


@pytest.mark.parametrize("call", ["analyze", "remove"])
@pytest.mark.parametrize(
    "ids",
    [5, "p1", {"0": "p1"}, True, [1], [None], [["p1"]], ["p1", 2], ["x" * 33], ["p1"] * (MOST_IDS + 1)],
    ids=lambda value: f"{type(value).__name__}-{len(value) if hasattr(value, '__len__') else value}",
)
def test_wrong_ids_are_refused_and_change_nothing(shell: Any, call: str, ids: object) -> None:
    shell.album.add(shell.photos("a.jpg"))
    with pytest.raises((TypeError, ValueError)):
        getattr(shell.bridge, call)(ids)
    assert shell.states() == ["waiting"]


def test_settings(shell: Any) -> None:
    assert shell.bridge.set_setting("analyze_on_drop", False) == USUAL | {"analyze_on_drop": False}
    assert shell.greet()["settings"] == USUAL | {"analyze_on_drop": False}


def test_a_notice_that_comes_while_the_page_loads_in_another_language_is_shown_then(shell: Any, until: Until) -> None:
    shell.start()
    shell.greet()
    shell.bridge.set_setting("language", "de")
    shell.events.notice("The export was canceled.")
    assert not shell.events.delivered
    shell.greet("de")
    until(lambda: shell.notices() == ["Der Export wurde abgebrochen."])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("analyze_on_drop", 1),
        ("analyze_on_drop", None),
        ("theme", "pink"),
        ("theme", True),
        ("language", "fr"),
        ("language", '"><script>'),
        ("other", True),
        (3, True),
        (None, True),
        ("x" * 10_000, True),
    ],
)
def test_wrong_settings_are_refused(shell: Any, name: object, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        shell.bridge.set_setting(name, value)
    assert shell.greet()["settings"] == USUAL


def test_a_setting_that_cannot_be_saved_is_in_force_and_told(shell: Any, until: Until) -> None:
    (shell.folder / "config").write_text("a file where the folder should be")
    shell.start()
    shell.greet()
    assert shell.bridge.set_setting("analyze_on_drop", False) == USUAL | {"analyze_on_drop": False}
    until(lambda: any(event["event"] == "notice" and event["kind"] == "warning" for event in shell.sent))


def test_an_error_of_the_page_is_logged(shell: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert shell.bridge.fault("TypeError: x is undefined\n at step") is True
    assert shell.bridge.fault("y" * 1_000_000) is True
    assert [message[:40] for message in caplog.messages] == [
        "in the page: TypeError: x is undefined\n at step"[:40],
        "in the page: " + "y" * 27,
    ]
    assert len(caplog.messages[1]) < 5_000


def test_about(shell: Any, until: Until) -> None:
    before = shell.bridge.about()
    assert before["provider"] == "not loaded yet"
    shell.start()
    until(lambda: shell.jobs.engine["state"] == "ready")
    about = shell.bridge.about()
    told = {"version", "commit", "python", "platform", "provider", "packages", "folders", "model", "licences", "notes"}
    assert set(about) == told
    assert about["folders"] == [str(shell.folder / "data"), str(shell.folder / "config")]
    assert about["commit"] is None
    assert about["provider"] == "CPUExecutionProvider"
    assert set(about["licences"]) == {"code", "weights", "qt", "others"}
    assert all(isinstance(note, str) for note in about["notes"])
    assert "insightface" in about["packages"]
    json.dumps(about, allow_nan=False)


# Whatever a page that has been taken over may send

WRONG: dict[str, object] = {
    "null": None,
    "true": True,
    "number": 3,
    "fraction": 1.5,
    "no number": math.nan,
    "infinity": -math.inf,
    "huge number": 10**400,
    "blank": " ",
    "text": "p1",
    "long text": "x" * 1_000_000,
    "markup": "<script>",
    "half a character": "\ud800",
    "list": [],
    "list of numbers": [1, 2, 3, 4],
    "box of nothing": [None] * 4,
    "box without end": [0, 0, math.inf, 1],
    "box of infinite place": [10**400, 0, 1, 1],
    "list of lists": [[["p1"]]],
    "long list": ["p1"] * (MOST_IDS + 1),
    "object": {"p1": "p1"},
}

NONE = {"null"}
TEXTS = {"blank", "text", "markup", "half a character"}

TAKES: dict[str, dict[str, tuple[object, set[str]]]] = {
    "hello": {"language": ("en", set())},
    "analyze": {"ids": ([], NONE | {"list"})},
    "show": {"photo_id": ("p9", TEXTS)},
    "remove": {"ids": ([], NONE | {"list"})},
    "explain": {"photo_id": ("p9", TEXTS), "box": ([1, 2, 3, 4], {"list of numbers"})},
    "add_face": {"photo_id": ("p9", TEXTS), "box": ([1, 2, 3, 4], {"list of numbers"})},
    "remove_face": {"photo_id": ("p9", TEXTS), "box": ([1, 2, 3, 4], {"list of numbers"})},
    "undo": {"photo_id": ("p9", TEXTS)},
    "name_face": {
        "photo_id": ("p9", TEXTS),
        "box": ([1, 2, 3, 4], {"list of numbers"}),
        "name": ("Anna", NONE | TEXTS),
        "undoing": (False, {"true"}),
    },
    "rename": {
        "name": ("Anna", TEXTS - {"blank", "half a character"}),
        "to": ("Ben", TEXTS - {"blank", "half a character"}),
        "ids": ([], {"list"}),
        "undoing": (False, {"true"}),
    },
    "set_born": {"name": ("Anna", TEXTS - {"blank", "half a character"}), "year": (1950, NONE)},
    "set_taken": {"photo_id": ("p9", TEXTS), "year": (1950, NONE)},
    "typed": {"number": (1, {"number", "huge number"}), "call": (["set_taken", "p9", 1950], NONE)},
    "continue_album": {"album": (1, {"number", "huge number"})},
    "export": {"kind": ("csv", set()), "ids": ([], NONE | {"list"})},
    "copy_text": {"photo_id": ("p9", TEXTS)},
    "set_setting": {"name": ("analyze_on_drop", set()), "value": (True, {"true"})},
    "fault": {"text": ("ReferenceError", TEXTS | {"long text"})},
}
"""For each argument of each call: a right value, and which of `WRONG` are right for it, too. A missing call or argument
fails the test below."""


def taken(call: str) -> list[str]:
    """Names of a call's arguments."""
    return [name for name in inspect.signature(getattr(Bridge, call)).parameters if name != "self"]


@pytest.mark.parametrize("call", CALLS)
def test_every_argument_of_every_call_is_checked(shell: Any, call: str) -> None:
    """A wrong one is refused as such, before anything changes or is asked of anybody."""
    shell.album.add(shell.photos("a.jpg"))
    shell.chosen = [str(shell.folder / "must not be")]
    arguments = TAKES.get(call, {})
    assert list(arguments) == taken(call)
    right = [value for value, _ in arguments.values()]
    before = everything(shell)
    for place, (name, (_, fine)) in enumerate(arguments.items()):
        for kind, wrong in WRONG.items():
            if kind in fine:
                continue
            with pytest.raises((TypeError, ValueError)) as refused:
                getattr(shell.bridge, call)(*right[:place], wrong, *right[place + 1 :])
            assert type(refused.value) in (TypeError, ValueError), (name, kind)
            assert len(str(refused.value)) < 200, (name, kind)  # it does not repeat what it was given
    parameters = inspect.signature(getattr(shell.bridge, call)).parameters.values()
    fewest = sum(one.default is inspect.Parameter.empty for one in parameters)
    for count in {0, fewest - 1, len(right) + 1, 100} - {-1, *range(fewest, len(right) + 1)}:
        with pytest.raises(TypeError):
            getattr(shell.bridge, call)(*[*right, *[None] * 100][:count])
    assert everything(shell) == before


@pytest.mark.parametrize("call", TAKES)
def test_right_arguments_of_that_table_are_taken(shell: Any, call: str) -> None:
    """Else calls might be refused for another reason than their one wrong value."""
    getattr(shell.bridge, call)(*[value for value, _ in TAKES[call].values()])


def everything(shell: Any) -> dict[str, Any]:
    """All that a call could change."""
    return {
        "photos": [shell.people.to_whole_json(photo.id) for photo in shell.album.photos()],
        "settings": asdict(shell.settings.current),
        "people": (shell.people.known, shell.people.births),
        "run": shell.jobs.run,
        "export": shell.exports.state,
        "worker": list(shell.worker.calls),
        "dialogs": list(shell.proposed),
        "clipboard": list(shell.copied),
        "language": shell.language.say.language,
        "files": sorted(str(path) for path in shell.folder.rglob("*")),
    }
