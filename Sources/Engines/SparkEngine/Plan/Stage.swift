import ServingCore

/// A column that a stage reads.
struct StageInput: Hashable, Sendable {
    let name: String
    let wish: ColumnWish

    init(_ name: String, _ wish: ColumnWish) {
        self.name = name
        self.wish = wish
    }
}

/// One stage of a pipeline with everything that it learnt, ready to be laid over columns.
protocol Stage: Sendable {
    /// The columns that it reads, in the order in which `kinds` and `kernel` get them.
    var inputs: [StageInput] { get }
    /// The columns that it makes; an empty name is of a column that is switched off.
    var outputs: [String] { get }
    /// Whether its outputs are answers: predictions and not preparations.
    var isModel: Bool { get }
    /// Whether its inputs may be sparse vectors.
    var takesSparse: Bool { get }
    /// Whether its outputs are whole numbers, which answers hold as INT32.
    var makesWholeNumbers: Bool { get }

    /// What its outputs hold when its inputs hold this.
    ///
    /// - Throws: `model_invalid` when they do not fit.
    func kinds(of inputs: [ColumnKind]) throws(ServingError) -> [ColumnKind]

    /// What computes it, between columns whose widths are all known.
    func kernel(_ inputs: [Slot], _ outputs: [Slot]) throws(ServingError) -> any Kernel
}

extension Stage {
    var isModel: Bool { false }
    var takesSparse: Bool { false }
    var makesWholeNumbers: Bool { false }

    /// Checks that a column has so many numbers in a row, if that is known.
    func require(_ kind: ColumnKind, width: Int) throws(ServingError) {
        guard let found = kind.width, found != width else { return }
        throw Damage.invalid(
            "column '\(inputs.first?.name ?? "")' has \(found) numbers where its stage learnt from "
                + "\(width)")
    }
}

/// The work of one stage on the rows of a frame.
protocol Kernel: Sendable {
    /// Computes the outputs of all rows.
    ///
    /// - Throws: `invalid_tensor` for a row that the stage refuses.
    func run(_ frame: Frame) throws(ServingError)
}
