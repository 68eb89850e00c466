"""What several exercises of this chapter share."""

from d2lab.exercises import RandomInputs


def cloud(draw: RandomInputs):
    """Points, labels -1 and 1, weights and bias."""
    n = draw.size(4, 9)
    return draw.normal(n, 2), draw.integers(0, 1, n) * 2 - 1, draw.normal(2), draw.number(-1, 1)
