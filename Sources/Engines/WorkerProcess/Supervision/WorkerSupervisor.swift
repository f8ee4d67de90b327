import CWorkerProcess
import EngineInterface
import Glibc
import ServingCore
import Synchronization

/// One thread that starts, watches and buries the workers of all models.
///
/// One and long-lived, because the system kills a worker when the thread that started it ends.
final class WorkerSupervisor: Sendable {
    /// What other threads ask of it.
    enum Command: Sendable {
        case start(WorkerPlan, position: Int, owner: any WorkerOwner)
        case stop(owner: any WorkerOwner)
        case adopt(WorkerConnection, WorkerLane)
        case kill(WorkerConnection, WorkerEnd, String)
    }

    /// The one of this process.
    static let shared = WorkerSupervisor()

    /// Between two looks at time and memory while there are workers.
    private static let period: Int32 = 100

    private struct State {
        var commands: [Command] = []
        var isRunning = false
    }

    private let state = Mutex(State())
    private let wake = slipway_event()

    private init() {}

    /// Asks for something; starts the thread first.
    ///
    /// - Throws: `resource_exhausted` when the system starts no more threads.
    func ask(_ command: Command) throws(ServingError) {
        let isNew = state.withLock { state in
            state.commands.append(command)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if isNew {
            // Writes to workers that are gone are errors of the write, not of the process.
            signal(SIGPIPE, SIG_IGN)
            do throws(ServingError) {
                try NamedThread.start("slipway-workers") { [self] in
                    let loop = SupervisorLoop(wake: wake) { [self] in takeCommands() }
                    loop.run(period: Self.period)
                    withExtendedLifetime(loop) {}
                }
            } catch {
                state.withLock { $0 = State() }
                throw error
            }
        }
        var one: UInt64 = 1
        _ = write(wake, &one, 8)
    }

    private func takeCommands() -> [Command] {
        state.withLock { state in
            defer { state.commands.removeAll() }
            return state.commands
        }
    }
}

/// The supervisor's thread: waits for descriptors and time, and lets each worker look at its own.
private final class SupervisorLoop {
    /// What a descriptor belongs to.
    private enum Source {
        case wake
        case output(SupervisedWorker)
        case replies(SupervisedWorker)
        case control(SupervisedWorker)
        case end(SupervisedWorker)
        case lane(SupervisedWorker, WorkerLane)
    }

    private let wake: Int32
    private let commands: () -> [WorkerSupervisor.Command]
    private var workers: [SupervisedWorker] = []
    private var watch = WorkerGuard()

    init(wake: Int32, commands: @escaping () -> [WorkerSupervisor.Command]) {
        self.wake = wake
        self.commands = commands
    }

    func run(period: Int32) {
        var descriptors: [pollfd] = []
        var sources: [Source] = []
        var nextTick = MonotonicTime.now()
        while true {
            collect(&descriptors, &sources)
            let count = poll(&descriptors, nfds_t(descriptors.count), workers.isEmpty ? -1 : period)
            let now = MonotonicTime.now()
            if count > 0 {
                for (descriptor, source) in zip(descriptors, sources) where descriptor.revents != 0
                {
                    handle(source, at: now)
                }
            }
            for command in commands() { perform(command, at: now) }
            if now >= nextTick || count == 0 {
                for worker in workers { worker.tick(at: now) }
                nextTick = now.advanced(by: .milliseconds(Int64(period)))
            }
            workers.removeAll { $0.isOver }
        }
    }

    private func collect(_ descriptors: inout [pollfd], _ sources: inout [Source]) {
        descriptors.removeAll(keepingCapacity: true)
        sources.removeAll(keepingCapacity: true)
        func add(_ descriptor: Int32, _ source: Source, _ events: Int32 = POLLIN) {
            guard descriptor >= 0 else { return }
            descriptors.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
            sources.append(source)
        }
        add(wake, .wake)
        for worker in workers {
            guard let connection = worker.connection else { continue }
            if !worker.hasClosedOutput { add(connection.output, .output(worker)) }
            if !worker.hasClosedReplies { add(connection.replies, .replies(worker)) }
            if worker.wantsToWrite { add(connection.control, .control(worker), POLLOUT) }
            add(connection.end, .end(worker))
            for lane in worker.abandoned { add(lane.result, .lane(worker, lane)) }
        }
    }

    private func handle(_ source: Source, at now: MonotonicTime) {
        switch source {
        case .wake:
            var count: UInt64 = 0
            _ = read(wake, &count, 8)
        case .output(let worker): worker.readOutput(at: now)
        case .replies(let worker): worker.readReplies(at: now)
        case .control(let worker): worker.flush()
        case .lane(let worker, let lane): worker.readAbandoned(lane)
        case .end(let worker): worker.checkEnd(at: now)
        }
    }

    private func perform(_ command: WorkerSupervisor.Command, at now: MonotonicTime) {
        switch command {
        case .start(let plan, let position, let owner):
            let worker = SupervisedWorker(plan, position: position, owner: owner) {
                [weak self] group, isNew, isUnloaded in
                self?.groupChanged(group, isNew, isUnloaded)
            }
            workers.append(worker)
            worker.start(at: now)
        case .stop(let owner):
            for worker in workers where worker.owner === owner { worker.stop(at: now) }
        case .adopt(let connection, let lane):
            for worker in workers { worker.adopt(lane, of: connection) }
        case .kill(let connection, let end, let phrase):
            for worker in workers where worker.connection === connection {
                worker.kill(end, phrase)
            }
        }
    }

    private func groupChanged(_ group: Int32, _ isNew: Bool, _ isUnloaded: Bool) {
        let others = workers.compactMap { $0.connection?.name.process }.filter { $0 != group }
        guard !isNew else { return watch.add(group, others: others) }
        watch.remove(group)
        // With the last worker the guard goes as well.
        if isUnloaded, others.isEmpty { watch.stop() }
    }
}
