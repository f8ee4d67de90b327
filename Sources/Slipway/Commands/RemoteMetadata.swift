public import Inference
public import ServingCore
import Tensors
public import Wire

/// Reads what a server says about a model, in the form of the Open Inference Protocol.
public enum RemoteMetadata {
    /// - Parameters:
    ///   - document: The reply to `GET /v2/models/NAME`.
    ///   - name: The model's name, as it was asked for.
    /// - Throws: `invalid_request` when the reply is of another form or names an unknown data type.
    public static func read(_ document: JSONValue, name: ModelName) throws(ServingError)
        -> ModelMetadata
    {
        let versions = (document.list("versions") ?? []).compactMap { version in
            version.asText.flatMap { ModelVersion(directoryName: $0) }
        }
        let signature = ModelSignature(
            inputs: try tensors("inputs", document), outputs: try tensors("outputs", document),
            batching: .none(reason: "a client does not batch"))
        return ModelMetadata(
            identity: ModelIdentity(name, versions.max() ?? ModelVersion(0)), engine: "remote",
            platform: document.text("platform") ?? "", signatures: [signature])
    }

    private static func tensors(_ key: String, _ document: JSONValue) throws(ServingError)
        -> [TensorSpecification]
    {
        guard let list = document.list(key) else { throw foreign("it has no list '\(key)'") }
        var result: [TensorSpecification] = []
        for entry in list {
            guard let name = entry.text("name"), let type = entry.text("datatype"),
                let shape = entry.list("shape")
            else { throw foreign("an entry of '\(key)' lacks name, datatype or shape") }
            guard let elementType = ElementType(openInferenceName: type) else {
                throw foreign("'\(name.clipped())' has the unknown data type '\(type.clipped())'")
            }
            var dimensions: [Dimension] = []
            for extent in shape {
                guard case .integer(let number) = extent else {
                    throw foreign("the shape of '\(name.clipped())' is no list of integers")
                }
                dimensions.append(number < 0 ? .dynamic(name: nil) : .fixed(Int(number)))
            }
            result.append(
                TensorSpecification(name: name, elementType: elementType, dimensions: dimensions))
        }
        return result
    }

    private static func foreign(_ what: String) -> ServingError {
        ServingError(
            .invalidRequest,
            "the server's description of the model cannot be used: \(what); check that the address "
                + "is that of an Open Inference Protocol server")
    }
}
