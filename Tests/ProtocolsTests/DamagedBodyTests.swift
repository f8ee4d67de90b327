import Listener
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Protocols

/// A body that was cut or changed on its way is answered or refused as the client's fault; never as
/// the server's, never not at all.
@Suite struct DamagedBodyTests {
    private static let rows = "/v1/models/pair:predict"
    private static let infer = "/v2/models/pair/infer"

    private static let good: [(target: String, body: String, length: Int?)] = [
        (
            rows,
            #"{"signature_name":"","instances":[{"a":-7,"b":"h\u00e9"},{"b":{"b64":"aMOp"},"a":0}]}"#,
            nil
        ),
        (rows, #"{"inputs":{"a":[1,2],"b":["x","\n"]},"z":[true,null,1.5e3]}"#, nil),
        ("/v1/models/grid:predict", #"{"instances":[[1.25,-2e3],[NaN,Infinity]]}"#, nil),
        (
            infer,
            #"{"id":"i","inputs":[{"name":"a","shape":[2],"datatype":"INT32","data":[1,2]},"#
                + #"{"name":"b","shape":[2],"datatype":"BYTES","data":["x","y"]}],"#
                + #""outputs":[{"name":"a","parameters":{"binary_data":true}}],"#
                + #""parameters":{"timeout":5000000,"binary_data_output":false}}"#, nil
        ),
        (
            infer,
            #"{"inputs":[{"name":"a","shape":[1],"datatype":"INT32","parameters":{"binary_data_size":4}},"#
                + #"{"name":"b","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":5}}]}"#
                + "\u{7}\0\0\0\u{1}\0\0\0x", 172
        ),
    ]

    @Test(arguments: good.indices)
    func aGoodBodyIsAnsweredToBeginWith(index: Int) throws {
        let (target, body, length) = Self.good[index]
        let response = try Self.send(try TestServer(), target, Array(body.utf8), length)
        #expect(response.status == .ok, "\(response.text)")
    }

    @Test(arguments: good.indices)
    func aBodyThatIsCutIsTheClientsFault(index: Int) throws {
        let server = try TestServer()
        let (target, body, length) = Self.good[index]
        let bytes = Array(body.utf8)
        for count in bytes.indices {
            let response = try Self.send(server, target, Array(bytes[..<count]), length)
            #expect(response.status.code == 400, "cut to \(count): \(response.text)")
        }
    }

    @Test(arguments: good.indices)
    func aBodyWithAWrongByteIsAnsweredOrRefused(index: Int) throws {
        let server = try TestServer()
        let (target, body, length) = Self.good[index]
        for wrong in Array("\"{}[],:0-.e\\u\0".utf8) + [0x80, 0xFF] {
            var bytes = Array(body.utf8)
            for position in bytes.indices {
                let right = bytes[position]
                bytes[position] = wrong
                let response = try Self.send(server, target, bytes, length)
                #expect(
                    response.status.code < 500,
                    "\(wrong) at \(position): \(response.status) \(response.text)")
                bytes[position] = right
            }
        }
        #expect(server.service.leases == 0)
    }

    private static func send(
        _ server: TestServer, _ target: String, _ body: [UInt8], _ length: Int?
    ) throws -> HTTPResponse {
        var headers = HTTPHeaders()
        if let length { headers.add(name: OpenInferencePredict.lengthHeader, value: "\(length)") }
        return try server.send(
            HTTPRequest(
                method: .POST, target: target, headers: headers, body: ByteBuffer(bytes: body)))
    }
}
