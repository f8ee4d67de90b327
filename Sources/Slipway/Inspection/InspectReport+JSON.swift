import EngineInterface
import Inference
import ServingCore
import Tensors
public import Wire

extension InspectReport {
    /// The facts for programs.
    public var json: JSONValue {
        var object = JSONObject()
        object["directory"] = .string(inspection.directory)
        object["bytes"] = .integer(Int64(inspection.byteCount))
        object["claims"] = .array(
            inspection.claims.map {
                [
                    "engine": .string($0.engine), "framework": .string($0.framework),
                    "entry": .string($0.entry),
                ]
            })
        object["engine"] = inspection.engine.map { .string($0) } ?? .null
        object["library"] = library
        object["memory_bytes"] = inspection.memoryBytes.map { .integer(Int64($0)) } ?? .null
        object["servable"] = .boolean(inspection.problem == nil)
        if let problem = inspection.problem {
            object["problem"] = [
                "code": .string(problem.code.description), "message": .string(problem.message),
            ]
        }
        if let declaration = inspection.declaration { add(declaration, to: &object) }
        return .object(object)
    }

    private var library: JSONValue {
        guard case .available(let version, let path) = inspection.availability else {
            return .null
        }
        return ["version": .string(version), "path": path.map { .string($0) } ?? .null]
    }

    private func add(_ declaration: LoadedModelDeclaration, to object: inout JSONObject) {
        object["platform"] = .string(declaration.platform)
        object["signatures"] = .array(
            declaration.signatures.map { signature in
                [
                    "name": .string(signature.name),
                    "inputs": .array(signature.inputs.map(Self.document(of:))),
                    "outputs": .array(signature.outputs.map(Self.document(of:))),
                    "batching": .boolean(signature.batching == .leadingDimension),
                ]
            })
        object["properties"] = .array(
            declaration.properties.map { ["key": .string($0.key), "value": .string($0.value)] })
    }

    private static func document(of specification: TensorSpecification) -> JSONValue {
        [
            "name": .string(specification.name),
            "datatype": .string(specification.elementType.openInferenceName),
            "shape": specification.wireShape.map { .array($0.map { .integer(Int64($0)) }) }
                ?? .null,
        ]
    }
}
