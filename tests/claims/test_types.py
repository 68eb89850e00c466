"""The claims about small types that are no quick check come to their recorded verdicts."""

import pytest

from d2lab.claims.catalog import find_claim
from d2lab.claims.record import recorded

SIZES = {
    "training-holds-several-times-what-inference-holds": {},
    "training-and-inference-hardware-differ-in-price": {},
    "weights-of-few-bits-break-training-more-than-inference": {"seeds": range(5), "rates": (0.6, 1.0)},
}


@pytest.mark.parametrize("name", SIZES)
def test_the_verdict_is_the_recorded_one(name):
    claim = find_claim(name)
    assert claim.run(**SIZES[name])[0].verdict == recorded(claim).verdict
