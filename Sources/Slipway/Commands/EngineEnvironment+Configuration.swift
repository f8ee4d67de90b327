public import EngineInterface
import ServingCore

extension EngineEnvironment {
    /// What a configuration lets engines use of this machine.
    public init(_ configuration: Configuration) {
        self.init(
            budget: configuration.processors.map(CPUBudget.init(processors:)) ?? .detect(),
            libraryDirectories: configuration.libraryDirectories)
    }
}
