// The room Models; see docs/architecture.md.
