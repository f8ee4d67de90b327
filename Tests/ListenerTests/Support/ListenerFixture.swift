import Listener
import Logging
import NIOPosix

/// A listener on loopback, on a port that the system chose, unless told otherwise.
func startListener(
    _ handler: RecordingHandler = RecordingHandler(),
    address: ListenerAddress = .tcp(host: "127.0.0.1", port: 0), tls: TLSFiles? = nil,
    observer: RecordingListenerObserver? = nil,
    change: (inout ListenerLimits) -> Void = { _ in }
) async throws -> Listener {
    var configuration = ListenerConfiguration(address: address, name: "test", tls: tls)
    change(&configuration.limits)
    let listener = Listener(
        configuration, handler: handler, group: MultiThreadedEventLoopGroup.singleton,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, observer: observer)
    try await listener.start()
    return listener
}
