@testable import ONNXEngine
import Testing

@Suite struct ONNXMessageTests {
    @Test(arguments: [
        (
            "Non-zero status code returned while running ConstantOfShape node. Name:'' Status "
                + "Message: /onnxruntime_src/onnxruntime/core/framework/op_kernel.cc:87 virtual "
                + "OrtValue* onnxruntime::OpKernelContext::OutputMLValue(int, const "
                + "onnxruntime::TensorShape&) [ONNXRuntimeError] : 1 : FAIL : tensor.cc:57 "
                + "CalculateTensorStorageSize Tensor shape.Size() must be >= 0\n",
            "a ConstantOfShape node: Tensor shape.Size() must be >= 0"
        ),
        (
            "Non-zero status code returned while running Div node. Name:'half' Status Message: "
                + "/src/a/b.h:563 void x::Init(ptrdiff_t, ptrdiff_t) a == 1 || b was false. Words 2",
            "node 'half' (Div): Words 2"
        ),
        (
            "Got invalid dimensions for input: x for the following indices\n index: 1 Got: 5 "
                + "Expected: 4\n Please fix either the inputs/outputs or the model.",
            "Got invalid dimensions for input: x for the following indices index: 1 Got: 5 "
                + "Expected: 4"
        ),
        (
            "/src/core/x.cc:1 T ns::f(T) const [with T = float] it broke", "it broke"
        ),
        ("/src/core/x.cc:1 void ns::f( it never closes", "it gives no reason"),
        ("", "it gives no reason"), ("x.cc:", "x.cc:"), ("a.h:12", "a.h:12"),
        ("[ONNXRuntimeError] : 1 : FAIL : ", "it gives no reason"),
    ])
    func isReadable(raw: String, wanted: String) {
        #expect(ONNXMessage.readable(raw) == wanted)
    }
}
