import Logging
public import ServingCore
import Telemetry

/// `slipway serve` from the configuration to the exit code: start, follow the file, stop on a signal.
public enum ServeCommand {
    /// Where the configuration comes from.
    public enum Source: Sendable {
        /// A file, followed while the server runs.
        case file(path: String)
        /// `NAME=DIRECTORY` arguments.
        case arguments([String])
        /// Flags of TensorFlow Serving's; the list of models that they name is followed.
        case tensorFlowServing(TensorFlowServingCommandLine)
    }

    /// Serves until SIGTERM or SIGINT.
    ///
    /// Call it before any other thread exists: signals are taken over for the whole process.
    ///
    /// - Parameters:
    ///   - source: The file or the arguments.
    ///   - overrides: Flags, which win over the file now and at each reload.
    ///   - announce: A file to write the bound addresses to; nil for none.
    ///   - started: Called with the bound addresses, for people: not when the log is JSON, whose
    ///     reader expects nothing else on standard error and finds the addresses in it.
    /// - Returns: Whether the server stopped with nothing left undone.
    /// - Throws: `configuration_invalid` with every problem, `file_unreadable`, `address_unavailable`.
    public static func run(
        _ source: Source, overrides: ConfigurationOverrides,
        announce: String? = nil, started: @Sendable (Announcement) -> Void
    ) throws(ServingError) -> Bool {
        let signals = ProcessSignals.takeOver()
        let reading = try read(source, overrides)
        let configuration = try reading.get()
        try startLogging(configuration.log)
        let logger = Logger(label: "slipway")
        for warning in reading.warnings { logger.warning("\(warning)") }

        let server = try SlipwayServer(configuration)
        let announcement = try Waiting.run { () async throws(ServingError) in
            try await server.start()
        }
        if let announce { try announcement.write(to: announce) }
        if configuration.log.format == .text { started(announcement) }

        let follower = try follow(source, overrides, configuration, server)
        wait(for: signals, follower, server)
        follower?.stop()
        return try Waiting.run { await server.stop() }
    }

    /// Reads the configuration, without serving.
    public static func read(_ source: Source, _ overrides: ConfigurationOverrides)
        throws(ServingError) -> ConfigurationReading
    {
        switch source {
        case .file(let path):
            try Configuration.reading(path: path, engines: Engines.names, overrides: overrides)
        case .arguments(let arguments):
            Configuration.from(arguments: arguments, overrides: overrides, engines: Engines.names)
        case .tensorFlowServing(let line): line.reading(engines: Engines.names)
        }
    }

    private static func startLogging(_ settings: LogSettings) throws(ServingError) {
        LogLevelSwitch.shared.level = settings.level.swiftLog
        let factory = try LineLogHandler.factory(
            .standardError, format: settings.format == .json ? .json : .text,
            level: .shared)
        LoggingSystem.bootstrap(factory)
    }

    private static func follow(
        _ source: Source, _ overrides: ConfigurationOverrides, _ configuration: Configuration,
        _ server: SlipwayServer
    ) throws(ServingError) -> ConfigurationFollower? {
        let logger = Logger(label: "configuration")
        switch source {
        case .arguments: return nil
        case .file(let path):
            let watcher = ConfigurationWatcher(
                path: path, current: configuration, engines: Engines.names, overrides: overrides,
                logger: logger
            ) { new, _ in server.apply(new) }
            return try ConfigurationFollower(watcher)
        case .tensorFlowServing(let line):
            guard let path = line.followedFile else { return nil }
            let watcher = ConfigurationWatcher(
                current: configuration, logger: logger, look: { FileFingerprint(path: path) },
                read: { line.rereading(engines: Engines.names) },
                apply: { new, _ in server.apply(new) })
            return try ConfigurationFollower(watcher, pause: line.followPause)
        }
    }

    /// Sleeps until the process is asked to stop.
    private static func wait(
        for signals: ProcessSignals, _ follower: ConfigurationFollower?, _ server: SlipwayServer
    ) {
        while case .reload = signals.next() {
            server.refreshFiles()
            follower?.reload()
        }
        // From here a second signal ends the process at once, however long the drain takes.
        signals.restoreTermination()
    }
}
