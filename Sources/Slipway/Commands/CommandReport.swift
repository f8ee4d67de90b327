public import ServingCore
public import Wire

/// The result of a command, for people and for programs.
public protocol CommandReport: Sendable {
    /// For people: lines, the last one ended.
    var text: String { get }
    /// For programs; its form is part of the interface.
    var json: JSONValue { get }
}

extension CommandReport {
    /// The result as it is printed; JSON on one line.
    ///
    /// - Throws: `engine_failed` for a number that JSON cannot hold.
    public func formatted(_ format: OutputFormat) throws(ServingError) -> String {
        switch format {
        case .text: text
        case .json: try json.text(.compact) + "\n"
        }
    }
}
