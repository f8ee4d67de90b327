// The room Scheduling; see docs/architecture.md.
