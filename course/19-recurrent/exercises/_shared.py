"""What several exercises of this chapter share."""

from d2lab.exercises import RandomInputs


def distributions(draw: RandomInputs, rows: int, columns: int):
    """Draw rows of probabilities that differ and are not near 0."""
    return draw.normal(rows, columns, scale=1.5).softmax(1) * 0.9 + 0.1 / columns


def cell(draw: RandomInputs, features: int, hidden: int):
    """Draw input weights, recurrent weights and bias of a recurrent layer, small enough that tanh does not saturate."""
    shapes = (features, hidden), (hidden, hidden), (hidden,)
    return tuple(draw.normal(*shape, scale=0.6) for shape in shapes)
