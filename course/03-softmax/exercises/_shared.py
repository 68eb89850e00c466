"""What several exercises of this chapter share."""

from d2lab.exercises import RandomInputs


def logits_and_labels(draw: RandomInputs):
    n, classes = draw.size(2, 7), draw.size(3, 6)
    return draw.normal(n, classes, scale=2), draw.integers(0, classes - 1, n)


def large_logits(draw: RandomInputs):
    n, classes = draw.size(2, 6), draw.size(2, 5)
    return (draw.normal(n, classes, scale=3) + draw.choice((0.0, 200.0, -200.0)),)
