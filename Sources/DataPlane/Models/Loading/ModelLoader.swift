import EngineInterface
import Inference
import Logging
import ServingCore
import Synchronization

/// One attempt at loading a version, as a loader thread gets it.
struct LoadOrder: Sendable {
    let key: InstanceKey
    let identity: ModelIdentity
    let target: VersionTarget
    let abandonment: Abandonment
}

/// Tells a loader thread that nobody wants its work any more; it looks between its steps.
final class Abandonment: Sendable {
    private let flag = Atomic(false)
    /// Cancelled when the load is abandoned: ends the warm-up request under way.
    let cancellation = RequestCancellation()

    var isAbandoned: Bool { flag.load(ordering: .relaxed) }

    func abandon() {
        flag.store(true, ordering: .relaxed)
        cancellation.cancel()
    }
}

/// A version that is loaded and has been warmed up.
struct LoadedVersion: Sendable {
    let servable: any ManagedServable
    /// Requests that worked, to ask it again with when its runs fail.
    let probes: [InferenceRequest]
    /// What is odd about it; empty when all is well.
    let remark: String
}

/// Carries out loads: engine, memory, load, batch check, scheduler, warm-up. Blocks; any thread.
struct ModelLoader: Sendable {
    let engines: [any Engine]
    let environment: EngineEnvironment
    let factory: any ServableFactory
    let warmUpReader: any WarmUpReader
    let fileSystem: any ModelFileSystem
    let observer: any ServerObserver
    let clock: any ServingClock
    let ledger: MemoryLedger
    let warmUpTimeLimit: Duration
    let logger: Logger

    /// What comes before memory is taken.
    private struct Prepared {
        let engine: any Engine
        let source: ModelSource

        var entryBytes: Int { source.files.entry(source.entry)?.byteCount ?? 0 }
    }

    /// Attempts a load and reports each step: memory is missing, or the load begins and then ends.
    func attempt(_ order: LoadOrder, report: (ManagerEvent) -> Void) {
        let began = clock.now()
        var isReserved = false
        let result: Result<LoadedVersion, ServingError>
        do throws(ServingError) {
            try checkWanted(order)
            let prepared = try prepare(order)
            // The engine may read the file to estimate, and that takes memory as well.
            if let shortage = ledger.reserve(prepared.entryBytes, for: order.key) {
                return report(.memoryMissing(order.key, shortage))
            }
            isReserved = true
            let estimate = try prepared.engine.estimate(prepared.source)
            let bytes = max(0, estimate.memoryBytes)
            if let shortage = ledger.reserve(bytes, for: order.key) {
                ledger.loadEnded(order.key, loaded: nil)
                return report(.memoryMissing(order.key, shortage))
            }
            report(.loadBegan(order.key, memoryBytes: bytes))
            result = .success(try load(order, prepared))
        } catch {
            result = .failure(error)
        }
        if isReserved {
            let isLoaded = if case .success = result { true } else { false }
            ledger.loadEnded(order.key, loaded: isLoaded ? order.identity : nil)
            // Engines need more while they load than afterwards; what they freed goes back now.
            LibraryCall.trimHeap()
        }
        let error: ServingError? = if case .failure(let error) = result { error } else { nil }
        if error?.code != .cancelled {
            observer.loadFinished(
                order.identity, error: error, nanoseconds: clock.now().nanoseconds(since: began))
        }
        report(.loadFinished(order.key, result))
    }

    private func checkWanted(_ order: LoadOrder) throws(ServingError) {
        guard !order.abandonment.isAbandoned else {
            throw ServingError(.cancelled, "the version is not wanted any more")
        }
    }

    private func prepare(_ order: LoadOrder) throws(ServingError) -> Prepared {
        let files = try fileSystem.files(in: order.target.directory)
        let specification = order.target.specification
        let choice = try EngineChoice.choose(
            engines, named: specification.engine,
            for: try files.only(specification.content.fileName))
        return Prepared(
            engine: choice.engine,
            source: ModelSource(
                identity: order.identity, files: files, entry: choice.recognition.entry,
                options: specification.options, worker: specification.worker))
    }

    private func load(_ order: LoadOrder, _ prepared: Prepared) throws(ServingError)
        -> LoadedVersion
    {
        let model = try prepared.engine.load(prepared.source, environment)
        let servable: any ManagedServable
        let recorded: [InferenceRequest]
        var remarks: [String] = []
        do throws(ServingError) {
            try checkWanted(order)
            let metadata = try metadata(of: model, order, prepared)
            let content = order.target.specification.content
            try content.signature?.check(metadata.defaultSignature)
            recorded =
                try warmUpReader.requests(in: prepared.source.files, metadata: metadata)
                + content.warmUpSamples.requests()
            let policy = scheduling(model, order, recorded, &remarks)
            servable = factory.makeServable(
                model, metadata: metadata, policy: policy,
                observer: observer.modelObserver(for: order.identity))
        } catch {
            model.unload()
            LibraryCall.trimHeap()
            throw error
        }
        do throws(ServingError) {
            let abandonment = order.abandonment
            let proven = try WarmUp(
                clock: clock, timeLimit: warmUpTimeLimit, isAbandoned: { abandonment.isAbandoned },
                cancellation: abandonment.cancellation
            ).run(
                servable, recorded: recorded, policy: order.target.specification.warmUp,
                versionDirectory: order.target.directory)
            return LoadedVersion(
                servable: servable, probes: proven,
                remark: remarks.joined(separator: "; "))
        } catch {
            servable.unload()
            LibraryCall.trimHeap()
            throw error
        }
    }

    private func metadata(
        of model: any LoadedModel, _ order: LoadOrder, _ prepared: Prepared
    ) throws(ServingError) -> ModelMetadata {
        let declaration = model.declaration
        guard !declaration.signatures.isEmpty else {
            throw ServingError(
                .modelInvalid, "the model declares no way to call it: it has no signature")
        }
        return ModelMetadata(
            identity: order.identity, engine: prepared.engine.name,
            platform: declaration.platform, signatures: declaration.signatures,
            properties: order.target.specification.content.merged(declaration.properties))
    }

    /// The wanted policy, without batching when the model does not keep its rows apart.
    private func scheduling(
        _ model: any LoadedModel, _ order: LoadOrder, _ recorded: [InferenceRequest],
        _ remarks: inout [String]
    ) -> SchedulingPolicy {
        var policy = order.target.specification.scheduling
        guard policy.batchRowsMaximum > 1 else { return policy }
        let verification = BatchVerification(
            model: model, recorded: recorded,
            mayMakeUp: order.target.specification.warmUp.synthetic, timeLimit: warmUpTimeLimit,
            abandonment: order.abandonment.cancellation)
        guard let objection = verification.objection() else { return policy }
        policy.batchRowsMaximum = 1
        remarks.append("batching is off: \(objection)")
        logger.warning(
            "requests are not batched",
            metadata: [
                "model": "\(order.identity.name)", "version": "\(order.identity.version)",
                "reason": "\(objection)",
            ])
        return policy
    }
}
