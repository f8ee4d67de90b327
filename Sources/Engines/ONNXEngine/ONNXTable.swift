import CONNXRuntime

/// The library's table of functions; it lies in the library and stays as long as that.
typealias ONNXTable = UnsafePointer<OrtApi>

extension ONNXTable {
    /// Turns a status into an error, and releases it.
    func check(_ status: OpaquePointer?) throws(ONNXFailure) {
        guard let status else { return }
        throw take(status)
    }

    /// Calls a function that makes an object, and returns the object.
    func make(_ body: (inout OpaquePointer?) -> OpaquePointer?) throws(ONNXFailure)
        -> OpaquePointer
    {
        var object: OpaquePointer?
        try check(body(&object))
        guard let object else { throw ONNXFailure(code: .fail, rawMessage: "it made nothing") }
        return object
    }

    /// Calls a function that fills in a number.
    func read<Number: FixedWidthInteger>(
        _ type: Number.Type = Number.self, _ body: (inout Number) -> OpaquePointer?
    ) throws(ONNXFailure) -> Number {
        var number: Number = 0
        try check(body(&number))
        return number
    }

    /// Releases the status of a call whose failure changes nothing.
    func discard(_ status: OpaquePointer?) {
        pointee.ReleaseStatus(status)
    }

    private func take(_ status: OpaquePointer) -> ONNXFailure {
        defer { pointee.ReleaseStatus(status) }
        return ONNXFailure(
            code: ONNXFailure.Code(rawValue: pointee.GetErrorCode(status)) ?? .fail,
            rawMessage: String(cString: pointee.GetErrorMessage(status)))
    }
}
