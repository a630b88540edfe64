"""A Keras graph as plain data -> the same network as a PyTorch module, layer by layer.

PyTorch lays images out channels first. Keras pads `same` on the right and below where the padding is odd,
and flattens channels last; both are kept. A layer's activation belongs to its module, so that a hook on the
module sees what the Keras layer of that name puts out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from beside.graph import Node

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "relu6": functional.relu6,
    "sigmoid": torch.sigmoid,
    "softmax": lambda x: torch.softmax(x, dim=1),
}


def activation_of(config: dict[str, Any]) -> Callable[[Tensor], Tensor]:
    name = config.get("activation") or "linear"
    if name not in ACTIVATIONS:
        raise NotImplementedError(f"activation {name!r} of layer {config.get('name')}")
    return ACTIVATIONS[name]


def channels_last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1) if x.ndim == 4 else x


def channels_first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2).contiguous() if x.ndim == 4 else x


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Before and after, as Keras pads `same`."""
    covered = (kernel - 1) * dilation + 1
    total = max((-(-size // stride) - 1) * stride + covered - size, 0)
    return total // 2, total - total // 2


class Convolution(nn.Module):
    """`Conv2D`, or `DepthwiseConv2D` as one of as many groups as there are channels."""

    def __init__(self, config: dict[str, Any], arrays: list[np.ndarray], depthwise: bool) -> None:
        super().__init__()
        kernel = torch.from_numpy(arrays[0])
        if depthwise:  # (h, w, c, m) -> (c m, 1, h, w)
            self.groups = kernel.shape[2]
            kernel = kernel.permute(2, 3, 0, 1).reshape(-1, 1, *kernel.shape[:2])
        else:  # (h, w, c / groups, k) -> (k, c / groups, h, w)
            self.groups = config.get("groups", 1)
            kernel = kernel.permute(3, 2, 0, 1)
        self.kernel = nn.Parameter(kernel.contiguous())
        self.bias = nn.Parameter(torch.from_numpy(arrays[1])) if len(arrays) > 1 else None
        self.strides, self.dilation = tuple(config["strides"]), tuple(config["dilation_rate"])
        self.same = config["padding"] == "same"
        self.activation = activation_of(config)

    def forward(self, x: Tensor) -> Tensor:
        padding = (0, 0)
        if self.same:
            pads = [
                same_padding(*sizes)
                for sizes in zip(x.shape[2:], self.kernel.shape[2:], self.strides, self.dilation, strict=True)
            ]
            if all(before == after for before, after in pads):
                padding = (pads[0][0], pads[1][0])
            else:
                x = functional.pad(x, (*pads[1], *pads[0]))
        x = functional.conv2d(x, self.kernel, self.bias, self.strides, padding, self.dilation, self.groups)
        return self.activation(x)


class Pooling(nn.Module):
    """`MaxPooling2D` or `AveragePooling2D`; what is padded counts for nothing."""

    def __init__(self, config: dict[str, Any], highest: bool) -> None:
        super().__init__()
        self.size, self.strides = tuple(config["pool_size"]), tuple(config["strides"])
        self.same, self.highest = config["padding"] == "same", highest

    def forward(self, x: Tensor) -> Tensor:
        pads = [(0, 0), (0, 0)]
        if self.same:
            pads = [same_padding(*sizes) for sizes in zip(x.shape[2:], self.size, self.strides, strict=True)]
        around = (*pads[1], *pads[0])
        if self.highest:
            padded = functional.pad(x, around, value=-torch.inf) if any(around) else x
            return functional.max_pool2d(padded, self.size, self.strides)
        if not any(around):
            return functional.avg_pool2d(x, self.size, self.strides)
        inside = functional.avg_pool2d(functional.pad(torch.ones_like(x), around), self.size, self.strides)
        return functional.avg_pool2d(functional.pad(x, around), self.size, self.strides) / inside


class Linear(nn.Module):
    """`Dense` on vectors."""

    def __init__(self, config: dict[str, Any], arrays: list[np.ndarray]) -> None:
        super().__init__()
        self.kernel = nn.Parameter(torch.from_numpy(np.ascontiguousarray(arrays[0].T)))
        self.bias = nn.Parameter(torch.from_numpy(arrays[1])) if len(arrays) > 1 else None
        self.activation = activation_of(config)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(functional.linear(x, self.kernel, self.bias))


class Plain(nn.Module):
    """A layer without weights: a function."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


def batch_norm(config: dict[str, Any], arrays: list[np.ndarray]) -> nn.Module:
    norm = nn.BatchNorm2d(len(arrays[0]), eps=config["epsilon"])
    waiting = [torch.from_numpy(array) for array in arrays]
    with torch.no_grad():
        if config["scale"]:
            norm.weight.copy_(waiting.pop(0))
        if config["center"]:
            norm.bias.copy_(waiting.pop(0))
        norm.running_mean.copy_(waiting[0])
        norm.running_var.copy_(waiting[1])
    return norm


def rectifier(config: dict[str, Any]) -> nn.Module:
    """Works in place where `TorchNetwork` says so in the config, as networks written for PyTorch do."""
    if config.get("negative_slope") or config.get("threshold"):
        raise NotImplementedError(f"slope or threshold of layer {config.get('name')}")
    most, in_place = config.get("max_value"), bool(config.get("in_place"))
    return nn.ReLU(in_place) if most is None else nn.Hardtanh(0.0, float(most), in_place)


def zero_padding(config: dict[str, Any]) -> nn.Module:
    (top, bottom), (left, right) = config["padding"]
    return nn.ZeroPad2d((left, right, top, bottom))


def average(config: dict[str, Any]) -> nn.Module:
    kept = bool(config.get("keepdims"))
    return Plain(lambda x: x.mean((2, 3), keepdim=kept))


def reshape(config: dict[str, Any]) -> nn.Module:
    shape = tuple(config["target_shape"])
    return Plain(lambda x: channels_first(channels_last(x).reshape(len(x), *shape)))


LAYERS: dict[str, Callable[[dict[str, Any], list[np.ndarray]], nn.Module]] = {
    "Activation": lambda config, _: Plain(activation_of(config)),
    "Add": lambda _, __: Plain(lambda *inputs: sum(inputs[1:], start=inputs[0])),
    "AveragePooling2D": lambda config, _: Pooling(config, highest=False),
    "BatchNormalization": batch_norm,
    "Conv2D": lambda config, arrays: Convolution(config, arrays, depthwise=False),
    "Dense": Linear,
    "DepthwiseConv2D": lambda config, arrays: Convolution(config, arrays, depthwise=True),
    "Dropout": lambda _, __: nn.Identity(),
    "Flatten": lambda _, __: Plain(lambda x: channels_last(x).flatten(1)),
    "GlobalAveragePooling2D": lambda config, _: average(config),
    "InputLayer": lambda _, __: nn.Identity(),
    "MaxPooling2D": lambda config, _: Pooling(config, highest=True),
    "ReLU": lambda config, _: rectifier(config),
    "Reshape": lambda config, _: reshape(config),
    "Softmax": lambda _, __: Plain(ACTIVATIONS["softmax"]),
    "ZeroPadding2D": lambda config, _: zero_padding(config),
}


class TorchNetwork(nn.Module):
    """The network (n, c, H, W) -> (n, N); `layer(name)` is the module of a Keras layer.

    Raises
    ------
    NotImplementedError
        A layer, activation or setting that is not translated.
    """

    def __init__(self, nodes: list[Node], arrays: dict[str, np.ndarray]) -> None:
        super().__init__()
        unknown = sorted({node.kind for node in nodes} - set(LAYERS))
        if unknown:
            raise NotImplementedError(f"layers {', '.join(unknown)}")
        self.nodes = nodes
        self.parts = nn.ModuleDict()
        norms = {node.name for node in nodes if node.kind == "BatchNormalization"}
        uses = Counter(name for node in nodes for name in node.inputs)
        last_use = {name: i for i, node in enumerate(nodes) for name in node.inputs}
        self.done_with: list[list[str]] = [[] for _ in nodes]
        for name, number in last_use.items():
            self.done_with[number].append(name)
        for node in nodes:
            alone = all(name in norms and uses[name] == 1 for name in node.inputs)
            own = [arrays[f"{node.name}/{i}"] for i in range(len(arrays)) if f"{node.name}/{i}" in arrays]
            self.parts[_key(node.name)] = LAYERS[node.kind]({**node.config, "in_place": alone}, own)
        self.eval()

    def layer(self, name: str) -> nn.Module:
        return self.parts[_key(name)]

    def forward(self, x: Tensor) -> Tensor:
        found: dict[str, Tensor] = {}
        for node, done in zip(self.nodes, self.done_with, strict=True):
            given = [found[name] for name in node.inputs] or [x]
            found[node.name] = self.parts[_key(node.name)](*given)
            for name in done:  # so that no more is held than a network written by hand would hold
                del found[name]
        return found[self.nodes[-1].name]


def _key(name: str) -> str:
    return name.replace(".", "_")
