/// How long the series of versions that are gone stay on the page, so that it cannot grow for ever.
public struct SeriesRetention: Hashable, Sendable {
    /// A version's series go this long after it ended: time for a few more scrapes.
    public var age: Duration
    /// Of more ended versions of one model than this, the longest ended go at once.
    public var endedVersionsMaximum: Int
    /// Of more models without any version left than this, the longest unchanged go.
    public var idleModelsMaximum: Int

    /// Chooses.
    public init(age: Duration, endedVersionsMaximum: Int, idleModelsMaximum: Int) {
        self.age = age
        self.endedVersionsMaximum = endedVersionsMaximum
        self.idleModelsMaximum = idleModelsMaximum
    }

    /// Ten minutes, 100 versions a model, 1000 models.
    public static let standard = SeriesRetention(
        age: .seconds(600), endedVersionsMaximum: 100, idleModelsMaximum: 1000)
}
