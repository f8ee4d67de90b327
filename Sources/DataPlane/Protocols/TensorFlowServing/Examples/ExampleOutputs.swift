import Inference
import ServingCore
import Tensors
import Wire

/// What classification and regression have in common when they look at outputs.
enum ExampleOutputs {
    /// The output of a name; the answer has every output that was asked for.
    ///
    /// - Throws: `internal` when it is not there.
    static func tensor(_ name: String, in outputs: [NamedTensor]) throws(ServingError) -> Tensor {
        guard let found = outputs.first(where: { $0.name == name }) else {
            throw ServingError(.internalError, "the answer lacks output '\(name)'")
        }
        return found.tensor
    }

    /// Floating-point elements as binary32, row-major; nil for another type.
    static func floats(_ tensor: Tensor) -> [Float]? {
        switch tensor.elementType {
        case .float32: tensor.values(as: Float.self)
        case .float64: tensor.values(as: Double.self).map { Float($0) }
        case .float16: tensor.values(as: Float16.self).map { Float($0) }
        case .bfloat16:
            tensor.values(as: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        default: nil
        }
    }

    /// The elements as labels, row-major; nil for types that are none.
    static func labels(_ tensor: Tensor) -> [String]? {
        switch tensor.elementType {
        case .bytes: BytesElements.strings(in: tensor)
        case .int64: tensor.values(as: Int64.self).map { String($0) }
        case .int32: tensor.values(as: Int32.self).map { String($0) }
        default: nil
        }
    }

    /// Whether elements of the type can be labels.
    static func areLabels(_ type: ElementType) -> Bool {
        [.bytes, .int64, .int32].contains(type)
    }

    /// A shape as TensorFlow prints it: `[2,10]`.
    static func text(_ shape: Shape) -> String {
        "[" + shape.dimensions.map(String.init).joined(separator: ",") + "]"
    }

    /// A tensor's type as TensorFlow prints it: `DT_FLOAT`.
    static func typeName(_ tensor: Tensor) -> String {
        let number = TensorFlowDataType(tensor.elementType).number
        return TensorFlowDataType.name(of: number) ?? String(number)
    }

    /// Outputs for an error: `'y' FP32 [-1]`.
    static func list(_ outputs: [TensorSpecification]) -> String {
        outputs.map { output in
            let shape = output.wireShape.map { "\($0)" } ?? "of any rank"
            return "'\(output.name.clipped())' \(output.elementType) \(shape)"
        }.joined(separator: ", ").clipped()
    }
}
