"""Where PyTorch's side of a measurement runs, how exactly, and how it is reported."""
import contextlib
import json
import resource

import torch


class Device:
    """From the arguments [DEVICE] [PRECISION]: cpu or cuda; float32, tf32, float16 or bfloat16 (autocast)."""

    def __init__(self, arguments):
        self.name = arguments[0] if arguments else "cpu"
        self.mode = arguments[1] if len(arguments) > 1 else "float32"
        torch.backends.cuda.matmul.allow_tf32 = self.mode == "tf32"
        torch.backends.cudnn.allow_tf32 = self.mode == "tf32"

    def precision(self):
        halves = {"float16": torch.float16, "bfloat16": torch.bfloat16}
        if self.mode not in halves:
            return contextlib.nullcontext()
        return torch.autocast(self.name, dtype=halves[self.mode])

    def wait(self):
        if self.name == "cuda":
            torch.cuda.synchronize()

    def report(self, milliseconds, cpu_milliseconds):
        """One JSON line, as src/input.ts prints."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if self.name == "cuda":
            peak = torch.cuda.max_memory_allocated()
        result = {"milliseconds": milliseconds, "cpuMilliseconds": cpu_milliseconds, "peakBytes": peak}
        print(json.dumps({**result, "version": torch.__version__}))
