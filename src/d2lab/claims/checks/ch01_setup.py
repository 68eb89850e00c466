"""Chapter 1: the environment of the notes, and the two kinds of classes that they speak of first."""

from collections.abc import Callable
from itertools import repeat

import torch
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence
from d2lab.claims.training import train_steps
from d2lab.data.catalog import load
from d2lab.models.softmax import SoftmaxConfig, SoftmaxRegression
from d2lab.optimizers.adam import Adam
from d2lab.vision.color import to_unit


@claim(
    chapter=1,
    kind="definition",
    en="The book's package d2l 0.17.6 still installs on the Pythons of today.",
    zh="书中的 d2l 0.17.6 在今天的 Python 上仍然装得上。",
    scope="Python 3.11 to 3.14, those that d2lab is made for; read from metadata, nothing is installed",
    covers=("Python 3.9 with torch 1.12.0, torchvision 0.13.0, d2l 0.17.6 and Jupyter is a working environment",),
)
def the_books_package_still_installs() -> Evidence:
    from importlib.metadata import requires

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    pythons = ("3.11.0", "3.12.0", "3.13.0", "3.14.0")
    asked = {  # Requires-Python of the exact versions that a release pins, as their own metadata state it
        "d2l 0.17.6": {"numpy 1.21.5": ">=3.7,<3.11", "pandas 1.2.4": ">=3.7.1", "matplotlib 3.5.1": ">=3.7"},
        "d2l 1.0.3": {"numpy 1.23.5": ">=3.8", "pandas 2.0.3": ">=3.8", "scipy 1.10.1": ">=3.8,<3.12"},
    }
    refused = {
        release: sum(not all(SpecifierSet(words).contains(python) for words in pins.values()) for python in pythons)
        for release, pins in asked.items()
    }
    bounds = [bound.operator for line in requires("d2lab") or [] for bound in Requirement(line).specifier]
    ours = sum(operator != ">=" for operator in bounds)
    broken = refused["d2l 0.17.6"] > 0
    return Evidence(
        value={"refused": refused["d2l 0.17.6"], "later": refused["d2l 1.0.3"], "pythons": len(pythons), "ours": ours},
        bound="refused by 0 of the Pythons",
        verdict="does not hold" if broken else "holds",
        n=len(pythons),
        counterexample="numpy 1.21.5, which it pins, wants a Python below 3.11" if broken else "",
        why_en="It pins exact old versions, and one of them refuses {refused} of {pythons} Pythons by its metadata "
        "({later} of {pythons} for d2l 1.0.3); d2lab has {ours} such bounds. No installation was tried, so wheels that "
        "are missing or no longer build, and Python 3.9 itself, are not judged.",
        why_zh="它把依赖锁死在旧版本上，单看元数据，{pythons} 个 Python 版本中就有 {refused} 个被拒（d2l 1.0.3 为 "
        "{later} 个）；d2lab 没有这样的上限（{ours} 处）。这里没有实际安装，因此缺少 wheel、编译失败以及 Python 3.9 "
        "本身的情形都未检验。",
    )


@claim(
    chapter=1,
    kind="definition",
    en="Where an example can belong to several classes at once, each class needs a sigmoid of its own; "
    "a softmax can't say yes twice.",
    zh="一个样本可以同时属于多个类别时，每个类别要各用一个 sigmoid；softmax 无法同时给出两个“是”。",
    budget_s=15,
    covers=("predicting classes that do not exclude each other is multi-label classification",),
)
def overlapping_classes_need_a_sigmoid_each() -> Evidence:
    digits = load("digits").train
    labels = torch.stack([digits.targets % 2 == 0, digits.targets > 4], 1)  # even; above four: 6 and 8 are both
    both, images = labels.all(1), to_unit(digits.inputs)
    heads: dict[str, tuple[Callable[..., torch.Tensor], Callable[[torch.Tensor], torch.Tensor]]] = {
        "sigmoid": (functional.binary_cross_entropy_with_logits, torch.sigmoid),
        "softmax": (functional.cross_entropy, lambda logits: logits.softmax(1)),
    }
    found = {}
    for name, (loss, chances) in heads.items():
        model = SoftmaxRegression(SoftmaxConfig(inputs=64, classes=2))
        optimizer = Adam(model.parameters(), lr=0.05)
        train_steps(model, optimizer, repeat((images, labels.float()), 200), loss)
        with torch.no_grad():
            said = chances(model(images)) > 0.5
        found[name] = float(said[both].all(1).float().mean())
    return Evidence(
        value=found,
        bound="sigmoid above 0.5, softmax 0: share of the digits 6 and 8 called both even and above four",
        verdict="holds" if found["sigmoid"] > 0.5 and found["softmax"] == 0 else "does not hold",
        n=int(both.sum()),
        data="digits",
        why_en="The chances of a softmax sum to 1, so two can't both be above a half ({softmax:.0%} of such digits); "
        "two sigmoids answer two questions and get {sigmoid:.0%} of them.",
        why_zh="softmax 的概率之和为 1，不可能有两个都超过一半（命中 {softmax:.0%}）；两个 sigmoid 各答一问，命中 "
        "{sigmoid:.0%}。",
    )
