"""What macOS' backend needs beyond pywebview: photos that are opened with Agelens while it runs, and full speed."""

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
