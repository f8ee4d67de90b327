// The room Protocols; see docs/architecture.md.
