import NIOCore
import ServingCore
import Wire

/// Parses a small JSON document as a tree.
///
/// A document that is accepted must be the same after it is written, in either style, and parsed
/// again.
public func fuzzJSONDocument(_ bytes: UnsafeRawBufferPointer) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    for style in [JSONWriter.Style.compact, .pretty] {
        guard let text = try? value.text(style) else { return promise(false, "it can be written") }
        promise((try? JSONValue(parsing: text)) == value, "the document comes back")
    }
    var scanner = JSONScanner(bytes)
    promise((try? scanner.skipValue()) != nil, "what can be parsed can be skipped")
    promise((try? scanner.finish()) != nil, "nothing is left")
}
