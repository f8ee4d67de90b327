import NIOCore
import ServingCore
import Tensors
import Wire

/// Reads JSON as a tensor: the first byte chooses element type and dialect, the rest is the document.
///
/// What was read must have the shape's size, come back the same after it is written, be what
/// `skipValue` skips, and read the same when its shape is given.
public func fuzzJSONTensorReader(_ bytes: UnsafeRawBufferPointer) {
    guard let choice = bytes.first else { return }
    let types = ElementType.allCases
    let type = types[Int(choice & 0x7F) % types.count]
    let dialect: JSONDialect = choice & 0x80 == 0 ? .strict : .tensorFlowServing
    let document = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    let scanner = JSONScanner(document, dialect: dialect)
    checkDescription(scanner)
    checkBuilder(scanner, type)
    var place = scanner
    guard let tensor = try? reader(type).read(from: &place) else { return }
    promise(
        (try? Tensor(tensor.elementType, tensor.shape, tensor.storage)) != nil,
        "the storage fits the shape")
    var skipping = scanner
    promise((try? skipping.skipValue()) != nil, "what can be read can be skipped")
    promise(skipping.offset == place.offset, "reading and skipping end at the same place")
    for options in [JSONWriter.Options.tensorFlowServing, .openInference] {
        checkRoundTrip(tensor, options)
    }
    var again = scanner
    let known = try? reader(type).read(from: &again, shape: tensor.shape)
    promise(known.map { same($0, tensor) } == true, "the same when the shape is given")
}

private func reader(_ type: ElementType) -> JSONTensorReader {
    JSONTensorReader(type, options: .tensorFlowServing)
}

private func checkRoundTrip(_ tensor: Tensor, _ options: JSONWriter.Options) {
    var options = options
    options.nonFinite = .token
    let text = write(tensor, options)
    let back = try? text.withJSONScanner(.tensorFlowServing) { (scanner) throws(ServingError) in
        try reader(tensor.elementType).read(from: &scanner)
    }
    guard let back else { return promise(false, "what was written can be read") }
    promise(back.shape == tensor.shape, "the shape comes back")
    // A NaN loses its sign in text, so the second text is compared, and the bytes of all but floats.
    promise(write(back, options) == text, "the text comes back")
    if !tensor.elementType.isFloatingPoint { promise(same(back, tensor), "the bytes come back") }
}

private func write(_ tensor: Tensor, _ options: JSONWriter.Options) -> ByteBuffer {
    var writer = JSONWriter(into: ByteBuffer(), options: options)
    let isWritten = (try? writer.tensor(tensor, bytesAsBase64: true)) != nil
    promise(isWritten, "a tensor that was read can be written")
    return writer.finish()
}

private func same(_ left: Tensor, _ right: Tensor) -> Bool {
    left.shape == right.shape
        && left.storage.withUnsafeBytes { left in
            right.storage.withUnsafeBytes { left.elementsEqual($0) }
        }
}

private func checkDescription(_ scanner: JSONScanner) {
    let words = scanner.valueDescription()
    promise(words.utf8.count < 16 * 1024, "descriptions are short")
    _ = scanner.typeName()
    _ = scanner.isBase64Object
}

/// Rows that a builder takes make the tensor that the reader makes of the list of them.
private func checkBuilder(_ scanner: JSONScanner, _ type: ElementType) {
    var place = scanner
    var builder = JSONTensorBuilder(type, options: .tensorFlowServing)
    do throws(ServingError) {
        guard try place.peekKind() == .array else { return }
        try place.beginArray()
        while try place.nextElement() { try builder.appendElement(from: &place) }
        guard builder.count > 0 else { return }
        let built = try builder.finish()
        var whole = scanner
        let read = try? reader(type).read(from: &whole)
        promise(read.map { same($0, built) } == true, "rows and list make one tensor")
    } catch {
        return
    }
}
