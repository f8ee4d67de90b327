import EngineDocuments
import ServingCore
import Testing

@Suite struct YAMLTests {
    @Test(arguments: [
        ("", YAMLValue.null),
        ("# nothing\n\n", .null),
        ("~", .null),
        ("true", .boolean(true)),
        ("yes", .text("yes")),
        ("12", .integer(12)),
        ("-7", .integer(-7)),
        ("007", .text("007")),
        ("3.10", .number(3.1, written: "3.10")),
        ("1e3", .number(1000, written: "1e3")),
        ("3.11.7", .text("3.11.7")),
        ("2026-11-21", .text("2026-11-21")),
        ("99999999999999999999", .number(1e20, written: "99999999999999999999")),
        (".inf", .number(.infinity, written: ".inf")),
        ("'12'", .text("12")),
        ("'it''s'", .text("it's")),
        (#""a\tb\u00e9\x41\n""#, .text("a\tb\u{e9}A\n")),
        ("plain text # comment", .text("plain text")),
        ("a#b", .text("a#b")),
        ("one\n two\n\n three", .text("one two\nthree")),
        ("'one\n  two\n\n  three'", .text("one two\nthree")),
        ("\"one \\\n   two\"", .text("one two")),
        ("---\na", .text("a")),
        ("a\n...\n", .text("a")),
        ("http://x:80/y", .text("http://x:80/y")),
    ]) func readsScalars(text: String, value: YAMLValue) throws {
        #expect(try YAMLValue(yaml: Array(text.utf8)) == value)
    }

    @Test(arguments: [
        ("a: 1\nb:\n  c: x\n  d:\n", "{a: 1, b: {c: x, d: null}}"),
        ("a:\n- 1\n- 2\nb: 3", "{a: [1, 2], b: 3}"),
        ("a:\n  - 1\n  -\n    b: 2\n    c: 3\n  - - 4\n    - 5", "{a: [1, {b: 2, c: 3}, [4, 5]]}"),
        ("- a: 1\n  b: 2\n- c", "[{a: 1, b: 2}, c]"),
        ("a: [1, 'x', {b: 2}, ]\n", "[{a: 1}]"),
        ("a: {}\nb: []", "{a: {}, b: []}"),
        ("{\"a\":1,\n \"b\": [true,\n null]}", "{a: 1, b: [true, null]}"),
        ("a: |\n  x\n   y\n\nb: >-\n  p\n  q\n\n  r\n", "{a: \"x\\n y\\n\", b: \"p q\\nr\"}"),
        ("a: |+\n  x\n\nb: 1", "{a: \"x\\n\\n\", b: 1}"),
        ("'quoted key': 1\n\"b\" : 2", "{quoted key: 1, b: 2}"),
        ("a: # comment\n  b # comment\nc: d", "{a: b, c: d}"),
        ("a:\r\n  b: 1\r\nc: 2\r\n", "{a: {b: 1}, c: 2}"),
        ("- -r requirements.txt\n- pip<=23.2.1\n- pip:\n  - mlflow==3.17.2",
            "['-r requirements.txt', pip<=23.2.1, {pip: [mlflow==3.17.2]}]"),
    ]) func readsCollections(text: String, flow: String) throws {
        guard text != "a: [1, 'x', {b: 2}, ]\n" else {
            let found = try YAMLValue(yaml: Array(text.utf8))["a"]
            #expect(found?.sequence?.count == 3)
            #expect(found?.sequence?[2]["b"]?.integer == 2)
            return
        }
        #expect(try YAMLValue(yaml: Array(text.utf8)) == YAMLValue(yaml: Array(flow.utf8)))
    }

    @Test func keepsTheFilesOrder() throws {
        let value = try YAMLValue(yaml: Array("z: 1\na: 2\nm: 3".utf8))
        #expect(value.mapping?.map(\.key) == ["z", "a", "m"])
    }

    @Test(arguments: [
        ("a: 1\na: 2", "comes twice"), ("{a: 1, a: 2}", "comes twice"),
        ("a: &x 1", "anchors"), ("a: *x", "anchors"), ("<<: {}", "merge"),
        ("a: !!int 1", "tags"), ("? a\n: b", "complex keys"), ("%YAML 1.2\n---\na", "directives"),
        ("a: 1\n---\nb: 2", "second document"), ("a: 'x", "never closed"),
        ("a: [1, 2", "never closed"), ("a: {b: 1", "never closed"), ("a: b: c", "second ': '"),
        ("a: 1\n   b: 2", "second ': '"), ("a:\n    b: 1\n  c: 2", "indent"),
        ("\ta: 1", "tab"), ("a: \"\\q\"", "unknown escape"), ("a: \"\\ud800\"", "no character"),
        ("a: @x", "quotes"), ("a: 'x' y", "unexpected text"), ("[1, 2] x", "unexpected text"),
        ("a\nb: 1", "second ': '"), ("a: 1\nb", "expected"), ("[&a 1]", "anchors"),
        ("a: |9x\n  b", "next line"),
    ]) func refusesWhatItDoesNotKnow(text: String, words: String) {
        do throws(ServingError) {
            let value = try YAMLValue(yaml: Array(text.utf8))
            Issue.record("\(text) was read as \(value)")
        } catch {
            #expect(error.code == .modelInvalid)
            #expect(error.message.contains("YAML line"))
            #expect(error.message.contains(words), "\(error.message)")
        }
    }

    @Test func refusesDeepNestingAndOtherEncodings() {
        let deep = String(repeating: "[", count: 200)
        #expect(throws: ServingError.self) { try YAMLValue(yaml: Array(deep.utf8)) }
        let dashes = String(repeating: "- ", count: 200) + "x"
        #expect(throws: ServingError.self) { try YAMLValue(yaml: Array(dashes.utf8)) }
        #expect(throws: ServingError.self) { try YAMLValue(yaml: [0x61, 0x3A, 0x20, 0xFF]) }
    }

    @Test func namesTheLine() {
        do throws(ServingError) {
            _ = try YAMLValue(yaml: Array("a: 1\nb:\n  c: 'x\n".utf8), code: .configurationInvalid)
            Issue.record("it was read")
        } catch {
            #expect(error.code == .configurationInvalid)
            #expect(error.message.contains("line 3"), "\(error.message)")
        }
    }
}
