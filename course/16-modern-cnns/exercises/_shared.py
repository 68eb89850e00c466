"""What several exercises of this chapter share."""

from d2lab.exercises import RandomInputs


def feature_batch(draw: RandomInputs):
    return (draw.normal(draw.size(3, 8), draw.size(2, 4), scale=3) + draw.number(),)
