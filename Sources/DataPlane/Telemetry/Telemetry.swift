// The room Telemetry; see docs/architecture.md.
