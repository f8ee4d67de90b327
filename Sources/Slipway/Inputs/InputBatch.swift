import Inference
import ServingCore
import Tensors

/// The requests of several files on their way to one.
struct InputBatch {
    private var first: InferenceRequest?
    private var parts: [(name: String, tensors: [Tensor])] = []

    /// Takes a file's request.
    ///
    /// - Throws: `invalid_request` when files ask for different signatures or outputs.
    mutating func add(_ request: InferenceRequest) throws(ServingError) {
        if let first {
            guard first.signatureName == request.signatureName,
                first.outputNames == request.outputNames
            else {
                throw ServingError(
                    .invalidRequest,
                    "the files ask for different signatures or outputs; send them one by one")
            }
        } else {
            first = request
        }
        for input in request.inputs {
            if let index = parts.firstIndex(where: { $0.name == input.name }) {
                parts[index].tensors.append(input.tensor)
            } else {
                parts.append((input.name, [input.tensor]))
            }
        }
    }

    /// Joins the inputs of one name along the outermost dimension.
    ///
    /// - Throws: `invalid_tensor` when they cannot be joined.
    func request() throws(ServingError) -> InferenceRequest {
        var inputs: [NamedTensor] = []
        for part in parts {
            do throws(ServingError) {
                inputs.append(NamedTensor(part.name, try .concatenatingRows(part.tensors)))
            } catch {
                throw error.inContext("input '\(part.name)' of several files")
            }
        }
        return InferenceRequest(
            signatureName: first?.signatureName, inputs: inputs, outputNames: first?.outputNames)
    }
}
