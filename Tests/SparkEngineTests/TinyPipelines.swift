/// Saved pipelines of a few stages that learn nothing, and broken ones.
enum TinyPipelines {
    static func metadata(_ name: String, _ uid: String, _ parameters: String) -> String {
        #"{"class":"org.apache.spark.ml.\#(name)","timestamp":1,"sparkVersion":"4.3.0","uid":"#
            + #""\#(uid)","paramMap":{\#(parameters)},"defaultParamMap":{}}"#
    }

    /// Writes a pipeline of stages, each with its class and parameters.
    static func write(
        _ stages: [(name: String, parameters: String)], as name: String,
        to directory: TemporaryDirectory
    ) throws {
        let uids = stages.indices.map { "s\($0)" }
        let list = uids.map { "\"\($0)\"" }.joined(separator: ",")
        try directory.writeStage(name, metadata("PipelineModel", "p", #""stageUids":[\#(list)]"#))
        for (index, stage) in stages.enumerated() {
            try directory.writeStage(
                "\(name)/stages/\(index)_s\(index)",
                metadata(stage.name, "s\(index)", stage.parameters))
        }
    }

    static func write(to directory: TemporaryDirectory) throws {
        let keep = #","handleInvalid":"keep""#
        try write(
            [("feature.VectorAssembler", #""inputCols":["x"],"outputCol":"y"\#(keep)"#)],
            as: "identity", to: directory)
        let columns = (0..<10).map { "\"x\($0)\"" }.joined(separator: ",")
        try write(
            [
                ("feature.VectorAssembler", #""inputCols":[\#(columns)],"outputCol":"x""#),
                ("feature.PolynomialExpansion", #""inputCol":"x","outputCol":"all","degree":10"#),
                ("feature.VectorSlicer", #""inputCol":"all","outputCol":"y","indices":[0]"#),
            ], as: "slow", to: directory)
        try directory.writeStage("untrained", metadata("Pipeline", "p", #""stageUids":[]"#))
        try directory.writeStage("cut", #"{"class":"org.apache.spark.ml.PipelineModel","#)
        try write(
            [("feature.VectorAssembler", #""inputCols":"x","outputCol":"y""#)], as: "text",
            to: directory)
        try directory.writeStage(
            "stage_missing", metadata("PipelineModel", "p", #""stageUids":["gone"]"#))
        let scaler = [("feature.StandardScalerModel", #""inputCol":"x","outputCol":"y""#)]
        try write(scaler, as: "data_missing", to: directory)
        try write(scaler, as: "data_damaged", to: directory)
        try directory.write(
            "data_damaged/stages/0_s0/data/part-00000.snappy.parquet", Array("PAR2".utf8))
        try write(
            [("feature.SQLTransformer", #""statement":"SELECT * FROM __THIS__""#)], as: "python",
            to: directory)
        try directory.write("nothing/metadata/part-00000", [])
    }
}
