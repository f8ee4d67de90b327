import CMXNet
import NativeLibrary
import ServingCore

/// The functions of the library that are called, found by their names.
struct MXNetFunctions {
    let lastError: MXGetLastErrorFunction
    let version: MXGetVersionFunction
    let operatorNames: MXListAllOpNamesFunction
    let setThreads: MXSetNumOMPThreadsFunction
    let setNumpyShapes: MXSetIsNumpyShapeFunction
    let create: MXPredCreateExFunction
    let createWithOutputs: MXPredCreatePartialOutFunction
    let reshape: MXPredReshapeFunction
    let free: MXPredFreeFunction
    let outputShape: MXPredGetOutputShapeFunction
    let outputType: MXPredGetOutputTypeFunction
    let setInput: MXPredSetInputFunction
    let forward: MXPredForwardFunction
    let step: MXPredPartialForwardFunction
    let output: MXPredGetOutputFunction

    /// - Throws: `library_missing` when one of them is not there: another library, or a version
    ///   before 1.6.
    init(_ library: NativeLibrary) throws(ServingError) {
        func find<Function>(_ name: String, as type: Function.Type) throws(ServingError) -> Function
        {
            unsafeBitCast(try library.symbol(name), to: type)
        }
        lastError = try find("MXGetLastError", as: MXGetLastErrorFunction.self)
        version = try find("MXGetVersion", as: MXGetVersionFunction.self)
        operatorNames = try find("MXListAllOpNames", as: MXListAllOpNamesFunction.self)
        setThreads = try find("MXSetNumOMPThreads", as: MXSetNumOMPThreadsFunction.self)
        setNumpyShapes = try find("MXSetIsNumpyShape", as: MXSetIsNumpyShapeFunction.self)
        create = try find("MXPredCreateEx", as: MXPredCreateExFunction.self)
        createWithOutputs = try find(
            "MXPredCreatePartialOut", as: MXPredCreatePartialOutFunction.self)
        reshape = try find("MXPredReshape", as: MXPredReshapeFunction.self)
        free = try find("MXPredFree", as: MXPredFreeFunction.self)
        outputShape = try find("MXPredGetOutputShape", as: MXPredGetOutputShapeFunction.self)
        outputType = try find("MXPredGetOutputType", as: MXPredGetOutputTypeFunction.self)
        setInput = try find("MXPredSetInput", as: MXPredSetInputFunction.self)
        forward = try find("MXPredForward", as: MXPredForwardFunction.self)
        step = try find("MXPredPartialForward", as: MXPredPartialForwardFunction.self)
        output = try find("MXPredGetOutput", as: MXPredGetOutputFunction.self)
    }
}
