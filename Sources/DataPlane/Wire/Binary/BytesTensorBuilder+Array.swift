public import ServingCore
public import Tensors

extension BytesTensorBuilder {
    /// Adds one element from an array.
    ///
    /// - Throws: As `append(_:)`.
    public mutating func append(contentsOf bytes: ArraySlice<UInt8>) throws(ServingError) {
        // `withUnsafeBytes` of a slice does not carry a typed failure.
        let result: Result<Void, ServingError> = bytes.withUnsafeBytes { raw in
            do throws(ServingError) { return .success(try append(raw)) } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
