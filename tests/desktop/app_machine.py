"""What the machines share that do random things to the app: it is opened, looked at and closed."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from desktop_doubles import FakeWorker
from hypothesis.stateful import RuleBasedStateMachine
from shell_double import Shell, opened, written


class AppMachine(RuleBasedStateMachine):
    """`photos` is the folder of the photos. `until` waits for something, and fails when it does not come.

    `folder` is for the folders of all runs, which somebody else removes: a thread may be writing a last picture.
    """

    until: Callable[..., float]
    folder: Path
    worker_kind = FakeWorker

    def __init__(self) -> None:
        super().__init__()
        self.place = Path(tempfile.mkdtemp(dir=self.folder))
        self.photos = self.place / "photos"
        self.kills = 0
        self.photos.mkdir()

    def open(self, folder: Path) -> None:
        """Start the app in a folder, which it may have used before."""
        folder.mkdir(exist_ok=True)
        self.worker = self.worker_kind()
        self.worker.gate = threading.Event()
        self.worker.gate.set()
        self.shell = Shell(folder, self.worker)
        self.prepare()
        self.shell.start()
        self.page = {photo["id"]: photo for photo in self.shell.greet()["photos"]}
        self.until(lambda: opened(self.shell))

    def prepare(self) -> None:
        """Called before a shell starts."""

    def teardown(self) -> None:
        self.shell.close()

    def left_by_a_kill(self) -> Path:
        """A folder for a new app, with what this one would leave on the disk if it were killed now."""
        self.kills += 1
        left = self.place / f"left{self.kills}"
        # Between two transactions; test_album_file.py kills and cuts power in the middle of one.
        with self.shell.keeper._lock:
            for name in ("data", "config"):
                if (self.shell.folder / name).exists():
                    shutil.copytree(self.shell.folder / name, left / name, ignore=shutil.ignore_patterns("*-shm"))
        return left

    def ids(self) -> list[str]:
        return [photo.id for photo in self.shell.album.photos()]

    def one(self, number: int) -> str:
        """The id of some photo, which may not exist."""
        ids = self.ids()
        return ids[number % len(ids)] if ids else "p0"

    def wait_for_work(self) -> None:
        """Wait until nothing is analyzed and nobody looks for changed photos."""
        self.until(lambda: not any(thread.name == "changed photos" for thread in threading.enumerate()))
        self.until(lambda: self.shell.jobs.idle)

    def wait_for_everything(self) -> None:
        """Wait until everything is done, on the disk and on the page, which shows what is there, each photo once."""
        shell = self.shell
        assert self.worker.gate is not None
        self.worker.gate.set()
        shell.bridge.resume()
        self.wait_for_work()
        self.until(lambda: shell.exports.state["state"] == "idle")
        self.until(lambda: written(shell) and shell.events.delivered)
        assert set(shell.states()) <= {"waiting", "done"}
        for event in shell.sent:
            if event["event"] == "photos":
                self.page |= {photo["id"]: photo for photo in event["photos"]}
            elif event["event"] == "removed":
                for photo_id in event["ids"]:
                    self.page.pop(photo_id, None)
        shell.sent.clear()
        assert self.page == {photo.id: shell.people.to_json(photo.id) for photo in shell.album.photos()}
