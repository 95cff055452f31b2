"""Keyboard, screen readers, contrast, motion."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from ui_doubles import LAST, done, face, known, photo

SCENES = ["empty", "last", "waiting", "results", "why", "drawing", "no_face", "error", "running", "paused"]
SCENES += [
    "people",
    "people born later",
    "export",
    "exporting",
    "settings",
    "help",
    "about",
    "filtered",
    "no match",
    "failed",
]


FACE = face((100, 150, 120, 150))


def crowd(number: int = 3) -> list[dict[str, Any]]:
    return [photo(f"p{n}", f"{n}.jpg") for n in range(1, number + 1)]


def test_arrows_move_through_the_photos(window: Any) -> None:
    window.open(*crowd())
    name = window.find("photo-view .name")
    for key, shown in (("ArrowLeft", 1), ("ArrowRight", 2), ("ArrowRight", 3), ("ArrowRight", 3), ("ArrowLeft", 2)):
        window.page.keyboard.press(key)
        expect(name).to_have_text(f"{shown}.jpg")
        expect(window.find('.cell:has([aria-selected="true"])')).to_have_attribute("title", f"{shown}.jpg")


def test_the_photo_shown_stays_in_sight_in_the_grid(window: Any) -> None:
    window.open(*crowd(100))
    for _ in range(40):
        window.page.keyboard.press("ArrowRight")
    expect(window.find('.cell:has([aria-selected="true"])')).to_have_attribute("title", "41.jpg")
    expect(window.find('.cell:has([aria-selected="true"])')).to_be_in_viewport(ratio=1)


def test_delete_removes_the_photo_shown(window: Any) -> None:
    window.open(*crowd())
    window.page.keyboard.press("ArrowRight")
    expect(window.find("photo-view .name")).to_have_text("2.jpg")
    window.page.keyboard.press("Delete")
    assert window.calls() == [["remove", ["p2"]]]


PRESS = """([key, code]) => {
    const event = { key, code, ctrlKey: true, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new KeyboardEvent('keydown', event));
}"""


@pytest.mark.parametrize(
    ("key", "code", "call"),
    [
        ("\u0449", "KeyO", "pick_photos"),  # Russian
        ("\u03c9", "KeyV", "paste"),  # Greek
        ("\u05d6", "KeyZ", "bring_back"),  # Hebrew
        ("\u0626", "KeyZ", "bring_back"),  # Arabic
        ("z", "KeyY", "bring_back"),  # German: Latin letters count as they are printed
        ("y", "KeyZ", None),
    ],
)
def test_shortcuts_work_on_every_keyboard(window: Any, key: str, code: str, call: str | None) -> None:
    window.open(*crowd())
    window.page.evaluate(PRESS, [key, code])
    assert [name for name, *_ in window.calls()] == ([] if call is None else [call])


@pytest.mark.parametrize(("platform", "opened"), [("MacIntel", 0), ("Linux x86_64", 1)])
def test_in_a_field_on_macos_ctrl_and_a_letter_are_the_fields(window: Any, platform: str, opened: int) -> None:
    """Ctrl+E goes to the end of the line."""
    window.page.add_init_script(f"Object.defineProperty(navigator, 'platform', {{ value: {platform!r} }});")
    window.open(done("p1", "a.jpg", [face((100, 100, 90, 90))]))
    panel = window.find("export-panel:not([hidden])")
    window.find("face-person .name").first.focus()
    window.page.keyboard.press("Control+e")
    expect(panel).to_have_count(opened)
    window.page.keyboard.press("Escape")
    window.find("face-person .name").first.focus()
    window.page.keyboard.press("Meta+e")
    expect(panel).to_have_count(1)


def open_by_its_button(window: Any, panel: str) -> tuple[Any, Any]:
    """With the keyboard. Returns the button and the panel."""
    window.open(*crowd())
    opener = window.find(f'[data-panel="{panel}"]')
    opener.focus()
    window.page.keyboard.press("Enter")
    element = window.find(f"{panel}-panel")
    expect(element).to_be_visible()
    return opener, element


@pytest.mark.parametrize("panel", ["export", "settings", "help", "about"])
def test_escape_closes_a_panel_and_gives_the_focus_back(window: Any, panel: str) -> None:
    opener, element = open_by_its_button(window, panel)
    expect(opener).to_have_attribute("aria-expanded", "true")
    assert element.evaluate("(element) => element.contains(document.activeElement)")
    window.page.keyboard.press("Escape")
    expect(element).to_be_hidden()
    expect(opener).to_be_focused()


PANEL_KEYS = {"F1": "help-panel", "Control+e": "export-panel"}


@pytest.mark.parametrize("keys", [("F1",), ("Control+e",), ("F1", "Control+e"), ("Control+e", "F1")])
def test_a_panel_that_a_key_opened_gives_the_focus_back_to_where_it_was(window: Any, keys: tuple[str, ...]) -> None:
    """Also one that was opened from another."""
    window.open(*crowd())
    cell = window.find(".cell button").first
    cell.focus()
    for key in keys:
        window.page.keyboard.press(key)
        expect(window.find(PANEL_KEYS[key])).to_be_visible()
    window.page.keyboard.press("Escape")
    expect(cell).to_be_focused()


@pytest.mark.parametrize("panel", ["export", "settings", "help", "about"])
def test_a_panel_does_not_cover_what_the_tab_key_leads_to(window: Any, panel: str) -> None:
    opener, element = open_by_its_button(window, panel)
    window.page.keyboard.press("Shift+Tab")
    expect(element).to_be_hidden()
    expect(opener).not_to_be_focused()
    assert window.page.evaluate("() => document.activeElement.checkVisibility()")


@pytest.mark.parametrize("panel", ["export", "settings", "help", "about"])
def test_delete_removes_nothing_from_within_a_panel(window: Any, panel: str) -> None:
    """A user who looks at a panel does not mean the photo behind it."""
    window.open(*crowd())
    window.find(f'[data-panel="{panel}"]').click()
    expect(window.find(f"{panel}-panel")).to_be_visible()
    for key in ("Delete", "Backspace"):
        window.page.keyboard.press(key)
    assert window.calls("remove") == []


def test_escape_lets_go_of_a_face(window: Any) -> None:
    window.open(done(faces=[face((100, 100, 90, 90))]))
    card = window.find("face-card .face")
    card.click()
    expect(card).to_have_attribute("aria-pressed", "true")
    window.page.keyboard.press("Escape")
    expect(card).to_have_attribute("aria-pressed", "false")


def test_every_stop_of_the_tab_key_shows_where_it_is(window: Any) -> None:
    """And everything that can be pressed can be reached."""
    window.open(done("p1", faces=[face((100, 100, 90, 90)), face((400, 100, 90, 90))]), photo("p2", "b.jpg"))
    reached = []
    for _ in range(40):
        window.page.keyboard.press("Tab")
        stop = window.page.evaluate(
            """() => {
                const element = document.activeElement;
                if (element === document.body) return null;
                const style = getComputedStyle(element);
                const outline = `${style.outlineStyle} ${parseFloat(style.outlineWidth) >= 2}`;
                const cut = element.scrollHeight > element.clientHeight + 1;
                return [element.ariaLabel ?? element.textContent, outline, cut];
            }"""
        )
        if stop is None or (reached and stop == reached[0]):
            break
        reached.append(stop)
    assert [stop for stop in reached if stop[1] != "solid true"] == []
    can_be_pressed = window.page.evaluate(
        """() => [...document.querySelectorAll('button, select, input')]
            .filter((one) => one.checkVisibility() && !one.matches('.cell [tabindex="-1"]')).length"""
    )
    # Only one of the grid's cells: the arrow keys lead to the others.
    assert len(reached) == can_be_pressed > 12


@pytest.mark.parametrize("place", ["earlier", "help", "about"])
def test_what_scrolls_does_not_cut_the_ring_of_the_keyboard(window: Any, place: str) -> None:
    window.open(kept={"state": "on", "albums": LAST["albums"] * 2})
    if place == "earlier":
        window.find("welcome-view .last button").focus()
    else:
        window.find(f'[data-panel="{place}"]').click()
    window.page.keyboard.press("Tab")
    stop = window.find(f"{place}-panel .content" if place != "earlier" else ".earlier button >> nth=0")
    expect(stop).to_be_focused()
    room = stop.evaluate(
        """(stop) => {
            const around = (stop.closest('ul') ?? stop.closest('.panel')).getBoundingClientRect();
            const { left, right } = stop.getBoundingClientRect();
            const { outlineWidth, outlineOffset } = getComputedStyle(stop);
            const ring = parseFloat(outlineWidth) + parseFloat(outlineOffset);
            return Math.min(left - around.left, around.right - right) - ring;
        }"""
    )
    assert room >= 0


def test_the_photo_selected_shows_whether_it_has_the_keyboard(window: Any) -> None:
    window.open(*crowd())
    selected = window.find('.cell [aria-selected="true"]')
    ring = "(button) => getComputedStyle(button).outline"
    before = selected.evaluate(ring)
    selected.focus()
    window.page.keyboard.press("ArrowRight")  # the keyboard is in use
    expect(selected).to_be_focused()
    assert selected.evaluate(ring) != before


@pytest.mark.parametrize("theme", ["none", "active"])
def test_what_is_uncertain_is_told_by_more_than_a_colour(window: Any, theme: Any) -> None:
    window.page.emulate_media(forced_colors=theme)
    sure, unsure = face((100, 100, 90, 90)), face((400, 100, 90, 90), warnings=["small"])
    window.open(done("p1", faces=[sure, unsure]), done("p2", "b.jpg", [sure]))
    line = "(all) => all.map((one) => getComputedStyle(one).textDecorationLine)"
    assert window.find(".age-pill").evaluate_all(line) == ["none", "underline"]
    assert window.find(".cell .mark span").evaluate_all(line) == ["none", "underline", "none"]


def test_faces_have_names_that_tell_their_age(window: Any) -> None:
    window.open(done(faces=[face((400, 100, 90, 90), 7.6, 5.9, 9.4, ["small"]), face((100, 100, 90, 90))]))
    card = window.find("face-card .face").nth(1)
    expect(card).to_have_accessible_name("Face 2 of 2 from the left, looks 8, uncertain, 6 to 9 in 8 of 10 cases")
    names = window.find(".face-box").evaluate_all("(all) => all.map((one) => one.ariaLabel)")
    assert names == [
        "Face 1 of 2 from the left, looks 34, 28 to 41",
        "Face 2 of 2 from the left, looks 8, uncertain, 6 to 9",
    ]


def test_progress_is_said_now_and_then(window: Any) -> None:
    """Not at every photo: a screen reader would talk without end."""
    window.open(*crowd())
    window.clock(0)
    region = window.find("live-region")
    expect(region).to_have_attribute("aria-live", "polite")
    window.run("running", 0, 80)
    expect(region).to_have_text("0 of 80 photos analyzed")
    for finished in range(1, 20):
        window.run("running", finished, 80)
    expect(window.find("tool-bar .count")).to_have_text("19 of 80")
    expect(region).to_have_text("0 of 80 photos analyzed")
    window.clock(5_000)
    window.run("running", 20, 80)
    expect(region).to_have_text("20 of 80 photos analyzed")
    window.run("running", 80, 80)
    window.run("idle", 80, 80)
    expect(region).to_have_text("80 photos analyzed")


def test_the_progress_of_a_long_run_is_said_once_a_minute(window: Any) -> None:
    window.open(*crowd())
    region = window.find("live-region")
    window.clock(0)
    window.run("running", 0, 800)
    for seconds, finished, said in ((59, 59, 59), (65, 65, 59), (118, 118, 59), (119, 119, 119)):
        window.clock(seconds * 1000)
        window.run("running", finished, 800)
        expect(window.find("tool-bar .count")).to_have_text(f"{finished} of 800")
        expect(region).to_have_text(f"{said} of 800 photos analyzed")


def test_the_photo_gone_to_is_said(still_window: Any) -> None:
    """The one where the user stays. In the grid the focus moves along, so the cell says it already."""
    window = still_window
    window.open(done("p1", "1.jpg", [face((100, 150, 90, 90))]), *crowd()[1:])
    window.stop_clock()
    region, name = window.find("live-region"), window.find("photo-view .name")
    window.run("paused", 1, 3)
    window.page.keyboard.press("ArrowRight")
    window.page.keyboard.press("ArrowRight")
    expect(name).to_have_text("3.jpg")
    window.page.clock.run_for(250)
    expect(region).to_have_text("Paused, 1 of 3 photos analyzed")
    window.page.clock.run_for(100)
    expect(region).to_have_text("3.jpg, not analyzed yet, 3 of 3")
    window.button("Previous photo (←)").focus()
    window.page.keyboard.press("Enter")
    window.page.keyboard.press("Enter")
    expect(name).to_have_text("1.jpg")
    window.page.clock.run_for(300)
    expect(region).to_have_text("1.jpg, looks 34, 1 of 3")
    window.find(".cell button").first.focus()
    window.page.keyboard.press("ArrowRight")
    expect(name).to_have_text("2.jpg")
    expect(window.find(".cell button").nth(1)).to_be_focused()
    window.page.clock.run_for(300)
    expect(region).to_have_text("1.jpg, looks 34, 1 of 3")


def test_a_run_that_was_cancelled_is_not_said_to_be_done(window: Any) -> None:
    """By then its total is the number done."""
    window.open(*crowd())
    window.run("running", 12, 80)
    window.run("cancelling", 12, 12)
    window.run("idle", 12, 12)
    expect(window.find("live-region")).to_have_text("Canceled")
    window.run("running", 0, 2)
    window.run("idle", 2, 2)
    expect(window.find("live-region")).to_have_text("2 photos analyzed")


def test_what_happens_twice_is_said_twice(window: Any) -> None:
    window.open(*crowd())
    region = window.find("live-region")
    window.photos(photo("p4", "4.jpg"))
    expect(region).to_have_text("1 photo added")
    region.evaluate(
        """(region) => {
            window.said = [];
            new MutationObserver(() => window.said.push(region.textContent)).observe(region, { childList: true });
        }"""
    )
    window.photos(photo("p5", "5.jpg"))
    window.page.wait_for_function("() => window.said.length === 2")
    assert window.page.evaluate("() => window.said") == ["", "1 photo added"]
    # What merely continues is not announced.
    window.run("paused", 1, 5)
    window.run("paused", 1, 5)
    window.page.wait_for_timeout(300)
    assert window.page.evaluate("() => window.said.slice(2)") == ["Paused, 1 of 5 photos analyzed"]


def test_photos_that_come_in_portions_are_said_once(still_window: Any) -> None:
    window = still_window
    window.open(*crowd())
    window.stop_clock()
    window.photos(photo("p4", "4.jpg"))
    window.photos(photo("p5", "5.jpg"), photo("p6", "6.jpg"))
    expect(window.find("photo-grid h2")).to_have_text("6 photos")
    expect(window.find("live-region")).to_be_empty()
    window.page.clock.run_for(1000)
    expect(window.find("live-region")).to_have_text("3 photos added")


def test_photos_that_were_here_before_are_not_said_to_be_added(still_window: Any) -> None:
    """Those that came back, as a notice says so; after a change of language, those beyond the first few hundred."""
    window = still_window
    left = json.dumps({"filter": {"kind": "all", "from": None, "to": None}, "order": "added", "newest": 3})
    window.page.add_init_script(f"sessionStorage.setItem('taken-along', {json.dumps(left)});")
    window.open(photo("p1"), photo("p2", "2.jpg"))
    window.stop_clock()
    window.photos(photo("p3", "3.jpg"))
    window.receive({"event": "removed", "ids": ["p2"]})
    window.photos(photo("p2", "2.jpg"))
    expect(window.find("photo-grid h2")).to_have_text("3 photos")
    window.page.clock.run_for(1000)
    expect(window.find("live-region")).to_be_empty()
    window.photos(photo("p4", "4.jpg"))
    expect(window.find("photo-grid h2")).to_have_text("4 photos")
    window.page.clock.run_for(1000)
    expect(window.find("live-region")).to_have_text("1 photo added")


@pytest.mark.parametrize(
    "place",
    [
        "tool-bar .unkept",
        "settings-panel .trouble",
        "photo-view .message",
        "photo-taken .estimate",
        "face-person .doubt",
    ],
)
def test_a_live_region_is_there_before_its_words(window: Any, place: str) -> None:
    """Screen readers do not announce one that comes with them. Without words it takes no room."""
    window.open(done("p1", "a.jpg", [face((100, 100, 90, 90))]))
    window.button("Settings").click()
    region = window.find(place)
    expect(region).to_have_text("")
    expect(region).to_have_attribute("role", "status")
    assert region.evaluate("(one) => one.checkVisibility()")
    assert region.evaluate("(one) => [one.offsetWidth, one.offsetHeight]") == [0, 0]
    assert region.evaluate("(one) => getComputedStyle(one).position") == "absolute"  # nor a gap


def test_a_notice_is_said_without_those_before_it(window: Any) -> None:
    """The role `status` means that the whole element is read out, unless the element says otherwise."""
    window.open()
    expect(window.find("notice-list")).to_have_attribute("aria-atomic", "false")


@pytest.mark.parametrize("scene", SCENES)
def test_axe_finds_nothing(window: Any, scene: str) -> None:
    """Names, roles, landmarks and what else axe-core knows; contrast (WCAG AA) in both schemes."""
    window.look(motion="reduce")
    set_scene(window, scene)
    assert window.ground() > 600
    assert violations(window) == []
    window.look(scheme="dark", motion="reduce")
    assert window.ground() < 200
    assert violations(window, "color-contrast") == []


def test_axe_would_find_something(window: Any) -> None:
    """A button without a name, and text that is too pale."""
    set_scene(window, "results")
    window.page.evaluate("() => document.querySelector('tool-bar').append(document.createElement('button'))")
    window.page.evaluate("() => { document.querySelector('face-list .quiet').style.color = '#ddd'; }")
    assert {"button-name", "color-contrast"} <= {one["id"] for one in violations(window)}


def violations(window: Any, *rules: str) -> list[dict[str, Any]]:
    """What axe-core, or only these of its rules, objects to: the rule's `id` and `help`, and the `nodes` concerned."""
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = Axe().run(window.page, options=options).response["violations"]
    return [{"id": one["id"], "help": one["help"], "nodes": [node["html"] for node in one["nodes"]]} for one in found]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_do_not_want_it(window: Any, motion: str) -> None:
    """For all others transitions are short."""
    window.look(motion=motion)
    set_scene(window, "running")
    longest, turning = window.page.evaluate(
        """() => {
            const styles = [...document.querySelectorAll('*')].map((element) => getComputedStyle(element));
            const seconds = styles.flatMap((style) => style.transitionDuration.split(',').map(parseFloat));
            return [Math.max(...seconds), styles.filter((style) => style.animationName !== 'none').length];
        }"""
    )
    if motion == "reduce":
        assert (longest, turning) == (0, 0)
    else:
        assert 0.12 <= longest <= 0.16
        assert turning > 0


def set_scene(window: Any, scene: str) -> None:
    """Bring the window into one of its states."""
    if scene == "empty":
        window.open()
        return
    if scene == "last":
        window.open(kept=LAST)
        expect(window.find("welcome-view .last")).to_be_visible()
        return
    adult = face((100, 100, 90, 90))
    child = face((400, 100, 90, 90), 7.6, 5.9, 9.4, ["small", "blurred"])
    first = {
        "waiting": photo("p1"),
        "error": done("p1", error=("corrupt", "The file ends too early.")),
        "no_face": done("p1"),
        "running": photo("p1", state="working"),
    }.get(scene, done("p1", faces=[adult, child]))
    window.open(first, done("p2", "b.jpg"), photo("p3", "c.jpg", "queued"))
    if scene == "running":
        window.run("running", 12, 80, 42.0, 96.4)
    if scene == "why":
        window.find("face-card .actions button").first.click()
        window.page.wait_for_function("() => window.double.explained !== undefined")
        window.page.evaluate("(map) => window.double.explained({ map, message: null })", [[2.0, -2.0] * 4] * 8)
        expect(window.find("why-map .legend")).to_be_visible()
    if scene == "drawing":
        window.button("Add a face…").click()
        expect(window.find("drawing-bar")).to_be_visible()
    if scene == "paused":
        window.run("paused", 12, 80)
    if scene == "failed":
        window.receive({"event": "engine", "engine": {"state": "failed", "message": "The file age.onnx is damaged."}})
        window.receive({"event": "notice", "text": "Something to know.", "kind": "warning"})
        expect(window.find("tool-bar .failed")).to_be_visible()
    if scene in ("people", "people born later"):
        taken = 1899 if scene == "people born later" else None
        people = {1: ("Anna", 1950), 2: ("Ben", 1900)}
        window.photos(known(first, people, taken) | {"camera": 1998})
        window.receive({"event": "people", "people": [{"name": "Anna", "born": 1950}, {"name": "Ben", "born": 1900}]})
        window.page.get_by_label("Birth year of Anna").fill("1700")
        window.page.keyboard.press("Enter")
        window.find("face-person .name").first.fill("")
        expect(window.find("face-person .names li").first).to_be_visible()
    if scene in ("export", "exporting"):
        window.button("Export").click()
        if scene == "exporting":
            window.receive({"event": "export", "export": {"state": "running", "done": 5, "total": 80, "result": None}})
        expect(window.find("export-panel")).to_contain_text("Report" if scene == "export" else "5 of 80")
    if scene in ("settings", "help", "about"):
        window.receive({"event": "kept", "kept": {"state": "elsewhere", "albums": []}})
        window.find(f'[data-panel="{scene}"]').click()
        expect(window.find(f"{scene}-panel")).to_contain_text(
            {"settings": "Analyze dropped", "help": "add photos", "about": "License of"}[scene]
        )
    expect(window.find(".cell")).to_have_count(3)
    if scene in ("filtered", "no match"):
        kind = "ages" if scene == "filtered" else "error"
        window.page.get_by_label("Which photos to show", exact=True).select_option(kind)
        expect(window.find(".cell")).to_have_count(1 if scene == "filtered" else 0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_button_that_was_pressed_stays_legible_below_the_pointer(window: Any, scheme: str) -> None:
    """While it cannot be pressed again, only its look tells that."""
    window.look(scheme=scheme, motion="reduce")
    window.open(done("p1"), done("p2", "b.jpg"))
    window.button("Analyze").hover()
    expect(window.button("Analyze")).to_have_attribute("aria-disabled", "true")
    look = "(button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color]"
    pointed = window.button("Analyze").evaluate(look)
    window.page.mouse.move(0, 0)
    assert pointed == window.button("Analyze").evaluate(look)


def contrast(*colours: str) -> float:
    """The contrast of two colors as the browser gives them (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        shares = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted(map(luminance, colours), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edge_of_a_field_is_seen(window: Any, scheme: str) -> None:
    """Against its own background and against the one around it."""
    window.look(scheme=scheme)
    window.open(done(faces=[face((100, 150, 90, 90))]), *crowd()[1:])
    for field in ("face-person .name", "grid-filter select"):
        colours = window.find(field).first.evaluate(
            """(field) => [getComputedStyle(field).borderTopColor, getComputedStyle(field).backgroundColor,
                getComputedStyle(document.body).backgroundColor]"""
        )
        assert min(contrast(colours[0], ground) for ground in colours[1:]) >= 3


def test_a_face_that_has_the_keyboard_is_seen_on_any_photo(window: Any) -> None:
    """If two colors have a contrast of more than 3 times 3 to 1, one of them has 3 to 1 on any photo."""
    window.open(done(faces=[face((100, 150, 90, 90))]))
    window.page.keyboard.press("Tab")  # the keyboard is in use
    box = window.find(".face-box").first
    box.focus()
    ring = box.evaluate("(box) => [getComputedStyle(box).outlineColor, getComputedStyle(box).boxShadow]")
    assert contrast(*ring) > 9


def test_a_contrast_theme_takes_no_meaning_away(window: Any) -> None:
    """Such a theme has one color behind everything, and no shadows. What lies on the photo keeps its colors."""
    window.open(done(faces=[face((100, 150, 120, 150)), face((400, 150, 120, 150))]))
    window.run("running", 1, 2)
    window.find("face-card .face").first.click()
    looks = """(all) => all.map((one) => {
        const { borderTopColor, backgroundColor, boxShadow } = getComputedStyle(one);
        return [borderTopColor, backgroundColor, boxShadow];
    })"""
    for parts in (".face-box", ".age-pill", ":is(.drawn, .corner)"):
        if ".drawn" in parts:
            window.button("Add a face…").click()
        window.page.emulate_media(forced_colors="none")
        window.rest()
        usual = window.find(parts).evaluate_all(looks)
        window.page.emulate_media(forced_colors="active")
        assert window.find(parts).evaluate_all(looks) == usual != []
    window.page.keyboard.press("Escape")
    outline = "(element) => getComputedStyle(element).outlineStyle"
    assert window.find("tool-bar [role=progressbar]").evaluate(outline) == "solid"
    window.button("About Agelens").click()
    bar = window.find("about-panel .accuracy .bar").first
    expect(bar).to_be_visible()
    colour = "(element) => getComputedStyle(element).backgroundColor"
    assert bar.evaluate(colour) != window.find("about-panel").evaluate(colour)


def test_what_turns_is_seen_to_turn_in_a_contrast_theme(window: Any) -> None:
    window.page.emulate_media(forced_colors="active")
    window.open(photo("p1", state="working", preview=None), engine={"state": "loading", "message": None})
    gap = """(one) => {
        const { borderRightWidth, borderRightColor } = getComputedStyle(one);
        return borderRightWidth === '0px' || borderRightColor === 'rgba(0, 0, 0, 0)';
    }"""
    for place in ("tool-bar .loading", "photo-view .message"):
        expect(window.find(f"{place} .spinner")).to_be_visible()
        assert window.find(f"{place} .spinner").evaluate(gap), place


ZOOMED = [(480, 320), (400, 267), (360, 240)]
"""What is left of a small window at 150 to 200 %, or of a larger one at more, in pixels of the page."""


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("size", ZOOMED)
def test_in_a_page_enlarged_much_the_photo_has_room_and_the_rest_is_scrolled_to(
    barred_window: Any, size: tuple[int, int], language: str
) -> None:
    window = barred_window
    window.look(*size)
    window.choose(language=language)
    window.open(*(done(f"p{n}", f"{n}.jpg", [FACE] * 2) for n in range(1, 30)))
    assert window.fits()
    photo_shown = window.find("photo-view .photo").bounding_box()
    assert photo_shown["height"] > 160
    last = window.find("face-card").last
    expect(last).not_to_be_in_viewport()
    middle = photo_shown["y"] + 20
    window.page.mouse.move(size[0] / 2, middle)
    window.page.mouse.wheel(0, 5000)
    expect(last).to_be_in_viewport()
    tell(window, "One.")
    expect(window.find("notice-list .notice")).to_be_in_viewport(ratio=1)
    window.find("photo-view").focus()  # as F6 does
    expect(window.find("photo-view .room")).to_be_in_viewport()
    sideways = "(elements) => elements.filter((one) => one.scrollWidth > one.clientWidth).length"
    assert window.find("main, photo-view, photo-grid, face-list").evaluate_all(sideways) == 0


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("size", ZOOMED)
def test_in_a_page_enlarged_much_the_start_page_does_not_scroll_sideways(
    barred_window: Any, size: tuple[int, int], language: str
) -> None:
    barred_window.look(*size)
    barred_window.choose(language=language)
    albums = [one | {"folder": "Familienfotos_1950-1974_gescannt"} for one in LAST["albums"]]
    barred_window.open(kept=LAST | {"albums": albums * 2})
    assert barred_window.find("welcome-view").evaluate("(view) => view.scrollWidth <= view.clientWidth")


def test_the_keyboard_goes_on_where_a_button_has_gone(window: Any) -> None:
    window.open(*crowd())
    window.button("Analyze this photo").focus()
    window.page.keyboard.press("Enter")
    window.photos(photo("p1", "1.jpg", "working"))
    expect(window.find("photo-view")).to_be_focused()
    window.run("running", 0, 3)
    window.button("Cancel").focus()
    window.run("idle")
    expect(window.button("Analyze 2 photos")).to_be_focused()
    window.photos(done("p2", "2.jpg", [face((100, 150, 120, 150), warnings=["blurred"])]))
    window.find("grid-filter select").first.select_option("warnings")
    window.button("Remove these").focus()
    window.page.keyboard.press("Enter")
    window.receive({"event": "removed", "ids": ["p2"]})
    expect(window.find("grid-filter select").first).to_be_focused()


@pytest.mark.parametrize("others", [0, 2])
def test_the_keyboard_goes_on_where_a_thumbnail_has_left_the_filter(window: Any, others: int) -> None:
    """Its photo was analyzed again, and is still the one shown."""
    broken = [done(f"p{n}", f"{n}.jpg", error=("unreadable", "")) for n in range(1, others + 2)]
    window.open(*broken, photo("p9", "9.jpg"))
    window.find("grid-filter select").first.select_option("error")
    window.find(".cell button").first.focus()
    window.photos(done("p1", "1.jpg", [FACE]))
    expect(window.find(".cell")).to_have_count(others)
    expect(window.page.get_by_role("region", name="Photo", exact=True)).to_be_focused()


def test_the_keyboard_goes_on_where_a_photo_fits_the_filter_after_all(window: Any) -> None:
    window.open(*crowd())
    window.find("grid-filter select").first.select_option("error")
    window.button("Show all photos").focus()
    window.photos(done("p2", "2.jpg", error=("unreadable", "")))
    expect(window.find(".cell")).to_have_count(1)
    expect(window.find("grid-filter select").first).to_be_focused()


def test_the_keyboard_goes_on_where_a_button_below_the_photo_has_gone(window: Any) -> None:
    window.open(done("p1", "1.jpg", [FACE]), *(done(f"p{n}", f"{n}.jpg", error=("corrupt", "")) for n in (2, 3)))
    view = window.find("photo-view")
    larger, onward = (view.get_by_role("button", name=name) for name in ("Zoom in", "Next photo"))
    larger.focus()
    window.page.keyboard.press("ArrowRight")
    expect(larger).to_be_hidden()  # what cannot be read cannot be enlarged
    expect(view).to_be_focused()
    window.find("grid-filter select").first.select_option("error")
    onward.focus()
    window.page.keyboard.press("Delete")
    window.receive({"event": "removed", "ids": ["p2"]})
    expect(onward).to_be_hidden()
    expect(view).to_be_focused()


@pytest.mark.parametrize("key", ["0", "Delete"])
def test_the_keyboard_goes_on_where_a_zoomed_photo_is_shown_whole(window: Any, key: str) -> None:
    window.open(*(done(f"p{n}", f"{n}.jpg", [FACE]) for n in (1, 2, 3)))
    window.page.keyboard.press("+")
    stage = window.page.get_by_role("group", name="Photo, enlarged")
    stage.focus()
    window.page.keyboard.press(key)
    if key == "Delete":
        window.receive({"event": "removed", "ids": ["p1"]})
    expect(stage).to_have_count(0)
    expect(window.find("photo-view")).to_be_focused()


def test_the_keyboard_goes_on_where_a_failure_to_start_has_gone(window: Any) -> None:
    window.open(*crowd(), engine={"state": "failed", "message": "The file age.onnx is damaged."})
    window.button("Try again").press("Enter")
    window.receive({"event": "engine", "engine": {"state": "loading", "message": None}})
    expect(window.button("Try again")).to_be_hidden()
    expect(window.button("Analyze 3 photos")).to_be_focused()


@pytest.mark.parametrize("number", [1, 3])
def test_the_keyboard_goes_on_in_the_empty_window(window: Any, number: int) -> None:
    """The photos are gone, and with them the button that was pressed, in the grid or below the photo."""
    window.open(*crowd(number))
    window.button("Remove all" if number > 1 else "Remove photo").focus()
    window.page.keyboard.press("Enter")
    window.receive({"event": "removed", "ids": [f"p{n}" for n in range(1, number + 1)]})
    expect(window.find("welcome-view button").first).to_be_focused()


@pytest.mark.parametrize("number", [1, 3])
def test_the_keyboard_goes_on_at_the_first_photos(window: Any, number: int) -> None:
    """At the photo, not at the buttons after the welcome page."""
    window.open()
    window.find("welcome-view button").first.focus()
    window.page.keyboard.press("Enter")
    window.photos(*crowd(number))
    cell, alone = window.find(".cell button").first, window.page.get_by_role("region", name="Photo", exact=True)
    expect(alone if number == 1 else cell).to_be_focused()
    window.page.keyboard.press("Delete")
    window.receive({"event": "removed", "ids": [f"p{n}" for n in range(1, number + 1)]})
    expect(window.find("welcome-view button").first).to_be_focused()
    window.photos(*crowd(number))  # the removal has been undone
    expect(alone if number == 1 else cell).to_be_focused()


def test_the_keyboard_goes_on_where_the_grid_has_gone(window: Any) -> None:
    """With one photo there is none."""
    window.open(*crowd(2))
    window.find(".cell button").first.focus()
    window.page.keyboard.press("Delete")
    window.receive({"event": "removed", "ids": ["p1"]})
    expect(window.find("photo-grid")).to_be_hidden()
    expect(window.page.get_by_role("region", name="Photo", exact=True)).to_be_focused()
    window.page.keyboard.press("Delete")
    assert window.calls() == [["remove", ["p1"]], ["remove", ["p2"]]]


def test_roles_promise_nothing_that_is_not_there(window: Any) -> None:
    """No role promises arrow keys in the tool bar, and what scrolls by keyboard has a name."""
    window.open(*crowd())
    expect(window.page.get_by_role("group", name="Tools")).to_be_visible()
    for panel, name in (("help", "Keyboard shortcuts"), ("about", "About Agelens")):
        window.find(f'[data-panel="{panel}"]').click()
        expect(window.page.get_by_role("region", name=name)).to_have_attribute("tabindex", "0")


def test_the_grid_is_a_list_to_choose_from(window: Any) -> None:
    """Else screen readers would keep the arrow keys. The name of an option is not read out twice."""
    window.open(*crowd())
    grid = window.page.get_by_role("listbox", name="Photos")
    expect(grid.get_by_role("option")).to_have_count(3)
    window.page.keyboard.press("ArrowRight")
    chosen = grid.get_by_role("option", selected=True)
    expect(chosen).to_have_accessible_name("2.jpg, not analyzed yet")
    expect(chosen).to_have_accessible_description("")
    expect(chosen).to_have_attribute("aria-posinset", "2")
    expect(chosen).to_have_attribute("aria-setsize", "3")


def test_a_chart_is_one_picture_with_a_name(window: Any) -> None:
    """Browsers also tell what is in it: a picture without a name, and the range once more."""
    window.open(done(faces=[FACE]))
    assert window.find(".age-chart").aria_snapshot() == """- 'img "Likely ages: around 34, mostly 28 to 41"'"""


def tell(window: Any, *words: str, kind: str = "info") -> None:
    """Send notices as Python does."""
    window.receive(*({"event": "notice", "text": text, "kind": kind} for text in words))


def test_the_keyboard_goes_on_where_a_notice_has_gone(window: Any) -> None:
    """To the next one; from the last one back to where it was before."""
    window.open(*crowd())
    window.find(".cell button").first.focus()
    tell(window, "One.", "Two.", "Three.")
    closes = window.find("notice-list").get_by_role("button", name="Dismiss")
    closes.nth(1).focus()
    window.page.keyboard.press("Enter")
    expect(closes.nth(1)).to_be_focused()
    expect(window.find("notice-list p")).to_have_text(["One.", "Three."])
    for left in (1, 0):
        window.page.keyboard.press("Enter")
        expect(closes).to_have_count(left)
    expect(window.find(".cell button").first).to_be_focused()


def test_the_keyboard_does_not_go_back_to_where_it_was_long_ago(window: Any) -> None:
    """It had left the notice for something else, or had been given back before."""
    window.open(*crowd())
    first, button = window.find(".cell button").first, window.button("Settings")
    dismiss = window.find("notice-list").get_by_role("button", name="Dismiss")
    for gives_back in (True, False):
        tell(window, "One.")
        first.focus()
        dismiss.focus()
        if gives_back:
            window.page.keyboard.press("Enter")
            expect(first).to_be_focused()
            tell(window, "Two.")
        else:
            button.focus()
        window.page.evaluate("() => document.activeElement.blur()")
        dismiss.click()
        expect(dismiss).to_have_count(0)
        expect(first).not_to_be_focused()


@pytest.mark.parametrize("way", ["pointer", "keyboard"])
def test_a_notice_stays_while_somebody_is_at_it(still_window: Any, way: str) -> None:
    window = still_window
    window.open(*crowd())
    window.stop_clock()
    tell(window, "The last album is open.")
    notice = window.find("notice-list .notice")
    expect(notice).to_have_count(1)
    if way == "pointer":
        notice.hover()
    else:
        window.page.keyboard.press("Tab")
        notice.get_by_role("button", name="Dismiss").focus()
    window.page.clock.run_for(20_000)
    expect(notice).to_have_count(1)
    if way == "pointer":
        window.page.mouse.move(5, 700)
    else:
        window.find(".cell button").first.focus()
    window.page.clock.run_for(20_000)
    expect(notice).to_have_count(0)


@pytest.mark.parametrize("sign", ["focus", "pointerdown"])
def test_a_notice_stays_until_somebody_can_see_it(still_window: Any, sign: str) -> None:
    """Not while another window is in front, and then for its whole time."""
    window = still_window
    window.open(*crowd())
    window.stop_clock()

    def see(event: str) -> None:
        window.page.evaluate("(event) => { window.dispatchEvent(new Event(event)); }", event)

    see("blur")
    tell(window, "The report has been written.")
    notice = window.find("notice-list .notice")
    for away in (600_000, 5_900):
        window.page.clock.run_for(away)
        see(sign)
        window.page.clock.run_for(5_000)
        expect(notice).to_have_count(1)
        see("blur")
    see(sign)
    window.page.clock.run_for(7_000)
    expect(notice).to_have_count(0)


def test_what_failed_and_what_can_be_taken_back_stays_before_all_else(window: Any) -> None:
    window.open(*crowd())
    window.button("Remove photo").click()
    expect(window.find("notice-list p")).to_have_text(["Photo removed."])
    tell(window, "It failed.", kind="warning")
    tell(window, "One.", "Two.")
    expect(window.find("notice-list p")).to_have_text(["Photo removed.", "It failed.", "Two."])
    tell(window, "That failed, too.", "And that.", kind="warning")
    three = ["Photo removed.", "That failed, too.", "And that."]
    expect(window.find("notice-list p")).to_have_text(three)
    expect(window.button("Undo")).to_be_visible()
    tell(window, "Three.", "Four.")  # there is room for less important ones, but only for one
    expect(window.find("notice-list p")).to_have_text([*three, "Four."])
    tell(window, "Even that.", kind="warning")
    expect(window.find("notice-list p")).to_have_text(["Photo removed.", "And that.", "Even that."])


def test_a_double_click_at_a_notice_does_not_mean_the_one_that_moves_up(window: Any) -> None:
    photos = [known(done(photo_id, faces=[FACE]), {1: ("Ana", None)}) for photo_id in ("p1", "p2")]
    window.open(*photos, people=[{"name": "Ana", "born": None}])
    tell(window, "One.", "Two.", "Three.")
    close = window.find("notice-list").get_by_role("button", name="Dismiss").first
    close.click()
    window.click_again()
    window.rest()
    expect(window.find("notice-list p")).to_have_text(["Two.", "Three."])
    for _ in range(2):
        close.click()
    window.button("Remove photo").click()
    window.find("face-card input.name").fill("Anna")
    window.page.keyboard.press("Enter")
    expect(window.find("notice-list .notice")).to_contain_text(["Photo removed.", "Change it to “Anna”"])
    window.button("Undo").click()
    window.click_again()
    window.rest()
    assert [call[0] for call in window.calls()] == ["remove", "name_face", "bring_back"]
