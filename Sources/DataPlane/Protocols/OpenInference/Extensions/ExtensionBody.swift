import NIOCore
import ServingCore
import Wire

/// Reads the small JSON bodies of the extensions' requests.
enum ExtensionBody {
    /// The members of a body's object; none for an empty body, which many clients send.
    ///
    /// - Throws: `invalid_request` for what is no JSON object.
    static func members(of body: ByteBuffer) throws(ServingError) -> JSONObject {
        guard body.readableBytes > 0 else { return JSONObject() }
        guard case .object(let object) = try JSONValue(parsing: body) else {
            throw ServingError(.invalidRequest, "the body must be a JSON object")
        }
        return object
    }

    /// The member `parameters` of a request to load or unload.
    ///
    /// - Throws: `invalid_request`.
    static func parameters(of body: ByteBuffer) throws(ServingError)
        -> [(key: String, value: ExtensionParameter)]
    {
        guard let parameters = try members(of: body)["parameters"] else { return [] }
        guard case .object(let object) = parameters else {
            throw ServingError(
                .invalidRequest, "Unable to parse 'parameters': it must be an object")
        }
        var result: [(key: String, value: ExtensionParameter)] = []
        for (key, value) in object.members {
            result.append((key, try ExtensionParameter(value, named: key)))
        }
        return result
    }

    /// A member that is neither a list nor an object; nil without it.
    ///
    /// - Throws: `invalid_request`.
    static func scalar(_ object: JSONObject, _ key: String) throws(ServingError)
        -> ExtensionParameter?
    {
        guard let value = object[key] else { return nil }
        return try ExtensionParameter(value, named: key)
    }

    /// A trace setting's value: text, a number, a list of texts, or null.
    ///
    /// - Throws: `invalid_request`.
    static func texts(_ value: JSONValue, _ key: String) throws(ServingError)
        -> [String]?
    {
        switch value {
        case .null: return nil
        case .array(let elements):
            var texts: [String] = []
            for element in elements {
                texts.append(
                    try ExtensionParameter(element, named: key).string(named: key))
            }
            return texts
        case .integer(let number): return [String(number)]
        default: return [try ExtensionParameter(value, named: key).string(named: key)]
        }
    }
}
