import ServingCore

/// All products of the numbers of a vector up to a degree, in Spark's order.
struct PolynomialExpansion: Stage {
    let inputs: [StageInput]
    let outputs: [String]
    private let degree: Int

    init(_ saved: SavedStage) throws(ServingError) {
        inputs = [StageInput(try saved.text("inputCol"), .vector(nil))]
        outputs = [try saved.text("outputCol", saved.uid + "__output")]
        degree = try saved.integer("degree", 2)
        guard (1...100).contains(degree) else { throw saved.invalid("its degree is \(degree)") }
    }

    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind] {
        guard let width = inputs[0].width else { return [.vector(nil)] }
        // The expansion calls itself once for each number.
        guard width <= 4096, let size = Self.size(width, degree) else {
            throw Damage.invalid("\(width) numbers to degree \(degree) are too many products")
        }
        return [.vector(size - 1)]
    }

    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel {
        var sizes: [Int] = []
        for count in 0...inputs[0].width {
            for degree in 0...degree { sizes.append(Self.size(count, degree) ?? 0) }
        }
        return PolynomialKernel(
            input: inputs[0], output: outputs[0], degree: degree, sizes: sizes)
    }

    /// (count + degree) over degree: how many products there are, 1 included.
    static func size(_ count: Int, _ degree: Int) -> Int? {
        var result = 1
        for step in 0..<degree {
            // Exact at every step: a product of neighbours over a factorial.
            result = result * (count + degree - (degree - 1 - step)) / (step + 1)
            if result > SavedStage.countMaximum { return nil }
        }
        return result
    }
}

struct PolynomialKernel: Kernel {
    let input: Slot
    let output: Slot
    let degree: Int
    /// Products of so many numbers to a degree; row after row.
    let sizes: [Int]

    func run(_ frame: Frame) throws(ServingError) {
        let target = frame.numbers[output.index]
        target.update(repeating: 0, count: frame.rows * output.width)
        for row in 0..<frame.rows {
            _ = expand(
                frame.numbers[input.index] + row * input.width, input.width, degree, 1,
                target + row * output.width, -1)
        }
    }

    /// Writes the products of the first `count` numbers, each times `factor`, from `place` on, and
    /// returns the place behind them. The very first, 1, is left out.
    private func expand(
        _ values: UnsafeMutablePointer<Double>, _ count: Int, _ degree: Int, _ factor: Double,
        _ target: UnsafeMutablePointer<Double>, _ place: Int
    ) -> Int {
        if factor == 0 {
            return place + sizes[count * (self.degree + 1) + degree]
        }
        if degree == 0 || count == 0 {
            if place >= 0 { target[place] = factor }
            return place + 1
        }
        var product = factor
        var start = place
        var power = 0
        while power <= degree, product != 0 {
            start = expand(values, count - 1, degree - power, product, target, start)
            power += 1
            product *= values[count - 1]
        }
        return place + sizes[count * (self.degree + 1) + degree]
    }
}
