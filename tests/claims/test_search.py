"""What learners type, and the claim that they mean: among the first five, in either language."""

import pytest

from d2lab.claims.catalog import CLAIMS, nearest, search
from d2lab.claims.glossary import synonyms

ZH = {
    "池化": "pooling-forgives-small-shifts",
    "最大池化": "pooling-has-gone-out-of-use",
    "权重衰退": "weight-decay-has-little-effect",
    "权重衰退有用吗": "weight-decay-has-little-effect",
    "丢弃法": "dropout-slows-convergence",
    "丢弃法会让收敛变慢吗": "dropout-slows-convergence",
    "丢弃法 批归一化": "dropout-spoils-batch-norm",
    "随机失活 对称性": "dropout-breaks-the-symmetry",
    "批量归一化能加快收敛吗": "batch-norm-speeds-up-convergence",
    "批规范化 批量大小": "batch-norm-is-sensitive-to-batch-size",
    "小批量泛化更好吗": "smaller-batches-generalize-better",
    "批量大小取 2 的幂": "powers-of-two-are-faster-batches",
    "批大小 硬件": "larger-batches-use-the-hardware-better",
    "学习率过大会怎样": "too-large-a-rate-ends-in-inf-then-nan",
    "学习率太大变成nan": "too-large-a-rate-ends-in-inf-then-nan",
    "梯度消失": "sigmoid-gradients-vanish-with-depth",
    "梯度消失能靠学习率解决吗": "no-learning-rate-helps-vanishing-gradients",
    "梯度裁剪": "clipping-bounds-the-step-and-keeps-its-direction",
    "激活函数重要吗": "activation-hardly-matters",
    "交叉熵的梯度": "gradient-of-cross-entropy-is-softmax-minus-target",
    "softmax 溢出": "subtracting-the-maximum-keeps-softmax-finite",
    "感受野": "receptive-field-grows-with-depth",
    "感知机 异或": "xor-needs-a-hidden-layer",
    "感知器 非线性可分 异或": "xor-needs-a-hidden-layer",
    "梯度会累加吗": "gradients-add-up-until-they-are-cleared",
    "k折交叉验证": "every-example-validates-once-in-k-fold",
    "交叉验证减少过拟合": "k-fold-reduces-overfitting",
    "随机种子可复现": "a-seed-repeats-a-run-with-its-dropout",
    "补零有影响吗": "zero-padding-has-no-effect",
    "步幅为2计算量": "stride-two-halves-the-work",
    "卷积就是互相关": "convolution-layers-correlate",
    "1x1卷积": "one-by-one-convolution-is-linear-per-pixel",
    "残差块": "residual-is-output-minus-input",
    "残差连接 梯度": "shortcuts-carry-gradients-through-1000-layers",
    "标准化使数据服从正态": "standardizing-makes-data-normal",
    "半精度训练精度": "half-precision-learns-as-well",
    "显存不够": "smaller-batches-and-half-precision-need-less-memory",
    "Xavier初始化方差": "xavier-has-variance-two-over-both-fans",
    "置换矩阵": "permutation-matrices-reorder-vectors",
    "通用近似": "one-hidden-layer-approximates-any-function",
    "训练曲线抖动": "smaller-learning-rates-reduce-training-noise",
    "全局平均池化": "global-mean-saves-parameters",
}
EN = {
    "pooling": "pooling-forgives-small-shifts",
    "max pool shift": "pooling-forgives-small-shifts",
    "weight decay": "weight-decay-has-little-effect",
    "is weight decay the same as l2": "weight-decay-is-the-l2-penalty-under-sgd",
    "L2 regularization adam": "weight-decay-is-the-l2-penalty-under-adam-too",
    "dropout": "dropout-slows-convergence",
    "dropuot mean": "dropout-keeps-the-mean",
    "does dropout slow down convergence": "dropout-slows-convergence",
    "batchnorm dropout together": "dropout-spoils-batch-norm",
    "why batch norm helps": "batch-norm-helps-by-holding-distributions-still",
    "batch norm batch of one": "batch-norm-of-one-example-gives-its-shift",
    "batch size generalization": "smaller-batches-generalize-better",
    "batch size power of two faster": "powers-of-two-are-faster-batches",
    "learning rate too large nan": "too-large-a-rate-ends-in-inf-then-nan",
    "vanishing gradient sigmoid": "sigmoid-gradients-vanish-with-depth",
    "gradient clipping direction": "clipping-bounds-the-step-and-keeps-its-direction",
    "activation function matter": "activation-hardly-matters",
    "relu vs gelu": "relu-tanh-and-gelu-hardly-differ",
    "cross-entropy gradient softmax": "gradient-of-cross-entropy-is-softmax-minus-target",
    "log loss likelihood": "maximum-likelihood-is-least-cross-entropy",
    "softmax overflow": "subtracting-the-maximum-keeps-softmax-finite",
    "exp overflow float32": "exp-overflows-at-89-in-float32",
    "receptive field": "receptive-field-grows-with-depth",
    "xor": "xor-needs-a-hidden-layer",
    "do gradients add up": "gradients-add-up-until-they-are-cleared",
    "k-fold": "every-example-validates-once-in-k-fold",
    "cross validation overfitting": "k-fold-reduces-overfitting",
    "reproducible seed": "a-seed-repeats-a-run-with-its-dropout",
    "zero padding": "zero-padding-has-no-effect",
    "stride two": "stride-two-halves-the-work",
    "convolution is cross-correlation": "convolution-layers-correlate",
    "1x1 convolution": "one-by-one-convolution-is-linear-per-pixel",
    "residual": "residual-is-output-minus-input",
    "resnet 1000 layers": "shortcuts-carry-gradients-through-1000-layers",
    "half precision accuracy": "half-precision-learns-as-well",
    "less memory": "smaller-batches-and-half-precision-need-less-memory",
    "kaiming xavier variance": "xavier-has-variance-two-over-both-fans",
    "same weights symmetry": "equal-hidden-units-stay-equal",
    "universal approximation": "one-hidden-layer-approximates-any-function",
    "noisy training curve": "smaller-learning-rates-reduce-training-noise",
    "global average pooling parameters": "global-mean-saves-parameters",
    "eigenvectors symmetric": "symmetric-matrices-have-real-eigenvectors",
}
FIRST = 5


@pytest.mark.parametrize("queries", [ZH, EN], ids=["zh", "en"])
def test_what_learners_type_finds_its_claim(queries):
    found = {query: [claim.id for claim in nearest(query)[0][:FIRST]] for query in queries}
    missed = {query: found[query] for query, claim in queries.items() if claim not in found[query]}
    assert not missed


def test_there_are_as_many_queries_as_promised():
    assert min(len(ZH), len(EN)) >= 40
    assert {*ZH.values(), *EN.values()} <= set(CLAIMS)


def test_a_term_is_found_under_all_its_names():
    for names in (
        ("汇聚", "池化", "pooling"),
        ("权重衰减", "权重衰退", "weight decay"),
        ("暂退法", "丢弃法", "dropout"),
    ):
        found = [{claim.id for claim in search(name)} for name in names]
        assert all(one == found[0] for one in found[1:]), names
        assert len(found[0]) > 5


def test_nearest_claims_are_said_to_be_nearest(d2lab):
    assert nearest("dropout xylophone")[1] == 0
    code, out, _ = d2lab("claims", "dropout", "xylophone")
    assert code == 0
    assert "No claim contains all of these words. The nearest:" in out
    assert "dropout-keeps-the-mean" in out
    assert "The nearest:" not in d2lab("claims", "dropout")[1]
    assert "d2lab symptoms loss-nan" in d2lab("claims", "nan loss")[1]


def test_every_term_of_the_glossary_has_a_name_in_both_languages():
    assert len(synonyms()) >= 50
    every = [name for group in synonyms() for name in group]
    twice = {name for name in every if every.count(name) > 1}
    assert not twice, "a name of two terms would be found under both"
