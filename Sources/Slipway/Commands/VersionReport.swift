public import Wire

/// What `slipway version` says, and the labels of `slipway_build_info`.
public struct VersionReport: Hashable, Sendable {
    /// The program's version (semantic versioning).
    public let version: String
    /// The Swift compiler that built it, as far as the language tells.
    public let swift: String
    /// The processor architecture that it was built for.
    public let architecture: String

    /// This program's.
    public static let current = VersionReport(
        version: "0.1.0", swift: builtBy, architecture: builtFor)

    /// The report for people.
    public var text: String { "slipway \(version) (Swift \(swift), \(architecture))\n" }

    /// The report for programs.
    public var json: JSONValue {
        .object([
            "version": .string(version), "swift": .string(swift),
            "architecture": .string(architecture),
        ])
    }

    private static var builtBy: String {
        #if compiler(>=6.5)
            "6.5 or later"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    private static var builtFor: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }
}
