"""What macOS' backend needs beyond pywebview: photos opened with Agelens while it runs, full speed, menus, its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from typing import Any

from engine.wording import Wording

logger = logging.getLogger(__name__)


def system_language(languages: Collection[str]) -> str:
    """The first of the system's languages that is among these, else English."""
    from Foundation import NSLocale  # noqa: PLC0415  (there is none on other systems)

    wanted = (str(language).partition("-")[0] for language in NSLocale.preferredLanguages())
    return next((language for language in wanted if language in languages), "en")


def menu_texts(say: Wording) -> dict[str, str]:
    """What pywebview's menus and dialogs say, by its own keys."""
    return {
        "global.saveFile": say("Save file"),
        "cocoa.menu.about": say("About Agelens"),
        "cocoa.menu.services": say("Services"),
        "cocoa.menu.view": say("View"),
        "cocoa.menu.edit": say("Edit"),
        "cocoa.menu.hide": say("Hide Agelens"),
        "cocoa.menu.hideOthers": say("Hide Others"),
        "cocoa.menu.showAll": say("Show All"),
        "cocoa.menu.quit": say("Quit Agelens"),
        "cocoa.menu.fullscreen": say("Enter Full Screen"),
        "cocoa.menu.cut": say("Cut"),
        "cocoa.menu.copy": say("Copy"),
        "cocoa.menu.paste": say("Paste"),
        "cocoa.menu.selectAll": say("Select All"),
    }


def listen(opened: Callable[[list[str]], None], ended: Callable[[], object]) -> None:
    """Have pywebview's next window tell what its own delegate does not, in the GUI's thread.

    Args:
        opened: called with the paths that the Finder opens.
        ended: called when the process is about to end within the GUI's loop: on Cmd+Q, or as the user logs out.
    """
    from Foundation import NSUserDefaults  # noqa: PLC0415
    from webview.platforms.cocoa import BrowserView  # noqa: PLC0415

    NSUserDefaults.standardUserDefaults().registerDefaults_(
        {
            "NSTreatUnknownArgumentsAsOpen": "NO",  # else photos of the command line would come twice
            "NSAppSleepDisabled": True,  # else a covered window would be slowed down, and its run with it
        }
    )

    class AgelensAppDelegate(BrowserView.AppDelegate):
        def application_openFiles_(self, application: Any, paths: Any) -> None:  # noqa: N802
            opened([str(path) for path in paths])
            application.replyToOpenOrPrint_(0)  # NSApplicationDelegateReplySuccess

        def applicationWillTerminate_(self, notification: Any) -> None:  # noqa: N802
            try:
                ended()
            except Exception:  # in AppKit it could keep the app from ending
                logger.exception("the end failed")

    BrowserView.AppDelegate = AgelensAppDelegate  # type: ignore[misc]
    # It would put the app's name at the end, which is no place for it in German; `menu_texts` has it.
    BrowserView._append_app_name = lambda _, text: text  # type: ignore[method-assign]


def prepare_view(uid: str) -> None:
    """Let Tab reach buttons, and have the window look like the system's until there is a page; in the GUI's thread.

    Args:
        uid: pywebview's name of the window.
    """
    from AppKit import NSColor  # noqa: PLC0415
    from webview.platforms.cocoa import BrowserView  # noqa: PLC0415

    view = BrowserView.instances[uid]
    # Else only fields get the focus, unless the user has turned on keyboard navigation for the whole system.
    view.webview.configuration().preferences().setTabFocusesLinks_(True)
    # pywebview's is white, which flashes in dark mode; this one follows the mode.
    view.window.setBackgroundColor_(NSColor.windowBackgroundColor())


def post_event() -> None:
    """Have the GUI's loop end after a call has closed the window; from any thread.

    pywebview's `stop` sets a flag that the loop reads only after an event, and without a click there would be none.
    """
    from AppKit import NSApplication, NSEvent, NSEventTypeApplicationDefined  # noqa: PLC0415
    from PyObjCTools import AppHelper  # noqa: PLC0415

    def post() -> None:
        event = NSEvent.otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_(
            NSEventTypeApplicationDefined, (0, 0), 0, 0, 0, None, 0, 0, 0
        )
        NSApplication.sharedApplication().postEvent_atStart_(event, True)

    AppHelper.callAfter(post)
