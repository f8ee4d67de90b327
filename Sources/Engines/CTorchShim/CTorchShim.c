// The shim's sources, as they lie in this package: the compiler reads them in, and
// `slipway engines install torch` builds the shim from them.
//
// A new file needs its two lines here; a test compares this table with the folder.

#include "CTorchShim.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char build_torch_shim[] = {
#embed "../../../scripts/build-torch-shim"
};
static const unsigned char allocator_cpp[] = {
#embed "../../../Native/torch-shim/allocator.cpp"
};
static const unsigned char describe_cpp[] = {
#embed "../../../Native/torch-shim/describe.cpp"
};
static const unsigned char shim_cpp[] = {
#embed "../../../Native/torch-shim/shim.cpp"
};
static const unsigned char shim_h[] = {
#embed "../../../Native/torch-shim/shim.h"
};
static const unsigned char values_cpp[] = {
#embed "../../../Native/torch-shim/values.cpp"
};
static const unsigned char ctorchshim_h[] = {
#embed "include/CTorchShim.h"
};

#define FILE_OF(path, array) {path, array, sizeof array}

static const slipway_torch_source sources[] = {
    FILE_OF("scripts/build-torch-shim", build_torch_shim),
    FILE_OF("Native/torch-shim/allocator.cpp", allocator_cpp),
    FILE_OF("Native/torch-shim/describe.cpp", describe_cpp),
    FILE_OF("Native/torch-shim/shim.cpp", shim_cpp),
    FILE_OF("Native/torch-shim/shim.h", shim_h),
    FILE_OF("Native/torch-shim/values.cpp", values_cpp),
    FILE_OF("Sources/Engines/CTorchShim/include/CTorchShim.h", ctorchshim_h),
};

size_t slipway_torch_source_count(void) { return sizeof sources / sizeof sources[0]; }

slipway_torch_source slipway_torch_source_at(size_t index) { return sources[index]; }
