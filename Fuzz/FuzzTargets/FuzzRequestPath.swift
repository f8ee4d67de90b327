import Protocols

/// Matches any bytes as a request target; what matches must match again when it is written out.
public func fuzzRequestPath(_ bytes: UnsafeRawBufferPointer) {
    let target = String(decoding: bytes, as: UTF8.self)
    guard let canonical = CanonicalTarget.of(target) else { return }
    promise(CanonicalTarget.of(canonical) == canonical, "a route is not stable: \(canonical)")
}
