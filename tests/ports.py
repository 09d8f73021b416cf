"""Inception-v4 and Inception-ResNet-v1 as somebody else writes them: plain PyTorch, other names, small.

Each method is a place where a reader can slip; a slip is a subclass that writes one of them otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

EPS = 1e-3


class Branches(nn.ModuleList):
    """Branches side by side, concatenated."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self], 1)


class Port(nn.Module):
    """What both networks share: layers, stems and reductions."""

    eps = EPS
    a, b, c = 2, 1, 1
    channels: int

    def layer(
        self, width: int, filters: int, kernel: int | tuple[int, int] = 1, stride: int = 1, pad: bool = True
    ) -> nn.Module:
        """A convolution with batch norm and ReLU."""
        sides = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        edges = (sides[0] // 2, sides[1] // 2) if pad and stride == 1 else 0
        return nn.Sequential(
            self.bare(width, filters, sides, stride, edges), nn.BatchNorm2d(filters, self.eps), self.activation()
        )

    def bare(
        self, width: int, filters: int, kernel: tuple[int, int], stride: int, edges: int | tuple[int, int]
    ) -> nn.Module:
        """A convolution alone."""
        return nn.Conv2d(width, filters, kernel, stride, edges, bias=False)

    def activation(self) -> nn.Module:
        return nn.ReLU()

    def layers(self, width: int, *rest: tuple[Any, ...]) -> nn.Sequential:
        """Layers one after another: (filters, kernel, stride, whether padded)."""
        made = []
        for filters, *window in rest:
            made.append(self.layer(width, filters, *window))
            width = filters
        return nn.Sequential(*made)

    def average(self) -> nn.Module:
        return nn.AvgPool2d(3, 1, 1, count_include_pad=False)

    def shrink(self) -> nn.Module:
        return nn.MaxPool2d(3, 2)

    def repeat(self, make: Callable[[], nn.Module], many: int) -> list[nn.Module]:
        return [make() for _ in range(many)]

    def reduction_a(self, width: int, k: int, l: int, m: int, n: int) -> Branches:
        return Branches([self.layer(width, n, 3, 2), self.layers(width, (k,), (l, 3), (m, 3, 2)), self.shrink()])

    def body(self) -> Sequence[nn.Module]:
        raise NotImplementedError

    def head(self, x: Tensor) -> Tensor:
        out: Tensor = self.classifier(x.mean((2, 3)))
        return out

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(*self.body())
        self.classifier = nn.Linear(self.channels, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.network(x))


class Inception4(Port):
    """Inception-v4 as released."""

    channels = 1536

    def stem(self) -> list[nn.Module]:
        return [
            self.layers(3, (32, 3, 2), (32, 3, 1, False), (64, 3)),
            Branches([self.shrink(), self.layer(64, 96, 3, 2)]),
            Branches(
                [
                    self.layers(160, (64,), (96, 3, 1, False)),
                    self.layers(160, (64,), (64, (1, 7)), (64, (7, 1)), (96, 3, 1, False)),
                ]
            ),
            Branches([self.layer(192, 192, 3, 2), self.shrink()]),
        ]

    def block_a(self) -> nn.Module:
        return Branches(
            [
                self.layer(384, 96),
                self.layers(384, (64,), (96, 3)),
                self.layers(384, (64,), (96, 3), (96, 3)),
                nn.Sequential(self.average(), self.layer(384, 96)),
            ]
        )

    def block_b(self) -> nn.Module:
        return Branches(
            [
                self.layer(1024, 384),
                self.layers(1024, (192,), (224, (1, 7)), (256, (7, 1))),
                self.layers(1024, (192,), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))),
                nn.Sequential(self.average(), self.layer(1024, 128)),
            ]
        )

    def reduction_b(self) -> nn.Module:
        return Branches(
            [
                self.layers(1024, (192,), (192, 3, 2)),
                self.layers(1024, (256,), (256, (1, 7)), (320, (7, 1)), (320, 3, 2)),
                self.shrink(),
            ]
        )

    def ends(self, width: int) -> nn.Module:
        """The two strips that close a branch of Inception-C."""
        return Branches([self.layer(width, 256, (1, 3)), self.layer(width, 256, (3, 1))])

    def block_c(self) -> nn.Module:
        return Branches(
            [
                self.layer(1536, 256),
                nn.Sequential(self.layer(1536, 384), self.ends(384)),
                nn.Sequential(self.layers(1536, (384,), (448, (3, 1)), (512, (1, 3))), self.ends(512)),
                nn.Sequential(self.average(), self.layer(1536, 256)),
            ]
        )

    def body(self) -> Sequence[nn.Module]:
        return [
            *self.stem(),
            *self.repeat(self.block_a, self.a),
            self.reduction_a(384, 192, 224, 256, 384),
            *self.repeat(self.block_b, self.b),
            self.reduction_b(),
            *self.repeat(self.block_c, self.c),
        ]


class ResidualBlock(nn.Module):
    """x plus what its branches make of it."""

    def __init__(self, port: ResNet1, branches: Branches, linear: nn.Module, scale: float) -> None:
        super().__init__()
        self.port, self.branches, self.linear, self.scale = (port,), branches, linear, scale

    def forward(self, x: Tensor) -> Tensor:
        return self.port[0].join(x, self.linear(self.branches(x)), self.scale)


class ResNet1(Port):
    """Inception-ResNet-v1 as the paper draws it."""

    channels = 1792

    def stem(self) -> list[nn.Module]:
        first = self.layers(3, (32, 3, 2), (32, 3, 1, False), (64, 3))
        return [first, self.shrink(), self.layers(64, (80,), (192, 3, 1, False), (256, 3, 2))]

    def linear(self, width: int, filters: int) -> nn.Module:
        return nn.Conv2d(width, filters, 1)

    def join(self, x: Tensor, residual: Tensor, scale: float) -> Tensor:
        return torch.relu(x + scale * residual)

    def branches_a(self) -> Branches:
        return Branches(
            [self.layer(256, 32), self.layers(256, (32,), (32, 3)), self.layers(256, (32,), (32, 3), (32, 3))]
        )

    def block_a(self) -> nn.Module:
        return ResidualBlock(self, self.branches_a(), self.linear(96, 256), 0.1)

    def block_b(self) -> nn.Module:
        branches = Branches([self.layer(896, 128), self.layers(896, (128,), (128, (1, 7)), (128, (7, 1)))])
        return ResidualBlock(self, branches, self.linear(256, 896), 0.1)

    def block_c(self) -> nn.Module:
        branches = Branches([self.layer(1792, 192), self.layers(1792, (192,), (192, (1, 3)), (192, (3, 1)))])
        return ResidualBlock(self, branches, self.linear(384, 1792), 0.1)

    def reduction_b(self) -> nn.Module:
        return Branches(
            [
                self.shrink(),
                self.layers(896, (256,), (384, 3, 2)),
                self.layers(896, (256,), (256, 3, 2)),
                self.layers(896, (256,), (256, 3), (256, 3, 2)),
            ]
        )

    def body(self) -> Sequence[nn.Module]:
        reduction = self.reduction_a(256, 192, 192, 256, 384)
        reduction.insert(0, reduction.pop(2))
        return [
            *self.stem(),
            *self.repeat(self.block_a, self.a),
            reduction,
            *self.repeat(self.block_b, self.b),
            self.reduction_b(),
            *self.repeat(self.block_c, self.c),
        ]
