import Models
import ServingCore
import Testing

@testable import Slipway

struct ConfigurationDifferenceTests {
    private func read(_ yaml: String) throws -> Configuration {
        try Configuration.reading(Array(yaml.utf8), baseDirectory: "/srv").get()
    }

    @Test func sayWhatChanged() throws {
        let old = try read(
            """
            models:
              - { name: a, source: /a }
              - { name: gone, source: /gone, versions: all }
              - { name: same, source: /same }
            """)
        let new = try read(
            """
            limits: { body: 1MiB }
            log: { level: debug }
            models:
              - { name: same, source: /same }
              - { name: a, source: /a, versions: [1], labels: { x: 1 }, batching: off }
              - { name: new, source: /new }
            """)
        let difference = ConfigurationDifference(from: old, to: new)
        #expect(
            difference.lines == [
                "limits.body: 100MiB -> 1MiB (needs a restart; not applied)",
                "log.level: info -> debug",
                "models.a.versions: { latest: 1 } -> [1]",
                "models.a.labels: {} -> { x: 1 }",
                "models.a.batching.rows: 64 -> 1",
                "models.new: added { source: /new, versions: { latest: 1 } }",
                "models.gone: removed { source: /gone, versions: all }",
            ])
        #expect(difference.needsRestart)
    }

    @Test func theOrderOfModelsIsNoDifference() throws {
        let old = try read("models: [{ name: a, source: /a }, { name: b, source: /b }]")
        let new = try read("models: [{ name: b, source: /b }, { name: a, source: /a }]")
        #expect(ConfigurationDifference(from: old, to: new).isEmpty)
    }

    @Test func aReloadKeepsWhatNeedsARestart() throws {
        let old = try read("listen: { rest: 1 }\ncpus: 2\nlog: { format: json }\nmodels: []")
        let new = try read(
            "listen: { rest: 3 }\ncpus: 4\nlog: { level: error }\nmodels: [{ name: a, source: /a }]"
        )
        let applied = old.reloading(new)
        var expected = old
        expected.log.level = .error
        expected.models = new.models
        #expect(applied == expected)
        #expect(!ConfigurationDifference(from: applied, to: new).lines.isEmpty)
    }
}

struct QuantitiesTests {
    @Test(arguments: [
        ("0", 0), ("12", 12), ("12B", 12), ("1KiB", 1024), ("1.5KiB", 1536), ("1kB", 1000),
        ("1KB", 1000), ("100MiB", 100 << 20), ("4GiB", 4 << 30), ("1GB", 1_000_000_000),
        ("2TiB", 2 << 40), ("3TB", 3_000_000_000_000), ("0.5MB", 500_000),
    ])
    func readsSizes(_ text: String, _ bytes: Int) {
        #expect(Quantities.bytes(text) == bytes)
    }

    @Test(arguments: [
        "", "MiB", "-1", "1 MiB", "1mib", "1.5", ".5KiB", "1.KiB", "1.5.5KiB", "0x10", "1e3", "٣",
        "8388608TiB", "99999999999999999999", "1.0000000001GiB", "+1", "01",
    ])
    func refusesOtherSizes(_ text: String) {
        #expect(Quantities.bytes(text) == nil)
    }

    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("1.5s", .milliseconds(1500)),
        ("5m", .seconds(300)), ("2h", .seconds(7200)), ("0s", .zero), ("0.5ms", .microseconds(500)),
        ("0.000000001s", .nanoseconds(1)),
    ])
    func readsDurations(_ text: String, _ duration: Duration) {
        #expect(Quantities.duration(text) == duration)
        #expect(Quantities.duration(Quantities.text(duration)) == duration)
    }

    @Test(arguments: ["", "30", "s", "-1s", "1 s", "1d", "99999999999h", "1.5", "1us"])
    func refusesOtherDurations(_ text: String) {
        #expect(Quantities.duration(text) == nil)
    }
}
