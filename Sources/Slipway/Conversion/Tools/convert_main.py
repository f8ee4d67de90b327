"""Convert a model with its framework's own exporter, and record what the original answers.

Run in an environment that has the framework: `python convert_main.py JOB.json`. The job names the
source, its kind, the target and a directory; the answer, `result.json` in that directory, names the
file that was made and describes the raw arrays beside it: the inputs as the result takes them, and
the outputs that the original gave for them.
"""

import importlib
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from convert_arrays import Refusal, read_labels, read_samples, write_array

# Which module knows a kind of source.
KINDS = {
    "sklearn": "convert_sklearn",
    "xgboost": "convert_trees",
    "lightgbm": "convert_trees",
    "catboost": "convert_trees",
    "keras": "convert_keras",
    "savedmodel": "convert_keras",
    "torchscript": "convert_torch",
    "torch_export": "convert_torch",
    "torch_pickle": "convert_torch",
    "onnx": "convert_onnx",
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def convert(job):
    """Does the job; returns the document for `result.json`."""
    folder = pathlib.Path(job["directory"])
    samples = read_samples(job["samples"]) if job["samples"] else None
    module = importlib.import_module(KINDS[job["kind"]])
    say(f"exporting with {module.TOOLS.get(job['kind'], job['kind'])}")
    outcome = module.convert(job, samples)
    if job["quantize"]:
        from convert_quantize import quantize

        say(f"quantizing to {job['quantize']}")
        outcome = quantize(job, outcome, is_calibrated=samples is not None)
    answers, seconds = timed(outcome.original, outcome.samples)
    inputs = {
        name: write_array(folder, f"input_{index}", array)
        for index, (name, array) in enumerate(outcome.inputs(outcome.samples).items())
    }
    outputs = {
        name: write_array(folder, f"output_{index}", array)
        for index, (name, array) in enumerate(answers.items())
    }
    labels = job["labels"] and write_array(folder, "labels", read_labels(job["labels"]))
    return {
        "entry": outcome.entry, "tool": outcome.tool, "sampled": samples is not None,
        "inputs": inputs, "outputs": outputs, "labels": labels or None, "seconds": seconds,
        "source_bytes": size(pathlib.Path(job["source"])),
    }


def timed(call, samples):
    """The answers, and the seconds of the fastest of a few calls: the first is often a slow one."""
    fastest, left = float("inf"), 2.0
    for _ in range(5):
        started = time.perf_counter()
        answers = call(samples)
        seconds = time.perf_counter() - started
        fastest, left = min(fastest, seconds), left - seconds
        if left < 0:
            break
    return answers, fastest


def size(path):
    if path.is_dir():
        return sum(part.stat().st_size for part in path.rglob("*") if part.is_file())
    return path.stat().st_size


def main():
    job = json.loads(pathlib.Path(sys.argv[1]).read_text())
    folder = pathlib.Path(job["directory"])
    try:
        answer = convert(job)
    except Refusal as refusal:
        answer = {"error": str(refusal)}
    except ModuleNotFoundError as error:
        answer = {
            "error": f"{error}: it is not in {sys.executable}. --python names the Python of an "
            f"environment that has it and {', '.join(job['requirements'])}"
        }
    except Exception as error:  # the framework's own words are what the user needs
        name = pathlib.Path(job["source"]).name
        answer = {"error": f"{name}: {type(error).__name__}: {str(error).strip()[:2000]}"}
    (folder / "result.json").write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
