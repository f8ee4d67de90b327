import Inference
import Wire

/// What the classes of an output are called.
enum ClassLabels {
    /// The labels of an output's columns, in their order, from the property `classes.OUTPUT` that
    /// engines and configurations give: a JSON array; empty without it.
    static func labels(of output: String, _ metadata: ModelMetadata) -> [String] {
        let key = "classes." + output
        guard let text = metadata.properties.first(where: { $0.key == key })?.value,
            case .array(let elements)? = try? JSONValue(parsing: text)
        else { return [] }
        return elements.map { element in
            switch element {
            case .string(let text): text
            case .integer(let number): String(number)
            default: ""
            }
        }
    }
}
