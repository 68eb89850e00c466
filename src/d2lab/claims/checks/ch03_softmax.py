"""Chapter 3: softmax regression."""

import torch
from torch.distributions import Bernoulli, Categorical, Exponential, Normal, Poisson
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.evidence import Evidence, within
from d2lab.data.catalog import load
from d2lab.layers.naive import naive_cross_entropy, naive_log_softmax, naive_softmax
from d2lab.models import SoftmaxConfig, SoftmaxRegression
from d2lab.vision.color import to_unit


@claim(
    chapter=3,
    kind="identity",
    en="The weights that make the labels most likely are those with the least cross-entropy.",
    zh="使标签出现的可能性最大，就是使交叉熵最小。",
)
def maximum_likelihood_is_least_cross_entropy() -> Evidence:
    logits, targets = torch.randn(50, 10, dtype=torch.float64), torch.randint(10, (50,))
    likelihood = logits.softmax(1)[torch.arange(50), targets].prod()
    loss = functional.cross_entropy(logits, targets)
    difference = float((likelihood.log() / 50 + loss).abs())
    return Evidence(
        value={"difference": difference, "likelihood": float(likelihood)},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=50,
        why_en="Cross-entropy is minus the logarithm of the likelihood, an example; the logarithm turns a product as "
        "small as {likelihood:.0e} into a sum and does not change which is larger.",
        why_zh="交叉熵就是平均每个样本的负对数似然；取对数把小到 {likelihood:.0e} 的连乘变成求和，大小次序不变。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="The gradient of cross-entropy with respect to the logits is softmax(logits) minus the one-hot target.",
    zh="交叉熵对 logits 的梯度等于 softmax(logits) 减去独热标签。",
)
def gradient_of_cross_entropy_is_softmax_minus_target() -> Evidence:
    logits = torch.randn(100, 10, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(10, (100,))
    (gradient,) = torch.autograd.grad(functional.cross_entropy(logits, targets, reduction="sum"), logits)
    expected = logits.detach().softmax(1) - functional.one_hot(targets, 10)
    difference = float((gradient - expected).abs().max())
    return Evidence(
        value={"difference": difference},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=logits.numel(),
        why_en="The loss is log(sum of exp) minus the logit of the target: the gradient of the first is softmax, the "
        "second subtracts 1 at the target.",
        why_zh="损失等于 log(∑exp) 减去目标的 logit：前一项的梯度是 softmax，后一项在目标处减 1。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="Of all guesses the true distribution has the least cross-entropy, and it is then the entropy.",
    zh="在所有预测分布中，真实分布的交叉熵最小，最小值就是它自己的熵。",
)
def cross_entropy_is_least_at_the_truth() -> Evidence:
    truth = torch.tensor([0.2, 0.3, 0.5], dtype=torch.float64)
    pairs = torch.cartesian_prod(torch.arange(1, 99), torch.arange(1, 99))
    guesses = torch.cat([pairs, 100 - pairs.sum(1, keepdim=True)], 1).double() / 100
    guesses = guesses[guesses[:, 2] > 0]
    crossed = -(truth * guesses.log()).sum(1)
    entropy = float(Categorical(probs=truth).entropy())  # type: ignore[no-untyped-call]
    best = int(crossed.argmin())
    difference = max(float(crossed[best]) - entropy, float((guesses[best] - truth).abs().max()), key=abs)
    return Evidence(
        value={"difference": abs(difference), "entropy": entropy},
        bound="at most 1e-12 between the best guess on a grid and the truth, and between its loss and the entropy",
        verdict=within(abs(difference), 1e-12),
        n=len(guesses),
        why_en="What cross-entropy has above the entropy ({entropy:.3f} nats here) is the divergence of Kullback and "
        "Leibler, which is 0 for equal distributions and above 0 for any others.",
        why_zh="交叉熵超出熵（此处 {entropy:.3f} 奈特）的部分是 KL 散度，两个分布相同时为零，不同时恒为正。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="A nat is 1 / ln 2, about 1.44, bits.",
    zh="1 奈特等于 1 / ln 2，约合 1.44 比特。",
)
def a_nat_is_1_44_bits() -> Evidence:
    import numpy as np
    from scipy.stats import entropy

    die = [1 / 6] * 6
    nats, bits = float(entropy(die)), float(entropy(die, base=2))
    difference = abs(bits / nats - 1 / float(np.log(2)))
    return Evidence(
        value={"difference": difference, "ratio": bits / nats, "nats": nats, "bits": bits},
        bound="at most 1e-12",
        verdict=within(difference, 1e-12),
        n=6,
        why_en="Only the base of the logarithm differs: a die holds {nats:.3f} nats or {bits:.3f} bits, {ratio:.4f} "
        "times as many.",
        why_zh="两者只差对数的底：一枚骰子的熵是 {nats:.3f} 奈特，或 {bits:.3f} 比特，比值 {ratio:.4f}。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="In every exponential family the gradient of the negative log-likelihood is predicted mean minus observation.",
    zh="对任何指数族分布，负对数似然的梯度都是预测均值减去观测值。",
    scope="with respect to the natural parameter of the family",
)
def gradient_is_mean_minus_observation_in_exponential_families() -> Evidence:
    natural = torch.linspace(-2, -0.5, 50, dtype=torch.float64, requires_grad=True)
    families = [Bernoulli(logits=natural), Poisson(natural.exp()), Normal(natural, 1.0), Exponential(-natural)]
    rate = torch.linspace(0.5, 3, 50, dtype=torch.float64, requires_grad=True)  # not natural to Poisson: its log is
    apart = []
    for family, parameter in [*((family, natural) for family in families), (Poisson(rate), rate)]:
        observed = family.sample()
        (gradient,) = torch.autograd.grad(-family.log_prob(observed).sum(), parameter, retain_graph=True)
        apart.append(float((gradient - (family.mean.detach() - observed)).abs().max()))
    difference, elsewhere = max(apart[:4]), apart[4]
    return Evidence(
        value={"difference": difference, "elsewhere": elsewhere},
        bound="at most 1e-12 for four families by natural parameters, above 0.001 for Poisson by its rate",
        verdict=("holds in scope" if elsewhere > 1e-3 else "holds") if difference <= 1e-12 else "does not hold",
        n=4 * len(natural),
        counterexample="Poisson by its rate r: the derivative is (r - x) / r",
        why_en="log p is x times the natural parameter minus a function of it whose derivative is the mean; with "
        "another parameter the chain rule adds a factor, and the two differ by up to {elsewhere:.1f}.",
        why_zh="对数似然等于 x 乘自然参数，再减去一个函数，而那个函数的导数正是均值；换成别的参数，链式法则会多出一个"
        "因子，二者最多相差 {elsewhere:.1f}。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="Softmax overflows on large logits; subtracting the largest first gives the same probabilities and never does.",
    zh="logits 很大时，按定义计算的 softmax 会溢出；先减去最大值，概率不变，也不再溢出。",
)
def subtracting_the_maximum_keeps_softmax_finite() -> Evidence:
    large = torch.tensor([1000.0, 1001.0, 1002.0])
    small = large - large.max()
    naive = int(naive_softmax(large, 0).isnan().sum())
    difference = float((functional.softmax(large, 0) - naive_softmax(small, 0)).abs().max())
    return Evidence(
        value={"difference": difference, "nans": naive},
        bound="at most 1e-7, and NaN from the formula as it stands",
        verdict=within(difference, 1e-7) if naive == 3 else "does not hold",
        n=3,
        why_en="exp(1000) is infinite in float32, infinity over infinity is NaN ({nans} of 3); shifted, all is finite.",
        why_zh="float32 中 exp(1000) 为无穷，无穷除以无穷得 NaN（3 个中有 {nans} 个）；平移之后全部有限。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="exp overflows from a logit of 89 on in float32, and from 12 on in float16.",
    zh="logit 到 89，float32 的 exp 就会溢出；float16 到 12 就会。",
)
def exp_overflows_at_89_in_float32() -> Evidence:
    kinds = {"half": torch.float16, "single": torch.float32, "double": torch.float64}
    limits = {
        name: float(torch.tensor(torch.finfo(kind).max, dtype=torch.float64).log()) for name, kind in kinds.items()
    }
    steps = torch.arange(1, 1000)
    first = {name: int(steps[steps.to(kind).exp().isinf()][0]) for name, kind in kinds.items()}
    right = all(limits[name] < first[name] < limits[name] + 1 for name in kinds)
    return Evidence(
        value={"single": first["single"], "half": first["half"], "double": first["double"], "limit": limits["single"]},
        bound="the first whole number above log(largest number): 89, 12 and 710",
        verdict="holds" if right and first == {"half": 12, "single": 89, "double": 710} else "does not hold",
        n=len(kinds),
        why_en="float32 ends at 3.4e38, whose logarithm is {limit:.2f}; float16 ends at 65,504 and overflows from "
        "{half} on, so half precision can't do without the shift.",
        why_zh="float32 最大约 3.4e38，其对数为 {limit:.2f}；float16 最大 65504，到 {half} 就溢出，"
        "所以半精度训练离不开这一平移。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="A probability that rounds to zero has the logarithm minus infinity; log-softmax in one piece stays finite.",
    zh="概率下溢为零后取对数得负无穷；把 log 与 softmax 合在一起算，结果就是有限的。",
)
def log_of_a_vanished_probability_is_infinite() -> Evidence:
    logits = torch.tensor([0.0, -200.0], requires_grad=True)
    naive, fused = naive_log_softmax(logits, 0), functional.log_softmax(logits, 0)
    broken, sound = (torch.autograd.grad(-logs[1], logits)[0] for logs in (naive, fused))
    difference = float((fused[1].detach() + 200).abs())
    gradient = float((sound - torch.tensor([1.0, -1.0])).abs().max())
    infinite, nans = int(naive[1].isneginf()), int((~broken.isfinite()).sum())
    right = infinite == 1 and nans > 0
    return Evidence(
        value={"difference": max(difference, gradient), "infinite": infinite, "nans": nans},
        bound="at most 1e-6 from -200 and from the gradient (1, -1); minus infinity and a gradient that is not finite "
        "in two pieces",
        verdict=within(max(difference, gradient), 1e-6) if right else "does not hold",
        n=2,
        why_en="exp(-200) is below the smallest float32, and what is 0 can't be undone; x - log(sum of exp) never "
        "takes the logarithm of it, and {nans} of 2 gradients that were not finite are right.",
        why_zh="exp(-200) 小于 float32 的最小正数，变成 0 之后再也找不回来；改用 x - log(∑exp) 就不必对它取对数，原先 "
        "2 个梯度中失效的 {nans} 个也正确了。",
    )


@claim(
    chapter=3,
    kind="identity",
    en="Softmax regression from scratch and with nn.CrossEntropyLoss is the same model.",
    zh="从零实现的 softmax 回归与使用 nn.CrossEntropyLoss 的简洁实现是同一个模型。",
    scope="logits whose exponentials neither overflow nor vanish",
)
def scratch_softmax_regression_is_the_concise_one() -> Evidence:
    digits = load("digits").train
    images, targets = to_unit(digits.inputs[:256]).double(), digits.targets[:256]
    model = SoftmaxRegression(SoftmaxConfig(inputs=64)).double()
    weights = list(model.parameters())
    losses = [naive_cross_entropy(model(images), targets), torch.nn.CrossEntropyLoss()(model(images), targets)]
    ours, theirs = ([loss.detach(), *torch.autograd.grad(loss, weights, retain_graph=True)] for loss in losses)
    difference = max(float((mine - other).abs().max()) for mine, other in zip(ours, theirs, strict=True))
    extreme = 5000 * model(images)
    broken, sound = naive_cross_entropy(extreme, targets), functional.cross_entropy(extreme, targets)
    apart = not bool(broken.isfinite()) and bool(sound.isfinite())
    return Evidence(
        value={"difference": difference, "survives": sound.item(), "breaks": int(apart)},
        bound="at most 1e-12 in loss and gradients; only the form from scratch breaks on huge logits",
        verdict=("holds in scope" if apart else "holds") if difference <= 1e-12 else "does not hold",
        n=sum(weight.numel() for weight in weights),
        data="digits",
        counterexample="the same logits times 5,000: NaN or infinity from scratch, a finite loss from torch",
        why_en="One divides exponentials and takes the logarithm, the other subtracts logarithms; where the first can "
        "be computed the two are equal, and on huge logits only the second gives a loss ({survives:.0f}).",
        why_zh="一个先除指数再取对数，一个直接做对数相减；前者算得出来时两者相等，logits "
        "极大时只有后者还能给出损失（{survives:.0f}）。",
    )
