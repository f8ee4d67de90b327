import NIOCore
import ServingCore
import Wire

/// Classes with their labels and scores, for each example.
struct ClassificationResult: Sendable {
    /// How the classes are called.
    enum Labels: Sendable {
        /// Not at all.
        case none
        /// The same in every row.
        case columns([String])
        /// By the model, row by row.
        case elements([String])
    }

    /// Examples.
    let rows: Int
    /// Classes of each example.
    let columns: Int
    /// Scores, row-major; nil when the model gives labels only.
    let scores: [Float]?
    /// How the classes are called.
    let labels: Labels

    private func label(_ row: Int, _ column: Int) -> String {
        switch labels {
        case .none: ""
        case .columns(let labels): labels[column]
        case .elements(let labels): labels[row * columns + column]
        }
    }

    private func score(_ row: Int, _ column: Int) -> Float {
        scores?[row * columns + column] ?? 0
    }

    /// Writes the value of `results`: a list of `["label", score]` for each example.
    ///
    /// - Throws: nothing with TensorFlow Serving's options, which have words for every number.
    func write(to writer: inout JSONWriter) throws(ServingError) {
        writer.beginArray()
        for row in 0..<rows {
            writer.arraysOnOneLine = true
            writer.beginArray()
            for column in 0..<columns {
                writer.beginArray()
                writer.string(label(row, column))
                try writer.number(score(row, column))
                writer.endArray()
            }
            writer.endArray()
            writer.arraysOnOneLine = false
        }
        writer.endArray()
    }

    /// Appends `ClassificationResult`: classifications 1, with classes 1, with label 1 and score 2.
    func write(to buffer: inout ByteBuffer) {
        for row in 0..<rows {
            buffer.writeProtobuf(1) { buffer in
                for column in 0..<columns {
                    buffer.writeProtobuf(1) { buffer in
                        buffer.writeProtobufIfSet(1, string: label(row, column))
                        let score = score(row, column)
                        // Minus zero is not the default: its bits differ.
                        if score.bitPattern != 0 { buffer.writeProtobuf(2, float: score) }
                    }
                }
            }
        }
    }
}

/// A number for each example.
struct RegressionResult: Sendable {
    /// The numbers.
    let values: [Float]

    /// Writes the value of `results`: a list of numbers.
    ///
    /// - Throws: nothing with TensorFlow Serving's options, which have words for every number.
    func write(to writer: inout JSONWriter) throws(ServingError) {
        writer.arraysOnOneLine = true
        writer.beginArray()
        for value in values { try writer.number(value) }
        writer.endArray()
        writer.arraysOnOneLine = false
    }

    /// Appends `RegressionResult`: regressions 1, with value 1.
    func write(to buffer: inout ByteBuffer) {
        for value in values {
            buffer.writeProtobuf(1) { buffer in
                if value.bitPattern != 0 { buffer.writeProtobuf(1, float: value) }
            }
        }
    }
}
