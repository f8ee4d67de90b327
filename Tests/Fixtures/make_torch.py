#!/usr/bin/env python3
"""Make the models of Tests/Fixtures/torch from real data, with PyTorch's own answers beside them.

    scripts/python-venv .deps/venv-torch Tests/Fixtures/requirements-torch.txt
    .deps/venv-torch/bin/python Tests/Fixtures/make_torch.py

pip must know PyTorch's index for the CPU (docs/engines/pytorch.md). A C++ compiler is needed for
the compiled package, which is made for every x86-64 processor. A folder a model: the file,
`model.yaml` where the model needs one, and `answers.json`: inputs, and what PyTorch gave for them.
Paths of this machine are taken out of the files.
"""

import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
import zipfile
from typing import Dict, List, NamedTuple, Tuple

import numpy
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

warnings.filterwarnings("ignore")
HERE = pathlib.Path(__file__).resolve().parent / "torch"
NAMES = {
    torch.float32: "FP32", torch.float64: "FP64", torch.float16: "FP16", torch.int64: "INT64",
    torch.int32: "INT32", torch.uint8: "UINT8", torch.bool: "BOOL",
}

PATHS = re.compile(re.escape(os.fsencode(pathlib.Path.cwd())) + rb"|/tmp/[\w./-]*torchinductor_\w*")

digits = load_digits()
PIXELS = torch.tensor(digits.data / 16, dtype=torch.float32)
LABELS = torch.tensor(digits.target)


# MARK: Models


class Digits(nn.Module):
    """64 pixels to the probabilities of ten digits."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(64, 32)
        self.last = nn.Linear(32, 10)

    def forward(self, pixels):
        return torch.softmax(self.last(torch.relu(self.hidden(pixels))), dim=1)

    @torch.jit.export
    def features(self, pixels):
        return torch.relu(self.hidden(pixels))


class DigitsConv(nn.Module):
    """Pictures of 8 x 8 pixels to the logarithms of probabilities, and the likeliest digit."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.last = nn.Linear(64, 10)

    def forward(self, image: Tensor) -> Tuple[Tensor, Tensor]:
        maps = torch.max_pool2d(torch.relu(self.norm(self.conv(image))), 2)
        scores = torch.log_softmax(self.last(maps.flatten(1)), dim=1)
        return scores, scores.argmax(dim=1)


class Summary(NamedTuple):
    mean: Tensor
    brightest: Tensor


class NamedOutputs(nn.Module):
    def forward(self, pixels: Tensor) -> Summary:
        return Summary(pixels.mean(dim=1), pixels.argmax(dim=1))


class Dictionaries(nn.Module):
    """Dictionaries in and out; the order of the answer's keys depends on the input."""

    def forward(self, features: Dict[str, Tensor]) -> Dict[str, Tensor]:
        total = features["left"] + features["right"]
        result: Dict[str, Tensor] = {}
        if bool(total.sum() > 0):
            result["total"] = total
            result["positive"] = total > 0
        else:
            result["positive"] = total > 0
            result["total"] = total
        return result


class Lists(nn.Module):
    def forward(self, parts: List[Tensor]) -> List[Tensor]:
        return [torch.cat(parts, dim=1), torch.stack([part.sum() for part in parts])]


class Tuples(nn.Module):
    def forward(self, pair: Tuple[Tensor, Tensor], scale: float = 2.0) -> Tensor:
        return (pair[0] - pair[1]) * scale


class Tokens(nn.Module):
    """Brightness levels of pixels, as tokens, to a vector each, and their mean."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(17, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.table(tokens).mean(dim=1)


class Half(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(64, 10)

    def forward(self, pixels: Tensor) -> Tensor:
        return self.last(pixels)


class Above(nn.Module):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return (x > 0.5) & mask


class Scalars(nn.Module):
    def forward(self, x: Tensor, times: int, shift: float, negate: bool) -> Tuple[Tensor, int]:
        y = x * times + shift
        return (-y if negate else y), times + 1


class Texts(nn.Module):
    def forward(self, texts: List[str]) -> Tuple[List[str], List[int]]:
        upper: List[str] = []
        lengths: List[int] = []
        for text in texts:
            upper.append(text.upper())
            lengths.append(len(text))
        return upper, lengths


class Counter(nn.Module):
    """Changes itself with each run."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        return x + self.count


class InPlace(nn.Module):
    """Writes into its input."""

    def forward(self, x: Tensor) -> Tensor:
        x.add_(1)
        return x


class Raises(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if bool((x < 0).any()):
            raise ValueError("no negative values, please")
        return x.sqrt()


class Slow(nn.Module):
    def forward(self, iterations: Tensor) -> Tensor:
        x = torch.ones(4)
        for _ in range(int(iterations.item())):
            x = torch.tanh(x)
        return x


class Identity(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


class Large(nn.Module):
    """16 MB of weights, all of one value: a few KB in the file."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.full((2048, 2048), 0.25))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


# MARK: Writing


def train(model, inputs):
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    model.train()
    for _ in range(60):
        optimizer.zero_grad()
        answer = model(inputs)
        scores = answer[0] if isinstance(answer, tuple) else torch.log(answer + 1e-9)
        nn.functional.nll_loss(scores, LABELS).backward()
        optimizer.step()
    return model.eval()


def without_paths(path, compressed=False):
    """Take the traces of source files, and with them this machine's paths, out of an archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in sorted(old.namelist()):
            if name.endswith((".debug_pkl", ".data/serialization_id", "wrapper.cpp", "kernel.cpp")):
                continue
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            # Compiled and exported programs say which line of a file each part of them came from.
            member = PATHS.sub(lambda path: b"/" * len(path[0]), old.read(name))
            # Small members stay as PyTorch writes them: Slipway reads some of them.
            if compressed and len(member) > 4096:
                info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, member)
    path.write_bytes(content.getvalue())


def plain(value):
    if isinstance(value, Tensor):
        shape, kind = list(value.shape), NAMES[value.dtype]
        return {"type": kind, "shape": shape, "data": value.flatten().tolist()}
    if isinstance(value, (int, float)):
        return plain(torch.tensor(value, dtype=torch.int64 if isinstance(value, int) else torch.float64))
    values = list(value)
    if values and isinstance(values[0], str):
        return {"type": "BYTES", "shape": [len(values)], "data": values}
    return {"type": "INT64", "shape": [len(values)], "data": values}


def answers(folder, inputs, outputs):
    document = {
        "inputs": {name: plain(value) for name, value in inputs.items()},
        "outputs": {name: plain(value) for name, value in outputs.items()},
    }
    (folder / "answers.json").write_text(json.dumps(document) + "\n")


def folder(name, notes=None):
    place = HERE / name
    place.mkdir(parents=True)
    if notes:
        (place / "model.yaml").write_text(notes)
    return place


def write(name, model, inputs, output_names, notes=None, trace=False, call=None, compressed=False):
    """Save a model, load it again without the paths, and note its answers."""
    place = folder(name, notes)
    path = place / "model.pt"
    model.eval()
    with torch.inference_mode(False), torch.no_grad():
        made = torch.jit.trace(model, tuple(inputs.values())) if trace else torch.jit.script(model)
        made.save(str(path))
        without_paths(path, compressed)
        loaded = torch.jit.load(str(path))
        copies = {k: v.clone() if isinstance(v, Tensor) else v for k, v in inputs.items()}
        result = call(loaded) if call else loaded(*copies.values())
    if isinstance(result, dict):
        outputs = {key: result[key] for key in output_names}
    elif isinstance(result, Tensor):
        outputs = {output_names[0]: result}
    else:
        outputs = dict(zip(output_names, result, strict=True))
    answers(place, inputs, outputs)


def require_baseline(library):
    """End when native code holds an instruction that not every x86-64 processor has."""
    run = ["objdump", "--disassemble", "--no-show-raw-insn", library]
    listing = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    # AVX and AVX-512 (all begin with a v), and those of SSE3 to SSE4.2, BMI and others.
    newer = re.compile(
        r"\t(?:v[a-z0-9]+|popcnt|[lt]zcnt|movbe|crc32|andn|bextr|bls[a-z]+|pdep|pext|mulx|rorx"
        r"|s[ah]rx|shlx|adcx|adox|lddqu|haddp[sd]|hsubp[sd]|addsubp[sd]|mov(?:ddup|s[hl]dup)"
        r"|palignr|pshufb|p?blend[a-z]*|round[ps][sd]|pmul(?:ld|dq|hrsw)|pm(?:in|ax)[su][bwdq]"
        r"|pmov[sz]x[a-z]+|ptest|p(?:in|ex)sr[bdq]|packusdw|pabs[bwd]|dpp[sd])[lq]?\s")
    found = {match[0].strip() for match in newer.finditer(listing)} - {"pminub", "pmaxub", "pminsw", "pmaxsw"}
    if found or listing.count("\n") < 1000:
        sys.exit(f"{library} is not for every x86-64 processor: {sorted(found)}")


def write_package(model):
    """Compile a model with AOTInductor, for any x86-64 processor.

    Without `march` (which is `native` else) the compiler's own default, x86-64, is left; with
    `simdlen` 0 inductor writes no vector code. The metadata then say INVALID_VEC_ISA.
    """
    import torch._inductor.config as config

    config.cpp.march = ""
    config.cpp.simdlen = 0
    place = folder(
        "digits_compiled",
        "inputs:\n  - {name: pixels, type: FP32, shape: [batch, 64]}\n"
        "outputs:\n  - {name: probabilities, type: FP32, shape: [batch, 10]}\n",
    )
    rows = torch.export.Dim("batch", min=1, max=1024)
    program = torch.export.export(model, (PIXELS[:2].clone(),), dynamic_shapes=({0: rows},))
    bad = HERE / "bad"
    torch.export.save(program, str(bad / "exported.pt2"))
    without_paths(bad / "exported.pt2")
    path = place / "model.pt2"
    torch._inductor.aoti_compile_and_package(program, package_path=str(path))
    with tempfile.TemporaryDirectory() as scratch:
        with zipfile.ZipFile(path) as archive:
            archive.extractall(scratch)
        library = next(pathlib.Path(scratch).rglob("*.so"))
        subprocess.run(["strip", "--strip-all", library], check=True)
        require_baseline(library)
        with zipfile.ZipFile(path) as archive:
            members = {name: (pathlib.Path(scratch) / name).read_bytes() for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    without_paths(path, compressed=True)
    loaded = torch._inductor.aoti_load_package(str(path))
    answers(place, {"pixels": PIXELS[:3]}, {"probabilities": loaded(PIXELS[:3])})


def write_bad(model):
    bad = HERE / "bad"
    bad.mkdir()
    torch.save(model.state_dict(), bad / "state_dict.pt")
    torch.save(model, bad / "eager.pt")
    torch.save({"epoch": 3, "model": model.state_dict()}, bad / "checkpoint.pt")
    torch.save(
        model.state_dict(), bad / "legacy.pt", _use_new_zipfile_serialization=False)
    whole = (HERE / "digits_scripted" / "model.pt").read_bytes()
    (bad / "truncated.pt").write_bytes(whole[: len(whole) // 2])
    (bad / "empty.pt").write_bytes(b"")
    (bad / "text.pt").write_text("this is no model\n")
    with zipfile.ZipFile(bad / "other_zip.pt", "w") as archive:
        archive.writestr(zipfile.ZipInfo("readme.txt"), "no model in here")
    metadata = {"AOTI_DEVICE_KEY": "cpu", "AOTI_PLATFORM": "linux", "AOTI_MACHINE": "riscv64"}
    with zipfile.ZipFile(bad / "other_machine.pt2", "w") as archive:
        name = zipfile.ZipInfo("model/data/aotinductor/model/x.wrapper_metadata.json")
        archive.writestr(name, json.dumps(metadata))
    # A module whose code does not parse, and one that needs an operator that nobody has.
    for name, old, new in [
        ("bad_code", b"def forward", b"def forwa(d"),
        ("unknown_op", b"torch.relu", b"torch.rulu"),
    ]:
        path = bad / f"{name}.pt"
        with zipfile.ZipFile(HERE / "digits_scripted" / "model.pt") as source:
            with zipfile.ZipFile(path, "w") as target:
                for info in source.infolist():
                    target.writestr(info.filename, source.read(info.filename).replace(old, new))
        without_paths(path)


def main():
    torch.manual_seed(7)
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir()
    mlp = train(Digits(), PIXELS)
    conv = train(DigitsConv(), PIXELS.reshape(-1, 1, 8, 8))
    rows = PIXELS[:3]
    notes = "inputs:\n  - name: pixels\n    type: FP32\n    shape: [-1, 64]\n"
    write("digits_scripted", mlp, {"pixels": rows}, ["output_0"])
    write("digits_traced", mlp, {"pixels": rows}, ["output_0"], trace=True)
    write("digits_noted", mlp, {"pixels": rows}, ["probabilities"],
          notes + "outputs:\n  - name: probabilities\n    type: FP32\n    shape: [-1, 10]\n")
    write("digits_conv", conv, {"image": rows.reshape(3, 1, 8, 8)}, ["output_0", "output_1"],
          "# 8 x 8 pixels, from 0 to 1\ninputs:\n"
          "  - name: image\n    type: float32\n    shape: [batch, 1, 8, 8]\n")
    write("named_outputs", NamedOutputs(), {"pixels": rows}, ["mean", "brightest"], notes)
    write("dictionaries", Dictionaries(), {"left": rows[:, :4], "right": rows[:, 4:8]},
          ["total", "positive"],
          "inputs:\n  - {name: left, type: FP32, shape: [-1, 4]}\n"
          "  - {name: right, type: FP32, shape: [-1, 4]}\n"
          "outputs:\n  - {name: total, type: FP32, shape: [-1, 4]}\n"
          "  - {name: positive, type: BOOL, shape: [-1, 4]}\n",
          call=lambda m: m({"left": rows[:, :4], "right": rows[:, 4:8]}))
    write("lists", Lists(), {"parts_0": rows[:, :2], "parts_1": rows[:, 2:6]},
          ["output_0", "output_1"],
          "inputs:\n  - {name: parts_0, type: FP32, shape: [-1, -1]}\n"
          "  - {name: parts_1, type: FP32, shape: [-1, -1]}\n",
          call=lambda m: m([rows[:, :2], rows[:, 2:6]]))
    write("tuples", Tuples(), {"pair_0": rows[:, :2], "pair_1": rows[:, 2:4]}, ["output_0"],
          call=lambda m: m((rows[:, :2], rows[:, 2:4])))
    tokens = (PIXELS[:3] * 16).to(torch.int64)
    write("tokens", Tokens(), {"tokens": tokens}, ["output_0"],
          "inputs:\n  - {name: tokens, type: INT64, shape: [-1, length]}\n")
    write("half", Half().half(), {"pixels": rows.half()}, ["output_0"])
    write("bool", Above(), {"x": rows, "mask": rows < 0.9}, ["output_0"],
          "inputs:\n  - {name: x, type: FP32, shape: [-1, 64]}\n"
          "  - {name: mask, type: BOOL, shape: [-1, 64]}\n")
    scalars = {"x": rows[:, :3], "times": 3, "shift": 0.5, "negate": torch.tensor(True)}
    write("scalars", Scalars(), scalars, ["output_0", "output_1"],
          "inputs:\n  - {name: x, type: FP32, shape: [-1, 3]}\n"
          "  - {name: times, type: INT64, shape: []}\n  - {name: shift, type: FP64, shape: []}\n"
          "  - {name: negate, type: BOOL, shape: []}\n",
          call=lambda m: m(rows[:, :3], 3, 0.5, True))
    texts = ["", "Slipway", "naïve ☃"]
    write("texts", Texts(), {"texts": texts}, ["output_0", "output_1"],
          call=lambda m: m(texts), notes="inputs:\n  - {name: texts, type: BYTES, shape: [-1]}\n"
          "outputs:\n  - {name: output_0, type: BYTES, shape: [-1]}\n"
          "  - {name: output_1, type: INT64, shape: [-1]}\n")
    write("counter", Counter(), {"x": rows[:, :2]}, ["output_0"])
    write("in_place", InPlace(), {"x": rows[:, :2]}, ["output_0"])
    write("raises", Raises(), {"x": rows[:, :2]}, ["output_0"])
    write("slow", Slow(), {"iterations": torch.tensor([3])}, ["output_0"],
          "inputs:\n  - {name: iterations, type: INT64, shape: [1]}\n"
          "outputs:\n  - {name: x, type: FP32, shape: [4]}\n")
    write("identity", Identity(), {"x": rows[:, :2]}, ["output_0"])
    write("large", Large(), {"x": torch.ones(1, 2048)}, ["output_0"], compressed=True,
          notes="inputs:\n  - {name: x, type: FP32, shape: [-1, 2048]}\n")
    (HERE / "large" / "answers.json").unlink()
    write_bad(mlp)
    write_package(mlp)
    for path in HERE.rglob("*"):
        if path.is_file() and PATHS.search(path.read_bytes()):
            sys.exit(f"{path} holds a path of this machine")


main()
