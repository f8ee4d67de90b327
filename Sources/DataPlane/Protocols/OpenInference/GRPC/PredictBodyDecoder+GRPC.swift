public import NIOCore
public import ServingCore
public import Tensors

extension PredictBodyDecoder {
    /// Reads the inputs of a `ModelInferRequest` message; inputs in shared memory are refused.
    ///
    /// - Throws: `invalid_request`, `invalid_tensor`.
    public static func inputs(modelInferRequest message: ByteBuffer) throws(ServingError)
        -> [NamedTensor]
    {
        let message = try ModelInferMessage(message)
        let reference = try ModelVersionText.reference(
            message.modelName, version: message.modelVersion)
        var inputs = ModelInferInputs(message, model: try reference.checkedSelector().name)
        return try inputs.read { (input, _, _) throws(ServingError) in
            guard try input.sharedMemory() != nil else { return nil }
            throw ServingError(.unsupported, "the message stands alone, without shared memory")
        }
    }
}
