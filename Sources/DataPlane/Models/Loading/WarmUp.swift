import Inference
import ServingCore
import Tensors

/// Proves that a loaded version can predict, before anybody else asks it to.
struct WarmUp {
    let clock: any ServingClock
    let timeLimit: Duration
    /// Whether the load has been abandoned.
    let isAbandoned: @Sendable () -> Bool
    /// Ends the request under way when the load is abandoned, so that no stop waits for a slow run.
    var cancellation = RequestCancellation()

    /// Runs the recorded requests or, without any, a made-up one.
    ///
    /// - Returns: Requests that worked, for later probes; none when the policy allows that none is
    ///   run, when the model refuses what is made up as a client's mistake, or when a model of byte
    ///   strings finds it at fault.
    /// - Throws: the engine's error, with what to do about it, when a recorded request fails or when
    ///   no made-up input works; `deadline_exceeded` when the time is up.
    func run(
        _ servable: any Servable, recorded: [InferenceRequest], policy: WarmUpPolicy,
        versionDirectory: String
    ) throws(ServingError) -> [InferenceRequest] {
        guard policy.iterations > 0 else { return [] }
        let deadline = clock.now().advanced(by: timeLimit)
        if !recorded.isEmpty {
            try replay(recorded, on: servable, policy, deadline)
            return Array(recorded.prefix(1))
        }
        guard policy.synthetic else { return [] }
        return try makeUp(servable, policy, deadline, versionDirectory)
    }

    private func replay(
        _ requests: [InferenceRequest], on servable: any Servable, _ policy: WarmUpPolicy,
        _ deadline: MonotonicTime
    ) throws(ServingError) {
        for _ in 0..<policy.iterations {
            for (index, request) in requests.enumerated() {
                do throws(ServingError) {
                    try predict(request, on: servable, deadline)
                } catch {
                    throw error.inContext("recorded warm-up request \(index + 1) failed")
                }
            }
        }
    }

    private func makeUp(
        _ servable: any Servable, _ policy: WarmUpPolicy, _ deadline: MonotonicTime,
        _ versionDirectory: String
    ) throws(ServingError) -> [InferenceRequest] {
        var failure: ServingError?
        for request in Self.candidates(servable.metadata.defaultSignature) {
            do throws(ServingError) {
                for _ in 0..<policy.iterations {
                    try predict(request, on: servable, deadline)
                }
                return [request]
            } catch {
                failure = error
                // Time that is up, or a load that is abandoned, is not the input's fault.
                if [.deadlineExceeded, .cancelled].contains(error.code) { break }
            }
        }
        // A model that refuses what was made up as a client's mistake does answer; it wants real rows.
        if failure?.code == .invalidRequest { return [] }
        // Pictures, texts and serialised examples cannot be made up: a model that finds such bytes at
        // fault does answer, and a client with real ones must not go without it.
        if failure?.code == .invalidTensor, takesBytes(servable) { return [] }
        let failure2 =
            failure
            ?? ServingError(
                .modelInvalid, "no input of a sensible size can be made up from the signature")
        throw ServingError(
            failure2.code,
            "the model does not answer a made-up request: \(failure2.message); record a real "
                + "request in \(versionDirectory)/warmup_requests.jsonl or set "
                + "warm_up.synthetic: false",
            source: failure2.source, cause: failure2.cause)
    }

    private func takesBytes(_ servable: any Servable) -> Bool {
        servable.metadata.defaultSignature.inputs.contains { $0.elementType == .bytes }
    }

    /// Zeros, then ones, then for inputs of any rank the same again with two dimensions.
    static func candidates(_ signature: ModelSignature) -> [InferenceRequest] {
        let hasAnyRank = signature.inputs.contains { $0.dimensions == nil }
        var requests: [InferenceRequest] = []
        for rank in hasAnyRank ? [1, 2] : [1] {
            for content in [MadeUpInputs.Content.zeros, .ones] {
                guard
                    let tensors = try? MadeUpInputs.tensors(
                        for: signature, content, anyRank: rank)
                else { continue }
                requests.append(
                    InferenceRequest(
                        signatureName: signature.name,
                        inputs: zip(signature.inputs, tensors).map { NamedTensor($0.name, $1) }))
            }
        }
        return requests
    }

    /// Submits and waits; this thread is a loader thread, which may block.
    private func predict(
        _ request: InferenceRequest, on servable: any Servable, _ deadline: MonotonicTime
    ) throws(ServingError) {
        guard !isAbandoned() else {
            throw ServingError(.cancelled, "the version is not wanted any more")
        }
        let left = deadline.nanoseconds(since: clock.now())
        guard left > 0 else { throw late }
        var request = request
        request.deadline = deadline
        request.cancellation = cancellation
        let answer = Condition<ServingError??>(nil)
        servable.submit(request) { result in
            answer.change { answer in
                switch result {
                case .success: answer = .some(nil)
                case .failure(let error): answer = .some(error)
                }
            }
        }
        // The servable ends requests at their deadline; a second more is for its own thread's turn.
        let (limit, overflow) = left.addingReportingOverflow(1_000_000_000)
        guard let ended = answer.wait(timeoutNanoseconds: overflow ? left : limit, { $0 }) else {
            cancellation.cancel()
            throw late
        }
        if let error = ended { throw error }
    }

    private var late: ServingError {
        ServingError(.deadlineExceeded, "the warm-up did not end within \(timeLimit)")
    }
}
