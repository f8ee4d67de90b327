import Inference
import ServingCore

/// The statistics of one model version, as the extension `statistics` reports them.
struct ModelStatisticsReport: Sendable {
    /// The model's name.
    let name: String
    /// The version.
    let version: String
    /// The figures.
    let statistics: ModelStatistics

    /// The reports of one version, of all ready versions of a model, or of all models.
    ///
    /// - Parameter model: Which model; nil for all.
    /// - Throws: `model_not_found` for a model or version that is not loaded, in Triton's words.
    static func reports(
        of model: ModelReference?, catalog: any ModelCatalog, source: any ModelStatisticsSource
    ) throws(ServingError) -> [ModelStatisticsReport] {
        guard let model else {
            return catalog.modelStatuses().flatMap { reports(of: $0, only: nil, source) }
        }
        let selector = try model.checkedSelector()
        guard let status = catalog.modelStatus(of: selector.name) else {
            throw ServingError(
                .modelNotFound, "requested model '\(model.name.clipped())' is not available")
        }
        var only: ModelVersion?
        if case .version(let version) = model.choice { only = version }
        let found = reports(of: status, only: only, source)
        guard !found.isEmpty || only == nil else {
            throw ServingError(
                .modelNotFound,
                "requested model version is not available for model '\(model.name.clipped())'")
        }
        return found
    }

    /// Versions that answer, lowest first.
    private static func reports(
        of status: ModelStatus, only: ModelVersion?, _ source: any ModelStatisticsSource
    ) -> [ModelStatisticsReport] {
        status.versions.reversed().compactMap { version in
            guard version.state == .available, only == nil || only == version.version else {
                return nil
            }
            let identity = ModelIdentity(status.name, version.version)
            return ModelStatisticsReport(
                name: status.name.text, version: version.version.description,
                statistics: source.statistics(of: identity) ?? ModelStatistics())
        }
    }
}

extension ModelStatisticsReport {
    /// The document of Triton's `stats`.
    ///
    /// Reading a request and writing its answer happen on the way in and out here, not in steps of
    /// their own: `compute_input` and `compute_output` count runs and take no time. There is no
    /// response cache, so its figures are 0.
    var document: ReplyDocument {
        let run = statistics.run
        let around = ModelStatistics.Duration(count: run.count)
        return .object([
            ("name", .text(name)), ("version", .text(version)),
            ("last_inference", .unsigned(statistics.lastInferenceMilliseconds)),
            ("inference_count", .unsigned(statistics.inferences)),
            ("execution_count", .unsigned(statistics.executions)),
            (
                "inference_stats",
                .object([
                    ("success", Self.document(of: statistics.success)),
                    ("fail", Self.document(of: statistics.failure)),
                    ("queue", Self.document(of: statistics.queue)),
                    ("compute_input", Self.document(of: around)),
                    ("compute_infer", Self.document(of: run)),
                    ("compute_output", Self.document(of: around)),
                    ("cache_hit", Self.document(of: .init())),
                    ("cache_miss", Self.document(of: .init())),
                ])
            ),
            ("response_stats", .object([])),
            ("batch_stats", .list(statistics.batches.map(Self.document(of:)))),
            ("memory_usage", .list([])),
        ])
    }

    private static func document(of duration: ModelStatistics.Duration) -> ReplyDocument {
        .object([
            ("count", .unsigned(duration.count)), ("ns", .unsigned(duration.nanoseconds)),
        ])
    }

    private static func document(of batch: ModelStatistics.Batch) -> ReplyDocument {
        .object([
            ("batch_size", .unsigned(batch.size)),
            ("compute_input", document(of: .init(count: batch.runs.count))),
            ("compute_infer", document(of: batch.runs)),
            ("compute_output", document(of: .init(count: batch.runs.count))),
        ])
    }
}
