"""What several exercises of this chapter share."""

from torch import nn

from d2lab.exercises import RandomInputs


def nested(draw: RandomInputs):
    inside = nn.Sequential(nn.Linear(draw.size(1, 4), draw.size(1, 4)), nn.ReLU())
    return (nn.Sequential(inside, nn.Linear(draw.size(1, 4), draw.size(1, 4), bias=draw.boolean())),)
