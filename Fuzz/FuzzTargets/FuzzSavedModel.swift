import EngineDocuments
import Inference
import ServingCore
import TensorFlowEngine

/// Reads any bytes as a `saved_model.pb`, and makes signatures of what it says.
public func fuzzSavedModel(_ bytes: UnsafeRawBufferPointer) {
    guard let file = try? SavedModelFile(bytes) else { return }
    promise(!file.graphs.isEmpty, "a file without graphs is refused")
    for graph in file.graphs {
        do throws(ServingError) {
            let signatures = try graph.servedSignatures()
            promise(!signatures.isEmpty, "a graph without signatures is refused")
            promise(
                Set(signatures.map(\.name)).count == signatures.count, "each name is there once")
            let hasDefault = signatures.contains { $0.name == ModelSignature.defaultName }
            promise(
                !hasDefault || signatures[0].name == ModelSignature.defaultName,
                "the default comes first")
        } catch {
            promise(!error.message.isEmpty, "an error says what happened")
        }
    }
}
