import FuzzTargets

// SwiftPM links an executable's `main` to this name; libFuzzer's driver does the rest.
@_cdecl("json_document_main")
public func main(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments) { start, count in
        fuzzJSONDocument(UnsafeRawBufferPointer(start: start, count: count))
        return 0
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ target: @convention(c) (UnsafeRawPointer?, Int) -> CInt
) -> CInt
