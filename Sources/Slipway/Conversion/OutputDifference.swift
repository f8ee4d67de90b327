import ServingCore
import Tensors

/// How one output of a converted model differs from the original's.
struct OutputDifference: Hashable, Sendable {
    /// The output's name in the result.
    let name: String
    let shape: [Int]
    /// Largest distance between two numbers.
    let absolute: Double
    /// Mean distance.
    let mean: Double
    /// Largest distance, divided by the original's largest magnitude.
    let relative: Double
    /// Rows for which both give the same: the same largest column, or the same values.
    let agreement: Double

    /// Whether numbers are near enough, by either measure; labels and text must be equal.
    func isWithin(_ tolerance: Double, rowsMayDiffer: Double) -> Bool {
        guard !isExact else { return agreement >= 1 - rowsMayDiffer }
        return absolute <= tolerance || relative <= tolerance
    }

    /// Whether the values are labels or text, which are equal or not.
    let isExact: Bool

    /// Compares an output, `[rows, ...]`, with the original's.
    ///
    /// - Throws: `model_invalid` when their shapes have not the same number of elements.
    init(_ name: String, result: Tensor, original: Tensor) throws(ServingError) {
        guard result.shape.elementCount == original.shape.elementCount else {
            throw ServingError(
                .modelInvalid,
                "output '\(name)' has shape \(result.shape), the original's \(original.shape)")
        }
        self.name = name
        shape = result.shape.dimensions
        isExact = !result.elementType.isFloatingPoint || !original.elementType.isFloatingPoint
        guard let left = result.numbers, let right = original.numbers else {
            let pairs = zip(result.texts, original.texts)
            let same = pairs.reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
            (absolute, mean, relative) = (0, 0, 0)
            agreement = Double(same) / Double(max(1, result.shape.elementCount))
            return
        }
        let distances = zip(left, right).map(Self.distance)
        let scale = right.lazy.filter(\.isFinite).map(abs).max() ?? 0
        let largest = distances.max() ?? 0
        absolute = largest
        mean = distances.reduce(0, +) / Double(max(1, distances.count))
        relative = largest == 0 ? 0 : largest / max(scale, .leastNormalMagnitude)
        let columns = result.shape.rank > 1 ? result.shape.elementCount / max(1, shape[0]) : 1
        agreement = Self.agreement(left, right, columns: columns, isExact: isExact)
    }

    private static func distance(_ left: Double, _ right: Double) -> Double {
        if left == right || left.isNaN && right.isNaN { return 0 }
        let distance = abs(left - right)
        return distance.isNaN ? .infinity : distance
    }

    private static func agreement(
        _ left: [Double], _ right: [Double], columns: Int, isExact: Bool
    ) -> Double {
        let rows = left.count / max(1, columns)
        guard rows > 0 else { return 1 }
        let same = (0..<rows).count { row in
            let range = row * columns..<(row + 1) * columns
            if isExact || columns == 1 {
                return isExact ? left[range] == right[range] : true
            }
            return largest(left[range]) == largest(right[range])
        }
        return Double(same) / Double(rows)
    }

    /// The position of the largest value, from the start of the slice.
    static func largest(_ values: ArraySlice<Double>) -> Int {
        var best = values.startIndex
        for index in values.indices where values[index] > values[best] { best = index }
        return best - values.startIndex
    }
}

extension Tensor {
    /// The elements as numbers; nil for text.
    var numbers: [Double]? {
        switch elementType {
        case .float32: values(as: Float.self).map(Double.init)
        case .float64: values(as: Double.self)
        case .float16: values(as: UInt16.self).map { Double(Float16(bitPattern: $0)) }
        case .bfloat16: values(as: UInt16.self).map { Double(Float(bitPattern: UInt32($0) << 16)) }
        case .int64: values(as: Int64.self).map(Double.init)
        case .int32: values(as: Int32.self).map(Double.init)
        case .int16: values(as: Int16.self).map(Double.init)
        case .int8: values(as: Int8.self).map(Double.init)
        case .uint64: values(as: UInt64.self).map(Double.init)
        case .uint32: values(as: UInt32.self).map(Double.init)
        case .uint16: values(as: UInt16.self).map(Double.init)
        case .uint8, .bool: values(as: UInt8.self).map(Double.init)
        case .bytes: nil
        }
    }

    /// The elements as text.
    var texts: [String] {
        elementType == .bytes
            ? BytesElements.strings(in: self) : (numbers ?? []).map { "\($0)" }
    }
}
