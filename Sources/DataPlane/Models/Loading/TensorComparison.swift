import Tensors

/// Whether two outputs are the same up to what a different order of summation may change.
enum TensorComparison {
    /// Relative tolerance for 32- and 64-bit floating point.
    static let tolerance = 1e-4
    /// Relative tolerance for 16-bit floating point.
    static let halfTolerance = 2e-2
    /// Differences below this are noise around zero.
    static let absolute = 1e-5

    /// Integers, booleans and strings must be equal; floating point nearly so, NaN equal to NaN.
    static func areAlike(_ left: Tensor, _ right: Tensor) -> Bool {
        guard left.elementType == right.elementType, left.shape == right.shape,
            left.storage.count == right.storage.count
        else { return false }
        switch left.elementType {
        case .float32: return near(left, right, tolerance) { (value: Float) in Double(value) }
        case .float64: return near(left, right, tolerance) { (value: Double) in value }
        case .float16:
            return near(left, right, halfTolerance) { (value: Float16) in Double(value) }
        case .bfloat16:
            return near(left, right, halfTolerance) { (value: UInt16) in
                Double(Float(bitPattern: UInt32(value) << 16))
            }
        default:
            return left.storage.withUnsafeBytes { first in
                right.storage.withUnsafeBytes { second in first.elementsEqual(second) }
            }
        }
    }

    private static func near<Element: BitwiseCopyable>(
        _ left: Tensor, _ right: Tensor, _ tolerance: Double, _ number: (Element) -> Double
    ) -> Bool {
        left.withElements(as: Element.self) { first in
            right.withElements(as: Element.self) { second in
                zip(first, second).allSatisfy { isNear(number($0), number($1), tolerance) }
            }
        }
    }

    private static func isNear(_ left: Double, _ right: Double, _ tolerance: Double) -> Bool {
        if left == right || (left.isNaN && right.isNaN) { return true }
        // An infinity is as far as any tolerance that is reckoned from it.
        guard left.isFinite, right.isFinite else { return false }
        return (left - right).magnitude
            <= max(absolute, tolerance * max(left.magnitude, right.magnitude))
    }
}
