import Inference
import Listener
import NIOCore
import ServingCore
import Wire

/// Answers `PredictionService.MultiInference`: several signatures of one model, for the same examples.
struct MultiInferenceMethod: GRPCUnaryMethod {
    let service: any InferenceService
    let observer: any ServerObserver

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        let message: MultiInferenceMessage
        let lease: ModelLease
        do throws(ServingError) {
            message = try MultiInferenceMessage(call.message)
            lease = try GRPCPredictCall<TensorFlowServingGRPCExamples<Classification>>.acquire(
                try message.model(), from: service)
        } catch {
            observer.requestRefused(.tensorFlowServingGRPC, code: error.code)
            return responder.fail(TensorFlowServingGRPCStatus.of(error))
        }
        let calls: [(InferenceRequest, ExampleCall)]
        do throws(ServingError) {
            calls = try message.calls(lease.servable.metadata)
        } catch {
            return MultiInferenceRun(call, lease, [], responder).finish(.failure(error))
        }
        MultiInferenceRun(call, lease, calls, responder).run(after: [])
    }
}

/// One call whose tasks run one after another; the first that fails ends it.
private final class MultiInferenceRun: Sendable {
    private let lease: ModelLease
    private let calls: [(InferenceRequest, ExampleCall)]
    private let responder: GRPCResponder
    private let received: MonotonicTime
    private let deadline: MonotonicTime
    private let cancellation: RequestCancellation

    init(
        _ call: GRPCCall, _ lease: ModelLease, _ calls: [(InferenceRequest, ExampleCall)],
        _ responder: GRPCResponder
    ) {
        self.lease = lease
        self.calls = calls
        self.responder = responder
        received = call.received
        deadline = call.deadline
        cancellation = call.cancellation
    }

    /// Runs the task that follows those with results; there are as many as the model has signatures
    /// at most, so the calls do not nest deeply.
    func run(after results: [ExampleResult]) {
        guard results.count < calls.count else { return finish(.success(reply(results))) }
        let (decoded, call) = calls[results.count]
        var request = decoded
        request.deadline = deadline
        request.cancellation = cancellation
        lease.servable.submit(request) { [self] result in
            do throws(ServingError) {
                let outputs = try result.get().outputs
                run(after: results + [try call.result(of: outputs)])
            } catch {
                finish(.failure(error))
            }
        }
    }

    /// `MultiInferenceResponse`: results 1, each with model_spec 1 and classification_result 2 or
    /// regression_result 3.
    private func reply(_ results: [ExampleResult]) -> GRPCReply {
        let identity = lease.servable.metadata.identity
        return GRPCReply { buffer in
            for (result, call) in zip(results, calls) {
                buffer.writeProtobuf(1) { buffer in
                    ModelSpecMessage.write(
                        1, name: identity.name.text, version: identity.version,
                        signatureName: call.1.signatureName, to: &buffer)
                    let field = if case .classification = result { 2 } else { 3 }
                    buffer.writeProtobuf(field) { result.write(to: &$0) }
                }
            }
        }
    }

    /// Counts the call and answers it.
    func finish(_ result: Result<GRPCReply, ServingError>) {
        let nanoseconds = MonotonicTime.now().nanoseconds(since: received)
        let observer = lease.servable.observer
        switch result {
        case .success(let reply):
            observer.requestFinished(
                .tensorFlowServingGRPC, outcome: nil, nanoseconds: nanoseconds)
            responder.respond(reply)
        case .failure(let error):
            observer.requestFinished(
                .tensorFlowServingGRPC, outcome: error.code, nanoseconds: nanoseconds)
            responder.fail(TensorFlowServingGRPCStatus.of(error))
        }
    }
}
