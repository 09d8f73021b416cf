"""The small classes that written-out networks share."""

CONV = '''
class Conv(nn.Module):
    """Convolution without bias, batch norm, ReLU."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int | tuple[int, int] = 1,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, kernel, stride, padding, bias=False)
        self.bn = {norm}

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv(x)))
'''

CONCAT = '''
class Concat(nn.Module):
    """Branches b0, b1, ... on one input, stacked along the channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"b{i}", branch)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.children()], dim=1)
'''

RESIDUAL = '''
class Residual(nn.Module):
    """x + scale * project(body(x)), batch norm where asked for, then ReLU."""

    def __init__(
        self,
        body: nn.Module,
        inner: int,
        channels: int,
        scale: float,
        relu: bool = True,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.body = body
        self.project = nn.Conv2d(inner, channels, 1)
        self.scale = scale
        self.bn = {norm} if norm else None
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.scale * self.project(self.body(x))
        x = x if self.bn is None else self.bn(x)
        return torch.relu(x) if self.relu else x
'''
