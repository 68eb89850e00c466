"""Claims about systolic arrays and chips: what their checks count, against numbers worked by hand, and opinions."""

import pytest
import torch
from torch import nn

from d2lab.claims.catalog import find_claim
from d2lab.claims.checks import ch17_chips as chips


def values_of(name, **sizes):
    evidence = find_claim(name).run(**sizes)[0]
    return evidence.verdict, evidence.value


def test_cycles_and_use_are_those_worked_by_hand():
    verdict, found = values_of("systolic-arrays-multiply-matrices")
    assert verdict == "holds"
    assert (found["wrong"], found["late"]) == (0, 0)
    assert found["one"] == 1 / 255
    assert found["many"] == 1024 / 1278
    assert found["padded"] == pytest.approx(129 / 256 * 1024 / 1278)


def test_products_of_a_small_gpt_and_a_convolution_by_hand():
    found = list(chips.products_of_gpt(tokens=5, width=4, heads=2, layers=1, vocabulary=7))
    heads = [(5, 2, 5), (5, 5, 2)] * 2
    assert found == [(5, 4, 12), *heads, (5, 4, 4), (5, 4, 16), (5, 16, 4), (5, 4, 7)]
    assert chips.work(found) == 240 + 200 + 80 + 320 + 320 + 140
    assert chips.use([(1, 128, 128), (1, 128, 128)]) == 1 / 255
    layer = nn.Conv2d(3, 6, 3, stride=2)
    assert chips.products_of_convolutions(layer, torch.zeros(1, 3, 9, 9)) == [(16, 27, 6)]
    assert not layer._forward_hooks


def test_nearly_all_of_a_transformer_is_products_and_of_a_resnet_too():
    verdict, found = values_of("transformers-are-nearly-all-products")
    assert verdict == "holds in scope"
    assert found["difference"] == 0
    products = 2 * (12 * (12 * 1024 * 768**2 + 2 * 1024**2 * 768) + 1024 * 768 * 50_257)
    others = 10 * 12 * 1024 * (8 * 768 + 12 * 1024)
    assert found["share"] == pytest.approx(products / (products + others))
    assert found["share"] > found["resnet"] > 0.95


def test_half_of_the_cuts_are_shuffled_and_have_the_same_words():
    cuts, labels = chips.as_written_or_shuffled("en-test", ["the", "a"], 0)
    count = len(cuts) // 2
    assert labels.tolist() == [0] * count + [1] * count
    assert torch.equal(cuts[:count].sort(1).values, cuts[count:].sort(1).values)
    assert not torch.equal(cuts[:count], cuts[count:])


def test_a_residual_network_reads_text_where_one_word_at_a_time_tells_nothing(monkeypatch):
    assert values_of("residual-networks-cannot-be-used-on-text", seeds=range(2), epochs=4)[1]["gain"] > 0.2
    monkeypatch.setattr(chips.ResidualText, "forward", words_alone)
    assert values_of("residual-networks-cannot-be-used-on-text", seeds=range(2), epochs=1)[1]["gain"] == 0


def words_alone(self, numbers):
    """A mean over words: their order is lost."""
    return self.head(self.vectors(numbers).double().mean(1).float())


def test_opinions_are_not_checkable_and_say_what_can_be_counted():
    verdict, found = values_of("power-is-no-problem")
    assert (verdict, found["kilowatt_hours"], found["kilowatts"]) == ("not checkable", 134.4, 5.6)
    verdict, found = values_of("making-a-chip-is-risky")
    assert verdict == "not checkable"
    assert found["dense"] == pytest.approx(12_544 / (12_544 + 254))
    assert found["depthwise"] == pytest.approx(9 / 128**2 * 12_544 / (12_544 + 254))
    verdict, found = values_of("the-tpu-is-a-match-for-gpus")
    assert verdict == "not checkable"
    assert found["use"] == 1024 / 1278
