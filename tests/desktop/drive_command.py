"""Runs the app as the command does, and prints a line once its page can call Python: from then on Qt handles signals.

python drive_command.py [PHOTO ...]
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def main() -> None:
    import desktop.app  # noqa: PLC0415  (the worker's process imports this file too)
    from desktop.__main__ import main as command  # noqa: PLC0415

    class App(desktop.app.App):
        def run(self) -> int:
            threading.Thread(target=self.tell, daemon=True).start()
            return super().run()

        def tell(self) -> None:
            self.window._window.events._pywebviewready.wait()
            print("ready", flush=True)

    desktop.app.App = App  # type: ignore[misc]
    command()


if __name__ == "__main__":
    main()
