// The part of TensorFlow's C interface that Slipway uses, so that it builds without the library.
//
// Written from the published interface (`tensorflow/c/c_api.h`, `tf_tensor.h`, `tf_tstring.h`,
// `tf_buffer.h`), which TensorFlow keeps from release to release. Every function is looked up by
// name. Enumerations are `int32_t` here; their values have names in Sources/Engines/TensorFlowEngine.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct TF_Status TF_Status;
typedef struct TF_Tensor TF_Tensor;
typedef struct TF_Graph TF_Graph;
typedef struct TF_Operation TF_Operation;
typedef struct TF_Session TF_Session;
typedef struct TF_SessionOptions TF_SessionOptions;

/// A block of bytes, mostly a protobuf message.
typedef struct TF_Buffer {
    const void *_Nullable data;
    size_t length;
    void (*_Nullable data_deallocator)(void *_Nullable data, size_t length);
} TF_Buffer;

/// One output of an operation.
typedef struct TF_Output {
    TF_Operation *_Nullable operation;
    int index;
} TF_Output;

/// One string of a string tensor; the functions below know what is in it.
typedef struct TF_TString {
    uint64_t words[3];
} TF_TString;

typedef void (*TFDeallocator)(void *_Nullable data, size_t length, void *_Nullable argument);

typedef const char *_Nonnull (*TFVersion)(void);

typedef TF_Status *_Nullable (*TFNewStatus)(void);
typedef void (*TFDeleteStatus)(TF_Status *status);
typedef int32_t (*TFGetCode)(const TF_Status *status);
typedef const char *_Nonnull (*TFMessage)(const TF_Status *status);

typedef TF_SessionOptions *_Nullable (*TFNewSessionOptions)(void);
typedef void (*TFSetConfig)(
    TF_SessionOptions *options, const void *message, size_t length, TF_Status *status);
typedef void (*TFDeleteSessionOptions)(TF_SessionOptions *options);

typedef TF_Graph *_Nullable (*TFNewGraph)(void);
typedef void (*TFDeleteGraph)(TF_Graph *graph);
typedef TF_Operation *_Nullable (*TFGraphOperationByName)(TF_Graph *graph, const char *name);
typedef int (*TFOperationNumOutputs)(TF_Operation *operation);
typedef int32_t (*TFOperationOutputType)(TF_Output output);

typedef TF_Session *_Nullable (*TFLoadSessionFromSavedModel)(
    const TF_SessionOptions *options, const TF_Buffer *_Nullable run_options,
    const char *directory, const char *_Nullable const *_Nonnull tags, int tag_count,
    TF_Graph *graph, TF_Buffer *_Nullable meta_graph, TF_Status *status);
typedef void (*TFCloseSession)(TF_Session *session, TF_Status *status);
typedef void (*TFDeleteSession)(TF_Session *session, TF_Status *status);
typedef void (*TFSessionRun)(
    TF_Session *session, const TF_Buffer *_Nullable run_options, const TF_Output *inputs,
    TF_Tensor *_Nullable const *_Nonnull input_values, int input_count, const TF_Output *outputs,
    TF_Tensor *_Nullable *_Nonnull output_values, int output_count,
    const TF_Operation *_Nullable const *_Nullable targets, int target_count,
    TF_Buffer *_Nullable run_metadata, TF_Status *status);

/// Takes over `data`, which it may copy; calls the deallocator once in any case.
typedef TF_Tensor *_Nullable (*TFNewTensor)(
    int32_t type, const int64_t *_Nullable dimensions, int rank, void *data, size_t length,
    TFDeallocator deallocator, void *_Nullable argument);
typedef void (*TFDeleteTensor)(TF_Tensor *tensor);
typedef int32_t (*TFTensorType)(const TF_Tensor *tensor);
typedef int (*TFNumDims)(const TF_Tensor *tensor);
typedef int64_t (*TFDim)(const TF_Tensor *tensor, int index);
typedef size_t (*TFTensorByteSize)(const TF_Tensor *tensor);
typedef void *_Nullable (*TFTensorData)(const TF_Tensor *tensor);

typedef void (*TFStringInit)(TF_TString *string);
typedef void (*TFStringCopy)(TF_TString *string, const char *_Nullable source, size_t length);
typedef const char *_Nullable (*TFStringGetDataPointer)(const TF_TString *string);
typedef size_t (*TFStringGetSize)(const TF_TString *string);
typedef void (*TFStringDealloc)(TF_TString *string);

#pragma clang assume_nonnull end
