import NIOCore
import ServingCore
import Wire

/// A `ModelInferRequest`, read once: small members by value, tensors as places in the message.
struct ModelInferMessage: Sendable {
    /// An `InferInputTensor`.
    struct Input: Sendable {
        var name = ""
        var datatype = ""
        var shape: [Int64] = []
        var parameters: [(key: String, value: InferParameter)] = []
        /// Where `contents` lies in the message: more than one place when the message was written in
        /// parts, which protobuf joins.
        var contents: [Range<Int>] = []
    }

    /// An `InferRequestedOutputTensor`.
    struct Output: Sendable {
        var name = ""
        var parameters: [(key: String, value: InferParameter)] = []
    }

    /// The bytes that all places refer to.
    let bytes: ByteBuffer
    private(set) var modelName = ""
    private(set) var modelVersion = ""
    private(set) var id = ""
    private(set) var parameters: [(key: String, value: InferParameter)] = []
    private(set) var inputs: [Input] = []
    private(set) var outputs: [Output] = []
    /// Where each `raw_input_contents` lies in the message.
    private(set) var rawContents: [Range<Int>] = []

    /// Reads a message.
    ///
    /// - Throws: `invalid_request` when the bytes are no such message or hold too many tensors.
    init(_ bytes: ByteBuffer) throws(ServingError) {
        self.bytes = bytes
        let places = bytes
        try places.withProtobufReader { (reader) throws(ServingError) in
            try read(&reader)
        }
    }

    private mutating func read(_ reader: inout ProtobufReader) throws(ServingError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: modelName = try reader.string()
            case 2: modelVersion = try reader.string()
            case 3: id = try reader.string()
            case 4: try Self.append(try InferParameter.readEntry(&reader), to: &parameters)
            case 5: try Self.append(try Self.input(reader.message()), to: &inputs)
            case 6: try Self.append(try Self.output(reader.message()), to: &outputs)
            case 7: try Self.append(try reader.range(), to: &rawContents)
            default: try reader.skip()
            }
        }
    }

    private static func input(_ reader: ProtobufReader) throws(ServingError) -> Input {
        var reader = reader
        var input = Input()
        while let field = try reader.nextField() {
            switch field {
            case 1: input.name = try reader.string()
            case 2: input.datatype = try reader.string()
            case 3: try readShape(&reader, into: &input.shape)
            case 4:
                try append(try InferParameter.readEntry(&reader), to: &input.parameters)
            case 5: try append(try reader.range(), to: &input.contents)
            default: try reader.skip()
            }
        }
        return input
    }

    private static func readShape(_ reader: inout ProtobufReader, into shape: inout [Int64])
        throws(ServingError)
    {
        if reader.wireType == .lengthDelimited {
            var packed = try reader.packed()
            while !packed.isAtEnd {
                try appendExtent(Int64(bitPattern: try packed.packedVarint()), to: &shape)
            }
        } else {
            try appendExtent(try reader.signed(), to: &shape)
        }
    }

    private static func appendExtent(_ extent: Int64, to shape: inout [Int64])
        throws(ServingError)
    {
        guard shape.count < Limits.tensorRankMaximum else {
            throw ServingError(
                .invalidTensor,
                "an input's shape has more than \(Limits.tensorRankMaximum) dimensions")
        }
        shape.append(extent)
    }

    private static func output(_ reader: ProtobufReader) throws(ServingError) -> Output {
        var reader = reader
        var output = Output()
        while let field = try reader.nextField() {
            switch field {
            case 1: output.name = try reader.string()
            case 2:
                try append(try InferParameter.readEntry(&reader), to: &output.parameters)
            default: try reader.skip()
            }
        }
        return output
    }

    private static func append<Element>(_ element: Element, to list: inout [Element])
        throws(ServingError)
    {
        guard list.count < Limits.tensorsPerRequestMaximum else {
            throw ServingError(
                .invalidRequest,
                "a request has at most \(Limits.tensorsPerRequestMaximum) inputs, outputs, "
                    + "raw contents and parameters each")
        }
        list.append(element)
    }
}

extension ModelInferMessage {
    /// The bytes at a place, sharing the message's memory.
    func slice(_ range: Range<Int>) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)
            ?? ByteBuffer()
    }
}

/// Reads the version that a message of the protocol gives as text; empty is the latest.
enum ModelVersionText {
    /// The reference to a model.
    ///
    /// - Throws: `invalid_request` when no model is named; and, in Triton's words, for a version that
    ///   is no number or a negative one.
    static func reference(_ name: String, version: String) throws(ServingError) -> ModelReference {
        guard !name.isEmpty else {
            throw ServingError(.invalidRequest, "the message names no model; give its name")
        }
        guard !version.isEmpty else { return ModelReference(name: name, choice: .latest) }
        guard let number = Int64(version) else {
            throw ServingError(
                .invalidRequest,
                "failed to get model version from specified version string "
                    + "'\(version.clipped())' (details: stol), version should be an integral value > 0"
            )
        }
        guard number >= 0 else {
            throw ServingError(
                .invalidRequest,
                "invalid model version specified '\(version.clipped())' , version should be an "
                    + "integral value > 0")
        }
        return ModelReference(name: name, choice: .version(ModelVersion(number)))
    }
}
