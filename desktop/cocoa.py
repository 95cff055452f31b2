"""What macOS' backend needs beyond pywebview: photos opened with Agelens while it runs, full speed, and its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def receive_opened(opened: Callable[[list[str]], None]) -> None:
    """Have pywebview's next window hand on the paths that the Finder opens, in the GUI's thread."""
    from Foundation import NSUserDefaults  # noqa: PLC0415  (there is none on other systems)
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

    BrowserView.AppDelegate = AgelensAppDelegate  # type: ignore[misc]


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
