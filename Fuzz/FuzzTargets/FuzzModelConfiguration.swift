// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import ServingCore

    @testable import Slipway

    /// Takes Triton's model configuration, as text protobuf and as JSON, and TensorFlow Serving's files.
    ///
    /// The first byte chooses the form.
    public func fuzzModelConfiguration(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let body = Array(bytes.dropFirst())
        let engines = ["onnx", "builtin"]
        switch first % 6 {
        case 0, 1:
            do throws(ServingError) {
                let root =
                    first % 6 == 0
                    ? try SettingsText.protobuf(body, source: "f")
                    : try SettingsText.json(String(decoding: body, as: UTF8.self), source: "f")
                _ = try TritonModelConfiguration(root, engines: engines)
            } catch {
                promise(!error.message.isEmpty, "an error says what happened")
                promise(error.message.utf8.count < 1 << 14, "an error clips what a client sent")
            }
        case 2: _ = ModelServerConfig.reading(body, file: "f.config", engines: engines)
        case 3: _ = BatchingParameters.reading(body, file: "f.config")
        case 4: _ = PlatformConfig.reading(body, file: "f.config")
        default: _ = MonitoringConfig.reading(body, file: "f.config")
        }
    }

#endif
