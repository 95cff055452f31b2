"""What the pages share: tables, and the collections' names in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

TITLES: Mapping[str, str] = {"utkface": "UTKFace", "aaf": "All-Age-Faces", "cacd": "CACD"}


def title(collection: str) -> str:
    """A collection's name for readers."""
    return TITLES.get(collection, collection)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are right-aligned."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
