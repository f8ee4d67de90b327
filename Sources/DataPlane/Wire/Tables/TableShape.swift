public import Inference
public import ServingCore
public import Tensors

/// The shape in which columns of a table fill an input.
public enum TableShape {
    /// One column: `[rows]`, `[rows, 1]`, or a scalar when there is one row.
    ///
    /// - Throws: `invalid_tensor` when the input takes none of these.
    public static func column(of target: TensorSpecification, rows: Int) throws(ServingError)
        -> Shape
    {
        for dimensions in [[rows], [rows, 1]] + (rows == 1 ? [[]] : []) {
            let shape = try Shape(dimensions)
            if target.accepts(shape) { return shape }
        }
        throw ServingError(
            .invalidTensor,
            "input '\(target.name)' has shape \(target.wireShape ?? []) (-1: any); a column of "
                + "\(rows) rows cannot fill it")
    }

    /// All columns: `[rows, columns]`, or the inner extents of the input if they have as many
    /// elements as there are columns; without one of the two when it is 1.
    ///
    /// - Throws: `invalid_tensor` when the input takes none of these.
    public static func rows(of target: TensorSpecification, rows: Int, columns: Int)
        throws(ServingError) -> Shape
    {
        var candidates = [[rows, columns]]
        if columns == 1 { candidates.append([rows]) }
        if rows == 1 { candidates.append([columns]) }
        // `[-1, 8, 8]` takes 64 columns.
        if let inner = target.wireShape?.dropFirst(), inner.count > 1, inner.allSatisfy({ $0 > 0 }),
            (try? Shape(Array(inner)))?.elementCount == columns
        {
            candidates.append([rows] + inner)
        }
        for dimensions in candidates {
            let shape = try Shape(dimensions)
            if target.accepts(shape) { return shape }
        }
        throw ServingError(
            .invalidTensor,
            "input '\(target.name)' has shape \(target.wireShape ?? []) (-1: any); \(rows) rows of "
                + "\(columns) columns cannot fill it")
    }
}
