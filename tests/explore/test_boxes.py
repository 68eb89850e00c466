"""The explorer of boxes: its overlap, gradient, matching and suppression are those of d2lab.vision, and boxes are moved."""

import json

import pytest
import torch

from d2lab.vision.assign import anchor_targets, greedy_matching
from d2lab.vision.iou import box_iou, intersection_and_union, paired_giou, paired_iou
from d2lab.vision.suppress import batched_nms, nms, soft_nms

pytestmark = pytest.mark.slow
DOUBLE = {"dtype": torch.float64}


def close(given, wanted):
    torch.testing.assert_close(torch.as_tensor(given, **DOUBLE), wanted.detach().double(), atol=1e-9, rtol=1e-9)


def drawn(count, seed, *, whole=False):
    """Boxes that meet often; of whole numbers, so that edges coincide, or not."""
    draw = torch.Generator().manual_seed(seed)
    low = torch.rand(count, 2, generator=draw, **DOUBLE) * 10
    boxes = torch.cat([low, low + 1 + torch.rand(count, 2, generator=draw, **DOUBLE) * 6], 1)
    return boxes.round() if whole else boxes


def in_page(page, said, *given):
    return page.evaluate(f"([{', '.join(f'x{i}' for i in range(len(given)))}]) => {said}", list(given))


@pytest.mark.parametrize("whole", [True, False])
def test_overlap_and_its_gradient(explorer, whole):
    page, _ = explorer("boxes")
    first, second = drawn(300, 0, whole=whole), drawn(300, 1, whole=whole)
    found = in_page(page, "x0.map((a, i) => D2.boxes.overlap(a, x1[i]))", first.tolist(), second.tolist())
    for name, function in (("iou", paired_iou), ("giou", paired_giou)):
        leaf = first.clone().requires_grad_()
        value = function(leaf, second)
        close([one[name] for one in found], value)
        close([one["slopes"][name] for one in found], torch.autograd.grad(value.sum(), leaf)[0])
    intersection, union = intersection_and_union(first, second)
    hull = torch.maximum(first, second)[:, 2:] - torch.minimum(first, second)[:, :2]
    close([[one["intersection"], one["union"], one["hull"]] for one in found],
          torch.stack([intersection, union, hull.prod(1)], 1))  # fmt: skip
    assert 50 < sum(one["iou"] > 0 for one in found) < 250


@pytest.mark.parametrize("threshold", [0.05, 0.3, 0.5, 0.9])
def test_matching(explorer, threshold):
    page, _ = explorer("boxes")
    for seed in range(20):
        objects, anchors = drawn(3, seed, whole=seed % 2 == 0), drawn(6, seed + 50, whole=seed % 2 == 0)
        given = (objects.tolist(), anchors.tolist())
        ious = in_page(page, "D2.boxes.table(x0, x1)", *given)
        wanted = box_iou(objects, anchors)
        close(ious, wanted)
        pairs = in_page(page, "D2.boxes.greedy(D2.boxes.table(x0, x1))", *given)
        assert sorted((one["object"], one["anchor"]) for one in pairs) == [
            (i, j) for i, j in enumerate(greedy_matching(wanted[None])[0].tolist()) if j >= 0
        ]
        assert [one["iou"] for one in pairs] == sorted((one["iou"] for one in pairs), reverse=True)
        owners = in_page(page, "D2.boxes.assign(D2.boxes.table(x0, x1), x2)", *given, threshold)
        labels = torch.tensor([[0, 1, 2]])
        targets = anchor_targets(anchors, objects[None], labels, torch.tensor([3]), threshold=threshold)
        assert [owner + 1 for owner in owners] == targets.classes[0].tolist()
        for owner, anchor, offsets in zip(owners, anchors, targets.offsets[0], strict=True):
            if owner >= 0:
                close(in_page(page, "D2.boxes.encode(x0, x1)", anchor.tolist(), objects[owner].tolist()), offsets)


SUPPRESS = "D2.boxes.suppress(x0, x1, x2).map(({ chosen, score }) => [chosen, score])"


@pytest.mark.parametrize("dial", [0.0, 0.2, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("each", [True, False])
def test_suppression(explorer, dial, each):
    page, _ = explorer("boxes")
    for seed in range(10):
        boxes = drawn(20, seed, whole=seed % 2 == 0)
        draw = torch.Generator().manual_seed(seed)
        scores = (torch.rand(20, generator=draw, **DOUBLE) * 10).round() / 10  # some are equal, some 0
        classes = torch.randint(0, 2, (20,), generator=draw)
        dials = {
            "kind": "hard",
            "threshold": dial,
            "sigma": max(dial, 0.1),
            "classes": classes.tolist() if each else None,
        }
        kept = batched_nms(boxes, scores, classes, dial) if each else nms(boxes, scores, dial)
        assert [i for i, _ in in_page(page, SUPPRESS, boxes.tolist(), scores.tolist(), dials)] == kept.tolist()
        for decay in ("linear", "gaussian"):
            found = in_page(page, SUPPRESS, boxes.tolist(), scores.tolist(), {**dials, "kind": decay})
            kept, lowered = soft_nms(boxes, scores, classes if each else None, decay=decay, sigma=max(dial, 0.1),
                                     iou_threshold=dial)  # fmt: skip
            assert [i for i, _ in found] == kept.tolist()
            close([score for _, score in found], lowered)


def test_what_is_shown_is_what_was_computed(explorer):
    _, read = explorer("boxes", {"mode": "matching", "threshold": 0.4})
    data, found = read("e.data"), read("e.result")
    objects, anchors = torch.tensor(data["boxes"][:3], **DOUBLE), torch.tensor(data["boxes"][3:], **DOUBLE)
    targets = anchor_targets(anchors, objects[None], torch.tensor([data["labels"]]), torch.tensor([3]), threshold=0.4)
    assert found["classes"] == targets.classes[0].tolist()
    close(found["offsets"], targets.offsets[0])
    assert {1, 2, 0} == set(found["classes"])
    _, read = explorer("boxes", {"mode": "nms", "above": 0.5, "at": 12})
    data, found = read("e.data"), read("e.result")
    kept = nms(torch.tensor(data["boxes"], **DOUBLE), torch.tensor(data["scores"], **DOUBLE), 0.5).tolist()
    assert [one["chosen"] for one in found["steps"]] == kept
    for i in kept:
        assert f"{chr(65 + i)}" in read("e.words.textContent").split("Done:")[1]


def test_a_box_is_dragged_whole_and_by_a_corner(explorer):
    page, read = explorer("boxes")
    before = read("e.boxes[0]")
    frame = page.locator("svg.d2-boxes").bounding_box()
    scale = frame["width"] / 400

    def drag(start, end):
        page.mouse.move(*(frame[side] + scale * v for side, v in zip("xy", start, strict=True)))
        page.mouse.down()
        page.mouse.move(*(frame[side] + scale * v for side, v in zip("xy", end, strict=True)), steps=5)
        page.mouse.up()

    drag((before[0] + 30, before[1] + 20), (before[0] + 50, before[1] + 30))
    moved = [before[0] + 20, before[1] + 10, before[2] + 20, before[3] + 10]
    assert read("e.boxes[0]") == pytest.approx(moved, abs=1)
    assert page.evaluate("document.activeElement.dataset.key") == "box-0"
    now = read("e.boxes[0]")
    drag(now[:2], (now[0] - 15, now[1] - 12))
    assert read("e.boxes[0]") == pytest.approx([now[0] - 15, now[1] - 12, *now[2:]], abs=1)
    drag((now[0] + 10, now[1] + 10), (-500, -500))  # no box leaves the image
    left, top, *_ = read("e.boxes[0]")
    assert (left, top) == (0, 0)
    page.mouse.move(frame["x"] + 200, frame["y"] + 200)
    assert read("e.boxes[0]")[:2] == [0, 0]  # let go is let go


def test_a_finger_drags_a_box_and_does_not_scroll(explorer):
    page, read = explorer("boxes", width=390, height=500)
    client = page.context.new_cdp_session(page)
    client.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    before = read("e.boxes[1]")
    page.locator("svg.d2-boxes").scroll_into_view_if_needed()
    frame = page.locator("svg.d2-boxes").bounding_box()
    scale, rolled = frame["width"] / 400, page.evaluate("scrollY")
    x, y = frame["x"] + scale * (before[0] + 150), frame["y"] + scale * (before[1] + 100)
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for i in range(1, 7):
        client.send(
            "Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y - i * 8 * scale}]}
        )
        page.wait_for_timeout(40)
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)
    assert read("e.boxes[1]") == pytest.approx([before[0], before[1] - 48, before[2], before[3] - 48], abs=1)
    assert page.evaluate("scrollY") == rolled


def test_a_box_is_moved_by_keyboard_and_space_takes_a_corner(explorer):
    page, read = explorer("boxes")
    before = read("e.boxes[1]")
    page.focus("[data-key=box-1]")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert read("e.boxes[1]") == [before[0] - 5, before[1] + 1, before[2] - 5, before[3] + 1]
    page.keyboard.press("Space")
    page.keyboard.press("ArrowUp")
    assert read("e.boxes[1]") == [before[0] - 5, before[1] - 4, before[2] - 5, before[3] + 1]
    assert "top left corner" in page.get_attribute("[data-key=box-1]", "aria-label")
    assert page.evaluate("document.activeElement.dataset.key") == "box-1"


def test_giou_walks_to_the_annotation_from_where_iou_stands_still(explorer):
    page, read = explorer("boxes")
    page.evaluate("document.querySelector('d2-boxes').place([10, 10, 60, 60])")
    page.click("[data-key=step-IoU]")
    assert read("e.boxes[0]") == [10, 10, 60, 60]
    assert "no gradient" in read("e.words.textContent")
    page.evaluate("for (let i = 0; i < 300; i++) document.querySelector('d2-boxes').follow('giou')")
    assert read("e.result.iou") > 0.8


def test_suppression_is_walked_by_its_buttons(explorer):
    page, read = explorer("boxes", {"mode": "nms", "at": 0})
    page.evaluate("document.querySelector('d2-boxes').rebuild()")
    for key, step in (("next", 1), ("next", 2), ("back", 1), ("restart", 0), ("end", len(read("e.result.steps")))):
        page.focus(f"[data-key={key}]")
        page.keyboard.press("Enter")
        assert read("e.now") == step
        assert page.evaluate("document.activeElement.dataset.key") == key
    page.select_option("[data-key=kind]", index=2)
    assert page.locator("[data-key=sigma]").count() == 1
    assert page.locator("[data-key=above]").count() == 0
    assert page.evaluate("document.activeElement.dataset.key") in (None, "kind", "end")
    assert json.loads(read("JSON.stringify(e.result.steps)"))


@pytest.mark.parametrize("mode", ["matching", "nms"])
@pytest.mark.parametrize(("dark", "width", "language"), [(False, 390, "zh"), (True, 390, "en")])
def test_other_modes_fit_a_phone(explorer, mode, dark, width, language):
    page, read = explorer("boxes", {"mode": mode}, dark=dark, width=width, language=language)
    page.evaluate("document.querySelector('d2-boxes').rebuild()")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert any("一" <= c <= "鿿" for c in read("e.textContent")) == (language == "zh")
