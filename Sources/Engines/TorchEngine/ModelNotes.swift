import Inference
import ServingCore
import Tensors

/// What `model.yaml` beside a model says of its inputs and outputs, which the file itself does not.
struct ModelNotes: Hashable {
    /// The file's name.
    static let fileName = "model.yaml"

    /// One input or output.
    struct Value: Hashable {
        let name: String
        let type: ElementType
        /// nil for any shape.
        let dimensions: [Dimension]?
        /// Where it stands in the file, from 1.
        let line: Int

        /// As signatures have it.
        var specification: TensorSpecification {
            TensorSpecification(name: name, elementType: type, dimensions: dimensions)
        }
    }

    /// The inputs; nil when nothing is said of them.
    var inputs: [Value]?
    /// The outputs; nil when nothing is said of them.
    var outputs: [Value]?
    /// Whether rows may share a run; nil: where the shapes allow it.
    var isBatched: Bool?

    /// Says nothing.
    init() {}
}
