import ServingCore
import Testing

@Test(arguments: [
    (0, "0.0 MiB", "0.0 MiB", "0 MiB"),
    (-1, "0.0 MiB", "0.0 MiB", "0 MiB"),
    (1, "0.0 MiB", "0.1 MiB", "0 MiB"),
    (1 << 20, "1.0 MiB", "1.0 MiB", "1 MiB"),
    ((1 << 20) - 1, "0.9 MiB", "1.0 MiB", "1 MiB"),
    (3 << 19, "1.5 MiB", "1.5 MiB", "2 MiB"),
    (3 << 29, "1536.0 MiB", "1536.0 MiB", "1.5 GiB"),
    (Int.max, "8796093022207.9 MiB", "8796093022208.0 MiB", "8589934592.0 GiB"),
])
func saysHowManyBytes(bytes: Int, available: String, needed: String, short: String) {
    let count = ByteCount(bytes)
    #expect(count.availableMebibytes == available)
    #expect(count.neededMebibytes == needed)
    #expect(count.description == short)
}
