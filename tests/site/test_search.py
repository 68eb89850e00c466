"""What learners type, and the lesson that they mean: among the first three hits."""

import pytest

pytest.importorskip("jupytext")
pytestmark = pytest.mark.slow

ZH = {
    "线性回归": "01-linear-regression",
    "梯度下降": "01-linear-regression",
    "平方误差": "01-linear-regression",
    "MSELoss 学习率": "01-linear-regression",
    "小批量": "02-iterators-and-loaders",
    "数据迭代器": "02-iterators-and-loaders",
    "DataLoader": "02-iterators-and-loaders",
    "打乱": "02-iterators-and-loaders",
    "批量大小": "03-batch-size",
    "梯度累加": "03-batch-size",
    "大批量 泛化": "03-batch-size",
    "softmax 回归": "01-softmax-regression",
    "混淆矩阵": "01-softmax-regression",
    "交叉熵": "02-cross-entropy",
    "最大似然": "02-cross-entropy",
    "KL 散度": "02-cross-entropy",
    "指数族": "02-cross-entropy",
    "比特 奈特": "02-cross-entropy",
    "服装 数据集": "03-fashion-mnist",
    "工作进程": "03-fashion-mnist",
    "上溢": "04-overflow",
    "下溢": "04-overflow",
    "数值稳定": "04-overflow",
    "感知机": "01-perceptron",
    "收敛定理 间隔": "01-perceptron",
    "异或": "02-xor",
    "多层感知机": "03-mlp",
    "隐藏层": "02-xor",
    "激活函数": "04-activations",
    "sigmoid 斜率": "04-activations",
    "通用近似": "05-approximation-and-depth",
    "折线": "05-approximation-and-depth",
    "2 的幂": "06-powers-of-two",
    "平移不变性": "01-from-dense-to-convolution",
    "局部性": "01-from-dense-to-convolution",
    "互相关": "02-cross-correlation",
    "边缘检测": "02-cross-correlation",
    "填充": "03-padding",
    "步幅": "04-stride",
    "输出通道": "05-channels",
    "1×1 卷积": "06-one-by-one",
    "瓶颈": "06-one-by-one",
    "汇聚": "07-pooling",
    "池化": "07-pooling",
    "感受野": "08-receptive-field",
    "有效感受野": "08-receptive-field",
    "训练曲线 抖": "09-trembling-curves",
    "架构搜索": "10-search-and-compression",
    "压缩": "10-search-and-compression",
    "LeNet": "01-lenet",
    "特征图": "02-inside-lenet",
}
EN = {
    "linear regression": "01-linear-regression",
    "gradient descent": "01-linear-regression",
    "squared error": "01-linear-regression",
    "linear regresion": "01-linear-regression",
    "data loader": "02-iterators-and-loaders",
    "shuffle": "02-iterators-and-loaders",
    "last batch": "02-iterators-and-loaders",
    "batch size": "03-batch-size",
    "larger batch steps": "03-batch-size",
    "softmax regression": "01-softmax-regression",
    "logits": "01-softmax-regression",
    "cross-entropy": "02-cross-entropy",
    "likelihood": "02-cross-entropy",
    "exponential family": "02-cross-entropy",
    "fashion mnist": "03-fashion-mnist",
    "overflow": "04-overflow",
    "nan softmax": "04-overflow",
    "perceptron": "01-perceptron",
    "xor": "02-xor",
    "multilayer perceptron": "03-mlp",
    "activation functions": "04-activations",
    "dead relu": "04-activations",
    "universal approximation": "05-approximation-and-depth",
    "power of two": "06-powers-of-two",
    "translation invariance": "01-from-dense-to-convolution",
    "im2col": "02-cross-correlation",
    "edge detector": "02-cross-correlation",
    "padding": "03-padding",
    "strid": "04-stride",
    "channels": "05-channels",
    "1x1 convolution": "06-one-by-one",
    "max pooling": "07-pooling",
    "receptive field": "08-receptive-field",
    "noise of the loss": "09-trembling-curves",
    "architecture search": "10-search-and-compression",
    "lenet": "01-lenet",
    "feature maps": "02-inside-lenet",
}


@pytest.mark.parametrize(("language", "queries"), [("zh", ZH), ("en", EN)])
def test_what_learners_type_finds_its_lesson(visit, language, queries):
    page = visit(f"{language}/index.html")
    found = page.evaluate(
        "queries => Object.fromEntries(queries.map(q => [q, courseSearch(q).slice(0, 3).map(hit => hit.u)]))",
        list(queries),
    )
    missed = {q: found[q] for q, lesson in queries.items() if not any(f"/{lesson}.html" in u for u in found[q])}
    assert not missed


def test_there_are_as_many_queries_as_promised():
    assert len(ZH) >= 40
    assert len(EN) >= 30
