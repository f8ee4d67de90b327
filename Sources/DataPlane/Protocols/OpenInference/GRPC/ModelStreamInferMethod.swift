import Inference
import Listener
import NIOCore
import NIOHPACK
import ServingCore
import Synchronization
import Wire

/// `ModelStreamInfer`: each request of the stream is a prediction with one answer.
///
/// Requests run at the same time, as many as the listener delivers; answers come in the order of the
/// requests. A prediction that fails is an answer with `error_message`, and the stream goes on,
/// unless the call's metadata has `triton_grpc_error: true`: then the first error ends it. In the
/// compatibility mode `mlserver` answers are bare `ModelInferResponse`, and the first error ends it
/// too.
struct ModelStreamInferMethod: GRPCStreamingMethod {
    let context: ModelInferPredict.Context
    let service: any InferenceService
    let observer: any ServerObserver

    func open(_ call: GRPCCall, _ writer: GRPCStreamWriter) -> any GRPCStreamReceiver {
        Receiver(method: self, call: call, writer: writer)
    }

    /// The answer to a request that failed; it repeats the request's id, so that the client can tell
    /// which one it was.
    static func failure(_ status: GRPCStatus, of message: ByteBuffer) -> GRPCReply {
        let request = try? ModelInferMessage(message)
        return GRPCReply { buffer in
            buffer.writeProtobuf(1, string: status.message.isEmpty ? "failed" : status.message)
            buffer.writeProtobuf(2) { response in
                response.writeProtobufIfSet(1, string: request?.modelName ?? "")
                response.writeProtobufIfSet(2, string: request?.modelVersion ?? "")
                response.writeProtobufIfSet(3, string: request?.id ?? "")
                ModelInferResponseWriter.writeFinalMark(to: &response)
            }
        }
    }

    private final class Receiver: GRPCStreamReceiver {
        private struct State {
            var order = AnswerOrder<Result<GRPCReply, GRPCStatus>>()
            /// How to stop the requests that are not answered yet.
            var cancellations: [UInt64: RequestCancellation] = [:]
            /// Requests that are with the service.
            var running = 0
            var isOver = false
        }

        private let method: ModelStreamInferMethod
        private let call: GRPCCall
        private let writer: GRPCStreamWriter
        private let endsAtError: Bool
        private let state = Mutex(State())

        init(method: ModelStreamInferMethod, call: GRPCCall, writer: GRPCStreamWriter) {
            self.method = method
            self.call = call
            self.writer = writer
            // MLServer's answers have no place for an error.
            endsAtError =
                !method.context.isStream
                || call.metadata.first(name: "triton_grpc_error") == "true"
        }

        func received(_ message: ByteBuffer) {
            let cancellation = RequestCancellation()
            let place = state.withLock { state -> UInt64? in
                guard !state.isOver else { return nil }
                let place = state.order.requested()
                state.cancellations[place] = cancellation
                state.running += 1
                return place
            }
            guard let place else { return writer.messageHandled() }
            var single = call
            single.message = message
            single.received = .now()
            single.cancellation = cancellation
            GRPCPredictCall<ModelInferPredict>.run(
                single, in: method.context, service: method.service, observer: method.observer,
                Answer(receiver: self, place: place, message: message))
        }

        /// Takes the answer to one request of the stream.
        private struct Answer: GRPCPredictResponder {
            let receiver: Receiver
            let place: UInt64
            let message: ByteBuffer

            func finish(_ result: Result<GRPCReply, GRPCStatus>) {
                switch result {
                case .failure(let status) where !receiver.endsAtError:
                    let failure = ModelStreamInferMethod.failure(status, of: message)
                    receiver.answered(place, .success(failure))
                default: receiver.answered(place, result)
                }
            }
        }

        func ended() {
            state.withLock { $0.order.ended() }
            send()
        }

        func cancelled() {
            stop()
            if state.withLock({ $0.running == 0 }) { writer.finish(.ok) }
        }

        private func answered(_ place: UInt64, _ answer: Result<GRPCReply, GRPCStatus>) {
            let isLast = state.withLock { state in
                state.cancellations[place] = nil
                state.running -= 1
                state.order.answered(place, answer)
                return state.isOver && state.running == 0
            }
            // Cancelled; the connection waits until nothing is worked on any more.
            if isLast { return writer.finish(.ok) }
            send()
        }

        /// Sends what is ready; only one thread at a time does so.
        private func send() {
            guard state.withLock({ $0.isOver ? false : $0.order.beginSending() }) else { return }
            while true {
                switch state.withLock({ $0.order.next() }) {
                case .send(.success(let reply)):
                    writer.send(reply)
                    writer.messageHandled()
                case .send(.failure(let status)):
                    stop()
                    return writer.finish(status)
                case .finish: return writer.finish(.ok)
                case .wait: return
                }
            }
        }

        /// Drops the answers that are still to come and cancels what computes them.
        private func stop() {
            let running = state.withLock { state in
                state.isOver = true
                defer { state.cancellations = [:] }
                return state.cancellations
            }
            for cancellation in running.values { cancellation.cancel() }
        }
    }
}
