"""What every test shares: a seeded generator, one thread of luck, the real data where they are at hand, a browser."""

import os
import shutil
from pathlib import Path

import matplotlib
import pytest
import torch
from hypothesis import Phase, settings
from tests import rotation

matplotlib.use("Agg")
# A mutant need only be caught: a minute spent on a smaller example of its mistake is lost.
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None)
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
CHROMIUM += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config):
    config.addinivalue_line("markers", "rotating(shares=6): one turn in so many of .ci/run; D2LAB_ALL=1 runs all")


def pytest_collection_modifyitems(config, items):
    """Leave out the rotating tests whose turn it is not."""
    out = [item for item in items if not _is_on(item)]
    if out:
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in set(out)]


def _is_on(item):
    marker = item.get_closest_marker("rotating")
    mutant = getattr(item, "callspec", None) and item.callspec.params.get("mutant")
    changed = mutant is not None and mutant.file in rotation.changed_files()
    return marker is None or changed or rotation.is_on(item.nodeid, **marker.kwargs)


def pytest_terminal_summary(terminalreporter):
    """Say which share of the rotating tests was tried."""
    now = rotation.turn()
    if now is not None:
        terminalreporter.write_line(f"rotating tests: turn {now}, each runs in one turn of some; D2LAB_ALL=1 runs all")


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
