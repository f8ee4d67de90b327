"""One module a form of model, each with `load(request) -> LoadedModel`."""
