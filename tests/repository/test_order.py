"""The order of the test files, which tests/conftest.py decides."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

TESTS = Path(__file__).parents[1]


@pytest.fixture
def conftest(pytestconfig: pytest.Config) -> Any:
    """tests/conftest.py as it was loaded."""
    return pytestconfig.pluginmanager.get_plugin(str(TESTS / "conftest.py"))


def test_the_longest_files_are_there(conftest: Any) -> None:
    assert [name for name in conftest.LONGEST if not (TESTS / name).is_file()] == []


def test_the_longest_files_are_first_wherever_the_tests_are(conftest: Any) -> None:
    """Even if the path that was typed leads through links."""
    short, long = (SimpleNamespace(path=Path("link", "tests", name)) for name in ("ui/test_ui.py", "ui/test_grid.py"))
    items = [short, long]
    conftest.pytest_collection_modifyitems(items)
    assert items == [long, short]
