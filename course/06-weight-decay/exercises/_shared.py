"""What several exercises of this chapter share."""

from d2lab.exercises import RandomInputs


def decayed(draw: RandomInputs):
    n = draw.size(2, 6)
    return draw.normal(n), draw.normal(n), draw.number(0.01, 0.3), draw.number(0.1, 2.0)
