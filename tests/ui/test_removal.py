"""Photos that were removed come back."""

from __future__ import annotations

from typing import Any

import pytest
from boxes import names
from playwright.sync_api import expect
from ui_doubles import done, face, photo

ADULT = face((100, 150, 120, 150))
UNSURE = face((100, 150, 120, 150), warnings=["blurred"])


def remove(window: Any, *ids: str) -> None:
    """What Python says after the call."""
    window.receive({"event": "removed", "ids": list(ids)})


def let_come(window: Any, number: int | None) -> None:
    """Have so many photos come back when the page asks for it; None when there is no removal to undo."""
    window.page.evaluate("(number) => { window.double.back = number; }", number)


@pytest.mark.parametrize("key", [None, "Control+z"])
def test_a_photo_comes_back_where_it_was(window: Any, key: str | None) -> None:
    window.open(photo("p8", "a.jpg"), photo("p9", "b.jpg"), photo("p10", "c.jpg"))
    window.find(".cell button").nth(1).click()
    window.page.keyboard.press("Delete")
    remove(window, "p9")
    notice = window.find("notice-list .notice")
    expect(notice).to_contain_text("Photo removed.")
    let_come(window, 1)
    if key is None:
        notice.get_by_role("button", name="Undo").click()
    else:
        window.page.keyboard.press(key)
    expect(window.find("notice-list")).to_contain_text("The photo is back.")
    window.photos(photo("p9", "b.jpg"))
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    expect(window.find("photo-view .position")).to_have_text("2 of 3")
    window.rest()
    assert names(window) == ["a.jpg", "b.jpg", "c.jpg"]
    assert window.calls() == [["remove", ["p9"]], ["bring_back"]]


def test_a_small_window_leaves_the_words_of_the_offer_whole(window: Any) -> None:
    """In the longest language."""
    window.look(720, 480)
    window.choose(language="de")
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    window.find(".cell button").first.click()
    window.page.keyboard.press("Delete")
    remove(window, "p1")
    words = window.find("notice-list p")
    expect(words).to_have_text("Foto entfernt.")
    lines = """(words) => {
        const range = document.createRange();
        range.selectNodeContents(words);
        return range.getClientRects().length;
    }"""
    assert words.evaluate(lines) == 1


@pytest.mark.parametrize("size", [(360, 240), (400, 267)])
def test_the_offer_is_in_sight_where_there_is_no_room_for_all_notices(window: Any, size: tuple[int, int]) -> None:
    window.look(*size)
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    for number in (1, 2):
        words = f"{number} photos cannot be read. Their drive may not be connected, or somebody has moved them."
        window.receive({"event": "notice", "text": words, "kind": "warning", "album": None})
    window.page.keyboard.press("Delete")
    remove(window, "p1")
    expect(window.find("notice-list .notice")).to_have_count(3)
    undo = window.button("Undo").bounding_box()  # now, and not only once the others have gone
    assert undo["y"] + undo["height"] <= size[1]


def test_the_empty_window_offers_what_went_last(window: Any) -> None:
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"))
    window.button("Remove photo").click()
    remove(window, "p1")
    window.button("Remove photo").click()
    remove(window, "p2")
    expect(window.find("welcome-view h2")).to_be_visible()
    expect(window.button("Undo")).to_have_count(1)
    let_come(window, 1)
    window.button("Undo").click()
    window.photos(photo("p2", "b.jpg"))
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    expect(window.find("notice-list .notice p")).to_have_text(
        ["The photo is back.", "Before that, another photo was removed."]
    )


def test_of_two_removals_the_earlier_is_offered_again(still_window: Any) -> None:
    """Two presses of a key may both have been a slip, and the later offer has replaced the earlier."""
    window = still_window
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    window.stop_clock()
    notices = window.find("notice-list .notice p")
    for photo_id in ("p1", "p2"):
        window.page.locator("body").press("Delete")
        remove(window, photo_id)
        window.page.clock.run_for(100)
        expect(notices).to_have_text(["Photo removed."])
    let_come(window, 1)
    window.button("Undo").click()
    expect(notices).to_have_text(["The photo is back.", "Before that, another photo was removed."])
    window.button("Undo").click()
    expect(notices).to_have_text(["The photo is back."])
    assert len(window.calls("bring_back")) == 2


def test_a_removal_of_long_ago_is_not_offered_again(still_window: Any) -> None:
    window = still_window
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    window.stop_clock()
    for photo_id in ("p1", "p2"):
        window.page.locator("body").press("Delete")
        remove(window, photo_id)
        expect(window.find("notice-list .notice p")).to_have_text(["Photo removed."])
        window.page.clock.run_for(29_000)
    let_come(window, 1)
    window.button("Undo").click()
    expect(window.find("notice-list .notice p")).to_have_text(["The photo is back."])


def test_the_offer_stays_while_the_window_is_empty(still_window: Any) -> None:
    """All names and years may have gone by a slip, and nothing else shows the way back."""
    window = still_window
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"))
    window.stop_clock()
    window.button("Remove all").click()
    undo = window.button("Undo")
    expect(undo).to_have_count(1)
    window.page.clock.run_for(20_000)
    expect(undo).to_have_count(1)
    remove(window, "p1", "p2")
    window.page.clock.run_for(600_000)
    expect(undo).to_have_count(1)
    window.photos(photo("p3", "c.jpg"))
    window.page.clock.run_for(31_000)
    expect(undo).to_have_count(0)


def test_a_double_click_removes_one_photo(window: Any) -> None:
    """The next one lies under the pointer by the second click."""
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    window.button("Remove photo").click()
    remove(window, "p1")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    window.click_again()
    window.rest()
    assert window.calls() == [["remove", ["p1"]]]
    window.button("Remove photo").click()
    assert window.calls() == [["remove", ["p1"]], ["remove", ["p2"]]]


def test_a_third_click_means_another_photo(window: Any) -> None:
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"))
    window.button("Remove photo").click(click_count=4)
    window.rest()
    assert len(window.calls("remove")) == 2


def test_a_held_enter_presses_once(window: Any) -> None:
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"), photo("p3", "c.jpg"))
    window.button("Remove photo").focus()
    window.page.keyboard.down("Enter")
    remove(window, "p1")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    window.page.keyboard.down("Enter")  # sent again for a key that is down, it counts as a repeat
    window.page.keyboard.up("Enter")
    window.rest()
    assert window.calls() == [["remove", ["p1"]]]
    window.page.keyboard.press("Enter")
    assert window.calls() == [["remove", ["p1"]], ["remove", ["p2"]]]


def test_the_filter_stays_where_the_photo_is_one_of_its_own(window: Any) -> None:
    window.open(done("p1", "a.jpg", [UNSURE]), done("p2", "b.jpg", [ADULT]), done("p3", "c.jpg", [UNSURE]))
    window.find("grid-filter select").first.select_option("warnings")
    window.page.locator("body").press("Delete")
    remove(window, "p1")
    let_come(window, 1)
    window.page.locator("body").press("Control+z")
    window.photos(done("p1", "a.jpg", [UNSURE]))
    expect(window.find("photo-grid h2")).to_have_text("2 of 3")
    window.rest()
    assert names(window) == ["a.jpg", "c.jpg"]


def test_ctrl_z_takes_back_what_came_last(window: Any) -> None:
    """A removed photo, then the faces of the photo shown. The button beside the faces undoes only changes to faces."""
    window.open(done("p1", "a.jpg", [ADULT]) | {"undoable": True}, photo("p2", "b.jpg"))
    undo = window.find("face-list [data-action=undo]")
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("Change undone.")
    window.button("Remove photo").click()
    expect(window.find("notice-list")).to_contain_text("Photo removed.")
    undo.click()
    let_come(window, 1)
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("The photo is back.")
    let_come(window, None)
    window.page.keyboard.press("Control+z")
    window.page.wait_for_function("() => window.double.calls.filter(([name]) => name === 'undo').length === 3")
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.page.keyboard.press("Control+z")
    window.page.wait_for_function("() => window.double.calls.filter(([name]) => name === 'undo').length === 4")
    assert [name for name, *_ in window.calls() if name != "show"] == [
        *("undo", "remove", "undo", "bring_back", "undo", "remove_face", "undo")
    ]


def test_a_removal_is_taken_back_before_python_has_answered(window: Any) -> None:
    """And not the correction before it. Photos that are back are not offered to be brought back."""
    window.open(done("p1", "a.jpg", [ADULT]), done("p2", "b.jpg", [ADULT]))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.page.evaluate(
        "() => { pywebview.api.remove = () => new Promise((resolve) => { double.removed = () => resolve(2); }); }"
    )
    let_come(window, 2)
    window.button("Remove all").click()
    window.page.wait_for_function("() => double.removed")
    window.page.keyboard.press("Control+z")
    remove(window, "p1", "p2")
    expect(window.find("welcome-view h2")).to_be_visible()
    window.page.evaluate("() => double.removed()")
    expect(window.find("notice-list")).to_contain_text("2 photos are back.")
    expect(window.button("Undo")).to_have_count(0)
    assert [name for name, *_ in window.calls()] == ["remove_face", "bring_back"]


def test_a_removal_taken_back_is_offered_no_more(window: Any) -> None:
    """Its button would undo the removal before."""
    window.open(photo("p1", "a.jpg"), photo("p2", "b.jpg"))
    window.button("Remove photo").click()
    remove(window, "p1")
    expect(window.button("Undo")).to_have_count(1)
    let_come(window, 1)
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_have_text("The photo is back.")
    expect(window.button("Undo")).to_have_count(0)


def test_photos_that_came_again_by_themselves_leave_the_faces_alone(window: Any) -> None:
    window.open(done("p1", "a.jpg", [ADULT]) | {"undoable": True}, photo("p2", "b.jpg"))
    window.button("Remove photo").click()
    expect(window.find("notice-list")).to_contain_text("Photo removed.")
    let_come(window, 0)
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_have_text("What was removed is already back.")
    assert "undo" not in [name for name, *_ in window.calls()]


def test_a_face_comes_back_from_the_next_photo_on(window: Any) -> None:
    window.open(done("p1", "a.jpg", [ADULT]), done("p2", "b.jpg", [ADULT]))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    window.page.keyboard.press("Control+z")
    expect(window.find("photo-view .name")).to_have_text("a.jpg")
    expect(window.find("notice-list .notice p")).to_have_text(["Change undone."])
    assert ["undo", "p1"] in window.calls()
    assert "bring_back" not in [name for name, *_ in window.calls()]


def test_changes_go_back_in_the_order_in_which_they_came(window: Any) -> None:
    window.open(done("p1", "a.jpg", [ADULT]), done("p2", "b.jpg", [ADULT]), done("p3", "c.jpg", [ADULT]))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.page.keyboard.press("ArrowRight")
    window.button("Remove photo").click()
    expect(window.find("notice-list")).to_contain_text("Photo removed.")
    remove(window, "p2")
    expect(window.find("photo-view .name")).to_have_text("c.jpg")
    window.find("face-card .actions .plain").first.click()
    window.page.wait_for_function("() => window.double.calls.filter(([name]) => name === 'remove_face').length === 2")
    let_come(window, 1)
    for number in (1, 2, 3):
        window.page.keyboard.press("Control+z")
        window.page.wait_for_function(
            "(number) => window.double.calls.filter(([name]) => /^(undo|bring_back)$/.test(name)).length === number",
            arg=number,
        )
    taken_back = [call for call in window.calls() if call[0] in ("undo", "bring_back")]
    assert taken_back == [["undo", "p3"], ["bring_back"], ["undo", "p1"]]
    expect(window.find("photo-view .name")).to_have_text("a.jpg")


def take_out_all_and_bring_them_back(window: Any, entry: str) -> None:
    """All photos after a face was removed in the first and, later, one in the second or its `entry` changed. None of
    them is back in the page yet."""
    window.open(*(done(f"p{number}", f"{name}.jpg", [ADULT]) for number, name in enumerate("abc", 1)))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")
    if entry == "face":
        window.find("face-card .actions .plain").first.click()
    else:
        window.find(entry).first.fill("1950" if "taken" in entry else "Anna")
        window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => double.calls.filter(([name]) => /_/.test(name)).length === 2")
    window.button("Remove all").click()
    remove(window, "p1", "p2", "p3")
    expect(window.find("welcome-view h2")).to_be_visible()
    let_come(window, 3)
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("3 photos are back.")


@pytest.mark.parametrize(
    ("entry", "undoing", "told"),
    [
        ("face", ["undo", "p2"], "Change undone."),
        ("photo-taken input", ["set_taken", "p2", None], "The year of the photo is as it was before."),
        ("input.name", ["name_face", "p2", ADULT["box"], "", True], "The name is as it was before."),
    ],
)
def test_what_came_last_is_undone_though_its_photo_is_still_on_its_way_back(
    window: Any, entry: str, undoing: list[Any], told: str
) -> None:
    """Python tells of thousands of photos little by little. The photo is shown when it comes."""
    take_out_all_and_bring_them_back(window, entry)
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text(told)
    assert window.calls()[-2:] == [["bring_back"], undoing]
    for number, shown in ((1, "a.jpg"), (3, "a.jpg"), (2, "b.jpg")):
        window.photos(done(f"p{number}", f"{' abc'[number]}.jpg", [ADULT]))
        expect(window.find("photo-view .name")).to_have_text(shown)


def test_a_photo_chosen_before_the_one_of_the_change_has_come_stays(window: Any) -> None:
    take_out_all_and_bring_them_back(window, "face")
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("Change undone.")
    window.photos(done("p1", "a.jpg", [ADULT]), done("p3", "c.jpg", [ADULT]))
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("c.jpg")
    window.photos(done("p2", "b.jpg", [ADULT]))
    expect(window.find("photo-view .position")).to_have_text("3 of 3")


def test_ctrl_z_waits_for_what_a_button_undoes(window: Any) -> None:
    """Else the removal before would be undone, too, or whatever came before that."""
    window.open(done("p1", "a.jpg", [ADULT]), done("p2", "b.jpg", [ADULT]))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.page.keyboard.press("ArrowRight")
    window.button("Remove photo").click()
    remove(window, "p2")
    let_come(window, 1)
    window.page.evaluate(
        """() => {
            const { bring_back } = pywebview.api;
            pywebview.api.bring_back = async () => {
                const back = await bring_back();
                await new Promise((resolve) => { double.brought = resolve; });
                return back;
            };
        }"""
    )
    window.button("Undo").click()
    window.page.wait_for_function("() => double.brought")
    window.page.keyboard.press("Control+z")
    window.rest()
    window.page.evaluate("() => double.brought()")
    expect(window.find("notice-list")).to_contain_text("Change undone.")
    assert [name for name, *_ in window.calls()] == ["remove_face", "remove", "bring_back", "undo"]


ANALYZED = "The change cannot be undone while its photo is queued or being analyzed."


def test_a_correction_waits_until_its_photo_is_no_longer_analyzed(window: Any) -> None:
    """Nothing else is undone instead, unless Python says that the correction is gone."""
    window.open(*(done(f"p{number}", f"{name}.jpg", [ADULT]) for number, name in enumerate("abc", 1)))
    for number in (1, 2):
        window.find("face-card .actions .plain").first.click()
        window.page.wait_for_function(
            "(number) => double.calls.filter(([name]) => name === 'remove_face').length === number", arg=number
        )
        window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("c.jpg")
    notices = window.find("notice-list .notice p")
    for state, told, asked in (
        ("busy", ANALYZED, ["p2"]),
        ("busy", ANALYZED, ["p2", "p2"]),
        ("gone", "Change undone.", ["p2", "p2", "p2", "p1"]),
    ):
        window.page.evaluate("(state) => { double.undoing = { p2: state }; }", state)
        window.page.keyboard.press("Control+z")
        window.page.wait_for_function(
            "(number) => double.calls.filter(([name]) => name === 'undo').length === number", arg=len(asked)
        )
        expect(notices.last).to_have_text(told)
        assert window.calls("undo") == [["undo", photo_id] for photo_id in asked]
        expect(window.find("photo-view .name")).to_have_text("b.jpg" if state == "busy" else "a.jpg")


def test_a_correction_that_waits_can_be_undone_later(window: Any) -> None:
    window.open(done("p1", "a.jpg", [ADULT]), photo("p2", "b.jpg"))
    window.find("face-card .actions .plain").first.click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.page.evaluate("() => { double.undoing = { p1: 'busy' }; }")
    window.page.keyboard.press("Control+z")
    notices = window.find("notice-list .notice p")
    expect(notices.last).to_have_text(ANALYZED)
    window.page.evaluate("() => { double.undoing = {}; }")
    window.page.keyboard.press("Control+z")
    expect(notices).to_have_text(["Change undone."])
    assert window.calls() == [["remove_face", "p1", ADULT["box"]], *2 * [["undo", "p1"]]]


def test_no_photos_come_back_because_a_correction_waits(window: Any) -> None:
    """The correction was made in a page before this one."""
    window.open(photo("p1", "a.jpg", "queued") | {"undoable": True})
    window.page.evaluate("() => { double.undoing = { p1: 'busy' }; }")
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list .notice p")).to_have_text([ANALYZED])
    assert window.calls() == [["undo", "p1"]]


def test_the_only_photo_is_shown_again_though_its_picture_was_asked_for_in_vain(window: Any) -> None:
    broken = photo("p1", "a.jpg", preview="pictures/broken.jpg")
    window.open(broken)
    expect(window.find("photo-view .message")).to_contain_text("cannot be shown")
    window.button("Remove photo").click()
    remove(window, "p1")
    expect(window.find("welcome-view h2")).to_be_visible()
    with window.page.expect_request("**/pictures/broken.jpg"):
        window.photos(broken)
