import Inference
import ServingCore
import Tensors
import Wire

/// The column format: `inputs` is the only input's tensor, or an object with a tensor for each input.
enum TensorFlowServingColumns {
    /// Reads the tensors; names that the signature does not know are passed over.
    ///
    /// - Throws: `invalid_tensor` in TensorFlow Serving's words.
    static func read(_ scanner: inout JSONScanner, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        if try scanner.peekKind() == .object && !scanner.isBase64Object {
            return try readObject(&scanner, signature)
        }
        guard let only = signature.inputs.first, signature.inputs.count == 1 else {
            throw ServingError(
                .invalidTensor,
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                    + "required as per tensorinfo_map")
        }
        let reader = JSONTensorReader(only.elementType, options: .tensorFlowServing)
        return [NamedTensor(only.name, try reader.read(from: &scanner))]
    }

    private static func readObject(_ scanner: inout JSONScanner, _ signature: ModelSignature)
        throws(ServingError) -> [NamedTensor]
    {
        var tensors = [NamedTensor?](repeating: nil, count: signature.inputs.count)
        try scanner.beginObject()
        while let key = try scanner.nextKey() {
            // Of a name given twice the first counts, as in TensorFlow Serving.
            guard let index = signature.inputs.firstIndex(where: { key.equals($0.name) }),
                tensors[index] == nil
            else {
                try scanner.skipValue()
                continue
            }
            let input = signature.inputs[index]
            let reader = JSONTensorReader(input.elementType, options: .tensorFlowServing)
            tensors[index] = NamedTensor(input.name, try reader.read(from: &scanner))
        }
        if let missing = tensors.firstIndex(where: { $0 == nil }) {
            throw ServingError(
                .invalidTensor,
                "Missing named input: \(signature.inputs[missing].name) in 'inputs' object.")
        }
        return tensors.compactMap { $0 }
    }
}
