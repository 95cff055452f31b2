"""What Windows' backend needs beyond pywebview: a page that comes back, and an end that is told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from typing import Any


def watch_processes(failed: Callable[[str], None]) -> None:
    """Have pywebview's next window load its page again when the page's process ends.

    Args:
        failed: called with a reason when WebView2 does not start, or has ended, which leaves an empty window.
    """
    backend: Any = import_module("webview.platforms.edgechromium")  # there is none on other systems
    waiting: set[threading.Semaphore] = set()

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

    backend.Semaphore = Answer
    backend.EdgeChrome = AgelensEdgeChrome
