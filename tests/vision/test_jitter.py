"""Colors in place: the same numbers as the four changes of `vision.color` one after the other."""

import itertools

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.vision import color, jitter


def drawn(rng, count, names=jitter.CHANGES):
    middle = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0}
    wide = {name: 0.5 if name == "hue" else 1.0 for name in names}
    return {name: middle[name] + wide[name] * (2 * torch.rand(count, generator=rng).double() - 1) for name in names}


def images(rng, count=9, channels=3, side=(11, 6)):
    made = torch.rand(count, channels, *side, generator=rng, dtype=torch.float64)
    made[0] = 0.25  # gray all over
    made[1, :, :3] = made[1, :1, :3]
    made[2] = made[2].round()  # pure colors, black and white: every tie of two channels
    made[3] = made[3] / 1e5  # faint
    return made


def one_by_one(batch, amounts):
    for name in jitter.CHANGES:
        if name in amounts:
            batch = getattr(color, name)(batch, amounts[name])
    return batch


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("block", [1, 200, 2**17])
def test_all_at_once_is_one_after_the_other(rng, monkeypatch, channels, block):
    monkeypatch.setattr(jitter, "BLOCK", block)  # one image at a time, three, all
    for size in range(5):
        for names in itertools.combinations(jitter.CHANGES, size):
            batch, amounts = images(rng, channels=channels), drawn(rng, 9, names)
            before = batch.clone()
            made = jitter.jitter(batch, amounts)
            torch.testing.assert_close(made, one_by_one(batch, amounts), rtol=0, atol=1e-11)
            assert torch.equal(batch, before)


def test_every_pure_color_turns_to_where_it_should():
    """All corners and edges of the color cube, every twelfth of a turn: ties are where a branch would be."""
    levels = torch.tensor(list(itertools.product([0.0, 0.5, 1.0], repeat=3)), dtype=torch.float64)
    cube = levels.T.reshape(1, 3, 27, 1)
    for twelfths in range(-6, 7):
        turns = torch.tensor([twelfths / 12], dtype=torch.float64)
        made = jitter.jitter(cube, {"hue": turns})
        torch.testing.assert_close(made, color.hue(cube, turns), rtol=0, atol=1e-12)


def test_float32_has_the_statistics_of_the_reference(rng):
    batch = torch.rand(16, 3, 64, 64, generator=rng)
    amounts = {name: amount.float() for name, amount in drawn(rng, 16).items()}
    made, wanted = jitter.jitter(batch, amounts), one_by_one(batch, amounts)
    assert (made - wanted).abs().max() < 1e-5
    for statistic in (torch.mean, torch.std):
        torch.testing.assert_close(statistic(made, (0, 2, 3)), statistic(wanted, (0, 2, 3)), rtol=0, atol=1e-6)


def test_bad_input_is_refused(rng):
    with pytest.raises(ConfigError, match=r"color: got 'warmth', need some of brightness, contrast"):
        jitter.jitter(images(rng), {"warmth": torch.ones(9)})
    with pytest.raises(ConfigError, match=r"color: got '2 channels', need 1 \(gray\) or 3"):
        jitter.jitter(torch.rand(1, 2, 3, 3), {"hue": torch.zeros(1)})
    assert jitter.jitter(torch.rand(0, 3, 4, 4), {"hue": torch.zeros(0)}).shape == (0, 3, 4, 4)
    jitter.jitter(torch.rand(1, 2, 3, 3), {"brightness": torch.ones(1)})
