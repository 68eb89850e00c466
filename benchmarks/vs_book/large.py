"""The book's large models, written from its text with torch's layers; the book's package holds no complete ones.

Like peer.py this never imports d2lab: were a model of ours wrong, the two sides would do different work, and
tests/test_benchmarks.py compares their numbers of parameters.
"""

from collections.abc import Callable
from typing import Any

from benchmarks.vs_book.contest import CLASSES


def alexnet() -> Any:
    from torch import nn

    return nn.Sequential(
        *_relu(nn.Conv2d(1, 96, 11, stride=4, padding=1), nn.MaxPool2d(3, 2)),
        *_relu(nn.Conv2d(96, 256, 5, padding=2), nn.MaxPool2d(3, 2)),
        *_relu(nn.Conv2d(256, 384, 3, padding=1)),
        *_relu(nn.Conv2d(384, 384, 3, padding=1)),
        *_relu(nn.Conv2d(384, 256, 3, padding=1), nn.MaxPool2d(3, 2)),
        nn.Flatten(),
        *_head(6400),
    )


def vgg11() -> Any:
    from torch import nn

    layers, channels = [], 1
    for repeats, width in ((1, 16), (1, 32), (2, 64), (2, 128), (2, 128)):
        for _ in range(repeats):
            layers += _relu(nn.Conv2d(channels, width, 3, padding=1))
            channels = width
        layers.append(nn.MaxPool2d(2, 2))
    return nn.Sequential(*layers, nn.Flatten(), *_head(128 * 7 * 7))


def nin() -> Any:
    from torch import nn

    def block(channels: int, width: int, *window: int) -> list[Any]:
        return [
            *_relu(nn.Conv2d(channels, width, *window)),
            *_relu(nn.Conv2d(width, width, 1)),
            *_relu(nn.Conv2d(width, width, 1)),
        ]

    return nn.Sequential(
        *(*block(1, 96, 11, 4, 0), nn.MaxPool2d(3, 2), *block(96, 256, 5, 1, 2), nn.MaxPool2d(3, 2)),
        *(*block(256, 384, 3, 1, 1), nn.MaxPool2d(3, 2), nn.Dropout(0.5), *block(384, CLASSES, 3, 1, 1)),
        *(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()),
    )


def googlenet() -> Any:
    import torch
    from torch import nn

    class Inception(nn.Module):
        def __init__(self, channels: int, one: int, two: tuple[int, int], three: tuple[int, int], four: int) -> None:
            super().__init__()
            self.paths = nn.ModuleList(
                [
                    nn.Sequential(*_relu(nn.Conv2d(channels, one, 1))),
                    nn.Sequential(*_relu(nn.Conv2d(channels, two[0], 1)), *_relu(nn.Conv2d(*two, 3, padding=1))),
                    nn.Sequential(*_relu(nn.Conv2d(channels, three[0], 1)), *_relu(nn.Conv2d(*three, 5, padding=2))),
                    nn.Sequential(nn.MaxPool2d(3, 1, 1), *_relu(nn.Conv2d(channels, four, 1))),
                ]
            )

        def forward(self, x: Any) -> Any:
            return torch.cat([path(x) for path in self.paths], dim=1)

    def pool() -> Any:
        return nn.MaxPool2d(3, 2, 1)

    return nn.Sequential(
        *_relu(nn.Conv2d(1, 64, 7, 2, 3), pool()),
        *(*_relu(nn.Conv2d(64, 64, 1)), *_relu(nn.Conv2d(64, 192, 3, padding=1), pool())),
        Inception(192, 64, (96, 128), (16, 32), 32),
        *(Inception(256, 128, (128, 192), (32, 96), 64), pool()),
        Inception(480, 192, (96, 208), (16, 48), 64),
        Inception(512, 160, (112, 224), (24, 64), 64),
        Inception(512, 128, (128, 256), (24, 64), 64),
        Inception(512, 112, (144, 288), (32, 64), 64),
        *(Inception(528, 256, (160, 320), (32, 128), 128), pool()),
        Inception(832, 256, (160, 320), (32, 128), 128),
        Inception(832, 384, (192, 384), (48, 128), 128),
        *(nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(1024, CLASSES)),
    )


def lenet_norm() -> Any:
    from torch import nn

    def normed(layer: Any, norm: Any) -> list[Any]:
        return [layer, norm, nn.Sigmoid()]

    return nn.Sequential(
        *(*normed(nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6)), nn.AvgPool2d(2, 2)),
        *(*normed(nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16)), nn.AvgPool2d(2, 2), nn.Flatten()),
        *normed(nn.Linear(400, 120), nn.BatchNorm1d(120)),
        *normed(nn.Linear(120, 84), nn.BatchNorm1d(84)),
        nn.Linear(84, CLASSES),
    )


def resnet18() -> Any:
    from torch import nn

    class Residual(nn.Module):
        def __init__(self, channels: int, width: int, stride: int) -> None:
            super().__init__()
            change = channels != width
            self.aside = nn.Conv2d(channels, width, 1, stride) if change else nn.Identity()
            self.change = nn.Sequential(
                *(nn.Conv2d(channels, width, 3, stride, 1), nn.BatchNorm2d(width), nn.ReLU()),
                *(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width)),
            )

        def forward(self, x: Any) -> Any:
            return nn.functional.relu(self.change(x) + self.aside(x))

    blocks = [Residual(64, 64, 1), Residual(64, 64, 1)]
    for width in (128, 256, 512):
        blocks += [Residual(width // 2, width, 2), Residual(width, width, 1)]
    return nn.Sequential(
        *(nn.Conv2d(1, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
        *(*blocks, nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten(), nn.Linear(512, CLASSES)),
    )


def densenet() -> Any:
    import torch
    from torch import nn

    class Dense(nn.Module):
        def __init__(self, channels: int) -> None:
            super().__init__()
            self.layers = nn.ModuleList([_normed_first(channels + 32 * i, 32, 3, 1) for i in range(4)])

        def forward(self, x: Any) -> Any:
            for layer in self.layers:
                x = torch.cat((x, layer(x)), dim=1)
            return x

    layers, channels = [], 64
    for number in range(4):
        layers.append(Dense(channels))
        channels += 4 * 32
        if number < 3:
            layers += [_normed_first(channels, channels // 2, 1, 0), nn.AvgPool2d(2, 2)]
            channels //= 2
    return nn.Sequential(
        *(nn.Conv2d(1, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *layers),
        *(nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)), nn.Flatten()),
        nn.Linear(channels, CLASSES),
    )


def _normed_first(channels: int, width: int, kernel: int, padding: int) -> Any:
    from torch import nn

    return nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, width, kernel, padding=padding))


def _relu(layer: Any, *behind: Any) -> list[Any]:
    from torch import nn

    return [layer, nn.ReLU(), *behind]


def _head(features: int) -> list[Any]:
    from torch import nn

    hidden = [
        *_relu(nn.Linear(features, 4096), nn.Dropout(0.5)),
        *_relu(nn.Linear(4096, 4096), nn.Dropout(0.5)),
    ]
    return [*hidden, nn.Linear(4096, CLASSES)]


LARGE: dict[str, Callable[[], Any]] = {
    "alexnet": alexnet,
    "vgg11": vgg11,
    "nin": nin,
    "googlenet": googlenet,
    "lenet-norm": lenet_norm,
    "resnet18": resnet18,
    "densenet": densenet,
}
