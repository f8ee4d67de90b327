import Glibc
import NIOCore
import ServingCore
import Tensors
import Wire

/// How fast tensors are read from JSON and written to it, in megabytes of text a second.
enum JSONFloor {
    private static let rows = 32
    private static let columns = 784

    static func run(kind: String, rounds: Int) throws {
        let text = body(kind)
        let read = try seconds(rounds) {
            _ = try text.withUnsafeBytes { bytes throws(ServingError) in
                var scanner = JSONScanner(bytes)
                return try JSONTensorReader(.float32, options: .openInference).read(from: &scanner)
            }
        }
        let tensor = try text.withUnsafeBytes { bytes throws(ServingError) in
            var scanner = JSONScanner(bytes)
            return try JSONTensorReader(.float32, options: .openInference).read(from: &scanner)
        }
        var written = 0
        let write = try seconds(rounds) {
            var writer = JSONWriter(into: ByteBuffer(), options: .openInference)
            try writer.tensor(tensor)
            written = writer.finish().readableBytes
        }
        say(
            "JSON, \(kind) float text, \(rows)x\(columns): "
                + "read \(Int(Double(text.count) / read / 1e6)) MB/s, "
                + "write \(Int(Double(written) / write / 1e6)) MB/s")
    }

    /// `long` has 16 or 17 digits an element, as float64 text from Python; `short` about 6.
    private static func body(_ kind: String) -> [UInt8] {
        var text = "["
        for row in 0..<rows {
            text += row == 0 ? "[" : ",["
            for column in 0..<columns {
                let value = sin(Double(row * columns + column + 1))
                if column > 0 { text += "," }
                text += kind == "long" ? "\(value)" : "\((value * 1e4).rounded() / 1e4)"
            }
            text += "]"
        }
        return Array((text + "]").utf8)
    }

    /// The median time of a round.
    private static func seconds(_ rounds: Int, _ body: () throws -> Void) throws -> Double {
        var times: [UInt64] = []
        for _ in 0..<rounds {
            let begun = MonotonicTime.now()
            try body()
            times.append(MonotonicTime.now().nanoseconds(since: begun))
        }
        return Double(times.sorted()[rounds / 2]) / 1e9
    }
}
