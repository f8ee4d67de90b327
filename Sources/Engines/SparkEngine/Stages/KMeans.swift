import ServingCore

/// The nearest of the centres that were learnt.
struct KMeans: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let centres: [Double]
    private let width: Int
    private let isCosine: Bool

    init(_ saved: SavedStage) throws(ServingError) {
        let measure = try saved.text("distanceMeasure", "euclidean")
        guard ["euclidean", "cosine"].contains(measure) else {
            throw saved.invalid("its distanceMeasure is '\(measure.clipped())'")
        }
        isCosine = measure == "cosine"
        let data = try saved.data()
        let numbers = try data.integers("clusterIdx")
        let vectors = try data.vectors("clusterCenter")
        width = vectors.first?.count ?? 0
        guard !vectors.isEmpty, vectors.allSatisfy({ [width] in $0.count == width }),
            numbers.compactMap(\.self).sorted() == Array(vectors.indices)
        else { throw saved.invalid("its centres contradict each other") }
        // The file may list them in any order.
        let order = vectors.indices.sorted { numbers[$0] ?? 0 < numbers[$1] ?? 0 }
        let isCosine = isCosine
        centres = order.flatMap { Self.scaled(vectors[$0], isCosine) }
        inputs = [StageInput(try saved.text("featuresCol", "features"), .vector(width))]
        outputs = [try saved.text("predictionCol", "prediction")]
    }

    private static func scaled(_ centre: [Double], _ isCosine: Bool) -> [Double] {
        let length = centre.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return isCosine && length > 0 ? centre.map { $0 / length } : centre
    }

    var isModel: Bool { true }
    var makesWholeNumbers: Bool { true }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        try require(inputs[0], width: width)
        return [.number]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        KMeansKernel(input: inputs[0], output: outputs[0], centres: centres, isCosine: isCosine)
    }
}

struct KMeansKernel: Kernel {
    let input: Slot
    let output: Slot
    let centres: [Double]
    let isCosine: Bool

    func run(_ frame: Frame) throws(ServingError) {
        let width = input.width
        for row in 0..<frame.rows {
            let values = frame.numbers[input.index] + row * width
            if isCosine, (0..<width).allSatisfy({ values[$0] == 0 }) {
                throw ServingError(
                    .invalidTensor,
                    "a vector of zeros has no direction, by which this model "
                        + "compares (distanceMeasure is cosine)")
            }
            frame.numbers[output.index][row] = Double(nearest(values, width))
        }
    }

    private func nearest(_ values: UnsafeMutablePointer<Double>, _ width: Int) -> Int {
        var best = 0
        var least = Double.infinity
        centres.withUnsafeBufferPointer { centres in
            var start = 0
            var number = 0
            while start + width <= centres.count, width > 0 {
                var distance = 0.0
                for index in 0..<width {
                    if isCosine {
                        distance -= values[index] * centres[start + index]
                    } else {
                        let difference = values[index] - centres[start + index]
                        distance += difference * difference
                    }
                }
                if distance < least { (least, best) = (distance, number) }
                start += width
                number += 1
            }
        }
        return best
    }
}
