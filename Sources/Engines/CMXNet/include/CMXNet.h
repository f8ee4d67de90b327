// The part of MXNet's C interface that Slipway uses, so that it builds without the library.
//
// Written from the published signatures of `c_predict_api.h` and `c_api.h`, version 1.9.1. Functions
// return 0 for success and -1 after a failure, whose words `MXGetLastError` gives on that thread.
#pragma once

#include <stdint.h>

#pragma clang assume_nonnull begin

/// A network bound to the shapes of its inputs, with its weights and its memory.
typedef void *MXPredictorHandle;

typedef const char *_Nullable (*MXGetLastErrorFunction)(void);
typedef int (*MXGetVersionFunction)(int *version);
/// The names of all operators; they stay valid.
typedef int (*MXListAllOpNamesFunction)(
    uint32_t *count, const char *_Nullable *_Nullable *_Nonnull names);
/// The most threads of OpenMP that the calling thread uses from now on.
typedef int (*MXSetNumOMPThreadsFunction)(int count);
/// Whether 0 in a shape means no elements (1) or an unknown extent (0), for the calling thread.
typedef int (*MXSetIsNumpyShapeFunction)(int is_numpy, int *previous);

/// `shape_starts` has one entry more than there are inputs: where each shape begins among the
/// extents. Types are those of MXNet's arrays: 0 is float32.
typedef int (*MXPredCreateExFunction)(
    const char *symbol, const void *parameters, int parameter_bytes, int device_type,
    int device_id, uint32_t input_count, const char *_Nullable const *_Nonnull names,
    const uint32_t *shape_starts, const uint32_t *extents, uint32_t type_count,
    const char *_Nullable const *_Nonnull type_names, const int *types,
    MXPredictorHandle _Nullable *_Nonnull predictor);
/// As MXPredCreateEx, for inputs of float32, giving the outputs of the nodes that are named.
typedef int (*MXPredCreatePartialOutFunction)(
    const char *symbol, const void *parameters, int parameter_bytes, int device_type,
    int device_id, uint32_t input_count, const char *_Nullable const *_Nonnull names,
    const uint32_t *shape_starts, const uint32_t *extents, uint32_t output_count,
    const char *_Nullable const *_Nonnull outputs,
    MXPredictorHandle _Nullable *_Nonnull predictor);
/// Another predictor over the same weights. It shares the arrays of the inputs too: where one of
/// them has to grow, the first predictor must not be used again.
typedef int (*MXPredReshapeFunction)(
    uint32_t input_count, const char *_Nullable const *_Nonnull names,
    const uint32_t *shape_starts, const uint32_t *extents, MXPredictorHandle predictor,
    MXPredictorHandle _Nullable *_Nonnull reshaped);
typedef int (*MXPredFreeFunction)(MXPredictorHandle predictor);

typedef int (*MXPredGetOutputShapeFunction)(
    MXPredictorHandle predictor, uint32_t index, uint32_t *_Nullable *_Nonnull extents,
    uint32_t *rank);
/// Version 1.9.1 writes to `types[index]`, not to `types[0]`.
typedef int (*MXPredGetOutputTypeFunction)(MXPredictorHandle predictor, uint32_t index, int *types);

/// Copies `count` elements of the input's own type, whatever the pointer says.
typedef int (*MXPredSetInputFunction)(
    MXPredictorHandle predictor, const char *name, const float *elements, uint32_t count);
typedef int (*MXPredForwardFunction)(MXPredictorHandle predictor);
/// Runs node number `step`; `left` is how many come after it.
typedef int (*MXPredPartialForwardFunction)(MXPredictorHandle predictor, int step, int *left);
/// Copies `count` elements of the output's own type, whatever the pointer says.
typedef int (*MXPredGetOutputFunction)(
    MXPredictorHandle predictor, uint32_t index, float *elements, uint32_t count);

#pragma clang assume_nonnull end
