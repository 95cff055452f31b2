"""The processes of an app on Linux, and what they use, from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """What a process uses, in bytes. `resident` is all its memory in use, `memory` only what it has itself asked for,
    with shared parts divided: how much of a library's file would count depends on who else has it open."""

    role: str
    memory: int
    resident: int
    files: int
    threads: int


def descendants(pid: int) -> set[int]:
    """Processes that a process started, and those that they started."""
    parents: dict[int, int] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if fields[0] != "Z":
            parents[int(stat.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def alive(pids: set[int]) -> set[int]:
    """Those of these processes that have not ended."""

    def lives(pid: int) -> bool:
        try:
            return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return {pid for pid in pids if lives(pid)}


def command(pid: int) -> str:
    """A process's command line, its parts ended by null characters; empty when it has ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def usage(pid: int) -> list[Usage]:
    """What a process and each of its descendants use, the process first; those that end meanwhile are left out."""
    found = [_usage(pid, "window"), *(_usage(one, _role(command(one))) for one in sorted(descendants(pid)))]
    return [one for one in found if one is not None]


def _usage(pid: int, role: str) -> Usage | None:
    folder = PROC / str(pid)
    try:
        status = _numbers((folder / "status").read_text())
        try:
            shares = _numbers((folder / "smaps_rollup").read_text())
            memory = shares["Pss_Anon"] + shares["Pss_Shmem"]
            files = len(os.listdir(folder / "fd"))  # noqa: PTH208  (only the number is wanted)
        except PermissionError:  # Chromium's sandbox hides its processes from all but root
            memory, files = status["VmRSS"], 0
        return Usage(role, memory * 1024, status["VmRSS"] * 1024, files, status["Threads"])
    except (OSError, KeyError):  # it has just ended
        return None


def _numbers(text: str) -> dict[str, int]:
    """Numbers of lines like "Threads: 4" and "VmRSS: 1200 kB"."""
    lines = (line.split() for line in text.splitlines())
    return {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def _role(line: str) -> str:
    """The role of a process of the app, by its command line."""
    if "spawn_main" in line:
        return "worker"
    if "QtWebEngineProcess" in line:
        return "page"  # several, of Chromium: on Linux most keep the command line of the one they are forked from
    return "other"
