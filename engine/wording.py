"""Sentences for people, in the language that they read.

As with gettext, the English sentence is the key, and gaps in it are named: `say("Exported to {file}.", file=name)`.
What has no translation stays English.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

_GAP = re.compile(r"\{(\w+)\}")

_PHRASES = {"why", "reason"}
"""Gaps that phrases of the language fill. What fills others may look like one and is none: a folder called "Photos"."""


def whole(years: float) -> int:
    """Years as they are named everywhere: halves are rounded up, as the page does it."""
    return math.floor(years + 0.5)


class Wording:
    """One language.

    Args:
        language: its code, as HTML has it.
        sentences: translations by the English template; both have the same gaps.
        thousands: what stands between the thousands of a number.
    """

    def __init__(self, language: str, sentences: Mapping[str, str], thousands: str) -> None:
        self.language = language
        self._sentences = dict(sentences)
        self._thousands = thousands
        whole = [template for template in self._sentences if template.endswith(".") and _GAP.search(template)]
        # The one with the most words first: "The file {name} is damaged: {why}." before "The file {name}.".
        in_order = sorted(whole, key=lambda template: -len(_GAP.sub("", template)))
        self._patterns = [(_pattern(template), self._sentences[template]) for template in in_order]

    def __call__(self, template: str, /, **values: object) -> str:
        """A sentence. A value that is a phrase itself, a reason, is said in the language as well."""
        return self._filled(self._sentences.get(template, template), values)

    def counted(self, number: int, one: str, many: str, /, **values: object) -> str:
        """A sentence about a number of things, which fills the gap `number`."""
        return self(one if number == 1 else many, number=self.number(number), **values)

    def number(self, number: int) -> str:
        """A whole number, its thousands set apart."""
        return f"{number:,}".replace(",", self._thousands)

    def finished(self, sentence: str) -> str:
        """A sentence that another process, or a record, has in English with its gaps filled."""
        if sentence in self._sentences:
            return self._sentences[sentence]
        for pattern, translation in self._patterns:
            if (found := pattern.fullmatch(sentence)) is not None:
                return self._filled(translation, found.groupdict())
        return sentence

    def _filled(self, template: str, values: Mapping[str, object]) -> str:
        said = {name: self._sentences.get(str(one), one) if name in _PHRASES else one for name, one in values.items()}
        return template.format(**said)


def _pattern(template: str) -> re.Pattern[str]:
    parts = _GAP.split(template)  # text, name, text, name, ..., text
    texts, names = parts[::2], parts[1::2]
    gaps = [f"(?P<{name}>.+)" for name in names]
    return re.compile("".join(re.escape(text) + gap for text, gap in zip(texts, [*gaps, ""], strict=True)), re.DOTALL)


ENGLISH = Wording("en", {}, thousands=",")
