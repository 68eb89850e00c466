"""What every test shares: a seeded generator, one thread of luck, the real data where they are at hand, a browser."""

import os
import shutil
from pathlib import Path

import matplotlib
import pytest
import torch
from hypothesis import Phase, settings

matplotlib.use("Agg")
# A mutant need only be caught: a minute spent on a smaller example of its mistake is lost.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
CHROMIUM += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def rng():
    return torch.Generator().manual_seed(0)


@pytest.fixture(scope="session")
def real_data():
    """Folder of real data sets: $D2LAB_DATA, else the one beside the checkout; skipped where there is none."""
    for folder in [*os.environ.get("D2LAB_DATA", "").split(os.pathsep), str(SHARED_DATA)]:
        if folder and (Path(folder) / "FashionMNIST" / "raw").is_dir():
            return Path(folder)
    pytest.skip("no real data at hand: point D2LAB_DATA at a folder that holds FashionMNIST/raw")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty data cache, and no other place to look for data."""
    monkeypatch.setenv("D2LAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("D2LAB_DATA", raising=False)
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser, address):
    """Open pages; at the end nothing may have been said on the console, and nothing asked for outside the site."""
    wrong, contexts = [], []

    def visited(place, *, dark=False, width=1280, height=800):
        context = browser.new_context(
            color_scheme="dark" if dark else "light", viewport={"width": width, "height": height}
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: wrong.append(f"{place}: {m.text}") if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(f"{place}: {error}"))
        page.on("response", lambda r: wrong.append(f"{place}: {r.status} {r.url}") if r.status >= 400 else None)

        def route(asked):
            if asked.request.url.startswith((address, "data:", "blob:")):
                asked.continue_()
            else:
                wrong.append(f"{place}: asks {asked.request.url}")
                asked.abort()

        page.route("**/*", route)
        page.goto(f"{address}/{place}", wait_until="load")
        return page

    yield visited
    for context in contexts:
        context.close()
    assert not wrong
