"""What runs on GitHub: every action is pinned to a commit, and no job has more permissions than it states.

There is no YAML parser among the packages of this project. These files keep to a subset of YAML that a few lines can
read: mappings and lists by indentation, no anchors, text blocks by "|".
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from engine.model_info import read_info

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))

PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
KEY = re.compile(r"([\w.-]+):(?: (.*))?")

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: str(path.name))


class _Lines:
    """Reads mappings, lists and texts from lines; anything else fails the test."""

    def __init__(self, text: str) -> None:
        assert "\t" not in text
        self._lines = text.splitlines()
        self._at = 0

    def value(self, indent: int) -> Any:
        """The mapping or list whose lines begin at `indent`."""
        found: Any = None
        while (line := self._next()) is not None and _indent(line) >= indent:
            assert _indent(line) == indent, f"line {self._at + 1} is indented otherwise than those before: {line}"
            if line.lstrip().startswith("- "):
                found = [] if found is None else found
                self._lines[self._at] = line.replace("- ", "  ", 1)
                plain = KEY.fullmatch(line.lstrip()[2:]) is None
                found.append(self._take().strip() if plain else self.value(indent + 2))
            else:
                found = {} if found is None else found
                key, value = self._entry(line, indent)
                assert key not in found, f"{key} stands twice in one mapping, line {self._at}"
                found[key] = value
        return found

    def _entry(self, line: str, indent: int) -> tuple[str, Any]:
        match = KEY.fullmatch(line.strip())
        assert match is not None, f"line {self._at + 1} is no entry: {line}"
        self._at += 1
        key, rest = match[1], match[2] or ""
        if rest == "|":
            return key, self._block(indent)
        following = self._next()
        if not rest and following is not None and _indent(following) > indent:
            return key, self.value(_indent(following))
        return key, rest

    def _block(self, indent: int) -> str:
        block = []
        while self._at < len(self._lines) and (
            not self._lines[self._at].strip() or _indent(self._lines[self._at]) > indent
        ):
            block.append(self._take())
        return "\n".join(block)

    def _next(self) -> str | None:
        """The next line that is neither empty nor a comment."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and not line.lstrip().startswith("#"):
                return line
            self._at += 1
        return None

    def _take(self) -> str:
        self._at += 1
        return self._lines[self._at - 1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _read(workflow: Path) -> dict[str, Any]:
    content = _Lines(workflow.read_text(encoding="utf-8")).value(0)
    assert isinstance(content, dict)
    return content


def _steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in _read(workflow)["jobs"].values() for step in job.get("steps", [])]


def test_there_are_workflows() -> None:
    assert {path.name for path in WORKFLOWS} >= {"release.yml", "test.yml"}


@each_workflow
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(workflow: Path) -> None:
    used = [step["uses"] for step in _steps(workflow) if "uses" in step]
    assert used
    own = [job["uses"] for job in _read(workflow)["jobs"].values() if "uses" in job]
    assert set(own) <= {f"./.github/workflows/{path.name}" for path in WORKFLOWS}
    assert len(used) + len(own) == workflow.read_text(encoding="utf-8").count("uses:")
    assert not [action for action in used if not PINNED.fullmatch(action)]


def test_an_action_is_of_one_version_everywhere() -> None:
    used = re.findall(r"uses: (\S+)@(.+)", "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS))
    assert len(set(used)) == len({action for action, _ in used})


def test_newer_versions_of_the_actions_are_proposed() -> None:
    (updates,) = _read(WORKFLOWS[0].parents[1] / "dependabot.yml")["updates"]
    assert (updates["package-ecosystem"], updates["directory"]) == ("github-actions", "/")


@each_workflow
def test_every_job_says_what_it_may_and_ends(workflow: Path) -> None:
    content = _read(workflow)
    assert content["permissions"] in ("{}", {"contents": "read"})
    for name, job in content["jobs"].items():
        assert isinstance(job["permissions"], dict), name
        if "uses" in job:  # another of these workflows
            assert job["permissions"] == {"contents": "read"}, name
            continue
        assert job["timeout-minutes"].isdecimal(), name
        # Only the job that makes the draft may write, and it runs nothing from the repository.
        if "contents" not in job["permissions"] or "write" in job["permissions"]["contents"]:
            assert not [step for step in job["steps"] if "checkout" in step.get("uses", "")], name


@each_workflow
def test_what_others_name_never_becomes_part_of_a_script(workflow: Path) -> None:
    """A tag or branch may be called `$(...)`: it reaches scripts in variables, as do secrets."""
    scripts = [step["run"] for step in _steps(workflow) if "run" in step]
    assert scripts
    used = [name for script in scripts for name in re.findall(r"\$\{\{\s*(.*?)\s*\}\}", script)]
    assert set(used) <= {"matrix.name"}


@each_workflow
def test_checkouts_leave_no_token_behind(workflow: Path) -> None:
    checkouts = [step for step in _steps(workflow) if "actions/checkout" in step.get("uses", "")]
    assert checkouts
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


@pytest.fixture
def release() -> dict[str, Any]:
    """The jobs of the workflow that makes a release."""
    (workflow,) = [workflow for workflow in WORKFLOWS if workflow.name == "release.yml"]
    jobs = _read(workflow)["jobs"]
    assert isinstance(jobs, dict)
    return jobs


def test_a_release_is_made_only_of_what_was_tested_and_tried(release: dict[str, Any]) -> None:
    assert release["test"]["uses"] == "./.github/workflows/test.yml"
    assert set(release["release"]["needs"].strip("[]").split(", ")) == release.keys() - {"release"}


def test_a_rehearsal_makes_no_release(release: dict[str, Any]) -> None:
    for_tags = [step["name"] for step in release["bundle"]["steps"] if step.get("if") == "github.ref_type == 'tag'"]
    assert for_tags == ["Compare the tag with the version", "Check that no text denies this release"]
    assert release["release"]["if"] == "github.ref_type == 'tag'"


def test_the_package_for_linux_is_made_where_it_must_run(release: dict[str, Any]) -> None:
    """On Debian 12, where it is also installed, which would fail if it needed a newer glibc."""
    (linux,) = [one for one in release["bundle"]["strategy"]["matrix"]["include"] if one["name"] == "linux-x64"]
    assert linux["container"] == "debian:12"
    assert release["bundle"]["container"] == "${{ matrix.container }}"
    (tried,) = [
        step["run"] for step in release["bundle"]["steps"] if step.get("name") == "Try the installed app (Linux)"
    ]
    assert "apt-get install" in tried
    assert not [step for step in release["bundle"]["steps"] if "sudo" in step.get("run", "")], "a container has none"


@pytest.mark.skipif(os.name == "nt", reason="runs a shell")
def test_a_text_that_denies_the_release_stops_it(release: dict[str, Any], tmp_path: Path) -> None:
    (script,) = [step["run"] for step in release["bundle"]["steps"] if "denies" in step.get("name", "")]
    (tmp_path / "README.md").write_text("Install Agelens.\n", encoding="utf-8")
    (tmp_path / "docs").mkdir()
    assert subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "docs" / "user-guide.md").write_text("There is no release yet: build it.\n", encoding="utf-8")
    assert subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=False).returncode == 1


def test_the_tests_run_with_the_oldest_and_the_newest_python_and_with_what_ships() -> None:
    (workflow,) = [workflow for workflow in WORKFLOWS if workflow.name == "test.yml"]
    job = _read(workflow)["jobs"]["test"]
    pythons = {one["python"].strip('"') for one in job["strategy"]["matrix"]["include"]}
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    promised = SpecifierSet(tomllib.loads(text)["project"]["requires-python"])
    assert {"3.11", "3.14"} <= pythons
    assert [version for version in ("3.10", "3.11", "3.14", "3.15") if version in promised] == ["3.11", "3.14"]
    (test,) = [step for step in job["steps"] if step.get("run") == "python dev.py test"]
    constraint = "${{ matrix.python != '3.14' && 'packaging/requirements.txt' || '' }}"
    assert test["env"]["PIP_CONSTRAINT"] == constraint


def test_secrets_of_signatures_are_out_of_reach_of_what_the_bundle_is_made_of(release: dict[str, Any]) -> None:
    """The build runs packages from PyPI; what signs comes after it, and runs none."""
    steps = release["bundle"]["steps"]
    building = [number for number, step in enumerate(steps) if "dev.py bundle" in step.get("run", "")]
    secret = [number for number, step in enumerate(steps) if "secrets." in str(step)]
    assert [steps[number]["run"] for number in building] == [
        "python dev.py bundle",
        "python dev.py bundle --folder-only",
    ]
    assert len(secret) == 4
    assert max(building) < min(secret)
    removed = next(number for number, step in enumerate(steps) if "Remove" in step.get("name", ""))
    assert steps[removed]["if"] == "always()"
    assert max(secret) == removed - 1
    assert "secrets." not in str({name: value for name, value in release["bundle"].items() if name != "steps"})
    scripts = [steps[number]["run"] for number in secret if "python" in steps[number]["run"]]
    assert scripts == ["python packaging/windows/installer.py", "python packaging/macos/dmg.py"]
    for script in scripts:  # -S: without installed packages
        command = [sys.executable, "-S", *script.split()[1:], "--help"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    listing = "import sys; sys.path.insert(0, 'packaging'); import project; project.photo_extensions()"
    subprocess.run([sys.executable, "-S", "-c", listing], cwd=ROOT, check=True)


def test_a_release_is_built_by_known_versions(release: dict[str, Any]) -> None:
    """Those of today might be unlike those that the tests ran with, and draw other icons or write another list."""
    assert release["bundle"]["env"]["PIP_CONSTRAINT"] == "packaging/requirements.txt"
    assert (ROOT / release["bundle"]["env"]["PIP_CONSTRAINT"]).is_file()


def test_a_release_with_known_vulnerabilities_is_not_built(release: dict[str, Any]) -> None:
    steps = release["bundle"]["steps"]
    scripts = [step.get("run", "") for step in steps]
    asked = scripts.index("python dev.py audit")
    assert asked < min(number for number, script in enumerate(scripts) if script.startswith("python dev.py bundle"))
    assert "if" not in steps[asked], "each system asks for the packages that only it has"


@pytest.mark.skipif(os.name == "nt", reason="the job runs on Linux")
@pytest.mark.parametrize(("tag", "kind"), [("v1.2.3", []), ("v1.2.3rc1", ["--prerelease"]), ("v1.2", ["--prerelease"])])
def test_a_draft_says_what_is_signed_and_what_the_model_may_be_used_for(
    release: dict[str, Any], tmp_path: Path, tag: str, kind: list[str]
) -> None:
    write, draft = release["release"]["steps"][-2:]
    assert "secrets.WINDOWS_CERTIFICATE" in write["env"]["WINDOWS"]
    assert "secrets.MACOS_IDENTITY" in write["env"]["MACOS"]
    gh = tmp_path / "gh"
    gh.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > asked\n', encoding="ascii")
    gh.chmod(0o755)
    given = {"WINDOWS": "signed", "MACOS": "not signed", "NOTARIZED": "not notarized", "GUIDE": "https://host/guide.md"}
    for step in (write, draft):
        script = ["bash", "-e", "-c", textwrap.dedent(step["run"])]
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "TAG": tag,
            "GITHUB_REPOSITORY": "us/agelens",
            **given,
        }
        subprocess.run(script, cwd=tmp_path, env=environment, check=True)
    notes = (tmp_path / "notes.md").read_text(encoding="utf-8")
    assert "(https://host/guide.md#install)" in notes
    assert "Windows is signed. The image for macOS is not signed and not notarized." in notes
    assert f"The age model may be used for {read_info()['licence']}." in notes
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[:6] == ["release", "create", tag, "dist/*", "--draft", "--verify-tag"]
    assert asked[6:] == [*kind, "--notes-file", "notes.md", "--generate-notes", "--title", f"Agelens {tag[1:]}"]


@pytest.mark.skipif(os.name == "nt", reason="the job runs on Linux")
@pytest.mark.parametrize(
    ("earlier", "asked", "status"),
    [("", ["view", "create"], 0), ("true", ["view", "delete", "create"], 0), ("false", ["view"], 1)],
    ids=["none", "a draft", "published"],
)
def test_a_second_run_for_a_tag_replaces_its_draft_but_nothing_published(
    release: dict[str, Any], tmp_path: Path, earlier: str, asked: list[str], status: int
) -> None:
    gh = tmp_path / "gh"
    gh.write_text(f"#!/bin/sh\necho $2 >> asked\n[ $2 != view ] || echo {earlier} | grep .\n", encoding="ascii")
    gh.chmod(0o755)
    script = ["bash", "-e", "-c", textwrap.dedent(release["release"]["steps"][-1]["run"])]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TAG": "v1.2.3"}
    assert subprocess.run(script, cwd=tmp_path, env=environment, check=False).returncode == status
    assert (tmp_path / "asked").read_text(encoding="utf-8").split() == asked


def test_a_release_and_a_push_do_not_cancel_each_others_tests() -> None:
    """In a workflow that another calls, `github.workflow` is the name of that other."""
    (workflow,) = [workflow for workflow in WORKFLOWS if workflow.name == "test.yml"]
    assert "${{ github.workflow }}" in _read(workflow)["concurrency"]["group"]


@pytest.mark.parametrize(
    "text",
    ["on:\n  push:\n   tags: x\n  more: y\n   wrong: z\n", "a: 1\na: 2\n", "no entry\n", "- a: 1\n  a: 2\n"],
)
def test_what_is_no_yaml_is_noticed(text: str) -> None:
    with pytest.raises(AssertionError):
        _Lines(text).value(0)
