"""The command line of desktop.__main__, run as a process."""

from __future__ import annotations

import ast
import multiprocessing
import os
import subprocess
import sys
import types
from multiprocessing.spawn import get_preparation_data
from pathlib import Path

import pytest

from desktop import __main__ as program
from desktop.album import Album
from desktop.app import App
from engine.log import VARIABLE

ROOT = Path(__file__).parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_tells_everything() -> None:
    answer = run("--help", COLUMNS="80")
    assert answer.returncode == 0
    assert max(map(len, answer.stdout.splitlines())) <= 80, "it would be wrapped anywhere in an ordinary terminal"
    for word in ("PHOTO", "--screenshot FILE", "--size WIDTHxHEIGHT", "Exit status", "never leave this computer"):
        assert word in answer.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be without a display")
def test_without_a_display_it_says_what_to_do() -> None:
    answer = run("photo.jpg")
    assert answer.returncode == 1
    assert "no display" in answer.stderr
    assert "dev.py run" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--size", "10x10"],
        ["--size", "wide"],
        ["--size", "99999999x800"],
        ["--screenshot", "picture.jpg"],
        ["--screenshot", "/no/such/folder/picture.png"],
        ["--unheard-of"],
    ],
)
def test_a_wrong_command_line_is_status_2(arguments: list[str]) -> None:
    answer = run(*arguments)
    assert answer.returncode == 2
    assert "usage:" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_screenshot_does_not_replace_a_photo_that_is_given(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"somebody's")
    answer = run(str(tmp_path / "missing.jpg"), str(photo), "--screenshot", f"{tmp_path}{os.sep}.{os.sep}photo.png")
    assert answer.returncode == 2
    assert "the screenshot would replace one of the photos" in answer.stderr
    assert photo.read_bytes() == b"somebody's"


def test_a_screenshot_does_not_replace_a_photo_of_a_folder_that_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photo = tmp_path / "photo.png"
    photo.touch()
    album = Album(lambda _: None, lambda _: None)
    album.add([str(photo)])
    app = App.__new__(App)
    app.album, app.window, closed = album, types.SimpleNamespace(close=lambda: closed.append(1)), []
    taken: list[object] = []
    monkeypatch.setattr("desktop.app.take_screenshot", lambda *values: taken.append(values))
    app._take_screenshot(photo)
    assert (taken, closed) == ([], [1])
    assert "is one of the photos" in capsys.readouterr().err


NO_CONSOLE = """
import ctypes, sys, types
import bottle, engine.self_test  # before the system looks like another one: what they import asks which it is
real = sys.stdout
box = types.SimpleNamespace(MessageBoxW=lambda *values: print(values, file=real, flush=True))
ctypes.windll = types.SimpleNamespace(user32=box)
sys.platform, sys.frozen, sys.stdout, sys.stderr = "win32", True, None, None

def fail(*_):
    import webview.http  # gives the program streams that lead nowhere
    raise RuntimeError("made up")

def check(*_):
    import webview.http
    print("Everything works.")
    return 0

sys.modules["desktop.app"] = types.SimpleNamespace(App=fail)
alone = types.SimpleNamespace(give=lambda photos: False)
sys.modules["desktop.handover"] = types.SimpleNamespace(Handover=lambda: alone)
engine.self_test.self_test = check
sys.modules["desktop.self_test"] = types.SimpleNamespace(CHECKS=())
import desktop.__main__
sys.argv[1:] = {arguments}
desktop.__main__.main()
"""
"""As the packaged app starts on Windows."""


@pytest.mark.parametrize(
    ("arguments", "status", "said", "sign"),
    [
        ([], 1, "there is no window: made up", 0x10),
        (["--self-test"], 0, "Everything works.", 0x40),
        (["--size", "wide"], 2, "is not a size such as 1180x760", 0x10),
    ],
)
def test_without_a_console_a_box_says_what_would_be_printed(
    arguments: list[str], status: int, said: str, sign: int
) -> None:
    script = NO_CONSOLE.replace("{arguments}", repr(arguments))
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.stderr == ""
    (_, text, title, shown) = ast.literal_eval(answer.stdout)
    assert said in text
    assert (title, shown, answer.returncode) == ("Agelens", sign, status)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_the_process_ends_though_what_it_printed_cannot_be_written() -> None:
    """A thread that waits for the page must not keep it alive."""
    script = """
import sys, threading, desktop.__main__ as program
threading.Thread(target=threading.Event().wait).start()
program._show = lambda arguments: print("shown") or 7
program.main()
"""
    with Path("/dev/full").open("w") as full:
        process = subprocess.run([sys.executable, "-c", script], cwd=ROOT, stdout=full, timeout=60, check=False)
    assert process.returncode == 7


def test_the_log_says_where_the_window_failed(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    script = NO_CONSOLE.replace("{arguments}", "[]")
    environment = {**os.environ, VARIABLE: str(log)}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, timeout=60, check=False)
    text = log.read_text(encoding="utf-8")
    assert "desktop: the window cannot be shown\nTraceback" in text
    assert "RuntimeError: made up" in text


def test_the_folder_of_the_photos_is_not_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor by the worker, which is started where the window is."""
    started = []

    class Started:
        def __init__(self, _worker: object, photos: list[str], *_: object) -> None:
            started.append((photos, Path.cwd()))

        def run(self) -> int:
            return 0

    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("DISPLAY", ":99")
    monkeypatch.setitem(sys.modules, "desktop.app", types.SimpleNamespace(App=Started))  # type: ignore[arg-type]
    monkeypatch.setattr("desktop.handover.Handover.give", lambda _self, _photos: False)
    monkeypatch.chdir(tmp_path)
    assert program._show(["a.jpg", "b"]) == 0
    assert started == [([str(tmp_path / "a.jpg"), str(tmp_path / "b")], home)]


def test_options_stand_between_photos() -> None:
    options = program._options(["a.jpg", "--size", "800x600", "b.jpg"])
    assert [Path(photo).name for photo in options.photos] == ["a.jpg", "b.jpg"]
    assert options.size == (800, 600)
    assert program._options([]).photos == []


def test_no_name_is_not_the_current_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        program._show([""])
    assert ended.value.code == 2
    assert "the name is empty" in capsys.readouterr().err


@pytest.mark.parametrize("system", ["darwin", "linux", "win32"])
def test_the_packaged_worker_is_no_second_window_in_the_dock(monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    begun = types.ModuleType("__main__")
    begun.__file__ = "/Applications/Agelens.app/Contents/Frameworks/start_window.py"
    chosen: list[str] = []
    monkeypatch.setitem(sys.modules, "__main__", begun)
    monkeypatch.setattr(program, "_PACKAGED", True)
    monkeypatch.setattr(sys, "executable", "/Applications/Agelens.app/Contents/MacOS/agelens")
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(multiprocessing, "set_executable", chosen.append)
    program._choose_program_of_worker()
    beside = [str(Path(sys.executable).with_name("agelens-cli"))]
    assert chosen == (beside if system == "darwin" else [])
    # What the other program must not look for, as it starts from another file.
    assert ("init_main_from_path" in get_preparation_data("worker")) == (system != "darwin")


def test_the_worker_process_does_not_load_the_window() -> None:
    """It imports the main module again (spawn)."""
    script = (
        "import sys, desktop.__main__; print([name for name in ('webview', 'PySide6', 'numpy') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.strip() == "[]"


def test_the_window_process_does_not_load_the_models() -> None:
    script = (
        "import sys, desktop.app, engine.worker\n"
        "print([name for name in ('cv2', 'onnxruntime', 'insightface', 'torch') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert answer.stdout.strip() == "[]"
