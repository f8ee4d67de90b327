import CWorkerProcess
import EngineInterface
import Glibc
import ServingCore

/// One worker's place: its machine, its process if it has one, and what it says.
///
/// Not `Sendable`: only the supervisor's thread knows it.
final class SupervisedWorker {
    let plan: WorkerPlan
    let position: Int
    weak var owner: (any WorkerOwner)?
    private(set) var machine = SupervisionMachine()
    private(set) var connection: WorkerConnection?
    /// Runs that nobody waits for any more; the lanes become free with their replies.
    private(set) var abandoned: [WorkerLane] = []
    private var inbox = FrameInbox()
    private var lines = OutputLines()
    private var verdict: (end: WorkerEnd, phrase: String)?
    private var memoryKills: Int?
    private var lastSign = MonotonicTime(nanoseconds: 0)
    private var killAt: MonotonicTime?
    private var looksStopped = false
    /// The error of a load, in the worker's words.
    private var refusal: ServingError?
    /// What the first process declared; the next ones must say the same.
    private var declared: [UInt8]?
    /// Tells the guard of process groups.
    private let groupChanged: (_ group: Int32, _ isNew: Bool, _ isUnloaded: Bool) -> Void

    init(
        _ plan: WorkerPlan, position: Int, owner: any WorkerOwner,
        groupChanged: @escaping (Int32, Bool, Bool) -> Void
    ) {
        self.plan = plan
        self.position = position
        self.owner = owner
        self.groupChanged = groupChanged
    }

    var isOver: Bool { machine.state == .stopped }

    // MARK: Starting

    /// Starts the process; a failure to do so counts as its end.
    func start(at now: MonotonicTime) {
        machine.started(at: now)
        inbox = FrameInbox()
        lines = OutputLines()
        verdict = nil
        refusal = nil
        killAt = nil
        looksStopped = false
        (hasClosedOutput, hasClosedReplies) = (false, false)
        lastSign = now
        memoryKills = ProcessFiles.memoryKills()
        do throws(ServingError) {
            let connection = try ConnectionSetup.start(plan, position: position)
            self.connection = connection
            groupChanged(connection.name.process, true, false)
            owner?.workerStarted(position, process: connection.name.process)
            plan.observer?.workerChanged(.started, of: connection.name)
            // It fits into the pipe, or into the worker's reading of it.
            send(plan.load)
        } catch {
            refusal = error
            ended(
                WorkerObituary(
                    .exit(127), verdict: (.load, "could not be started: \(error.message)"),
                    isOutOfMemory: false, lastWords: []), at: now)
        }
    }

    private var unsent: [UInt8] = []
    /// Whether the stream has ended; a worker may close it and live on.
    private(set) var hasClosedOutput = false
    private(set) var hasClosedReplies = false

    /// Whether something waits for the worker to read.
    var wantsToWrite: Bool { !unsent.isEmpty }

    private func send(_ frame: [UInt8]) {
        unsent += frame
        flush()
    }

    /// Writes what is left of commands.
    func flush() {
        guard let connection, !unsent.isEmpty else { return }
        let count = unsent.withUnsafeBytes { bytes in
            Glibc.write(connection.control, bytes.baseAddress, bytes.count)
        }
        if count > 0 {
            unsent.removeFirst(count)
        } else if errno != EAGAIN, errno != EINTR {
            // The worker is gone, or closed its end; its end will be seen.
            unsent.removeAll()
        }
    }

    // MARK: What the worker says

    func readOutput(at now: MonotonicTime) {
        guard let connection else { return }
        // A flood must not keep this thread: what is left waits for the next turn.
        for _ in 0..<16 {
            let count = withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
                let count = Glibc.read(connection.output, buffer.baseAddress, buffer.count)
                if count > 0 {
                    report(lines.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: now))
                }
                return count
            }
            if count == 0 { hasClosedOutput = true }
            guard count > 0 else { return }
            lastSign = now
        }
    }

    private func report(_ lines: [String]) {
        guard let connection, let observer = plan.observer else { return }
        for line in lines { observer.workerPrinted(line, by: connection.name) }
    }

    func readReplies(at now: MonotonicTime) {
        guard let connection else { return }
        do throws(ServingError) {
            for _ in 0..<64 {
                let status = try inbox.fill(from: connection.replies)
                if case .ended = status { hasClosedReplies = true }
                guard case .complete(let frame) = status else { return }
                defer { inbox.consume(frame) }
                try read(frame, at: now)
            }
        } catch {
            kill(.protocol, "broke the protocol and was killed: \(error.message)")
        }
    }

    private func read(_ frame: WorkerFrame, at now: MonotonicTime) throws(ServingError) {
        lastSign = now
        switch frame.kind {
        case .hello, .progress:
            let text = try inbox.withPayload(of: frame) {
                payload throws(ServingError) -> String in try TextMessage.read(payload)
            }
            if frame.kind == .progress, let connection {
                plan.observer?.workerChanged(.progress(text.clipped(to: 500)), of: connection.name)
            }
        case .loaded:
            let (reply, bytes) = try inbox.withPayload(of: frame) {
                payload throws(ServingError) -> (LoadedReply, [UInt8]) in
                (try LoadedReply(payload: payload), Array(payload))
            }
            loaded(reply, bytes, at: now)
        case .failed:
            refusal = try inbox.withPayload(of: frame) {
                payload throws(ServingError) -> ServingError in
                try FailedReply(payload: payload).error
            }
            kill(.load, "could not load the model: \(refusal?.message ?? "")")
        case .statisticsReply: break
        default: throw WorkerFault.broken("a message of kind \(frame.kind) as a reply")
        }
    }

    private func loaded(_ reply: LoadedReply, _ bytes: [UInt8], at now: MonotonicTime) {
        if let declared, declared != bytes {
            return kill(
                .load, "loaded another model than before: its files have changed; publish it as a "
                    + "new version")
        }
        guard let connection, let nanoseconds = machine.loaded(at: now) else { return }
        declared = bytes
        plan.observer?.workerChanged(.ready(nanoseconds: nanoseconds), of: connection.name)
        owner?.workerReady(position, connection, reply)
    }

    // MARK: Lanes

    /// Waits for the reply to a run in its caller's place.
    func adopt(_ lane: WorkerLane, of connection: WorkerConnection) {
        guard self.connection === connection else { return }
        abandoned.append(lane)
        let cancel = CancelCommand(lane: lane.index, run: lane.sequence)
        if let frame = try? cancel.frame(sequence: 0) { send(frame) }
    }

    /// Reads the reply that an abandoned run has got.
    func readAbandoned(_ lane: WorkerLane) {
        guard let connection else { return }
        do throws(ServingError) {
            let status = try lane.inbox.fill(from: lane.result)
            // The process is ending, or the watchdog will find that the lane never becomes free.
            if case .ended = status { return abandoned.removeAll { $0 === lane } }
            guard case .complete(let frame) = status else { return }
            lane.inbox.consume(frame)
            abandoned.removeAll { $0 === lane }
            owner?.laneFreed(connection, lane)
        } catch {
            kill(.protocol, "broke the protocol and was killed: \(error.message)")
        }
    }

    // MARK: Watching

    /// Looks at what no descriptor tells: time, memory, a stopped process.
    func tick(at now: MonotonicTime) {
        // Nobody can ask for a model that nobody holds.
        if owner == nil, machine.state != .stopping { return stop(at: now) }
        if machine.isDue(at: now) { return start(at: now) }
        guard let connection else { return }
        if connection.end < 0 { checkEnd(at: now) }
        if let killAt, now >= killAt { kill(.exit, "did not end when it was asked to") }
        guard verdict == nil else { return }
        checkMemory(connection)
        let longest = connection.longestRun(at: now)
        checkStopped(connection, longest)
        if let longest, longest > plan.settings.watchdog.nanosecondsClamped {
            kill(.hang, "was killed because a run took longer than \(plan.settings.watchdog)")
        }
        if case .starting = machine.state,
            now >= lastSign.advanced(by: plan.loadPatience)
        {
            kill(
                .hang, "was killed because the load gave no sign of life for \(plan.loadPatience)")
        }
    }

    private func checkMemory(_ connection: WorkerConnection) {
        guard let limit = plan.settings.memoryBytes,
            let bytes = ProcessFiles.ownBytes(of: connection.name.process), bytes > limit
        else { return }
        kill(
            .memory,
            "was killed because it took \(ByteCount(bytes).neededMebibytes) of memory, where "
                + "'worker.memory' allows \(ByteCount(limit).neededMebibytes)")
    }

    private func checkStopped(_ connection: WorkerConnection, _ longest: UInt64?) {
        guard let longest, longest > 500_000_000,
            ProcessFiles.isStopped(connection.name.process)
        else {
            looksStopped = false
            return
        }
        // Twice in a row, so that a stop of a moment passes.
        if looksStopped {
            kill(.stopped, "was killed because it had been stopped while a request waited")
        }
        looksStopped = true
    }

    /// Kills the process and all that it started; its end is handled when it is seen.
    func kill(_ end: WorkerEnd, _ phrase: String) {
        guard let connection else { return }
        if verdict == nil { verdict = (end, phrase) }
        _ = Glibc.kill(-connection.name.process, SIGKILL)
    }

    /// Ends the worker for good: politely when nothing runs.
    func stop(at now: MonotonicTime) {
        guard machine.stop() else {
            owner?.workerStopped(position)
            return
        }
        let isIdle = connection?.longestRun(at: now) == nil
        guard isIdle, let frame = try? PayloadWriter().finish(.unload, sequence: 0) else {
            return kill(.exit, "was unloaded")
        }
        killAt = now.advanced(by: Self.unloadPatience)
        send(frame)
    }

    /// How long a worker may take to end when it is asked to.
    private static let unloadPatience = Duration.seconds(3)

    // MARK: The end

    /// Sees whether the process has ended, and buries it then.
    func checkEnd(at now: MonotonicTime) {
        guard let connection else { return }
        let process = connection.name.process
        var (code, isSignal): (Int32, Int32) = (0, 0)
        guard slipway_peek_exit(process, &code, &isSignal) != 0 else { return }
        // While the process is not reaped its number is its own: nobody else's group is hit.
        _ = Glibc.kill(-process, SIGKILL)
        readOutput(at: now)
        readReplies(at: now)
        report(lines.finish(at: now))
        groupChanged(process, false, machine.state == .stopping)
        waitpid(process, nil, 0)
        let kills = ProcessFiles.memoryKills()
        let isOutOfMemory = kills.flatMap { after in memoryKills.map { after > $0 } } ?? false
        ended(
            WorkerObituary(
                isSignal != 0 ? .signal(code) : .exit(code), verdict: verdict,
                isOutOfMemory: isOutOfMemory, lastWords: lines.kept), at: now)
    }

    private func ended(_ obituary: WorkerObituary, at now: MonotonicTime) {
        let connection = connection
        self.connection = nil
        unsent.removeAll()
        abandoned.removeAll()
        let isFirst = !machine.wasReady
        let name = connection?.name ?? WorkerName(
            identity: plan.identity, position: position, process: 0)
        switch machine.ended(at: now) {
        case .restart(let pause):
            plan.observer?.workerChanged(
                .failed(obituary.end, reason: obituary.reason, restart: pause), of: name)
            let error = ServingError(
                .workerFailed, "\(name) \(obituary.phrase)", retryAfter: pause)
            connection?.markDead(
                ServingError(
                    .workerFailed,
                    "\(error.message) while it ran this request; another starts in \(pause): try "
                        + "again", retryAfter: pause))
            owner?.workerLost(
                position,
                WorkerLoss(
                    end: obituary.end,
                    error: error, reason: "\(name) \(obituary.reason)", restart: now.advanced(by: pause), isLooping: machine.isLooping))
        case .finished:
            if connection != nil { plan.observer?.workerChanged(.unloaded, of: name) }
            connection?.markDead(ServingError(.cancelled, "\(name) was unloaded"))
            if isFirst {
                owner?.workerLost(
                    position,
                    WorkerLoss(
                        end: obituary.end,
                        error: refusal
                            ?? ServingError(.workerFailed, "\(name) \(obituary.reason)"),
                        reason: obituary.reason, restart: nil, isLooping: false))
            }
            owner?.workerStopped(position)
        }
    }
}
