/// One claim about a server, and how it is tried.
struct Check: Sendable {
    /// Short and stable: `unknown-model`.
    let name: String
    /// What must hold, as a sentence.
    let claim: String
    /// Tries it; returns when the claim holds, throws a `Breach` or a `Skip` otherwise.
    let attempt: @Sendable (CheckSession) async throws -> Void

    init(
        _ name: String, _ claim: String,
        _ attempt: @escaping @Sendable (CheckSession) async throws -> Void
    ) {
        self.name = name
        self.claim = claim
        self.attempt = attempt
    }
}

/// The checks of one protocol.
struct Suite: Sendable {
    /// What `--protocol` calls it.
    let name: ConformanceProtocol
    /// Whether the server speaks the protocol at all; throws a `Skip` with the reason when not.
    let probe: @Sendable (CheckSession) async throws -> Void
    /// The claims, in the order in which they are tried.
    let checks: [Check]
}

/// A claim does not hold.
struct Breach: Error {
    /// What the protocol says, and what the server did instead.
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// A claim cannot be tried here.
struct Skip: Error {
    /// Why not.
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// The protocols whose claims can be checked.
public enum ConformanceProtocol: String, Hashable, Sendable, CaseIterable {
    case tensorFlowServingREST = "tfs-rest"
    case tensorFlowServingGRPC = "tfs-grpc"
    case openInferenceREST = "v2-rest"
    case openInferenceGRPC = "v2-grpc"
    case kserveV1 = "kserve-v1"
    case invocations = "invocations"
    case grpc = "grpc"

    /// What it is, for people.
    public var title: String {
        switch self {
        case .tensorFlowServingREST: "TensorFlow Serving REST"
        case .tensorFlowServingGRPC: "TensorFlow Serving gRPC"
        case .openInferenceREST: "Open Inference Protocol v2 REST"
        case .openInferenceGRPC: "Open Inference Protocol v2 gRPC"
        case .kserveV1: "KServe v1 REST"
        case .invocations: "SageMaker and MLflow"
        case .grpc: "gRPC itself: health, reflection, deadlines, compression"
        }
    }
}

/// How one check went.
public struct CheckResult: Hashable, Sendable {
    /// What became of the claim.
    public enum Verdict: String, Hashable, Sendable {
        case holds, breaks, skipped
    }

    /// The protocol.
    public var suite: ConformanceProtocol
    /// The check's short name.
    public var name: String
    /// The claim.
    public var claim: String
    /// Whether it holds.
    public var verdict: Verdict
    /// Why not; empty when it holds.
    public var reason: String
}
