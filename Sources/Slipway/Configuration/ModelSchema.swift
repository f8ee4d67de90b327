import EngineInterface
import Inference
import Models
import ServingCore

/// A model's entry while it is read: as `AspiredModel`, but name and directory may be missing.
struct ModelSettings: Settings {
    var name: ModelName?
    var source: String?
    var versions = VersionPolicy.latest(1)
    var labels: [VersionLabel: ModelVersion] = [:]
    var switchPolicy = SwitchPolicy.availabilityPreserving
    var engine: String?
    var options = EngineOptions([:])
    var scheduling = SchedulingPolicy.standard
    var warmUp = WarmUpPolicy.standard
    var retry = RetryPolicy.standard
    var worker = WorkerSettings.standard

    static var defaults: ModelSettings { ModelSettings() }

    init() {}

    init(_ model: AspiredModel) {
        name = model.name
        source = model.baseDirectory
        versions = model.versionPolicy
        labels = model.labels
        switchPolicy = model.switchPolicy
        engine = model.engine
        options = model.options
        scheduling = model.scheduling
        warmUp = model.warmUp
        retry = model.retry
        worker = model.worker
    }

    /// The model, once it has a name and a directory.
    var model: AspiredModel? {
        guard let name, let source else { return nil }
        var model = AspiredModel(
            name: name, baseDirectory: source, versionPolicy: versions, labels: labels,
            switchPolicy: switchPolicy, engine: engine, options: options, scheduling: scheduling,
            warmUp: warmUp, retry: retry)
        model.worker = worker
        return model
    }
}

extension SchedulingPolicy: Settings {
    static var defaults: SchedulingPolicy { .standard }
}

extension WarmUpPolicy: Settings {
    static var defaults: WarmUpPolicy { .standard }
}

extension RetryPolicy: Settings {
    static var defaults: RetryPolicy { .standard }
}

extension WorkerSettings: Settings {
    static var defaults: WorkerSettings { .standard }
}

extension ConfigurationSchema {
    /// The keys of an entry of `models`.
    static let model: [ConfigurationKey<ModelSettings>] = [
        .init(
            "name", \.name, ValueForm<ModelName>.modelName.optional, reload: .live,
            default: "required",
            "The name that clients use."),
        .init(
            "source", \.source, ValueForm<String>.source.optional, reload: .live,
            default: "required",
            "The directory that holds the numbered version directories."),
        .init(
            "versions", \.versions, .versions, reload: .live,
            "Which of the versions found are served."),
        .init(
            "labels", \.labels, .labels, reload: .live,
            "Names for versions, as clients may use them."),
        .init(
            "switch", \.switchPolicy, .choice, reload: .live,
            "Whether a new version is loaded before the old one is unloaded, which takes memory "
                + "for "
                + "both, or after it."),
        .init(
            "engine", \.engine, ValueForm<String>.engine.or("auto"), reload: .live,
            "The engine to load the model with; `auto` recognises it from the files."),
        .init(
            "options", \.options, .options, reload: .live,
            "Options of the engine, as `slipway engines` lists them."),
        .init(
            "batching", \.scheduling, table: batching,
            word: SectionWord(
                word: "off", set: { $0.batchRowsMaximum = 1 },
                matches: { $0.batchRowsMaximum == 1 }),
            "Whether requests that wait may share a run; never done where the model's signature "
                + "does "
                + "not allow it."),
        .init(
            "queue", \.scheduling.queuedRequestsMaximum, .count(1...1_000_000), reload: .live,
            "Requests that may wait; one more is refused at once."),
        .init(
            "instances", \.scheduling.instances, ValueForm<Int>.count(1...1024).or("auto"),
            reload: .live,
            "Runs at a time; `auto` takes what the engine and the processors suggest."),
        .init(
            "placement", \.scheduling.placement, .choice, reload: .live,
            "Where runs happen: `auto` runs fast models on the thread that read the request."),
        .init(
            "warm_up", \.warmUp, table: warmUp,
            "What must work before a version becomes available."),
        .init("retry", \.retry, table: retry, "How a failed load is tried again."),
        .init(
            "isolation", \.worker.isolation,
            ValueForm<WorkerSettings.Isolation>.choice.or("auto"), reload: .live,
            "Whether the model runs in processes of its own or in the server's; `auto` is what its "
                + "engine is made for."),
        .init(
            "worker", \.worker, table: worker,
            "What the worker processes of a model that runs in processes may use."),
    ]

    static let worker: [ConfigurationKey<WorkerSettings>] = [
        .init(
            "count", \.count, .count(1...64), reload: .live,
            "Processes a version; each has the model in memory."),
        .init(
            "memory", \.memoryBytes, ValueForm<Int>.size(16 << 20...1 << 50).or("off"),
            reload: .live,
            "Memory that one process may take before it is killed and started again."),
        .init(
            "processors", \.processors, ValueForm<Int>.count(1...4096).or("auto"), reload: .live,
            "Processors that one process may use; `auto` is the server's own share."),
        .init(
            "watchdog", \.watchdog, .duration(.milliseconds(100)...day), reload: .live,
            "How long one run may take before its process is killed; a load may give no sign of "
                + "life for ten times as long."),
        .init(
            "environment", \.environment, .environment, reload: .live,
            "Environment variables of the process; it gets little of the server's own."),
    ]

    static let batching: [ConfigurationKey<SchedulingPolicy>] = [
        .init(
            "rows", \.batchRowsMaximum, .count(1...65_536), reload: .live,
            "Rows that one run may hold.")
    ]

    static let warmUp: [ConfigurationKey<WarmUpPolicy>] = [
        .init(
            "synthetic", \.synthetic, .boolean, reload: .live,
            "Whether to run an input made up from the signature when no request is recorded."),
        .init(
            "iterations", \.iterations, .count(0...1000), reload: .live,
            "How often each warm-up request is run; 0 for no warm-up at all."),
    ]

    static let retry: [ConfigurationKey<RetryPolicy>] = [
        .init(
            "attempts", \.attempts, .count(0...1000), reload: .live,
            "Further attempts after the first."),
        .init(
            "pause", \.pause, .duration(.milliseconds(1)...day), reload: .live,
            "The first pause; it doubles each time."),
        .init(
            "pause_max", \.pauseMaximum, .duration(.milliseconds(1)...day), reload: .live,
            "The longest pause."),
    ]
}
