import BuiltinEngine
public import EngineInterface
import ONNXEngine
import SparkEngine

/// The frameworks that this program can load, in the order in which they are asked to recognise files.
public enum Engines {
    /// One instance of each; making them opens no library.
    public static let all: [any Engine] = [ONNXEngine(), SparkEngine(), BuiltinEngine()]

    /// Their names, for configuration and help.
    public static let names = all.map(\.name)
}
