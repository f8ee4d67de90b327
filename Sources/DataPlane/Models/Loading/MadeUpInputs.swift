import Inference
import ServingCore
import Tensors

/// Makes inputs up from a signature: for a first prediction, and to compare rows of a batch.
enum MadeUpInputs {
    /// What the elements are.
    enum Content {
        case zeros
        case ones
        /// Repeatable values that differ from element to element and from seed to seed.
        case varied(seed: UInt64)
    }

    /// One tensor for each input. Dynamic dimensions have extent 1; an input of any rank gets
    /// `anyRank` dimensions of extent 1.
    ///
    /// - Throws: `invalid_tensor` when the signature's fixed dimensions are too large;
    ///   `resource_exhausted`.
    static func tensors(
        for signature: ModelSignature, _ content: Content, anyRank: Int = 1
    ) throws(ServingError) -> [Tensor] {
        var tensors: [Tensor] = []
        for (index, specification) in signature.inputs.enumerated() {
            let dimensions =
                specification.dimensions?.map { dimension in
                    if case .fixed(let extent) = dimension { extent } else { 1 }
                } ?? [Int](repeating: 1, count: anyRank)
            var generator = SplitMix(state: content.seed &+ UInt64(index) &* 7919)
            tensors.append(
                try tensor(specification.elementType, Shape(dimensions), content, &generator))
        }
        return tensors
    }

    /// A tensor of values that look random but are the same for one seed.
    ///
    /// - Throws: `invalid_tensor` when it would be too large; `resource_exhausted`.
    static func tensor(_ type: ElementType, _ shape: Shape, seed: UInt64) throws(ServingError)
        -> Tensor
    {
        var generator = SplitMix(state: seed)
        return try tensor(type, shape, .varied(seed: seed), &generator)
    }

    private static func tensor(
        _ type: ElementType, _ shape: Shape, _ content: Content, _ generator: inout SplitMix
    ) throws(ServingError) -> Tensor {
        if type == .bytes { return try strings(shape, content, &generator) }
        if case .zeros = content { return try .zeros(type, shape) }
        let count = shape.elementCount
        _ = try shape.byteCount(of: type)
        switch type {
        case .float32:
            return try Tensor(type, shape, values: fill(count, content, &generator) { Float($0) })
        case .float64:
            return try Tensor(type, shape, values: fill(count, content, &generator) { $0 })
        case .float16:
            return try Tensor(type, shape, values: fill(count, content, &generator) { Float16($0) })
        case .bfloat16:
            return try Tensor(
                type, shape,
                values: fill(count, content, &generator) { UInt16(Float($0).bitPattern >> 16) })
        case .bool, .uint8, .int8:
            return try Tensor(type, shape, values: integers(UInt8.self, count, content, &generator))
        case .uint16, .int16:
            return try Tensor(
                type, shape, values: integers(UInt16.self, count, content, &generator))
        case .uint32, .int32:
            return try Tensor(
                type, shape, values: integers(UInt32.self, count, content, &generator))
        case .uint64, .int64:
            return try Tensor(
                type, shape, values: integers(UInt64.self, count, content, &generator))
        case .bytes: return try .zeros(type, shape)
        }
    }

    /// Numbers between 0 and 1: what most models take without complaint.
    private static func fill<Element>(
        _ count: Int, _ content: Content, _ generator: inout SplitMix,
        _ convert: (Double) -> Element
    ) -> [Element] {
        (0..<count).map { _ in
            guard case .varied = content else { return convert(1) }
            return convert(Double(generator.next() >> 40) / Double(1 << 24))
        }
    }

    /// Zeros and ones only: integers are often indices, and larger ones would be out of range.
    private static func integers<Element: FixedWidthInteger>(
        _ type: Element.Type, _ count: Int, _ content: Content, _ generator: inout SplitMix
    ) -> [Element] {
        (0..<count).map { _ in
            guard case .varied = content else { return 1 }
            return Element(generator.next() >> 63)
        }
    }

    private static func strings(
        _ shape: Shape, _ content: Content, _ generator: inout SplitMix
    ) throws(ServingError) -> Tensor {
        guard case .zeros = content else {
            var builder = BytesTensorBuilder()
            for _ in 0..<shape.elementCount {
                guard case .varied = content else {
                    try builder.append("0")
                    continue
                }
                try builder.append("\(generator.next() >> 60)")
            }
            return try builder.finish(shape: shape)
        }
        return try .zeros(.bytes, shape)
    }
}

extension MadeUpInputs.Content {
    fileprivate var seed: UInt64 {
        if case .varied(let seed) = self { seed } else { 0 }
    }
}

/// Sebastiano Vigna's SplitMix64: tiny, and the same everywhere.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
