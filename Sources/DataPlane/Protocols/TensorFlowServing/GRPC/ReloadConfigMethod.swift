import Inference
import Listener
import NIOCore
import ServingCore

/// Answers `ModelService.HandleReloadConfigRequest`: from then on exactly the models of the list are
/// served.
///
/// A failure ends the call with its code, as in the original (`model_service_impl.cc` returns the
/// status that it also puts into the message, and gRPC sends no message then). The answer's `metric`
/// stays empty: the original's metrics are its own.
struct ReloadConfigMethod: GRPCUnaryMethod {
    let administration: (any ModelAdministration)?
    let observer: any ServerObserver

    func handle(_ call: GRPCCall, _ responder: GRPCResponder) {
        do throws(ServingError) {
            let message = try ReloadConfigMessage(call.message)
            guard let models = message.models else {
                throw ServingError(
                    .invalidRequest,
                    "ServerModelConfig type not supported by HandleReloadConfigRequest."
                        + " Only ModelConfigList is currently supported")
            }
            guard let administration, administration.allowsReplacing else {
                throw ServingError(
                    .unsupported,
                    "this server does not let clients replace its models; set 'model_control: "
                        + "explicit' in its configuration to allow it")
            }
            administration.replaceModels(models) { [observer] result in
                switch result {
                case .success: responder.respond(GRPCReply { StatusMessage.write(1, nil, to: &$0) })
                case .failure(let error): Self.refuse(error, observer, responder)
                }
            }
        } catch {
            Self.refuse(error, observer, responder)
        }
    }

    private static func refuse(
        _ error: ServingError, _ observer: any ServerObserver, _ responder: GRPCResponder
    ) {
        // The configuration came from this client, not from the operator.
        let error =
            error.code == .configurationInvalid
            ? ServingError(.invalidRequest, error.message, cause: error) : error
        observer.requestRefused(.tensorFlowServingGRPC, code: error.code)
        var status = TensorFlowServingGRPCStatus.of(error)
        // A label of a version that does not answer; `server_core.cc` has this code for it.
        if error.code == .modelNotReady { status.code = .failedPrecondition }
        responder.fail(status)
    }
}
