import Inference
import ServingCore

/// The values of the labels `protocol` and `outcome`, and their places in rows of counters.
enum Outcomes {
    /// `ok`, then every error code.
    static let names: [String] = ["ok"] + ErrorCode.allCodes.map(\.description)

    /// The place of an outcome; nil is success.
    static func index(of code: ErrorCode?) -> Int {
        guard let code else { return 0 }
        return code.ordinal + 1
    }

    /// Protocols in the order of their places.
    static let protocols: [String] = WireProtocol.allCases.map(\.rawValue)

    /// The place of a protocol and an outcome in a row of `protocols.count * names.count` counters.
    static func index(_ wire: WireProtocol, _ code: ErrorCode?) -> Int {
        wire.ordinal * names.count + index(of: code)
    }

    /// How many counters `index(_:_:)` needs.
    static let combinations = WireProtocol.allCases.count * (ErrorCode.allCodes.count + 1)
}

extension WireProtocol {
    /// The position in `allCases`; spelled out, because searching for it would cost on every request.
    var ordinal: Int {
        switch self {
        case .tensorFlowServingREST: 0
        case .tensorFlowServingGRPC: 1
        case .openInferenceREST: 2
        case .openInferenceGRPC: 3
        case .kserveREST: 4
        case .invocations: 5
        }
    }

    /// Whether requests come over gRPC; everything else is REST.
    var isGRPC: Bool {
        switch self {
        case .tensorFlowServingGRPC, .openInferenceGRPC: true
        case .tensorFlowServingREST, .openInferenceREST, .kserveREST, .invocations: false
        }
    }
}
