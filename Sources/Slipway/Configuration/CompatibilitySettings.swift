public import Models
import ServingCore

/// Which dialect of a protocol is spoken where the servers that have it differ.
public struct CompatibilitySettings: Hashable, Sendable {
    /// Whose bodies stand below `/v1`.
    public enum V1: String, Hashable, Sendable, CaseIterable {
        case tensorflow, kserve
    }

    /// Whose readiness and error codes the Open Inference Protocol has.
    public enum V2: String, Hashable, Sendable, CaseIterable {
        case kserve, triton, mlserver
    }

    /// Whose bodies stand below `/v1`.
    public var v1 = V1.tensorflow
    /// Whose readiness and error codes the Open Inference Protocol has.
    public var v2 = V2.kserve
    /// Whether pages of other origins may use the REST protocols.
    public var cors = false
    /// Whether TensorFlow Serving's gRPC replies carry `tensor_content` instead of typed fields.
    public var tensorContent = false
    /// Which labels may name versions that are not available.
    public var unavailableLabels = UnavailableLabels.any

    /// Chooses the defaults.
    public init() {}
}

/// Whether clients may load and unload models.
public enum ModelControl: String, Hashable, Sendable, CaseIterable {
    /// They may not.
    case off
    /// They may, by the protocols that have calls for it.
    case explicit
}

/// When model directories are looked at.
public enum DirectoryScan: Hashable, Sendable {
    /// On the system's events, and every few seconds in any case.
    case automatic
    /// On the system's events, and with this pause between two looks in any case.
    case every(Duration)
    /// At start and on reload only.
    case once
}

extension ValueForm where Value == DirectoryScan {
    static var scan: ValueForm {
        let range = ValueForm<Duration>.duration(.milliseconds(100)...ConfigurationSchema.day)
        return ValueForm(
            kind: "\(range.kind), `once` or `auto`", range: range.range,
            read: { node, path, context in
                switch node.plainText {
                case "auto": return .automatic
                case "once": return .once
                default:
                    let before = context.problems.count
                    if let pause = range.read(node, path, &context) { return .every(pause) }
                    context.amendProblems(from: before, suffix: ", 'once' or 'auto'")
                    return nil
                }
            },
            render: { scan in
                switch scan {
                case .automatic: .word("auto")
                case .once: .word("once")
                case .every(let pause): range.render(pause)
                }
            })
    }
}

extension ValueForm where Value == String {
    /// The path of a URL, without a query.
    static var urlPath: ValueForm {
        ValueForm(
            kind: "URL path", range: "begins with `/`, not below `/v1` or `/v2`",
            expected: "a path that begins with '/', without spaces, '?' and '#', and is not below "
                + "/v1 or /v2",
            scalar: { node in
                guard let text = node.scalarText, text.hasPrefix("/"),
                    !["/v1", "/v2"].contains(text.prefix(3).lowercased()),
                    text.utf8.count <= Limits.nameBytesMaximum,
                    text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x3F && $0 != 0x23 })
                else { return nil }
                return text
            }, render: { .text($0) })
    }
}
