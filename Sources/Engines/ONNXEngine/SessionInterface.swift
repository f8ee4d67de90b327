import CONNXRuntime
import Inference
import ServingCore
import Tensors

/// What an output is to ONNX, and so how its value becomes a tensor.
enum OutputKind: Hashable, Sendable {
    case tensor
    /// One map a row: the values become the columns of a matrix.
    case sequenceOfMaps
    /// One map: the values become a vector.
    case map
    /// Tensors of one shape: they are stacked.
    case sequenceOfTensors
}

/// Inputs and outputs of a session, as the signature and the library need them.
struct SessionInterface {
    /// The inputs.
    private(set) var inputs: [TensorSpecification] = []
    /// The outputs.
    private(set) var outputs: [TensorSpecification] = []
    /// What each output is.
    private(set) var kinds: [OutputKind] = []
    /// Labels of columns, by output: `classes.<output>` with a JSON array.
    private(set) var properties: [(key: String, value: String)] = []

    /// Asks the session, and the file for what the session cannot tell.
    ///
    /// - Throws: `model_invalid` for a type that has no tensor form here.
    init(_ runtime: ONNXRuntime, _ session: OpaquePointer, _ file: ONNXFile)
        throws(ServingError)
    {
        let types = TypeReader(api: runtime.api, namesWithoutShape: file.namesWithoutShape)
        do throws(ONNXFailure) {
            let names = try Self.names(runtime, session)
            for (index, name) in names.inputs.enumerated() {
                let info = try runtime.api.make {
                    runtime.api.pointee.SessionGetInputTypeInfo(session, index, &$0)
                }
                defer { runtime.api.pointee.ReleaseTypeInfo(info) }
                inputs.append(try types.input(name, info))
            }
            for (index, name) in names.outputs.enumerated() {
                let info = try runtime.api.make {
                    runtime.api.pointee.SessionGetOutputTypeInfo(session, index, &$0)
                }
                defer { runtime.api.pointee.ReleaseTypeInfo(info) }
                let (output, kind) = try types.output(name, info, file.classLabels[name])
                outputs.append(output)
                kinds.append(kind)
            }
        } catch {
            throw ServingError(.modelInvalid, error.message)
        }
        properties = kinds.indices.compactMap { index in
            guard kinds[index] == .sequenceOfMaps else { return nil }
            let name = outputs[index].name
            return file.classLabels[name].map { ("classes.\(name)", $0.columnsAsJSON) }
        }
    }

    /// The one signature of an ONNX model.
    var signature: ModelSignature {
        // The elements of a sequence belong to no row.
        let unbatched = kinds.firstIndex { $0 == .sequenceOfTensors || $0 == .map }
        let reason = unbatched.map { "output '\(outputs[$0].name)' is one value for all rows" }
        return ModelSignature(
            inputs: inputs, outputs: outputs,
            batching: reason.map { .none(reason: $0) }
                ?? ModelSignature.batching(inputs: inputs, outputs: outputs))
    }

    private static func names(_ runtime: ONNXRuntime, _ session: OpaquePointer)
        throws(ONNXFailure) -> (inputs: [String], outputs: [String])
    {
        let api = runtime.api
        let inputCount: Int = try api.read { api.pointee.SessionGetInputCount(session, &$0) }
        let outputCount: Int = try api.read { api.pointee.SessionGetOutputCount(session, &$0) }
        var names = (inputs: [String](), outputs: [String]())
        for index in 0..<inputCount {
            names.inputs.append(
                try name(runtime) { api.pointee.SessionGetInputName(session, index, $0, &$1) })
        }
        for index in 0..<outputCount {
            names.outputs.append(
                try name(runtime) { api.pointee.SessionGetOutputName(session, index, $0, &$1) })
        }
        return names
    }

    private static func name(
        _ runtime: ONNXRuntime,
        _ body: (OpaquePointer, inout UnsafeMutablePointer<CChar>?) -> OpaquePointer?
    ) throws(ONNXFailure) -> String {
        var text: UnsafeMutablePointer<CChar>?
        try runtime.api.check(body(runtime.allocator, &text))
        guard let text else { return "" }
        defer { runtime.api.discard(runtime.api.pointee.AllocatorFree(runtime.allocator, text)) }
        return String(cString: text)
    }
}
