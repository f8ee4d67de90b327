import Listener
import NIOHTTP1
import ServingCore
import Testing

@testable import Protocols

@Suite struct StatusTableTests {
    @Test(arguments: ErrorCode.allCodes)
    func everyCodeHasAnEntryInEachTable(code: ErrorCode) {
        #expect(TensorFlowServingStatus.table[code] != nil, "\(code) has no TensorFlow status")
        #expect(OpenInferenceStatus.table[code] != nil, "\(code) has no v2 status")
        #expect(InvocationsStatus.table[code] != nil, "\(code) has no MLflow status")
        #expect(OpenInferenceGRPCStatus.table[code] != nil, "\(code) has no v2 gRPC status")
    }

    @Test(arguments: OpenInferenceCompatibility.allCases)
    func noErrorIsAStatusOfSuccessOverGRPC(compatibility: OpenInferenceCompatibility) {
        for code in ErrorCode.allCodes {
            #expect(OpenInferenceGRPCStatus.code(code, compatibility) != .ok)
        }
    }

    @Test func followsTritonAndMLServerWhereTheirStatusesDiffer() {
        let codes = OpenInferenceCompatibility.allCases.map {
            OpenInferenceGRPCStatus.code(.modelNotReady, $0)
        }
        #expect(codes == [.unavailable, .unavailable, .invalidArgument])
        #expect(OpenInferenceGRPCStatus.code(.deadlineExceeded, .kserve) == .deadlineExceeded)
        #expect(OpenInferenceGRPCStatus.code(.deadlineExceeded, .triton) == .unavailable)
    }

    @Test(arguments: ErrorCode.allCodes)
    func noErrorLooksLikeSuccess(code: ErrorCode) {
        #expect(TensorFlowServingStatus.of(code).http.code >= 400)
        #expect(TensorFlowServingStatus.of(code).canonical != .ok)
        #expect(OpenInferenceStatus.of(code).code >= 400)
        #expect(InvocationsStatus.of(code).http.code >= 400)
    }

    @Test(arguments: [
        (ErrorCode.labelNotFound, 400, 404), (.modelNotFound, 404, 404), (.overloaded, 429, 503),
        (.modelNotReady, 503, 503), (.deadlineExceeded, 504, 504), (.cancelled, 499, 499),
        (.methodNotAllowed, 400, 405), (.unsupported, 501, 501), (.engineFailed, 500, 500),
        (.workerFailed, 503, 503),
    ])
    func followsEachProtocolWhereTheyDiffer(code: ErrorCode, v1: Int, v2: Int) {
        #expect(Int(TensorFlowServingStatus.of(code).http.code) == v1)
        #expect(Int(OpenInferenceStatus.of(code).code) == v2)
    }

    @Test(arguments: ErrorCode.allCodes)
    func noErrorEndsACallWell(code: ErrorCode) {
        #expect(TensorFlowServingGRPCStatus.of(ServingError(code, "x")).code != .ok)
    }

    @Test(arguments: [
        (ErrorCode.signatureNotFound, GRPCStatus.Code.failedPrecondition),
        (.labelNotFound, .invalidArgument), (.modelNotFound, .notFound),
        (.invalidTensor, .invalidArgument), (.overloaded, .resourceExhausted),
        (.deadlineExceeded, .deadlineExceeded), (.cancelled, .cancelled),
        (.requestTooLarge, .resourceExhausted), (.unsupported, .unimplemented),
        (.modelInvalid, .dataLoss), (.shuttingDown, .unavailable),
        (.workerFailed, .unavailable),
    ])
    func endsCallsOfTensorFlowServingWithItsCodes(code: ErrorCode, expected: GRPCStatus.Code) {
        #expect(TensorFlowServingGRPCStatus.of(ServingError(code, "x")).code == expected)
    }

    @Test(arguments: [
        (ErrorCode.overloaded, Duration?.none, String?.some("1")),
        (.overloaded, Duration.milliseconds(1500), "2"),
        (.modelNotReady, .seconds(3), "3"), (.shuttingDown, .zero, "1"),
        (.deadlineExceeded, .seconds(3), nil), (.invalidRequest, nil, nil),
    ])
    func saysWhenToComeBackInWholeSeconds(code: ErrorCode, pause: Duration?, expected: String?) {
        var headers = HTTPHeaders()
        RetryAfter.add(for: ServingError(code, "x", retryAfter: pause), to: &headers)
        #expect(headers.first(name: "retry-after") == expected)
    }
}
