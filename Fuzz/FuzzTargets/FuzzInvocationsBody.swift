// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import Inference
    import Listener
    import NIOCore
    import NIOHTTP1
    import ServingCore
    import Tensors

    @testable import Protocols

    /// Takes the body of `/invocations`: JSON in all its forms, CSV, NumPy, JSON Lines.
    ///
    /// The first byte chooses the media type, the second the model. Tensors that are accepted hold what
    /// their shape says.
    public func fuzzInvocationsBody(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 2, let fuzzed = FuzzedModels.shared else { return }
        let type = mediaTypes[Int(bytes[0]) % mediaTypes.count]
        let metadata = bytes[1] & 1 == 0 ? fuzzed.one : fuzzed.several
        let request = HTTPRequest(
            method: .POST, target: "/invocations", headers: ["content-type": type],
            body: ByteBuffer(bytes: bytes.dropFirst(2)))
        do throws(ServingError) {
            let (inference, _) = try InvocationsPredict.decode(
                request, metadata, in: fuzzed.extensions)
            for tensor in inference.inputs.map(\.tensor) {
                _ = try Tensor(tensor.elementType, tensor.shape, tensor.storage)
            }
        } catch {
            promise(!error.message.isEmpty, "an error says what happened")
            promise(error.message.utf8.count < 1 << 14, "an error clips what a client sent")
        }
    }

    private let mediaTypes = [
        "application/json", "text/csv", "text/csv; header=present", "application/x-npy",
        "application/jsonlines", "application/octet-stream",
        "application/vnd.sagemaker-triton.binary+json;json-header-size=60",
    ]

#endif
