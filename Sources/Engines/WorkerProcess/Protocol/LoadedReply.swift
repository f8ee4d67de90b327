public import EngineInterface
import Inference
public import ServingCore
import Tensors

/// `loaded`: what the model in the worker declares.
public struct LoadedReply: Sendable {
    /// Most runs at a time that a worker may ask for.
    public static let runsMaximum = 64

    /// Signatures, platform, properties.
    public var declaration: LoadedModelDeclaration
    /// Runs at a time, 1 to 64.
    public var runsAtATime: Int

    /// Describes.
    public init(declaration: LoadedModelDeclaration, runsAtATime: Int) {
        self.declaration = declaration
        self.runsAtATime = min(max(1, runsAtATime), Self.runsMaximum)
    }

    /// The frame.
    ///
    /// - Throws: `request_too_large` when the declaration does not fit.
    public func frame(sequence: UInt64) throws(ServingError) -> [UInt8] {
        var writer = PayloadWriter(capacity: 1024)
        writer.text(declaration.platform)
        writer.pairs(declaration.properties.map { (name: $0.key, value: $0.value) })
        writer.integer(UInt32(runsAtATime))
        writer.count(declaration.signatures.count)
        for signature in declaration.signatures { writer.signature(signature) }
        return try writer.finish(.loaded, sequence: sequence)
    }

    /// Reads a payload.
    ///
    /// - Throws: `worker_failed` when it breaks the protocol.
    public init(payload: UnsafeRawBufferPointer) throws(ServingError) {
        var reader = PayloadReader(payload)
        let platform = try reader.text()
        let properties = try reader.pairs().map { (key: $0.name, value: $0.value) }
        let runs = try reader.integer(UInt32.self)
        guard (1...UInt32(Self.runsMaximum)).contains(runs) else {
            throw WorkerFault.broken("\(runs) runs at a time, where 1 to 64 are allowed")
        }
        var signatures: [ModelSignature] = []
        for _ in 0..<(try reader.count(bytesEach: 13)) { signatures.append(try reader.signature()) }
        guard !signatures.isEmpty else { throw WorkerFault.broken("a model without a signature") }
        try reader.finish()
        declaration = LoadedModelDeclaration(
            platform: platform, signatures: signatures, properties: properties)
        runsAtATime = Int(runs)
    }
}

extension PayloadWriter {
    fileprivate mutating func signature(_ signature: ModelSignature) {
        text(signature.name)
        for list in [signature.inputs, signature.outputs] {
            count(list.count)
            for specification in list { self.specification(specification) }
        }
        switch signature.batching {
        case .none(let reason):
            byte(0)
            text(reason)
        case .leadingDimension: byte(1)
        }
    }

    private mutating func specification(_ specification: TensorSpecification) {
        text(specification.name)
        byte(specification.elementType.rawValue)
        flag(specification.dimensions != nil)
        guard let dimensions = specification.dimensions else { return }
        count(dimensions.count)
        for dimension in dimensions {
            switch dimension {
            case .fixed(let extent):
                byte(0)
                integer(Int64(extent))
            case .dynamic(let name):
                byte(1)
                text(name ?? "")
            }
        }
    }
}

extension PayloadReader {
    fileprivate mutating func signature() throws(ServingError) -> ModelSignature {
        let name = try text()
        let inputs = try specifications()
        let outputs = try specifications()
        let batching = try byte()
        switch batching {
        case 0:
            return ModelSignature(
                name: name, inputs: inputs, outputs: outputs, batching: .none(reason: try text()))
        case 1:
            return ModelSignature(
                name: name, inputs: inputs, outputs: outputs, batching: .leadingDimension)
        default: throw WorkerFault.broken("batching of kind \(batching)")
        }
    }

    private mutating func specifications() throws(ServingError) -> [TensorSpecification] {
        let count = try count(bytesEach: 6)
        guard count <= Limits.tensorsPerRequestMaximum else {
            throw WorkerFault.broken("a signature of \(count) tensors")
        }
        var list: [TensorSpecification] = []
        for _ in 0..<count {
            let name = try text()
            let type = try elementType()
            let dimensions = try flag() ? try self.dimensions() : nil
            list.append(
                TensorSpecification(name: name, elementType: type, dimensions: dimensions))
        }
        guard Set(list.map(\.name)).count == list.count else {
            throw WorkerFault.broken("a signature that has two tensors of one name")
        }
        return list
    }

    private mutating func dimensions() throws(ServingError) -> [Dimension] {
        let rank = try count(bytesEach: 5)
        guard rank <= Limits.tensorRankMaximum else {
            throw WorkerFault.broken("a tensor of rank \(rank)")
        }
        var dimensions: [Dimension] = []
        for _ in 0..<rank {
            let kind = try byte()
            switch kind {
            case 0:
                let extent = try integer(Int64.self)
                guard extent >= 0, extent <= Limits.tensorElementsMaximum else {
                    throw WorkerFault.broken("a dimension of \(extent)")
                }
                dimensions.append(.fixed(Int(extent)))
            case 1:
                let name = try text()
                dimensions.append(.dynamic(name: name.isEmpty ? nil : name))
            default: throw WorkerFault.broken("a dimension of kind \(kind)")
            }
        }
        return dimensions
    }

    /// An element type by its number, which is that of `ElementType`.
    mutating func elementType() throws(ServingError) -> ElementType {
        let number = try byte()
        guard let type = ElementType(rawValue: number) else {
            throw WorkerFault.broken("an element type of number \(number)")
        }
        return type
    }
}
