public import Inference
import NIOCore
public import ServingCore
import Wire

/// Turns the bytes of a whole JSON body of either protocol into a request; assembly hands it in.
public typealias JSONBodyDecoder =
    @Sendable (_ body: [UInt8], _ metadata: ModelMetadata) throws(ServingError) -> InferenceRequest

/// JSON files: bodies of both protocols, and two short forms that are wrapped into one.
enum JSONInput {
    /// - Parameter metadata: The model; its first signature is the one that is meant.
    static func read(_ bytes: [UInt8], _ metadata: ModelMetadata, _ decode: JSONBodyDecoder)
        throws(ServingError) -> InferenceRequest
    {
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        switch kind(of: body) {
        case .body: return try decode(body, metadata)
        case .rows: return try decodeWrapped("instances", body, metadata, decode)
        case .columns: return try decodeWrapped("inputs", body, metadata, decode)
        case nil:
            throw ServingError(
                .invalidRequest,
                "this is not a JSON object or array; write {\"instances\": [...]}, {\"inputs\": "
                    + "...}, "
                    + "an array of rows or an object of columns")
        }
    }

    enum Kind {
        /// A body as clients send it.
        case body
        /// A bare array: the value of `instances`.
        case rows
        /// A bare object of columns: the value of `inputs`.
        case columns
    }

    /// Tells the forms apart by the outermost keys; nil when the text is no object or array.
    ///
    /// Malformed JSON is left to the decoder, whose errors have positions.
    static func kind(of body: [UInt8]) -> Kind? {
        guard let start = body.firstIndex(where: { $0 > 0x20 }) else { return nil }
        if body[start] == UInt8(ascii: "[") { return .rows }
        guard body[start] == UInt8(ascii: "{") else { return nil }
        return hasBodyKey(body, from: start) ? .body : .columns
    }

    private static func hasBodyKey(_ body: [UInt8], from start: Int) -> Bool {
        var depth = 0
        var index = start
        while index < body.count {
            switch body[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let end = endOfString(body, from: index)
                let text = body[index + 1..<max(end, index + 1)]
                if depth == 1,
                    text.elementsEqual("inputs".utf8) || text.elementsEqual("instances".utf8),
                    body[min(end + 1, body.count)...].first(where: { $0 > 0x20 })
                        == UInt8(ascii: ":")
                {
                    return true
                }
                index = end
            default: break
            }
            index += 1
        }
        return false
    }

    /// The index of the closing quote, or of the end when there is none.
    private static func endOfString(_ body: [UInt8], from start: Int) -> Int {
        var index = start + 1
        while index < body.count {
            if body[index] == UInt8(ascii: "\\") {
                index += 1
            } else if body[index] == UInt8(ascii: "\"") {
                return index
            }
            index += 1
        }
        return body.count
    }

    private static func decodeWrapped(
        _ key: String, _ body: [UInt8], _ metadata: ModelMetadata, _ decode: JSONBodyDecoder
    ) throws(ServingError) -> InferenceRequest {
        do throws(ServingError) {
            return try decode(wrap(key, body), metadata)
        } catch {
            // Of malformed JSON the file's own error is told, whose offsets do not count the wrap.
            if error.message.hasPrefix("JSON Parse error") {
                _ = try JSONValue(parsing: ByteBuffer(bytes: body))
            }
            throw error
        }
    }

    private static func wrap(_ key: String, _ body: [UInt8]) -> [UInt8] {
        Array("{\"\(key)\":".utf8) + body + [UInt8(ascii: "}")]
    }
}
