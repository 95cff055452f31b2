"""Kept albums: offered while the window is empty, and deleted in the settings."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import LAST, photo

SEVERAL = {
    "state": "on",
    "albums": LAST["albums"][:1]
    + [
        {
            "id": number,
            "photos": number,
            "names": number % 3,
            "folder": f"Trip {number}",
            "opened": f"2026-11-{number:02}T12:28:00+00:00",
        }
        for number in range(20, 1, -1)
    ],
}
"""Albums that are too many to be all in view."""


def test_the_last_album_is_offered_in_the_empty_window(window: Any) -> None:
    window.open(kept=LAST)
    offer = window.button("Continue with the last album")
    expect(offer).to_be_visible()
    expect(offer).to_have_accessible_description("1974 : 4,021 photos, 12 names, opened on November 24, 2026")
    # It comes after any photos that were given at the start.
    window.page.keyboard.press("Tab")
    names = []
    for _ in range(8):
        names.append(
            window.page.evaluate("() => document.activeElement.ariaLabel ?? document.activeElement.textContent")
        )
        window.page.keyboard.press("Tab")
    assert names.index("Add photos") < names.index("Continue with the last album")


@pytest.mark.parametrize("way", ["click", "keyboard"])
def test_continuing(window: Any, way: str) -> None:
    window.open(kept=LAST)
    offer = window.button("Continue with the last album")
    if way == "click":
        offer.click()
    else:
        offer.focus()
        window.page.keyboard.press("Enter")
    assert window.calls() == [["continue_album", 7]]
    window.photos(photo("p1"), photo("p2", "b.jpg"))
    expect(window.find("welcome-view")).to_be_hidden()
    expect(window.find("photo-view .name")).to_have_text("a.jpg")


def test_earlier_albums_are_offered_below(window: Any) -> None:
    window.open(kept=SEVERAL)
    earlier = window.page.get_by_role("list", name="Earlier:").get_by_role("button")
    expect(earlier).to_have_text(
        [
            f"Trip {number}: {number} photos{('', ', 1 name', ', 2 names')[number % 3]}, November {number}, 2026"
            for number in range(20, 1, -1)
        ]
    )
    earlier.nth(1).focus()
    albums = SEVERAL["albums"]
    window.receive({"event": "kept", "kept": {"state": "failed", "albums": [LAST["albums"][1], *albums[1:-1]]}})
    expect(earlier).to_have_count(len(albums) - 2)
    window.page.keyboard.press("Enter")
    assert window.calls() == [["continue_album", 19]]


def test_nothing_is_offered_when_nothing_is_kept_or_photos_are_here(window: Any) -> None:
    window.open()
    offer = window.button("Continue with the last album")
    expect(window.find("welcome-view")).to_be_visible()
    expect(offer).to_be_hidden()
    window.receive({"event": "kept", "kept": LAST})
    expect(offer).to_be_visible()
    window.photos(photo())
    expect(offer).to_be_hidden()
    window.receive({"event": "removed", "ids": ["p1"]})
    expect(offer).to_be_visible()
    window.receive({"event": "kept", "kept": {"state": "on", "albums": []}})
    expect(offer).to_be_hidden()


def test_a_date_that_is_none_is_left_out(window: Any) -> None:
    undated = [{"id": n, "photos": n, "names": 0, "folder": "", "opened": "<b>yesterday"} for n in (1, 2)]
    window.open(kept={"state": "on", "albums": undated})
    expect(window.find("#last-album")).to_have_text("1 photo")
    expect(window.button("2 photos")).to_be_visible()


def test_a_hostile_or_endless_folder_name_leaves_the_rest_in_sight(window: Any) -> None:
    names = ["\u05d0\u202e<b>" + "x" * 300, "\U0001f600" * 300]
    albums = [
        {"id": n, "photos": 12, "names": 0, "folder": name, "opened": LAST["albums"][0]["opened"]}
        for n, name in enumerate(names)
    ]
    window.look(720, 480)
    window.open(kept={"state": "on", "albums": albums})
    for part in ("welcome-view", "welcome-view .earlier ul"):
        assert window.find(part).evaluate("(one) => one.scrollWidth <= one.clientWidth"), part
    for album in (window.find("#last-album"), window.find("welcome-view .earlier button")):
        expect(album).to_contain_text(": 12 photos")
        assert "\u202e" not in album.text_content()
    for folder in window.find("welcome-view bdi").all():
        name = folder.text_content()
        assert not name.endswith(":"), "it would stand before a Hebrew name, and be cut from a long one"
        expect(folder).to_have_attribute("title", name)


def test_an_album_that_cannot_be_opened_is_told(window: Any) -> None:
    window.open(kept=LAST)
    window.refuse("continue_album")
    window.button("Continue with the last album").click()
    expect(window.find("notice-list")).to_contain_text("The album could not be opened.")


@pytest.mark.parametrize("place", [".last button", ".earlier button"])
def test_the_keyboard_goes_on_where_an_album_is_offered_no_more(window: Any, place: str) -> None:
    """It could not be opened, being damaged."""
    window.open(kept=LAST)
    window.find(place).press("Enter")
    window.receive({"event": "kept", "kept": {**LAST, "albums": []}})
    expect(window.find(place)).to_be_hidden()
    expect(window.button("Add photos").and_(window.find("welcome-view button"))).to_be_focused()


OFFER = {"event": "notice", "text": "Already in a saved album with 12 names.", "kind": "info", "album": 7}


@pytest.mark.parametrize("language", ["en", "de"])
def test_an_album_that_knows_the_photos_can_be_continued_from_a_notice(window: Any, language: str) -> None:
    window.choose(language=language)
    window.look(720, 480)
    window.open(photo("p1"), photo("p2", "b.jpg"), kept=LAST)
    window.receive(OFFER)
    go = window.button({"en": "Continue with it", "de": "Damit weitermachen"}[language])
    expect(go).to_be_in_viewport(ratio=1)
    assert window.fits()
    go.click()
    assert window.calls() == [["continue_album", 7]]
    expect(window.find("notice-list .notice")).to_have_count(0)


def test_an_offer_goes_with_its_album(window: Any) -> None:
    window.open(photo("p1"), kept=LAST)
    for album in (99, LAST["albums"][0]["id"]):
        window.receive({**OFFER, "album": album, "text": f"Album {album}."})
    window.receive({"event": "kept", "kept": LAST})
    expect(window.find("notice-list .notice")).to_have_count(1)
    window.receive({"event": "kept", "kept": {**LAST, "albums": []}})
    expect(window.find("notice-list .notice")).to_have_count(0)


def test_offers_to_continue_and_to_undo_stay_beside_each_other(window: Any) -> None:
    window.open(photo("p1"), photo("p2", "b.jpg"), kept=LAST)
    window.receive(OFFER)
    window.button("Remove photo").click()
    undo = window.button("Undo")
    expect(undo).to_have_count(1)
    undo.click()
    expect(undo).to_have_count(0)
    window.button("Continue with it").click()
    assert [name for name, *_ in window.calls()] == ["remove", "bring_back", "continue_album"]


@pytest.mark.parametrize("kept", [LAST, SEVERAL])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (900, 600), (720, 480)])
def test_the_offer_is_in_sight(window: Any, width: int, height: int, kept: Any) -> None:
    window.look(width, height)
    window.open(kept=kept)
    for name in ("Add photos", "Continue with the last album"):
        expect(window.button(name)).to_be_in_viewport(ratio=1)
    expect(window.find("#last-album")).to_be_in_viewport(ratio=1)
    if kept is SEVERAL:
        expect(window.find("welcome-view .earlier")).to_be_in_viewport(ratio=1)
    expect(window.find(".privacy")).to_be_in_viewport(ratio=1)
    assert window.fits()


@pytest.mark.parametrize(("height", "whole"), [(480, 2), (760, 5)])
def test_the_row_that_is_cut_tells_that_there_are_more_albums(window: Any, height: int, whole: int) -> None:
    """Where scroll bars appear only while scrolling, nothing else tells."""
    window.look(1180, height)
    window.open(kept=SEVERAL)
    seen, row = window.find("welcome-view .earlier ul").evaluate(
        "(list) => [list.clientHeight, list.firstChild.getBoundingClientRect().height]"
    )
    assert seen / row == pytest.approx(whole + 0.5, abs=0.1)


@pytest.mark.parametrize("kept", [{"state": "on", "albums": []}, SEVERAL], ids=["none", "several"])
def test_the_start_page_does_not_scroll_in_the_longest_language(window: Any, kept: Any) -> None:
    window.choose(language="de")
    window.open(kept=kept)
    for width, height in ((720, 480), (1000, 650), (1000, 651), (1000, 720), (1000, 721), (1180, 750)):
        window.look(width, height)
        scrolls = window.find("welcome-view").evaluate("(view) => view.scrollHeight > view.clientHeight")
        assert not scrolls, (width, height)


def test_whether_albums_are_kept_is_a_setting(window: Any) -> None:
    window.open()
    window.button("Settings").click()
    check = window.page.get_by_label("Save the album for next time")
    expect(check).to_be_checked()
    expect(check).to_have_accessible_description(
        "Saved on this computer only: where the photos are, the ages found, and the names and years you entered,"
        " never the photos. When off, nothing new is saved; saved albums stay."
    )
    check.click()
    expect(check).not_to_be_checked()
    assert window.calls() == [["set_setting", "keep_album", False]]


def test_deleting_what_is_kept_takes_two_presses(window: Any) -> None:
    window.open()
    window.button("Settings").click()
    window.clock(0)
    window.button("Delete saved albums").click()
    sure = window.button("Press again to delete")
    window.clock(500)
    sure.click()  # together with the first press, a double click
    expect(sure).to_be_focused()
    assert window.calls("delete_kept") == []
    window.clock(501)
    window.page.keyboard.press("Enter")
    expect(window.find("notice-list")).to_have_text("Saved albums deleted.")
    assert window.calls("delete_kept") == [["delete_kept"]]
    expect(window.button("Delete saved albums")).to_be_visible()


def test_a_held_enter_is_one_press(window: Any) -> None:
    window.open()
    window.button("Settings").click()
    window.clock(0)
    window.button("Delete saved albums").focus()
    window.page.keyboard.down("Enter")
    window.clock(600)
    window.page.keyboard.down("Enter")  # sent again for a key that is down, it counts as a repeat
    window.page.keyboard.up("Enter")
    expect(window.button("Press again to delete")).to_be_focused()
    assert window.calls("delete_kept") == []
    window.page.keyboard.press("Enter")
    assert window.calls("delete_kept") == [["delete_kept"]]


@pytest.mark.parametrize("way", ["tab", "escape"])
def test_one_press_deletes_nothing(window: Any, way: str) -> None:
    window.open()
    window.button("Settings").click()
    window.button("Delete saved albums").click()
    window.page.keyboard.press("Shift+Tab" if way == "tab" else "Escape")
    expect(window.button("Delete saved albums")).to_be_visible()
    assert window.calls("delete_kept") == []


def test_python_says_itself_why_it_cannot_delete(window: Any) -> None:
    window.open()
    window.page.evaluate("() => { window.pywebview.api.delete_kept = async () => false; }")
    window.button("Settings").click()
    window.press_twice("Delete saved albums")
    expect(window.button("Delete saved albums")).to_be_visible()
    expect(window.find("notice-list .notice")).to_have_count(0)


@pytest.mark.parametrize(
    ("state", "words"),
    [("elsewhere", "once the other Agelens window is closed"), ("failed", "cannot be saved"), ("on", None)],
)
def test_the_settings_say_when_the_album_is_not_kept(window: Any, state: str, words: str | None) -> None:
    window.open(kept={"state": state, "albums": []})
    window.button("Settings").click()
    trouble = window.find("settings-panel .trouble")
    if words is None:
        expect(trouble).to_be_hidden()
    else:
        expect(trouble).to_contain_text(words)


@pytest.mark.parametrize("state", ["elsewhere", "failed"])
def test_work_that_is_not_kept_is_told_as_long_as_that_is_so(window: Any, state: str) -> None:
    window.open(kept={"state": state, "albums": []})
    warning = window.find("tool-bar .unkept")
    expect(warning).to_be_hidden()  # there is nothing to keep yet
    window.photos(photo())
    told = {
        "elsewhere": "once the other Agelens window is closed",
        "failed": "At the moment the album cannot be saved.",
    }
    expect(warning).to_contain_text(told[state])
    expect(warning).to_have_attribute("role", "status")
    window.receive({"event": "kept", "kept": {"state": "on", "albums": []}})
    expect(warning).to_be_hidden()


@pytest.mark.parametrize("height", [480, 800])
def test_the_settings_fit_into_the_window(window: Any, height: int) -> None:
    window.look(720, height)
    window.open(photo(), kept={"state": "elsewhere", "albums": []})
    window.button("Settings").click()
    expect(window.find("settings-panel")).to_be_in_viewport(ratio=1)
    assert window.fits()
