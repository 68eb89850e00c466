"""`d2lab twins`: the table of what is from scratch, its verdicts and its exit code."""

import dataclasses

import pytest
from torch import nn

from d2lab.layers.twins import linear

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")


def test_the_table_has_a_row_for_every_twin_asked_for(d2lab):
    code, out, _ = d2lab("twins", "batchnorm1d")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].split()[:4] == ["twin", "difference", "allowed", "verdict"]
    assert "times torch's" in lines[0]
    assert [line.split()[0] for line in lines[1:-1]] == ["BatchNorm1d", "BatchNorm1d:"]
    assert all(" equal " in line and "Ioffe and Szegedy 2015" in line for line in lines[1:-1])
    assert lines[-1].startswith("2 of 2 rows are within their tolerance. torch ")


def test_times_are_left_out_where_nobody_wants_them(d2lab):
    code, out, _ = d2lab("twins", "schedule", "--no-speed")
    assert code == 0
    assert "times" not in out
    assert "18 of 18 rows" in out


class Halved(nn.Linear):
    """A linear map that forgets half of its bias."""

    def forward(self, input):
        return input @ self.weight.T + self.bias / 2


def test_a_difference_is_said_and_ends_with_1(d2lab, monkeypatch):
    wrong = dataclasses.replace(linear.LINEAR[0], ours=lambda: Halved(400, 120), name="Lineal")
    monkeypatch.setattr("d2lab.layers.twins.TWINS", [wrong])
    code, out, _ = d2lab("twins", "lineal", "--no-speed")
    assert code == 1
    assert " DIFFERS " in out
    assert "0 of 1 rows are within their tolerance." in out


def test_an_unknown_name_is_answered_with_those_there_are(d2lab):
    code, _, err = d2lab("twins", "transformer")
    assert code == 2
    assert "the twin: got 'transformer', need a part of a row's name, such as Adadelta, " in err


@pytest.mark.slow
def test_every_row_of_the_whole_table_is_equal(d2lab):
    code, out, _ = d2lab("twins")
    assert code == 0
    assert "DIFFERS" not in out
    assert out.count("\n") > 170
