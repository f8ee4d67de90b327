public import Wire

/// What `slipway version` says, and the labels of `slipway_build_info`.
public struct VersionReport: CommandReport, Hashable {
    /// The program's version (semantic versioning).
    public let version: String
    /// The version of Swift that it was built with.
    public let swift: String
    /// The processor architecture that it was built for.
    public let architecture: String

    /// This program's.
    public static let current = VersionReport(
        version: Version.number, swift: Version.swift, architecture: builtFor)

    /// The report for people.
    public var text: String { "slipway \(version) (Swift \(swift), \(architecture))\n" }

    /// The report for programs.
    public var json: JSONValue {
        .object([
            "version": .string(version), "swift": .string(swift),
            "architecture": .string(architecture),
        ])
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
