"""A safetensors file written by the format's own library (pip: safetensors), as base64, with the values it holds.

usage: python3 tools/goldens/encoders_safetensors.py packages/encoders/fixtures/safetensors.json [FILE written by us]
With a second file, also checks that the library reads it.
"""

import base64
import json
import sys

import safetensors
import safetensors.torch
import torch

numbers = torch.tensor([[0.0, -0.0, 1.5], [-2.25, 65504.0, 6e-8]])
tensors = {
    "f32": numbers,
    "f16": torch.cat([numbers.reshape(-1), torch.tensor([float("inf"), -0.333])]).to(torch.float16),
    "bf16": torch.tensor([3.140625, -1e30, 0.0078125, float("-inf")]).to(torch.bfloat16),
    "f64": torch.tensor([0.1, -1e300 * 0, 2.0**60], dtype=torch.float64),
    "i64": torch.tensor(1234567, dtype=torch.int64),
    "u8": torch.tensor([0, 255], dtype=torch.uint8),
    "bool": torch.tensor([True, False, True]),
    "empty": torch.zeros(0, 4),
}
data = safetensors.torch.save(tensors, metadata={"format": "pt", "note": "ünïcode"})
golden = {
    "made": {"by": "tools/goldens/encoders_safetensors.py", "safetensors": safetensors.__version__},
    "base64": base64.b64encode(data).decode(),
    "values": {n: [str(v) for v in t.to(torch.float64).reshape(-1).tolist()] for n, t in tensors.items()},
    "shapes": {n: list(t.shape) for n, t in tensors.items()},
}
with open(sys.argv[1], "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")

if len(sys.argv) > 2:
    for name, tensor in safetensors.torch.load_file(sys.argv[2]).items():
        print(name, tensor.dtype, list(tensor.shape), tensor.sum().item())
