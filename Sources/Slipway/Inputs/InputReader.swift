public import Inference
public import ServingCore
import Tensors
import Wire

/// How files are turned into inputs.
public struct InputOptions: Hashable, Sendable {
    /// The format of the files; nil to recognise it.
    public var format: InputFormat?
    /// How pictures become numbers.
    public var image = ImageOptions()
    /// Whether the first row of a CSV file names its columns; nil to find out.
    public var hasHeaderRow: Bool?
    /// Most bytes of one file.
    public var bytesMaximum = Limits.bodyBytesMaximum
    /// Directories that are searched for libturbojpeg first.
    public var libraryDirectories: [String] = []

    /// Chooses the defaults.
    public init() {}
}

/// Turns files into a request to a model, for `slipway predict`.
public struct InputReader: Sendable {
    private let options: InputOptions
    private let json: JSONBodyDecoder

    /// Reads with these options; JSON bodies go to the decoder of the protocols.
    public init(options: InputOptions = InputOptions(), json: @escaping JSONBodyDecoder) {
        self.options = options
        self.json = json
    }

    /// Reads files, each `FILE`, `NAME=FILE` for one input of the model, or `-` for standard input.
    ///
    /// Several files with the same inputs are joined along the outermost dimension: a batch.
    ///
    /// - Parameters:
    ///   - metadata: The model that the request is for.
    ///   - signatureName: The signature to call; nil for the default, or what a JSON body says.
    /// - Throws: `file_unreadable`, `invalid_request` for a malformed file, `invalid_tensor` for
    ///   one that does not fit the signature, `unsupported` or `library_missing` for a format.
    public func read(
        _ arguments: [String], for metadata: ModelMetadata, signatureName: String? = nil
    ) throws(ServingError) -> InferenceRequest {
        let signature = try metadata.signature(named: signatureName)
        var batch = InputBatch()
        for argument in arguments {
            let (input, path) = Self.split(argument, signature)
            let bytes: [UInt8]
            do throws(ServingError) {
                bytes = try FileBytes.read(path, limit: options.bytesMaximum, what: "an input")
            } catch {
                throw Self.explain(error, argument, signature)
            }
            try batch.add(
                try read(
                    bytes, name: path, input: input, for: metadata, signatureName: signatureName))
        }
        return try batch.request()
    }

    /// Reads one file's bytes.
    ///
    /// - Parameters:
    ///   - name: The file's name, for its ending and for errors.
    ///   - input: The input that the file is for; nil when the file or the model tells.
    /// - Throws: As `read(_:for:signatureName:)`.
    public func read(
        _ bytes: [UInt8], name: String, input: String? = nil, for metadata: ModelMetadata,
        signatureName: String? = nil
    ) throws(ServingError) -> InferenceRequest {
        let signature = try metadata.signature(named: signatureName)
        do throws(ServingError) {
            let format = try format(of: bytes, name: name)
            guard format == .json else {
                return InferenceRequest(
                    signatureName: signatureName,
                    inputs: try inputs(bytes, format, input, signature))
            }
            guard input == nil else {
                throw ServingError(
                    .invalidRequest, "a JSON file names its inputs itself; give it without NAME=")
            }
            var request = try JSONInput.read(bytes, metadata.preferring(signature), json)
            if let signatureName, let other = request.signatureName, other != signatureName {
                throw ServingError(
                    .invalidRequest,
                    "the body names signature '\(other.clipped())', but '\(signatureName)' was "
                        + "asked for")
            }
            request.signatureName = request.signatureName ?? signatureName
            return request
        } catch {
            // Errors about the format name the file already.
            throw error.code == .unsupported ? error : error.inContext(name.clipped())
        }
    }

    private func format(of bytes: [UInt8], name: String) throws(ServingError) -> InputFormat {
        if let format = options.format { return format }
        return try InputFormat.recognise(bytes, name: name)
    }

    private func inputs(
        _ bytes: [UInt8], _ format: InputFormat, _ input: String?, _ signature: ModelSignature
    ) throws(ServingError) -> [NamedTensor] {
        if format == .csv || format == .tsv {
            let table = try CSVTable(bytes, separator: format == .csv ? 0x2C : 0x09)
            return try CSVInput(table, hasHeaderRow: options.hasHeaderRow)
                .read(signature, input: input)
        }
        let target = try Self.target(input, signature)
        return [NamedTensor(target.name, try tensor(bytes, format, target))]
    }

    private func tensor(
        _ bytes: [UInt8], _ format: InputFormat, _ target: TensorSpecification
    ) throws(ServingError) -> Tensor {
        switch format {
        case .npy: return try NumPyArray(bytes).tensor(for: target)
        case .image where target.elementType != .bytes:
            let picture = try Picture.decode(
                bytes, libraryDirectories: options.libraryDirectories)
            return try ImageTensor(target, options.image).make(picture)
        default: return try OpaqueInput.tensor(bytes, target)
        }
    }

    /// `NAME=FILE` when there is an input of that name, else the whole argument is the file.
    private static func split(_ argument: String, _ signature: ModelSignature) -> (
        String?, String
    ) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, signature.inputIndex(of: String(parts[0])) != nil else {
            return (nil, argument)
        }
        return (String(parts[0]), String(parts[1]))
    }

    /// What looks like `NAME=FILE` and is no file names an input that the model does not have.
    private static func explain(
        _ error: ServingError, _ argument: String, _ signature: ModelSignature
    ) -> ServingError {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, signature.inputIndex(of: String(parts[0])) == nil else {
            return error
        }
        return unknown(String(parts[0]), signature)
    }

    private static func unknown(_ input: String, _ signature: ModelSignature) -> ServingError {
        let names = signature.inputs.map(\.name)
        return ServingError(
            .invalidTensor,
            "the model has no input '\(input.clipped())'"
                + NearestName.hint(for: input, among: names)
                + " (inputs: \(names.joined(separator: ", ")))")
    }

    private static func target(_ input: String?, _ signature: ModelSignature)
        throws(ServingError) -> TensorSpecification
    {
        let names = signature.inputs.map(\.name)
        guard let input else {
            guard let only = signature.inputs.first, signature.inputs.count == 1 else {
                throw ServingError(
                    .invalidTensor,
                    "the file holds one input, but the model has \(names.count) ("
                        + names.joined(separator: ", ") + "); give each as NAME=FILE")
            }
            return only
        }
        guard let index = signature.inputIndex(of: input) else {
            throw unknown(input, signature)
        }
        return signature.inputs[index]
    }
}

extension ModelMetadata {
    /// The same model with another default signature.
    fileprivate func preferring(_ signature: ModelSignature) -> ModelMetadata {
        ModelMetadata(
            identity: identity, engine: engine, platform: platform,
            signatures: [signature] + signatures.filter { $0.name != signature.name },
            properties: properties)
    }
}
