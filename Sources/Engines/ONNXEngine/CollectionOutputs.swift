import CONNXRuntime
import Inference
import ServingCore
import Tensors

/// Makes tensors out of the library's sequences and maps, which no protocol carries.
///
/// Maps come sorted by key, as the library keeps them; all maps of a sequence must have the keys of
/// the first, which become the columns.
struct CollectionOutputs {
    /// The library.
    let runtime: ONNXRuntime

    private var reader: TensorReader { TensorReader(api: runtime.api) }

    /// A sequence of maps as a matrix: a row a map, a column a key.
    ///
    /// - Throws: `engine_failed` when the maps do not have the same keys.
    func matrix(of sequence: OpaquePointer, _ output: TensorSpecification) throws(ServingError)
        -> Tensor
    {
        var firstKeys: Tensor?
        var rows: [Tensor] = []
        try forEachElement(of: sequence) { (map) throws(ServingError) in
            let (keys, values) = try keysAndValues(of: map)
            if let firstKeys, !firstKeys.holdsSame(as: keys) {
                throw ServingError(
                    .engineFailed,
                    "the maps of its sequence have different keys, so they are no table")
            }
            if firstKeys == nil { firstKeys = keys }
            rows.append(try values.reshaped([1] + values.shape.dimensions))
        }
        if rows.isEmpty {
            let columns = output.dimensions?.last?.wireValue ?? 0
            return try .zeros(output.elementType, Shape([0, max(0, columns)]))
        }
        return try Tensor.concatenatingRows(rows)
    }

    /// A map as a vector of its values, in the order of its keys.
    func vector(of map: OpaquePointer) throws(ServingError) -> Tensor {
        try keysAndValues(of: map).values
    }

    /// A sequence of tensors as one tensor with a new outermost dimension.
    ///
    /// - Throws: `engine_failed` when the tensors do not have one shape.
    func stack(of sequence: OpaquePointer, _ type: ElementType) throws(ServingError) -> Tensor {
        var parts: [Tensor] = []
        var firstShape: Shape?
        try forEachElement(of: sequence) { (value) throws(ServingError) in
            let part = try copy(value)
            let wanted = firstShape ?? part.shape
            guard part.shape == wanted else {
                throw ServingError(
                    .engineFailed,
                    "its sequence holds tensors of shapes \(wanted) and \(part.shape), which "
                        + "cannot be stacked; make them one shape in the model")
            }
            firstShape = wanted
            parts.append(try part.reshaped([1] + wanted.dimensions))
        }
        if parts.isEmpty { return try .zeros(type, Shape([0])) }
        return try Tensor.concatenatingRows(parts)
    }

    private func keysAndValues(of map: OpaquePointer) throws(ServingError)
        -> (keys: Tensor, values: Tensor)
    {
        let keys = try element(0, of: map)
        defer { runtime.api.pointee.ReleaseValue(keys) }
        let values = try element(1, of: map)
        defer { runtime.api.pointee.ReleaseValue(values) }
        return (try copy(keys), try copy(values))
    }

    private func forEachElement(
        of sequence: OpaquePointer, _ body: (OpaquePointer) throws(ServingError) -> Void
    ) throws(ServingError) {
        let count: Int
        do throws(ONNXFailure) {
            count = try runtime.api.read { runtime.api.pointee.GetValueCount(sequence, &$0) }
        } catch {
            throw error.running
        }
        for index in 0..<count {
            let value = try element(index, of: sequence)
            defer { runtime.api.pointee.ReleaseValue(value) }
            try body(value)
        }
    }

    private func element(_ index: Int, of value: OpaquePointer) throws(ServingError)
        -> OpaquePointer
    {
        do throws(ONNXFailure) {
            return try runtime.api.make {
                runtime.api.pointee.GetValue(
                    value, Int32(clamping: index), runtime.allocator, &$0)
            }
        } catch {
            throw error.running
        }
    }

    private func copy(_ value: OpaquePointer) throws(ServingError) -> Tensor {
        let (type, shape) = try reader.typeAndShape(of: value)
        if type == .bytes { return try StringTensors.tensor(from: value, shape, runtime.api) }
        let source = try reader.bytes(of: value, type, shape)
        let memory = try TensorMemory.allocate(byteCount: source.count)
        memory.bytes.copyMemory(from: source)
        return Tensor(trusted: type, shape, memory.freeze())
    }
}

extension Tensor {
    /// The same elements in another shape of as many elements.
    fileprivate func reshaped(_ dimensions: [Int]) throws(ServingError) -> Tensor {
        Tensor(trusted: elementType, try Shape(dimensions), storage)
    }

    /// Whether type, shape and bytes are equal.
    fileprivate func holdsSame(as other: Tensor) -> Bool {
        elementType == other.elementType && shape == other.shape
            && storage.withUnsafeBytes { left in
                other.storage.withUnsafeBytes { left.elementsEqual($0) }
            }
    }
}
