import Tensors

/// Where a run writes what was asked for.
struct OutputMemory<Element: BinaryFloatingPoint> {
    var prediction: UnsafeMutablePointer<Element>?
    var margin: UnsafeMutablePointer<Element>?
    var leaf: UnsafeMutablePointer<Int32>?
    var contributions: UnsafeMutablePointer<Element>?
    var classes: UnsafeMutablePointer<Int64>?

    /// Whether margins are needed for it.
    var needsMargins: Bool { prediction != nil || margin != nil || classes != nil }
}
