import EngineDocuments
import ServingCore

/// One stage as Spark saved it: its class, its parameters, and where its learnt values lie.
struct SavedStage {
    /// `org.apache.spark.ml.feature.StandardScalerModel`.
    let className: String
    /// Spark's name of this stage, unique in its pipeline.
    let uid: String
    /// The version that wrote it: `4.3.0`.
    let sparkVersion: String
    /// Where it lies, relative to the pipeline's directory; empty for the pipeline itself.
    let directory: String
    /// What stands beside the parameters: `numFeatures`, `numClasses`.
    let metadata: DocumentValue
    let files: SavedFiles

    private static let metadataBytesMaximum = 16 << 20

    /// Reads a stage's metadata.
    ///
    /// - Throws: `model_invalid` when it is not there or damaged.
    init(_ files: SavedFiles, directory: String) throws(ServingError) {
        self.files = files
        self.directory = directory
        let folder = directory + "metadata"
        guard let name = files.parts(in: folder).first(where: { files.sizes[$0] != 0 }) else {
            throw Damage.invalid("there is no \(folder)/part-00000; copy the whole directory")
        }
        guard files.sizes[name] ?? 0 <= Self.metadataBytesMaximum else {
            throw Damage.invalid("\(name) has \(files.sizes[name] ?? 0) bytes")
        }
        let bytes = try files.read(name)
        let document: DocumentValue
        do throws(ServingError) {
            document = try Self.parse(bytes)
        } catch {
            throw error.inContext(name)
        }
        guard let className = document["class"]?.string, let uid = document["uid"]?.string,
            document.object != nil
        else {
            throw Damage.invalid("\(name) names no 'class' and 'uid': it is no Spark ML metadata")
        }
        self.className = className
        self.uid = uid
        sparkVersion = document["sparkVersion"]?.string ?? ""
        metadata = document
    }

    private static func parse(_ bytes: [UInt8]) throws(ServingError) -> DocumentValue {
        // The lines of a text file; the document is the first of them.
        let line = bytes.prefix { $0 != 0x0A }
        let result: Result<DocumentValue, ServingError> = line.withUnsafeBytes { bytes in
            do throws(ServingError) {
                var reader = JSONReader(bytes, allowsNonFinite: true)
                let value = try DocumentValue(&reader)
                try reader.finish()
                return .success(value)
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The last part of the class's name.
    var shortName: String {
        String(className.split(separator: ".").last ?? "")
    }

    /// The learnt values of a stage that has some.
    func data(_ folder: String = "data") throws(ServingError) -> StageData {
        let names = files.parts(in: directory + folder, endingWith: ".parquet")
        guard !names.isEmpty else {
            throw Damage.invalid("there is no \(directory)\(folder)/part-*.parquet")
        }
        do throws(ServingError) {
            var contents: [[UInt8]] = []
            for name in names { contents.append(try files.read(name)) }
            return StageData(table: try ParquetTable(contents))
        } catch {
            throw error.inContext(directory + folder)
        }
    }

    /// The same stage's error with its class and place.
    func invalid(_ reason: String) -> ServingError {
        Damage.invalid("\(shortName) \(uid): \(reason)")
    }
}
