import Dispatch
import EngineInterface
import Glibc
import Inference
import ServingCore
import Synchronization
import Tensors

extension EngineConformance {
    func manyThreads() throws {
        try withModel(identity()) { model, _ in
            let failures = Mutex([String]())
            let threads = min(model.concurrencyMaximum, 16)
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                do {
                    for turn in 0..<200 {
                        let seed = UInt8(truncatingIfNeeded: thread * 200 + turn)
                        let tensor = try patterned(usualType, [1 + turn % 9, 7], seed: seed)
                        try expectSame(try run(model, [tensor]).first, tensor, "thread \(thread)")
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            let found = failures.withLock { $0 }
            try expect(found.isEmpty, found.joined(separator: "; "))
        }
    }

    func stoppedBefore() throws {
        try withModel(models.slow.source) { model, _ in
            let cancellation = RunCancellation()
            cancellation.cancel(ServingError(.deadlineExceeded, "too late already"))
            try expectStopped(model, cancellation, .deadlineExceeded)
        }
    }

    func stoppedMeanwhile() throws {
        try withModel(models.slow.source) { model, _ in try stop(model) }
    }

    func runsAfterStop() throws {
        try withModel(models.slow.source) { model, _ in
            // Whatever a stopped run leaves behind must not stop the next one, nor let it go on.
            for _ in 0..<3 { try stop(model) }
        }
        try withModel(identity()) { model, signature in
            let tensor = try patterned(usualType, [2, 2])
            for _ in 0..<3 {
                let cancellation = RunCancellation()
                cancellation.cancel(ServingError(.cancelled, "not wanted"))
                _ = try? model.run(
                    signature: signature, inputs: [tensor], outputIndices: [0],
                    cancellation: cancellation)
                try expectSame(try run(model, [tensor]).first, tensor, "a run after a stopped one")
            }
        }
    }

    /// Stops a run from another thread once it has surely begun; without that it takes an hour.
    ///
    /// The thread is not one of a pool: those may all be in runs that wait to be stopped.
    private func stop(_ model: any LoadedModel) throws {
        let cancellation = RunCancellation()
        let start = RunStart()
        let stopper = try OwnThread {
            while !start.isNear.load(ordering: .acquiring) { sched_yield() }
            let pause = MonotonicTime.now().advanced(by: .milliseconds(5))
            while MonotonicTime.now() < pause { sched_yield() }
            cancellation.cancel(ServingError(.cancelled, "nobody waits"))
        }
        defer { stopper.join() }
        start.isNear.store(true, ordering: .releasing)
        try expectStopped(model, cancellation, .cancelled)
    }

    private func expectStopped(
        _ model: any LoadedModel, _ cancellation: RunCancellation, _ code: ErrorCode
    ) throws {
        let signature = model.declaration.signatures[0]
        let error = try error(
            of: {
                _ = try model.run(
                    signature: signature, inputs: models.slow.inputs, outputIndices: [0],
                    cancellation: cancellation)
            }, "a stopped run")
        try expect(error.code == code, "a stopped run ends with \(error)")
    }

    func failedLoads() throws {
        for (source, code, word) in models.broken {
            let what = source.entryPath
            let error = try error(of: { _ = try engine.load(source, environment) }, what)
            try expect(error.code == code, "\(what): \(error)")
            try expect(error.message.contains(word), "\(what): no '\(word)' in '\(error.message)'")
        }
    }

    func unknownOption() throws {
        let source = try identity()
        let options = EngineOptions(["no_such_option": .integer(1)])
        let wrong = ModelSource(
            identity: source.identity, files: source.files, entry: source.entry, options: options)
        let error = try error(of: { _ = try engine.load(wrong, environment) }, "unknown option")
        try expect(error.code == .configurationInvalid, "\(error)")
        try expect(error.message.contains("no_such_option"), "\(error)")
    }

    func unloadTwice() throws {
        let model = try engine.load(identity(), environment)
        _ = try run(model, [patterned(usualType, [1, 1])])
        model.unload()
        model.unload()
    }
}
