import Glibc
import ServingCore
import Tensors
import Testing

@testable import Protocols

/// A shared memory object of a test's own.
private final class TestObject {
    let key: String
    let descriptor: Int32

    init(bytes: [UInt8]) throws {
        key = "/slipway-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        descriptor = shm_open(key, O_RDWR | O_CREAT | O_EXCL, 0o600)
        try #require(descriptor >= 0)
        try #require(pwrite(descriptor, bytes, bytes.count, 0) == bytes.count)
    }

    deinit {
        close(descriptor)
        shm_unlink(key)
    }

    func truncate(to size: Int) { _ = ftruncate(descriptor, size) }

    var size: Int {
        var status = stat()
        fstat(descriptor, &status)
        return status.st_size
    }

    func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0xEE, count: count)
        let got = pread(descriptor, &bytes, count, 0)
        return Array(bytes.prefix(max(0, got)))
    }
}

@Suite struct SystemSharedMemoryTests {
    private let memory = SystemSharedMemory()

    private func register(_ object: TestObject, offset: Int = 0, byteSize: Int) throws {
        try memory.register(
            .init(name: "r", key: object.key, offset: offset, byteSize: byteSize))
    }

    private func place(_ offset: Int, _ byteSize: Int) -> SharedMemoryReference {
        SharedMemoryReference(region: "r", offset: offset, byteSize: byteSize)
    }

    @Test func readsAndWritesWithinTheRegion() throws {
        let object = try TestObject(bytes: Array(0..<16))
        try register(object, offset: 4, byteSize: 12)
        let tensor = try memory.read(place(2, 4), .uint8, try Shape([2, 2]))
        #expect(tensor.values(as: UInt8.self) == [6, 7, 8, 9])
        try memory.write(tensor, to: place(0, 8))
        #expect(object.bytes(16) == [0, 1, 2, 3, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 14, 15])
    }

    @Test func keepsWhatWasReadWhenTheClientChangesIt() throws {
        let object = try TestObject(bytes: [1, 2])
        try register(object, byteSize: 2)
        let tensor = try memory.read(place(0, 2), .uint8, try Shape([2]))
        _ = pwrite(object.descriptor, [UInt8(9), 9], 2, 0)
        #expect(tensor.values(as: UInt8.self) == [1, 2])
    }

    @Test func survivesAnObjectThatIsCutShort() throws {
        let object = try TestObject(bytes: [UInt8](repeating: 7, count: 8192))
        try register(object, byteSize: 8192)
        object.truncate(to: 100)
        let shape = try Shape([8192])
        #expect(throws: ServingError.self) { try memory.read(place(0, 8192), .uint8, shape) }
        let tensor = try Tensor(.uint8, shape, values: [UInt8](repeating: 1, count: 8192))
        #expect(throws: ServingError.self) { try memory.write(tensor, to: place(0, 8192)) }
        #expect(object.size == 100, "what the client gave up does not come back")
    }

    @Test(arguments: [
        (0, 17), (16, 1), (1, 16), (0, Int.max), (Int.max, Int.max), (Int.max, 1), (-1, 4),
        (0, -1),
    ])
    func registersNothingBeyondTheObject(offset: Int, byteSize: Int) throws {
        let object = try TestObject(bytes: Array(0..<16))
        #expect(throws: ServingError.self) {
            try register(object, offset: offset, byteSize: byteSize)
        }
        #expect(try memory.status() == [])
    }

    @Test(arguments: [(0, 9), (8, 0), (8, 1), (4, 5), (Int.max, 1), (1, Int.max), (-1, 2)])
    func usesNothingBeyondTheRegion(offset: Int, byteSize: Int) throws {
        let object = try TestObject(bytes: Array(0..<16))
        try register(object, byteSize: 8)
        let shape = try Shape([max(0, min(byteSize, 100))])
        #expect(throws: ServingError.self) {
            try memory.read(place(offset, byteSize), .uint8, shape)
        }
        #expect(throws: ServingError.self) { try memory.check(place(offset, byteSize)) }
    }

    @Test func refusesTensorsOfAnotherSize() throws {
        let object = try TestObject(bytes: Array(0..<16))
        try register(object, byteSize: 16)
        #expect(throws: ServingError.self) {
            try memory.read(place(0, 16), .float32, try Shape([5]))
        }
        let tensor = try Tensor(.uint8, try Shape([9]), values: [UInt8](repeating: 1, count: 9))
        #expect(throws: ServingError.self) { try memory.write(tensor, to: place(0, 8)) }
        #expect(object.bytes(16) == Array(0..<16))
    }

    @Test(arguments: ["", "/", "..", "/..", "/.", "/a/b", "/../etc/passwd", "/a\u{0}b"])
    func opensNothingButSharedMemory(key: String) {
        #expect(throws: ServingError.self) {
            try memory.register(.init(name: "r", key: key, offset: 0, byteSize: 0))
        }
    }

    @Test func listsAndForgetsRegions() throws {
        let object = try TestObject(bytes: Array(0..<16))
        for name in ["b", "a"] {
            try memory.register(.init(name: name, key: object.key, offset: 0, byteSize: 4))
        }
        #expect(throws: ServingError.self) {
            try memory.register(.init(name: "a", key: object.key, offset: 0, byteSize: 4))
        }
        #expect(try memory.status().map(\.name) == ["a", "b"])
        memory.unregister("a")
        memory.unregister("a")
        #expect(try memory.status().map(\.name) == ["b"])
        memory.unregisterAll()
        #expect(try memory.status() == [])
        #expect(throws: ServingError.self) { try memory.status("b") }
    }

    @Test func holdsABoundedNumberOfRegions() throws {
        let object = try TestObject(bytes: [0])
        for index in 0..<Limits.sharedMemoryRegionsMaximum {
            try memory.register(
                .init(name: "r\(index)", key: object.key, offset: 0, byteSize: 1))
        }
        #expect(throws: ServingError.self) {
            try memory.register(.init(name: "more", key: object.key, offset: 0, byteSize: 1))
        }
    }

    @Test func registersNothingWhereItIsSwitchedOff() throws {
        let object = try TestObject(bytes: [0])
        #expect(throws: ServingError.self) {
            try SystemSharedMemory(isAllowed: false)
                .register(.init(name: "r", key: object.key, offset: 0, byteSize: 1))
        }
    }
}
