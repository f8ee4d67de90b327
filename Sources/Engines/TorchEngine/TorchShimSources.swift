import CTorchShim

/// The sources of the shim over libtorch, which this program carries to build it where libtorch is.
public enum TorchShimSources {
    /// One file.
    public struct File: Sendable {
        /// Its path in Slipway's sources: `Native/torch-shim/shim.cpp`.
        public let path: String
        /// Its text.
        public let text: String
    }

    /// Every file, and `scripts/build-torch-shim`, which compiles them.
    public static var files: [File] {
        (0..<slipway_torch_source_count()).map { index in
            let source = slipway_torch_source_at(index)
            let bytes = UnsafeBufferPointer(start: source.bytes, count: source.count)
            return File(
                path: String(cString: source.path), text: String(decoding: bytes, as: UTF8.self))
        }
    }
}
