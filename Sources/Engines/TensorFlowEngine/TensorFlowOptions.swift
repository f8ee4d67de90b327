import EngineInterface
import ServingCore

/// A model's options for this engine, checked.
struct TensorFlowOptions: Sendable {
    /// Every option, with its values, default and meaning.
    static let reference: [EngineOptionDescription] = [
        .init(
            name: "tags", values: "tags separated by commas", defaultText: "serve",
            meaning: "Which graph of the SavedModel is loaded: the one with exactly these tags."),
        .init(
            name: "intra_op_threads", values: "1 to 1024", defaultText: "the processor budget",
            meaning: "Threads within an operator; the first model of a process sets them."),
        .init(
            name: "inter_op_threads", values: "0 to 1024",
            defaultText: "0: operators run on the thread of the request",
            meaning: "Threads for operators side by side; the first model of a process sets them."),
        .init(
            name: "run_timeout_ms", values: "1 to 86400000", defaultText: "none",
            meaning: "After so long TensorFlow gives a run up; needs inter_op_threads."),
    ]

    private static let threadsMaximum = 1024

    /// The tags of the graph to load.
    let tags: [String]
    /// Threads within an operator; nil: the processor budget.
    let intraOpThreads: Int?
    /// Threads for operators side by side; 0: none.
    let interOpThreads: Int
    /// After how many milliseconds a run is given up; nil: never.
    let runTimeout: Int?

    /// Reads and checks.
    ///
    /// - Throws: `configuration_invalid` for an unknown option or a wrong value.
    init(_ options: EngineOptions) throws(ServingError) {
        try options.requireKnown(Self.reference.map(\.name), engine: "tensorflow")
        let text = try options.text("tags") ?? "serve"
        tags = text.split(separator: ",", omittingEmptySubsequences: false).map { tag in
            String(tag.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
        // A tag reaches the library as a C string.
        guard tags.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) }), tags.count <= 64 else {
            throw ServingError(
                .configurationInvalid,
                "option 'tags' is '\(text.clipped())'; it must be tags separated by commas, as in "
                    + "serve or serve,gpu")
        }
        intraOpThreads = try options.integer("intra_op_threads", in: 1...Self.threadsMaximum)
        interOpThreads = try options.integer("inter_op_threads", in: 0...Self.threadsMaximum) ?? 0
        runTimeout = try options.integer("run_timeout_ms", in: 1...86_400_000)
        if runTimeout != nil, interOpThreads == 0 {
            throw ServingError(
                .configurationInvalid,
                "option 'run_timeout_ms' works only with 'inter_op_threads' of 1 or more: the "
                    + "thread of the request cannot watch its own run")
        }
    }

    /// `ConfigProto`: intra_op_parallelism_threads 2, inter_op_parallelism_threads 5,
    /// allow_soft_placement 7.
    ///
    /// Negative threads between operators make the calling thread run them. Soft placement puts what
    /// was saved for a GPU on the processor.
    func configuration(_ budget: CPUBudget) -> [UInt8] {
        let inter = interOpThreads == 0 ? Int64(-1) : Int64(interOpThreads)
        return ProtobufWriter.field(2, Int64(intraOpThreads ?? budget.processors))
            + ProtobufWriter.field(5, inter) + ProtobufWriter.field(7, 1)
    }

    /// `RunOptions`: timeout_in_ms 2; nil when there is nothing to say.
    var runOptions: [UInt8]? { runTimeout.map { ProtobufWriter.field(2, Int64($0)) } }
}

/// Writes protobuf fields with numbers.
enum ProtobufWriter {
    /// A field of type varint; negative numbers take ten bytes, as protobuf has it.
    static func field(_ number: Int, _ value: Int64) -> [UInt8] {
        varint(UInt64(number) << 3) + varint(UInt64(bitPattern: value))
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}
