import Inference
import ServingCore
import Tensors

/// JSON Schemas (draft 2020-12, as OpenAPI 3.1 has them) of tensors and small documents.
enum OpenAPISchema {
    /// Most elements of a tensor that is written out as an example.
    static let exampleElementsMaximum = 64

    /// A schema that is among the components.
    static func reference(_ name: String) -> ReplyDocument {
        .object([("$ref", .text("#/components/schemas/\(name)"))])
    }

    /// `{"type": name}`
    static func type(_ name: String) -> ReplyDocument { .object([("type", .text(name))]) }

    /// Exactly one text.
    static func constant(_ text: String) -> ReplyDocument { .object([("const", .text(text))]) }

    /// One of several texts.
    static func choice(_ texts: [String]) -> ReplyDocument {
        .object([("type", .text("string")), ("enum", .list(texts.map { .text($0) }))])
    }

    /// A list.
    static func list(of items: ReplyDocument, count: Int? = nil, atLeast: Int? = nil)
        -> ReplyDocument
    {
        var members: [(key: String, value: ReplyDocument)] = [("type", .text("array"))]
        if let minimum = count ?? atLeast { members.append(("minItems", .integer(minimum))) }
        if let count { members.append(("maxItems", .integer(count))) }
        members.append(("items", items))
        return .object(members)
    }

    /// An object with these members, each required unless it is among `optional`.
    static func object(
        _ properties: [(key: String, value: ReplyDocument)], optional: [String] = []
    ) -> ReplyDocument {
        let required = properties.map(\.key).filter { !optional.contains($0) }
        var members: [(key: String, value: ReplyDocument)] = [
            ("type", .text("object")), ("properties", .object(properties)),
        ]
        if !required.isEmpty { members.append(("required", .list(required.map { .text($0) }))) }
        return .object(members)
    }

    /// Any of several.
    static func any(of schemas: [ReplyDocument]) -> ReplyDocument {
        schemas.count == 1 ? schemas[0] : .object([("anyOf", .list(schemas))])
    }

    /// One element of a tensor; `allowsBase64` where byte strings may be `{"b64": "…"}`.
    static func element(
        _ type: ElementType, allowsBase64: Bool, isAnswer: Bool = false
    ) -> ReplyDocument {
        if isAnswer, type.isFloatingPoint { return answeredNumber }
        switch type {
        case .bool: return Self.type("boolean")
        case .bytes:
            guard allowsBase64 else { return Self.type("string") }
            return any(of: [Self.type("string"), object([("b64", Self.type("string"))])])
        case .float32: return .object([("type", .text("number")), ("format", .text("float"))])
        case .float64: return .object([("type", .text("number")), ("format", .text("double"))])
        case .float16, .bfloat16: return Self.type("number")
        default: return integer(type)
        }
    }

    /// JSON has no numbers that are not finite, and JSON Schema no word for what is written instead.
    static let answeredNumber = ReplyDocument.object([
        ("type", .list([.text("number"), .text("null")])),
        (
            "description",
            .text(
                "Numbers that are not finite are the words NaN, Infinity and -Infinity, outside of "
                    + "JSON, or null where the protocol is KServe's first")
        ),
    ])

    private static func integer(_ type: ElementType) -> ReplyDocument {
        let bits = (type.byteWidth ?? 8) * 8
        let isSigned = [.int8, .int16, .int32, .int64].contains(type)
        var members: [(key: String, value: ReplyDocument)] = [
            ("type", .text("integer")),
            ("minimum", .integer(isSigned ? Int.min >> (64 - bits) : 0)),
        ]
        // The largest UINT64 is beyond what this writes; the server checks it in any case.
        if type != .uint64 {
            members.append(
                ("maximum", .integer(isSigned ? Int.max >> (64 - bits) : (1 << bits) - 1)))
        }
        return .object(members)
    }

    /// A tensor as nested lists; from `dropping` outer dimensions in.
    static func nested(
        _ tensor: TensorSpecification, dropping: Int = 0, isAnswer: Bool = false
    ) -> ReplyDocument {
        // Any rank: a schema that takes everything.
        guard let dimensions = tensor.dimensions else { return .object([]) }
        var schema = element(
            tensor.elementType, allowsBase64: true, isAnswer: isAnswer)
        for dimension in dimensions.dropFirst(dropping).reversed() {
            if case .fixed(let extent) = dimension {
                schema = list(of: schema, count: extent)
            } else {
                schema = list(of: schema)
            }
        }
        return schema
    }

    /// A value of the tensor as nested lists, with 1 for each extent that varies; nil when that would
    /// be long.
    static func example(_ tensor: TensorSpecification, dropping: Int = 0) -> ReplyDocument? {
        let extents = exampleShape(tensor).dropFirst(dropping)
        let count = extents.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard (0...exampleElementsMaximum).contains(count) else { return nil }
        return extents.reversed().reduce(exampleElement(tensor.elementType)) {
            .list([ReplyDocument](repeating: $0, count: min($1, exampleElementsMaximum)))
        }
    }

    /// The same values in one flat list; nil when that would be long.
    static func flatExample(_ tensor: TensorSpecification) -> ReplyDocument? {
        let count = exampleShape(tensor).reduce(1) {
            $0.multipliedReportingOverflow(by: $1).partialValue
        }
        guard (0...exampleElementsMaximum).contains(count) else { return nil }
        return .list(
            [ReplyDocument](repeating: exampleElement(tensor.elementType), count: count))
    }

    /// The declared shape with 1 for each extent that varies.
    static func exampleShape(_ tensor: TensorSpecification) -> [Int] {
        (tensor.wireShape ?? [1]).map { $0 < 0 ? 1 : $0 }
    }

    private static func exampleElement(_ type: ElementType) -> ReplyDocument {
        switch type {
        case .bool: .flag(true)
        case .bytes: .text("text")
        case let type where type.isFloatingPoint: .number(0.5)
        default: .integer(1)
        }
    }
}
