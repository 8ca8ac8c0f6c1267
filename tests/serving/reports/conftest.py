"""A browser and the pages it opens, each made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from narrashift.serving.reports.page import write_report

from .folders import LABELS, make_folder
from .hostile import make_hostile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WATCH = "addEventListener('securitypolicyviolation', (event) => { (window.violated ||= []).push(event.blockedURI); });"


@pytest.fixture(scope="session")
def report_pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages of a plain, a hostile and a large shift folder."""
    folder = tmp_path_factory.mktemp("reports")
    make_folder(folder / "plain", kind="topic mix")
    make_hostile(folder / "hostile")
    few = {task: LABELS[task] for task in ("stance", "frame")}
    make_folder(folder / "large", sources=[f"source{i:03d}.example" for i in range(500)], weeks=200, labels=few)
    pages = {name: folder / f"{name}.html" for name in ("plain", "hostile", "large")}
    for name, page in pages.items():
        write_report(folder / name, page)
    return pages


@pytest.fixture(scope="module")  # not for the session: playwright cannot be started twice at a time
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install '.[dev]')")
    if CHROMIUM is None:
        pytest.skip("no Chromium here; .ci/run installs it")
    with playwright.sync_playwright() as started:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = started.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield running
        running.close()


class Opened:
    """A page with what went wrong on it: errors, dialogs, requests, violations of its policy."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.add_init_script(WATCH)
        page.on("console", lambda said: self.trouble.append(f"console {said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not (request.is_navigation_request() and request.url.startswith("file:")):
            self.trouble.append(f"request: {request.url}")

    def wrong(self) -> list[str]:
        """What went wrong until now, a script that should never have run included."""
        found = self.page.evaluate("[window.hacked, ...(window.violated || [])]")
        return self.trouble + [f"in the page: {one}" for one in found if one is not None]


@pytest.fixture
def opened(browser: Any, report_pages: dict[str, Path]) -> Iterator[Any]:
    """`opened("plain", width=1280, scheme="light", hash="")`: a page that has drawn its chart."""
    pages = []

    def open_page(name: str, *, width: int = 1280, scheme: str = "light", hash: str = "") -> Opened:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        pages.append(page)
        page.set_default_timeout(15_000)
        found = Opened(page)
        page.goto(f"{report_pages[name].as_uri()}{hash}")
        page.locator("#finding .chart svg").wait_for()
        return found

    yield open_page
    for page in pages:
        page.close()
