import CTorchShim
import NativeLibrary
import ServingCore

/// The functions of the shim, looked up once.
struct TorchFunctions: Sendable {
    let version: slipway_torch_version_fn
    let start: slipway_torch_start_fn
    let loadScript: slipway_torch_load_script_fn
    let loadPackage: slipway_torch_load_package_fn
    let describe: slipway_torch_describe_fn
    let freeText: slipway_torch_free_text_fn
    let run: slipway_torch_run_fn
    let stop: slipway_torch_stop_fn
    let resultCount: slipway_torch_result_count_fn
    let resultGet: slipway_torch_result_get_fn
    let resultRelease: slipway_torch_result_release_fn
    let unload: slipway_torch_unload_fn

    /// Finds them in the opened library.
    ///
    /// - Throws: `library_missing` for a library that is not the shim, or another version of it.
    init(_ library: NativeLibrary) throws(ServingError) {
        let abi = unsafeBitCast(
            try library.symbol("slipway_torch_abi"), to: slipway_torch_abi_fn.self)()
        guard abi == SLIPWAY_TORCH_ABI else {
            throw library.unusable(
                "it was built for another version of this program (interface \(abi), "
                    + "not \(SLIPWAY_TORCH_ABI))")
        }
        func function<Function>(_ name: String, _: Function.Type) throws(ServingError) -> Function {
            unsafeBitCast(try library.symbol("slipway_torch_" + name), to: Function.self)
        }
        version = try function("version", slipway_torch_version_fn.self)
        start = try function("start", slipway_torch_start_fn.self)
        loadScript = try function("load_script", slipway_torch_load_script_fn.self)
        loadPackage = try function("load_package", slipway_torch_load_package_fn.self)
        describe = try function("describe", slipway_torch_describe_fn.self)
        freeText = try function("free_text", slipway_torch_free_text_fn.self)
        run = try function("run", slipway_torch_run_fn.self)
        stop = try function("stop", slipway_torch_stop_fn.self)
        resultCount = try function("result_count", slipway_torch_result_count_fn.self)
        resultGet = try function("result_get", slipway_torch_result_get_fn.self)
        resultRelease = try function("result_release", slipway_torch_result_release_fn.self)
        unload = try function("unload", slipway_torch_unload_fn.self)
    }

    /// Calls a function that fills an error when it fails.
    @inline(__always)
    func check(_ body: (UnsafeMutablePointer<slipway_torch_error>) -> Int32)
        throws(TorchFailure)
    {
        let failure = withUnsafeTemporaryAllocation(of: slipway_torch_error.self, capacity: 1) {
            buffer -> TorchFailure? in
            guard let error = buffer.baseAddress, body(error) != 0 else { return nil }
            return TorchFailure(error.pointee)
        }
        if let failure { throw failure }
    }
}
