import CTorchShim
import Inference
import ServingCore
import Tensors

/// How the inputs of a signature become the arguments of a method.
struct CallPlan {
    /// One argument, and how many of the inputs it takes.
    struct Argument: Hashable {
        let kind: Int
        let count: Int
        /// Names in a dictionary.
        var keys: [String] = []
    }

    /// One input as far as the model itself says.
    struct Leaf {
        /// The name.
        var name: String
        /// The type; nil when the model does not say.
        var type: ElementType?
        /// The dimensions; nil when the model does not say.
        var dimensions: [Dimension]?
        /// The shape that a trace was made with.
        var example: [Int]?
        /// Whether the type is given by the method and may not be declared otherwise.
        var isTyped = false
    }

    /// The arguments, in the method's order.
    var arguments: [Argument] = []
    /// The inputs, in the order in which the arguments take them.
    var leaves: [Leaf] = []
}
