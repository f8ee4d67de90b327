// Entry points of the fuzzers, shared with the replay of their corpus under `swift test`.
//
// Each takes any bytes at all, drives one reader with them, and stops the process when a promise of
// that reader is broken. An error thrown is a good answer; a trap, a hang or a wrong value is not.

/// Stops the process with the promise that was broken; in release builds as well.
func promise(_ holds: Bool, _ words: @autoclosure () -> String) {
    if !holds { fatalError("broken promise: \(words())") }
}
