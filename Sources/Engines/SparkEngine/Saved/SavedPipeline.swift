import ServingCore

/// The stages of a saved pipeline in their order; those of pipelines within it in their place.
enum SavedPipeline {
    private static let depthMaximum = 8
    private static let stagesMaximum = 1000

    /// Reads the metadata of all stages.
    ///
    /// - Throws: `model_invalid` for what is missing, damaged, or nested without end.
    static func stages(_ files: SavedFiles) throws(ServingError) -> [SavedStage] {
        var stages: [SavedStage] = []
        try collect(files, "", 0, &stages)
        return stages
    }

    private static func collect(
        _ files: SavedFiles, _ directory: String, _ depth: Int, _ stages: inout [SavedStage]
    ) throws(ServingError) {
        guard depth <= depthMaximum, stages.count < stagesMaximum else {
            throw Damage.invalid("the pipeline nests too deep or has too many stages")
        }
        let stage = try SavedStage(files, directory: directory)
        switch stage.className {
        // PySpark writes a pipeline itself when another is in it.
        case "org.apache.spark.ml.PipelineModel", "pyspark.ml.pipeline.PipelineModel":
            let uids = try stage.texts("stageUids") ?? []
            // Spark numbers the directories with as many digits as the last of them needs.
            let digits = String(max(uids.count - 1, 0)).count
            for (index, uid) in uids.enumerated() {
                let number = String(index)
                let padded = String(repeating: "0", count: digits - number.count) + number
                try collect(files, "\(directory)stages/\(padded)_\(uid)/", depth + 1, &stages)
            }
        case "org.apache.spark.ml.tuning.CrossValidatorModel",
            "org.apache.spark.ml.tuning.TrainValidationSplitModel":
            try collect(files, directory + "bestModel/", depth + 1, &stages)
        case "org.apache.spark.ml.Pipeline", "pyspark.ml.pipeline.Pipeline":
            throw Damage.invalid(
                "it is a Pipeline that is not trained yet; save what its fit() returns")
        default: stages.append(stage)
        }
    }
}
