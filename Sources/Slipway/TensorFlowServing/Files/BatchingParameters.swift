import Inference
import ServingCore
import Wire

/// `--batching_parameters_file`: how TensorFlow Serving batches, as far as it has a meaning here.
///
/// Source of the format: `session_bundle_config.proto` (`BatchingParameters`).
struct BatchingParameters: Sendable {
    var batchSizeMaximum: Int?
    var timeoutMicroseconds: Int?
    var enqueuedBatchesMaximum: Int?
    var threads: Int?
    var poolName: String?
    var allowedBatchSizes: [Int] = []
    var padsVariableLength: Bool?
    var splitsLargeBatches: Bool?
    var executionBatchSizeMaximum: Int?

    /// What TensorFlow Serving takes when the file does not say.
    static let batchSizeDefault = 1000
    /// What TensorFlow Serving takes when the file does not say.
    static let enqueuedBatchesDefault = 10

    /// Reads the bytes of a file.
    static func reading(_ bytes: [UInt8], file: String) -> FileReading<BatchingParameters> {
        FileDocument.read(bytes, file: file, as: BatchingParameters()) { message, context, root in
            readMessage(message, "", table, &context, into: &root)
            root.check(message.position, &context)
        }
    }

    static let table: [FileField<BatchingParameters>] = [
        .wrapped("max_batch_size", \.batchSizeMaximum, 1...65_536),
        .wrapped("batch_timeout_micros", \.timeoutMicroseconds, 0...Int.max),
        .wrapped("max_enqueued_batches", \.enqueuedBatchesMaximum, 1...Int.max),
        .wrapped("num_batch_threads", \.threads, 1...1024),
        .wrappedString("thread_pool_name", \.poolName),
        FileField("allowed_batch_sizes", isRepeated: true) { value, path, context, root in
            guard let size = context.integer(value, path, 1...65_536) else { return }
            root.allowedBatchSizes.append(size)
        },
        .boolean("pad_variable_length_inputs", \.padsVariableLength),
        .wrappedBoolean("enable_large_batch_splitting", \.splitsLargeBatches),
        .wrapped("max_execution_batch_size", \.executionBatchSizeMaximum, 1...65_536),
    ]

    /// Checks the sizes against one another, then says what has no effect.
    func check(_ position: TextProtobufPosition, _ context: inout FileContext) {
        guard context.isUsable else { return }
        let rows = batchSizeMaximum ?? Self.batchSizeDefault
        checkSizes(rows, position, &context)
        if let limit = executionBatchSizeMaximum, limit > rows {
            context.error(
                position,
                "'max_execution_batch_size' is \(limit), more than 'max_batch_size', \(rows)")
        }
        guard context.isUsable else { return }
        warn(position, &context)
    }

    /// Says what has no effect.
    private func warn(_ position: TextProtobufPosition, _ context: inout FileContext) {
        if let timeoutMicroseconds, timeoutMicroseconds > 0 {
            context.warning(
                position,
                "'batch_timeout_micros' has no effect: no request is held back to wait for others; "
                    + "those that arrive while all instances are busy share the next run")
        }
        if !allowedBatchSizes.isEmpty {
            context.warning(
                position,
                "'allowed_batch_sizes' has no effect but its largest: batches are not padded")
        }
        if padsVariableLength == true {
            context.warning(
                position,
                "'pad_variable_length_inputs' has no effect: requests of different shapes are "
                    + "answered in runs of their own")
        }
        if poolName != nil {
            context.warning(
                position, "'thread_pool_name' has no effect: all models share one pool")
        }
    }

    private func checkSizes(
        _ rows: Int, _ position: TextProtobufPosition, _ context: inout FileContext
    ) {
        guard let last = allowedBatchSizes.last else { return }
        guard zip(allowedBatchSizes, allowedBatchSizes.dropFirst()).allSatisfy({ $0 < $1 }) else {
            return context.error(
                position, "'allowed_batch_sizes' must ascend, each size once")
        }
        let limit =
            splitsLargeBatches == true ? executionBatchSizeMaximum ?? rows : rows
        guard last == limit else {
            return context.error(
                position,
                "the last of 'allowed_batch_sizes' is \(last); it must be the largest batch, "
                    + "\(limit)")
        }
    }

    /// The policy that a model gets; the placement stays.
    func apply(to policy: inout SchedulingPolicy) {
        let rows = batchSizeMaximum ?? Self.batchSizeDefault
        policy.batchRowsMaximum =
            splitsLargeBatches == true ? executionBatchSizeMaximum ?? rows : rows
        let batches = enqueuedBatchesMaximum ?? Self.enqueuedBatchesDefault
        // The original counts full batches; here requests wait, of which each has a row at least.
        let (waiting, overflow) = batches.multipliedReportingOverflow(by: rows)
        policy.queuedRequestsMaximum = overflow ? 1_000_000 : min(waiting, 1_000_000)
        if let threads { policy.instances = threads }
    }
}
