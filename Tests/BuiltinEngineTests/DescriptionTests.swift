@testable import BuiltinEngine
import EngineInterface
import ServingCore
import Tensors
import Testing

@Suite struct DescriptionTests {
    @Test func readsEveryKey() throws {
        let text = """
            # a slow pair
            kind: delay
            type: FP32, BYTES   # two inputs
            shape: [-1, 64]
            delay: 50ms
            delay_per_row: 250us
            load_delay: 2s
            fail: every:3
            batch: off
            concurrency: 4
            """
        let description = try BuiltinDescription(text)
        #expect(description.kind == .delay)
        #expect(description.types == [.float32, .bytes])
        #expect(description.shape == [-1, 64])
        #expect(description.delay == .milliseconds(50))
        #expect(description.delayPerRow == .microseconds(250))
        #expect(description.loadDelay == .seconds(2))
        #expect(description.failure == .every(3))
        #expect(description.batches == false)
        #expect(description.concurrency == 4)
    }

    @Test(arguments: [
        ("", "'kind: …' is missing"), ("type: FP32", "'kind: …' is missing"),
        ("kind: identiy", "line 1: there is no kind 'identiy'; did you mean 'identity'?"),
        ("kind: identity\ndlay: 5ms", "line 2: there is no key 'dlay'; did you mean 'delay'?"),
        ("kind: identity\nkind: identity", "line 2: 'kind' is given twice"),
        ("kind identity", "not of the form 'key: value'"),
        ("kind: identity\ntype: FP3", "did you mean 'FP32'?"),
        ("kind: identity\ntype:", "1 to 1024"),
        ("kind: identity\nshape: 64", "written [-1, 64]"),
        ("kind: identity\nshape: [-2]", "no integer from -1"),
        ("kind: identity\ndelay: 5", "no duration"), ("kind: identity\ndelay: -5ms", "no duration"),
        ("kind: identity\ndelay: 3601s", "no duration"),
        ("kind: identity\ndelay: 99999999999999999999s", "no duration"),
        ("kind: identity\ndelay: 9223372036854775807s", "no duration"),
        ("kind: identity\nfail: sometimes", "'fail' is one of"),
        ("kind: identity\nfail: every:0", "'fail' is one of"),
        ("kind: identity\nbatch: yes", "on or off"),
        ("kind: identity\nconcurrency: 0", "no integer from 1"),
        ("kind: identity\nbatch: on\nshape: [4]", "begins with -1"),
        ("kind: delay", "needs 'delay"), ("kind: faulty", "needs 'fail:'"),
        ("kind: half_plus_two\ntype: INT64", "FP32 or FP64"),
    ])
    func saysWhatIsWrongAndWhere(text: String, words: String) {
        let error = #expect(throws: ServingError.self) { _ = try BuiltinDescription(text) }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func refusesAFileThatIsTooLong() throws {
        let folder = try DescriptionFolder()
        let comment = "#" + String(repeating: "x", count: DescriptionFile.byteCountMaximum)
        let source = try folder.source(comment)
        #expect(throws: ServingError.self) { _ = try DescriptionFile.read(source.entryPath) }
    }
}
