"""What several exercises of this chapter share."""

from d2lab.exercises import RandomInputs


def points(draw: RandomInputs):
    n, d = draw.size(2, 9), draw.size(2, 4)
    return draw.normal(n, d), draw.normal(n), draw.normal(d), draw.number()
