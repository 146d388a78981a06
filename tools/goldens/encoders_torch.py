"""Golden values of the encoders and the projector from PyTorch (float64): forward, probe features, running statistics and
gradients. Models are written here from the architectures' papers with timm's parameter names; when timm is importable
they are compared with timm's own, and the fixture says so.

usage: python3 tools/goldens/encoders_torch.py packages/encoders/fixtures/encoders.json
Weights and inputs are not stored: both sides derive them from tensor names by `values` below.
"""

import copy
import json
import math
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def values(name, shape):
    """Numbers in [-1, 1) from a name: FNV-1a, then murmur3's mixer of hash + index * golden ratio. Float32 exact."""
    h = 0x811C9DC5
    for c in name.encode():
        h = ((h ^ c) * 0x01000193) & 0xFFFFFFFF
    x = (np.arange(math.prod(shape), dtype=np.uint64) * 0x9E3779B1 + h) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    x = x ^ (x >> np.uint64(16))
    return torch.from_numpy((x >> np.uint64(8)).astype(np.float64) / 2**23 - 1).reshape(shape)


def test_value(name, shape):
    """The value that tests give a parameter."""
    u = values(name, tuple(shape))
    if name.endswith("running_var"):
        return 1 + 0.5 * u
    if name.endswith("running_mean") or name.endswith("bias"):
        return 0.2 * u
    if len(shape) == 1:
        return 1 + 0.3 * u
    if name in ("cls_token", "pos_embed"):
        return 0.5 * u
    return u * 1.5 / math.sqrt(math.prod(shape[1:]))


class Attention(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = (q @ k.transpose(-2, -1) / math.sqrt(d // self.heads)).softmax(-1)
        return self.proj((a @ v).transpose(1, 2).reshape(b, n, d))


class Mlp(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.attn, self.mlp = Attention(dim, heads), Mlp(dim)

    def forward(self, x, factors=(1, 1)):
        x = x + self.attn(self.norm1(x)) * factors[0]
        return x + self.mlp(self.norm2(x)) * factors[1]


class PatchEmbed(nn.Module):
    def __init__(self, channels, dim, patch):
        super().__init__()
        self.proj = nn.Conv2d(channels, dim, patch, patch)


class ViT(nn.Module):
    def __init__(self, channels, size, patch, dim, depth, heads, pooling="cls", drop=0.0):
        super().__init__()
        self.grid, self.pooling, self.drop = size // patch, pooling, drop
        if pooling == "cls":
            self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, self.grid**2 + (pooling == "cls"), dim))
        self.patch_embed = PatchEmbed(channels, dim, patch)
        self.blocks = nn.ModuleList([Block(dim, heads) for _ in range(depth)])
        setattr(self, "norm" if pooling == "cls" else "fc_norm", nn.LayerNorm(dim, eps=1e-6))

    def positions(self, height, width):
        prefix = int(self.pooling == "cls")
        table = self.pos_embed[:, prefix:].reshape(1, self.grid, self.grid, -1).permute(0, 3, 1, 2)
        if (height, width) != (self.grid, self.grid):
            table = F.interpolate(table, size=(height, width), mode="bicubic", antialias=True)
        return torch.cat([self.pos_embed[:, :prefix], table.flatten(2).transpose(1, 2)], 1)

    def forward(self, x, noise=None):
        x = self.patch_embed.proj(x)
        positions = self.positions(*x.shape[2:])
        x = x.flatten(2).transpose(1, 2)
        if self.pooling == "cls":
            x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
        x, pooled, depth = x + positions, [], len(self.blocks)
        pool = (lambda t: t[:, 0]) if self.pooling == "cls" else (lambda t: t.mean(1))
        for i, block in enumerate(self.blocks):
            keep, factors = 1 - self.drop * i / max(1, depth - 1), (1, 1)
            if noise is not None and i > 0:
                factors = [((keep + noise[2 * i - 2 + j]).floor() / keep)[:, None, None] for j in (0, 1)]
            x = block(x, factors)
            pooled.append(pool(x))
        norm = self.norm if self.pooling == "cls" else self.fc_norm
        return norm(pooled[-1]), torch.cat(pooled[-2:], 1)


class Residual(nn.Module):
    def __init__(self, start, planes, stride, bottleneck):
        super().__init__()
        out = planes * (4 if bottleneck else 1)
        shapes = [(start, planes, 3, stride), (planes, planes, 3, 1)]
        if bottleneck:
            shapes = [(start, planes, 1, 1), (planes, planes, 3, stride), (planes, out, 1, 1)]
        self.count = len(shapes)
        for i, (a, b, k, s) in enumerate(shapes, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, k, s, k // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        if stride != 1 or start != out:
            self.downsample = nn.Sequential(nn.Conv2d(start, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet(nn.Module):
    def __init__(self, counts, bottleneck, channels, width, small=False, stem_stride=1, strides=(1, 2, 2, 2)):
        super().__init__()
        k, s = (3, stem_stride) if small else (7, 2)
        self.small = small
        self.conv1, self.bn1 = nn.Conv2d(channels, width, k, s, k // 2, bias=False), nn.BatchNorm2d(width)
        start = width
        for stage, (count, stride) in enumerate(zip(counts, strides)):
            blocks = []
            for i in range(count):
                blocks.append(Residual(start, width * 2**stage, stride if i == 0 else 1, bottleneck))
                start = width * 2**stage * (4 if bottleneck else 1)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if not self.small:
            x = F.max_pool2d(x, 3, 2, 1)
        pooled = []
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
            pooled.append(x.mean((2, 3)))
        return pooled[-1], torch.cat(pooled[-2:], 1)


class Projector(nn.Module):
    def __init__(self, dims):
        super().__init__()
        layers = []
        for a, b in zip(dims[:-2], dims[1:-1]):
            layers += [nn.Linear(a, b, bias=False), nn.BatchNorm1d(b), nn.ReLU()]
        self.projector = nn.Sequential(*layers, nn.Linear(*dims[-2:]))

    def forward(self, x):
        return (self.projector(x),)


def fill(model):
    for name, tensor in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            tensor.copy_(test_value(name, tensor.shape))
    return model


def r(tensor):
    return [float(f"{v:.7g}") for v in tensor.detach().reshape(-1).tolist()]


def weighted(outputs):
    """A scalar that depends on every output."""
    return sum((o * values(f"loss.{o.shape[-1]}", o.shape).to(o.dtype)).sum() for o in outputs)


def gradient_summary(name, g):
    """Norm and three projections: enough to tell a wrong gradient, small enough to store."""
    return [float(f"{(g * values(f'{name}.{i}', g.shape)).sum():.6g}") for i in range(3)] + [float(f"{g.norm():.6g}")]


def backward(model, xs, noise):
    """All inputs through the model one after the other (views), gradients of the summed weighted outputs."""
    xs = [x.clone().requires_grad_() for x in xs]
    outputs = [model(x, noise) if noise is not None else model(x) for x in xs]
    model.zero_grad()
    sum(weighted(o) for o in outputs).backward()
    return outputs, xs


def float32_error(model, xs, noise, train):
    """How far PyTorch's own float32 gradients are from the float64 ones, relative to each tensor's norm: the worst."""
    single = copy.deepcopy(model).float().train(train)
    backward(fill(model).train(train), xs, noise)
    backward(fill(single), [x.float() for x in xs], None if noise is None else noise.float())
    pairs = zip(model.parameters(), single.parameters())
    return max(((b.grad.double() - a.grad).norm() / a.grad.norm().clamp(min=1e-3)).item() for a, b in pairs)


def run(model, inputs, train=True, noise=None):
    xs = [values(f"x{i}", shape) for i, shape in enumerate(inputs)]
    error = float32_error(model, xs, noise, train)
    outputs, xs = backward(fill(model).train(train), xs, noise)
    result = {
        "inputs": inputs,
        "training": train,
        "torchFloat32Error": float(f"{error:.2g}"),
        "outputs": [[r(t) for t in o] for o in outputs],
        "inputGradients": [gradient_summary(f"g{i}", x.grad) for i, x in enumerate(xs)],
        "gradients": {n: gradient_summary(n, p.grad) for n, p in model.named_parameters()},
    }
    if train:
        result["buffers"] = {n: gradient_summary(n, b) for n, b in model.named_buffers() if n.endswith(("mean", "var"))}
    return result


def vit_cases():
    base = dict(channels=2, size=16, patch=4, dim=16, depth=2, heads=2)
    options = {"channels": 2, "imageSize": 16, "patchSize": 4, "dim": 16, "depth": 2, "heads": 2}
    yield "cls, three view sizes", options, run(ViT(**base), [[2, 2, 16, 16], [3, 2, 8, 8], [1, 2, 24, 20]])
    yield "mean pooling", {**options, "pooling": "mean"}, run(
        ViT(**base, pooling="mean"), [[2, 2, 16, 16], [2, 2, 12, 12]]
    )
    deeper = {**base, "depth": 3}
    yield "drop path", {**options, "depth": 3, "dropPath": 0.5}, run(
        ViT(**deeper, drop=0.5), [[4, 2, 16, 16]], noise=(values("noise", (4, 4)) + 1) / 2
    )


def resnet_cases():
    small = dict(channels=3, width=4, small=True, stem_stride=2, strides=(1, 2, 2, 1))
    options = {"width": 4, "stem": "small", "stemStride": 2, "strides": [1, 2, 2, 1]}
    views = [[4, 3, 16, 16], [6, 3, 8, 8]]
    yield "resnet10", "small stem, two views", options, run(ResNet((1, 1, 1, 1), False, **small), views)
    yield "resnet10", "evaluation", options, run(ResNet((1, 1, 1, 1), False, **small), views[:1], train=False)
    plain = dict(channels=2, width=2)
    yield "resnet18", "imagenet stem", plain, run(ResNet((2, 2, 2, 2), False, **plain), [[4, 2, 48, 40]])
    # 49 norms over few values are ill-conditioned, for PyTorch's float32 as well: gradients in evaluation too
    wider = dict(channels=2, width=4)
    # (inputs chosen so that no value lies within rounding of a ReLU's kink)
    for title, shape, train in (("bottlenecks", [4, 2, 48, 48], True), ("bottlenecks, evaluation", [2, 2, 40, 32], False)):
        yield "resnet50", title, wider, run(ResNet((3, 4, 6, 3), True, **wider), [shape], train)


def compare_with_timm():
    """Our models against timm's with equal weights; the version compared with, or null."""
    try:
        import timm
    except ImportError:
        return None
    vit = dict(img_size=16, patch_size=4, in_chans=2, embed_dim=16, depth=2, num_heads=2, num_classes=0)
    pairs = [
        (ViT(2, 16, 4, 16, 2, 2), timm.models.VisionTransformer(**vit, dynamic_img_size=True), (2, 2, 8, 8)),
        (
            ViT(2, 16, 4, 16, 2, 2, "mean"),
            timm.models.VisionTransformer(**vit, class_token=False, global_pool="avg"),
            (2, 2, 16, 16),
        ),
        (ResNet((2, 2, 2, 2), False, 2, 64), timm.create_model("resnet18", in_chans=2, num_classes=0), (2, 2, 64, 64)),
        (ResNet((3, 4, 6, 3), True, 2, 64), timm.create_model("resnet50", in_chans=2, num_classes=0), (2, 2, 64, 64)),
    ]
    for ours, theirs, shape in pairs:
        fill(ours).train()
        theirs.to(torch.float64).load_state_dict(ours.state_dict(), strict=True)
        x = values("timm", shape)
        torch.testing.assert_close(ours(x)[0], theirs.train()(x), rtol=1e-5, atol=1e-5)  # timm interpolates in float32
    return timm.__version__


def interpolation_cases():
    for old, new in ((4, 2), (4, 6), (7, 3), (8, 5), (14, 6), (2, 2), (1, 3)):
        eye = torch.eye(old)[None, :, :, None]
        matrix = F.interpolate(eye, size=(new, 1), mode="bicubic", antialias=True)[0, :, :, 0]
        yield {"from": old, "to": new, "matrix": r(matrix.T)}


def main(path):
    timm_version = compare_with_timm()
    golden = {
        "made": {"by": "tools/goldens/encoders_torch.py", "torch": torch.__version__, "comparedWithTimm": timm_version},
        "vit": [{"title": t, "options": o, **case} for t, o, case in vit_cases()],
        "resnet": [{"name": n, "title": t, "options": o, **case} for n, t, o, case in resnet_cases()],
        "projector": {"options": {"inDim": 6, "hidden": [7, 5], "outDim": 4}, **run(Projector([6, 7, 5, 4]), [[8, 6]])},
        "interpolation": list(interpolation_cases()),
    }
    with open(path, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")
    print(f"{path}: timm {timm_version}")


if __name__ == "__main__":
    main(sys.argv[1])
