import EngineDocuments
import Inference
import ServingCore
import Tensors

/// What MXNet's own Python answered, from a fixture's `expected.json`.
struct Expected {
    struct Values {
        let dimensions: [Int]
        let values: [Float]
    }

    private(set) var inputs: [String: Values] = [:]
    private(set) var outputs: [String: Values] = [:]
    /// The first output's values of epoch 2, where there is one.
    private(set) var earlier: [Float] = []

    init(_ model: String) throws {
        let bytes = try Fixture.bytes(model + "/expected.json")
        try bytes.withUnsafeBytes { bytes in
            var reader = JSONReader(bytes)
            try reader.enterObject()
            while let key = try reader.nextKey() {
                switch key {
                case "inputs": inputs = try Self.values(&reader)
                case "outputs": outputs = try Self.values(&reader)
                case "epoch_2": earlier = try reader.readFloats()
                default: try reader.skipValue()
                }
            }
        }
    }

    /// The inputs in the signature's order, cut to the first rows.
    func tensors(for signature: ModelSignature, rows: Int? = nil) throws -> [Tensor] {
        try signature.inputs.map { input in
            guard let values = inputs[input.name] else {
                throw ServingError(.internalError, "no values of '\(input.name)'")
            }
            let rows = rows ?? values.dimensions[0]
            let shape = try Shape([rows] + values.dimensions.dropFirst())
            return try Tensor(
                .float32, shape, values: Array(values.values.prefix(shape.elementCount)))
        }
    }

    private static func values(_ reader: inout JSONReader) throws -> [String: Values] {
        var result: [String: Values] = [:]
        try reader.enterObject()
        while let name = try reader.nextKey() {
            var dimensions: [Int] = []
            var values: [Float] = []
            try reader.enterObject()
            while let key = try reader.nextKey() {
                if key == "shape" {
                    dimensions = try reader.readIntegers()
                } else {
                    values = try reader.readFloats()
                }
            }
            result[name] = Values(dimensions: dimensions, values: values)
        }
        return result
    }
}

/// The largest difference of two lists of the same length, relative to numbers above 1.
func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
    guard left.count == right.count else { return .infinity }
    return zip(left, right).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
}
