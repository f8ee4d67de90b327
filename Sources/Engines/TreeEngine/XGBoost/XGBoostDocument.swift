import EngineDocuments
import ServingCore

/// Reads XGBoost's JSON and UBJSON models (https://xgboost.readthedocs.io, "Introduction to Model
/// IO"), both by the same walk: they differ only in how values are written.
struct XGBoostDocument<Reader: DocumentReader> {
    private var reader: Reader
    private var file: XGBoostFile

    private init(_ reader: Reader, _ file: XGBoostFile) {
        self.reader = reader
        self.file = file
    }

    /// Reads a whole model.
    ///
    /// - Throws: `model_invalid`, with the byte where reading stopped.
    static func read(
        _ reader: Reader, form: String, _ wanted: ForestBuilder<Float>.Wanted
    ) throws(ServingError) -> XGBoostFile {
        var document = XGBoostDocument(reader, XGBoostFile(wanted))
        document.file.form = form
        try document.readModel()
        try document.reader.finish()
        return document.file
    }

    private mutating func readModel() throws(ServingError) {
        var hasLearner = false
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "learner":
                try reader.require(!hasLearner, "a second learner")
                hasLearner = true
                try readLearner()
            case "version": file.version = try reader.readIntegers(maximum: 8)
            // A model that was pickled, or saved by `save_config`, wraps it.
            case "Model": throw reader.failure("a memory snapshot; save it with save_model()")
            default: try reader.skipValue()
            }
        }
        try reader.require(hasLearner, "no learner")
    }

    private mutating func readLearner() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "attributes": try readAttributes()
            case "feature_names":
                file.featureNames = try reader.readStrings(maximum: XGBoostFile.featuresMaximum)
            case "gradient_booster": try readBooster(isNested: false)
            case "learner_model_param": try readParameters()
            case "objective": try readObjective()
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readAttributes() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            try reader.require(file.attributes.count < 10_000, "too many attributes")
            if try reader.peekKind() == .string {
                file.attributes[key] = try reader.readString()
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func readObjective() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            if key == "name" {
                file.objective = try reader.readString()
            } else {
                try reader.skipValue()
            }
        }
    }

    private mutating func readParameters() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "base_score": file.baseScores = try readBaseScores()
            case "num_class": file.classCount = try readWritten()
            case "num_feature": file.featureCount = try readWritten()
            case "num_target": file.targetCount = try readWritten()
            default: try reader.skipValue()
            }
        }
    }

    /// Reads an integer that is written as text, as all parameters are.
    private mutating func readWritten() throws(ServingError) -> Int {
        let text = try reader.readString()
        guard let value = Int(text) else {
            throw reader.failure("the parameter '\(text.clipped(to: 64))', not an integer,")
        }
        return value
    }

    /// Reads `5E-1`, or since version 3.1 `[5E-1,5E-1]`, in a string.
    private mutating func readBaseScores() throws(ServingError) -> [Float] {
        let text = Array(try reader.readString().utf8)
        let scores = text.withUnsafeBytes { bytes in
            Result { () throws(ServingError) in
                var inner = JSONReader(bytes, allowsNonFinite: true)
                let isList = try inner.peekKind() == .array
                let scores =
                    isList
                    ? try inner.readFloats(maximum: XGBoostFile.groupsMaximum)
                    : [try inner.readFloat()]
                try inner.finish()
                return scores
            }
        }
        do throws(ServingError) {
            return try scores.get()
        } catch {
            throw error.inContext("base_score")
        }
    }

    /// Reads a booster; DART's holds another.
    private mutating func readBooster(isNested: Bool) throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "name":
                let name = try reader.readString()
                if !isNested { file.booster = name }
            case "gbtree" where !isNested: try readBooster(isNested: true)
            case "weight_drop": file.treeWeights = try reader.readFloats()
            case "model": try readBoosterModel()
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readBoosterModel() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            switch key {
            case "weights": file.linearWeights = try reader.readFloats()
            case "tree_info": file.treeGroups = try reader.readInt32s()
            case "iteration_indptr": file.iterationStarts = try reader.readInt32s()
            case "gbtree_model_param": try readTreeParameters()
            case "trees":
                try reader.require(file.builder.trees.isEmpty, "trees for the second time")
                try reader.enterArray()
                while try reader.nextElement() {
                    let number = file.builder.trees.count
                    do throws(ServingError) {
                        var tree = XGBoostTree()
                        try tree.read(&reader)
                        try tree.add(to: &file.builder)
                    } catch {
                        throw error.inContext("tree \(number)")
                    }
                }
            default: try reader.skipValue()
            }
        }
    }

    private mutating func readTreeParameters() throws(ServingError) {
        try reader.enterObject()
        while let key = try reader.nextKey() {
            if key == "num_parallel_tree" {
                file.parallelTrees = try readWritten()
            } else {
                try reader.skipValue()
            }
        }
    }
}

extension DocumentReader {
    /// Reads an array of integers of 32 bits.
    ///
    /// - Throws: `model_invalid` for fractions and numbers out of range.
    mutating func readInt32s() throws(ServingError) -> [Int32] {
        var values: [Int32] = []
        try enterArray()
        while try nextElement() {
            guard let value = Int32(exactly: try readInteger()) else {
                throw failure("an integer of more than 32 bits before")
            }
            values.append(value)
        }
        return values
    }

    /// Reads an array of numbers or booleans as flags.
    ///
    /// - Throws: `model_invalid` for other values than 0, 1, true and false.
    mutating func readFlags() throws(ServingError) -> [UInt8] {
        var values: [UInt8] = []
        try enterArray()
        while try nextElement() {
            if try peekKind() == .boolean {
                values.append(try readBoolean() ? 1 : 0)
            } else {
                let value = try readInteger()
                try require(value == 0 || value == 1, "\(value), which is no flag,")
                values.append(UInt8(value))
            }
        }
        return values
    }
}
