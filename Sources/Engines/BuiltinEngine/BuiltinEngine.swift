// The room BuiltinEngine; see docs/architecture.md.
