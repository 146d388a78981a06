"""SIGReg forward and backward by the direct formula in eager PyTorch, timed. Usage: sigreg.py STEPS THREADS [DEVICE] [PRECISION] < CASE."""
import json
import sys
import time

import torch

from torch_device import Device


def main():
    steps, threads = int(sys.argv[1]), int(sys.argv[2])
    case = json.load(sys.stdin)
    torch.set_num_threads(threads)
    device = Device(sys.argv[3:])
    torch.manual_seed(0)
    n, dim, slices, knots = case["samples"], case["dim"], case["slices"], case["knots"]
    z = torch.randn(n, dim, device=device.name, requires_grad=True)
    directions = torch.randn(dim, slices, device=device.name)
    directions = directions / directions.norm(dim=0)
    step = 3.0 / (knots - 1)
    grid = torch.arange(knots, device=device.name) * step
    target = (-0.5 * grid**2).exp()
    weights = 2 * step * target
    weights[0] /= 2
    weights[-1] /= 2
    times, cpu = [], []
    for _ in range(steps + 1):
        start, cpu_start = time.perf_counter(), time.process_time()
        z.grad = None
        angle = (z @ directions)[..., None] * grid
        gap = (torch.cos(angle).mean(0) - target) ** 2 + torch.sin(angle).mean(0) ** 2
        loss = n * (gap * weights).sum(-1).mean()
        loss.backward()
        device.wait()
        times.append((time.perf_counter() - start) * 1e3)
        cpu.append((time.process_time() - cpu_start) * 1e3)
    device.report(times[1:], cpu[1:])


main()
