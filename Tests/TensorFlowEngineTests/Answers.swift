import Foundation
import ServingCore
import Tensors

/// One call that TensorFlow's Python package made when the fixtures were made.
struct Answer: Decodable {
    /// A tensor in JSON: byte strings in base 64.
    struct Value: Decodable {
        let type: String
        let shape: [Int]
        let data: [Element]
    }

    /// A number, a truth value or text.
    enum Element: Decodable {
        case text(String)
        case flag(Bool)
        case integer(Int64)
        case large(UInt64)
        case number(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                self = .flag(value)
            } else if let value = try? container.decode(Int64.self) {
                self = .integer(value)
            } else if let value = try? container.decode(UInt64.self) {
                self = .large(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        var double: Double {
            switch self {
            case .integer(let value): Double(value)
            case .large(let value): Double(value)
            case .number(let value): value
            case .flag(let value): value ? 1 : 0
            case .text: .nan
            }
        }
    }

    let signature: String
    let inputs: [String: Value]
    let outputs: [String: Value]

    /// The calls of a model.
    static func of(_ model: String) throws -> [Answer] {
        let file = URL(fileURLWithPath: "\(Fixture.models)/\(model)/answers.json")
        return try JSONDecoder().decode([Answer].self, from: Data(contentsOf: file))
    }

    /// The inputs, as a request has them.
    func tensors() throws -> [NamedTensor] {
        try inputs.map { NamedTensor($0.key, try $0.value.tensor()) }
    }
}

extension Answer.Value {
    func tensor() throws -> Tensor {
        guard let type = ElementType(openInferenceName: type) else {
            throw ServingError(.internalError, "type \(type)")
        }
        let shape = try Shape(shape)
        switch type {
        case .bytes:
            var builder = BytesTensorBuilder()
            for element in data {
                guard case .text(let text) = element, let bytes = Data(base64Encoded: text) else {
                    throw ServingError(.internalError, "no text")
                }
                try builder.append(String(decoding: bytes, as: UTF8.self), or: [UInt8](bytes))
            }
            return try builder.finish(shape: shape)
        case .float32: return try Tensor(type, shape, values: data.map { Float($0.double) })
        case .float64: return try Tensor(type, shape, values: data.map(\.double))
        case .float16: return try Tensor(type, shape, values: data.map { Float16($0.double) })
        case .bool: return try Tensor(type, shape, values: data.map { $0.double == 1 })
        case .int64: return try Tensor(type, shape, values: data.map { Int64($0.double) })
        case .int32: return try Tensor(type, shape, values: data.map { Int32($0.double) })
        default: throw ServingError(.internalError, "no reader for \(type)")
        }
    }
}

extension BytesTensorBuilder {
    /// Appends bytes that may be no UTF-8.
    fileprivate mutating func append(_ text: String, or bytes: [UInt8]) throws {
        if Array(text.utf8) == bytes { return try append(text) }
        let memory = try TensorMemory.allocate(byteCount: bytes.count)
        memory.bytes.copyBytes(from: bytes)
        try append(UnsafeRawBufferPointer(memory.bytes))
        withExtendedLifetime(memory) {}
    }
}

extension Tensor {
    /// What differs from what is expected; nil when floating-point numbers agree to about single
    /// precision and everything else exactly.
    func difference(from expected: Tensor) -> String? {
        guard elementType == expected.elementType, shape == expected.shape else {
            return "\(elementType) \(shape), not \(expected.elementType) \(expected.shape)"
        }
        guard elementType.isFloatingPoint else {
            let isSame = storage.withUnsafeBytes { left in
                expected.storage.withUnsafeBytes { left.elementsEqual($0) }
            }
            return isSame ? nil : "other bytes"
        }
        for (index, (left, right)) in zip(doubles, expected.doubles).enumerated()
        where abs(left - right) > 1e-5 + 1e-4 * abs(right) {
            return "element \(index) is \(left), not \(right)"
        }
        return nil
    }

    private var doubles: [Double] {
        switch elementType {
        case .float16: values(as: Float16.self).map(Double.init)
        case .float32: values(as: Float.self).map(Double.init)
        default: values(as: Double.self)
        }
    }
}
