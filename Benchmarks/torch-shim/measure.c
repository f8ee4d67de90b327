// What libtorch costs through the shim: opening, loading, memory and processor time a call.
//
//     cc -O2 -o .build/measure-torch Benchmarks/torch-shim/measure.c -I Sources/Engines/CTorchShim/include -ldl
//     .build/measure-torch .deps/torch/2.13.0/lib/libslipway_torch.so Tests/Fixtures/torch/digits_scripted/model.pt
//
// Benchmarks/torch-shim/measure.py measures the same model through PyTorch's own Python.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "CTorchShim.h"

static slipway_torch_error error;

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double megabytes(void) {
    char line[256];
    double result = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0) result = atof(line + 6) / 1024;
    }
    if (file) fclose(file);
    return result;
}

static void keep(void *owner) { (void)owner; }

static void check(int32_t code) {
    if (code == 0) return;
    fprintf(stderr, "%s\n", error.message);
    exit(1);
}

int main(int count, char **arguments) {
    if (count < 3) return 2;
    double start = seconds(CLOCK_MONOTONIC);
    void *library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    printf("dlopen %.0f ms, %.0f MB\n", (seconds(CLOCK_MONOTONIC) - start) * 1e3, megabytes());
    slipway_torch_start_fn begin = (slipway_torch_start_fn)dlsym(library, "slipway_torch_start");
    slipway_torch_load_script_fn load =
        (slipway_torch_load_script_fn)dlsym(library, "slipway_torch_load_script");
    slipway_torch_run_fn run = (slipway_torch_run_fn)dlsym(library, "slipway_torch_run");
    slipway_torch_result_release_fn release =
        (slipway_torch_result_release_fn)dlsym(library, "slipway_torch_result_release");
    check(begin(1, &error));
    slipway_torch_model *model = NULL;
    start = seconds(CLOCK_MONOTONIC);
    check(load(arguments[2], &model, &error));
    printf("load %.1f ms, %.0f MB\n", (seconds(CLOCK_MONOTONIC) - start) * 1e3, megabytes());
    static float values[32 * 64];
    uint8_t stop = 0;
    slipway_torch_argument argument = {SLIPWAY_TORCH_TENSOR, 1, NULL};
    for (int64_t rows = 1; rows <= 32; rows += 31) {
        int64_t dims[2] = {rows, 64};
        slipway_torch_input input = {
            values, (size_t)rows * 256, dims, 2, SLIPWAY_TORCH_FLOAT32, NULL};
        for (int turn = -200; turn < 20000; turn++) {
            if (turn == 0) start = seconds(CLOCK_PROCESS_CPUTIME_ID);
            slipway_torch_result *result = NULL;
            check(run(model, 0, &argument, 1, &input, 1, keep, &stop, &result, &error));
            release(result);
        }
        double used = seconds(CLOCK_PROCESS_CPUTIME_ID) - start;
        printf("%lld rows: %.1f us of processor time a call\n", (long long)rows, used / 20000 * 1e6);
    }
    printf("in the end %.0f MB\n", megabytes());
    return 0;
}
