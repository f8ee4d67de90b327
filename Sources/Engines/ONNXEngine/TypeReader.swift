import CONNXRuntime
import Inference
import Tensors

/// Turns the library's type descriptions into specifications of tensors.
struct TypeReader {
    /// The library.
    let api: ONNXTable
    /// Inputs and outputs of which the file gives no shape; the library tells it as a scalar.
    let namesWithoutShape: Set<String>

    /// Kinds of values, `ONNXType`.
    private enum Kind: Int32 {
        case unknown, tensor, sequence, map, opaque, sparseTensor, optional

        var name: String {
            switch self {
            case .unknown: "an unknown type"
            case .tensor: "a tensor"
            case .sequence: "a sequence"
            case .map: "a map"
            case .opaque: "an opaque type"
            case .sparseTensor: "a sparse tensor"
            case .optional: "an optional value"
            }
        }
    }

    /// An input, which must be a tensor: protocols carry nothing else.
    func input(_ name: String, _ info: OpaquePointer) throws(ONNXFailure) -> TensorSpecification {
        let kind = try kind(info)
        guard kind == .tensor else {
            throw unusable("input '\(name)' is \(kind.name); protocols carry only tensors")
        }
        return try tensor(name, info, what: "input")
    }

    /// An output, which is a tensor or something that can be made one.
    func output(_ name: String, _ info: OpaquePointer, _ labels: ONNXFile.ClassLabels?)
        throws(ONNXFailure) -> (TensorSpecification, OutputKind)
    {
        let kind = try kind(info)
        switch kind {
        case .tensor: return (try tensor(name, info, what: "output"), .tensor)
        case .map: return (try map(name, info, [.dynamic(name: nil)]), .map)
        case .sequence: return try sequence(name, info, labels)
        default:
            throw unusable("output '\(name)' is \(kind.name), which cannot be made a tensor")
        }
    }

    private func sequence(
        _ name: String, _ info: OpaquePointer, _ labels: ONNXFile.ClassLabels?
    ) throws(ONNXFailure) -> (TensorSpecification, OutputKind) {
        var sequence: OpaquePointer?
        try api.check(api.pointee.CastTypeInfoToSequenceTypeInfo(info, &sequence))
        guard let sequence else { throw unusable("output '\(name)' is a sequence of nothing") }
        let element = try api.make { api.pointee.GetSequenceElementType(sequence, &$0) }
        defer { api.pointee.ReleaseTypeInfo(element) }
        switch try kind(element) {
        case .map:
            let columns = labels.map { Dimension.fixed($0.count) } ?? .dynamic(name: nil)
            return (try map(name, element, [.dynamic(name: nil), columns]), .sequenceOfMaps)
        case .tensor:
            let type = try tensor(name, element, what: "output").elementType
            // How many tensors, and of what shape, only a run tells.
            return (
                TensorSpecification(name: name, elementType: type, dimensions: nil),
                .sequenceOfTensors
            )
        case let other:
            throw unusable("output '\(name)' is a sequence, each \(other.name)")
        }
    }

    private func map(_ name: String, _ info: OpaquePointer, _ dimensions: [Dimension])
        throws(ONNXFailure) -> TensorSpecification
    {
        var map: OpaquePointer?
        try api.check(api.pointee.CastTypeInfoToMapTypeInfo(info, &map))
        guard let map else { throw unusable("output '\(name)' is a map of nothing") }
        let value = try api.make { api.pointee.GetMapValueType(map, &$0) }
        defer { api.pointee.ReleaseTypeInfo(value) }
        let type = try tensor(name, value, what: "output").elementType
        guard type != .bytes else {
            throw unusable("output '\(name)' is a map to strings, which cannot be made a tensor")
        }
        return TensorSpecification(name: name, elementType: type, dimensions: dimensions)
    }

    private func tensor(_ name: String, _ info: OpaquePointer, what: String)
        throws(ONNXFailure) -> TensorSpecification
    {
        var shape: OpaquePointer?
        try api.check(api.pointee.CastTypeInfoToTensorInfo(info, &shape))
        guard let shape else { throw unusable("\(what) '\(name)' has no tensor type") }
        let number: Int32 = try api.read { api.pointee.GetTensorElementType(shape, &$0) }
        guard let type = ONNXElementType.type(number) else {
            throw unusable(
                "\(what) '\(name)' has elements of type \(ONNXElementType.name(number)), which no "
                    + "protocol carries; cast it to a common type inside the model")
        }
        let dimensions = try dimensions(shape)
        let isUnranked = dimensions.isEmpty && namesWithoutShape.contains(name)
        return TensorSpecification(
            name: name, elementType: type, dimensions: isUnranked ? nil : dimensions)
    }

    private func dimensions(_ shape: OpaquePointer) throws(ONNXFailure) -> [Dimension] {
        let rank: Int = try api.read { api.pointee.GetDimensionsCount(shape, &$0) }
        var extents = [Int64](repeating: -1, count: rank)
        try api.check(api.pointee.GetDimensions(shape, &extents, rank))
        var names = [UnsafePointer<CChar>?](repeating: nil, count: rank)
        try api.check(api.pointee.GetSymbolicDimensions(shape, &names, rank))
        return zip(extents, names).map { extent, name in
            if extent >= 0 { return .fixed(Int(extent)) }
            let text = name.map { String(cString: $0) } ?? ""
            return .dynamic(name: text.isEmpty ? nil : text)
        }
    }

    private func kind(_ info: OpaquePointer) throws(ONNXFailure) -> Kind {
        let number: Int32 = try api.read { api.pointee.GetOnnxTypeFromTypeInfo(info, &$0) }
        return Kind(rawValue: number) ?? .unknown
    }

    private func unusable(_ reason: String) -> ONNXFailure {
        ONNXFailure(code: .notImplemented, rawMessage: reason)
    }
}
