public import ServingCore
public import Wire

/// What `slipway models` says: what a running server serves, in which state and why.
///
/// Reads the document that the admin port's `/models` gives (`ModelsHandler` in the telemetry room).
public struct ModelsReport: CommandReport {
    /// One line of the table.
    struct Row: Equatable {
        var model: String
        var version: String
        var state: String
        var labels: [String]
        var reason: String
    }

    /// The document as the server gave it.
    public let json: JSONValue
    /// Whether every model is ready.
    public let isReady: Bool
    let rows: [Row]
    /// Versions that ended without an error and are left out of the table.
    let hidden: Int

    /// Reads the server's document; with a name, keeps that model only. The table leaves versions
    /// out that were unloaded without an error, unless it is to show all.
    ///
    /// - Throws: `invalid_request` when the document is not what a Slipway server gives,
    ///   `model_not_found` when it has no model of that name.
    public init(_ text: String, model name: String? = nil, showsAll: Bool = false)
        throws(ServingError)
    {
        guard case .object(let document) = try JSONValue(parsing: text),
            case .array(let all) = document["models"]
        else { throw Self.foreign("it has no list 'models'") }
        let models = all.filter { name == nil || $0.text("name") == name }
        if let name, models.isEmpty {
            throw ServingError(
                .modelNotFound,
                "the server has no model '\(name.clipped())'"
                    + NearestName.hint(for: name, among: all.compactMap { $0.text("name") }))
        }
        json = .object(["models": .array(models)])
        isReady = models.allSatisfy { $0.member("ready") == .boolean(true) }
        var rows: [Row] = []
        var hidden = 0
        for model in models { rows += try Self.rows(of: model, showsAll, &hidden) }
        self.rows = rows
        self.hidden = hidden
    }

    /// A table: a row a version, or one for a model without any.
    public var text: String {
        guard !rows.isEmpty else { return "The server serves no models.\n" }
        var table = TextTable(["MODEL", "VERSION", "STATE", "LABELS", "REASON"])
        for row in rows {
            let labels = row.labels.isEmpty ? "-" : row.labels.joined(separator: ",")
            table.add([row.model, row.version, row.state, labels, row.reason])
        }
        switch hidden {
        case 0: return table.text
        case 1: return table.text + "\n1 unloaded version is not shown; --all shows it.\n"
        default:
            return table.text + "\n\(hidden) unloaded versions are not shown; --all shows them.\n"
        }
    }

    private static func rows(of model: JSONValue, _ showsAll: Bool, _ hidden: inout Int)
        throws(ServingError) -> [Row]
    {
        guard let name = model.text("name"), let versions = model.list("versions") else {
            throw foreign("a model has no name or no versions")
        }
        var rows: [Row] = []
        for version in versions {
            let row = try row(of: version, name)
            if row.state == "END", !showsAll { hidden += 1 } else { rows.append(row) }
        }
        let remarks = remarks(of: model, isServing: rows.contains { $0.state == "AVAILABLE" })
        if rows.isEmpty {
            let reason = model.text("reason") ?? ""
            return [Row(model: name, version: "-", state: "-", labels: [], reason: reason)]
        }
        return rows
            + remarks.map { Row(model: name, version: "-", state: "-", labels: [], reason: $0) }
    }

    private static func row(of version: JSONValue, _ model: String) throws(ServingError) -> Row {
        guard case .integer(let number) = version.member("version"),
            let state = version.text("state")
        else { throw foreign("a version of '\(model.clipped())' has no number or no state") }
        let hasFailed = state == "END" && version.member("error") != nil
        return Row(
            model: model, version: String(number), state: hasFailed ? "END (failed)" : state,
            labels: (version.list("labels") ?? []).compactMap(\.asText), reason: why(version))
    }

    /// What is wrong with the model as a whole. While no version answers, the rows of its versions
    /// tell why it is not ready.
    private static func remarks(of model: JSONValue, isServing: Bool) -> [String] {
        let unreadiness = (model.list("unreadiness") ?? []).compactMap(\.asText)
        let own = model.text("remark") ?? ""
        return (isServing ? unreadiness : []) + (own.isEmpty ? [] : [own])
    }

    private static func why(_ version: JSONValue) -> String {
        let reason = version.text("reason") ?? ""
        let message = version.member("error")?.text("message") ?? ""
        if message.isEmpty || reason.contains(message) { return reason }
        return reason.isEmpty ? message : "\(reason): \(message)"
    }

    private static func foreign(_ what: String) -> ServingError {
        ServingError(
            .invalidRequest,
            "the answer is not a Slipway server's list of models: \(what); "
                + "check that the address is the admin port's (8502 unless configured)")
    }
}

extension JSONValue {
    /// A member of an object; nil for anything else.
    func member(_ key: String) -> JSONValue? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// A member that is a string.
    func text(_ key: String) -> String? { member(key)?.asText }

    /// A member that is an array.
    func list(_ key: String) -> [JSONValue]? {
        guard case .array(let elements) = member(key) else { return nil }
        return elements
    }

    /// The value if it is a string.
    var asText: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}
