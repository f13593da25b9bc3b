"""ONNX export helpers: export, store weights as fp16, and record test vectors for the C# check."""
import json
import pathlib
import struct

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent   # the models folder
WORK = HERE / "work"  # checkpoints, recorded tensors and probes; not committed
OPSET = 17


def export(module, args, path, inputs, outputs, axes, half=True):
    """Exports `module` with the given names; `half` stores its big weights as fp16 (computation stays fp32)."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    module.eval()
    with torch.no_grad():
        torch.onnx.export(module, args, str(path), input_names=inputs, output_names=outputs, dynamic_axes=axes,
                          opset_version=OPSET, do_constant_folding=False)
    model = onnx.load(str(path))
    model.producer_name = "resultity-mini"
    if half:
        store_half(model)
    onnx.save(model, str(path))
    onnx.checker.check_model(str(path))
    return path


def store_half(model, least=256):
    """Turns each large fp32 initializer into an fp16 one behind a Cast, which runtimes fold when they load."""
    graph = model.graph
    casts = []
    for init in graph.initializer:
        if init.data_type != TensorProto.FLOAT or np.prod(init.dims) < least:
            continue
        name, values = init.name, numpy_helper.to_array(init)
        init.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_fp16"))
        casts.append(helper.make_node("Cast", [name + "_fp16"], [name], name=name + "_cast", to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)


@torch.no_grad()
def round_weights_to_half(module, least=256):
    """Applies the same rounding to the PyTorch weights, so that comparisons see only runtime differences."""
    for p in module.parameters():
        if p.numel() >= least:
            p.copy_(p.half().float())
    return module


def save_tensors(path, tensors: dict):
    """Writes named arrays in a trivial format the C# check reads: a JSON header and raw little-endian data."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    header, blob = [], b""
    for name, value in tensors.items():
        a = np.array(value.detach().numpy() if torch.is_tensor(value) else value, order="C")  # keeps 0-d and empty shapes
        header.append({"name": name, "dtype": str(a.dtype), "shape": list(a.shape), "offset": len(blob)})
        blob += a.tobytes()
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<I", len(head)) + head + blob)


def record(module, args: dict, outputs: list, path, onnx_path):
    """Runs the PyTorch module and stores inputs and expected outputs (prefixed 'in:' and 'out:')."""
    with torch.no_grad():
        results = module(*args.values())
    results = results if isinstance(results, (tuple, list)) else [results]
    tensors = {"in:" + k: v for k, v in args.items()} | {"out:" + n: r for n, r in zip(outputs, results)}
    save_tensors(path, tensors)
    index = WORK / "vectors.tsv"
    lines = set(index.read_text().splitlines()) if index.exists() else set()
    index.write_text("\n".join(sorted(lines | {f"{onnx_path}\t{path}"})) + "\n")


def write_json(path, value):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
