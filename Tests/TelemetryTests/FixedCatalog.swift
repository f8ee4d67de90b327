import Inference
import ServingCore

/// A catalog that says what a test gave it.
final class FixedCatalog: ModelCatalog {
    private let statuses: [ModelStatus]

    init(_ statuses: [ModelStatus]) {
        self.statuses = statuses
    }

    func modelStatuses() -> [ModelStatus] { statuses }

    func modelStatus(of name: ModelName) -> ModelStatus? { statuses.first { $0.name == name } }
}

extension ModelIdentity {
    /// `digits/2` for tests.
    static func of(_ name: String, _ version: Int64) throws -> ModelIdentity {
        ModelIdentity(try ModelName(name), ModelVersion(version))
    }
}
