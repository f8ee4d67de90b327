import ServingCore
import Wire

/// The value of a parameter as JSON and `InferParameter` both have them.
enum ExtensionParameter: Hashable, Sendable {
    case boolean(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    /// Raw bytes; only gRPC's `ModelRepositoryParameter` has them.
    case bytes([UInt8])
    /// JSON's null, which asks for the default.
    case null

    /// The value of a JSON member.
    ///
    /// - Throws: `invalid_request` for arrays, objects and integers beyond 64 bits with sign.
    init(_ value: JSONValue, named name: String) throws(ServingError) {
        switch value {
        case .null: self = .null
        case .boolean(let flag): self = .boolean(flag)
        case .integer(let integer): self = .integer(integer)
        case .number(let number): self = .number(number)
        case .string(let text): self = .text(text)
        case .unsigned, .array, .object:
            throw ServingError(
                .invalidRequest,
                "parameter '\(name.clipped())' must be a string, a number or a boolean")
        }
    }
}

extension ExtensionParameter {
    /// The integer as a count of 0 or more.
    ///
    /// - Throws: `invalid_request`, `Unable to parse '…'`, for anything else.
    func count(named name: String) throws(ServingError) -> Int {
        guard case .integer(let integer) = self, let count = Int(exactly: integer), count >= 0
        else { throw Self.cannotParse(name, "it must be an integer of 0 or more") }
        return count
    }

    /// The boolean.
    ///
    /// - Throws: `invalid_request`, `Unable to parse '…'`, for anything else.
    func flag(named name: String) throws(ServingError) -> Bool {
        guard case .boolean(let flag) = self else {
            throw Self.cannotParse(name, "it must be true or false")
        }
        return flag
    }

    /// The text.
    ///
    /// - Throws: `invalid_request`, `Unable to parse '…'`, for anything else.
    func string(named name: String) throws(ServingError) -> String {
        guard case .text(let text) = self else {
            throw Self.cannotParse(name, "it must be a string")
        }
        return text
    }

    private static func cannotParse(_ name: String, _ why: String) -> ServingError {
        ServingError(.invalidRequest, "Unable to parse '\(name.clipped())': \(why)")
    }
}
