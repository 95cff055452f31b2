"""Draws agelens.png, from which the build makes all other sizes, from agelens.svg: `python packaging/icons/draw.py`."""

from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
SIZE = 1024

if __name__ == "__main__":
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SIZE, "height": SIZE})
        drawing = (HERE / "agelens.svg").read_text(encoding="utf-8")
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block; width: {SIZE}px }}</style>{drawing}")
        page.screenshot(path=HERE / "agelens.png", omit_background=True)
        browser.close()
