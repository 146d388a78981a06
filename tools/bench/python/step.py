"""One LeJEPA training step in eager PyTorch, timed: the yardstick of `npm run bench`.

Written from the paper (arXiv:2511.08544): invariance to the centre of the global views, SIGReg per view by the direct
formula, AdamW. Usage: step.py STEPS THREADS [DEVICE] [PRECISION], with a case of src/cases.ts as JSON on stdin.
Prints one JSON line: milliseconds of each step after a warm-up, peak resident memory in bytes, the torch version.
"""
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from torch_device import Device


class Block(nn.Module):
    """Pre-norm transformer block, attention written out (eager PyTorch 1.13 has no fused one for training)."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim, eps=1e-6), nn.LayerNorm(dim, eps=1e-6)
        self.qkv, self.proj = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.fc1, self.fc2 = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = ((q @ k.transpose(-2, -1)) * (d // self.heads) ** -0.5).softmax(-1)
        x = x + self.proj((a @ v).transpose(1, 2).reshape(b, n, d))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class ViT(nn.Module):
    def __init__(self, dim, depth, heads, patch, size):
        super().__init__()
        self.patch = nn.Conv2d(3, dim, patch, patch)
        tokens = (size // patch) ** 2
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, tokens + 1, dim) * 0.02)
        self.blocks = nn.Sequential(*[Block(dim, heads) for _ in range(depth)])
        self.norm, self.width = nn.LayerNorm(dim, eps=1e-6), dim

    def forward(self, x):
        h = self.patch(x).flatten(2).transpose(1, 2)
        h = torch.cat([self.cls.expand(h.size(0), -1, -1), h], 1) + self.pos
        return self.norm(self.blocks(h))[:, 0]


class Residual(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        same = stride == 1 and i == o
        self.down = nn.Identity() if same else nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.down(x))


class Bottleneck(nn.Module):
    """1x1, 3x3 (with the stride), 1x1 to four times the width."""

    def __init__(self, i, width, stride):
        super().__init__()
        o = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(i, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, o, 1, bias=False), nn.BatchNorm2d(o)
        same = stride == 1 and i == o
        self.down = nn.Identity() if same else nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + self.down(x))


class ResNet(nn.Module):
    def __init__(self, width, blocks, strides, small_stem, bottleneck):
        super().__init__()
        stem = [nn.Conv2d(3, width, 3, 2, 1, bias=False)] if small_stem else [nn.Conv2d(3, width, 7, 2, 3, bias=False)]
        stem += [nn.BatchNorm2d(width), nn.ReLU()] + ([] if small_stem else [nn.MaxPool2d(3, 2, 1)])
        body, i = [], width
        for stage, (count, stride) in enumerate(zip(blocks, strides)):
            o = width * 2**stage
            for k in range(count):
                block = Bottleneck if bottleneck else Residual
                body.append(block(i, o, stride if k == 0 else 1))
                i = 4 * o if bottleneck else o
        self.net, self.width = nn.Sequential(*stem, *body), i

    def forward(self, x):
        return self.net(x).mean((2, 3))


def projector(width, hidden, out):
    layers = []
    for h in hidden:
        layers += [nn.Linear(width, h), nn.BatchNorm1d(h), nn.ReLU()]
        width = h
    return nn.Sequential(*layers, nn.Linear(width, out))


def sigreg(z, slices, knots=17, t_max=3.0):
    """Sliced Epps-Pulley statistic, direct formula. z: [views, samples, dim]."""
    directions = torch.randn(z.shape[-1], slices, device=z.device)
    directions = directions / directions.norm(dim=0)
    step = t_max / (knots - 1)
    grid = torch.arange(knots, device=z.device) * step
    target = (-0.5 * grid**2).exp()
    weights = 2 * step * target
    weights[0] /= 2
    weights[-1] /= 2
    angle = (z @ directions)[..., None] * grid
    gap = (torch.cos(angle).mean(1) - target) ** 2 + torch.sin(angle).mean(1) ** 2
    return z.shape[1] * (gap * weights).sum(-1).mean()


def main():
    steps, threads = int(sys.argv[1]), int(sys.argv[2])
    case = json.load(sys.stdin)
    torch.set_num_threads(threads)
    device = Device(sys.argv[3:])
    torch.manual_seed(0)
    if case["kind"] == "vit":
        encoder = ViT(case["dim"], case["depth"], case["heads"], case["patch"], case["size"])
    else:
        encoder = ResNet(case["width"], case["blocks"], case["strides"], case["smallStem"], case.get("bottleneck", False))
    head = projector(encoder.width, case["hidden"], case["outDim"])
    encoder, head = encoder.to(device.name), head.to(device.name)
    parameters = list(encoder.parameters()) + list(head.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=5e-4, weight_decay=0.05)
    batch, groups = case["batch"], case["views"]
    images = [torch.randn(g["count"] * batch, 3, g["size"], g["size"], device=device.name) for g in groups]
    views, globals_ = sum(g["count"] for g in groups), groups[0]["count"]
    times, cpu = [], []
    for _ in range(steps + 1):
        start, cpu_start = time.perf_counter(), time.process_time()
        with device.precision():
            z = head(torch.cat([encoder(x) for x in images]))
        z = z.float().reshape(views, batch, -1)
        invariance = (z - z[:globals_].mean(0)).square().mean()
        loss = (1 - case["lambda"]) * invariance + case["lambda"] * sigreg(z, case["slices"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        device.wait()
        times.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - cpu_start) * 1e3)
    device.report(times[1:], cpu[1:])


main()
