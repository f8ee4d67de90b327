import Listener
import NIOHTTP1
import ServingCore

/// The routes that load and unload models.
extension OpenInferenceServer {
    func load(_ name: String, _ request: HTTPRequest, _ responder: HTTPResponder) {
        do throws(ServingError) { try extensions.repository.requireLoading() } catch {
            return responder.respond(refuse(error))
        }
        // Files of up to a hundred megabytes are decoded: not on an event loop.
        onThread(responder) { [self] () throws(ServingError) in
            let parameters = try ExtensionBody.parameters(of: request.body)
            extensions.repository.load(name, parameters) { finish($0, responder) }
        }
    }

    func unload(_ name: String, _ request: HTTPRequest, _ responder: HTTPResponder) {
        do throws(ServingError) {
            let parameters = try ExtensionBody.parameters(of: request.body)
            extensions.repository.unload(name, parameters) { finish($0, responder) }
        } catch {
            responder.respond(refuse(error))
        }
    }

    private func onThread(
        _ responder: HTTPResponder, _ work: @escaping @Sendable () throws(ServingError) -> Void
    ) {
        do throws(ServingError) {
            try NamedThread.start("v2-load") { [self] in
                do throws(ServingError) { try work() } catch { responder.respond(refuse(error)) }
            }
        } catch {
            responder.respond(refuse(error))
        }
    }

    private func finish(_ result: Result<Void, ServingError>, _ responder: HTTPResponder) {
        switch result {
        case .success:
            responder.respond(HTTPResponse(.ok, contentType: OpenInferenceReply.contentType))
        case .failure(let error): responder.respond(refuse(error))
        }
    }
}
