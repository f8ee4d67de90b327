import Inference
import Listener
import ServingCore

/// One prediction from its request to its answer, the same for every protocol:
/// lease, decode, submit, encode, count, respond.
enum PredictCall<Wire: ContextualPredictProtocol> {
    /// Answers a request exactly once, now or when the model is done, on whatever thread that is.
    ///
    /// Whatever happens, either the model's observer or (before a model is found) the server's hears
    /// of the request once, before the answer leaves.
    static func run(
        _ request: HTTPRequest, _ model: ModelReference, in context: Wire.Context,
        service: any InferenceService, observer: any ServerObserver, _ responder: HTTPResponder
    ) {
        let lease: ModelLease
        do throws(ServingError) {
            lease = try acquire(model, from: service)
        } catch {
            observer.requestRefused(Wire.wire, code: error.code)
            return responder.respond(Wire.refusal(error, in: context))
        }
        let received = request.received
        do throws(ServingError) {
            let (decoded, form) = try Wire.decode(
                request, lease.servable.metadata, in: context)
            var inference = decoded
            inference.deadline = min(inference.deadline ?? request.deadline, request.deadline)
            inference.cancellation = request.cancellation
            lease.servable.submit(inference) { result in
                finish(result, form, lease, context, since: received, responder)
            }
        } catch {
            answer(.failure(error), lease, context, since: received, responder)
        }
    }

    /// Leases the model that a path names.
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
        _ lease: ModelLease, _ context: Wire.Context, since received: MonotonicTime,
        _ responder: HTTPResponder
    ) {
        let encoded: Result<HTTPResponse, ServingError>
        switch result {
        case .success(let response):
            do throws(ServingError) {
                encoded = .success(try Wire.encode(response, as: form, in: context))
            } catch {
                encoded = .failure(error)
            }
        case .failure(let error): encoded = .failure(error)
        }
        answer(encoded, lease, context, since: received, responder)
    }

    private static func answer(
        _ result: Result<HTTPResponse, ServingError>, _ lease: ModelLease,
        _ context: Wire.Context, since received: MonotonicTime, _ responder: HTTPResponder
    ) {
        let nanoseconds = MonotonicTime.now().nanoseconds(since: received)
        let observer = lease.servable.observer
        switch result {
        case .success(let response):
            observer.requestFinished(Wire.wire, outcome: nil, nanoseconds: nanoseconds)
            responder.respond(response)
        case .failure(let error):
            observer.requestFinished(Wire.wire, outcome: error.code, nanoseconds: nanoseconds)
            responder.respond(Wire.refusal(error, in: context))
        }
    }
}

extension PredictCall where Wire.Context == Void {
    /// Answers a request of a protocol without a context.
    static func run(
        _ request: HTTPRequest, _ model: ModelReference, service: any InferenceService,
        observer: any ServerObserver, _ responder: HTTPResponder
    ) {
        run(request, model, in: (), service: service, observer: observer, responder)
    }
}
