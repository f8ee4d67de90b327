import NIOCore
import ServingCore
import Tensors
import Wire

/// One element of a request's `inputs`.
struct OpenInferenceInput {
    private var name: String?
    private var elementType: ElementType?
    private var shape: Shape?
    private var tensor: Tensor?
    /// Where `data` is, when it came before the members that say how to read it.
    private var data: JSONScanner?
    private var hasData = false
    private var binaryByteCount: UInt64?
    private var sharedMemory = SharedMemoryReference.Collector()

    private init() {}

    /// Reads an input; bytes that belong to it are taken from the front of `binary`.
    ///
    /// - Throws: `invalid_request` or `invalid_tensor`.
    static func read(
        _ scanner: inout JSONScanner, _ binary: inout ByteBuffer, _ model: ModelName,
        _ regions: SystemSharedMemory?
    ) throws(ServingError) -> NamedTensor {
        guard try scanner.peekKind() == .object else {
            throw cannotParse("inputs", "each element must be an object")
        }
        var input = OpenInferenceInput()
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("name") {
                input.name = try string(&scanner, "name")
            } else if key.equals("datatype") {
                try input.readElementType(&scanner)
            } else if key.equals("shape") {
                try input.readShape(&scanner)
            } else if key.equals("data") {
                try input.meetData(&scanner)
            } else if key.equals("parameters") {
                try input.readParameters(&scanner)
            } else {
                try scanner.skipValue()
            }
        }
        return try input.finish(&binary, model, regions)
    }

    private mutating func readElementType(_ scanner: inout JSONScanner) throws(ServingError) {
        let text = try Self.string(&scanner, "datatype")
        guard let type = ElementType(openInferenceName: text) else {
            let known = ElementType.allCases.map(\.openInferenceName).joined(separator: ", ")
            throw ServingError(
                .invalidTensor,
                "invalid datatype '\(text.clipped())' for input '\(quotedName)'; use one of \(known)"
            )
        }
        elementType = type
    }

    private mutating func readShape(_ scanner: inout JSONScanner) throws(ServingError) {
        guard try scanner.peekKind() == .array else {
            throw Self.cannotParse("shape", "it must be an array of numbers")
        }
        var dimensions: [Int] = []
        try scanner.beginArray()
        while try scanner.nextElement() {
            let extent = try Self.unsigned(&scanner, "shape")
            guard let extent = Int(exactly: extent) else {
                throw Self.cannotParse("shape", "\(extent) is too large")
            }
            dimensions.append(extent)
            guard dimensions.count <= Limits.tensorRankMaximum else {
                throw Self.cannotParse(
                    "shape", "it has more than \(Limits.tensorRankMaximum) dimensions")
            }
        }
        do throws(ServingError) {
            shape = try Shape(dimensions)
        } catch {
            throw error.inContext("input '\(quotedName)'")
        }
    }

    /// Reads the data, or remembers where it is.
    private mutating func meetData(_ scanner: inout JSONScanner) throws(ServingError) {
        guard try scanner.peekKind() == .array else {
            throw Self.cannotParse("data", "it must be an array")
        }
        hasData = true
        if elementType != nil, shape != nil {
            try readData(&scanner)
        } else {
            data = scanner
            try scanner.skipValue()
        }
    }

    private mutating func readData(_ scanner: inout JSONScanner) throws(ServingError) {
        guard let elementType, let shape else { return }
        guard elementType != .float16, elementType != .bfloat16 else {
            throw ServingError(
                .invalidTensor,
                "receiving \(elementType) data via JSON is not supported. Please use the binary "
                    + "data format for input \(quotedName)")
        }
        do throws(ServingError) {
            tensor = try JSONTensorReader(elementType, options: .openInference)
                .read(from: &scanner, shape: shape)
        } catch {
            guard error.code == .invalidTensor else { throw error }
            throw error.inContext("Unable to parse 'data' of input '\(quotedName)'")
        }
    }

    private mutating func readParameters(_ scanner: inout JSONScanner) throws(ServingError) {
        guard try scanner.peekKind() == .object else {
            throw Self.cannotParse("parameters", "it must be an object")
        }
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            if key.equals("binary_data_size") {
                binaryByteCount = try Self.unsigned(&scanner, "binary_data_size")
            } else {
                try SharedMemoryReference.read(key, &scanner, into: &sharedMemory)
            }
        }
    }

    private mutating func finish(
        _ binary: inout ByteBuffer, _ model: ModelName, _ regions: SystemSharedMemory?
    ) throws(ServingError) -> NamedTensor {
        try requireOneSource()
        guard let name else { throw Self.cannotParse("name", "an input has none") }
        guard let elementType else {
            throw Self.cannotParse("datatype", "input '\(quotedName)' has none")
        }
        guard let shape else { throw Self.cannotParse("shape", "input '\(quotedName)' has none") }
        if var data { try readData(&data) }
        if let tensor { return NamedTensor(name, tensor) }
        do throws(ServingError) {
            if let place = try sharedMemory.finish() {
                guard let regions else { throw Self.sharedMemoryRefusal }
                return NamedTensor(name, try regions.read(place, elementType, shape))
            }
            return NamedTensor(name, try takeBinary(&binary, elementType, shape, model))
        } catch {
            throw error.code == .invalidTensor ? error.inContext("input '\(quotedName)'") : error
        }
    }

    private func takeBinary(
        _ binary: inout ByteBuffer, _ type: ElementType, _ shape: Shape, _ model: ModelName
    ) throws(ServingError) -> Tensor {
        let wanted = binaryByteCount ?? 0
        guard let byteCount = Int(exactly: wanted), byteCount <= binary.readableBytes else {
            throw ServingError(
                .invalidRequest,
                "unexpected size for input '\(quotedName)', expecting "
                    + "\(wanted - UInt64(binary.readableBytes)) additional bytes for model '\(model)'"
            )
        }
        return try BinaryTensors.read(type, shape, from: &binary, byteCount: byteCount)
    }

    private func requireOneSource() throws(ServingError) {
        var sources: [String] = []
        if hasData { sources.append("'data'") }
        if binaryByteCount != nil { sources.append("'binary_data_size'") }
        if sharedMemory.isNamed { sources.append("'shared_memory_region'") }
        guard sources.count == 1 else {
            let found =
                sources.isEmpty ? "no field is set" : "set \(sources.joined(separator: " "))"
            throw ServingError(
                .invalidRequest,
                "Input must set only one of the following fields: 'data', 'binary_data_size' in "
                    + "'parameters', 'shared_memory_region' in 'parameters'. But \(found)")
        }
    }

    private var quotedName: String { (name ?? "").clipped() }
}

extension OpenInferenceInput {
    /// `Unable to parse 'shape': why`, in Triton's form.
    static func cannotParse(_ member: String, _ why: String) -> ServingError {
        ServingError(.invalidRequest, "Unable to parse '\(member)': \(why)")
    }

    /// What is read from a file or on the command line has no regions.
    static var sharedMemoryRefusal: ServingError {
        ServingError(
            .unsupported,
            "shared memory is not offered here; give the tensors in the request's body")
    }

    static func string(_ scanner: inout JSONScanner, _ member: String) throws(ServingError)
        -> String
    {
        guard try scanner.peekKind() == .string else {
            throw cannotParse(member, "it must be a string")
        }
        return try scanner.readString()
    }

    static func boolean(_ scanner: inout JSONScanner, _ member: String) throws(ServingError)
        -> Bool
    {
        guard try scanner.peekKind() == .boolean else {
            throw cannotParse(member, "it must be true or false")
        }
        return try scanner.readBoolean()
    }

    static func unsigned(_ scanner: inout JSONScanner, _ member: String) throws(ServingError)
        -> UInt64
    {
        let place = scanner
        do throws(ServingError) {
            return try scanner.readUnsignedInteger()
        } catch {
            throw cannotParse(
                member, "\(place.valueDescription()) is not an integer of 0 or more")
        }
    }
}
