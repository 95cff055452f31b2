"""What the page may call: docs/bridge.md, "Calls". Each call runs in a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from desktop.about import about
from desktop.album import Album
from desktop.events import PHOTOS_PER_EVENT, Events
from desktop.exports import KINDS, Exports
from desktop.faces import Faces
from desktop.intake import Intake
from desktop.jobs import Jobs
from desktop.keeper import Keeper
from desktop.language import WORDINGS, Language
from desktop.names import LONGEST_NAME, is_birth_year, is_photo_year, limits, tidy_name
from desktop.people import People
from desktop.pictures import Pictures
from desktop.records import as_text
from desktop.settings import SettingsFile
from engine.files import reason

if TYPE_CHECKING:
    from desktop.window import Window

_TYPED = ("name_face", "set_born", "set_taken")
"""The calls that text in a field may lead to."""

MOST_IDS = 1_000_000
LONGEST_ID = 32
LARGEST_NUMBER = 1e6
LONGEST_FAULT = 4000

logger = logging.getLogger(__name__)


class Bridge:
    """The calls. Arguments of a wrong type or size raise TypeError or ValueError, which fails the page's promise.

    Args:
        album, jobs, pictures, intake, faces, people, events, settings, keeper, exports: the parts that do the work.
        language: the user's, which the page tells.
        window: opens the system's dialogs, and reaches its clipboard.
    """

    def __init__(
        self,
        *,
        album: Album,
        jobs: Jobs,
        pictures: Pictures,
        intake: Intake,
        faces: Faces,
        people: People,
        events: Events,
        settings: SettingsFile,
        keeper: Keeper,
        exports: Exports,
        language: Language,
        window: Window,
    ) -> None:
        self._album = album
        self._jobs = jobs
        self._pictures = pictures
        self._intake = intake
        self._faces = faces
        self._people = people
        self._events = events
        self._settings = settings
        self._keeper = keeper
        self._exports = exports
        self._language = language
        self._window = window
        self._dialog = threading.Lock()
        self._typing = threading.Lock()
        self._removing = threading.Lock()  # held until every part has forgotten them: else it might forget what is back
        self._draft: tuple[int, list[Any] | None] = (0, None)

    def hello(self, language: object) -> dict[str, Any]:
        """Snapshot of everything, for a page in that language. To keep it small, photos beyond the first few hundred
        follow as events."""
        self._language.set_page_language(_language(language))
        finish_typing(self)  # in a page that is gone
        self._events.arm()
        ids = [photo.id for photo in self._album.photos()]
        self._events.photos_changed(ids[PHOTOS_PER_EVENT:])
        photos = map(self._people.to_json, ids[:PHOTOS_PER_EVENT])
        return {
            "engine": self._language.translated(self._jobs.engine),
            "settings": asdict(self._settings.current),
            "run": self._jobs.run,
            "kept": self._keeper.kept,
            "export": self._exports.state,
            "people": self._people.known,
            "limits": limits(),
            "photos": [photo for photo in photos if photo is not None],
        }

    def pick_photos(self) -> int:
        """Let the user choose photos; returns the number added. A second dialog is not opened over the first."""
        return self._pick(self._window.choose_photos)

    def pick_folder(self) -> int:
        """Let the user choose a folder and add all photos in it, at any depth; returns the number added."""
        return self._pick(self._window.choose_folder)

    def paste(self) -> int:
        """Add the files, or the picture, in the clipboard, as if they were dropped; returns the number added."""
        clip = self._window.read_clipboard()
        paths = clip.paths
        if not paths and clip.picture is not None:
            try:
                paths = (self._pictures.keep_pasted(clip.picture),)
            except OSError as error:
                self._events.notice("The pasted picture could not be added: {why}.", "warning", why=reason(error))
                return 0
            self._events.notice(
                "Pasted pictures are lost when the window closes. To keep one, save it as a file and add that."
            )
        if not paths:
            self._events.notice("There is no photo to paste. Copy a picture, or files, first.")
            return 0
        return self._intake.drop(paths)

    def show(self, photo_id: object) -> bool:
        """Send all about a photo, and whatever changes in it until another is shown; false when it is gone."""
        shown = self._album.get(_id(photo_id))
        if shown is not None:
            self._events.show(shown.id)
        return shown is not None

    def analyze(self, ids: object) -> int:
        """Queue photos, all that wait for None; returns the number queued."""
        return self._jobs.analyze(_ids(ids))

    def pause(self) -> bool:
        """Finish the current photo and begin no other."""
        self._jobs.pause()
        return True

    def resume(self) -> bool:
        """Go on with the queue."""
        self._jobs.resume()
        return True

    def cancel(self) -> bool:
        """Empty the queue and drop the current photo."""
        self._jobs.cancel()
        return True

    def remove(self, ids: object) -> int:
        """Remove photos from the window, all for None; returns the number removed. `bring_back` undoes it."""
        wanted = _ids(ids)
        with self._removing:
            gone = self._album.remove(wanted)
            self._jobs.forget(gone)
            self._pictures.forget(gone)
        self._people.tell()
        return len(gone)

    def bring_back(self) -> int | None:
        """Undo the latest removal of photos; returns how many came back, None when there was none left to undo."""
        with self._removing:
            back = self._album.bring_back()
        if back is None:
            return None
        self._jobs.unqueue_done()  # what was added again meanwhile
        self._people.tell()
        return len(back.new)

    def explain(self, photo_id: object, box: object) -> dict[str, Any] | None:
        """Which parts of a face move its estimate. Answers when that is known; None when nobody wants it any more."""
        return self._told(self._faces.explain(_id(photo_id), _box(box)))

    def add_face(self, photo_id: object, box: object) -> dict[str, Any] | None:
        """Add the face in a box that the user has drawn. Answers when it is there; None if nobody wants it."""
        return self._told(self._faces.add(_id(photo_id), _box(box)))

    def remove_face(self, photo_id: object, box: object) -> bool:
        """Take a face out of a photo's report; false when it is not there."""
        return self._faces.remove(_id(photo_id), _box(box))

    def undo(self, photo_id: object) -> dict[str, Any]:
        """Undo the last correction of a photo's faces: the contract's `Undoing`."""
        return {"state": self._faces.undo(_id(photo_id))}

    def name_face(self, photo_id: object, box: object, name: object, undoing: object = False) -> dict[str, Any]:
        """Say who is on a face, None or a blank name for nobody: the contract's `Naming`."""
        who = None if name is None else _name(name)
        return {"state": self._people.name_face(_id(photo_id), _box(box), who, _undoing(undoing))}

    def rename(self, name: object, to: object, ids: object, undoing: object = False) -> list[str]:
        """Give everybody of a name another one, in these photos; returns the ids of those changed."""
        wanted = _ids(ids)
        if wanted is None:
            raise TypeError("ids are a list")
        return self._people.rename(_somebody(name), _somebody(to), wanted, _undoing(undoing))

    def set_born(self, name: object, year: object) -> bool:
        """Say when the person of a name was born, None for unknown."""
        self._people.set_born(_somebody(name), _year(year, is_birth_year))
        return True

    def set_taken(self, photo_id: object, year: object) -> bool:
        """Say when a photo was taken, None for unknown; false when it is gone."""
        return self._album.set_taken(_id(photo_id), _year(year, is_photo_year))

    def typed(self, number: object, call: object) -> bool:
        """Note the call that the text now in a field would lead to, None when no field has anything new.

        Each note comes in a thread of its own: the one with the highest number is the latest.
        """
        if type(number) is not int:
            raise TypeError("a number counts what is typed")
        if call is not None and not (isinstance(call, list) and call and call[0] in _TYPED):
            raise TypeError("what is typed is for a field's call or null")
        with self._typing:
            if number > self._draft[0]:
                self._draft = number, call
        return True

    def continue_album(self, album: object) -> int:
        """Bring back a kept album; returns how many photos came with it."""
        if type(album) is not int:
            raise TypeError("the id of an album is a whole number")
        return self._keeper.continue_album(album)

    def delete_kept(self) -> bool:
        """Delete what is kept of albums; false when that cannot be done, which a notice explains."""
        self._pictures.delete_forgotten()  # whoever asks for this wants nothing left of what was removed either
        return self._keeper.delete()

    def export(self, kind: object, ids: object) -> int:
        """Ask where to export photos, all for None, and begin; returns how many, 0 when nothing is exported."""
        if not isinstance(kind, str):
            raise TypeError("the kind of an export is a string")
        known = next((one for one in KINDS if one == kind), None)
        if known is None:
            raise ValueError("there is no such export")
        return self._exports.begin(known, _ids(ids), self._choose_target)

    def cancel_export(self) -> bool:
        """Stop the export."""
        self._exports.cancel()
        return True

    def copy_text(self, photo_id: object) -> bool:
        """Put a photo's ages into the clipboard as text; false before the photo is analyzed."""
        photo = self._album.get(_id(photo_id))
        record = None if photo is None else self._people.record(photo, photo.has_entries)
        if record is None:
            return False
        self._window.write_clipboard(as_text(record, self._language.say))
        return True

    def set_setting(self, name: object, value: object) -> dict[str, Any]:
        """Remember a setting; returns all settings."""
        if not isinstance(name, str):
            raise TypeError("the name of a setting is a string")
        try:
            self._settings.change(name, value)
        except OSError as error:
            self._events.notice(
                "This setting applies only until Agelens is closed, as it cannot be saved: {why}.",
                "warning",
                why=reason(error),
            )
        if name == "language":
            self._events.hold()  # the page loads again, with the texts of that language
        if name == "keep_album":
            self._keeper.set_keeping(self._settings.current.keep_album)
        return asdict(self._settings.current)

    def about(self) -> dict[str, Any]:
        """Versions, provider, the model's figures, licenses, where albums and settings are kept."""
        folders = (self._keeper.folder, self._settings.path.parent)
        return about(self._jobs.info, filter(None, folders), self._language.say)

    def fault(self, text: object) -> bool:
        """Log an error in the page's own script."""
        if not isinstance(text, str):
            raise TypeError("a fault is a string")
        logger.error("in the page: %s", text[:LONGEST_FAULT])
        return True

    def _told(self, answer: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if answer is None else self._language.translated(answer)

    def _pick(self, choose: Callable[[], Sequence[str]]) -> int:
        chosen = self._ask(choose)
        return self._intake.take(chosen, analyze=False) if chosen else 0

    def _choose_target(self, name: str) -> Sequence[str]:
        return self._ask(lambda: self._window.choose_file(name) if name else self._window.choose_folder())

    def _ask(self, choose: Callable[[], Sequence[str]]) -> Sequence[str]:
        """What the user chooses in a dialog; nothing while another one is open."""
        if not self._dialog.acquire(blocking=False):
            return ()
        try:
            return choose()
        finally:
            self._dialog.release()


CALLS = tuple(name for name in vars(Bridge) if not name.startswith("_"))
"""The names of Bridge's public methods. The page reaches these and nothing else."""


def finish_typing(bridge: Bridge) -> None:
    """Take the text in a field as if the user had left the field: the page has ended and could not do so itself.

    This is not a method, as the page must not reach more than the contract's calls.
    """
    with bridge._typing:
        number, call = bridge._draft
        bridge._draft = (number, None)  # a new page counts on from a later number
    if call is not None:
        name, *values = call
        try:
            with suppress(TypeError, ValueError):  # a half-typed year is not valid
                getattr(bridge, name)(*values)
        except OSError:  # a failing disk, from which reports are read; what else is to be saved must not be lost, too
            logger.exception("what stood in a field is lost")


def _language(language: object) -> str:
    if not isinstance(language, str):
        raise TypeError("a language is a string")
    if language not in WORDINGS:
        raise ValueError("there is no such language")
    return language


def _ids(ids: object) -> list[str] | None:
    if ids is None:
        return None
    if not isinstance(ids, list):
        raise TypeError("ids are a list or null")
    if len(ids) > MOST_IDS:
        raise ValueError("too many ids")
    return [_id(photo_id) for photo_id in ids]


def _id(photo_id: object) -> str:
    if not isinstance(photo_id, str):
        raise TypeError("an id is a string")
    if len(photo_id) > LONGEST_ID:
        raise ValueError("an id is at most 32 characters long")
    return photo_id


def _box(box: object) -> list[float]:
    if not isinstance(box, list) or not all(type(value) in (int, float) for value in box):
        raise TypeError("a box is a list of numbers")
    if len(box) != 4 or not all(abs(value) < LARGEST_NUMBER for value in box):  # NaN is not, either
        raise ValueError("a box is x, y, width and height in pixels")
    return box


def _name(name: object) -> str | None:
    if not isinstance(name, str):
        raise TypeError("a name is a string")
    if len(name) > LONGEST_NAME:
        raise ValueError(f"a name is at most {LONGEST_NAME} characters long")
    return tidy_name(name) or None


def _somebody(name: object) -> str:
    whose = _name(name)
    if whose is None:
        raise ValueError("nobody has an empty name")
    return whose


def _undoing(undoing: object) -> bool:
    if type(undoing) is not bool:
        raise TypeError("a name is undone or not")
    return undoing


def _year(year: object, possible: Callable[[object], bool]) -> int | None:
    if year is not None and type(year) is not int:
        raise TypeError("a year is a whole number or null")
    if year is not None and not possible(year):
        raise ValueError("the year is not a possible one")
    return year
