import Glibc
import Inference
import ServingCore
import Tensors

extension [WarmUpSample] {
    /// The requests that the samples describe, each as often as it says; reads their files.
    ///
    /// - Throws: `model_invalid` that names the sample and the input, also when there are more than
    ///   `Limits.warmUpRequestsMaximum`; `resource_exhausted`.
    func requests() throws(ServingError) -> [InferenceRequest] {
        var requests: [InferenceRequest] = []
        for sample in self {
            let request: InferenceRequest
            do throws(ServingError) {
                request = try sample.request()
            } catch {
                throw error.inContext("warm-up sample '\(sample.name.clipped(to: 80))'")
            }
            guard requests.count + sample.count <= Limits.warmUpRequestsMaximum else {
                throw ServingError(
                    .modelInvalid,
                    "the warm-up samples make more than \(Limits.warmUpRequestsMaximum) requests; "
                        + "lower 'count'")
            }
            for _ in 0..<sample.count { requests.append(request) }
        }
        return requests
    }
}

extension WarmUpSample {
    fileprivate func request() throws(ServingError) -> InferenceRequest {
        var tensors: [NamedTensor] = []
        for (index, input) in inputs.enumerated() {
            do throws(ServingError) {
                tensors.append(NamedTensor(input.name, try input.tensor(seed: UInt64(index))))
            } catch {
                throw ServingError(
                    error.code == .resourceExhausted ? .resourceExhausted : .modelInvalid,
                    "input '\(input.name.clipped(to: 80))': \(error.message)", cause: error)
            }
        }
        return InferenceRequest(inputs: tensors)
    }
}

extension WarmUpSample.Input {
    fileprivate func tensor(seed: UInt64) throws(ServingError) -> Tensor {
        let shape = try Shape(dimensions)
        switch content {
        case .zeros: return try .zeros(elementType, shape)
        case .random:
            return try MadeUpInputs.tensor(elementType, shape, seed: seed &* 7919 &+ 1)
        case .file(let path):
            return try Tensor(elementType, shape, try Self.bytes(of: path, repeated: repetitions))
        }
    }

    /// The bytes of a regular file, one copy after another.
    private static func bytes(of path: String, repeated times: Int) throws(ServingError)
        -> TensorStorage
    {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw unreadable(path, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw unreadable(path, "it is not a regular file")
        }
        let count = Int(status.st_size)
        let (total, overflow) = count.multipliedReportingOverflow(by: times)
        let memory = try TensorMemory.allocate(byteCount: overflow ? .max : total)
        guard count > 0 else { return memory.freeze() }
        var filled = 0
        while filled < count {
            let part = UnsafeMutableRawBufferPointer(rebasing: memory.bytes[filled..<count])
            let got = read(descriptor, part.baseAddress, part.count)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw unreadable(path, "it became shorter while it was read") }
            filled += got
        }
        let first = UnsafeRawBufferPointer(rebasing: memory.bytes[..<count])
        for copy in 0..<times where copy > 0 {
            UnsafeMutableRawBufferPointer(rebasing: memory.bytes[(copy * count)...])
                .copyMemory(from: first)
        }
        return memory.freeze()
    }

    private static func unreadable(_ path: String, _ reason: String) -> ServingError {
        ServingError(.fileUnreadable, "cannot read '\(path.clipped())': \(reason)")
    }
}
