import Inference
import ServingCore
import Tensors

/// An input's type and shape as an owner writes them: `float32[-1, 64]`, or `[-1, 64]` for float32.
struct InputDeclaration: Hashable, Sendable {
    let name: String
    let elementType: ElementType
    /// The extents; -1 for those that may vary.
    let extents: [Int]

    /// Reads the text.
    ///
    /// - Throws: `configuration_invalid` with an example.
    init(_ name: String, _ text: String) throws(ServingError) {
        self.name = name
        let compact = text.filter { $0 != " " }
        guard let bracket = compact.firstIndex(of: "["), compact.hasSuffix("]") else {
            throw Self.wrong(name, text)
        }
        let typeName = compact[..<bracket]
        guard
            let type = typeName.isEmpty ? .float32 : MXNetElementType.named(String(typeName))
        else {
            let known = MXNetElementType.served.map(MXNetElementType.name).joined(separator: ", ")
            throw ServingError(
                .configurationInvalid,
                "option 'inputs': '\(name.clipped())' has type '\(typeName.clipped())'; it must "
                    + "be one of \(known)")
        }
        elementType = type
        let inside = compact[compact.index(after: bracket)...].dropLast()
        var extents: [Int] = []
        for part in inside.split(separator: ",", omittingEmptySubsequences: false) {
            guard let extent = Int(part), extent == -1 || (1...Int(Int32.max)).contains(extent)
            else { throw Self.wrong(name, text) }
            extents.append(extent)
        }
        guard (1...Limits.tensorRankMaximum).contains(extents.count) else {
            throw Self.wrong(name, text)
        }
        self.extents = extents
    }

    /// Declares float32 by what a file says; an extent of 0 or below varies.
    init(name: String, elementType: ElementType = .float32, extents: [Int]) {
        self.name = name
        self.elementType = elementType
        self.extents = extents.map { $0 > 0 ? $0 : -1 }
    }

    /// What the signature says; dimension 0 varies with the batch.
    var specification: TensorSpecification {
        TensorSpecification(
            name: name, elementType: elementType,
            dimensions: extents.enumerated().map { place, extent in
                extent > 0 ? .fixed(extent) : .dynamic(name: place == 0 ? "batch" : nil)
            })
    }

    private static func wrong(_ name: String, _ text: String) -> ServingError {
        ServingError(
            .configurationInvalid,
            "option 'inputs': '\(name.clipped())' is '\(text.clipped())'; it must be a type and a "
                + "shape, as float32[-1,3,224,224] (-1 may vary)")
    }
}
