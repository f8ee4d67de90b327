import Inference
import Models
import ServingCore

/// A directory of models in Triton's layout: `NAME/config.pbtxt`, `NAME/1/model.onnx`.
struct RepositoryDirectory {
    let path: String
    let fileSystem: any ModelFileSystem

    /// The models that are there, by name; names that no model can have are left out.
    ///
    /// - Throws: `file_unreadable`, or `model_invalid` for too many entries.
    func models() throws(ServingError) -> [AspiredModel] {
        try fileSystem.entries(of: path).compactMap { entry in
            guard entry.isDirectory, !entry.name.hasPrefix("."),
                let name = try? ModelName(entry.name)
            else { return nil }
            return model(name)
        }.sorted { $0.name < $1.name }
    }

    /// One model; nil when the repository does not hold it.
    func model(named name: ModelName) -> AspiredModel? {
        guard !name.text.hasPrefix("."),
            (try? fileSystem.entries(of: path + "/" + name.text)) != nil
        else { return nil }
        return model(name)
    }

    private func model(_ name: ModelName) -> AspiredModel {
        var model = AspiredModel(name: name, baseDirectory: path + "/" + name.text)
        model.layout = .numberedWithoutLeadingZero
        return model
    }
}
