extension ONNXFile.ClassLabels {
    /// How many classes there are.
    var count: Int {
        switch self {
        case .integers(let labels): Set(labels).count
        case .texts(let labels): Set(labels).count
        }
    }

    /// The labels in the order of the columns that a run gives, as a JSON array.
    ///
    /// The library's maps are sorted, numbers by value and texts by their bytes, as scikit-learn's
    /// `classes_` are.
    var columnsAsJSON: String {
        switch self {
        case .integers(let labels):
            return "[" + Set(labels).sorted().map(String.init).joined(separator: ", ") + "]"
        case .texts(let labels):
            let sorted = Set(labels).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            return "[" + sorted.map(Self.quoted).joined(separator: ", ") + "]"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
