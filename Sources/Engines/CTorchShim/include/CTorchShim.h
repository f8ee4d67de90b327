// The C interface of Native/torch-shim, our own small library over libtorch's C++ interface.
//
// No C++ exception crosses it: every function that can fail returns 0 for success and fills
// `slipway_torch_error` otherwise. Strings are UTF-8.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Grows with every change of what the functions below take, give or do, and of the texts that they
/// give; the shim and the program must agree.
#define SLIPWAY_TORCH_ABI 2

/// Kinds of failure.
enum {
    SLIPWAY_TORCH_FAILED = 1,          // torch's own error
    SLIPWAY_TORCH_OUT_OF_MEMORY = 2,   // memory ran out
    SLIPWAY_TORCH_STOPPED = 3,         // the run was asked to stop
    SLIPWAY_TORCH_INVALID_INPUT = 4,   // the input is at fault, by the type of torch's exception
    SLIPWAY_TORCH_UNSUPPORTED = 5,     // a value that has no form as a tensor
};

/// Filled by a function that fails; the message is cut to fit and ends with a zero.
typedef struct {
    int32_t kind;
    char message[4092];
} slipway_torch_error;

/// Element types: the numbers of c10::ScalarType, and one of our own for byte strings.
enum {
    SLIPWAY_TORCH_UINT8 = 0,
    SLIPWAY_TORCH_INT8 = 1,
    SLIPWAY_TORCH_INT16 = 2,
    SLIPWAY_TORCH_INT32 = 3,
    SLIPWAY_TORCH_INT64 = 4,
    SLIPWAY_TORCH_FLOAT16 = 5,
    SLIPWAY_TORCH_FLOAT32 = 6,
    SLIPWAY_TORCH_FLOAT64 = 7,
    SLIPWAY_TORCH_BOOL = 11,
    SLIPWAY_TORCH_BFLOAT16 = 15,
    SLIPWAY_TORCH_UINT16 = 27,
    SLIPWAY_TORCH_UINT32 = 28,
    SLIPWAY_TORCH_UINT64 = 29,
    SLIPWAY_TORCH_BYTES = 100,  // each element a 4-byte little-endian length, then the bytes
};

/// What one argument of a method is made of; `count` tensors are taken for it in order.
enum {
    SLIPWAY_TORCH_TENSOR = 0,
    SLIPWAY_TORCH_TUPLE = 1,
    SLIPWAY_TORCH_LIST = 2,
    SLIPWAY_TORCH_DICT = 3,       // Dict[str, Tensor]; `keys` has `count` names
    SLIPWAY_TORCH_INT = 4,        // a scalar INT64
    SLIPWAY_TORCH_FLOAT = 5,      // a scalar FP64
    SLIPWAY_TORCH_TRUTH = 6,      // a scalar BOOL
    SLIPWAY_TORCH_TEXT = 7,       // a scalar BYTES
    SLIPWAY_TORCH_TEXTS = 8,      // List[str] from BYTES of rank 1
    SLIPWAY_TORCH_DEFAULT = 9,    // takes nothing: the argument's default value
};
typedef struct {
    int32_t kind;
    int32_t count;
    const char *const *keys;
} slipway_torch_argument;

/// An input: bytes that stay unchanged and valid until `release(owner)` is called, which may be
/// long after the run when the model keeps the tensor. Aligned to the width of an element.
typedef struct {
    const void *data;
    size_t byte_count;
    const int64_t *dims;
    int32_t rank;
    int32_t type;
    void *owner;
} slipway_torch_input;

/// An output: contiguous bytes that are valid until the result is released.
typedef struct {
    const void *data;
    size_t byte_count;
    const int64_t *dims;
    int32_t rank;
    int32_t type;
    /// The key that leads to it in a dictionary; null elsewhere.
    const char *key;
} slipway_torch_output;

typedef struct slipway_torch_model slipway_torch_model;
typedef struct slipway_torch_result slipway_torch_result;

typedef int32_t (*slipway_torch_abi_fn)(void);
typedef const char *(*slipway_torch_version_fn)(void);

/// Sizes the thread pools; to be called once, before the first model.
typedef int32_t (*slipway_torch_start_fn)(int32_t threads, slipway_torch_error *error);

/// Loads a TorchScript file, or an AOTInductor package with so many runners.
typedef int32_t (*slipway_torch_load_script_fn)(
    const char *path, slipway_torch_model **model, slipway_torch_error *error);

/// Whether packages whose first run comes later compare their inputs with what they were compiled
/// for; they read beyond smaller ones when they do not.
typedef int32_t (*slipway_torch_check_packages_fn)(int32_t checks, slipway_torch_error *error);
typedef int32_t (*slipway_torch_load_package_fn)(
    const char *path, int32_t runners, slipway_torch_model **model, slipway_torch_error *error);

/// Says what a model takes and gives, as JSON; freed with `slipway_torch_free_text`.
typedef int32_t (*slipway_torch_describe_fn)(
    slipway_torch_model *model, char **text, slipway_torch_error *error);
typedef void (*slipway_torch_free_text_fn)(char *text);

/// Runs a method: `inputs` in the order of `arguments`. `release` is called once for each input,
/// also when the run fails, with its `owner`. `stop` is read during the run: not 0 ends it soon.
typedef int32_t (*slipway_torch_run_fn)(
    slipway_torch_model *model, int32_t method, const slipway_torch_argument *arguments,
    int32_t argument_count, const slipway_torch_input *inputs, int32_t input_count,
    void (*release)(void *owner), const uint8_t *stop, slipway_torch_result **result,
    slipway_torch_error *error);

/// The outputs, dictionaries, tuples and lists laid flat.
typedef int32_t (*slipway_torch_result_count_fn)(const slipway_torch_result *result);
typedef void (*slipway_torch_result_get_fn)(
    const slipway_torch_result *result, int32_t index, slipway_torch_output *output);
typedef void (*slipway_torch_result_release_fn)(slipway_torch_result *result);

/// Sets a run's `stop` from any thread.
typedef void (*slipway_torch_stop_fn)(uint8_t *stop);

/// Frees a model; its results stay valid.
typedef void (*slipway_torch_unload_fn)(slipway_torch_model *model);

/// A source file of the shim, which the program carries to build it where libtorch is: its path in
/// Slipway's sources, and its content, which lives as long as the program.
typedef struct {
    const char *path;
    const unsigned char *bytes;
    size_t count;
} slipway_torch_source;

/// How many such files there are, and one of them; no functions of the shim.
size_t slipway_torch_source_count(void);
slipway_torch_source slipway_torch_source_at(size_t index);

#ifdef __cplusplus
}
#endif
