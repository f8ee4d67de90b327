import Logging
import Protocols
import Telemetry

/// Lets the Open Inference Protocol's log settings move the level of all loggers; a reload of the
/// configuration sets it back.
final class LogLevelControl: LogSettingsControl {
    var threshold: LogThreshold {
        get {
            switch LogLevelSwitch.shared.level {
            case .trace: .trace
            case .debug: .debug
            case .info, .notice: .info
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
        }
        set {
            LogLevelSwitch.shared.level =
                switch newValue {
                case .trace: .trace
                case .debug: .debug
                case .info: .info
                case .warning: .warning
                case .error: .error
                case .critical: .critical
                }
        }
    }
}
