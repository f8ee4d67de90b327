// Entry points of the fuzzers, shared with the corpus replay.
