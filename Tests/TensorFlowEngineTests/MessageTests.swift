import Testing

@testable import TensorFlowEngine

@Suite struct MessageTests {
    @Test(arguments: [
        (
            "assertion failed: [x is negative] [[{{node assert_positive/Assert}}]]",
            "assertion failed: [x is negative] (node 'assert_positive/Assert')"
        ),
        ("a\n\tb  c.", "a b c"), ("", "it gives no reason"),
        (
            "Unknown image file format.\n\t [[{{function_node f}}{{node Decode}}]]\n\nDetected at "
                + "node 'Decode' defined at (most recent call last):\n File 'x.py'",
            "Unknown image file format (node 'Decode')"
        ),
    ])
    func readsLikeASentence(raw: String, readable: String) {
        #expect(TensorFlowMessage.readable(raw) == readable)
    }

    @Test func namesTheOperatorThatIsUnknown() {
        let advice = TensorFlowMessage.advice(
            for: "Op type not registered 'CaseFoldUTF8' in binary running on host. Make sure",
            version: "2.21.0")
        #expect(advice?.contains("operator CaseFoldUTF8") == true)
    }

    @Test func staysShort() {
        let raw = String(repeating: "word {{node a}} ", count: 10_000)
        #expect(TensorFlowMessage.readable(raw).utf8.count < 800)
    }
}
