import CTensorFlow
import EngineInterface
import NativeLibrary
import ServingCore
import Synchronization

/// The opened library: the functions that are called, by name.
///
/// `@unchecked Sendable`: functions and texts are set once; TensorFlow's C interface may be called
/// from any thread, and each object is used as its documentation allows.
final class TensorFlowLibrary: @unchecked Sendable {
    /// The library as it is installed.
    static let specification = LibrarySpecification(
        engine: "tensorflow", version: "2.21.0",
        fileNames: ["libtensorflow_cc.so.2", "libtensorflow.so.2"],
        installCommand: "slipway engines install tensorflow")
    /// The oldest version that will do: strings lie in memory as they do since then.
    private static let oldest = (major: 2, minor: 4)

    private static let opened = Mutex<[String: TensorFlowLibrary]>([:])

    /// The library's version: `2.21.0`.
    let version: String
    /// The file that was opened.
    let path: String
    let newStatus: TFNewStatus
    let deleteStatus: TFDeleteStatus
    let getCode: TFGetCode
    let message: TFMessage
    let newSessionOptions: TFNewSessionOptions
    let setConfig: TFSetConfig
    let deleteSessionOptions: TFDeleteSessionOptions
    let newGraph: TFNewGraph
    let deleteGraph: TFDeleteGraph
    let operationByName: TFGraphOperationByName
    let outputCount: TFOperationNumOutputs
    let outputType: TFOperationOutputType
    let loadSession: TFLoadSessionFromSavedModel
    let closeSession: TFCloseSession
    let deleteSession: TFDeleteSession
    let run: TFSessionRun
    let newTensor: TFNewTensor
    let deleteTensor: TFDeleteTensor
    let tensorType: TFTensorType
    let rank: TFNumDims
    let extent: TFDim
    let byteSize: TFTensorByteSize
    let data: TFTensorData
    let stringInit: TFStringInit
    let stringCopy: TFStringCopy
    let stringStart: TFStringGetDataPointer
    let stringSize: TFStringGetSize
    let stringDealloc: TFStringDealloc

    /// Opens the library, once for all engines of this process.
    ///
    /// `libtensorflow_framework.so.2` is found beside it by the dynamic linker.
    ///
    /// - Throws: `library_missing`.
    static func shared(_ environment: EngineEnvironment) throws(ServingError) -> TensorFlowLibrary {
        let search = LibrarySearch.ofThisProcess(
            configuredDirectories: environment.libraryDirectories)
        let library = try NativeLibrary.open(specification, search)
        // Not `withLock` with a throwing body alone: the typed error has to come through as it is.
        let result = opened.withLock { opened -> Result<TensorFlowLibrary, ServingError> in
            if let known = opened[library.path] { return .success(known) }
            do throws(ServingError) {
                let made = try TensorFlowLibrary(library)
                opened[library.path] = made
                return .success(made)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(_ library: NativeLibrary) throws(ServingError) {
        let symbols = Symbols(library: library)
        path = library.path
        version = String(cString: try symbols.find("TF_Version", as: TFVersion.self)())
        newStatus = try symbols.find("TF_NewStatus")
        deleteStatus = try symbols.find("TF_DeleteStatus")
        getCode = try symbols.find("TF_GetCode")
        message = try symbols.find("TF_Message")
        newSessionOptions = try symbols.find("TF_NewSessionOptions")
        setConfig = try symbols.find("TF_SetConfig")
        deleteSessionOptions = try symbols.find("TF_DeleteSessionOptions")
        newGraph = try symbols.find("TF_NewGraph")
        deleteGraph = try symbols.find("TF_DeleteGraph")
        operationByName = try symbols.find("TF_GraphOperationByName")
        outputCount = try symbols.find("TF_OperationNumOutputs")
        outputType = try symbols.find("TF_OperationOutputType")
        loadSession = try symbols.find("TF_LoadSessionFromSavedModel")
        closeSession = try symbols.find("TF_CloseSession")
        deleteSession = try symbols.find("TF_DeleteSession")
        run = try symbols.find("TF_SessionRun")
        newTensor = try symbols.find("TF_NewTensor")
        deleteTensor = try symbols.find("TF_DeleteTensor")
        tensorType = try symbols.find("TF_TensorType")
        rank = try symbols.find("TF_NumDims")
        extent = try symbols.find("TF_Dim")
        byteSize = try symbols.find("TF_TensorByteSize")
        data = try symbols.find("TF_TensorData")
        stringInit = try symbols.find("TF_StringInit")
        stringCopy = try symbols.find("TF_StringCopy")
        stringStart = try symbols.find("TF_StringGetDataPointer")
        stringSize = try symbols.find("TF_StringGetSize")
        stringDealloc = try symbols.find("TF_StringDealloc")
        let parts = version.split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        guard parts.count == 2, parts[0] == Self.oldest.major, parts[1] >= Self.oldest.minor else {
            throw library.unusable(
                "it is TensorFlow \(version.clipped()); a version from 2.4 up to the last 2.x will do")
        }
    }
}

/// Looks functions up by name.
private struct Symbols {
    let library: NativeLibrary

    /// - Precondition: `Function` is the C function pointer type of that function.
    func find<Function>(_ name: String, as type: Function.Type = Function.self)
        throws(ServingError) -> Function
    {
        unsafeBitCast(try library.symbol(name), to: type)
    }
}
