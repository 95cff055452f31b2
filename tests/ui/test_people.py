"""Names, birth years and years of photos: typed, chosen, refused, taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import done, face, known, photo

from engine.dating import OLD_PRINTS

ANNA, BEN = {"name": "Anna", "born": 1950}, {"name": "Ben", "born": None}


def couple(photo_id: str = "p1") -> Any:
    return done(photo_id, "beach.jpg", [face((100, 100, 90, 90)), face((400, 100, 90, 90), 7.6, 5.9, 9.4)])


def who(window: Any, number: int = 1) -> Any:
    return window.page.get_by_role("combobox", name=f"Who is face {number} of 2 from the left?")


def test_a_face_is_named_and_given_a_birth_year_by_keyboard(window: Any) -> None:
    window.open(couple())
    who(window).focus()
    window.page.keyboard.type("Anna")
    window.page.keyboard.press("Tab")
    born = window.page.get_by_label("Birth year of Anna")
    expect(born).to_be_focused()
    window.page.keyboard.type("19x50")  # only digits get in
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => window.double.calls.length >= 3")
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "Anna"], ["set_born", "Anna", 1950]]
    # Python's answer comes while the field still has the focus.
    window.photos(known(couple(), {1: ("Anna", 1950)}))
    window.receive({"event": "people", "people": [ANNA]})
    expect(born).to_be_focused()
    expect(window.find("face-card .which").first).to_have_text("Anna")
    expect(window.find("photo-taken .estimate")).to_contain_text("Taken about 1984, between")
    expect(window.find("photo-taken .estimate")).to_contain_text("in 8 of 10 cases")
    expect(window.find("face-card").nth(1)).to_contain_text("Born about 19")


@pytest.mark.parametrize("keys", [["Ben", "Enter"], ["B", "ArrowDown", "Enter"], ["Cleo", "Enter"]])
def test_after_the_name_enter_leads_to_the_birth_year(window: Any, keys: list[str]) -> None:
    """Typed at once, before Python has answered."""
    window.open(couple(), people=[ANNA, BEN])
    who(window).focus()
    window.page.keyboard.type(keys[0])
    for key in keys[1:]:
        window.page.keyboard.press(key)
    window.page.keyboard.type("1969")
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => window.double.calls.some(([name]) => name === 'set_born')")
    name = "Cleo" if keys[0] == "Cleo" else "Ben"
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], name], ["set_born", name, 1969]]


@pytest.mark.parametrize("name", ["Anna", ""])
def test_enter_stays_where_there_is_no_birth_year_to_give(window: Any, name: str) -> None:
    """It is known, or there is nobody."""
    window.open(couple(), people=[ANNA, BEN])
    who(window).fill(name)
    who(window).press("Enter")
    expect(who(window)).to_be_focused()


def test_a_year_typed_after_a_refused_name_does_not_get_into_the_name(window: Any) -> None:
    window.open(couple(), people=[BEN])
    window.page.evaluate("() => { window.double.naming = 'twice'; }")
    who(window).fill("Ben")
    who(window).press("Enter")
    expect(who(window)).to_have_attribute("aria-invalid", "true")
    window.page.keyboard.type("1970")
    window.page.keyboard.press("Enter")
    expect(who(window)).to_have_value("Ben")
    expect(window.page.get_by_role("alert").last).to_have_text("Correct the name first; the year is then saved, too.")
    assert [name for name, *_ in window.calls()] == ["name_face"]


def test_an_old_prints_year_is_told_with_caution(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}))
    caution = window.find("photo-taken").get_by_text("On old prints the range holds less often")
    expect(caution).to_be_visible()
    window.photos(known(couple(), {1: ("Anna", 1980)}))
    expect(window.find("photo-taken .estimate")).to_contain_text("Taken about 201")
    expect(caution).to_be_hidden()


@pytest.mark.parametrize("born", [1950, 1980])
def test_the_caution_goes_by_the_year_that_the_user_gave(window: Any, born: int) -> None:
    window.open(known(couple(), {1: ("Anna", born)}, OLD_PRINTS - 1))
    caution = window.find("photo-taken").get_by_text("On old prints the range holds less often")
    expect(caution).to_be_visible()
    window.photos(known(couple(), {1: ("Anna", born)}, OLD_PRINTS))
    expect(window.page.get_by_label("Year of the photo")).to_have_value(str(OLD_PRINTS))
    expect(caution).to_be_hidden()


@pytest.mark.parametrize(
    ("language", "placeholder", "told"),
    [("en", "if known", "By apparent age"), ("de", "falls bekannt", "Dem Aussehen nach")],
)
def test_the_year_given_is_told_from_the_year_estimated(
    window: Any, language: str, placeholder: str, told: str
) -> None:
    """An empty field does not look like an answer beside the estimate, and its placeholder is not cut off."""
    window.choose(language=language)
    window.open(known(couple(), {1: ("Anna", 1950)}))
    field = window.find("photo-taken input")
    expect(field).to_have_attribute("placeholder", placeholder)
    assert field.evaluate("(field) => (field.value = field.placeholder) && field.scrollWidth <= field.clientWidth")
    window.photos(known(couple(), {1: ("Anna", 1950)}, 1987))
    expect(window.find("photo-taken .estimate")).to_contain_text(told)


def test_a_known_name_is_chosen_from_the_list(window: Any) -> None:
    window.open(couple(), people=[ANNA, BEN])
    who(window).click()
    options = window.page.get_by_role("option")
    expect(options).to_have_text(["Annaborn 1950", "Ben"])
    window.page.keyboard.type("b")
    expect(options).to_have_text(["Ben"])
    options.click()
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "Ben"]]
    expect(options).to_have_count(0)


@pytest.mark.parametrize("typed", ["zoe", "ZO", "Zoe\u0308"])
def test_a_known_name_is_offered_whatever_its_accents(window: Any, typed: str) -> None:
    window.open(couple(), people=[ANNA, {"name": "Zoë", "born": None}])
    who(window).click()
    window.page.keyboard.type(typed)
    expect(window.page.get_by_role("option")).to_have_text(["Zoë"])


def test_the_list_by_arrow_keys(window: Any) -> None:
    window.open(couple(), photo("p2", "b.jpg"), people=[ANNA, BEN])
    who(window).focus()
    window.page.keyboard.press("ArrowDown")
    window.page.keyboard.press("ArrowDown")
    window.page.keyboard.press("ArrowDown")
    expect(window.page.get_by_role("option", name="Ben")).to_have_attribute("aria-selected", "true")
    window.page.keyboard.press("Enter")
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "Ben"]]
    expect(window.find("photo-view .name")).to_have_text("beach.jpg")


def test_tab_takes_the_name_that_is_marked_in_the_list(window: Any) -> None:
    """It is marked by an outline, as its background hardly differs from the others'."""
    window.open(couple(), people=[ANNA, BEN])
    who(window).focus()
    window.page.keyboard.type("An")
    window.page.keyboard.press("ArrowDown")
    option = window.page.get_by_role("option", name="Anna")
    assert option.evaluate("(one) => getComputedStyle(one).outlineStyle") == "solid"
    window.page.keyboard.press("Tab")
    expect(window.page.get_by_label("Birth year of Anna")).to_be_focused()
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "Anna"]]


def test_escape_brings_back_what_was_there(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}), people=[ANNA])
    who(window).fill("Annabel")
    window.page.keyboard.press("Escape")  # the list, if it is open
    window.page.keyboard.press("Escape")
    expect(who(window)).to_have_value("Anna")
    window.page.keyboard.press("Tab")
    assert window.calls() == []


def test_escape_does_not_open_the_list_of_names(window: Any) -> None:
    window.open(couple(), people=[ANNA, BEN])
    who(window).fill("Cleo")  # there is no such name, so no list
    expect(window.page.get_by_label("Birth year of Cleo")).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(who(window)).to_have_value("")
    expect(window.find("face-card").first.get_by_label("Birth year")).to_be_hidden()
    expect(window.page.get_by_role("option")).to_have_count(0)


def test_keys_of_an_input_method_do_not_mean_the_field(window: Any) -> None:
    window.open(couple())
    who(window).focus()
    window.compose("\u82b1\u5b50", "Enter")
    expect(who(window)).to_have_value("\u82b1\u5b50")
    assert window.calls() == []
    window.page.keyboard.press("Enter")
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "\u82b1\u5b50"]]


def test_the_enter_that_ends_a_composition_in_webkit_does_not_mean_the_field(window: Any) -> None:
    """It comes after the composition, and only its code tells that it belongs to the input method."""
    window.open(couple(), people=[ANNA])
    who(window).fill("An")
    expect(window.page.get_by_role("option")).to_have_count(1)
    press = "(input, [key, keyCode]) => input.dispatchEvent(new KeyboardEvent('keydown', { key, keyCode }))"
    for key in ("ArrowDown", "Enter"):
        who(window).evaluate(press, [key, 229])
    expect(who(window)).to_have_value("An")
    assert window.calls() == []
    who(window).evaluate(press, ["Enter", 13])
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "An"]]


def test_a_year_in_full_width_digits(window: Any) -> None:
    """As input methods write them."""
    window.open(couple())
    taken = window.page.get_by_label("Year of the photo")
    taken.focus()
    window.compose("\uff11\uff19\uff17\uff14")
    expect(taken).to_have_value("1974")
    window.page.keyboard.press("Enter")
    assert window.calls() == [["set_taken", "p1", 1974]]


def put_on_the_clipboard(window: Any, text: str) -> None:
    who(window).fill(text)
    for keys in ("Control+a", "Control+x"):
        window.page.keyboard.press(keys)


@pytest.mark.parametrize("text", ["19.4.1948", "4/19/1948", "1948-04-19", "19. 4. 1948", "April 1948"])
@pytest.mark.parametrize("way", ["typed", "pasted"])
def test_of_a_date_the_year_is_taken(window: Any, text: str, way: str) -> None:
    window.open(couple())
    if way == "pasted":
        put_on_the_clipboard(window, text)
    taken = window.page.get_by_label("Year of the photo")
    taken.fill("1950")
    taken.select_text()
    if way == "pasted":
        window.page.keyboard.press("Control+v")
    else:
        window.page.keyboard.type(text)
    expect(taken).to_have_value("1948")
    window.page.keyboard.press("Enter")
    assert window.calls("set_taken") == [["set_taken", "p1", 1948]]


@pytest.mark.parametrize("letter", ["o", "\uff17"])
def test_what_is_no_digit_leaves_the_cursor_where_it_is_in_a_year(window: Any, letter: str) -> None:
    """What is typed next belongs there."""
    window.open(couple())
    taken = window.page.get_by_label("Year of the photo")
    taken.fill("14")
    window.page.keyboard.press("ArrowLeft")
    window.page.keyboard.type(f"9{letter}")
    if letter == "o":
        window.page.keyboard.type("7")
    expect(taken).to_have_value("1974")
    assert taken.evaluate("(field) => field.selectionStart") == 3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("IMG_1948", "1948"),
        ("Sommer1948", "1948"),
        ("1948", "1948"),
        (" 1948 ", "1948"),
        ("19041948", "1950"),  # may be a day, a month and a year, or two years
        ("April", "1950"),
    ],
)
def test_only_a_year_is_pasted_and_it_can_be_undone(window: Any, text: str, value: str) -> None:
    window.open(couple())
    put_on_the_clipboard(window, text)
    taken = window.page.get_by_label("Year of the photo")
    taken.fill("1950")
    taken.select_text()
    window.page.keyboard.press("Control+v")
    expect(taken).to_have_value(value)
    if value != "1950":
        window.page.keyboard.press("Control+z")
        expect(taken).to_have_value("1950")


def test_pasted_digits_complete_a_year(window: Any) -> None:
    window.open(couple())
    put_on_the_clipboard(window, "48")
    taken = window.page.get_by_label("Year of the photo")
    taken.fill("19")
    window.page.keyboard.press("Control+v")
    expect(taken).to_have_value("1948")


def test_clearing_takes_back(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}, 1974), people=[ANNA])
    who(window).fill("")
    window.page.keyboard.press("Enter")
    window.page.get_by_label("Year of the photo").fill("")
    window.page.keyboard.press("Enter")
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], ""], ["set_taken", "p1", None]]


def test_what_changes_nothing_is_not_undone(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}, 1974), people=[ANNA])
    window.button("Remove face 1 of 2 from the left").click()
    for label, text in (("Year of the photo", " 1974"), ("Who is face 1 of 2 from the left?", "Anna ")):
        window.page.get_by_label(label, exact=True).fill(text)
        window.page.keyboard.press("Enter")
    window.page.evaluate("document.activeElement.blur()")
    window.page.keyboard.press("Control+z")
    window.page.wait_for_function("() => double.calls.some(([name]) => name === 'undo')")
    assert [name for name, *_ in window.calls()][-1] == "undo"


def test_an_undo_that_failed_is_tried_again(window: Any) -> None:
    """And nothing else is undone instead."""
    window.open(known(couple(), {2: ("Ben", None)}) | {"undoable": True}, photo("p2", "b.jpg"), people=[BEN])
    window.button("Remove face 1 of 2 from the left").click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.button("Remove photo").click()
    expect(window.find("notice-list")).to_contain_text("Photo removed.")
    correct(window, "Cleo", 2)
    window.page.evaluate("() => { double.back = 1; document.activeElement.blur(); }")
    for name in ("name_face", "bring_back", "undo"):
        window.refuse(name)
        window.page.keyboard.press("Control+z")
        expect(window.find("notice-list .warning")).to_have_count(1)
        window.refuse()
        window.page.keyboard.press("Control+z")
        window.page.wait_for_function(
            "(wanted) => window.double.calls.filter(([name]) => name === wanted).length >= 2", arg=name
        )
        expect(window.find("notice-list .warning")).to_have_count(1)
        window.find("notice-list .warning button").last.click()
    names = [name for name, *_ in window.calls()]
    assert names == [*("remove_face", "remove", "name_face"), *2 * ["name_face"], *2 * ["bring_back"], *2 * ["undo"]]


def test_ctrl_z_takes_back_names_and_years_before_older_changes(window: Any) -> None:
    """In the photo of each, with what was there before."""
    mistaken = known(couple("p2"), {1: ("Anna", 1950)}, 1974)
    window.open(couple(), mistaken, photo("p3", "c.jpg"), people=[ANNA, BEN])
    window.button("Remove face 1 of 2 from the left").click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.find(".cell button").nth(1).click()
    changes = [
        ("Year of the photo", "1984", [["set_taken", "p2", year] for year in (1984, 1974)]),
        ("Birth year of Anna", "1951", [["set_born", "Anna", year] for year in (1951, 1950)]),
        (
            "Who is face 1 of 2 from the left?",
            "Ben",
            [["name_face", "p2", [100, 100, 90, 90], *name] for name in (["Ben"], ["Anna", True])],
        ),
    ]
    for label, text, _ in changes:
        window.page.get_by_label(label, exact=True).fill(text)
        window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => double.calls.some(([name]) => name === 'name_face')")
    window.find(".cell button").nth(2).click()
    for what in ("The name", "The birth year", "The year of the photo"):
        window.page.keyboard.press("Control+z")
        expect(window.find("notice-list .notice p").last).to_have_text(f"{what} is as it was before.")
    expect(window.find("photo-view .position")).to_have_text("2 of 3")
    window.page.keyboard.press("Control+z")
    expect(window.find("photo-view .position")).to_have_text("1 of 3")
    assert window.calls()[1:] == [
        *[entered for *_, (entered, _) in changes],
        *[before for *_, (_, before) in reversed(changes)],
        ["undo", "p1"],
    ]


@pytest.mark.parametrize(("call", "gone"), [("name_face", {"state": "gone"}), ("set_taken", False), ("rename", [])])
def test_what_is_gone_leaves_its_turn_to_the_change_before(window: Any, call: str, gone: Any) -> None:
    """Only Python knows that it is gone, and nobody needs to be told."""
    photos = [known(couple(f"p{number}"), {1: ("Ana", None)}) for number in (1, 2)]
    window.open(*photos, photo("p3", "c.jpg"), people=[{"name": "Ana", "born": None}])
    window.button("Remove face 2 of 2 from the left").click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.find(".cell button").nth(1).click()
    if call == "set_taken":
        window.page.get_by_label("Year of the photo").fill("1984")
        window.page.keyboard.press("Enter")
    else:
        correct(window, "Anna")
        window.page.wait_for_function("() => double.calls.some(([name]) => name === 'name_face')")
    if call == "rename":
        window.button("Change").click()
        expect(window.find("notice-list")).to_contain_text("Name changed")
        window.page.evaluate("() => { pywebview.api.name_face = async () => ({ state: 'gone' }); }")
    window.page.evaluate("([call, gone]) => { pywebview.api[call] = async () => gone; }", [call, gone])
    window.find(".stage").click(position={"x": 4, "y": 4})
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list")).to_contain_text("Change undone.")
    assert window.calls()[-1] == ["undo", "p1"]
    expect(window.find("notice-list .warning")).to_have_count(0)


def test_a_birth_year_is_taken_back_without_the_photo_in_which_it_was_entered(window: Any) -> None:
    """It holds for all photos."""
    photos = [known(couple(f"p{number}"), {1: ("Anna", 1950)}) for number in (1, 2)]
    window.open(*photos, people=[ANNA])
    window.page.get_by_label("Birth year of Anna").fill("1951")
    window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => double.calls.some(([name]) => name === 'set_born')")
    window.receive({"event": "removed", "ids": ["p1"]})
    window.page.evaluate("document.activeElement.blur()")
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list .notice p")).to_have_text(["The birth year is as it was before."])
    assert window.calls()[-1] == ["set_born", "Anna", 1950]


ENTRIES: dict[str, tuple[str, str, list[Any]]] = {
    "name_face": ("Who is face 1 of 2 from the left?", "Ben", ["p2", [100, 100, 90, 90], "Ana", True]),
    "set_born": ("Birth year of Ana", "1951", ["Ana", 1950]),
    "set_taken": ("Year of the photo", "1984", ["p2", 1974]),
}
"""Per call, a field of the second photo, what is typed there, and what the call gets that takes it back."""


@pytest.mark.parametrize("call", [*ENTRIES, "rename"])
@pytest.mark.parametrize("fails", [False, True])
def test_what_is_being_saved_is_what_came_last(window: Any, call: str, fails: bool) -> None:
    """An undo waits for it; if it is not saved, nothing else is undone in its place, and later undos work."""
    ana = {"name": "Ana", "born": 1950}
    photos = [known(couple(f"p{number}"), {1: ("Ana", 1950)}, 1974) for number in (1, 2, 3)]
    window.open(*photos, people=[ana, BEN])
    window.button("Remove face 2 of 2 from the left").click()
    expect(window.find("notice-list")).to_contain_text("Face removed.")
    window.find(".cell button").nth(1).click()
    expect(window.find("photo-view .position")).to_have_text("2 of 3")
    if call == "rename":
        correct(window, "Anna")
        expect(window.button("Change")).to_be_visible()
    window.page.evaluate(
        """(name) => {
            const saved = pywebview.api[name];
            pywebview.api[name] = async (...of) => {
                const answer = await saved(...of);
                await new Promise((...ends) => { [double.go, double.stop] = ends; });
                return answer;
            };
        }""",
        call,
    )
    if call == "rename":
        window.button("Change").click()
    else:
        label, text, _ = ENTRIES[call]
        window.page.get_by_label(label, exact=True).fill(text)
        window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => double.go")
    saved = window.calls()
    assert saved[-1][0] == call
    window.find(".stage").click(position={"x": 4, "y": 4})
    window.page.keyboard.press("Control+z")
    window.rest()
    assert window.calls() == saved
    if fails:
        window.page.evaluate("() => { double.stop(new Error('refused')); }")
        window.page.evaluate("() => new Promise((go) => { setTimeout(go); })")
        assert window.calls() == saved
        window.page.keyboard.press("Control+z")
        before = ["name_face", *ENTRIES["name_face"][2]] if call == "rename" else ["undo", "p1"]
    else:
        window.page.evaluate("() => { double.go(); double.go = null; }")
        before = [call, *(["Anna", "Ana", ["p1", "p3"], True] if call == "rename" else ENTRIES[call][2])]
    window.page.wait_for_function(
        "(number) => double.calls.filter(([name]) => !/^(hello|show|typed)$/.test(name)).length > number",
        arg=len(saved),
    )
    assert window.calls() == [*saved, before]


def test_ctrl_z_twice_at_once_takes_back_two_names(window: Any) -> None:
    window.open(couple(), people=[ANNA, BEN])
    for number, name in ((1, "Anna"), (2, "Ben")):
        who(window, number).fill(name)
        window.page.keyboard.press("Enter")
    window.page.wait_for_function("() => double.calls.filter(([name]) => name === 'name_face').length === 2")
    window.find(".stage").click(position={"x": 4, "y": 4})
    window.page.evaluate(
        """() => {
            const name = pywebview.api.name_face;
            pywebview.api.name_face = async (...of) => {
                await new Promise((go) => { setTimeout(go, 300); });
                return name(...of);
            };
        }"""
    )
    for _ in range(2):
        window.page.keyboard.press("Control+z")
    window.page.wait_for_function("() => double.calls.filter(([name]) => name === 'name_face').length === 4")
    assert [call[2] for call in window.calls("name_face")[2:]] == [[400, 100, 90, 90], [100, 100, 90, 90]]


def correct(window: Any, text: str, number: int = 1) -> None:
    who(window, number).fill(text)
    window.page.keyboard.press("Enter")


def test_a_corrected_name_is_offered_to_the_other_photos_that_have_it(window: Any) -> None:
    photos = [known(couple(f"p{number}"), {1: ("Ana", None)}) for number in (1, 2, 3)]
    window.open(*photos, couple("p4"), people=[{"name": "Ana", "born": None}, BEN])
    correct(window, "Anna")
    told = window.find("notice-list .notice p")
    expect(told).to_have_text(["“Ana” is in 2 other photos too. Change it to “Anna” there as well?"])
    window.button("Change").click()
    expect(told).to_have_text(["Name changed in 2 photos."])
    assert window.calls("rename") == [["rename", "Ana", "Anna", ["p2", "p3"]]]
    window.button("Undo").click()
    expect(told).to_have_text(["The names are as they were before."])
    window.find(".stage").click(position={"x": 4, "y": 4})
    window.page.keyboard.press("Control+z")
    expect(told.last).to_have_text("The name is as it was before.")
    box = [100, 100, 90, 90]
    assert window.calls()[-2:] == [["rename", "Anna", "Ana", ["p2", "p3"], True], ["name_face", "p1", box, "Ana", True]]


def test_a_correction_that_is_corrected_is_offered_as_it_is_then(window: Any) -> None:
    photos = [known(couple(f"p{number}"), {1: ("Ana", None)}) for number in (1, 2)]
    window.open(*photos, people=[{"name": "Ana", "born": None}])
    correct(window, "Anan")
    told = window.find("notice-list .notice p")
    expect(told).to_contain_text(["“Anan”"])
    window.photos(known(couple(), {1: ("Anan", None)}))
    correct(window, "Anna")
    expect(told).to_have_text(["“Ana” is in another photo too. Change it to “Anna” there as well?"])
    window.photos(known(couple(), {1: ("Anna", None)}))
    correct(window, "")
    expect(told).to_have_count(0)


@pytest.mark.parametrize("born", [None, 1950])
def test_a_name_corrected_to_one_that_more_photos_have_is_offered_too(window: Any, born: int | None) -> None:
    photos = [known(couple(f"p{number}"), {1: ("Ana", 1950)}) for number in (1, 2)]
    anna = {"name": "Anna", "born": born}
    window.open(*photos, known(couple("p3"), {2: ("Anna", born)}), people=[{"name": "Ana", "born": 1950}, anna])
    correct(window, "Anna")
    words = "“Ana” is in another photo too. Change it to “Anna” there as well?"
    carried = " The birth year is carried over." if born is None else ""
    expect(window.find("notice-list .notice p")).to_have_text([words + carried])
    window.receive({"event": "people", "people": [anna]})  # it was changed there by hand
    expect(window.find("notice-list .notice")).to_have_count(0)


def test_a_correction_made_a_second_time_by_hand_is_still_offered(window: Any) -> None:
    photos = [known(couple(f"p{number}"), {1: ("Ana", None)}) for number in range(1, 6)]
    window.open(*photos, people=[{"name": "Ana", "born": None}])
    told = window.find("notice-list .notice p")
    for number, others in ((1, "4 other photos"), (2, "3 other photos")):
        window.find(".cell button").nth(number - 1).click()
        correct(window, "Anna")
        expect(told).to_have_text([f"“Ana” is in {others} too. Change it to “Anna” there as well?"])
        window.photos(known(couple(f"p{number}"), {1: ("Anna", None)}))


def test_a_correction_elsewhere_is_not_taken_for_that_of_a_correction(window: Any) -> None:
    photos = [
        known(couple(f"p{number}"), {1: (name, None)}) for number, name in enumerate(("Ana", "Ana", "Anna", "Anna"), 1)
    ]
    window.open(*photos, people=[{"name": name, "born": None} for name in ("Ana", "Anna")])
    correct(window, "Anna")
    told = window.find("notice-list .notice p")
    expect(told).to_have_count(1)
    window.photos(known(couple(), {1: ("Anna", None)}))
    window.find(".cell button").nth(2).click()
    correct(window, "Annika")
    expect(told).to_have_text(
        [
            "“Ana” is in another photo too. Change it to “Anna” there as well?",
            "“Anna” is in 2 other photos too. Change it to “Annika” there as well?",
        ]
    )


@pytest.mark.parametrize("entry", ["year", "photo"])
def test_a_renaming_is_undone_whatever_comes_before_it(window: Any, entry: str) -> None:
    photos = [known(couple(f"p{number}"), {1: ("Ana", None)}) for number in (1, 2)]
    window.open(*photos, people=[{"name": "Ana", "born": None}])
    correct(window, "Anna")
    offer = window.button("Change")
    expect(offer).to_be_visible()
    if entry == "year":
        window.page.get_by_label("Birth year of Anna").fill("1951")
        window.page.keyboard.press("Enter")
        window.page.wait_for_function("() => double.calls.some(([name]) => name === 'set_born')")
        window.find(".stage").click(position={"x": 4, "y": 4})
        window.page.keyboard.press("Control+z")  # the year is taken back, and the name still corrected
        expect(window.find("notice-list .notice p").last).to_have_text("The birth year is as it was before.")
    else:
        window.find(".stage").click(position={"x": 4, "y": 4})
        window.page.keyboard.press("Delete")
        window.page.wait_for_function("() => double.calls.some(([name]) => name === 'remove')")
        window.receive({"event": "removed", "ids": ["p1"]})
    offer.click()
    window.page.wait_for_function("() => double.calls.some(([name]) => name === 'rename')")
    window.find("notice-list .notice").filter(has_text="Name changed").get_by_role("button", name="Undo").click()
    window.page.wait_for_function("() => double.calls.filter(([name]) => name === 'rename').length === 2")
    assert window.calls()[-1] == ["rename", "Anna", "Ana", ["p2"], True]


@pytest.mark.parametrize("to", ["Ben", "ben", ""])
def test_a_face_that_is_somebody_else_renames_nobody(window: Any, to: str) -> None:
    photos = [known(couple(f"p{number}"), {1: ("Anna", 1950)}) for number in (1, 2, 3)]
    window.open(*photos, known(couple("p4"), {2: ("Ben", None)}), people=[ANNA, BEN])
    correct(window, to)
    window.page.wait_for_function("() => double.calls.some(([name]) => name === 'name_face')")
    window.page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(window.find("notice-list .notice")).to_have_count(0)


def test_a_correction_taken_back_is_no_longer_offered(window: Any) -> None:
    photos = [known(couple(f"p{number}"), {1: ("Ana", None)}) for number in (1, 2)]
    window.open(*photos, people=[{"name": "Ana", "born": None}])
    correct(window, "Anna")
    expect(window.button("Change")).to_be_visible()
    window.find(".stage").click(position={"x": 4, "y": 4})
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list .notice p")).to_have_text(["The name is as it was before."])


def test_a_name_that_cannot_come_back_is_told(window: Any) -> None:
    """Another face may have it by now."""
    window.open(known(couple(), {1: ("Anna", 1950)}), people=[ANNA])
    who(window).fill("")
    window.page.keyboard.press("Enter")
    window.page.evaluate("() => { double.naming = 'twice'; }")
    window.find(".stage").click(position={"x": 4, "y": 4})
    window.page.keyboard.press("Control+z")
    expect(window.find("notice-list .warning p")).to_contain_text("Another face in this photo has this name.")
    window.page.keyboard.press("Control+z")
    window.page.wait_for_function("() => double.calls.some(([name]) => name === 'bring_back')")
    assert len(window.calls("name_face")) == 2, "it is not tried again"


def test_a_name_that_another_face_has(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}), people=[ANNA])
    window.page.evaluate("() => { pywebview.api.name_face = async () => ({ state: 'twice' }); }")
    who(window, 2).fill("Anna")
    window.page.keyboard.press("Enter")
    card = window.find("face-card").nth(1)
    expect(card.get_by_role("alert")).to_have_text(
        "Another face in this photo has this name. Two people need two names. To swap two names, empty one field first."
    )
    expect(who(window, 2)).to_have_value("Anna")
    expect(who(window, 2)).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("year", ["1700", "2027", "12"])
def test_an_impossible_birth_year_stays_and_is_refused(window: Any, year: str) -> None:
    window.open(known(couple(), {1: ("Anna", None)}), people=[ANNA])
    born = window.page.get_by_label("Birth year of Anna")
    born.fill(year)
    window.page.keyboard.press("Enter")
    expect(window.find("face-card").first.get_by_role("alert")).to_have_text(
        "Enter a birth year between 1726 and 2026."
    )
    expect(born).to_have_value(year)
    assert window.calls() == []


def test_a_year_of_the_photo(window: Any) -> None:
    window.open(couple())
    taken = window.page.get_by_label("Year of the photo")
    taken.fill("1825")
    window.page.keyboard.press("Enter")
    expect(window.find("photo-taken").get_by_role("alert")).to_have_text("Enter a year between 1826 and 2026.")
    taken.fill("1974")
    window.page.keyboard.press("Tab")
    assert window.calls() == [["set_taken", "p1", 1974]]
    window.photos(known(couple(), {}, 1974))
    expect(window.find("face-card").first).to_contain_text("Born about 1940")


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_the_cameras_year_is_taken_by_a_press(window: Any, way: str) -> None:
    """Who goes on by keyboard is in its field; who has used the mouse is not, and the arrow keys mean the photos."""
    window.open(couple() | {"camera": 1998}, photo("p2", "b.jpg"))
    use = window.button("Use the camera\u2019s year: 1998")
    expect(window.find("photo-taken")).to_contain_text("For a scanned print, this is the year of the scan.")
    if way == "mouse":
        use.click()
    else:
        use.press("Enter")
    assert window.calls() == [["set_taken", "p1", 1998]]
    window.photos(known(couple(), {}, 1998) | {"camera": 1998})
    expect(use).to_be_hidden()
    if way == "mouse":
        expect(window.find("photo-view")).to_be_focused()
        window.page.keyboard.press("ArrowRight")
        expect(window.find("photo-view .name")).to_have_text("b.jpg")
    else:
        expect(window.page.get_by_label("Year of the photo")).to_be_focused()


def test_beside_the_cameras_year_it_is_told_how_to_date_the_photo(window: Any) -> None:
    """A scanner's year is no date of the photo."""
    window.open(couple() | {"camera": 2024})
    told = window.find("photo-taken").get_by_text("To date the photo, name someone whose birth year you know.")
    expect(told).to_be_visible()
    window.photos(known(couple(), {}, 1998) | {"camera": 2024})
    expect(told).to_be_hidden()


def test_the_cameras_year_takes_the_place_of_one_that_was_refused(window: Any) -> None:
    window.open(couple() | {"camera": 1998})
    taken = window.page.get_by_label("Year of the photo")
    taken.fill("19")
    window.page.keyboard.press("Enter")
    refusal = window.find("photo-taken").get_by_role("alert")
    expect(refusal).to_be_visible()
    window.button("Use the camera\u2019s year: 1998").click()
    window.photos(known(couple(), {}, 1998) | {"camera": 1998})
    expect(taken).to_have_value("1998")
    expect(refusal).to_be_hidden()
    assert window.calls() == [["set_taken", "p1", 1998]]


def test_boxes_stay_when_a_name_comes(window: Any) -> None:
    """One of them may just be pressed, which leaves the field and so saves the name."""
    window.open(couple())
    window.find(".face-box").nth(1).evaluate("(box) => { window.box = box; }")
    before = window.find(".face-box").first.get_attribute("aria-label")
    window.photos(known(couple(), {1: ("Anna", 1950)}))
    expect(window.find(".face-box").first).not_to_have_attribute("aria-label", before)
    assert window.find(".face-box").nth(1).evaluate("(box) => box === window.box")


def test_a_name_that_does_not_fit_is_told(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950), 2: ("Ben", 1900)}), people=[ANNA, BEN])
    expect(window.find("face-card").nth(1)).to_contain_text("Check the name and birth year: they do not fit the photo.")


def test_who_does_not_fit_the_known_year_is_told(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}, 2015), people=[ANNA])
    told = "Check the name and both years: they do not fit this face."
    expect(window.find("face-card").first.get_by_role("status")).to_have_text(told)


def test_who_was_born_after_the_photo_is_told(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}, 1950), people=[ANNA])
    card = window.find("face-card").first
    told = "Born after this photo was taken: check the years."
    expect(card).not_to_contain_text(told)
    window.photos(known(couple(), {1: ("Anna", 1950)}, 1949))
    expect(card.get_by_role("status")).to_have_text(told)
    window.photos(known(couple(), {1: ("Anna", 1950), 2: ("Ben", 1900)}))
    expect(card).not_to_contain_text(told)


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "x" * 80, "\u05d0\u05e0\u05d4", "Anna & <b>Ben</b>"])
def test_names_are_text(window: Any, name: str) -> None:
    person = {"name": name, "born": 1950}
    window.open(known(couple(), {1: (name, 1950)}), people=[person])
    expect(window.find("face-card .which").first).to_have_text(name)
    who(window, 2).click()
    expect(window.page.get_by_role("option")).to_contain_text(name)
    assert window.find("face-card img[src=x], face-card b").count() == 0
    assert window.fits()


AUNT = face((20, 100, 90, 90), 50.0, 44.0, 57.0)
"""A face to the left of the couple's."""


def with_aunt(**changes: Any) -> Any:
    """The couple's photo, to which a face has been added."""
    added = done("p1", "beach.jpg", [*couple()["report"]["faces"], AUNT])
    return added | {"faces": [*couple()["faces"], "pictures/p1-face9.jpg"], "undoable": True} | changes


BENS = {2: ("Ben", None)}

COMES = {
    "the same photo and another": [known(couple(), BENS), done("p2", "b.jpg")],
    "a preview": [known(couple(), BENS) | {"preview": "pictures/p1-preview2.jpg"}],
    "a name and a year": [known(couple(), BENS | {1: ("Anna", 1950)}, 1974)],
    "a face with a name": [known(with_aunt(), BENS | {3: ("Ann", 1930)})],
}
"""What Python may send while the user types."""


@pytest.mark.parametrize("what", COMES)
@pytest.mark.parametrize("field", ["Who is face 2 of 2", "Birth year of Ben", "Year of the photo"])
def test_what_is_typed_is_not_lost_to_what_comes(window: Any, what: str, field: str) -> None:
    window.open(known(couple(), BENS), photo("p2", "b.jpg"), people=[BEN])
    named = window.page.get_by_label(field)
    named.fill("19")
    typed = window.find(f"#{named.get_attribute('id')}")  # the same element, whatever its label is by then
    window.page.keyboard.press("ArrowLeft")
    window.photos(*COMES[what])
    window.receive({"event": "people", "people": [ANNA, BEN]})
    expect(typed).to_be_focused()
    expect(typed).to_have_value("19")
    assert typed.evaluate("(input) => [input.selectionStart, input.selectionEnd]") == [1, 1]
    assert window.calls() == []


def test_half_a_name_is_not_saved(still_window: Any) -> None:
    """However long the rest takes: in a photo with a Max, nobody is called Ma."""
    window = still_window
    window.open(couple())
    window.stop_clock()
    who(window).fill("Ma")
    window.page.clock.run_for(60_000)
    assert window.calls() == []


def test_a_name_that_is_taken_back_while_it_is_saved_does_not_return(window: Any) -> None:
    """Python sends the first name while the second one, which restores the old name, is on its way."""
    ben = known(couple(), {1: ("Ben", None)})
    window.open(ben, people=[BEN])
    window.page.evaluate(
        "() => { pywebview.api.name_face = () => new Promise((resolve) => { window.double.named = resolve; }); }"
    )
    field = window.find("face-person input.name").first
    for name in ("Anna", "Ben"):
        field.fill(name)
        field.evaluate("(input) => input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter' }))")
    for told in (known(couple(), {1: ("Anna", None)}), ben):
        window.photos(told)
        window.rest()
        expect(field).to_have_value("Ben")
        window.page.evaluate("() => window.double.named({ state: 'named' })")


def test_python_knows_what_stands_in_a_field(window: Any) -> None:
    """When a window is closed, the page ends without a chance to save it."""
    window.open(known(couple(), {2: ("Ben", 1950)}), people=[BEN])
    face = [400, 100, 90, 90]
    name, born, taken = who(window, 2), window.find("face-card input.year").nth(1), window.find("photo-taken input")

    def drafts() -> list[Any]:
        calls = window.calls("typed")
        assert [number for _, number, _ in calls] == list(range(calls[0][1], calls[0][1] + len(calls)))
        return [call for *_, call in calls]

    name.fill("Anna")
    assert drafts() == [["name_face", "p1", face, "Anna"]]
    name.press("Escape")
    assert drafts()[1:] == [None]
    born.fill("195")
    born.fill("")
    born.press("Enter")
    window.page.wait_for_function("() => window.double.calls.at(-1)[2] === null")
    assert drafts()[2:] == [["set_born", "Ben", 195], ["set_born", "Ben", None], None]
    taken.fill("1984")
    assert drafts()[5:] == [["set_taken", "p1", 1984]]


def last_draft(window: Any) -> Any:
    return window.calls("typed")[-1][2]


def test_what_stands_in_a_field_has_a_higher_number_after_the_page_was_loaded_anew(window: Any) -> None:
    """Python keeps the highest."""
    window.open(couple())
    who(window).fill("An")
    before = window.calls("typed")[-1][1]
    window.page.reload()
    window.settle()
    who(window).fill("Anna")
    assert window.calls("typed")[0][1] > before


def test_a_name_that_is_chosen_again_leaves_nothing_of_what_was_typed(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}), people=[ANNA])
    who(window).fill("An")
    assert last_draft(window)[-1] == "An"
    window.page.get_by_role("option", name="Anna").click()
    expect(who(window)).to_have_value("Anna")
    assert last_draft(window) is None
    assert window.calls() == []


def test_a_birth_year_below_a_name_that_was_refused_is_not_that_of_its_bearer(window: Any) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}), people=[ANNA])
    window.page.evaluate("() => { window.double.naming = 'twice'; }")
    who(window, 2).fill("Anna")
    who(window, 2).press("Enter")
    expect(who(window, 2)).to_have_attribute("aria-invalid", "true")
    window.find("face-card input.year").nth(1).fill("1985")
    assert last_draft(window) is None


@pytest.mark.parametrize(("text", "year"), [("\uff11\uff19\uff18\uff15", 1985), ("\uff58", None)])
def test_a_year_that_is_being_composed_does_not_delete_the_one_that_is_there(
    window: Any, text: str, year: int | None
) -> None:
    window.open(known(couple(), {1: ("Anna", 1950)}, 1974), people=[ANNA])
    for part, call in (("face-card", ["set_born", "Anna"]), ("photo-taken", ["set_taken", "p1"])):
        window.find(f"{part} input.year").first.evaluate(
            """(input, value) => {
                input.value = value;
                input.dispatchEvent(new InputEvent('input', { isComposing: true }));
            }""",
            text,
        )
        assert last_draft(window) == (None if year is None else [*call, year])


def test_a_face_that_is_added_moves_the_others_on(window: Any) -> None:
    window.open(couple(), photo("p2", "b.jpg"), people=[ANNA])
    who(window, 2).focus()
    window.page.keyboard.type("Ben")
    window.photos(with_aunt())
    expect(window.find("face-card .which")).to_have_text([f"Face {place} of 3" for place in (1, 2, 3)])
    third = window.find("face-card").nth(2)
    expect(third.get_by_role("combobox", name="Who is face 3 of 3 from the left?")).to_have_value("Ben")
    expect(third.get_by_role("button", name="Remove face 3 of 3 from the left")).to_be_visible()
    expect(third.get_by_role("button", name="Why? Face 3 of 3 from the left")).to_be_visible()
    window.find("face-card").first.locator(".face").click()
    expect(window.find("face-card").first).to_have_class("active")
    expect(window.find("face-overlay [aria-pressed=true]")).to_have_attribute("aria-label", re.compile("50"))
    assert window.calls("name_face") == [["name_face", "p1", [400, 100, 90, 90], "Ben"]]


def test_what_is_typed_comes_back_after_a_new_analysis(window: Any) -> None:
    """The file has changed on disk, but not its faces."""
    window.open(couple(), photo("p2", "b.jpg"))
    who(window).focus()
    window.page.keyboard.type("An")
    window.photos(photo("p1", "beach.jpg", "queued"))
    expect(window.find("face-card")).to_have_count(0)
    window.photos(couple())
    expect(who(window)).to_have_value("An")
    assert window.calls() == []


def moved() -> Any:
    """The couple's photo after a new analysis that has found the second face elsewhere."""
    return done("p1", "beach.jpg", [face((100, 100, 90, 90), 40.0), face((500, 100, 90, 90))])


@pytest.mark.parametrize(("number", "told"), [(1, []), (2, ["This face is no longer there."])])
def test_what_is_typed_counts_when_its_card_goes(window: Any, number: int, told: list[str]) -> None:
    """A new analysis has found another age for the face, or no such face."""
    window.open(couple(), photo("p2", "b.jpg"))
    window.page.evaluate(
        "(state) => { pywebview.api.name_face = async (...of) => { double.named = of; return { state }; }; }",
        "gone" if told else "named",
    )
    who(window, number).fill("Anna")
    window.photos(photo("p1", "beach.jpg", "queued"))
    window.photos(moved())
    expect(window.find("notice-list .warning p")).to_have_text(told)
    assert window.page.evaluate("() => double.named") == ["p1", couple()["report"]["faces"][number - 1]["box"], "Anna"]


def test_what_is_typed_counts_when_the_photo_is_left_before_its_card_is_back(window: Any) -> None:
    window.open(couple(), couple("p2"))
    who(window).fill("Anna")
    window.photos(photo("p1", "beach.jpg", "queued"))
    expect(window.find("face-card")).to_have_count(0)
    window.page.keyboard.press("ArrowRight")
    expect(window.find("face-card")).to_have_count(2)
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "Anna"]]


@pytest.mark.parametrize("comes", ["queued", "another photo", "no such face"])
def test_keys_for_a_field_that_has_gone_do_not_mean_the_photo(window: Any, comes: str) -> None:
    window.open(couple(), photo("p2", "b.jpg"))
    who(window).focus()
    window.page.keyboard.type("Anna")
    if comes == "queued":
        window.photos(photo("p1", "beach.jpg", "queued"))
    elif comes == "another photo":
        window.page.evaluate("async () => (await import('./selection.js')).select('p2')")
    else:
        window.photos(done("p1", "beach.jpg", [face((500, 100, 90, 90))]))
    expect(window.find("face-card")).to_have_count(1 if comes == "no such face" else 0)
    for key in ("Backspace", "Delete"):
        window.page.keyboard.press(key)
    assert window.calls("remove") == []
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")


@pytest.mark.parametrize("key", ["Delete", "Backspace"])
def test_keys_on_a_button_beside_a_field_mean_the_face(window: Any, key: str) -> None:
    window.open(couple(), photo("p2", "b.jpg"))
    window.find("face-card .face").first.focus()
    window.page.keyboard.press(key)
    assert window.calls() == [["remove_face", "p1", [100, 100, 90, 90]]]


@pytest.mark.parametrize("field", ["Who is face 1 of 2", "Year of the photo"])
def test_a_press_on_the_photo_ends_typing(window: Any, field: str) -> None:
    window.open(couple(), photo("p2", "b.jpg"))
    window.page.get_by_label(field).fill("1974")
    window.find("photo-view .stage").click(position={"x": 3, "y": 3})
    call = ["set_taken", "p1", 1974] if field.startswith("Year") else ["name_face", "p1", [100, 100, 90, 90], "1974"]
    assert window.calls() == [call]
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("b.jpg")


def test_half_a_name_is_not_saved_while_another_window_is_in_front(window: Any) -> None:
    """The field keeps the focus: a user who comes back goes on where they were."""
    window.open(couple())
    who(window).focus()
    window.page.keyboard.type("An")
    who(window).evaluate("async (input) => { input.dispatchEvent(new FocusEvent('blur')); await null; }")
    assert window.calls() == []
    window.page.keyboard.type("na")
    window.page.keyboard.press("Tab")
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "Anna"]]


def test_what_is_typed_counts_when_another_photo_is_shown(window: Any) -> None:
    window.open(couple(), couple("p2"))
    who(window).focus()
    window.page.keyboard.type("Anna")
    window.page.evaluate("async () => (await import('./selection.js')).select('p2')")
    expect(who(window)).to_have_value("")
    assert window.calls() == [["name_face", "p1", [100, 100, 90, 90], "Anna"]]


def test_what_is_refused_after_the_photo_has_been_left_is_told(window: Any) -> None:
    window.open(couple(), couple("p2"))
    window.page.evaluate("() => { window.double.naming = 'twice'; }")
    window.page.get_by_label("Year of the photo").fill("1825")
    who(window).fill("Anna")
    window.page.evaluate("async () => (await import('./selection.js')).select('p2')")
    notices = window.find("notice-list .warning")
    expect(notices).to_have_count(2)
    expect(window.find("notice-list")).to_contain_text("Another face in this photo has this name.")
    expect(window.find("notice-list")).to_contain_text("Enter a year between 1826 and 2026.")


def test_enter_tries_again_what_was_refused(window: Any) -> None:
    """A year that has waited for its name is saved along with it."""
    window.open(couple())
    window.refuse("name_face")
    who(window).fill("Anna")
    window.page.keyboard.press("Tab")
    window.page.keyboard.type("1950")
    window.page.keyboard.press("Enter")
    refusals = window.find("face-card").first.get_by_role("alert")
    expect(refusals).to_have_text(
        ["The name could not be saved.", "Correct the name first; the year is then saved, too."]
    )
    window.refuse()
    who(window).press("Enter")
    window.page.wait_for_function("() => window.double.calls.at(-1)[0] === 'set_born'")
    expect(refusals).to_have_count(0)
    name = ["name_face", "p1", [100, 100, 90, 90], "Anna"]
    assert window.calls() == [name, name, ["set_born", "Anna", 1950]]


def test_what_is_typed_goes_with_its_photo(window: Any) -> None:
    window.open(couple(), couple("p2"))
    who(window).focus()
    window.page.keyboard.type("An")
    window.receive({"event": "removed", "ids": ["p1"]})
    expect(who(window)).to_have_value("")
    assert window.calls() == []


def test_keys_typed_in_a_field_mean_the_field(window: Any) -> None:
    window.open(couple(), photo("p2", "b.jpg"))
    who(window).focus()
    window.page.keyboard.type("A0+?-")
    for key in ("ArrowLeft", "Home", "Delete", "Backspace"):
        window.page.keyboard.press(key)
    expect(window.find("photo-view .name")).to_have_text("beach.jpg")
    assert window.calls("remove") == []


def test_photos_by_year(window: Any) -> None:
    first, second = known(couple("p1"), {1: ("Anna", 1950)}), known(couple("p2"), {}, 1960)
    window.open(first, second | {"name": "older.jpg"}, photo("p3", "undated.jpg"))
    window.page.get_by_label("Order of the photos").select_option("taken")
    expect(window.find(".cell button")).to_have_count(3)
    titles = window.find(".cell").evaluate_all("(all) => all.map((one) => one.title)")
    assert titles == ["older.jpg", "beach.jpg", "undated.jpg"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("width", [720, 1280])
def test_names_that_begin_alike_are_told_apart(window: Any, language: str, width: int) -> None:
    window.look(width, 600)
    window.choose(language=language)
    names = ["Anna-Maria Müller", "Anna-Maria Schmidt"]
    of = known(couple(), {1: ("Anna-Maria Müller", 1925)})
    window.open(of, people=[{"name": name, "born": 1925} for name in names])
    expect(window.find("face-card .which").first).to_have_attribute("title", names[0])
    assert window.find("face-card .which").nth(1).get_attribute("title") is None
    window.find("face-person input.name").nth(1).fill("Anna-Maria")
    options = window.find('[role="option"] .name:visible')
    expect(options).to_have_text(names)
    for option, name in zip(options.all(), names, strict=True):
        expect(option).to_have_attribute("title", name)
        assert option.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    card = window.find("face-card").nth(1).bounding_box()
    listed = window.find('[role="listbox"]:visible').bounding_box()
    assert card["x"] <= listed["x"] and listed["x"] + listed["width"] <= card["x"] + card["width"]


def test_a_name_runs_in_its_own_direction(window: Any) -> None:
    """Else a long right-to-left name would be cut off at its beginning."""
    window.open(known(couple(), {1: ("\u05d3\u05d5\u05d3", 1925), 2: ("Ben", 1925)}))
    for place in ("face-card .which", "face-person input.name"):
        directions = window.find(place).evaluate_all("(all) => all.map((one) => getComputedStyle(one).direction)")
        assert directions == ["rtl", "ltr"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_refused_is_told_in_view(window: Any, language: str) -> None:
    """In a small window, where the field is at the end of the list of faces."""
    window.look(720, 480)
    window.choose(language=language)
    window.open(couple(), photo("p2", "b.jpg"), people=[ANNA])
    window.page.evaluate("() => { window.double.naming = 'twice'; }")
    field = window.find("face-person input.name").first
    field.fill("Anna")
    field.evaluate("(one) => one.scrollIntoView({ block: 'end' })")
    field.press("Enter")
    expect(window.find("face-person .refusal:visible")).to_be_in_viewport(ratio=0.99)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_cameras_year_keeps_to_its_column(window: Any, language: str) -> None:
    window.look(720, 480)
    window.choose(language=language)
    window.open(couple() | {"camera": 2004}, photo("p2", "b.jpg"))
    column, button = (window.find(part).bounding_box() for part in ("photo-taken", "photo-taken .button"))
    assert button["x"] + button["width"] <= column["x"] + column["width"]
