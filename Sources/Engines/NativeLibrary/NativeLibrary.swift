// The room NativeLibrary; see docs/architecture.md.
