/// A flag of TensorFlow Serving's model server, and what becomes of it here.
///
/// Source of the list: `main.cc` and `server.h` of TensorFlow Serving.
public struct TensorFlowServingFlag: Hashable, Sendable {
    /// What follows the name.
    public enum Kind: String, Hashable, Sendable {
        /// `--name=text`
        case text = "text"
        /// `--name=5`
        case integer = "number"
        /// `--name=0.5`
        case decimal = "decimal"
        /// `--name`, `--name=true`, `--noname`
        case boolean = "true or false"
    }

    /// What it does.
    public enum Effect: Hashable, Sendable {
        /// What it does in the original.
        case honoured(String)
        /// An error, unless the value is the one by which the original leaves it alone.
        case refused(String)
        /// One warning with the reason.
        case warned(String)
    }

    /// The name without dashes.
    public let name: String
    /// What follows the name.
    public let kind: Kind
    /// The value that the original has without the flag.
    public let standard: String
    /// What it does here.
    public let effect: Effect

    init(_ name: String, _ kind: Kind, _ standard: String, _ effect: Effect) {
        self.name = name
        self.kind = kind
        self.standard = standard
        self.effect = effect
    }

    /// Finds a flag by name.
    public static func named(_ name: String) -> TensorFlowServingFlag? {
        all.first { $0.name == name }
    }

    /// All flags, in the order of the original's help.
    public static let all: [TensorFlowServingFlag] =
        listening + models + batching + files + sessions + others
}
