import EngineInterface
import Inference
import ServingCore
import Tensors

/// The inputs of one run, checked, and where their bytes begin.
struct BoundInputs {
    /// Rows of all of them.
    private(set) var rows = 0
    /// Numbers in a row of each; 0 for text.
    private(set) var widths: [Int] = []
    private(set) var starts: [UnsafeRawPointer?] = []
    private(set) var byteCounts: [Int] = []
    /// Numbers that did not lie at an address for numbers.
    private var copies: [TensorMemory] = []

    /// Looks at tensors, which must stay alive while this is used.
    ///
    /// - Throws: `invalid_tensor` when they do not fit the columns or each other.
    init(_ inputs: [Tensor], _ kinds: [ColumnKind]) throws(ServingError) {
        guard inputs.count == kinds.count, let first = inputs.first else {
            throw ServingError(.internalError, "\(inputs.count) inputs for \(kinds.count)")
        }
        rows = first.shape.leadingDimension ?? 0
        for (input, kind) in zip(inputs, kinds) { try bind(input, kind) }
    }

    private mutating func bind(_ input: Tensor, _ kind: ColumnKind) throws(ServingError) {
        let isVector = if case .vector = kind { true } else { false }
        let shape = input.shape
        let isRight = input.elementType == (kind == .text ? .bytes : .float64)
        guard isRight, shape.rank == (isVector ? 2 : 1), shape.dimensions[0] == rows else {
            throw ServingError(
                .invalidTensor,
                "a \(input.elementType) tensor of shape \(shape) where \(rows) rows of "
                    + "\(kind.words) are expected; all inputs have as many rows")
        }
        let width = kind == .text ? 0 : isVector ? shape.dimensions[1] : 1
        if let wanted = kind.width, wanted != width {
            throw ServingError(
                .invalidTensor, "a row has \(width) numbers where \(wanted) are expected")
        }
        widths.append(width)
        byteCounts.append(input.storage.count)
        if kind == .text || input.storage.isAligned(to: MemoryLayout<Double>.alignment) {
            starts.append(input.storage.withUnsafeBytes { $0.baseAddress })
            return
        }
        let copy = try TensorMemory.allocate(byteCount: input.storage.count)
        input.storage.withUnsafeBytes { copy.bytes.copyMemory(from: $0) }
        starts.append(copy.bytes.baseAddress.map { UnsafeRawPointer($0) })
        copies.append(copy)
    }
}

/// One run: takes the rows through the plan in blocks, straight from the request's memory into the
/// answer's.
struct PipelineRun {
    /// An answer that grows block by block.
    private struct Output {
        let slot: Slot
        let specification: TensorSpecification
        let memory: TensorMemory?
        /// Elements of text, each behind its length.
        var text: [UInt8] = []
    }

    private let plan: Plan
    private let frame: Frame
    private let inputs: BoundInputs
    private var outputs: [Output] = []
    /// For each output wanted its place in `outputs`.
    private var places: [Int] = []
    /// How far each input of text is read.
    private var textOffsets: [Int]

    init(
        _ plan: Plan, _ frame: Frame, _ inputs: BoundInputs, signature: ModelSignature,
        outputIndices: [Int]
    ) throws(ServingError) {
        (self.plan, self.frame, self.inputs) = (plan, frame, inputs)
        textOffsets = [Int](repeating: 0, count: inputs.widths.count)
        var placeOfIndex: [Int: Int] = [:]
        for index in outputIndices {
            guard plan.outputs.indices.contains(index) else {
                throw ServingError(.internalError, "there is no output \(index)")
            }
            if let place = placeOfIndex[index] {
                places.append(place)
                continue
            }
            placeOfIndex[index] = outputs.count
            places.append(outputs.count)
            try add(plan.outputs[index], signature.outputs[index])
        }
    }

    private mutating func add(_ slot: Slot, _ specification: TensorSpecification)
        throws(ServingError)
    {
        guard let width = specification.elementType.byteWidth else {
            outputs.append(Output(slot: slot, specification: specification, memory: nil))
            return
        }
        let shape = try Shape([inputs.rows, slot.width])
        let memory = try TensorMemory.allocate(
            byteCount: try shape.byteCount(of: width == 4 ? .int32 : .float64))
        outputs.append(Output(slot: slot, specification: specification, memory: memory))
    }

    /// Runs all blocks.
    ///
    /// - Throws: as the stages do; the cancellation's error when it was stopped.
    mutating func execute(_ cancellation: RunCancellation) throws(ServingError) -> [Tensor] {
        let scratch = frame.numbers
        defer { frame.numbers = scratch }
        var row = 0
        while row < inputs.rows {
            if let error = cancellation.error { throw error }
            frame.rows = min(frame.capacity, inputs.rows - row)
            try bind(row, scratch)
            for kernel in plan.kernels { try kernel.run(frame) }
            try collect(row)
            row += frame.rows
        }
        var tensors: [Tensor] = []
        for output in outputs { tensors.append(try tensor(of: output)) }
        return places.map { tensors[$0] }
    }

    /// Points the frame's columns at the rows of the request and of the answer.
    private mutating func bind(_ row: Int, _ scratch: [UnsafeMutablePointer<Double>])
        throws(ServingError)
    {
        for (place, slot) in plan.inputs.enumerated() {
            if slot.kind == .text {
                try readTexts(place, slot)
            } else if let start = inputs.starts[place] {
                // Only read: no kernel writes where another column's rows are.
                frame.numbers[slot.index] =
                    UnsafeMutableRawPointer(mutating: start).assumingMemoryBound(to: Double.self)
                    + row * slot.width
            }
        }
        for output in outputs where output.specification.elementType == .float64 {
            guard let start = output.memory?.bytes.baseAddress else { continue }
            frame.numbers[output.slot.index] =
                start.assumingMemoryBound(to: Double.self) + row * output.slot.width
        }
    }

    private mutating func readTexts(_ place: Int, _ slot: Slot) throws(ServingError) {
        let texts = frame.texts[slot.index]
        let end = inputs.byteCounts[place]
        var offset = textOffsets[place]
        for row in 0..<frame.rows {
            guard let start = inputs.starts[place], end - offset >= 4 else { throw Self.cutShort }
            let length = Int(
                UInt32(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            offset += 4
            guard length <= end - offset else { throw Self.cutShort }
            texts[row] = TextSpan(start: start + offset, count: length)
            offset += length
        }
        textOffsets[place] = offset
    }

    private static var cutShort: ServingError {
        ServingError(.invalidTensor, "BYTES data is cut short")
    }

    /// Takes over what is not written into the answer by itself: whole numbers and text.
    private mutating func collect(_ row: Int) throws(ServingError) {
        for place in outputs.indices {
            let slot = outputs[place].slot
            if outputs[place].specification.elementType == .int32 {
                guard let start = outputs[place].memory?.bytes.baseAddress else { continue }
                let target = start.assumingMemoryBound(to: Int32.self) + row
                for index in 0..<frame.rows {
                    target[index] = Int32(truncatingIfNeeded: Int(frame.numbers[slot.index][index]))
                }
            } else if slot.kind == .text {
                for index in 0..<frame.rows {
                    let text = frame.texts[slot.index][index]
                    let length = UInt32(truncatingIfNeeded: text.count)
                    withUnsafeBytes(of: length.littleEndian) {
                        outputs[place].text.append(contentsOf: $0)
                    }
                    outputs[place].text.append(contentsOf: text.bytes)
                }
                guard outputs[place].text.count <= Limits.tensorBytesMaximum else {
                    throw ServingError(.invalidTensor, "the answer's text is too long")
                }
            }
        }
    }

    private func tensor(of output: Output) throws(ServingError) -> Tensor {
        let isVector = output.specification.dimensions?.count == 2
        let shape = try Shape(isVector ? [inputs.rows, output.slot.width] : [inputs.rows])
        if let memory = output.memory {
            return Tensor(trusted: output.specification.elementType, shape, memory.freeze())
        }
        let memory = try TensorMemory.allocate(byteCount: output.text.count)
        memory.bytes.copyBytes(from: output.text)
        return Tensor(trusted: .bytes, shape, memory.freeze())
    }
}
