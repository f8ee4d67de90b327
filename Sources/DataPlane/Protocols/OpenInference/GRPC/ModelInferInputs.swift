import Inference
import NIOCore
import ServingCore
import Tensors
import Wire

/// Makes the tensors of a `ModelInferRequest`, from raw or from typed contents.
///
/// Raw contents are borrowed from the message where their alignment allows. A request uses one of
/// the two forms for all its inputs; inputs in shared memory take no part in that.
struct ModelInferInputs {
    private let message: ModelInferMessage
    private let model: ModelName
    private var nextRaw = 0
    /// Whether some input came as typed contents.
    private(set) var usesTypedContents = false

    /// Starts with the first input.
    init(_ message: ModelInferMessage, model: ModelName) {
        self.message = message
        self.model = model
    }

    /// Reads every input; `sharedMemory` makes the tensor of an input whose parameters name a
    /// region, and returns nil for one that names none.
    ///
    /// - Throws: `invalid_request` or `invalid_tensor`, in Triton's words where it has some.
    mutating func read(
        sharedMemory: (ModelInferMessage.Input, ElementType, Shape) throws(ServingError) -> Tensor?
    ) throws(ServingError) -> [NamedTensor] {
        var tensors: [NamedTensor] = []
        tensors.reserveCapacity(message.inputs.count)
        for input in message.inputs {
            let type = try Self.elementType(of: input)
            let shape = try Self.shape(of: input)
            let tensor: Tensor
            if let shared = try sharedMemory(input, type, shape) {
                guard input.contents.isEmpty else {
                    throw ServingError(
                        .invalidRequest,
                        "unexpected 'content' provided when using shared memory for input tensor "
                            + place(input))
                }
                tensor = shared
            } else {
                tensor = try explicitTensor(input, type, shape)
            }
            tensors.append(NamedTensor(input.name, tensor))
        }
        guard nextRaw == message.rawContents.count else {
            throw ServingError(
                .invalidRequest,
                "the number of inputs (\(nextRaw)) does not match the expected number of raw input "
                    + "contents (\(message.rawContents.count)) for model '\(model)'.")
        }
        return tensors
    }

    private mutating func explicitTensor(
        _ input: ModelInferMessage.Input, _ type: ElementType, _ shape: Shape
    ) throws(ServingError) -> Tensor {
        if message.rawContents.isEmpty, !input.contents.isEmpty {
            usesTypedContents = true
            return try typedTensor(input, type, shape)
        }
        // MLServer's client writes an empty message beside raw contents.
        guard input.contents.allSatisfy(\.isEmpty) else {
            throw ServingError(
                .invalidRequest,
                "contents field must not be specified when using raw_input_contents for "
                    + place(input))
        }
        guard nextRaw < message.rawContents.count else {
            throw ServingError(
                .invalidRequest,
                "unable to find data for input tensor \(place(input)) in request.")
        }
        let raw = message.slice(message.rawContents[nextRaw])
        nextRaw += 1
        return try rawTensor(raw, input, type, shape)
    }

    private func rawTensor(
        _ raw: ByteBuffer, _ input: ModelInferMessage.Input, _ type: ElementType, _ shape: Shape
    ) throws(ServingError) -> Tensor {
        if type != .bytes {
            let expected = try Self.inContext(of: input) { () throws(ServingError) in
                try shape.byteCount(of: type)
            }
            guard raw.readableBytes == expected else {
                throw ServingError(
                    .invalidTensor,
                    "input byte size mismatch for input \(place(input)). Expected \(expected), got "
                        + "\(raw.readableBytes)")
            }
        }
        return try Self.inContext(of: input) { () throws(ServingError) in
            try Tensor(
                type, shape,
                try BinaryTensors.storage(of: raw, alignment: type.byteWidth ?? 1))
        }
    }

    private func typedTensor(
        _ input: ModelInferMessage.Input, _ type: ElementType, _ shape: Shape
    ) throws(ServingError) -> Tensor {
        guard let wanted = TypedContents.field(of: type) else {
            throw ServingError(
                .invalidTensor,
                "input \(place(input)) is \(type), which has no typed contents; send it in "
                    + "raw_input_contents")
        }
        return try Self.inContext(of: input) { () throws(ServingError) in
            let contents = try TypedContents(input, in: message)
            if let field = contents.field, field != wanted {
                throw ServingError(
                    .invalidTensor,
                    "unexpected explicit tensor data for input tensor \(place(input)) of type "
                        + "'\(TypedContents.type(ofField: field))', expected datatype '\(type)'")
            }
            return try contents.tensor(type, shape)
        }
    }

    private func place(_ input: ModelInferMessage.Input) -> String {
        "'\(input.name.clipped())' for model '\(model)'"
    }

    private static func inContext<Value>(
        of input: ModelInferMessage.Input, _ body: () throws(ServingError) -> Value
    ) throws(ServingError) -> Value {
        do throws(ServingError) {
            return try body()
        } catch {
            throw error.inContext("input '\(input.name.clipped())'")
        }
    }

    private static func elementType(of input: ModelInferMessage.Input) throws(ServingError)
        -> ElementType
    {
        guard let type = ElementType(openInferenceName: input.datatype) else {
            let known = ElementType.allCases.map(\.openInferenceName).joined(separator: ", ")
            throw ServingError(
                .invalidTensor,
                "invalid datatype '\(input.datatype.clipped())' for input "
                    + "'\(input.name.clipped())'; use one of \(known)")
        }
        return type
    }

    private static func shape(of input: ModelInferMessage.Input) throws(ServingError) -> Shape {
        try inContext(of: input) { () throws(ServingError) in
            try Shape(input.shape.map { Int($0) })
        }
    }
}
