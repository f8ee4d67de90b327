import Models
import ServingCore
import Yams

extension ConfigurationSchema {
    /// The key that lists the models: entries are compared by name, whatever their order.
    static var models: ConfigurationKey<Configuration> {
        ConfigurationKey(
            "models",
            descriptions: [
                KeyDescription(
                    path: "models", kind: "list of sections", range: "", defaultText: "`[]`",
                    reload: .live, meaning: "The models to serve, each name once.",
                    isSection: true)
            ] + model.flatMap { $0.descriptions.map { $0.inside("models[]") } },
            read: { node, path, context, root in
                guard case .sequence(let items) = node else {
                    return context.wrong(
                        node, path,
                        expected: "a list of models, each '- name: …' and 'source: …'")
                }
                root.models = AspiredState(models: read(Array(items), path, &context))
            },
            render: { configuration in
                .list(
                    configuration.models.models.map {
                        .mapping(rendered(ModelSettings($0), model))
                    })
            },
            compare: { old, new, path in compare(old.models, new.models, path) })
    }

    private static func read(_ items: [Node], _ path: String, _ context: inout ReadingContext)
        -> [AspiredModel]
    {
        var models: [AspiredModel] = []
        var lines: [ModelName: Int] = [:]
        for (index, item) in items.enumerated() {
            let place = "\(path)[\(index)]"
            let before = context.problems.count
            var settings = ModelSettings()
            readMapping(item, place, model, &context, into: &settings)
            if case .mapping = item { require(item, place, &context) }
            guard context.problems.count == before else { continue }
            check(settings, item, place, &context)
            guard let model = settings.model else { continue }
            if let line = lines[model.name] {
                context.error(
                    item.value(of: "name") ?? item,
                    "model '\(model.name)' is given twice"
                        + (line > 0 ? ", first in line \(line)" : "")
                        + "; each name stands once")
                continue
            }
            lines[model.name] = item.position?.line ?? 0
            models.append(model)
        }
        return models
    }

    private static func require(_ item: Node, _ place: String, _ context: inout ReadingContext) {
        for key in ["name", "source"] where item.value(of: key) == nil {
            context.error(item, "'\(place)' has no '\(key)'; every model needs one")
        }
    }

    /// What a table of keys cannot see: values that contradict one another.
    private static func check(
        _ settings: ModelSettings, _ item: Node, _ place: String, _ context: inout ReadingContext
    ) {
        if case .specific(let versions) = settings.versions {
            for (label, version) in settings.labels.sorted(by: { $0.key < $1.key })
            where !versions.contains(version) {
                let labels = item.value(of: "labels")
                context.error(
                    labels?.value(of: label.text) ?? labels ?? item,
                    "label '\(label)' names version \(version), which 'versions' does not list; "
                        + "add it there or move the label")
            }
        }
        if settings.retry.pause > settings.retry.pauseMaximum {
            let retry = item.value(of: "retry")
            context.error(
                retry?.value(of: "pause") ?? retry ?? item,
                "'\(place).retry.pause' is \(Quantities.text(settings.retry.pause)), longer than "
                    + "'pause_max', \(Quantities.text(settings.retry.pauseMaximum))")
        }
    }

    private static func compare(_ old: AspiredState, _ new: AspiredState, _ path: String)
        -> [ConfigurationChange]
    {
        let before = Dictionary(old.models.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let after = Set(new.models.map(\.name))
        var changes: [ConfigurationChange] = []
        for wanted in new.models {
            let place = "\(path).\(wanted.name)"
            let settings = ModelSettings(wanted)
            if let known = before[wanted.name] {
                changes += model.flatMap {
                    $0.compare(ModelSettings(known), settings, "\(place).\($0.name)")
                }
            } else {
                changes.append(
                    ConfigurationChange(path: place, old: nil, new: shown(wanted), reload: .live))
            }
        }
        for known in old.models where !after.contains(known.name) {
            changes.append(
                ConfigurationChange(
                    path: "\(path).\(known.name)", old: shown(known), new: nil, reload: .live))
        }
        return changes
    }

    /// A model as a line shows it: what its owner is sure to recognise.
    private static func shown(_ model: AspiredModel) -> ConfigurationValue {
        .mapping([
            .init("source", .text(model.baseDirectory)),
            .init(
                "versions",
                ValueForm<VersionPolicy>.versions.render(model.versionPolicy) ?? .word("")),
        ])
    }
}
