"""The worker that hosts one version of one model for Slipway, in Python.

Written for Python 3.9 and later with the standard library and NumPy alone; a framework is
imported by its loader in `slipway_worker.loaders` when a model needs it.
"""
