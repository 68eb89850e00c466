"""Style transfer: only the image learns, toward targets computed once, and its state comes back to the bit."""

import math

import pytest
import torch
from torch import nn

from d2lab.core.errors import ConfigError, NonFiniteError, RunError
from d2lab.core.settings import change
from d2lab.models.vgg_features import VGGFeatures
from d2lab.train.lbfgs_state import load_lbfgs
from d2lab.train.progress import NoProgress
from d2lab.train.style import StyleConfig, StyleTransfer
from d2lab.train.style_loop import StyleLoop, as_bytes, strip_of
from d2lab.vision.style_loss import gram_matrix

LAYERS = {"content_layers": ("relu2_1",), "style_layers": ("relu1_1", "relu2_1")}


def config(**changes):
    return change(StyleConfig(side=16, steps=6, images=3, threads=1, **LAYERS), changes)


def photos(height=12, width=16):
    draw = torch.Generator().manual_seed(3)
    return [torch.rand(1, 3, height, width, generator=draw), torch.rand(1, 3, 20, 14, generator=draw) ** 3]


def transfer(features=None, given=None, **changes):
    chosen = config(**changes)
    if features is None:
        torch.manual_seed(0)
        features = VGGFeatures(chosen.layers, pooling=chosen.pooling)
        features.draw()
    return StyleTransfer(features, *(given or photos()), chosen)


def test_the_loss_is_the_weighted_sum_of_its_three_parts_as_the_book_has_them():
    one = transfer(relative=False, content_weight=3, style_weight=5, variation_weight=7, initial="noise")
    content, style = photos()
    image = one.image.detach()
    maps = {name: [one.features(x)[name] for x in (image, content, style)] for name in one.config.layers}

    def gram(x):
        rows = x.reshape(x.shape[1], -1)
        return rows @ rows.T / rows.numel()

    a, b, _ = maps["relu2_1"]
    expected_content = ((a - b) ** 2).mean()
    grams = [((gram(x[0]) - gram(x[2])) ** 2).mean() for x in maps.values()]
    down, across = (image[..., 1:, :] - image[..., :-1, :]).abs(), (image[..., 1:] - image[..., :-1]).abs()
    variation = 0.5 * (down.mean() + across.mean())
    found = one.losses()
    torch.testing.assert_close(found.content, expected_content)
    torch.testing.assert_close(found.style, sum(grams) / 2)
    torch.testing.assert_close(found.variation, variation)
    torch.testing.assert_close(found.total, 3 * expected_content + 5 * sum(grams) / 2 + 7 * variation)


class Scaled(nn.Module):
    """Features of another unit: those of one layer a thousand times as large."""

    def __init__(self, features):
        super().__init__()
        self.features = features

    def forward(self, image):
        return {name: x * (1000 if name == "relu1_1" else 1) for name, x in self.features(image).items()}


def test_relative_losses_do_not_depend_on_the_unit_of_a_layer():
    for relative in (True, False):
        one = transfer(initial="noise", relative=relative)
        torch.manual_seed(0)
        other = transfer(Scaled(one.features), initial="noise", relative=relative)
        with torch.no_grad():
            other.image.copy_(one.image)
        ours, theirs = one.losses().numbers(), other.losses().numbers()
        assert (ours["style"] == pytest.approx(theirs["style"], rel=1e-4)) == relative
        assert ours["content"] == pytest.approx(theirs["content"], rel=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_only_the_image_learns_and_its_colors_stay_colors(optimizer):
    one = transfer(optimizer=optimizer, steps=30, images=1)
    weights = [p.clone() for p in one.features.parameters()]
    first, seen = one.losses().numbers()["loss"], []
    for _ in range(30):
        seen.append(float(one().total))
        assert one.image.min() >= 0
        assert one.image.max() <= 1
    assert seen[0] == pytest.approx(first)
    assert seen[-1] < 0.6 * first
    assert all(torch.equal(p, w) for p, w in zip(one.features.parameters(), weights, strict=True))
    assert all(p.grad is None for p in one.features.parameters())
    assert (one.image == 0).any() or (one.image == 1).any()  # some were clamped


def test_a_step_evaluates_the_network_once_and_the_targets_never_again():
    for optimizer in ("adam", "lbfgs"):
        one = transfer(optimizer=optimizer)
        calls = []
        one.features.register_forward_hook(lambda *_: calls.append(1))  # noqa: B023
        for _ in range(4):
            one()
        assert len(calls) == 4, optimizer
        assert all(not target.requires_grad for target in (*one.contents.values(), *one.styles.values()))


def test_the_gradient_of_a_step_is_new():
    one = transfer(learning_rate=1e-6)
    one()
    first = one.image.grad.clone()
    one()
    torch.testing.assert_close(one.image.grad, first, rtol=1e-2, atol=1e-5)


def test_the_content_alone_is_at_rest_and_the_style_alone_changes_the_image():
    still = transfer(style_weight=0, variation_weight=0)
    assert float(still().total) == 0
    still()
    torch.testing.assert_close(still.image.detach(), photos()[0])
    moved = transfer(content_weight=0)
    before = moved.losses().numbers()["style"]
    for _ in range(20):
        moved()
    assert moved.losses().numbers()["style"] < 0.5 * before
    assert moved.losses().numbers()["content"] > 0.01


def test_lbfgs_remembers_the_step_that_was_taken_not_the_one_beyond_the_colors():
    one = transfer(optimizer="lbfgs")
    for _ in range(3):
        before = one.image.detach().clone()
        one()
        state = one.optimizer.state[one.image]
        torch.testing.assert_close(
            state["d"] * state["t"], (one.image.detach() - before).flatten(), rtol=1e-4, atol=1e-7
        )


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("done", [0, 1, 2, 14])
def test_a_state_brings_the_same_steps_back(optimizer, done):
    from safetensors.torch import load, save

    one = transfer(optimizer=optimizer)
    for _ in range(done):
        one()
    tensors, values = one.state()
    tensors = load(save({name: x.contiguous().clone() for name, x in tensors.items()}))
    other = transfer(optimizer=optimizer)
    other.restore(done, tensors, values)
    assert other.step == done
    for _ in range(4):
        ours, theirs = one().numbers(), other().numbers()
        assert ours == theirs
        assert torch.equal(one.image, other.image)


def test_a_state_of_another_run_is_refused():
    one = transfer(optimizer="lbfgs")
    for _ in range(3):
        one()
    tensors, values = one.state()
    kept = {name.removeprefix("optimizer."): x for name, x in tensors.items() if name != "image"}
    for wrong, others in (
        ({**kept, "d": kept["d"][:-1]}, values),
        ({name: x for name, x in kept.items() if name != "ro"}, values),
        ({**kept, "more": kept["d"]}, values),
        (kept, {**values, "t": math.nan}),
        (kept, {**values, "n_iter": "x"}),
        (kept, {name: x for name, x in values.items() if name != "prev_loss"}),
    ):
        with pytest.raises(RunError, match="checkpoint's optimizer"):
            load_lbfgs(transfer(optimizer="lbfgs").optimizer, wrong, others)
    with pytest.raises(RunError, match="optimizer"):
        transfer().restore(3, {"image": tensors["image"], "optimizer.0.exp_avg": kept["d"]}, {})


def test_noise_is_decided_by_the_seed_and_content_is_the_content():
    images = []
    for seed in (1, 1, 2):
        torch.manual_seed(0)
        features = VGGFeatures(config().layers)
        features.draw()
        torch.manual_seed(seed)
        images.append(transfer(features, initial="noise").image.detach())
    assert torch.equal(images[0], images[1])
    assert not torch.equal(images[0], images[2])
    assert torch.equal(transfer().image.detach(), photos()[0])


def test_bfloat16_computes_nearly_the_same():
    losses = [
        transfer(precision=precision, initial="noise").losses().numbers() for precision in ("float32", "bfloat16")
    ]
    for name, value in losses[0].items():
        assert losses[1][name] == pytest.approx(value, rel=0.05), name
    assert losses[0]["style"] != losses[1]["style"]
    half = transfer(precision="bfloat16")
    assert {x.dtype for x in (*half.contents.values(), *half.styles.values(), half.losses().style)} == {torch.float32}


def test_targets_are_grams_of_the_style_and_maps_of_the_content():
    one = transfer()
    content, style = photos()
    assert torch.equal(one.contents["relu2_1"], one.features(content)["relu2_1"])
    assert torch.equal(one.styles["relu1_1"], gram_matrix(one.features(style)["relu1_1"]))
    assert set(one.contents) == {"relu2_1"}
    assert set(one.styles) == {"relu1_1", "relu2_1"}


@pytest.mark.parametrize(
    ("steps", "images", "shown"), [(6, 3, [2, 4, 6]), (7, 3, [3, 5, 7]), (4, 4, [1, 2, 3, 4]), (9, 1, [9])]
)
def test_images_of_the_strip_are_evenly_spaced_and_the_last_is_one(steps, images, shown):
    one = config(steps=steps, images=images)
    found = {step: one.shown(step) for step in range(1, steps + 1) if one.shown(step) is not None}
    assert list(found) == shown
    assert list(found.values()) == list(range(1, images + 1))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"content_layers": "", "style_layers": ""}, "one layer with a weight above 0"),
        ({"content_weight": 0, "style_weight": 0}, "one layer with a weight above 0"),
        ({"images": 7}, "at most one a step, of which there are 6"),
        ({"style_weight": -1}, "from 0 to 1,000,000"),
        ({"optimizer": "sgd"}, "one of adam, lbfgs"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        config(**changes)


def test_an_image_too_small_for_the_layers_is_refused():
    with pytest.raises(ConfigError, match="2 or more on each side"):
        transfer(given=photos(1, 9))


class Steep(nn.Module):
    """Features that overflow at once."""

    def forward(self, image):
        return dict.fromkeys(("relu1_1", "relu2_1"), image * 1e38 * 1000.0)


def test_a_loss_that_is_no_number_ends_the_loop_with_its_step():
    one = transfer(Steep(), given=photos())
    with pytest.raises(NonFiniteError, match="loss at step 1"):
        StyleLoop(one, {}, record=None, progress=NoProgress()).run()


def test_the_loop_keeps_images_on_the_way_and_the_last_is_the_result():
    loop = StyleLoop(transfer(), {}, record=None, progress=NoProgress())
    assert loop.run() == "finished"
    assert [tuple(image.shape) for image in loop.strip] == [(3, 12, 16)] * 3
    assert torch.equal(loop.strip[-1], as_bytes(loop.transfer.image))
    assert not torch.equal(loop.strip[0], loop.strip[1])
    assert all(torch.equal(a, b) for a, b in zip(strip_of(loop.checkpoint()), loop.strip, strict=True))
    assert [row["step"] for row in loop.rows if "epoch" in row] == [2, 4, 6]
    assert [row["step"] for row in loop.rows if "loss" in row] == [1, 2, 3, 4, 5, 6]


def test_bytes_are_rounded():
    assert as_bytes(torch.tensor([0.0, 0.499 / 255, 0.501 / 255, 1.0]).view(1, 1, 2, 2).repeat(1, 3, 1, 1))[
        0
    ].tolist() == [
        [0, 0],
        [1, 255],
    ]
