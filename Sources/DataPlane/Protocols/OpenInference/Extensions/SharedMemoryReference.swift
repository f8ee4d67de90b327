import ServingCore

/// Where in a registered region an input lies or an output is wanted.
struct SharedMemoryReference: Hashable, Sendable {
    /// The region's registered name.
    var region: String
    /// Bytes from the start of the region.
    var offset: Int
    /// Bytes that the tensor has, or may have at most.
    var byteSize: Int

    /// Gathers the three parameters of a tensor, in whatever order they come.
    struct Collector: Sendable {
        private var region: String?
        private var offset = 0
        private var byteSize: Int?

        /// Takes a parameter; false when it is none of the three.
        ///
        /// - Throws: `invalid_request` for a value of the wrong kind.
        mutating func take(_ key: String, _ value: ExtensionParameter) throws(ServingError) -> Bool
        {
            switch key {
            case "shared_memory_region": region = try value.string(named: key)
            case "shared_memory_offset": offset = try value.count(named: key)
            case "shared_memory_byte_size": byteSize = try value.count(named: key)
            default: return false
            }
            return true
        }

        /// Whether a region was named.
        var isNamed: Bool { region != nil }

        /// The reference; nil when no region was named.
        ///
        /// - Throws: `invalid_request` when the size is missing.
        func finish() throws(ServingError) -> SharedMemoryReference? {
            guard let region else { return nil }
            guard let byteSize else {
                throw ServingError(
                    .invalidRequest,
                    "the tensor in shared memory region '\(region.clipped())' has no "
                        + "'shared_memory_byte_size'; give the number of its bytes")
            }
            return SharedMemoryReference(region: region, offset: offset, byteSize: byteSize)
        }
    }
}
