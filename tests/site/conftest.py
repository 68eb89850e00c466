"""The whole site, built once for all workers of a test run, and a browser to look at it."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
CHROMIUM += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site of this checkout; outputs of lessons are kept between runs where code has not changed."""
    for library in ("sphinx", "shibuya", "myst_parser", "nbclient", "ipykernel"):
        pytest.importorskip(library)
    if shutil.which("npm") is None:
        pytest.skip("no Node.js here: the site's formulas need it once")
    from d2lab.cli.site import verbs
    from d2lab.site.build import Places, build

    shared = tmp_path_factory.getbasetemp().parent  # of all workers of this run
    places = Places(course=ROOT / "course", out=ROOT / ".cache" / "test-site", cache=ROOT / ".cache" / "site")
    done = shared / "site-built"
    with FileLock(shared / "site.lock"):
        if not done.exists():
            build(places, verbs())
            done.touch()
    return places.out


@pytest.fixture(scope="session")
def address(site):
    from d2lab.site.serve import served

    with served(site) as address:
        yield address


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
