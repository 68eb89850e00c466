"""One seed, many streams of luck."""

import pytest
import torch

from d2lab.core.errors import ConfigError
from d2lab.core.seed import derive, stream


def test_the_numbers_are_the_same_on_every_machine_and_in_every_version():
    # The number is typed in on purpose: a change of it makes every old run impossible to repeat.
    import hashlib

    for names in (("order", 0), ("weights",), ("a", "b", 3)):
        digest = hashlib.blake2b("/".join(["7", *map(str, names)]).encode(), digest_size=8).digest()
        assert derive(7, *names) == int.from_bytes(digest, "little") // 2
    assert derive(0, "order", 0) == 3471081512423777433


def test_streams_differ_by_seed_and_by_name():
    seeds = {derive(s, name, n) for s in range(20) for name in ("order", "weights") for n in range(20)}
    assert len(seeds) == 800
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_neighboring_streams_share_nothing():
    draws = torch.stack([torch.randn(1000, generator=stream(s, "order", e)) for s in range(6) for e in range(6)])
    off_diagonal = torch.corrcoef(draws) - torch.eye(36)
    assert off_diagonal.abs().max() < 5 / 1000**0.5  # five deviations of a correlation of 1000 pairs


def test_a_stream_leaves_torchs_own_generator_alone():
    before = torch.get_rng_state()
    torch.randn(5, generator=stream(0, "order"))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", [-1, 1.0, "1", None, True])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(ConfigError, match=r"seed: got .*, need an integer of 0 or more"):
        derive.__wrapped__(seed) if hasattr(derive, "__wrapped__") else derive(seed)
