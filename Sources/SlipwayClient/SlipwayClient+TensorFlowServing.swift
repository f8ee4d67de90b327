public import NIOCore
public import ServingCore
public import Wire

/// One version of a model, as the server reports it.
public struct ModelVersionReport: Hashable, Sendable {
    /// The version's number.
    public var version: String
    /// `START`, `LOADING`, `AVAILABLE`, `UNLOADING` or `END`.
    public var state: String
    /// The canonical error name, `OK` when there is none.
    public var errorCode: String
    /// Why, when there is an error.
    public var errorMessage: String
}

extension SlipwayClient {
    /// Runs TensorFlow Serving's `:predict` with a JSON body, and returns the JSON reply.
    ///
    /// - Throws: What the server refused, with its text and status.
    public func predict(
        model: String, version: String? = nil, body: ByteBuffer
    ) async throws(ServingError) -> ByteBuffer {
        let path = Self.modelPath("/v1", model, version) + ":predict"
        return try await post(path, body: body).checked().body
    }

    /// The state of every version of a model.
    ///
    /// - Throws: `model_not_found`, or `internal` for a reply of another form.
    public func modelStatus(_ model: String) async throws(ServingError) -> [ModelVersionReport] {
        let reply = try await get(Self.modelPath("/v1", model, nil)).checked().json()
        guard let versions = reply.objectValue?["model_version_status"]?.arrayValue else {
            throw ServingError(
                .internalError, "the status of model '\(model)' has no model_version_status")
        }
        return versions.map { version in
            let status = version.objectValue?["status"]?.objectValue
            return ModelVersionReport(
                version: version.objectValue?["version"]?.stringValue ?? "",
                state: version.objectValue?["state"]?.stringValue ?? "UNKNOWN",
                errorCode: status?["error_code"]?.stringValue ?? "",
                errorMessage: status?["error_message"]?.stringValue ?? "")
        }
    }

    /// TensorFlow Serving's metadata of a model: its signatures.
    ///
    /// - Throws: `model_not_found`, or `internal` for a reply of another form.
    public func signatureMetadata(
        _ model: String, version: String? = nil
    ) async throws(ServingError) -> JSONValue {
        try await get(Self.modelPath("/v1", model, version) + "/metadata").checked().json()
    }

    /// The number of the version that a label points at now.
    ///
    /// - Throws: `label_not_found` or `model_not_found`, or `internal` for a reply of another form.
    public func version(of model: String, label: String) async throws(ServingError) -> String {
        let path = Self.modelPath("/v1", model, nil) + "/labels/\(Self.encoded(label))/metadata"
        let reply = try await get(path).checked().json()
        guard
            let version = reply.objectValue?["model_spec"]?.objectValue?["version"]?.stringValue
        else {
            throw ServingError(
                .internalError, "the metadata of model '\(model)' names no version")
        }
        return version
    }
}
