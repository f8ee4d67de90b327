// The room Listener; see docs/architecture.md.
