import Inference
import Listener
import NIOCore
import ServingCore

/// Takes the one answer to a prediction; a type, so that a call costs no closure for it.
protocol GRPCPredictResponder: Sendable {
    /// Answers, from any thread, exactly once.
    func finish(_ result: Result<GRPCReply, GRPCStatus>)
}

extension GRPCResponder: GRPCPredictResponder {
    func finish(_ result: Result<GRPCReply, GRPCStatus>) {
        switch result {
        case .success(let reply): respond(reply)
        case .failure(let status): fail(status)
        }
    }
}

/// One prediction over gRPC from its message to its answer, the same for every protocol:
/// parse, lease, decode, submit, encode, count, respond.
enum GRPCPredictCall<Wire: ContextualGRPCPredictProtocol> {
    /// Answers a call exactly once, now or when the model is done, on whatever thread that is.
    ///
    /// Whatever happens, either the model's observer or (before a model is found) the server's hears
    /// of the request once, before the answer leaves.
    static func run(
        _ call: GRPCCall, in context: Wire.Context, service: any InferenceService,
        observer: any ServerObserver, _ responder: some GRPCPredictResponder
    ) {
        let message: Wire.Message
        let lease: ModelLease
        do throws(ServingError) {
            message = try Wire.parse(call.message)
            lease = try acquire(try Wire.model(of: message), from: service)
        } catch {
            observer.requestRefused(Wire.wire, code: error.code)
            return responder.finish(.failure(Wire.status(error, in: context)))
        }
        let received = call.received
        do throws(ServingError) {
            let (decoded, form) = try Wire.decode(
                message, call, lease.servable.metadata, in: context)
            var inference = decoded
            inference.deadline = min(inference.deadline ?? call.deadline, call.deadline)
            inference.cancellation = call.cancellation
            lease.servable.submit(inference) { result in
                finish(result, form, lease, in: context, since: received, responder)
            }
        } catch {
            answer(.failure(error), lease, in: context, since: received, responder)
        }
    }

    /// Leases the model that a message names.
    ///
    /// - Throws: what the service throws, and `model_not_found` or `label_not_found` for a name that
    ///   no model or label can have, in the protocol's words.
    static func acquire(_ model: ModelReference, from service: any InferenceService)
        throws(ServingError) -> ModelLease
    {
        do throws(ServingError) {
            return try service.acquire(try model.checkedSelector())
        } catch {
            throw Wire.refusalWords(error, for: model)
        }
    }

    private static func finish(
        _ result: Result<InferenceResponse, ServingError>, _ form: Wire.ReplyForm,
        _ lease: ModelLease, in context: Wire.Context, since received: MonotonicTime,
        _ responder: some GRPCPredictResponder
    ) {
        let encoded: Result<GRPCReply, ServingError>
        switch result {
        case .success(let response):
            do throws(ServingError) {
                encoded = .success(try Wire.encode(response, as: form, in: context))
            } catch {
                encoded = .failure(error)
            }
        case .failure(let error): encoded = .failure(error)
        }
        answer(encoded, lease, in: context, since: received, responder)
    }

    private static func answer(
        _ result: Result<GRPCReply, ServingError>, _ lease: ModelLease,
        in context: Wire.Context, since received: MonotonicTime,
        _ responder: some GRPCPredictResponder
    ) {
        let nanoseconds = MonotonicTime.now().nanoseconds(since: received)
        let observer = lease.servable.observer
        switch result {
        case .success(let reply):
            observer.requestFinished(Wire.wire, outcome: nil, nanoseconds: nanoseconds)
            responder.finish(.success(reply))
        case .failure(let error):
            observer.requestFinished(Wire.wire, outcome: error.code, nanoseconds: nanoseconds)
            responder.finish(.failure(Wire.status(error, in: context)))
        }
    }
}

extension GRPCPredictCall where Wire: GRPCPredictProtocol {
    /// As the other, for protocols that need nothing but the message.
    static func run(
        _ call: GRPCCall, service: any InferenceService, observer: any ServerObserver,
        _ responder: GRPCResponder
    ) {
        run(call, in: (), service: service, observer: observer, responder)
    }
}
