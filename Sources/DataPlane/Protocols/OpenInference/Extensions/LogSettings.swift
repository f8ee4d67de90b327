import ServingCore

/// Reads and changes how much the server logs; the assembly joins it with the logger.
public protocol LogSettingsControl: AnyObject, Sendable {
    /// The least severe level that is written.
    var threshold: LogThreshold { get set }
}

/// Levels of logging, as far as the Open Inference Protocol can name them.
public enum LogThreshold: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// Everything.
    case trace
    /// Details for whoever debugs.
    case debug
    /// What happens.
    case info
    /// What may need attention.
    case warning
    /// What failed.
    case error
    /// Nothing but what ends the program.
    case critical

    public static func < (left: LogThreshold, right: LogThreshold) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// The extension `logging`.
///
/// Triton switches each level by itself; here there is one threshold, so that a level cannot be
/// written without the more severe ones. What cannot be done is refused.
struct LogSettings: Sendable {
    let control: (any LogSettingsControl)?

    /// The settings as Triton names them; `log_format` has the one form that lines have.
    func current() -> [(key: String, value: ExtensionParameter)] {
        let threshold = control?.threshold ?? .info
        return [
            ("log_file", .text("")), ("log_info", .boolean(threshold <= .info)),
            ("log_warning", .boolean(threshold <= .warning)),
            ("log_error", .boolean(threshold <= .error)),
            ("log_verbose_level", .integer(Self.verbosity(of: threshold))),
            ("log_format", .text("ISO8601")),
        ]
    }

    /// Changes settings, all of them or, when one is refused, none.
    ///
    /// - Throws: `invalid_request` for unknown settings and values of the wrong kind; `unsupported`
    ///   for what has no meaning here.
    func update(_ changes: [(key: String, value: ExtensionParameter)]) throws(ServingError) {
        var switches = Switches(control?.threshold ?? .info)
        for (key, value) in changes where value != .null {
            switch key {
            case "log_info": switches.info = try value.flag(named: key)
            case "log_warning": switches.warning = try value.flag(named: key)
            case "log_error": switches.error = try value.flag(named: key)
            case "log_verbose_level": switches.verbosity = try value.count(named: key)
            case "log_format":
                guard try value.string(named: key) == "ISO8601" else {
                    throw ServingError(
                        .unsupported,
                        "'log_format' is always ISO8601 here; 'log.format' in the configuration "
                            + "chooses between text and JSON lines")
                }
            case "log_file":
                guard try value.string(named: key).isEmpty else {
                    throw ServingError(
                        .unsupported,
                        "log file location can not be updated through network protocol")
                }
            default:
                throw ServingError(
                    .invalidRequest, "Unknown log setting '\(key.clipped())'")
            }
        }
        guard !changes.isEmpty else { return }
        guard let control else {
            throw ServingError(.unsupported, "the log settings of this server cannot be changed")
        }
        control.threshold = try switches.threshold()
    }

    private static func verbosity(of threshold: LogThreshold) -> Int64 {
        switch threshold {
        case .trace: 2
        case .debug: 1
        default: 0
        }
    }

    /// Triton's four switches.
    private struct Switches {
        var info: Bool
        var warning: Bool
        var error: Bool
        var verbosity: Int

        init(_ threshold: LogThreshold) {
            info = threshold <= .info
            warning = threshold <= .warning
            error = threshold <= .error
            verbosity = Int(LogSettings.verbosity(of: threshold))
        }

        /// The one threshold that they mean together.
        ///
        /// - Throws: `unsupported` when a level is on whose more severe neighbour is off.
        func threshold() throws(ServingError) -> LogThreshold {
            let isOrdered = (!info || warning) && (!warning || error) && (verbosity == 0 || info)
            guard isOrdered else {
                throw ServingError(
                    .unsupported,
                    "a level can only be logged together with the more severe ones: "
                        + "log_verbose_level above 0 needs log_info, log_info needs log_warning, "
                        + "log_warning needs log_error")
            }
            if verbosity > 0 { return verbosity > 1 ? .trace : .debug }
            if info { return .info }
            if warning { return .warning }
            return error ? .error : .critical
        }
    }
}
