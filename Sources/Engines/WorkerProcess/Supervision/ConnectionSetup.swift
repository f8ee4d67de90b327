import CWorkerProcess
import EngineInterface
import Glibc
import ServingCore
import Synchronization

/// Makes the pipes and the shared memory of a worker and starts its process.
struct ConnectionSetup {
    /// A pipe's two ends, or what else is open while a worker is set up.
    private var mine: [Int32] = []
    private var theirs: [Int32] = []
    private static let nextProcessor = Atomic<Int>(0)

    /// Starts a worker; nothing stays open when it throws.
    ///
    /// - Throws: `resource_exhausted` or `configuration_invalid`.
    static func start(_ plan: WorkerPlan, position: Int) throws(ServingError) -> WorkerConnection {
        var setup = ConnectionSetup()
        defer { for descriptor in setup.theirs { close(descriptor) } }
        do throws(ServingError) {
            return try setup.connect(plan, position)
        } catch {
            for descriptor in setup.mine { close(descriptor) }
            throw error
        }
    }

    private mutating func connect(_ plan: WorkerPlan, _ position: Int) throws(ServingError)
        -> WorkerConnection
    {
        let null = try check(open("/dev/null", O_RDWR | O_CLOEXEC))
        theirs.append(null)
        let output = try pipe(mineIsRead: true)
        let control = try pipe(mineIsRead: false)
        let replies = try pipe(mineIsRead: true)
        var descriptors = [null, output.theirs, output.theirs, control.theirs, replies.theirs]
        var lanes: [(command: Int32, result: Int32, memory: Int32, wake: Int32)] = []
        for _ in 0..<plan.lanes {
            let command = try pipe(mineIsRead: false)
            let result = try pipe(mineIsRead: true)
            let memory = try mine(slipway_memory_file("slipway-lane"))
            let wake = try mine(slipway_event())
            lanes.append((command.mine, result.mine, memory, wake))
            descriptors += [command.theirs, result.theirs, memory]
        }
        let process = try Self.spawn(plan, descriptors)
        return WorkerConnection(
            name: WorkerName(identity: plan.identity, position: position, process: process),
            lanes: lanes.enumerated().map { index, lane in
                WorkerLane(
                    index: index, command: lane.command, result: lane.result,
                    memory: SharedMemory(file: lane.memory), wake: lane.wake)
            }, control: control.mine, replies: replies.mine, output: output.mine,
            end: slipway_pidfd_open(process))
    }

    private static func spawn(_ plan: WorkerPlan, _ descriptors: [Int32]) throws(ServingError)
        -> Int32
    {
        try ProcessSpawn(
            executable: plan.launch.executable, arguments: plan.launch.arguments,
            environment: WorkerEnvironment.variables(
                plan.launch, settings: plan.settings, processors: plan.processors,
                lanes: plan.lanes),
            directory: plan.launch.workingDirectory ?? plan.directory, descriptors: descriptors,
            dataLimit: plan.dataLimit,
            processors: plan.settings.processors.map(Self.processors(_:)) ?? []
        ).run()
    }

    private mutating func pipe(mineIsRead: Bool) throws(ServingError) -> (
        mine: Int32, theirs: Int32
    ) {
        var ends: [Int32] = [-1, -1]
        _ = try check(slipway_pipe(&ends, mineIsRead ? 0 : 1))
        let (mine, theirs) = mineIsRead ? (ends[0], ends[1]) : (ends[1], ends[0])
        self.mine.append(mine)
        self.theirs.append(theirs)
        return (mine, theirs)
    }

    private mutating func mine(_ descriptor: Int32) throws(ServingError) -> Int32 {
        let descriptor = try check(descriptor)
        mine.append(descriptor)
        return descriptor
    }

    private func check(_ result: Int32) throws(ServingError) -> Int32 {
        guard result >= 0 else {
            let number = result == -1 ? errno : -result
            throw ServingError(
                .resourceExhausted,
                "cannot set a worker up: \(String(cString: strerror(number))); raise the limit of "
                    + "open files if it is that")
        }
        return result
    }

    /// So many of this process's processors, the next ones each time, as a mask for the system.
    private static func processors(_ count: Int) -> [UInt8] {
        var mask = [UInt8](repeating: 0, count: 1024)
        let length = slipway_affinity(&mask, mask.count)
        guard length > 0 else { return [] }
        let all = (0..<Int(length) * 8).filter { mask[$0 / 8] & (1 << ($0 % 8)) != 0 }
        guard count < all.count else { return [] }
        let first = nextProcessor.add(count, ordering: .relaxed).oldValue
        var chosen = [UInt8](repeating: 0, count: Int(length))
        for index in 0..<count {
            let processor = all[(first &+ index).magnitude % all.count]
            chosen[processor / 8] |= 1 << (processor % 8)
        }
        return chosen
    }
}

extension UInt {
    fileprivate static func % (left: UInt, right: Int) -> Int { Int(left % UInt(right)) }
}
