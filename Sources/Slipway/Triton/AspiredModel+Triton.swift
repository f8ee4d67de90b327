import EngineInterface
import Inference
import Models
import NIOCore
import ServingCore
import Wire

extension AspiredModel {
    /// The model with what its own `config.pbtxt` says; where the two disagree, what was chosen here
    /// (by `slipway.yaml`, that is) counts.
    ///
    /// - Parameters:
    ///   - own: What was read.
    ///   - directory: The model's directory, for label files and warm-up data.
    /// - Throws: `configuration_invalid` when the name is another model's, or a label file is missing
    ///   or too large.
    func completed(by own: TritonModelConfiguration, directory: String) throws(ServingError)
        -> AspiredModel
    {
        let last = directory.split(separator: "/").last.map(String.init)
        if let written = own.name, written != name.text, written != last {
            throw ServingError(
                .configurationInvalid,
                "'name' is '\(written.clipped(to: 80))', but the model is '\(name)' and its "
                    + "directory '\(last ?? "/")'; leave 'name' out or make it the directory's")
        }
        var model = self
        model.engine = engine ?? own.engine
        if versionPolicy == .latest(1), let versions = own.versions {
            model.versionPolicy = versions
        }
        model.scheduling = own.scheduling(over: scheduling)
        model.options = EngineOptions(own.options.merging(options.values) { $1 })
        model.content = try own.content(in: directory)
        return model
    }
}

extension TritonModelConfiguration {
    /// Replaces what is left at its default.
    func scheduling(over chosen: SchedulingPolicy) -> SchedulingPolicy {
        var policy = chosen
        policy.declaredRowsMaximum = maxBatchSize
        if let maxBatchSize, chosen.batchRowsMaximum == SchedulingPolicy.standard.batchRowsMaximum {
            policy.batchRowsMaximum = isBatchedDynamically ? max(1, maxBatchSize) : 1
        }
        if let queueMaximum,
            chosen.queuedRequestsMaximum == SchedulingPolicy.standard.queuedRequestsMaximum
        {
            policy.queuedRequestsMaximum = queueMaximum
        }
        policy.instances = chosen.instances ?? instances
        return policy
    }

    func content(in directory: String) throws(ServingError) -> ContentExpectation {
        var content = ContentExpectation()
        content.fileName = fileName
        if !inputs.isEmpty || !outputs.isEmpty {
            content.signature = ExpectedSignature(
                inputs: inputs.map(expected), outputs: outputs.map(expected))
        }
        content.properties = properties
        for output in outputs {
            guard let file = output.labelFile else { continue }
            let labels = try LabelFile.labels(directory + "/" + file)
            content.properties.append(
                ModelProperty("classes.\(output.name)", LabelFile.json(labels)))
        }
        content.warmUpSamples = samples.map { sample(from: $0, directory) }
        return content
    }

    private func expected(_ value: Value) -> ExpectedSignature.Value {
        .init(
            name: value.name, elementType: value.elementType,
            dimensions: (isBatched ? [-1] : []) + value.dimensions)
    }

    private var isBatched: Bool { maxBatchSize ?? 0 > 0 }

    private func sample(from sample: Sample, _ directory: String) -> WarmUpSample {
        WarmUpSample(
            name: sample.name,
            inputs: sample.inputs.map { input in
                var content = input.content
                if case .file(let file) = content { content = .file("\(directory)/warmup/\(file)") }
                return .init(
                    name: input.name, elementType: input.elementType,
                    dimensions: (isBatched ? [sample.batchSize] : []) + input.dimensions,
                    content: content, repetitions: sample.batchSize)
            }, count: sample.count)
    }
}

/// The file of an output's class labels: one a line.
enum LabelFile {
    private static let bytesMaximum = 4 << 20

    /// Reads it.
    ///
    /// - Throws: `file_unreadable`; `configuration_invalid` when it is no text.
    static func labels(_ path: String) throws(ServingError) -> [String] {
        let bytes = try FileBytes.read(
            path, limit: bytesMaximum, what: "class labels", regularOnly: true)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ServingError(.configurationInvalid, "the labels in \(path) are not UTF-8")
        }
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines
    }

    /// The labels as the `classes.<output>` property has them.
    static func json(_ labels: [String]) -> String {
        var buffer = ByteBuffer()
        buffer.writeString("[")
        for (index, label) in labels.enumerated() {
            if index > 0 { buffer.writeString(", ") }
            buffer.writeJSONString(label)
        }
        buffer.writeString("]")
        return String(buffer: buffer)
    }
}
