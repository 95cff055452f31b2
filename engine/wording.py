"""Sentences for people, in the language that they read.

As with gettext, the English sentence is the key, and gaps in it are named: `say("Exported to {file}.", file=name)`.
What has no translation stays English.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

_GAP = re.compile(r"\{(\w+)\}")

_PHRASES = {"why", "reason"}
"""Gaps filled with phrases to translate. What fills other gaps may look like a phrase: a folder called "Photos"."""

_NUMBERS = {"number", "size", "most"}
"""Gaps filled with numbers, which a finished sentence has in English notation."""


def whole(years: float) -> int:
    """Years as they are shown everywhere: halves are rounded up, as on the page."""
    return math.floor(years + 0.5)


class Wording:
    """One language.

    Args:
        language: its code, as HTML has it.
        sentences: translations by the English template; both have the same gaps.
        thousands: the thousands separator.
        point: the decimal mark.
    """

    def __init__(self, language: str, sentences: Mapping[str, str], thousands: str, point: str) -> None:
        self.language = language
        self.point = point
        self._sentences = dict(sentences)
        self._signs = str.maketrans({",": thousands, ".": point})
        with_gaps = [template for template in self._sentences if _GAP.search(template)]
        # The one with the most text first: "The file {name} is damaged: {why}." before "The file {name}.".
        in_order = sorted(with_gaps, key=lambda template: -len(_GAP.sub("", template)))
        self._whole = [self._pattern(template) for template in in_order if template.endswith(".")]
        self._phrases = [
            self._pattern(template) for template in in_order if _PHRASES.issuperset(_GAP.findall(template))
        ]

    def __call__(self, template: str, /, **values: object) -> str:
        """A sentence. A value that is itself a phrase, such as a reason, is translated as well."""
        return self._filled(self._sentences.get(template, template), values)

    def counted(self, number: int, one: str, many: str, /, **values: object) -> str:
        """A sentence about a number of things, which fills the gap `number`."""
        return self(one if number == 1 else many, number=self.number(number), **values)

    def number(self, number: int) -> str:
        """A whole number with its thousands separated."""
        return f"{number:,}".translate(self._signs)

    def finished(self, sentence: str) -> str:
        """A sentence that comes from another process or a record, in English and with its gaps filled."""
        return self._known(sentence, self._whole)

    def _known(self, english: str, patterns: Sequence[tuple[re.Pattern[str], str]]) -> str:
        """A finished English text, translated if it is one of the sentences or matches one of the patterns."""
        if english in self._sentences:
            return self._sentences[english]
        for pattern, translation in patterns:
            if (found := pattern.fullmatch(english)) is not None:
                values = found.groupdict()
                numbers = {name: values[name].translate(self._signs) for name in _NUMBERS & values.keys()}
                return self._filled(translation, {**values, **numbers})
        return english

    def _filled(self, template: str, values: Mapping[str, object]) -> str:
        said = {name: self._known(str(one), self._phrases) if name in _PHRASES else one for name, one in values.items()}
        return template.format(**said)

    def _pattern(self, template: str) -> tuple[re.Pattern[str], str]:
        """What recognizes a sentence with its gaps filled, and its translation."""
        parts = _GAP.split(template)  # text, name, text, name, ..., text
        texts, names = parts[::2], parts[1::2]
        gaps = [f"(?P<{name}>.+)" for name in names]
        every = "".join(re.escape(text) + gap for text, gap in zip(texts, [*gaps, ""], strict=True))
        return re.compile(every, re.DOTALL), self._sentences[template]


ENGLISH = Wording("en", {}, thousands=",", point=".")
