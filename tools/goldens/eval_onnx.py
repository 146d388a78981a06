"""Small ONNX image encoders for the tests of packages/eval, made with PyTorch's exporter, with their outputs by ONNX Runtime.

usage: python3 tools/goldens/eval_onnx.py packages/eval/src/fixtures/onnx
       python3 tools/goldens/eval_onnx.py --shared ../shared/data/models/onnx packages/eval/src/fixtures/onnx/shared.json
Needs torch, onnx and onnxruntime. Images are not stored: both sides derive uint8 pixels from a formula (`pixels`). The second
form stores summaries of the features of real models that the repository does not carry.
"""

import json
import os
import sys

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn as nn

COUNT, SIZE = 6, 16


def pixels(count, size, channels=3):
    """uint8 [count, size, size, channels]: the same numbers as `pixels` in onnx.test.ts."""
    i = np.arange(count * size * size * channels, dtype=np.uint64)
    return ((i * 2654435761 % 2**32) // 2**24).astype(np.uint8).reshape(count, size, size, channels)


class Tokens(nn.Module):
    """Patches of 8 pixels, a class token, one mixing layer: last_hidden_state and pooler_output like transformers' ViTs."""

    def __init__(self):
        super().__init__()
        self.patch, self.mix = nn.Conv2d(3, 8, 8, 8), nn.Linear(5, 5)
        self.cls = nn.Parameter(torch.randn(1, 1, 8))

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.shape[0], -1, -1), x], 1)
        x = torch.tanh(self.mix(x.transpose(1, 2)).transpose(1, 2))
        return x, torch.tanh(x[:, 0] * 2)


class Map(nn.Module):
    """Channels last in, a map of features out."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 4, 4)

    def forward(self, x):
        return torch.relu(self.conv(x.permute(0, 3, 1, 2)))


class Broken(nn.Module):
    def forward(self, x):
        return torch.log(-1 - x.mean((2, 3)).abs())


class Two(nn.Module):
    def forward(self, x, y):
        return x.mean((2, 3)) + y


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 4)

    def forward(self, ids):
        return self.table(ids).mean(1)


class Heads(nn.Module):
    def forward(self, x):
        return x.mean((2, 3)), x.amax((2, 3))


def export(folder, name, model, args, inputs, outputs, dynamic=(0,)):
    axes = {n: {0: "batch"} for n in (*inputs, *outputs)} if dynamic else None
    if 2 in dynamic:
        axes[inputs[0]].update({2: "height", 3: "width"})
    path = os.path.join(folder, f"{name}.onnx")
    torch.onnx.export(model.eval(), args, path, opset_version=14, input_names=inputs, output_names=outputs, dynamic_axes=axes)
    return path


def half(path):
    """The same model with float16 inputs, weights and outputs."""
    model = onnx.load(path)
    f16 = onnx.TensorProto.FLOAT16
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor).astype(np.float16), tensor.name))
    for port in (*model.graph.input, *model.graph.output):
        if port.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            port.type.tensor_type.elem_type = f16
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t") and attribute.t.data_type == onnx.TensorProto.FLOAT:
                value = onnx.numpy_helper.to_array(attribute.t).astype(np.float16)
                attribute.t.CopyFrom(onnx.numpy_helper.from_array(value))
    del model.graph.value_info[:]
    onnx.save(model, path.replace(".onnx", "-half.onnx"))


def run(path, x, outputs):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(outputs, {session.get_inputs()[0].name: x})


def r(array):
    return [float(f"{v:.7g}") for v in np.asarray(array, np.float64).reshape(-1)]


def fixtures(folder):
    os.makedirs(folder, exist_ok=True)
    torch.manual_seed(3)
    x, image = pixels(COUNT, SIZE), torch.zeros(2, 3, SIZE, SIZE)
    mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
    golden = {"made": {"by": "tools/goldens/eval_onnx.py", "onnxruntime": onnxruntime.__version__, "torch": torch.__version__}}

    path = export(folder, "tokens", Tokens(), image, ["pixel_values"], ["last_hidden_state", "pooler_output"], (0, 2, 3))
    half(path)
    planes = ((x / np.float32(255) - mean) / std).transpose(0, 3, 1, 2).astype(np.float32)
    hidden, pooled = run(path, planes, ["last_hidden_state", "pooler_output"])
    golden["tokens"] = {"pooled": r(pooled), "cls": r(hidden[:, 0]), "patch": r(hidden[:, 1:].mean(1))}

    # as it comes from TensorFlow: channels last, a batch that the graph fixes, pixels in [-1, 1]
    path = export(folder, "map", Map(), image[:2].permute(0, 2, 3, 1), ["images"], ["output"], dynamic=())
    scaled = (x / np.float32(127.5) - 1).astype(np.float32)
    maps = np.concatenate([run(path, scaled[i : i + 2], ["output"])[0] for i in range(0, COUNT, 2)])
    golden["map"] = {"mean": r(maps.mean((2, 3)))}

    export(folder, "broken", Broken(), image, ["x"], ["features"])
    export(folder, "two-inputs", Two(), (image, torch.zeros(2, 3)), ["x", "y"], ["features"])
    export(folder, "text", Text(), torch.zeros(2, 5, dtype=torch.int64), ["input_ids"], ["features"])
    export(folder, "two-outputs", Heads(), image, ["x"], ["left", "right"])
    with open(os.path.join(folder, "goldens.json"), "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


def shared(folder, out):
    golden = {"made": {"by": "tools/goldens/eval_onnx.py --shared", "onnxruntime": onnxruntime.__version__}}
    x = (pixels(3, 224).astype(np.float32) - 128) / 128
    for name in sorted(n for n in os.listdir(folder) if n.endswith(".onnx")):
        (features,) = run(os.path.join(folder, name), x.transpose(0, 3, 1, 2), ["features"])
        golden[name] = {"columns": features.shape[1], "features": r(features[:, ::8])}
    with open(out, "w") as file:
        json.dump(golden, file, separators=(",", ":"))
        file.write("\n")


if sys.argv[1] == "--shared":
    shared(*sys.argv[2:])
else:
    fixtures(sys.argv[1])
