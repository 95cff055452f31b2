"""A Windows to install things in, made by Wine in its own folder and without a display."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

SECONDS = 200
"""Seconds that a program may take: on a busy machine all take many times as long."""

KEPT = 900
"""Seconds that Wine's server waits for the next program: longer than any pause, not for ever if tests are killed."""

_WINE = "HKEY_CURRENT_USER\\Software\\Wine\\"


class WineWindows:
    """A fresh Windows 10.

    Args:
        folder: where its files are to be (700 MB).

    Raises:
        OSError: there is no Wine that runs 64-bit programs, or it does not work.
    """

    def __init__(self, folder: Path) -> None:
        # The first is where Debian puts it; its `wine` on the path prefers 32-bit programs if it can run them.
        wine = shutil.which("/usr/lib/wine/wine64") or shutil.which("wine64") or shutil.which("wine")
        if wine is None:
            raise OSError("there is no wine")
        self._wine = wine
        self._server = shutil.which("/usr/lib/wine/wineserver") or shutil.which("wineserver")
        self.folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")},
            "WINEPREFIX": str(folder),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            # Without these it asks whether to download .NET and a browser, and fills the menu of the real desktop.
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            "HOME": str(folder.parent),
            "LC_ALL": "C.UTF-8",
        }
        folder.mkdir(parents=True, exist_ok=True)
        try:
            if self._server is not None:
                # Else it ends soon after each program, and one that comes just then fails.
                command = [self._server, f"--persistent={KEPT}"]
                subprocess.run(command, env=self._environment, timeout=SECONDS, check=True)
            if status := self.run("wineboot", "--init"):
                raise OSError(f"wine does not start: wineboot ended with status {status}")
            self.be("win10")
        except BaseException as error:
            self.close()  # the server would stay
            if isinstance(error, subprocess.TimeoutExpired):
                raise OSError("wine does not start in time") from error
            raise

    @property
    def drive(self) -> Path:
        """C:\\"""
        return self.folder / "drive_c"

    @property
    def local_data(self) -> Path:
        """%LOCALAPPDATA%"""
        (users,) = [user for user in (self.drive / "users").iterdir() if user.name != "Public"]
        return users / "AppData" / "Local"

    @property
    def start_menu(self) -> Path:
        """The user's programs in the Start menu."""
        return self.local_data.parent / "Roaming/Microsoft/Windows/Start Menu/Programs"

    def be(self, version: str) -> None:
        """Be a version of Windows, in Wine's words: "win10", "win7"."""
        self.set_value(r"HKCU\Software\Wine", "Version", version)

    def run(self, *command: str) -> int:
        """Run a program until it ends; returns its exit status, of which Wine passes on the lowest eight bits.

        Arguments reach it separated by spaces and unquoted, as long as none contains a space.
        """
        with subprocess.Popen([self._wine, *command], env=self._environment, stdout=subprocess.DEVNULL) as process:
            try:
                return process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def start(self, program: Path) -> subprocess.Popen[bytes]:
        """Start a program and leave it running."""
        return subprocess.Popen([self._wine, str(program)], env=self._environment, stdout=subprocess.DEVNULL)

    def set_value(self, key: str, name: str, value: str, kind: str = "REG_SZ") -> None:
        """Write a value of the registry."""
        self._reg("add", key, "/v", name, "/t", kind, "/d", value, "/f")

    def add_key(self, key: str) -> None:
        """Write a key of the registry without values."""
        self._reg("add", key, "/f")

    def delete_key(self, key: str) -> None:
        """Delete a key of the registry and all below."""
        self._reg("delete", key, "/f")

    def registry(self, key: str) -> dict[str, dict[str, str]]:
        """All keys below one: their values by name, as .reg files write them; "@" is the default value.

        Without Wine's own keys, which Windows does not have: they hold settings of a running session, and come and go.
        """
        file = self.drive / "registry.reg"
        self._reg("export", key, r"C:\registry.reg", "/y")
        text = file.read_text(encoding="utf-16")
        file.unlink()
        parser = configparser.RawConfigParser(delimiters=("=",), comment_prefixes=(), strict=False)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  (names of values keep their case)
        parser.read_string(text.partition("\n")[2])  # after the line that names the format
        return {
            section: {_plain(name): _plain(value) for name, value in parser.items(section)}
            for section in parser.sections()
            if not f"{section}\\".startswith(_WINE)
        }

    def _reg(self, *words: str) -> None:
        """Have the registry's tool do something, and tell what it says if it fails."""
        command = [self._wine, "reg", *words]
        for _ in range(3):
            done = subprocess.run(command, env=self._environment, timeout=SECONDS, check=False, capture_output=True)
            if b"ShellExecuteEx failed" not in done.stdout:  # Wine itself now and then fails to start its tool
                break
            time.sleep(1)
        assert done.returncode == 0, (words, done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """End everything that runs in it, and remove it."""
        if self._server is not None:
            subprocess.run([self._server, "--kill"], env=self._environment, timeout=SECONDS, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _plain(text: str) -> str:
    """A name or value of a .reg file without its quotes and backslashes, if it has any."""
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith('"') else text
