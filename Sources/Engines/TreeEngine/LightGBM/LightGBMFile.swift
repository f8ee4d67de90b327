import ServingCore

/// What a LightGBM model file says (the text that `save_model` writes).
struct LightGBMFile {
    var version = ""
    var classCount = 1
    /// Trees of one iteration: the outputs.
    var groupCount = 1
    var featureCount = 0
    var featureNames: [String] = []
    /// `binary sigmoid:1`; nil for a model trained with an objective of one's own.
    var objective: String?
    /// Whether scores are divided by the number of iterations, as in random forests.
    var averages = false
    var builder: ForestBuilder<Double>

    /// Reads a whole model.
    ///
    /// - Throws: `model_invalid`, with the line where reading stopped.
    static func read(
        _ bytes: UnsafeRawBufferPointer, _ wanted: ForestBuilder<Double>.Wanted
    ) throws(ServingError) -> LightGBMFile {
        var file = LightGBMFile(builder: ForestBuilder(wanted))
        var lines = LightGBMLines(bytes)
        var line = try file.readHeader(&lines)
        var isWhole = false
        while let current = line {
            if current.hasPrefix("Tree=") {
                let number = file.builder.trees.count
                do throws(ServingError) {
                    line = try file.readTree(&lines)
                } catch {
                    throw error.inContext("tree \(number)")
                }
                continue
            }
            if current.hasPrefix("end of trees") {
                isWhole = true
                break
            }
            guard current.bytes.isEmpty else { throw current.failure("no tree") }
            line = lines.next()
        }
        guard isWhole else {
            throw ServingError(
                .modelInvalid, "the file ends in line \(lines.number), before 'end of trees'")
        }
        try file.check()
        return file
    }

    /// Reads the lines before the first tree; returns that tree's first line, if there is any.
    private mutating func readHeader(
        _ lines: inout LightGBMLines
    ) throws(ServingError) -> LightGBMLines.Line? {
        guard let first = lines.next(), first.hasPrefix("tree"), first.bytes.count == 4 else {
            throw ServingError(.modelInvalid, "the first line is not 'tree'")
        }
        var groups: Int?
        var features: Int?
        while let line = lines.next() {
            if line.hasPrefix("Tree=") || line.hasPrefix("end of trees") {
                groupCount = groups ?? classCount
                guard let features else { throw line.failure("no max_feature_idx until") }
                guard (0..<XGBoostFile.featuresMaximum).contains(features) else {
                    throw ServingError(.modelInvalid, "max_feature_idx is \(features)")
                }
                featureCount = features + 1
                return line
            }
            let (name, value) = line.field
            switch name {
            case "version": version = value.text
            case "num_class": classCount = try value.integer()
            case "num_tree_per_iteration": groups = try value.integer()
            case "max_feature_idx": features = try value.integer()
            case "objective": objective = value.text
            case "average_output": averages = true
            case "feature_names":
                featureNames = value.text.split(separator: " ").map(String.init)
            default: break
            }
        }
        throw ServingError(.modelInvalid, "the file ends in line \(lines.number), before its trees")
    }

    /// Reads a tree behind its first line; returns the line behind it.
    private mutating func readTree(
        _ lines: inout LightGBMLines
    ) throws(ServingError) -> LightGBMLines.Line? {
        var tree = LightGBMTree()
        var line = lines.next()
        while let current = line, !current.bytes.isEmpty {
            let (name, value) = current.field
            tree.fields[name] = value
            guard tree.fields.count <= 64 else { throw current.failure("too many fields") }
            line = lines.next()
        }
        try tree.add(to: &builder)
        return line
    }

    private func check() throws(ServingError) {
        guard (1...XGBoostFile.groupsMaximum).contains(groupCount) else {
            throw ServingError(.modelInvalid, "num_tree_per_iteration is \(groupCount)")
        }
        guard builder.trees.count % groupCount == 0 else {
            throw ServingError(
                .modelInvalid,
                "the model has \(builder.trees.count) trees for \(groupCount) outputs")
        }
        guard Int(builder.featureMaximum) < featureCount else {
            throw ServingError(
                .modelInvalid,
                "the model splits on feature \(builder.featureMaximum) of \(featureCount)")
        }
    }
}
