"""PyTorch: TorchScript, exported programs and eager modules, to ONNX or TorchScript."""

import pathlib

import numpy as np
import torch

from convert_arrays import Outcome, Refusal, only

TOOLS = {kind: "torch.onnx" for kind in ("torchscript", "torch_export", "torch_pickle")}

NEEDED = (
    "PyTorch files do not say what shapes they take: give --samples FILE.npy (one input) or "
    "FILE.npz (arrays by name)"
)


def read(job):
    source, kind = job["source"], job["kind"]
    if kind == "torchscript":
        return torch.jit.load(source, map_location="cpu").eval()
    if kind == "torch_export":
        return torch.export.load(source)
    if not job["allow_code"]:
        raise Refusal(
            f"reading {pathlib.Path(source).name} executes whatever code is in it. Add "
            "--allow-code if you know where the file comes from"
        )
    model = torch.load(source, map_location="cpu", weights_only=False)
    if isinstance(model, dict):
        raise Refusal(
            "the file holds weights without the model (a state_dict). Build the model in Python, "
            "then: model.load_state_dict(torch.load(FILE)); torch.jit.script(model.eval())"
            ".save('model.pt')"
        )
    return model.eval()


def convert(job, samples):
    if samples is None:
        raise Refusal(NEEDED)
    model = read(job)
    module = model.module() if job["kind"] == "torch_export" else model
    names = list(samples) if list(samples) != [""] else ["input"]
    arrays = only(samples, names)
    # Text files and most arrays hold doubles, and almost no model takes them.
    arrays = {
        name: array.astype(np.float32) if array.dtype == np.float64 else array
        for name, array in arrays.items()
    }
    tensors = tuple(torch.from_numpy(np.ascontiguousarray(a)) for a in arrays.values())
    with torch.inference_mode():
        first = outputs(module(*tensors))

    def original(arrays):
        with torch.inference_mode():
            given = [torch.from_numpy(np.ascontiguousarray(a)) for a in arrays.values()]
            return {f"output_{i}": v.numpy() for i, v in enumerate(outputs(module(*given)))}

    folder = pathlib.Path(job["directory"])
    tool = f"torch {torch.__version__}"
    if job["target"] == "torchscript":
        if job["kind"] == "torchscript":
            raise Refusal("the model is TorchScript already; --to onnx is possible")
        try:
            script = torch.jit.script(module)
        except Exception:  # what cannot be scripted may be traced
            script = torch.jit.trace(module, tensors, strict=False)
        script.save(str(folder / "model.pt"))
        return Outcome("model.pt", tool, arrays, original)
    from convert_onnx import adapter

    path = folder / "model.onnx"
    varying = {name: {0: "batch"} for name in names}
    varying |= {f"output_{i}": {0: "batch"} for i, v in enumerate(first) if v.ndim}
    if job["kind"] == "torch_export":
        program = torch.onnx.export(model, dynamo=True, verbose=False)
        program.save(str(path), external_data=False)
    else:
        torch.onnx.export(
            module, tensors, str(path), dynamo=False, input_names=names,
            output_names=[f"output_{i}" for i in range(len(first))], dynamic_axes=varying,
            opset_version=17,
        )
    return Outcome(path.name, tool, arrays, original, adapter(path))


def outputs(answer):
    """The tensors of an answer, in order."""
    if isinstance(answer, torch.Tensor):
        return [answer]
    if isinstance(answer, dict):
        return [tensor for value in answer.values() for tensor in outputs(value)]
    return [tensor for value in answer for tensor in outputs(value)]
