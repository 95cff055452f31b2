"""The real window with a page that has been taken over: it gets nowhere, and reaches nobody."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from window_driver import REAL_WINDOW, run_driver

pytestmark = REAL_WINDOW

REFUSED = [
    "a picture",
    "a request",
    "a socket",
    "a worker",
    "a service worker",
    "the camera",
    "the microphone",
    "the screen",
    "the place",
    "the clipboard",
    "the whole screen",
]
"""Ways whose refusal the script itself notices; for the others only their effect can be observed."""


@pytest.fixture(scope="module")
def seen(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the driver saw. Its user has turned Chromium's debugger on for other programs."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [free.getsockname()[1] for free in (one, other)]
    spellings = ("--remote-debugging-port", "-remote-debugging-port", '--remote-"debugging"-port')
    debugging = {
        "QTWEBENGINE_REMOTE_DEBUGGING": str(ports[0]),
        "QTWEBENGINE_CHROMIUM_FLAGS": " ".join(f"{flag}={ports[1]}" for flag in spellings),
    }
    return run_driver("drive_ways_out.py", tmp_path_factory.mktemp("driven"), environment | debugging)


@pytest.mark.parametrize("way", REFUSED)
def test_it_is_refused(seen: dict[str, Any], way: str) -> None:
    assert "error" in seen["attempts"][way], seen["attempts"][way]


def test_no_window_is_opened(seen: dict[str, Any]) -> None:
    for way in ("a new window of its own", "a new window of somebody else"):
        assert seen["attempts"][way] == {"value": "null"}
    assert seen["windows"] == 1


def test_the_page_is_where_it_was(seen: dict[str, Any]) -> None:
    """Even after links, forms, refreshes, its own pages, and links dropped on it, which are not photos either."""
    assert seen["still here"] is True
    assert seen["photos"] == 0


def test_nothing_is_downloaded(seen: dict[str, Any]) -> None:
    assert seen["files"] == []


def test_nobody_hears_of_it(seen: dict[str, Any]) -> None:
    """Not by a request, not by a connection without one, and not by a call's packets."""
    assert seen["attempts"]["a call"] == {"value": "tried"}
    assert seen["heard elsewhere"] == []


def test_there_is_nothing_to_be_granted(seen: dict[str, Any]) -> None:
    """pywebview would have Chromium grant camera and microphone without asking."""
    refused = {"camera", "microphone", "display-capture", "geolocation", "clipboard-read", "fullscreen"}
    assert not refused & set(seen["allowed"])
    assert seen["attempts"]["messages"] == {"value": "denied"}


def test_the_developers_tools_are_off(seen: dict[str, Any]) -> None:
    """Neither in a menu nor on a port, where no secret would protect them."""
    assert seen["menu"] == "NoContextMenu"
    assert sorted(seen["ports"]["own"]) == seen["ports"]["all"]
