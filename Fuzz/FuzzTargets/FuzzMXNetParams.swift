import MXNetEngine
import ServingCore

/// Reads any bytes as MXNet's parameter file and as a network in JSON.
///
/// What is accepted must lie within the bytes and refer only to what comes before: the library
/// believes it.
public func fuzzMXNetParams(_ bytes: UnsafeRawBufferPointer) {
    do throws(ServingError) {
        var end = 0
        for array in try ParameterFile(bytes).arrays {
            promise(array.bytes.lowerBound >= end, "arrays follow each other")
            promise(array.bytes.upperBound <= bytes.count, "elements lie within the file")
            let count = array.dimensions.reduce(1, *)
            promise(
                array.bytes.count == 0 ? count == 0 : array.bytes.count % max(1, count) == 0,
                "elements fill the shape")
            end = array.bytes.upperBound
        }
    } catch {
        promise(!error.message.isEmpty, "an error says what happened")
    }
    do throws(ServingError) {
        let graph = try SymbolGraph(bytes)
        for (index, node) in graph.nodes.enumerated() {
            promise(node.inputs.allSatisfy { $0.node < index }, "a node reads what comes before it")
        }
        promise(graph.heads.allSatisfy { $0.node < graph.nodes.count }, "outputs are nodes")
    } catch {
        promise(!error.message.isEmpty, "an error says what happened")
    }
}
