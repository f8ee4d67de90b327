// The room SlipwayClient; see docs/architecture.md.
