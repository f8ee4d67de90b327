// The part of ONNX Runtime's C interface that Slipway uses, so that it builds without the library.
//
// The interface is one table of function pointers whose order never changes: a later version only
// appends. Written from the published slot numbers (`onnxruntime_c_api.h`, API version 18 and
// later); slots that are not used are skipped, and CONNXRuntime.c checks the number of every slot
// that is. Functions return NULL for success, else a status that the caller releases. Enumerations
// are `int32_t` here; their values have names in Sources/Engines/ONNXEngine.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct OrtEnv OrtEnv;
typedef struct OrtStatus OrtStatus;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtSession OrtSession;
typedef struct OrtValue OrtValue;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;
typedef struct OrtMapTypeInfo OrtMapTypeInfo;
typedef struct OrtSequenceTypeInfo OrtSequenceTypeInfo;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtThreadingOptions OrtThreadingOptions;
typedef struct OrtAllocator OrtAllocator;

/// Called with every log message at or above the severity asked for, on whatever thread logs.
typedef void (*OrtLoggingFunction)(
    void *_Nullable parameter, int32_t severity, const char *_Nullable category,
    const char *_Nullable log_id, const char *_Nullable location, const char *_Nullable message);

/// NULL for success. What a function gives back stands last among its parameters.
#define ORT_STATUS OrtStatus *_Nullable
/// A function of the table; each is there in every library that has the version asked for.
#define ORT_CALL(name) (*_Nonnull name)
/// A place for the pointer that a function gives back.
#define ORT_OUT *_Nullable *_Nonnull
/// An array of pointers that a function reads.
#define ORT_LIST *_Nullable const *_Nonnull
/// Table entries `first` to `last` that Slipway does not call.
#define ORT_SKIP(first, last) const void *_Nullable skip_##first[(last) - (first) + 1]

typedef struct OrtApi {
    ORT_SKIP(0, 0);
    // 1: errors
    int32_t ORT_CALL(GetErrorCode)(const OrtStatus *status);
    const char *_Nonnull ORT_CALL(GetErrorMessage)(const OrtStatus *status);
    ORT_SKIP(3, 7);
    // 8: sessions
    ORT_STATUS ORT_CALL(CreateSessionFromArray)(
        const OrtEnv *env, const void *model, size_t byte_count, const OrtSessionOptions *options,
        OrtSession ORT_OUT session);
    ORT_STATUS ORT_CALL(Run)(
        OrtSession *session, const OrtRunOptions *_Nullable options,
        const char ORT_LIST input_names, const OrtValue ORT_LIST inputs,
        size_t input_count, const char ORT_LIST output_names, size_t output_count,
        OrtValue ORT_OUT outputs);
    ORT_STATUS ORT_CALL(CreateSessionOptions)(OrtSessionOptions ORT_OUT options);
    ORT_SKIP(11, 12);
    ORT_STATUS ORT_CALL(SetSessionExecutionMode)(OrtSessionOptions *options, int32_t mode);
    ORT_SKIP(14, 15);
    ORT_STATUS ORT_CALL(EnableMemPattern)(OrtSessionOptions *options);
    ORT_STATUS ORT_CALL(DisableMemPattern)(OrtSessionOptions *options);
    ORT_STATUS ORT_CALL(EnableCpuMemArena)(OrtSessionOptions *options);
    ORT_STATUS ORT_CALL(DisableCpuMemArena)(OrtSessionOptions *options);
    ORT_SKIP(20, 21);
    ORT_STATUS ORT_CALL(SetSessionLogSeverityLevel)(OrtSessionOptions *options, int severity);
    ORT_STATUS ORT_CALL(SetSessionGraphOptimizationLevel)(
        OrtSessionOptions *options, int32_t level);
    ORT_STATUS ORT_CALL(SetIntraOpNumThreads)(OrtSessionOptions *options, int count);
    ORT_STATUS ORT_CALL(SetInterOpNumThreads)(OrtSessionOptions *options, int count);
    ORT_SKIP(26, 29);
    // 30: what a session takes and gives
    ORT_STATUS ORT_CALL(SessionGetInputCount)(const OrtSession *session, size_t *count);
    ORT_STATUS ORT_CALL(SessionGetOutputCount)(const OrtSession *session, size_t *count);
    ORT_SKIP(32, 32);
    ORT_STATUS ORT_CALL(SessionGetInputTypeInfo)(
        const OrtSession *session, size_t index, OrtTypeInfo ORT_OUT info);
    ORT_STATUS ORT_CALL(SessionGetOutputTypeInfo)(
        const OrtSession *session, size_t index, OrtTypeInfo ORT_OUT info);
    ORT_SKIP(35, 35);
    ORT_STATUS ORT_CALL(SessionGetInputName)(
        const OrtSession *session, size_t index, OrtAllocator *allocator, char ORT_OUT name);
    ORT_STATUS ORT_CALL(SessionGetOutputName)(
        const OrtSession *session, size_t index, OrtAllocator *allocator, char ORT_OUT name);
    ORT_SKIP(38, 38);
    // 39: options of one run
    ORT_STATUS ORT_CALL(CreateRunOptions)(OrtRunOptions ORT_OUT options);
    ORT_SKIP(40, 45);
    ORT_STATUS ORT_CALL(RunOptionsSetTerminate)(OrtRunOptions *options);
    ORT_STATUS ORT_CALL(RunOptionsUnsetTerminate)(OrtRunOptions *options);
    // 48: tensors
    ORT_STATUS ORT_CALL(CreateTensorAsOrtValue)(
        OrtAllocator *allocator, const int64_t *_Nullable shape, size_t rank, int32_t type,
        OrtValue ORT_OUT value);
    ORT_STATUS ORT_CALL(CreateTensorWithDataAsOrtValue)(
        const OrtMemoryInfo *info, void *_Nullable data, size_t byte_count,
        const int64_t *_Nullable shape, size_t rank, int32_t type, OrtValue ORT_OUT value);
    ORT_SKIP(50, 50);
    ORT_STATUS ORT_CALL(GetTensorMutableData)(OrtValue *value, void ORT_OUT data);
    ORT_SKIP(52, 52);
    ORT_STATUS ORT_CALL(GetStringTensorDataLength)(const OrtValue *value, size_t *byte_count);
    ORT_STATUS ORT_CALL(GetStringTensorContent)(
        const OrtValue *value, void *bytes, size_t byte_count, size_t *offsets,
        size_t offset_count);
    // 55: types
    ORT_STATUS ORT_CALL(CastTypeInfoToTensorInfo)(
        const OrtTypeInfo *info, const OrtTensorTypeAndShapeInfo ORT_OUT tensor);
    ORT_STATUS ORT_CALL(GetOnnxTypeFromTypeInfo)(const OrtTypeInfo *info, int32_t *type);
    ORT_SKIP(57, 59);
    ORT_STATUS ORT_CALL(GetTensorElementType)(const OrtTensorTypeAndShapeInfo *info, int32_t *type);
    ORT_STATUS ORT_CALL(GetDimensionsCount)(const OrtTensorTypeAndShapeInfo *info, size_t *rank);
    ORT_STATUS ORT_CALL(GetDimensions)(
        const OrtTensorTypeAndShapeInfo *info, int64_t *dimensions, size_t rank);
    ORT_STATUS ORT_CALL(GetSymbolicDimensions)(
        const OrtTensorTypeAndShapeInfo *info, const char ORT_OUT names, size_t rank);
    ORT_SKIP(64, 64);
    ORT_STATUS ORT_CALL(GetTensorTypeAndShape)(
        const OrtValue *value, OrtTensorTypeAndShapeInfo ORT_OUT info);
    ORT_SKIP(66, 66);
    ORT_STATUS ORT_CALL(GetValueType)(const OrtValue *value, int32_t *type);
    ORT_SKIP(68, 68);
    // 69: memory
    ORT_STATUS ORT_CALL(CreateCpuMemoryInfo)(
        int32_t allocator_type, int32_t memory_type, OrtMemoryInfo ORT_OUT info);
    ORT_SKIP(70, 75);
    ORT_STATUS ORT_CALL(AllocatorFree)(OrtAllocator *allocator, void *memory);
    ORT_SKIP(77, 77);
    ORT_STATUS ORT_CALL(GetAllocatorWithDefaultOptions)(OrtAllocator ORT_OUT allocator);
    ORT_SKIP(79, 79);
    // 80: sequences and maps
    ORT_STATUS ORT_CALL(GetValue)(
        const OrtValue *value, int index, OrtAllocator *allocator, OrtValue ORT_OUT element);
    ORT_STATUS ORT_CALL(GetValueCount)(const OrtValue *value, size_t *count);
    ORT_SKIP(82, 91);
    // 92: releasing; all take NULL
    void ORT_CALL(ReleaseEnv)(OrtEnv *_Nullable env);
    void ORT_CALL(ReleaseStatus)(OrtStatus *_Nullable status);
    void ORT_CALL(ReleaseMemoryInfo)(OrtMemoryInfo *_Nullable info);
    void ORT_CALL(ReleaseSession)(OrtSession *_Nullable session);
    void ORT_CALL(ReleaseValue)(OrtValue *_Nullable value);
    void ORT_CALL(ReleaseRunOptions)(OrtRunOptions *_Nullable options);
    void ORT_CALL(ReleaseTypeInfo)(OrtTypeInfo *_Nullable info);
    void ORT_CALL(ReleaseTensorTypeAndShapeInfo)(OrtTensorTypeAndShapeInfo *_Nullable info);
    void ORT_CALL(ReleaseSessionOptions)(OrtSessionOptions *_Nullable options);
    ORT_SKIP(101, 102);
    // 103: types of maps and sequences
    ORT_STATUS ORT_CALL(CastTypeInfoToMapTypeInfo)(
        const OrtTypeInfo *info, const OrtMapTypeInfo ORT_OUT map);
    ORT_STATUS ORT_CALL(CastTypeInfoToSequenceTypeInfo)(
        const OrtTypeInfo *info, const OrtSequenceTypeInfo ORT_OUT sequence);
    ORT_STATUS ORT_CALL(GetMapKeyType)(const OrtMapTypeInfo *map, int32_t *type);
    ORT_STATUS ORT_CALL(GetMapValueType)(const OrtMapTypeInfo *map, OrtTypeInfo ORT_OUT info);
    ORT_STATUS ORT_CALL(GetSequenceElementType)(
        const OrtSequenceTypeInfo *sequence, OrtTypeInfo ORT_OUT info);
    ORT_SKIP(108, 119);
    // 120: threads
    ORT_STATUS ORT_CALL(DisablePerSessionThreads)(OrtSessionOptions *options);
    ORT_STATUS ORT_CALL(CreateThreadingOptions)(OrtThreadingOptions ORT_OUT options);
    void ORT_CALL(ReleaseThreadingOptions)(OrtThreadingOptions *_Nullable options);
    ORT_SKIP(123, 129);
    ORT_STATUS ORT_CALL(AddSessionConfigEntry)(
        OrtSessionOptions *options, const char *key, const char *value);
    ORT_SKIP(131, 146);
    ORT_STATUS ORT_CALL(SetGlobalIntraOpNumThreads)(OrtThreadingOptions *options, int count);
    ORT_STATUS ORT_CALL(SetGlobalInterOpNumThreads)(OrtThreadingOptions *options, int count);
    ORT_STATUS ORT_CALL(SetGlobalSpinControl)(OrtThreadingOptions *options, int allow_spinning);
    ORT_SKIP(150, 150);
    ORT_STATUS ORT_CALL(CreateEnvWithCustomLoggerAndGlobalThreadPools)(
        OrtLoggingFunction log, void *_Nullable parameter, int32_t severity, const char *log_id,
        const OrtThreadingOptions *options, OrtEnv ORT_OUT env);
    ORT_SKIP(152, 251);
    // 252: version 1.15 and later
    ORT_STATUS ORT_CALL(GetResizedStringTensorElementBuffer)(
        OrtValue *value, size_t index, size_t byte_count, char ORT_OUT bytes);
    ORT_SKIP(253, 265);
    // 266: version 1.17 and later
    ORT_STATUS ORT_CALL(SetUserLoggingFunction)(
        OrtSessionOptions *options, OrtLoggingFunction log, void *_Nullable parameter);
    ORT_SKIP(267, 278);
    // 279: version 1.18 and later
    ORT_STATUS ORT_CALL(AddExternalInitializersFromFilesInMemory)(
        OrtSessionOptions *options, const char ORT_LIST names,
        char ORT_LIST contents, const size_t *byte_counts, size_t count);
} OrtApi;

/// What the library's only entry point, `OrtGetApiBase`, gives back.
typedef struct OrtApiBase {
    /// The table of that API version; NULL when the library is older.
    const OrtApi *_Nullable ORT_CALL(GetApi)(uint32_t version);
    /// The library's version as text: `1.31.1`.
    const char *_Nonnull ORT_CALL(GetVersionString)(void);
} OrtApiBase;

/// The type of `OrtGetApiBase`.
typedef const OrtApiBase *_Nullable (*OrtGetApiBaseFunction)(void);

#pragma clang assume_nonnull end
