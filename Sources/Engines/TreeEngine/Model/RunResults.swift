import EngineInterface
import ServingCore
import Tensors

/// The memory of a run's results, an element for each output that is wanted.
struct RunResults {
    private let outputs: [TreeOptions.Output]
    private let types: [ElementType]
    private let shapes: [Shape?]
    private let memories: [TensorMemory?]
    private let rowCount: Int

    /// Takes the memory.
    ///
    /// - Throws: `invalid_tensor` when a result would be too large; `resource_exhausted`.
    init(
        _ content: TreeModelContent, _ outputs: [TreeOptions.Output], _ wanted: [Int],
        _ input: Shape
    ) throws(ServingError) {
        self.outputs = outputs
        rowCount = input.dimensions[0]
        var types: [ElementType] = []
        var shapes: [Shape?] = []
        var memories: [TensorMemory?] = []
        for (index, output) in outputs.enumerated() {
            let type = content.elementType(of: output)
            types.append(type)
            guard wanted.contains(index) else {
                shapes.append(nil)
                memories.append(nil)
                continue
            }
            let shape = try Shape([rowCount] + content.extents(of: output))
            shapes.append(shape)
            memories.append(try TensorMemory.allocate(byteCount: try shape.byteCount(of: type)))
        }
        self.types = types
        self.shapes = shapes
        self.memories = memories
    }

    /// Runs the model into the memory.
    func fill(
        _ content: TreeModelContent, _ input: Tensor, _ cancellation: RunCancellation
    ) throws(ServingError) {
        guard rowCount > 0, memories.contains(where: { $0 != nil }) else { return }
        if content.inputType == .float32 {
            try fill(content, input, Float.self, cancellation)
        } else {
            try fill(content, input, Double.self, cancellation)
        }
    }

    @inline(__always)
    private func fill<Input: BinaryFloatingPoint & BitwiseCopyable>(
        _ content: TreeModelContent, _ input: Tensor, _: Input.Type,
        _ cancellation: RunCancellation
    ) throws(ServingError) {
        let (body, rows) = (content.body, rowCount)
        let isSingle = content.outputType == .float32
        try input.withElements(as: Input.self) { (values) throws(ServingError) in
            guard let values = values.baseAddress else { return }
            switch body {
            case .xgboost(let predictor):
                try predictor.run(values, rowCount: rows, into: memory(Float.self), cancellation)
            case .linear(let predictor):
                try predictor.run(values, rowCount: rows, into: memory(Float.self), cancellation)
            case .lightgbm(let predictor):
                if isSingle {
                    try predictor.run(
                        values, rowCount: rows, into: memory(Float.self), cancellation)
                } else {
                    try predictor.run(
                        values, rowCount: rows, into: memory(Double.self), cancellation)
                }
            }
        }
    }

    private func memory<Element: BinaryFloatingPoint>(_: Element.Type) -> OutputMemory<Element> {
        var memory = OutputMemory<Element>()
        for (index, output) in outputs.enumerated() {
            guard let start = memories[index]?.bytes.baseAddress else { continue }
            switch output {
            case .prediction: memory.prediction = start.assumingMemoryBound(to: Element.self)
            case .margin: memory.margin = start.assumingMemoryBound(to: Element.self)
            case .leaf: memory.leaf = start.assumingMemoryBound(to: Int32.self)
            case .contributions:
                memory.contributions = start.assumingMemoryBound(to: Element.self)
            case .class: memory.classes = start.assumingMemoryBound(to: Int64.self)
            }
        }
        return memory
    }

    /// The tensors in the order asked, after `fill`.
    func tensors(_ indices: [Int]) -> [Tensor] {
        let made = memories.enumerated().map { index, memory -> Tensor? in
            guard let memory, let shape = shapes[index] else { return nil }
            return Tensor(trusted: types[index], shape, memory.freeze())
        }
        return indices.compactMap { made[$0] }
    }
}
