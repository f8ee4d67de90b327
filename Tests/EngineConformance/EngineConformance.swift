public import EngineInterface
public import ServingCore
public import Tensors

/// What every engine has to do, as checks that an engine's own tests call.
///
/// ```swift
/// @Test(arguments: EngineConformance.Check.allCases)
/// func conforms(to check: EngineConformance.Check) throws {
///     try conformance.run(check)
/// }
/// ```
///
/// The checks of memory look at the whole process, so run them in one of their own
/// (`#expect(processExitsWith: .success)`).
public struct EngineConformance: Sendable {
    /// Models for an engine to be tried with.
    public struct Models: Sendable {
        /// Gives back its one input as its one output, of that type and any rank-2 shape; nil when
        /// the engine has no such type.
        public var identity: @Sendable (ElementType) -> ModelSource?
        /// The same for FP32 scalars; nil when the engine cannot have one.
        public var scalar: ModelSource?
        /// Runs for an hour on these inputs unless it is stopped.
        public var slow: (source: ModelSource, inputs: [Tensor])
        /// Do not load: with the code, and a word that the message must hold.
        public var broken: [(source: ModelSource, code: ErrorCode, word: String)]
        /// Takes some megabytes; nil for an engine whose models have no weights.
        public var large: ModelSource?

        /// Names the models.
        public init(
            identity: @escaping @Sendable (ElementType) -> ModelSource?, scalar: ModelSource?,
            slow: (source: ModelSource, inputs: [Tensor]),
            broken: [(source: ModelSource, code: ErrorCode, word: String)], large: ModelSource?
        ) {
            self.identity = identity
            self.scalar = scalar
            self.slow = slow
            self.broken = broken
            self.large = large
        }
    }

    /// One thing that an engine has to do.
    public enum Check: String, CaseIterable, Sendable {
        case declaresWhatAModelTakesAndGives
        case returnsEveryTypeBitForBit
        case runsScalarsNoRowsAndLargeTensors
        case acceptsBytesThatAreNotAligned
        case keepsOutputsValidAfterInputsAndModelAreGone
        case givesOutputsInTheOrderAsked
        case refusesInputsThatDoNotFit
        case answersManyThreadsAtOnce
        case doesNotRunWhatIsAlreadyStopped
        case stopsASlowRun
        case runsAgainAfterAStoppedRun
        case saysWhyALoadFailed
        case refusesOptionsThatItDoesNotKnow
        case unloadsTwice
    }

    /// One thing about memory and other resources of the whole process.
    public enum ResourceCheck: String, CaseIterable, Sendable {
        case takesNoMoreMemoryThanEstimated
        case givesMemoryBackAfterManyLoads
        case leavesNothingBehindAfterFailedLoads
        case doesNotGrowOverManyRuns
    }

    let engine: any Engine
    let environment: EngineEnvironment
    let models: Models

    /// Tries an engine with these models.
    public init(engine: any Engine, environment: EngineEnvironment, models: Models) {
        self.engine = engine
        self.environment = environment
        self.models = models
    }

    /// Makes one check.
    ///
    /// - Throws: `ConformanceFailure`, or what the engine throws where it should not.
    public func run(_ check: Check) throws {
        switch check {
        case .declaresWhatAModelTakesAndGives: try declaration()
        case .returnsEveryTypeBitForBit: try everyType()
        case .runsScalarsNoRowsAndLargeTensors: try shapes()
        case .acceptsBytesThatAreNotAligned: try unaligned()
        case .keepsOutputsValidAfterInputsAndModelAreGone: try lifetime()
        case .givesOutputsInTheOrderAsked: try outputOrder()
        case .refusesInputsThatDoNotFit: try wrongInputs()
        case .answersManyThreadsAtOnce: try manyThreads()
        case .doesNotRunWhatIsAlreadyStopped: try stoppedBefore()
        case .stopsASlowRun: try stoppedMeanwhile()
        case .runsAgainAfterAStoppedRun: try runsAfterStop()
        case .saysWhyALoadFailed: try failedLoads()
        case .refusesOptionsThatItDoesNotKnow: try unknownOption()
        case .unloadsTwice: try unloadTwice()
        }
    }

    /// Makes one check of the process's resources; nothing else may go on in the process.
    ///
    /// - Throws: as `run(_:)`.
    public func run(_ check: ResourceCheck) throws {
        switch check {
        case .takesNoMoreMemoryThanEstimated: try estimate()
        case .givesMemoryBackAfterManyLoads: try manyLoads()
        case .leavesNothingBehindAfterFailedLoads: try manyFailedLoads()
        case .doesNotGrowOverManyRuns: try manyRuns()
        }
    }
}

/// What an engine did that it should not.
public struct ConformanceFailure: Error, CustomStringConvertible {
    /// The finding.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
