"""Explorers under the hand: keyboard alone, dark, a phone, both languages."""

import pytest

from d2lab.explore.catalog import EXPLORERS

pytestmark = pytest.mark.slow
STATE = "JSON.stringify([e.state, e.words.textContent, e.stage.innerHTML.replace(/clip-[a-z0-9]+/g, '').length])"


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize(("dark", "width", "language"), [(False, 390, "zh"), (True, 390, "en"), (True, 1280, "zh")])
def test_it_fits_and_speaks(explorer, name, dark, width, language):
    page, read = explorer(name, dark=dark, width=width, language=language)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    words = read("e.words.textContent")
    assert words
    said = read("e.textContent + e.getAttribute('aria-label')")
    assert any("一" <= c <= "鿿" for c in said) == (language == "zh")
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, canvas[tabindex], [role=grid], svg[role=img]')]
             .filter((e) => !(e.getAttribute('aria-label') || e.closest('label')?.textContent.trim() || e.textContent.trim()
                              || document.querySelector(`label[for="${e.id}"]`))).map((e) => e.outerHTML.slice(0, 90))"""
    )
    assert unnamed == []
    pale = page.evaluate(CONTRAST)
    assert pale == []


CONTRAST = """() => {
  const parse = (c) => (c.match(/[\\d.]+/g) || [255, 255, 255]).map(Number);
  const light = (c) => { const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const paper = light(parse(getComputedStyle(document.body).backgroundColor));
  return [...document.querySelectorAll('.d2-controls span, .d2-words, figcaption, .d2-legend span, .d2-number')]
    .filter((e) => { const ink = light(parse(getComputedStyle(e).color)); const [a, b] = [Math.max(ink, paper), Math.min(ink, paper)];
      return (a + 0.05) / (b + 0.05) < 4.5; }).map((e) => e.textContent.slice(0, 40));
}"""


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_control_answers_the_keyboard(explorer, name):
    """Tab reaches each control; a key on it changes what is shown."""
    page, read = explorer(name)
    page.wait_for_timeout(50)
    reached, silent = set(), []
    for _ in range(40):
        page.keyboard.press("Tab")
        key = page.evaluate("document.activeElement?.dataset?.key ?? ''")
        if not key or key in reached:
            continue
        reached.add(key)
        if key == "file":
            continue
        kind = page.evaluate("document.activeElement.tagName + ':' + (document.activeElement.type ?? '')")
        before = read(STATE)
        if kind == "INPUT:number":
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.type("7")
            page.keyboard.press("Enter")
        elif kind.startswith("BUTTON"):
            page.keyboard.press("Enter")
        elif kind.startswith("SELECT"):
            page.keyboard.press("ArrowDown")
            if read(STATE) == before:
                page.keyboard.press("ArrowUp")
        else:
            for press in ("ArrowRight", "ArrowLeft", "ArrowDown", " "):
                page.keyboard.press(press)
                if read(STATE) != before:
                    break
        changed = read(STATE) != before
        if not changed and key not in ("clear", "remove", "example", "preset-edge", "channels"):
            silent.append(key)
    missing = set(page.evaluate("[...document.querySelectorAll('[data-key]')].map((e) => e.dataset.key)")) - reached
    assert silent == []
    assert not {key for key in missing if not key.startswith("w-")}, missing


def test_the_output_grid_is_walked_by_arrow_keys_and_keeps_the_focus(explorer):
    page, read = explorer("convolution")
    page.focus("[data-key=output]")
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert read("e.state.at") == [1, 1]
    assert page.evaluate("document.activeElement.dataset.key") == "output"
    assert page.locator("[aria-selected=true]").count() == 1
    for _ in range(20):
        page.keyboard.press("ArrowUp")
    assert read("e.state.at") == [0, 1]


def test_a_kernel_can_be_typed(explorer):
    page, read = explorer("convolution")
    page.fill("[data-key=w-0-0-0]", "2.5")
    page.keyboard.press("Tab")
    assert read("e.data.kernels[0][0][0]") == 2.5


def test_a_digit_is_drawn_by_pointer_and_by_keyboard(explorer):
    page, read = explorer("model")
    page.click("[data-key=clear]")
    assert read("Math.max(...e.pad.pixels)") == 0
    before = read("e.result.logits")
    box = page.locator("canvas.d2-pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8, steps=8)
    page.mouse.up()
    drawn = read("e.pad.pixels.reduce((a, b) => a + b, 0)")
    assert drawn > 30
    assert read("Math.max(...e.pad.pixels)") <= 1
    assert read("e.result.logits") != before
    page.click("[data-key=clear]")
    page.focus("[data-key=pad]")
    page.keyboard.press("Space")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    assert read("e.pad.pixels.reduce((a, b) => a + b, 0)") > 15
    page.keyboard.press("Delete")
    assert read("Math.max(...e.pad.pixels)") == 0


def until(page, said):
    """Wait for a condition; the page's own policy forbids the library's way of doing so."""
    for _ in range(100):
        if page.evaluate(said):
            return
        page.wait_for_timeout(50)
    raise AssertionError(said)


def test_an_image_file_is_read_and_a_broken_one_is_said(explorer, tmp_path):
    from PIL import Image

    page, read = explorer("model")
    Image.new("RGB", (60, 40), (255, 255, 255)).save(tmp_path / "white.png")
    page.set_input_files("[data-key=file]", tmp_path / "white.png")
    until(page, "document.querySelector('d2-net').pad.pixels.every((v) => v > 0.99)")
    (tmp_path / "broken.png").write_text("no image")
    page.set_input_files("[data-key=file]", tmp_path / "broken.png")
    until(page, "document.querySelector('d2-net').words.textContent.includes('no image')")
    assert read("e.pad.pixels.every((v) => v > 0.99)")
