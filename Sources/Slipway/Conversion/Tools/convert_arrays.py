"""Arrays in files: samples that a user gives, and raw bytes for the program that checks the result."""

import dataclasses
import pathlib
from typing import Callable

import numpy as np

# Rows made up when a user gives no samples.
ROWS = 32


class Refusal(Exception):
    """A message for the user: what happened, and what to do."""


@dataclasses.dataclass
class Outcome:
    """A converted model and how the original is asked.

    `samples` are the original's inputs by name; `original` answers them, outputs by name; `inputs`
    turns them into what the result takes.
    """

    entry: str
    tool: str
    samples: dict
    original: Callable
    inputs: Callable = lambda samples: samples


def read_samples(path):
    """The arrays of a file by name; a file with one array calls it ''."""
    path = pathlib.Path(path)
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    if path.suffix == ".npy":
        return {"": np.load(path, allow_pickle=False)}
    if path.suffix == ".csv":
        return {"": read_csv(path)}
    raise Refusal(f"--samples is '{path.name}'; give a .npy, .npz or .csv file")


def read_csv(path):
    """Numbers with commas between them; a first line of names is passed over."""
    with open(path) as file:
        first = file.readline()
    try:
        [float(cell) for cell in first.split(",")]
        skip = 0
    except ValueError:
        skip = 1
    return np.loadtxt(path, delimiter=",", skiprows=skip, ndmin=2)


def read_labels(path):
    """One right answer a row."""
    path = pathlib.Path(path)
    labels = np.load(path, allow_pickle=False) if path.suffix == ".npy" else np.loadtxt(path, ndmin=1)
    if labels.ndim != 1:
        raise Refusal(f"--labels holds an array of shape {labels.shape}; one value a row is needed")
    return labels.astype(np.float64)


def only(samples, names):
    """The samples for inputs of those names; one array without a name fits one input."""
    if list(samples) == [""] and len(names) == 1:
        return {names[0]: samples[""]}
    missing = [name for name in names if name not in samples]
    if missing:
        raise Refusal(
            f"the samples hold {sorted(samples) or 'nothing'}, and the model's inputs are {names}: "
            "save them with numpy.savez(FILE, NAME=ARRAY, ...)"
        )
    return {name: samples[name] for name in names}


def made_up(shape, dtype=np.float32, seed=7):
    """Values between -1 and 1 (or small integers) where a user gives none; -1 becomes `ROWS`."""
    generator = np.random.default_rng(seed)
    extents = [ROWS if extent in (None, -1) else int(extent) for extent in shape]
    if np.issubdtype(np.dtype(dtype), np.floating):
        return generator.uniform(-1, 1, extents).astype(dtype)
    return generator.integers(0, 2, extents).astype(dtype)


def write_array(folder, name, array):
    """Raw little-endian bytes in a file, and its description."""
    array = np.ascontiguousarray(array)
    if array.dtype.kind in "OSU":
        texts = [
            item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
            for item in array.reshape(-1).tolist()
        ]
        return {"dtype": "BYTES", "shape": list(array.shape), "texts": texts}
    path = pathlib.Path(folder) / f"{name}.bin"
    path.write_bytes(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
    return {"dtype": TYPES[array.dtype.name], "shape": list(array.shape), "file": path.name}


TYPES = {
    "bool": "BOOL", "uint8": "UINT8", "uint16": "UINT16", "uint32": "UINT32", "uint64": "UINT64",
    "int8": "INT8", "int16": "INT16", "int32": "INT32", "int64": "INT64",
    "float16": "FP16", "float32": "FP32", "float64": "FP64",
}
