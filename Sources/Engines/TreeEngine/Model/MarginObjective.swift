/// What turns margins into predictions.
protocol MarginObjective: Sendable {
    associatedtype Scalar: ForestScalar

    /// Values that a row's prediction has, from so many margins.
    func width(of groups: Int) -> Int
    /// Writes the prediction for a row's margins.
    func apply(
        _ margins: UnsafePointer<Scalar>, _ groups: Int, to result: UnsafeMutablePointer<Scalar>)
}

extension XGBoostObjective: MarginObjective {}

extension LightGBMObjective: MarginObjective {
    func width(of groups: Int) -> Int { groups }
}
