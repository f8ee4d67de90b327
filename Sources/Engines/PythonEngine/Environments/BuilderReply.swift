import ServingCore

/// Puts what the builder writes into lines, and reads those that are meant for us.
///
/// `slipway:progress TEXT`, `slipway:ready TEXT` and `slipway:failed CODE TEXT`; `\n` and `\\` are
/// written for line ends and backslashes within a text. All other lines are the last words of
/// something that went wrong.
struct BuilderReply {
    /// One thing said.
    enum Message: Equatable {
        case progress(String)
        case ready(String)
        case failed(ServingError)
    }

    /// Longest line: a list of all environments.
    static let lineBytesMaximum = 8 << 20
    /// Lines without a mark that are kept.
    static let wordsMaximum = 12

    private var pending: [UInt8] = []
    /// The last lines that were not marked, cut to size.
    private(set) var lastWords: [String] = []

    /// Takes bytes and gives the messages that they complete.
    mutating func append(_ bytes: [UInt8]) -> [Message] {
        var messages: [Message] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                if pending.count < Self.lineBytesMaximum { pending.append(byte) }
                continue
            }
            if let message = take(String(decoding: pending, as: UTF8.self)) {
                messages.append(message)
            }
            pending.removeAll(keepingCapacity: true)
        }
        return messages
    }

    private mutating func take(_ line: String) -> Message? {
        guard line.hasPrefix("slipway:") else {
            if !line.isEmpty { lastWords.append(line.clipped(to: 300)) }
            lastWords.removeFirst(max(0, lastWords.count - Self.wordsMaximum))
            return nil
        }
        let parts = line.dropFirst(8).split(
            separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        let text = parts.count > 1 ? Self.unescaped(parts[1]) : ""
        switch parts.first {
        case "progress": return .progress(text)
        case "ready": return .ready(text)
        case "failed": return .failed(Self.error(text))
        default: return nil
        }
    }

    private static func error(_ text: String) -> ServingError {
        let parts = text.split(separator: " ", maxSplits: 1)
        let message = parts.count > 1 ? String(parts[1]) : "no reason given"
        let codes: [ErrorCode] = [
            .modelInvalid, .libraryMissing, .resourceExhausted, .configurationInvalid,
            .fileUnreadable, .engineFailed,
        ]
        let code = codes.first { "\($0)" == parts.first.map(String.init) }
        return ServingError(code ?? .engineFailed, message)
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                result.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
