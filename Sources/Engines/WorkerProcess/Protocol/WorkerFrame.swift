public import ServingCore

/// The head of every message between server and worker (docs/worker-protocol.md, "Frames"): 16 bytes,
/// little-endian.
public struct WorkerFrame: Hashable, Sendable {
    /// Bytes of a head.
    public static let headBytes = 16
    /// Most bytes that may follow it.
    public static let payloadBytesMaximum = 1 << 20
    /// The version of the protocol that both sides must speak.
    public static let protocolVersion: UInt16 = 1

    /// What the payload is.
    public enum Kind: UInt16, Hashable, Sendable, CaseIterable {
        case load = 0x01
        case statistics = 0x02
        case unload = 0x03
        case cancel = 0x04
        case run = 0x10
        case hello = 0x80
        case loaded = 0x81
        case statisticsReply = 0x82
        case progress = 0x83
        case failed = 0x8F
        case result = 0x90
    }

    /// Bytes that follow.
    public let payloadBytes: Int
    /// What they are.
    public let kind: Kind
    /// A reply carries its command's.
    public let sequence: UInt64

    /// Reads a head.
    ///
    /// - Throws: `worker_failed` for another version, an unknown kind or too long a payload.
    public init(head bytes: UnsafeRawBufferPointer) throws(ServingError) {
        guard bytes.count >= Self.headBytes else {
            throw WorkerFault.broken("a frame's head has \(Self.headBytes) bytes")
        }
        let length = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
        let kind = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self))
        let version = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        guard version == Self.protocolVersion else {
            throw WorkerFault.broken(
                "version \(version) of the protocol, where \(Self.protocolVersion) is spoken")
        }
        guard let known = Kind(rawValue: kind) else {
            throw WorkerFault.broken("a message of the unknown kind \(kind)")
        }
        guard length <= Self.payloadBytesMaximum else {
            throw WorkerFault.broken(
                "a payload of \(length) bytes, where \(Self.payloadBytesMaximum) are allowed")
        }
        payloadBytes = Int(length)
        self.kind = known
        sequence = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
}

/// Errors about workers.
public enum WorkerFault {
    /// The other side said something that the protocol does not allow.
    public static func broken(_ what: String) -> ServingError {
        ServingError(.workerFailed, "the worker protocol was broken: \(what)")
    }
}
