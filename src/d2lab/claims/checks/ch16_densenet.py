"""Chapter 16: DenseNet."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from d2lab.claims.claim import claim
from d2lab.claims.decide import at_least, decide
from d2lab.claims.evidence import Evidence, within
from d2lab.claims.training import epochs_of, train_steps
from d2lab.data.batches import Batches
from d2lab.data.catalog import load
from d2lab.inspection import outputs_of
from d2lab.metrics.paired import mean_interval, paired
from d2lab.models.densenet import DenseLayer, DenseNet, DenseNetConfig, transition
from d2lab.vision.preparation import Prepare


@claim(
    chapter=16,
    kind="identity",
    en="Where a ResNet adds, a DenseNet concatenates: every layer adds as many channels as the growth rate says, and a "
    "transition halves channels and sides.",
    zh="ResNet 相加之处，DenseNet 改为拼接：每一层增加“增长率”那么多个通道，过渡层把通道数和高宽都减半。",
    budget_s=1,
)
def densenet_concatenates_where_resnet_adds() -> Evidence:
    block = nn.Sequential(*[DenseLayer(3 + 10 * layer, DenseNetConfig(growth=10)) for layer in range(2)])
    maps = torch.randn(4, 3, 8, 8)
    joined = block(maps)
    shrunk = transition(23, 10, bias=True)(joined)
    shapes = [tuple(joined.shape) == (4, 23, 8, 8), tuple(shrunk.shape) == (4, 10, 4, 4)]
    names = [f"{part}{number}" for number in (1, 2, 3) for part in ("block", "transition")] + ["block4"]
    widths = [
        maps.shape[1]
        for maps in outputs_of(DenseNet(DenseNetConfig(side=32)), torch.rand(2, 1, 32, 32), names).values()
    ]
    wrong, width = shapes.count(False), 64
    for name, found in zip(names, widths, strict=True):
        width = width + 4 * 32 if name.startswith("block") else width // 2
        wrong += found != width
    difference = float((joined[:, :3] - maps).detach().abs().max())
    return Evidence(
        value={"difference": difference, "wrong": wrong, "channels": widths[-1]},
        bound="the input stands unchanged in the output, and no number of channels differs from the rule",
        verdict=within(difference, 0.0) if wrong == 0 else "does not hold",
        n=len(names) + len(shapes),
        why_en="Nothing is summed, so the input is there bit for bit. The notes' model grows 64 + 4 x 32 = 192, halves "
        "to 96, and so on to {channels}; without transitions its width would only grow.",
        why_zh="没有相加，输入原封不动地留在输出里。笔记中的网络从 64 + 4 x 32 = 192 减半到 96，如此下去，最后是"
        " {channels} 个通道；若没有过渡层，通道数只会一直增加。",
    )


@claim(
    chapter=16,
    kind="identity",
    en="In a dense block the input of each convolution holds the outputs of all layers before it.",
    zh="在稠密块中，每个卷积层的输入都包含它前面所有层的输出。",
    budget_s=1,
)
def dense_layers_see_all_maps_before_them() -> Evidence:
    config = DenseNetConfig(growth=12)
    block = nn.Sequential(*[DenseLayer(16 + 12 * layer, config) for layer in range(5)]).eval()
    maps = torch.randn(2, 16, 6, 6)
    outputs = outputs_of(block, maps, [str(layer) for layer in range(5)])
    inputs = [maps, *outputs.values()]  # the last is what the next part of the model is given
    difference = max(float((inputs[-1][:, : early.shape[1]] - early).detach().abs().max()) for early in inputs)
    widths = [layer.in_channels for layer in block.modules() if isinstance(layer, nn.Conv2d)]
    wrong = sum(width != 16 + 12 * number for number, width in enumerate(widths))
    return Evidence(
        value={"difference": difference, "wrong": wrong, "widest": widths[-1]},
        bound="every earlier output is in the last one unchanged, and layer i reads 16 + 12 i channels",
        verdict=within(difference, 0.0) if wrong == 0 else "does not hold",
        n=len(inputs),
        why_en="Each layer appends to what it read, so nothing is lost: the fifth convolution reads {widest}"
        " channels, 16 of the input and 12 of each of four layers. That is within the block; a transition mixes them.",
        why_zh="每一层都把结果接在所读内容之后，所以什么也没丢：第五个卷积读 {widest} 个通道，即输入的 16 个和前四层"
        "各 12 个。这只在块内成立，过渡层会把它们混合。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="Dense connections carry gradients to early layers better than a chain of the same layers does.",
    zh="与同样的层串成的普通链相比，稠密连接能更好地把梯度传到前面的层。",
    scope="a block of 12 layers at initialization, without normalization",
    budget_s=2,
    smoke={"seeds": range(2), "layers": 3},
)
def dense_connections_carry_gradients(
    seeds: Sequence[int] = range(5), layers: int = 12, smallest_effect: float = 1.0
) -> Evidence:
    def decades(dense: bool, norm: bool, seed: int) -> float:
        """Return log10 of the gradient of the first layer's weights over that of the last one's."""
        torch.manual_seed(seed)
        block, width, config = nn.Sequential(), 16, DenseNetConfig(growth=12)
        for _ in range(layers):
            layer = DenseLayer(width, config)
            block.append(layer if dense else nn.Sequential(*layer.children()))
            width = width + config.growth if dense else config.growth
        block.train(mode=norm)  # in evaluation a new normalization divides by 1
        maps = block(torch.randn(16, 16, 6, 6))
        weights = [module.weight for module in block.modules() if isinstance(module, nn.Conv2d)]
        gradients = torch.autograd.grad((maps[:, -12:] * torch.randn(16, 12, 6, 6)).sum(), weights)
        return float((gradients[0].norm() / gradients[-1].norm()).log10())

    ways = {
        (dense, norm): [decades(dense, norm, seed) for seed in seeds]
        for dense in (True, False)
        for norm in (True, False)
    }
    gain, chain = paired(ways[True, False], ways[False, False]), mean_interval(ways[False, True])
    return Evidence(
        value={
            "gain": 10**gain.mean,
            "chain": 10 ** mean_interval(ways[False, False]).mean,
            "chain_norm": 10**chain.mean,
        },
        decision=decide(at_least(gain, smallest_effect, "powers of ten"), scoped=chain.high >= -1),
        interval=(10**gain.low, 10**gain.high),
        n=len(seeds),
        seeds=tuple(seeds),
        why_en="In a chain the first layer's gradient is {chain:.0e} of the last one's; with a direct path from each "
        "layer to the last it is {gain:,.0f} times larger. But with normalization, which the dense block has, the "
        "chain's gradient does not shrink at all: {chain_norm:.1f} times the last one's.",
        why_zh="普通链中首层的梯度只有末层的 {chain:.0e}；稠密连接让每一层直通末层，梯度大了 {gain:,.0f} 倍。"
        "不过若像稠密块那样给链也加上归一化，梯度根本不会变小，而是末层的 {chain_norm:.1f} 倍。",
    )


@claim(
    chapter=16,
    kind="experiment",
    en="Late layers of a dense block really use the maps of early ones again.",
    zh="稠密块中靠后的层确实会重复利用靠前各层的特征图。",
    scope="one block of 4 layers, trained on the digits",
    budget_s=6,
    smoke={"seeds": range(2), "epochs": 1},
)
def dense_layers_reuse_early_maps(
    seeds: Sequence[int] = range(5), epochs: int = 2, smallest_effect: float = 0.1
) -> Evidence:
    digits, prepare, config = load("digits"), Prepare(), DenseNetConfig(growth=12)
    images, targets = prepare(digits.test.inputs), digits.test.targets

    def loss(model: nn.Module) -> float:
        with torch.no_grad():
            return float(functional.cross_entropy(model.eval()(images), targets))

    more = []
    for seed in seeds:
        torch.manual_seed(seed)
        layers = [DenseLayer(16 + 12 * layer, config) for layer in range(4)]
        head = [nn.BatchNorm2d(64), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
        model = nn.Sequential(nn.Conv2d(1, 16, 3, stride=2, padding=1), *layers, *head)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
        batches = Batches(digits.train, batch_size=32, seed=seed, device=torch.device("cpu"), prepare=prepare)
        train_steps(model, optimizer, epochs_of(batches, epochs))
        whole = loss(model)
        for layer in layers[1:]:
            kernel = layer.get_parameter("conv2.weight")
            with torch.no_grad():
                kernel[:, :-12] = 0  # each layer is left with the maps of the one before it
        more.append(loss(model) - whole)
    rise = mean_interval(more)
    return Evidence(
        value={"rise": rise.mean},
        decision=decide(at_least(rise, smallest_effect, "rise"), scoped=True),
        n=len(seeds),
        seeds=tuple(seeds),
        data="digits",
        why_en="Cut off from all but its predecessor's maps, with no other change, the model's test loss rises by "
        "{rise:.2f} on average: weights on older maps are not idle.",
        why_zh="其余不变，只让每一层看到前一层的特征图，测试损失平均上升 {rise:.2f}：更早特征图上的权重并没有闲着。",
    )
