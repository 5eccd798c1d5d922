def last(x):
    """Channels last, as lepton-gpu has them where it flattens or reshapes."""
    return x.permute(0, *range(2, x.dim()), 1)


def first(x):
    """Channels back to where PyTorch has them."""
    return x.permute(0, x.dim() - 1, *range(1, x.dim() - 1))


def cut(x, top, left, height, width):
    """A part of the images, with zeros where it reaches past their end."""
    x = F.pad(x, (0, max(0, left + width - x.shape[3]), 0, max(0, top + height - x.shape[2])))
    return x[:, :, top : top + height, left : left + width]


def avg_pool(x, pool, stride, padding, count_include_pad):
    """Means of windows; `padding` is (left, right, top, bottom)."""
    y = F.avg_pool2d(F.pad(x, padding), pool, stride)
    return y if count_include_pad else y / F.avg_pool2d(F.pad(torch.ones_like(x), padding), pool, stride)


def stochastic_depth(x, rate, training):
    """Drops whole images of a residual branch while training."""
    if not training or rate == 0:
        return x
    kept = torch.rand(x.shape[0], *[1] * (x.dim() - 1), device=x.device) >= rate
    return x * kept / (1 - rate)


class Scale(nn.Module):
    """A factor for each channel."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))

    def forward(self, x):
        return x * self.weight.view(1, -1, *[1] * (x.dim() - 2))


class Tokens(nn.Embedding):
    """A row of features for each token; of token 0, which is padding, zeros whatever the table holds."""

    def __init__(self, tokens, features):
        super().__init__(tokens, features, padding_idx=0)

    def forward(self, x):
        return (super().forward(x) * (x != 0).unsqueeze(-1)).permute(0, 2, 1)[:, :, None]


class Separable(nn.Module):
    """A depthwise convolution, then a 1x1 convolution."""

    def __init__(self, depthwise, channels, filters, bias):
        super().__init__()
        self.depthwise, self.pointwise = depthwise, nn.Conv2d(channels, filters, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(filters)) if bias else None

    def forward(self, x):
        y = self.pointwise(self.depthwise(x))
        return y if self.bias is None else y + self.bias.view(1, -1, 1, 1)


class SqueezeExcite(nn.Module):
    """A gate for each channel, from the means of all channels."""

    def __init__(self, channels, units, activation, gate):
        super().__init__()
        self.reduce, self.expand = nn.Linear(channels, units), nn.Linear(units, channels)
        self.activation, self.gate = activation, gate

    def forward(self, x):
        gates = self.gate(self.expand(self.activation(self.reduce(x.mean((2, 3))))))
        return x * gates[:, :, None, None]


