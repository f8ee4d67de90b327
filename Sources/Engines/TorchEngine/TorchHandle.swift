import CTorchShim
import ServingCore

/// A model in the library; freed with the last reference.
///
/// `@unchecked Sendable`: the pointer is set once; the shim's model may be run from several threads.
final class TorchHandle: @unchecked Sendable {
    let library: TorchLibrary
    let pointer: OpaquePointer

    /// Loads a file.
    ///
    /// - Parameter runners: For a package, how many runs at a time it must allow.
    init(_ library: TorchLibrary, _ path: String, _ file: TorchFile, runners: Int)
        throws(TorchFailure)
    {
        var model: OpaquePointer?
        try library.functions.check { error in
            switch file {
            case .script: library.functions.loadScript(path, &model, error)
            case .package:
                library.functions.loadPackage(path, Int32(clamping: runners), &model, error)
            }
        }
        guard let model else { throw TorchFailure("no model came of it") }
        self.library = library
        pointer = model
    }

    deinit {
        library.functions.unload(pointer)
    }

    /// What the shim says of it, as JSON.
    func description() throws(TorchFailure) -> String {
        var text: UnsafeMutablePointer<CChar>?
        try library.functions.check { library.functions.describe(pointer, &text, $0) }
        defer { library.functions.freeText(text) }
        return text.map { String(cString: $0) } ?? "{}"
    }
}
