"""The explorer of transposed convolution: both ways give what torch gives, and a step lays down one kernel."""

import itertools

import pytest
import torch
import torch.nn.functional as F

from d2lab.layers.stretched import stretch

pytestmark = pytest.mark.slow
DOUBLE = {"dtype": torch.float64}
SETTINGS = [
    (n, k, s, p, o)
    for n, k, s, p, o in itertools.product((1, 2, 4), (1, 2, 3, 4), (1, 2, 3), (0, 1, 2), (0, 1, 2))
    if o < s and (n - 1) * s - 2 * p + k + o > 0
]
BOTH = """(all) => all.map(([x, w, s, p, o]) => {
  const { lay, cut, stretch, turn, slide } = D2.transposed;
  const wide = stretch(x, w.length, s, o);
  return [cut(lay(x, w, s, o, Infinity).canvas, p), cut(slide(wide, turn(w)), p), cut(lay(x, w, s, o, Infinity).counts, p)];
})"""


def maps(seed, *sides):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(side, side, generator=draw, **DOUBLE) for side in sides]


def enlarged(x, w, s, p, o):
    return F.conv_transpose2d(x[None, None], w[None, None], stride=s, padding=p, output_padding=o)[0, 0]


def close(given, wanted):
    torch.testing.assert_close(torch.as_tensor(given, **DOUBLE), wanted, atol=1e-12, rtol=1e-12)


def test_both_ways_and_the_counts_are_torchs(explorer):
    page, read = explorer("transposed")
    drawn = [(*maps(seed, n, k), s, p, o) for seed, (n, k, s, p, o) in enumerate(SETTINGS)]
    found = page.evaluate(BOTH, [[x.tolist(), w.tolist(), *rest] for x, w, *rest in drawn])
    for (x, w, s, p, o), (laid, slid, counts) in zip(drawn, found, strict=True):
        close(laid, enlarged(x, w, s, p, o))
        close(slid, enlarged(x, w, s, p, o))
        close(counts, enlarged(torch.ones_like(x), torch.ones_like(w), s, p, o))
        assert read(f"D2.transposed.side({len(x)}, {len(w)}, {s}, {p}, {o})") == len(laid)


def test_the_stretched_input_is_that_of_the_layer(explorer):
    page, _ = explorer("transposed")
    for seed, (n, k, s, _, o) in enumerate(SETTINGS[::5]):
        (x,) = maps(seed, n)
        before, after = (k - 1, k - 1), (k - 1 + o, k - 1 + o)
        found = page.evaluate("([x, k, s, o]) => D2.transposed.stretch(x, k, s, o)", [x.tolist(), k, s, o])
        close(found, stretch(x[None, None], (s, s), before, after)[0, 0])


def test_a_step_adds_one_kernel(explorer):
    page, _ = explorer("transposed")
    x, w = maps(0, 3, 2)
    given = [x.tolist(), w.tolist()]
    canvases = [
        page.evaluate("([x, w, t]) => D2.transposed.lay(x, w, 2, 1, t).canvas", [*given, step]) for step in range(11)
    ]
    for step in range(9):
        one = torch.zeros(3, 3, **DOUBLE)
        one[step // 3, step % 3] = x[step // 3, step % 3]
        grown = torch.tensor(canvases[step + 1], **DOUBLE) - torch.tensor(canvases[step], **DOUBLE)
        close(grown, enlarged(one, w, 2, 0, 1))
    assert canvases[9] == canvases[10]  # nothing is laid twice


def test_the_books_numbers_come_first_and_are_shown(explorer):
    page, read = explorer("transposed")
    assert read("e.data") == {"map": [[0, 1], [2, 3]], "kernel": [[0, 1], [2, 3]]}
    assert read("e.result.output") == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    cells = page.locator("[data-table=output] td").all_inner_texts()
    assert [float(text) for text in cells] == [0, 0, 1, 0, 4, 6, 4, 12, 9]
    assert [float(text) for text in page.locator("[data-table=canvas] td").all_inner_texts()] == [0] * 9
    for _ in range(3):
        page.click("[data-key=next]")
    assert read("e.result.laid.canvas") == read("e.result.output")
    assert "Input 4 of 4 is 3" in read("e.words.textContent")
    assert "rows 2–3 and columns 2–3" in read("e.words.textContent")
    page.click("[data-key=next]")
    assert read("e.state.step") == 1
    page.click("[data-key=back]")
    assert read("e.state.step") == 4


def test_the_bilinear_kernel_interpolates(explorer):
    for kernel, wanted in ((1, [1]), (2, [0.5, 0.5]), (3, [0.5, 1, 0.5]), (4, [0.25, 0.75, 0.75, 0.25])):
        _, read = explorer("transposed", {"weights": "bilinear", "kernel": kernel})
        line = torch.tensor(wanted, **DOUBLE)
        close(read("e.data.kernel"), line[:, None] * line)


def test_padding_may_leave_nothing_and_output_padding_stays_below_the_stride(explorer):
    page, read = explorer("transposed")
    page.fill("[data-key=padding]", "2")
    assert "= -1. Padding cuts everything off" in read("e.words.textContent")
    page.fill("[data-key=padding]", "1")
    assert read("e.result.output") == [[4]]
    page.fill("[data-key=stride]", "3")
    page.fill("[data-key=extra]", "2")
    assert read("e.state.extra") == 2
    page.fill("[data-key=stride]", "2")
    assert read("e.state.extra") == 1
    assert page.get_attribute("[data-key=extra]", "max") == "1"
    page.fill("[data-key=n]", "4")
    page.evaluate("document.querySelector('d2-transposed').set('step', 16)")
    page.fill("[data-key=n]", "1")
    assert read("e.state.step") == 1


def test_inputs_and_outputs_are_chosen_by_keyboard(explorer):
    page, read = explorer("transposed")
    page.focus("[data-key=input]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert read("e.state.step") == 4
    assert page.evaluate("document.activeElement.dataset.key") == "input"
    page.select_option("[data-key=way]", index=1)
    page.focus("[data-key=slid]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert read("e.state.at") == [1, 1]
    assert "0·3 + 1·2 + 2·1 + 3·0 = 4" in read("e.words.textContent")
    page.click("[data-key=next]")
    assert read("e.state.at") == [1, 2]
    page.fill("[data-key=kernel]", "1")
    assert read("e.state.at") == [1, 1]


@pytest.mark.parametrize("way", ["lay", "slide"])
def test_real_inputs_are_told_from_zeros(explorer, way):
    page, read = explorer("transposed", {"way": way, "n": 3, "kernel": 3, "stride": 2, "padding": 1, "seed": 1})
    dashed = page.locator("td.d2-zero").count()
    assert dashed == ((7 * 7 - 5 * 5) if way == "lay" else 9 * 9 - 9)
    assert "Side of the output: (3 − 1) · 2 − 2 · 1 + 3 = 5" in read("e.words.textContent")
