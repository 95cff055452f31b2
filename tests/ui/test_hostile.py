"""File names and messages are hostile text: they are shown as text and do nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from ui_doubles import done, face, known, photo

LONG = "a" * 5000 + ".jpg"
LINES = "two\nlines\tand\x00more\x1b[31m.jpg"

PLAIN = (
    "<b>x</b>.jpg",
    "<script>document.title='owned'</script>.jpg",
    "<img src=x onerror=\"document.title='owned'\">.jpg",
    "<svg onload=document.title='owned'>.jpg",
    '"></button></photo-grid><h1>owned</h1>.jpg',
    "it's \"quoted\" `${document.title='owned'}`.jpg",
    "%41 %3Cb%3E 100%.jpg",
    "&lt;b&gt; &amp; &#x41;.jpg",
    "  a   b  .jpg",
    "a\\u003cb\\n.jpg",
    "__proto__",
    "javascript:document.title='owned'",
    "👩‍👩‍👧 grandma 名前 שם.jpg",
    "{{constructor.constructor('1')()}}.jpg",
)


def test_a_name_is_text(window: Any) -> None:
    """In every place that shows it, letter for letter; no element is made of it and no script runs."""
    window.open(done("p1", "plain.jpg", [face((100, 100, 90, 90))]), photo("p2", "other.jpg"))
    elements = window.page.evaluate("() => document.querySelectorAll('*').length")
    for name in PLAIN:
        window.photos(done("p1", name, [face((100, 100, 90, 90))]) | {"folder": name})
        shown = window.find("photo-view .name")
        expect(shown).to_have_js_property("textContent", name)
        expect(shown).to_have_js_property("title", f"{name}\n{name}")  # with the folder below
        expect(window.find(".cell").first).to_have_js_property("title", name)
        expect(window.find(".cell button").first).to_have_js_property("ariaLabel", f"{name}, looks 34")
        expect(window.find("photo-view .photo")).to_have_js_property("alt", f"Photo {name}")
        assert window.page.evaluate("() => document.querySelectorAll('*').length") == elements, name
        untouched(window)


def test_messages_are_text(window: Any) -> None:
    """Notices, and errors of photos and of the engine: they may quote a name."""
    window.open(done("p1", "a.jpg"), photo("p2", "b.jpg"))
    for text in PLAIN:
        window.photos(done("p1", "a.jpg", error=("corrupt", text)))
        window.receive(
            {"event": "notice", "text": text, "kind": "warning"},
            {"event": "engine", "engine": {"state": "failed", "message": text}},
        )
        for place in ("photo-view .message .text", "notice-list p", "tool-bar .failed .selectable"):
            expect(window.find(place)).to_have_js_property("textContent", text)
            expect(window.find(place).locator("*")).to_have_count(0)
        untouched(window)
        window.find("notice-list button").click()


def test_a_name_that_reads_backwards(window: Any) -> None:
    """A right-to-left override would make "photo<RLO>gpj.exe" read as "photoexe.jpg"."""
    window.open(photo("p1", "photo\u202egpj.exe\u2066\u200f"), photo("p2", "b.jpg"))
    expect(window.find("photo-view .name")).to_have_js_property("textContent", "photo\ufffdgpj.exe\ufffd\ufffd")
    everything = window.page.evaluate("() => document.documentElement.outerHTML")
    assert not set(everything) & set("\u202e\u2066\u200f")


def test_a_name_of_several_lines_is_one_line(window: Any) -> None:
    window.open(photo("p1", LINES), photo("p2", "b.jpg"))
    name = window.find("photo-view .name")
    expect(name).to_have_js_property("textContent", "two\ufffdlines\ufffdand\ufffdmore\ufffd[31m.jpg")
    assert name.bounding_box()["height"] < 30


@pytest.mark.parametrize(
    "name", [LONG, "word " * 1000, "名" * 3000, "i̸" * 2000], ids=["word", "words", "wide", "marks"]
)
def test_very_long_texts_break_nothing(window: Any, name: str) -> None:
    """Neither the layout nor the buttons beside them. The end of the name is still shown."""
    window.open(photo("p1", name, folder=name), done("p2", name, error=("corrupt", name)))
    window.receive({"event": "engine", "engine": {"state": "failed", "message": name}})
    for size in ((1200, 800), (720, 480), (500, 700)):
        window.look(*size)
        window.receive({"event": "notice", "text": name, "kind": "warning"})
        shown = window.find("photo-view .name")
        assert shown.evaluate("(element) => element.textContent.length") < 400
        assert (shown.evaluate("(element) => element.textContent")).endswith(name[-8:])
        assert window.fits(), size
        window.find("notice-list button").click()
        for label in ("Remove photo", "Next photo (→)"):
            expect(window.button(label), f"{label} at {size}").to_be_in_viewport(ratio=1)
        window.button("Next photo (→)").click()
        expect(window.find("photo-view .message .title"), f"{size}").to_be_in_viewport(ratio=1)
        assert window.fits(), size
        window.button("Previous photo (←)").click()


@pytest.mark.parametrize("name", ["", "   ", "\ud83d half.jpg"], ids=["empty", "blank", "half a character"])
def test_names_that_are_hardly_one(window: Any, name: str) -> None:
    """There is always something to press, and it has a name."""
    window.open(photo("p1", name), photo("p2", "b.jpg"))
    label = window.find(".cell button").first.get_attribute("aria-label")
    assert label.removesuffix(", not analyzed yet").strip()
    assert window.find("photo-view .name").inner_text().strip()


STEERING = {
    "bidi": ("An\u202ena\u2066\u200f", "An\ufffdna\ufffd\ufffd"),
    "escape": ("An\x1b[31mna\x9b0m", "An\ufffd[31mna\ufffd0m"),
    "lines": ("An\nna\r\u2028\x00", "An\ufffdna\ufffd\ufffd\ufffd"),
    "half a character": ("An\ud83dna", "An\ufffdna"),
    "markup": ("<img src=x onerror=document.title='owned'>", "<img src=x onerror=document.title='owned'>"),
    "long": ("Anna " * 2_000, None),
    "long word": ("a" * 10_000, None),
}
"""Names of people as Python never lets them through, and how they are shown all the same; None is shortened."""


@pytest.mark.parametrize("kind", STEERING)
def test_a_persons_name_is_text_wherever_it_is(window: Any, kind: str) -> None:
    """On the face, in the list to choose from, and for screen readers. Python's checks are the first barrier."""
    name, clean = STEERING[kind]
    couple = done("p1", "a.jpg", [face((100, 100, 90, 90)), face((400, 100, 90, 90), 7.6, 5.9, 9.4)])
    window.open(known(couple, {1: (name, 1950)}), photo("p2", "b.jpg"), people=[{"name": name, "born": 1950}])
    window.page.get_by_role("combobox", name="Who is face 2 of 2 from the left?").click()
    for place in (window.find("face-card .which").first, window.page.get_by_role("option").locator(".name")):
        said = place.evaluate("(element) => element.textContent")
        assert said == clean if clean else len(said) < 400
        expect(place.locator("*")).to_have_count(0)
    said = window.page.evaluate(
        "() => [document.documentElement, ...document.querySelectorAll('*')]"
        ".flatMap((one) => [one.textContent, ...[...one.attributes].map((each) => each.value)]).join('')"
    )
    assert not set(said) & set("\u202e\u2066\u200f\x1b\x9b\u2028\x00\ud83d")
    untouched(window)


def test_the_policy_would_stop_a_script(window: Any) -> None:
    """The second barrier: if a name became markup, nothing in it would run, and nothing could be sent away."""
    window.open()
    attempts = window.page.evaluate(
        """async () => {
            const attempts = {
                markup: () => { document.createElement('p').innerHTML = '<b>x</b>'; },
                function: () => new Function('return 1')(),
                request: () => fetch('index.html'),
            };
            const came = {};
            for (const [name, attempt] of Object.entries(attempts)) {
                // In a turn of its own: the browser lets what playwright sends evaluate texts.
                await new Promise((resolve) => setTimeout(resolve, 20));
                try { await attempt(); came[name] = 'through'; } catch (error) { came[name] = error.name; }
            }
            return came;
        }"""
    )
    assert "through" not in attempts.values(), attempts
    window.page.wait_for_function("() => window.double.violations.length >= 3")
    window.wants_problems = True  # only in this test


def untouched(window: Any) -> None:
    """Check that the window is as it should be, whatever the text tried."""
    assert window.page.title() == "Agelens"
    assert window.find("h1").count() == 1
    assert window.find("b, script:not([src='main.js'])").count() == 0
    assert window.fits()
