import Tensors

/// The outputs that a run asks the library for: each once, even when a request names one twice.
struct WantedOutputs {
    /// Positions in the signature, without repetition.
    let distinct: [Int]
    /// For each output wanted, its place among the distinct ones; nil when they are the same.
    private let places: [Int]?

    /// Takes positions in the order wanted.
    init(_ indices: [Int]) {
        // The usual request asks for all or for some in order: then there is nothing to find.
        if zip(indices, indices.dropFirst()).allSatisfy({ $0 < $1 }) {
            (distinct, places) = (indices, nil)
            return
        }
        var placeOfIndex: [Int: Int] = [:]
        var distinct: [Int] = []
        places = indices.map { index in
            if let place = placeOfIndex[index] { return place }
            placeOfIndex[index] = distinct.count
            distinct.append(index)
            return distinct.count - 1
        }
        self.distinct = distinct
    }

    /// The tensors of the distinct outputs, in the order wanted.
    func inOrder(_ tensors: [Tensor]) -> [Tensor] {
        guard let places else { return tensors }
        return places.map { tensors[$0] }
    }
}
