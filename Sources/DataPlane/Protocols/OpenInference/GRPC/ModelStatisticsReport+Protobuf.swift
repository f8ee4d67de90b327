import Inference
import NIOCore
import Wire

extension ModelStatisticsReport {
    /// Appends a `ModelStatistics` of grpc_service.proto.
    ///
    /// The figures are those of the document over REST: `compute_input` and `compute_output` count
    /// runs and take no time, and there is no response cache.
    func write(to buffer: inout ByteBuffer) {
        buffer.writeProtobuf(1, string: name)
        buffer.writeProtobuf(2, string: version)
        buffer.writeProtobufIfSet(3, unsigned: statistics.lastInferenceMilliseconds)
        buffer.writeProtobufIfSet(4, unsigned: statistics.inferences)
        buffer.writeProtobufIfSet(5, unsigned: statistics.executions)
        let around = ModelStatistics.Duration(count: statistics.run.count)
        let durations = [
            statistics.success, statistics.failure, statistics.queue, around, statistics.run,
            around, ModelStatistics.Duration(), ModelStatistics.Duration(),
        ]
        buffer.writeProtobuf(6) { message in
            for (index, duration) in durations.enumerated() {
                Self.write(duration, index + 1, to: &message)
            }
        }
        for batch in statistics.batches {
            let around = ModelStatistics.Duration(count: batch.runs.count)
            buffer.writeProtobuf(7) { message in
                message.writeProtobufIfSet(1, unsigned: batch.size)
                Self.write(around, 2, to: &message)
                Self.write(batch.runs, 3, to: &message)
                Self.write(around, 4, to: &message)
            }
        }
    }

    /// A `StatisticDuration`.
    private static func write(
        _ duration: ModelStatistics.Duration, _ field: Int, to buffer: inout ByteBuffer
    ) {
        buffer.writeProtobuf(field) { message in
            message.writeProtobufIfSet(1, unsigned: duration.count)
            message.writeProtobufIfSet(2, unsigned: duration.nanoseconds)
        }
    }
}
