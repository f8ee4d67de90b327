import CTorchShim
import Glibc
import ServingCore
import Tensors

/// The outputs of a run; they live as long as a tensor over one of them.
///
/// `@unchecked Sendable`: nothing of it changes after the run, and it is released once.
final class TorchResult: @unchecked Sendable {
    /// How many tensors came.
    let count: Int
    private let functions: TorchFunctions
    private let pointer: OpaquePointer

    /// Takes a result over.
    init(_ functions: TorchFunctions, _ pointer: OpaquePointer) {
        self.functions = functions
        self.pointer = pointer
        count = Int(functions.resultCount(pointer))
    }

    deinit {
        functions.resultRelease(pointer)
    }

    /// One output where the library put it.
    subscript(index: Int) -> slipway_torch_output {
        var output = slipway_torch_output()
        functions.resultGet(pointer, Int32(clamping: index), &output)
        return output
    }

    /// The key that leads to an output in a dictionary; nil elsewhere.
    func key(_ index: Int) -> String? { self[index].key.map { String(cString: $0) } }

    /// Whether a key leads to an output; no string is made of it.
    func hasKey(_ key: String, at index: Int) -> Bool {
        guard let found = self[index].key else { return false }
        return strcmp(found, key) == 0
    }

    /// An output as a tensor that keeps this result.
    ///
    /// - Throws: `engine_failed` for a type or size that no tensor can have.
    func tensor(_ index: Int) throws(ServingError) -> Tensor {
        let output = self[index]
        guard let type = TorchElementType.type(Int(output.type)) else {
            throw ServingError(
                .engineFailed,
                "output \(index) has torch's type number \(output.type), which no protocol has; "
                    + "convert it in the model")
        }
        let dimensions = UnsafeBufferPointer(start: output.dims, count: Int(output.rank))
        let shape = try Shape(dimensions.map { Int($0) })
        let bytes = UnsafeRawBufferPointer(start: output.data, count: output.byte_count)
        return Tensor(trusted: type, shape, TensorStorage(borrowing: bytes, owner: self))
    }
}
