"""What Windows' backend needs beyond pywebview: a window that goes nowhere else, a page that comes back, an end that is
told, and dialogs that begin where the last one ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any

_EMPTY = "about:blank"
"""Where WebView2 is until it has its first page."""


def prepare(base: str, failed: Callable[[str], None]) -> None:
    """Have pywebview's next window stay with its page, and load that again when the page's process ends.

    Without this, a file that is dropped before the page listens would take its place.

    Args:
        base: what every address that the window may go to begins with.
        failed: called with a reason when WebView2 does not start, or has ended, which leaves an empty window.
    """
    backend: Any = import_module("webview.platforms.edgechromium")  # there is none on other systems
    waiting: set[threading.Semaphore] = set()
    refused: set[int] = set()

    class Answer(threading.Semaphore):
        """pywebview waits for one without a limit, but WebView2 releases none when the page's process ends."""

        def __init__(self, value: int) -> None:
            super().__init__(value)
            waiting.add(self)

        def release(self, n: int = 1) -> None:
            waiting.discard(self)
            super().release(n)

    class AgelensEdgeChrome(backend.EdgeChrome):  # type: ignore[misc]
        def on_webview_ready(self, sender: Any, args: Any) -> None:
            super().on_webview_ready(sender, args)
            if args.IsSuccess:
                sender.CoreWebView2.ProcessFailed += self.on_process_failed
            else:
                failed(f"Microsoft's WebView2, which draws it, did not start: {args.InitializationException.Message}")

        def on_navigation_start(self, sender: Any, args: Any) -> None:
            if str(args.Uri).startswith(base):
                super().on_navigation_start(sender, args)
            else:
                refused.add(args.NavigationId)
                args.Cancel = True

        def on_navigation_completed(self, sender: Any, args: Any) -> None:
            core = sender.CoreWebView2
            empty = str(core.Source) == _EMPTY
            if args.NavigationId in refused:  # pywebview would take it for a new page, which waits for no answers
                refused.discard(args.NavigationId)
                if empty:  # it ended the way to the page
                    core.Navigate(f"{base}index.html")
            elif not empty:
                super().on_navigation_completed(sender, args)

        def on_new_window_request(self, sender: Any, args: Any) -> None:
            args.Handled = True  # pywebview would go there in this window, or in the system's browser

        def on_process_failed(self, core: Any, args: Any) -> None:
            kind = str(args.ProcessFailedKind)
            if kind not in ("RenderProcessExited", "BrowserProcessExited"):
                return  # WebView2 replaces its other processes by itself
            for answer in list(waiting):  # first: what follows may fail
                answer.release()
            if kind == "RenderProcessExited":
                core.Reload()
            else:
                failed("Microsoft's WebView2, which draws it, has ended. Start Agelens again.")

    # Where pywebview would have every dialog begin. Without it Windows, as other systems do, uses the last folder.
    os.environ["HOMEPATH"] = ""
    backend.Semaphore = Answer
    backend.EdgeChrome = AgelensEdgeChrome
