import Models
import ServingCore
import Wire

/// `model_version_policy` while it is read: one of three messages.
struct ModelVersionPolicyFields: Sendable {
    private var policies: [VersionPolicy] = []

    /// The policy; nil after a problem was noted, or for an empty message, which is the default.
    static func read(
        _ value: TextProtobufValue, _ path: String, _ context: inout FileContext
    ) -> VersionPolicy? {
        var fields = ModelVersionPolicyFields()
        // YAML people write `model_version_policy: all`, too.
        if context.notation == .yaml, context.string(value) == "all" { return .all }
        readMessage(value, path, table, &context, into: &fields)
        guard fields.policies.count < 2 else {
            context.error(
                value.position,
                "'\(path)' names several policies; it is one of latest, all, "
                    + "specific")
            return nil
        }
        return fields.policies.first
    }

    private struct Latest: Sendable {
        var count: Int?
    }

    private struct Specific: Sendable {
        var versions: [ModelVersion] = []
    }

    private static let specific: [FileField<Specific>] = [
        FileField("versions", isRepeated: true) { value, path, context, root in
            guard let number = context.integer(value, path, 0...Int.max) else { return }
            let version = ModelVersion(Int64(number))
            guard !root.versions.contains(version) else {
                return context.error(
                    value.position, "'\(path)' lists version \(version) twice; keep one of them")
            }
            guard root.versions.count < Limits.versionsPerModelMaximum else {
                return context.error(
                    value.position,
                    "'\(path)' lists more than \(Limits.versionsPerModelMaximum) versions")
            }
            root.versions.append(version)
        }
    ]

    private static let table: [FileField<ModelVersionPolicyFields>] = [
        FileField("latest") { value, path, context, root in
            var latest = Latest()
            let fields: [FileField<Latest>] = [
                .integer("num_versions", \.count, 0...Limits.versionsPerModelMaximum)
            ]
            readMessage(value, path, fields, &context, into: &latest)
            // Proto3 cannot tell 0 from nothing; the original takes both for 1.
            root.policies.append(.latest(max(1, latest.count ?? 1)))
        },
        FileField("all") { value, path, context, root in
            let none: [FileField<Void>] = []
            var nothing: Void = ()
            readMessage(value, path, none, &context, into: &nothing)
            root.policies.append(.all)
        },
        FileField("specific") { value, path, context, root in
            var list = Specific()
            readMessage(value, path, specific, &context, into: &list)
            guard !list.versions.isEmpty else {
                return context.error(
                    value.position, "'\(path)' lists no versions; name at least one")
            }
            root.policies.append(.specific(list.versions))
        },
    ]
}
