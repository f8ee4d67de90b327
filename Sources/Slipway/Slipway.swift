// The room Slipway; see docs/architecture.md.
