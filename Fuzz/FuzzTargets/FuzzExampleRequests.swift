// Only where the rooms are built for testing: debug builds and `make fuzz`.
#if DEBUG || FUZZING

    import NIOCore
    import ServingCore
    import Tensors
    import Wire

    @testable import Protocols

    /// Takes the body of `:classify` and `:regress`.
    ///
    /// Examples that are accepted can be serialised, one element each.
    public func fuzzExampleRequests(_ bytes: UnsafeRawBufferPointer) {
        do throws(ServingError) {
            let examples = try ExampleRequestReader.read(ByteBuffer(bytes: bytes)).examples
            promise(
                try examples.serialized().shape.dimensions == [examples.examples.count],
                "an element for each example")
        } catch {
            promise(error.message.utf8.count < 1 << 14, "an error clips what a client sent")
        }
    }

#endif
