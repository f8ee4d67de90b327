import Listener
import NIOCore
import ServingCore
import Wire

/// The system shared memory extension, in the messages of grpc_service.proto.
struct SharedMemoryMessages: Sendable {
    let regions: SystemSharedMemory

    /// A message without any field.
    static var empty: GRPCReply { GRPCReply { _ in } }

    /// `SystemSharedMemoryStatusResponse`: a map from names to regions.
    func status(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        let found = try regions.status(try SmallMessage.texts(message).0)
        return GRPCReply { buffer in
            for region in found {
                buffer.writeProtobuf(1) { entry in
                    entry.writeProtobuf(1, string: region.name)
                    entry.writeProtobuf(2) { status in
                        status.writeProtobuf(1, string: region.name)
                        status.writeProtobuf(2, string: region.key)
                        status.writeProtobufIfSet(3, signed: Int64(region.offset))
                        status.writeProtobufIfSet(4, signed: Int64(region.byteSize))
                    }
                }
            }
        }
    }

    /// `SystemSharedMemoryRegister`.
    func register(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        let region = try message.withProtobufReader { (reader) throws(ServingError) in
            var region = SystemSharedMemory.Region(name: "", key: "", offset: 0, byteSize: 0)
            while let field = try reader.nextField() {
                switch field {
                case 1: region.name = try reader.string()
                case 2: region.key = try reader.string()
                case 3: region.offset = Int(clamping: try reader.varint())
                case 4: region.byteSize = Int(clamping: try reader.varint())
                default: try reader.skip()
                }
            }
            return region
        }
        try regions.register(region)
        return Self.empty
    }

    /// `SystemSharedMemoryUnregister`; an empty name means all regions.
    func unregister(_ message: ByteBuffer) throws(ServingError) -> GRPCReply {
        let name = try SmallMessage.texts(message).0
        if name.isEmpty { regions.unregisterAll() } else { regions.unregister(name) }
        return Self.empty
    }
}
