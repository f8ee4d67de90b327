import ServingCore
import Tensors

extension BuiltinDescription {
    static var kindNames: String { Kind.allCases.map(\.rawValue).joined(separator: ", ") }

    static func wrong(_ message: String) -> ServingError { ServingError(.modelInvalid, message) }

    static func kind(_ value: String) throws(ServingError) -> Kind {
        guard let kind = Kind(rawValue: value) else {
            let hint = NearestName.hint(for: value, among: Kind.allCases.map(\.rawValue))
            throw wrong("there is no kind '\(value.clipped())'\(hint) (kinds: \(kindNames))")
        }
        return kind
    }

    static func types(_ value: String) throws(ServingError) -> [ElementType] {
        var types: [ElementType] = []
        for name in value.split(separator: ",") {
            guard let type = ElementType(openInferenceName: name.trimmed) else {
                let names = ElementType.allCases.map(\.openInferenceName)
                let hint = NearestName.hint(for: name.trimmed, among: names)
                throw wrong("there is no data type '\(name.trimmed.clipped())'\(hint)")
            }
            types.append(type)
        }
        guard !types.isEmpty, types.count <= Limits.tensorsPerRequestMaximum else {
            throw wrong("'type' takes 1 to \(Limits.tensorsPerRequestMaximum) data types")
        }
        return types
    }

    static func shape(_ value: String) throws(ServingError) -> [Int] {
        guard value.hasPrefix("["), value.hasSuffix("]") else {
            throw wrong("a shape is written [-1, 64], not '\(value.clipped())'")
        }
        var shape: [Int] = []
        for extent in value.dropFirst().dropLast().split(separator: ",") {
            shape.append(try integer(extent.trimmed, in: -1...Limits.tensorElementsMaximum))
        }
        guard shape.count <= Limits.tensorRankMaximum else {
            throw wrong("a shape has at most \(Limits.tensorRankMaximum) dimensions")
        }
        return shape
    }

    static func duration(_ value: String) throws(ServingError) -> Duration {
        let digits = value.prefix(while: \.isASCIIDigit)
        let number = Int64(digits)
        let unit = value.dropFirst(digits.count).trimmed
        let factors: [String: Int64] = ["us": 1, "ms": 1000, "s": 1_000_000]
        guard let number, let factor = factors[unit],
            case let (microseconds, overflow) = number.multipliedReportingOverflow(by: factor),
            !overflow, .microseconds(microseconds) <= delayMaximum
        else {
            throw wrong(
                "'\(value.clipped())' is no duration: write 250us, 50ms or 2s, at most 3600s")
        }
        return .microseconds(microseconds)
    }

    static func failure(_ value: String) throws(ServingError) -> Failure {
        switch value {
        case "load": return .load
        case "run": return .run
        case "hang": return .hang
        case "crash": return .crash
        case "exhaust": return .exhaust
        case "stall": return .stall
        default: break
        }
        if value.hasPrefix("exit:") {
            return .exit(Int32(try integer(value.dropFirst(5).trimmed, in: 0...255)))
        }
        guard value.hasPrefix("every:"), let count = Int(value.dropFirst(6).trimmed), count > 0
        else {
            throw wrong(
                "'fail' is one of \(failureNames) with N from 1, not '\(value.clipped())'")
        }
        return .every(count)
    }

    static let failureNames = "load, run, hang, every:N, crash, exit:N, exhaust, stall"

    static func number(_ value: String) throws(ServingError) -> Double {
        guard let number = Double(value), number.isFinite else {
            throw wrong("'\(value.clipped())' is no number")
        }
        return number
    }

    static func flag(_ value: String) throws(ServingError) -> Bool {
        guard value == "on" || value == "off" else {
            throw wrong("it is on or off, not '\(value.clipped())'")
        }
        return value == "on"
    }

    static func integer(_ value: String, in range: ClosedRange<Int>) throws(ServingError) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw wrong(
                "'\(value.clipped())' is no integer from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}

extension StringProtocol {
    /// The text without blanks at either end.
    var trimmed: String {
        let start = drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { String(start[...$0]) } ?? ""
    }
}
