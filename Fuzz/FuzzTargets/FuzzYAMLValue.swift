import EngineDocuments
import ServingCore

/// Takes the YAML of a model file.
///
/// Reading ends, never traps, and errors name a line and repeat little.
public func fuzzYAMLValue(_ bytes: UnsafeRawBufferPointer) {
    do throws(ServingError) {
        let value = try YAMLValue(yaml: Array(bytes))
        promise(depth(of: value) <= Limits.jsonDepthMaximum, "nesting is limited")
    } catch {
        promise(error.message.utf8.count < 1 << 10, "an error clips what the file says")
    }
}

private func depth(of value: YAMLValue) -> Int {
    switch value {
    case .sequence(let items): 1 + (items.map(depth).max() ?? 0)
    case .mapping(let members): 1 + (members.map { depth(of: $0.value) }.max() ?? 0)
    default: 0
    }
}
