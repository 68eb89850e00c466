"""`d2lab explore` on a run of README's first command, and on what it can't show."""

import re
import subprocess
import sys
import time
import urllib.request

import pytest

from d2lab.core.errors import ConfigError
from d2lab.experiments import train
from d2lab.explore.run import pages_of_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What `d2lab train lenet` leaves, after one short epoch."""
    return train("lenet", device="cpu", budget="smoke", root=tmp_path_factory.mktemp("runs")).record.folder


def test_a_run_becomes_pages_in_both_languages(run):
    pages = pages_of_run(run, "zh")
    assert f"打开运行 {run.name}" in pages["/"].decode()
    assert 'lang="en"' in pages_of_run(run, "en")["/"].decode()
    assert pages["/model-data.js"].startswith(b"window.D2_NET=")
    assert pages["/model-data.js"].count(b'"pixels"') == 10  # one picture of each digit
    assert {"/numbers.js", "/core.js", "/net.js", "/pad.js", "/load.js", "/explorers.css"} < pages.keys()


def test_runs_without_pictures_or_in_branches_are_refused(tmp_path):
    points = train("linear", device="cpu", budget="smoke", root=tmp_path).record.folder
    with pytest.raises(ConfigError, match="reads images"):
        pages_of_run(points, "en")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere"),
        (["nowhere", "--language", "fr"], "need zh or en"),
        (["nowhere", "--port", "99999"], "port"),
    ],
)
def test_bad_input_is_one_line(here, arguments, said):
    done = subprocess.run(
        [sys.executable, "-m", "d2lab", "explore", *arguments], capture_output=True, text=True, cwd=here
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_command_serves_a_drawn_digit_its_maps_and_the_answer(run, browser):
    command = [sys.executable, "-u", "-m", "d2lab", "explore", str(run), "--no-browser", "--language", "en"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
        page = browser.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        for _ in range(200):
            if page.evaluate("document.querySelector('d2-net')?.stage?.children.length > 0"):
                break
            time.sleep(0.02)
        page.click("[data-key=clear]")
        box = page.locator("canvas.d2-pad").bounding_box()
        page.mouse.move(box["x"] + 88, box["y"] + 30)
        page.mouse.down()
        page.mouse.move(box["x"] + 88, box["y"] + 150, steps=10)
        page.mouse.up()
        assert page.locator("canvas.d2-map").count() == 6 * 3 + 16 * 3 + 6
        shares = page.evaluate("document.querySelector('d2-net').result.probabilities")
        assert sum(shares) == pytest.approx(1)
        import torch

        from d2lab.experiments.trained import load_run

        pixels = page.evaluate("Array.from(document.querySelector('d2-net').pad.pixels)")
        wanted = load_run(run).model(torch.tensor(pixels).reshape(1, 1, 28, 28)).softmax(1)[0]
        assert shares == pytest.approx(wanted.tolist(), abs=1e-5)
        assert all(url.startswith((address, "data:", "blob:")) for url in asked)
        page.close()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(address, headers={"Origin": "http://evil.example"}))
    finally:
        process.kill()
        process.communicate()
