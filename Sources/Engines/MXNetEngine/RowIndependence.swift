import Inference
import ServingCore

/// Whether the rows of a batch touch each other somewhere in a network.
///
/// Only operators that are known to keep rows apart are trusted: an answer must never depend on
/// whose request happened to share the run.
enum RowIndependence {
    /// Operators that keep rows apart, whatever they are told.
    private static let safe: Set<String> = [
        "FullyConnected", "Convolution", "Convolution_v1", "Deconvolution", "Activation",
        "LeakyReLU", "BatchNorm", "BatchNorm_v1", "Pooling", "Pooling_v1", "Flatten", "flatten",
        "Dropout", "SoftmaxOutput", "Softmax", "SoftmaxActivation", "LinearRegressionOutput",
        "LogisticRegressionOutput", "MAERegressionOutput", "SVMOutput", "InstanceNorm", "GroupNorm",
        "LRN", "Embedding", "clip", "identity", "_copy", "Cast", "cast", "amp_cast", "BlockGrad",
        "relu", "sigmoid", "tanh", "exp", "log", "sqrt", "rsqrt", "square", "abs", "negative",
        "softsign", "erf", "hard_sigmoid", "floor", "ceil", "round", "sign", "elemwise_add",
        "elemwise_sub", "elemwise_mul", "elemwise_div", "_Plus", "_Minus", "_Mul", "_Div",
        "_plus", "_minus", "_mul", "_div", "_maximum", "_minimum", "add_n", "ElementWiseSum",
        "_mul_scalar", "_plus_scalar", "_minus_scalar", "_rminus_scalar", "_div_scalar",
        "_rdiv_scalar", "_power_scalar", "_maximum_scalar", "_minimum_scalar", "_MulScalar",
        "_PlusScalar", "_MinusScalar", "_RMinusScalar", "_DivScalar", "_RDivScalar", "UpSampling",
        "_contrib_BilinearResize2D", "_contrib_AdaptiveAvgPooling2D", "Pad", "pad",
        "_contrib_div_sqrt_dim",
    ]

    /// Operators that do so unless the option named is dimension 0; with what holds without it.
    private static let byAxis: [String: (option: String, standard: Int)] = [
        "softmax": ("axis", -1), "log_softmax": ("axis", -1), "LayerNorm": ("axis", -1),
        "Concat": ("dim", 1), "concat": ("dim", 1), "SliceChannel": ("axis", 1),
        "split": ("axis", 1), "stack": ("axis", 0), "expand_dims": ("axis", 0),
        "slice_axis": ("axis", 0), "argmax": ("axis", 0), "argmin": ("axis", 0),
        "topk": ("axis", -1), "sum": ("axis", 0), "sum_axis": ("axis", 0), "mean": ("axis", 0),
        "max": ("axis", 0), "max_axis": ("axis", 0), "min": ("axis", 0), "prod": ("axis", 0),
    ]

    /// Operators that do so when the list named starts with 0.
    private static let keepingFirst = [
        "Reshape": "shape", "reshape": "shape", "transpose": "axes",
    ]

    /// Operators that keep rows apart when both operands come from the batch.
    private static let broadcasting: Set<String> = [
        "broadcast_add", "broadcast_sub", "broadcast_mul", "broadcast_div", "broadcast_plus",
        "broadcast_minus", "broadcast_maximum", "broadcast_minimum", "broadcast_power",
    ]

    /// The batching that the operators allow.
    static func batching(_ graph: SymbolGraph) -> ModelSignature.Batching {
        for node in graph.nodes {
            guard let name = node.operatorName, !keepsRowsApart(name, node.attributes) else {
                continue
            }
            return .none(
                reason: "operator \(name.clipped()) ('\(node.name.clipped())') may mix rows; write "
                    + "option 'batching: true' if this network does not")
        }
        return .leadingDimension
    }

    private static func keepsRowsApart(_ name: String, _ attributes: [String: String]) -> Bool {
        if safe.contains(name) || broadcasting.contains(name) { return true }
        if let option = keepingFirst[name] {
            // `(0, -1)` and `(0, 2, 1)`: dimension 0 stays what it is.
            return attributes[option].map { $0.hasPrefix("(0,") || $0.hasPrefix("[0,") } ?? false
        }
        guard let (option, standard) = byAxis[name] else { return false }
        guard let text = attributes[option] else { return standard != 0 }
        if attributes["exclude"].map({ $0 != "False" && $0 != "0" }) == true { return false }
        let axes = text.filter { !" ()[]".contains($0) }.split(separator: ",")
        // A negative axis counts from the end; -1 of a batch is never its rows. Others may be.
        return !axes.isEmpty
            && axes.allSatisfy { axis in
                Int(axis).map { $0 > 0 || $0 == -1 } ?? false
            }
    }
}
