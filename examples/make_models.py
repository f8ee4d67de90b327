#!/usr/bin/env python3
"""Make the example models and the requests for them: `make examples` runs this.

Each model has its own script in src/. All of them are deterministic: fixed seeds, data that
comes with scikit-learn, one thread. A second run writes the same bytes.
"""

import os
import pathlib
import sys

# The converter walks over sets: their order follows this, which is read only at the start.
if os.environ.get("PYTHONHASHSEED") != "0":
    os.environ["PYTHONHASHSEED"] = "0"
    os.execv(sys.executable, [sys.executable, *sys.argv])

# Sums are added in another order by another number of threads; the last bits then differ.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
# Keep `git status` clean.
sys.dont_write_bytecode = True

sys.path.insert(0, str(pathlib.Path(__file__).parent / "src"))

import digits  # noqa: E402
import digits_trees  # noqa: E402
import half_plus_two  # noqa: E402
import wine  # noqa: E402

if __name__ == "__main__":
    for model in (digits, digits_trees, wine, half_plus_two):
        model.make()
    digits_trees.nearest()
