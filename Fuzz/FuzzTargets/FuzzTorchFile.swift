// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import ServingCore

    @testable import TorchEngine

    /// Reads any bytes as a file of PyTorch, as the metadata of a compiled package, and as
    /// `model.yaml`; nothing of torch is needed for it.
    public func fuzzTorchFile(_ bytes: UnsafeRawBufferPointer) {
        let file = FileBytes(Array(bytes))
        do throws(ServingError) {
            _ = try TorchFile(file)
        } catch {
            promise(!error.message.isEmpty, "an error says what happened")
        }
        do throws(ServingError) {
            promise(
                try ZipDirectory(file).unpackedByteCount >= 0, "a sum of sizes is no less than 0")
            try PackageTarget(file).requireFit(MachineTraits(architecture: "x86_64", features: []))
        } catch {
            promise(error.code == .modelInvalid, "a broken archive is a broken model")
        }
        guard bytes.count <= ModelNotesReader.bytesMaximum,
            let text = String(validating: bytes, as: UTF8.self)
        else { return }
        do throws(ServingError) {
            _ = try ModelNotesReader.read(text)
        } catch {
            promise(error.code == .modelInvalid, "a wrong file is a wrong model")
            promise(error.message.utf8.count < 1_000, "an error is short")
        }
    }

#endif
