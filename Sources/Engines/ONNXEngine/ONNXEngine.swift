// The room ONNXEngine; see docs/architecture.md.
