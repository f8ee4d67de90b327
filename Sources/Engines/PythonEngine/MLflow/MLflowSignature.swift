import EngineDocuments
import ServingCore

/// The inputs, outputs and parameters that an MLflow model declares.
///
/// In `MLmodel` each list is JSON inside a YAML string: columns as `{"type": "double", "name": "x"}`,
/// tensors as `{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}`.
struct MLflowSignature: Equatable, Sendable {
    /// A column of a data frame, or a tensor.
    struct Field: Equatable, Sendable {
        /// The name; nil for the only tensor or column of a model that gave it none.
        let name: String?
        /// MLflow's word for a column's type (`double`), NumPy's for a tensor's (`float32`).
        let type: String
        /// A tensor's extents, -1 where they vary; nil for a column.
        let shape: [Int]?
    }

    let inputs: [Field]
    let outputs: [Field]

    /// Most fields of one list.
    static let fieldsMaximum = 100_000

    /// Reads `signature:`; nil when there is none.
    ///
    /// - Throws: `model_invalid` for lists that are not as above.
    init?(_ value: YAMLValue) throws(ServingError) {
        guard !value.isNull else { return nil }
        inputs = try Self.fields(value["inputs"], "inputs")
        outputs = try Self.fields(value["outputs"], "outputs")
    }

    private static func fields(_ value: YAMLValue?, _ what: String) throws(ServingError) -> [Field] {
        guard let value, !value.isNull else { return [] }
        guard let text = value.text else { throw malformed(what, "it is no JSON text") }
        let tree: DocumentValue
        do throws(ServingError) {
            tree = try DocumentValue(json: text, valuesMaximum: fieldsMaximum * 8)
        } catch {
            throw malformed(what, error.message)
        }
        guard let items = tree.array, items.count <= fieldsMaximum else {
            throw malformed(what, "it is no list")
        }
        var fields: [Field] = []
        for item in items { fields.append(try field(item, what)) }
        return fields
    }

    private static func field(_ item: DocumentValue, _ what: String) throws(ServingError) -> Field {
        guard let type = item["type"]?.string else {
            throw malformed(what, "an item has no 'type'")
        }
        let name = item["name"]?.string
        guard type == "tensor" else { return Field(name: name, type: type, shape: nil) }
        let tensor = item["tensor-spec"]
        guard let element = tensor?["dtype"]?.string, let extents = tensor?["shape"]?.array else {
            throw malformed(what, "a tensor has no 'dtype' or no 'shape'")
        }
        var shape: [Int] = []
        for extent in extents {
            guard let extent = extent.integer, extent >= -1 else {
                throw malformed(what, "a tensor's shape has an extent that is none")
            }
            shape.append(Int(extent))
        }
        return Field(name: name, type: element, shape: shape)
    }

    private static func malformed(_ what: String, _ why: String) -> ServingError {
        ServingError(.modelInvalid, "the signature's \(what) cannot be read: \(why)")
    }
}
