import EngineDocuments
import ServingCore

extension SavedStage {
    /// A parameter as it was set, or as it is when nobody sets it; nil when it has neither.
    func parameter(_ name: String) -> DocumentValue? {
        let value = metadata["paramMap"]?[name] ?? metadata["defaultParamMap"]?[name]
        return value?.isNull == true ? nil : value
    }

    /// A parameter that is text.
    func text(_ name: String, _ standard: String? = nil) throws(ServingError) -> String {
        guard let value = parameter(name) else { return try need(name, standard) }
        guard let text = value.string else { throw wrong(name, "text") }
        return text
    }

    /// A parameter that is a whole number.
    func integer(_ name: String, _ standard: Int? = nil) throws(ServingError) -> Int {
        guard let value = parameter(name) else { return try need(name, standard) }
        guard let number = value.integer else { throw wrong(name, "a whole number") }
        return number
    }

    /// A parameter that is a number.
    func number(_ name: String, _ standard: Double? = nil) throws(ServingError) -> Double {
        guard let value = parameter(name) else { return try need(name, standard) }
        guard let number = Self.number(value) else { throw wrong(name, "a number") }
        return number
    }

    /// A parameter that is true or false.
    func flag(_ name: String, _ standard: Bool? = nil) throws(ServingError) -> Bool {
        guard let value = parameter(name) else { return try need(name, standard) }
        guard let flag = value.boolean else { throw wrong(name, "true or false") }
        return flag
    }

    /// A parameter that is a list of texts; nil when it is not set.
    func texts(_ name: String) throws(ServingError) -> [String]? {
        guard let value = parameter(name) else { return nil }
        guard let array = value.array else { throw wrong(name, "a list of texts") }
        let texts = array.compactMap(\.string)
        guard texts.count == array.count else { throw wrong(name, "a list of texts") }
        return texts
    }

    /// A parameter that is a list of numbers; nil when it is not set.
    func numbers(_ name: String) throws(ServingError) -> [Double]? {
        guard let value = parameter(name) else { return nil }
        return try numbers(name, value)
    }

    /// A parameter that is a list of lists of numbers; nil when it is not set.
    func numberLists(_ name: String) throws(ServingError) -> [[Double]]? {
        guard let value = parameter(name) else { return nil }
        guard let array = value.array else { throw wrong(name, "a list of lists") }
        var lists: [[Double]] = []
        for element in array { lists.append(try numbers(name, element)) }
        return lists
    }

    /// A parameter that is a list of whole numbers; nil when it is not set.
    func integers(_ name: String) throws(ServingError) -> [Int]? {
        guard let value = parameter(name) else { return nil }
        guard let array = value.array else { throw wrong(name, "a list of whole numbers") }
        let numbers = array.compactMap(\.integer)
        guard numbers.count == array.count else { throw wrong(name, "a list of whole numbers") }
        return numbers
    }

    /// One column, or several in the plural: whichever of the two parameters is set.
    func columns(_ singular: String) throws(ServingError) -> [String] {
        if let several = try texts(singular + "s"), !several.isEmpty { return several }
        return [try text(singular)]
    }

    /// A whole number beside the parameters: `numClasses`.
    func count(_ name: String) throws(ServingError) -> Int {
        guard let value = metadata[name]?.integer, (0...Self.countMaximum).contains(value) else {
            throw invalid("its metadata has no usable '\(name)'")
        }
        return value
    }

    /// Most features, classes, trees and the like.
    static let countMaximum = 1 << 24

    private func numbers(_ name: String, _ value: DocumentValue) throws(ServingError) -> [Double] {
        guard let array = value.array else { throw wrong(name, "a list of numbers") }
        let numbers = array.compactMap(Self.number)
        guard numbers.count == array.count else { throw wrong(name, "a list of numbers") }
        return numbers
    }

    /// Spark writes what JSON has no number for as text.
    private static func number(_ value: DocumentValue) -> Double? {
        if let number = value.double { return number }
        switch value.string {
        case "NaN": return .nan
        case "Inf", "Infinity": return .infinity
        case "-Inf", "-Infinity": return -.infinity
        default: return nil
        }
    }

    private func need<Value>(_ name: String, _ standard: Value?) throws(ServingError) -> Value {
        guard let standard else { throw invalid("its parameter '\(name)' is not set") }
        return standard
    }

    private func wrong(_ name: String, _ kind: String) -> ServingError {
        invalid("its parameter '\(name)' is not \(kind)")
    }
}
