import ServingCore
import Synchronization
import Tensors

/// The registered regions of system shared memory: the extension `system_shared_memory`.
///
/// A region is part of a POSIX shared memory object of this machine, named by whoever registered it.
/// Names, sizes and offsets are checked at every use.
public final class SystemSharedMemory: Sendable {
    /// A registered region, as status reports it.
    struct Region: Hashable, Sendable {
        /// The name that requests use.
        var name: String
        /// The key of the object: `/name`.
        var key: String
        /// Where in the object the region begins, in bytes.
        var offset: Int
        /// Bytes.
        var byteSize: Int
    }

    private struct Entry {
        var region: Region
        var file: SharedMemoryFile
    }

    private let entries = Mutex([String: Entry]())
    private let isAllowed: Bool

    /// Starts without regions; when not allowed, none can be registered.
    public init(isAllowed: Bool = true) {
        self.isAllowed = isAllowed
    }

    /// Registers a region under a new name.
    ///
    /// - Throws: `invalid_request` when the name is taken, the object is missing or too short or
    ///   there are too many regions; `unsupported` when regions are not allowed.
    func register(_ region: Region) throws(ServingError) {
        guard isAllowed else {
            throw ServingError(
                .unsupported, "shared memory regions are switched off on this server")
        }
        guard !region.name.isEmpty, region.name.utf8.count <= Limits.nameBytesMaximum else {
            throw ServingError(
                .invalidRequest,
                "'region name' is necessary to register system shared memory region, of 1 to "
                    + "\(Limits.nameBytesMaximum) bytes")
        }
        let file = try SharedMemoryFile(key: region.key)
        let (end, overflow) = region.offset.addingReportingOverflow(region.byteSize)
        guard region.offset >= 0, region.byteSize >= 0, !overflow, let size = try file.size(),
            end <= size
        else {
            throw ServingError(
                .invalidRequest,
                "failed to register shared memory region '\(region.name.clipped())': invalid args: "
                    + "offset \(region.offset) and byte_size \(region.byteSize) go beyond the object"
            )
        }
        try add(Entry(region: region, file: file))
    }

    private func add(_ entry: Entry) throws(ServingError) {
        let name = entry.region.name
        let refusal: String? = entries.withLock { entries in
            if entries[name] != nil {
                return "shared memory region '\(name.clipped())' already in manager"
            }
            if entries.count >= Limits.sharedMemoryRegionsMaximum {
                return "\(Limits.sharedMemoryRegionsMaximum) shared memory regions are registered; "
                    + "unregister one first"
            }
            entries[name] = entry
            return nil
        }
        if let refusal { throw ServingError(.invalidRequest, refusal) }
    }

    /// Forgets a region; requests that use it now still finish. An unknown name is no error.
    func unregister(_ name: String) {
        // The last reference closes a descriptor: outside the lock.
        withExtendedLifetime(entries.withLock { $0.removeValue(forKey: name) }) {}
    }

    /// Forgets all regions.
    func unregisterAll() {
        let all = entries.withLock { entries in
            defer { entries = [:] }
            return entries
        }
        withExtendedLifetime(all) {}
    }

    /// The region of that name, or all of them by name for nil and the empty name.
    ///
    /// - Throws: `route_not_found`, which is 404, when there is none of that name.
    func status(_ name: String? = nil) throws(ServingError) -> [Region] {
        guard let name, !name.isEmpty else {
            return entries.withLock { $0.values.map(\.region) }.sorted { $0.name < $1.name }
        }
        return [try entry(name).region]
    }

    private func entry(_ name: String) throws(ServingError) -> Entry {
        guard let entry = entries.withLock({ $0[name] }) else {
            throw ServingError(
                .routeNotFound, "Unable to find shared memory region: '\(name.clipped())'")
        }
        return entry
    }
}

extension SystemSharedMemory {
    /// Copies an input out of its region.
    ///
    /// - Throws: `invalid_request` for an unknown region or bytes beyond it; `invalid_tensor` when
    ///   they do not make a tensor of that type and shape.
    func read(_ reference: SharedMemoryReference, _ type: ElementType, _ shape: Shape)
        throws(ServingError) -> Tensor
    {
        let (file, offset) = try place(reference, byteCount: reference.byteSize)
        if let width = type.byteWidth {
            // Told before the copy: the sizes of a region and of a tensor may differ by gigabytes.
            let (wanted, overflow) = shape.elementCount.multipliedReportingOverflow(by: width)
            guard !overflow, wanted == reference.byteSize else {
                throw ServingError(
                    .invalidTensor,
                    "a \(type) tensor of shape \(shape) has \(wanted) bytes, not "
                        + "\(reference.byteSize) ('shared_memory_byte_size')")
            }
        }
        return try Tensor(
            type, shape, try file.read(offset: offset, byteCount: reference.byteSize))
    }

    /// Copies an output into its region.
    ///
    /// - Throws: `invalid_request` for an unknown region, bytes beyond it, or a tensor that is larger
    ///   than the place.
    func write(_ tensor: Tensor, to reference: SharedMemoryReference) throws(ServingError) {
        guard tensor.storage.count <= reference.byteSize else {
            throw ServingError(
                .invalidRequest,
                "shared memory size specified with the request for the output "
                    + "(\(reference.byteSize) bytes) should be at least \(tensor.storage.count) bytes "
                    + "to hold the results")
        }
        let (file, offset) = try place(reference, byteCount: tensor.storage.count)
        try tensor.storage.withUnsafeBytes { (bytes) throws(ServingError) in
            try file.write(bytes, offset: offset)
        }
    }

    /// Checks that a reference can be used, before a run is spent on it.
    ///
    /// - Throws: as `write`.
    func check(_ reference: SharedMemoryReference) throws(ServingError) {
        _ = try place(reference, byteCount: reference.byteSize)
    }

    /// The refusal of everything that needs CUDA's shared memory.
    static var cudaRefusal: ServingError {
        ServingError(
            .unsupported,
            "CUDA shared memory is not offered by this server; register system shared memory or "
                + "send the tensors in the request")
    }

    private func place(_ reference: SharedMemoryReference, byteCount: Int)
        throws(ServingError) -> (file: SharedMemoryFile, offset: Int)
    {
        let entry: Entry
        do throws(ServingError) { entry = try self.entry(reference.region) } catch {
            throw ServingError(.invalidRequest, error.message)
        }
        let name = reference.region.clipped()
        guard reference.offset >= 0, reference.offset < max(entry.region.byteSize, 1) else {
            throw ServingError(
                .invalidRequest, "Invalid offset for shared memory region: '\(name)'")
        }
        guard byteCount >= 0, reference.byteSize <= entry.region.byteSize - reference.offset else {
            throw ServingError(
                .invalidRequest, "Invalid offset + byte size for shared memory region: '\(name)'")
        }
        return (entry.file, entry.region.offset + reference.offset)
    }
}
