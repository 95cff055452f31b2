"""README, docs and the like name only what exists; no tracked file names the machine it was written on."""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from engine.model_info import read_info
from training.__main__ import parser as training_parser
from training.metrics import mae_range

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *GUIDES, *sorted((ROOT / "packaging").rglob("*.md"))]

of_each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub names them."""
    titles = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def links(text: str) -> Iterator[str]:
    """Targets of links and pictures outside code."""
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)", prose):
        if not re.match(r"[a-z]+:", target):
            yield target


@of_each_document
def test_relative_links_lead_somewhere(path: Path) -> None:
    dead = []
    for target in links(path.read_text(encoding="utf-8")):
        name, _, anchor = unquote(target).partition("#")
        there = path.parent / name if name else path
        if not there.exists() or (anchor and anchor not in anchors(there.read_text(encoding="utf-8"))):
            dead.append(target)
    assert dead == []


def test_the_readme_links_to_every_document() -> None:
    linked = {target.partition("#")[0] for target in links((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert {f"docs/{path.name}" for path in GUIDES} <= linked


def commands(text: str) -> list[str]:
    """Lines that call `python -m ...` or `dev.py ...`, in prose and in blocks; continued lines are joined."""
    joined = re.sub(r"\s*\\\n\s*", " ", text)
    return re.findall(r"(?:python3? -m [a-z][\w.]*|\bdev\.py)[^`\n]*", joined)


@cache
def subcommands() -> dict[str, argparse.ArgumentParser]:
    """Commands of `python -m training`."""
    (found,) = [a.choices for a in training_parser()._actions if isinstance(a, argparse._SubParsersAction)]
    return dict(found)


def wrong_with(command: str) -> str | None:
    """The parts of a command line in a document that do not exist."""
    words = command.split()
    if words[0] == "dev.py":
        known = re.findall(r'^    "(.+)": Command\(', (ROOT / "dev.py").read_text(encoding="utf-8"), re.MULTILINE)
        if len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]) and words[1] not in known:
            return f"dev.py has no command {words[1]}"
        return None
    module = words[2].rstrip(".")
    try:
        found = importlib.util.find_spec(module)
        if found is not None and found.submodule_search_locations is not None:
            found = importlib.util.find_spec(f"{module}.__main__")
    except ModuleNotFoundError:
        found = None
    if found is None:
        return f"there is no module {module} to run"
    if module == "training" and len(words) > 3 and re.match(r"[a-z]", words[3]):
        one = subcommands().get(words[3].rstrip(".,:;"))
        if one is None:
            return f"training has no command {words[3]}"
        options = {option for action in one._actions for option in action.option_strings}
        unknown = set(re.findall(r"(?<!\S)--[a-z-]+", command)) - options
        return f"training {words[3]} has no option {', '.join(sorted(unknown))}" if unknown else None
    return None


@of_each_document
def test_commands_exist(path: Path) -> None:
    found = commands(path.read_text(encoding="utf-8"))
    assert {command: wrong for command in found if (wrong := wrong_with(command))} == {}


def test_commands_are_found_and_judged() -> None:
    """The test above would also pass if it found no commands, or could not find wrong ones."""
    text = "Run `python3 dev.py test` or\n\n    .venv/bin/python -m training train \\\n        --config x --fast\n"
    assert commands(text) == ["dev.py test", "python -m training train --config x --fast"]
    assert wrong_with("dev.py test") is None
    assert wrong_with("dev.py tset") == "dev.py has no command tset"
    assert wrong_with("python -m training train --config x --fast") == "training train has no option --fast"
    assert wrong_with("python -m training tain") == "training has no command tain"
    assert wrong_with("python -m engine.nothing") == "there is no module engine.nothing to run"
    assert wrong_with("python -m engine photos/ --recursive") is None
    readme = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert any("dev.py run" in command for command in readme)
    assert any("-m engine" in command for command in readme)


def test_the_readme_installs_the_torch_that_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = re.findall(r"torch\w*==[\d.]+", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert named == [one for one in project["optional-dependencies"]["training"] if one.startswith("torch")]


def test_every_training_command_is_in_the_guide() -> None:
    text = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    assert [name for name in subcommands() if f"-m training {name}" not in text] == []


@pytest.mark.parametrize("name", ["dating.md", "user-guide.md"])
def test_what_is_said_of_family_photos_is_what_was_measured(name: str) -> None:
    info = json.loads((ROOT / "engine" / "models" / "age.json").read_text(encoding="utf-8"))
    family, level = info["figures"]["family"], info["calibration"]["level"]
    biases = sorted((one["bias"], name.replace("-", " to ")) for name, one in family["band"].items() if mae_range(one))
    (least, young), (most, old) = biases[0], biases[-1]
    # The guide to training says where this is.
    (place,) = re.findall(rf"\({name}#([\w-]+)\)", (ROOT / "docs" / "training.md").read_text(encoding="utf-8"))
    sections = re.split(r"^(?=## )", (ROOT / "docs" / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    (text,) = [" ".join(one.split()) for one in sections if place in anchors(one)]
    assert f"too old, by {least:.1f} years (ages {young}) to {most:.1f} years ({old}) on average" in text
    assert f"the range held for {family['all']['coverage'] * 100:.0f} of 100 faces instead of {level * 100:.0f}" in text


def test_what_is_said_of_old_prints_is_what_was_measured() -> None:
    info = json.loads((ROOT / "engine" / "models" / "age.json").read_text(encoding="utf-8"))
    measured, level = info["figures"]["family"]["all"], info["calibration"]["level"]
    assert measured["bias"] > 0 and measured["coverage"] < level, (
        '"On old prints the range holds less often, and the year tends to be too late" is not true of this model: '
        "see OLD_PRINTS in engine/dating.py and ui/elements/photo-taken.js, ui/texts/, desktop/report_page.py, "
        "desktop/german.py and this test"
    )


def test_every_fault_names_a_test_that_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("## What was tried\n")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 20
    missing = []
    for row in rows:
        named = re.search(r"\| `(tests/[\w/]+\.py)::(\w+)` \|$", row)
        if named is None or f"\ndef {named[2]}(" not in (ROOT / named[1]).read_text(encoding="utf-8"):
            missing.append(row)
    assert missing == []


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "docs/model-card.md", "packaging/linux/package.py"])
def test_what_the_weights_may_be_used_for_is_said_in_the_same_words(name: str) -> None:
    """In the words that the window shows."""
    text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
    assert f"for {read_info()['licence']}" in text


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_no_tracked_file_names_the_machine() -> None:
    """Paths of the machine it was written on, in text or in a binary file."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip(f"this is no git checkout: {listed.stderr.decode().strip()}")
    names = [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    assert len(names) > 50
    # Assembled here, or this file itself would be found. "somebody" is a user that tests make up.
    folders = b"|".join([b"work", b"root", b"home", b"Users"])
    machine = re.compile(rb"/(?<![\w.~-]/)(?:" + folders + rb")/(?!somebody/)[\w.-]+")
    found = {}
    for name in names:
        if hit := machine.search((ROOT / name).read_bytes()):
            found[name] = hit.group()
    assert found == {}


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_clone_has_the_same_bytes_on_every_system() -> None:
    """Whatever Git for Windows does to the line ends of texts by itself."""
    listed = subprocess.run(["git", "ls-files", "-z", "--eol"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip(f"this is no git checkout: {listed.stderr.decode().strip()}")
    lines = [line.split("\t") for line in listed.stdout.decode().split("\0") if line]
    assert len(lines) > 50
    wrong = {}
    for described, name in lines:
        kind, _, attributes = described.split(maxsplit=2)
        wanted = {"i/-text": ["attr/-text"], "i/lf": (lf := ["attr/text=auto", "eol=lf"]), "i/none": lf}
        if attributes.split() != wanted.get(kind):
            wrong[name] = described
    assert wrong == {}
