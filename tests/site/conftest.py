"""The whole site, built once for all workers of a test run."""

import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site of this checkout; outputs of lessons are kept between runs where code has not changed."""
    for library in ("sphinx", "shibuya", "myst_parser", "nbclient", "ipykernel"):
        pytest.importorskip(library)
    if shutil.which("npm") is None:
        pytest.skip("no Node.js here: the site's formulas need it once")
    from typer.main import get_command

    from d2lab.cli.main import app
    from d2lab.site.build import Places, build

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base  # of all workers of this run
    places = Places(course=ROOT / "course", out=ROOT / ".cache" / "test-site", cache=ROOT / ".cache" / "site")
    done = shared / "site-built"
    with FileLock(shared / "site.lock"):
        if not done.exists():
            build(places, list(get_command(app).commands))
            done.touch()
    return places.out


@pytest.fixture(scope="session")
def address(site):
    from d2lab.site.serve import served

    with served(site) as address:
        yield address
