import EngineInterface
import Glibc
import ServingCore
import Synchronization

/// The worker's side of the control descriptors: loads a model, then lets each lane serve it.
final class WorkerHosting: Sendable {
    private let engines: [any Engine]
    private let lanes: [HostLane]
    private let output = Mutex<Void>(())
    private let model = Mutex<(any LoadedModel)?>(nil)
    let counts = HostCounts()

    init(engines: [any Engine], lanes: Int) {
        self.engines = engines
        self.lanes = (0..<lanes).map { HostLane(index: $0) }
    }

    /// Writes a reply whole; several threads may.
    func reply(_ frame: [UInt8]) {
        output.withLock { _ in _ = FrameOutput.write(frame, to: WorkerMain.replies) }
    }

    /// Reads commands until the model is unloaded; does not return when the server is gone.
    ///
    /// - Throws: `worker_failed` for a message that breaks the protocol.
    func serve() throws(ServingError) {
        var inbox = FrameInbox()
        while true {
            guard case .complete(let frame) = try inbox.fill(from: WorkerMain.commands) else {
                WorkerMain.endEverything()
            }
            defer { inbox.consume(frame) }
            switch frame.kind {
            case .load:
                let command = try inbox.withPayload(of: frame) {
                    payload throws(ServingError) -> LoadCommand in
                    try LoadCommand(payload: payload)
                }
                // On a thread of its own, so that this one sees the end of the server meanwhile.
                try NamedThread.start("slipway-load") { [self] in
                    load(command, sequence: frame.sequence)
                }
            case .statistics:
                reply(try counts.reply.frame(sequence: frame.sequence))
            case .cancel:
                let command = try inbox.withPayload(of: frame) {
                    payload throws(ServingError) -> CancelCommand in
                    try CancelCommand(payload: payload)
                }
                if lanes.indices.contains(command.lane) { lanes[command.lane].cancel(command.run) }
            case .unload:
                model.withLock { $0?.unload() }
                // Without the libraries' own farewells, which may crash.
                _exit(0)
            default: throw WorkerFault.broken("a message of kind \(frame.kind) as a command")
            }
        }
    }

    private func load(_ command: LoadCommand, sequence: UInt64) {
        do throws(ServingError) {
            guard let engine = engines.first(where: { $0.name == command.engine }) else {
                throw ServingError(
                    .internalError, "this worker has no engine '\(command.engine.clipped())'")
            }
            var settings = WorkerSettings.standard
            settings.isolation = .inProcess
            let source = ModelSource(
                identity: command.identity, files: try ModelFiles.list(command.directory),
                entry: command.entry, options: command.options, worker: settings)
            let loaded = try engine.load(
                source,
                EngineEnvironment(
                    budget: CPUBudget(processors: command.processors),
                    libraryDirectories: command.libraryDirectories))
            model.withLock { $0 = loaded }
            for lane in lanes { try lane.start(loaded, counts) }
            let answer = LoadedReply(
                declaration: loaded.declaration, runsAtATime: loaded.concurrencyMaximum)
            reply(try answer.frame(sequence: sequence))
        } catch {
            if let frame = try? FailedReply(error).frame(sequence: sequence) { reply(frame) }
        }
    }
}

/// What a worker counts.
final class HostCounts: Sendable {
    private let runs = Atomic<UInt64>(0)
    private let nanoseconds = Atomic<UInt64>(0)

    /// A run has ended, well or not.
    func ran(nanoseconds: UInt64) {
        runs.wrappingAdd(1, ordering: .relaxed)
        self.nanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    var reply: StatisticsReply {
        StatisticsReply(
            residentBytes: UInt64(ProcessFiles.ownBytes(of: getpid()) ?? 0),
            runs: runs.load(ordering: .relaxed),
            runNanoseconds: nanoseconds.load(ordering: .relaxed))
    }
}
