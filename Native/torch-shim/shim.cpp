// The functions of CTorchShim.h: catch whatever torch throws, and call the rest of the shim.
#include "shim.h"

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/jit/runtime/jit_exception.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/version.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

using slipway::Model;

int32_t fail(slipway_torch_error *error, int32_t kind, const char *text) noexcept {
    error->kind = kind;
    const auto count = std::min(std::strlen(text), sizeof error->message - 1);
    std::memcpy(error->message, text, count);
    error->message[count] = 0;
    return kind;
}

/// The interpreter puts a traceback of the model's code in front of what happened.
const char *after_traceback(const char *text) noexcept {
    const char *marks[] = {"\nRuntimeError: ", "\nException: "};
    for (const auto *mark : marks) {
        const char *last = nullptr;
        for (const auto *at = std::strstr(text, mark); at; at = std::strstr(at + 1, mark)) last = at;
        if (last) return last + std::strlen(mark);
    }
    return text;
}

/// Says what the exception being handled was.
int32_t report(slipway_torch_error *error) noexcept {
    const auto state = slipway::run_state;
    try {
        throw;
    } catch (const slipway::Unsupported &unsupported) {
        return fail(error, SLIPWAY_TORCH_UNSUPPORTED, unsupported.what());
    } catch (const std::exception &exception) {
        const auto *torch_error = dynamic_cast<const c10::Error *>(&exception);
        const auto *raised = dynamic_cast<const torch::jit::JITException *>(&exception);
        const auto *text = torch_error ? torch_error->what_without_backtrace() : exception.what();
        text = after_traceback(text);
        if (state.was_stopped) return fail(error, SLIPWAY_TORCH_STOPPED, text);
        if (state.ran_out_of_memory || dynamic_cast<const std::bad_alloc *>(&exception) ||
            dynamic_cast<const c10::OutOfMemoryError *>(&exception)) {
            return fail(error, SLIPWAY_TORCH_OUT_OF_MEMORY, text);
        }
        // What a model raises by itself, it raises at its input.
        const bool is_input = raised || dynamic_cast<const c10::IndexError *>(&exception) ||
            dynamic_cast<const c10::ValueError *>(&exception) ||
            dynamic_cast<const c10::TypeError *>(&exception) ||
            dynamic_cast<const std::invalid_argument *>(&exception);
        return fail(
            error, is_input ? SLIPWAY_TORCH_INVALID_INPUT : SLIPWAY_TORCH_FAILED,
            raised && raised->getOriginalMsg() ? raised->getOriginalMsg()->c_str() : text);
    } catch (...) {
        return fail(error, SLIPWAY_TORCH_FAILED, "an exception of unknown type");
    }
}

template <typename Body>
int32_t guarded(slipway_torch_error *error, Body body) noexcept {
    try {
        body();
        return 0;
    } catch (...) {
        return report(error);
    }
}

/// Inputs that the run has not handed on yet; whatever happens, each is released once.
class Inputs {
  public:
    Inputs(const slipway_torch_input *inputs, int32_t count, void (*release)(void *))
        : inputs_(inputs), count_(count), release_(release) {}

    ~Inputs() {
        for (auto i = taken_; i < count_; i++) release_(inputs_[i].owner);
    }

    std::vector<at::Tensor> tensors(bool copies) {
        std::vector<at::Tensor> result;
        result.reserve(static_cast<size_t>(count_));
        if (copies) {
            for (int32_t i = 0; i < count_; i++) result.push_back(copied(inputs_[i]));
        } else {
            while (taken_ < count_) result.push_back(lent(inputs_[taken_++]));
        }
        return result;
    }

  private:
    static at::IntArrayRef shape(const slipway_torch_input &input) {
        return {input.dims, static_cast<size_t>(input.rank)};
    }

    static at::TensorOptions options(const slipway_torch_input &input) {
        const bool is_text = input.type == SLIPWAY_TORCH_BYTES;
        return at::TensorOptions().dtype(
            is_text ? at::kByte : static_cast<at::ScalarType>(input.type));
    }

    static at::Tensor copied(const slipway_torch_input &input) {
        if (input.type == SLIPWAY_TORCH_BYTES) return {};
        auto tensor = at::empty(shape(input), options(input));
        if (input.byte_count > 0) std::memcpy(tensor.data_ptr(), input.data, input.byte_count);
        return tensor;
    }

    at::Tensor lent(const slipway_torch_input &input) {
        if (input.type == SLIPWAY_TORCH_BYTES) {
            // Strings are read from the input itself, which lasts as long as this object.
            taken_texts_.push_back({input.owner, release_});
            return {};
        }
        static char nothing[64];
        auto *data = input.byte_count > 0 ? const_cast<void *>(input.data) : nothing;
        return at::for_blob(data, shape(input))
            .context(input.owner, release_)
            .options(options(input))
            .make_tensor();
    }

    struct Text {
        void *owner;
        void (*release)(void *);
    };
    struct Texts : std::vector<Text> {
        ~Texts() {
            for (const auto &text : *this) text.release(text.owner);
        }
    };

    const slipway_torch_input *inputs_;
    int32_t count_;
    void (*release_)(void *);
    int32_t taken_ = 0;
    Texts taken_texts_;
};

class RunGuard {
  public:
    explicit RunGuard(const uint8_t *stop) { slipway::run_state = {stop, false, false}; }
    ~RunGuard() { slipway::run_state = {}; }
};

void run_script(
    const Model &model, int32_t index, const slipway_torch_argument *arguments,
    int32_t argument_count, const slipway_torch_input *inputs, Inputs &holder,
    std::vector<slipway::Leaf> &leaves) {
    const auto &entry = model.methods.at(static_cast<size_t>(index));
    auto tensors = holder.tensors(entry.writes);
    auto method = entry.method;
    auto values = slipway::arguments_of(
        method.function().getSchema(), arguments, argument_count, inputs, tensors);
    slipway::flatten(method(std::move(values)), entry.writes, leaves);
}

}  // namespace

extern "C" {

#define EXPORTED __attribute__((visibility("default")))

EXPORTED int32_t slipway_torch_abi(void) { return SLIPWAY_TORCH_ABI; }

EXPORTED const char *slipway_torch_version(void) { return TORCH_VERSION; }

EXPORTED int32_t slipway_torch_start(int32_t threads, slipway_torch_error *error) {
    return guarded(error, [&] {
        // Compiled packages check their inputs only when told so, and read beyond them otherwise.
        ::setenv("AOTI_RUNTIME_CHECK_INPUTS", "1", /*overwrite=*/0);
        at::set_num_interop_threads(1);
        at::set_num_threads(threads);
        slipway::install_allocator();
    });
}

EXPORTED int32_t slipway_torch_load_script(
    const char *path, slipway_torch_model **model, slipway_torch_error *error) {
    return guarded(error, [&] {
        auto loaded = std::make_shared<Model>();
        loaded->script =
            std::make_unique<torch::jit::Module>(torch::jit::load(path, c10::kCPU));
        loaded->script->eval();
        loaded->methods = slipway::methods_of(*loaded->script);
        *model = new slipway_torch_model{std::move(loaded)};
    });
}

EXPORTED int32_t slipway_torch_load_package(
    const char *path, int32_t runners, slipway_torch_model **model, slipway_torch_error *error) {
    return guarded(error, [&] {
        auto loaded = std::make_shared<Model>();
        loaded->package = std::make_unique<torch::inductor::AOTIModelPackageLoader>(
            path, "model", /*run_single_threaded=*/false, static_cast<size_t>(runners));
        *model = new slipway_torch_model{std::move(loaded)};
    });
}

EXPORTED int32_t slipway_torch_describe(
    slipway_torch_model *model, char **text, slipway_torch_error *error) {
    return guarded(error, [&] {
        const auto description = slipway::describe(*model->model);
        *text = static_cast<char *>(std::malloc(description.size() + 1));
        if (!*text) throw std::bad_alloc();
        std::memcpy(*text, description.c_str(), description.size() + 1);
    });
}

EXPORTED void slipway_torch_free_text(char *text) { std::free(text); }

EXPORTED int32_t slipway_torch_run(
    slipway_torch_model *model, int32_t method, const slipway_torch_argument *arguments,
    int32_t argument_count, const slipway_torch_input *inputs, int32_t input_count,
    void (*release)(void *owner), const uint8_t *stop, slipway_torch_result **result,
    slipway_torch_error *error) {
    Inputs holder(inputs, input_count, release);
    RunGuard guard(stop);
    return guarded(error, [&] {
        const c10::InferenceMode inference;
        auto made = std::make_unique<slipway_torch_result>();
        made->model = model->model;
        if (made->model->package) {
            // Compiled code expects aligned memory and may write into its inputs.
            auto outputs = made->model->package->boxed_run(holder.tensors(/*copies=*/true));
            for (auto &output : outputs) slipway::flatten(std::move(output), false, made->leaves);
        } else {
            run_script(
                *made->model, method, arguments, argument_count, inputs, holder, made->leaves);
        }
        *result = made.release();
    });
}

EXPORTED void slipway_torch_stop(uint8_t *stop) { __atomic_store_n(stop, 1, __ATOMIC_RELAXED); }

EXPORTED int32_t slipway_torch_result_count(const slipway_torch_result *result) {
    return static_cast<int32_t>(result->leaves.size());
}

EXPORTED void slipway_torch_result_get(
    const slipway_torch_result *result, int32_t index, slipway_torch_output *output) {
    const auto &leaf = result->leaves[static_cast<size_t>(index)];
    output->data = leaf.tensor.const_data_ptr();
    output->byte_count = leaf.tensor.nbytes();
    output->dims = leaf.is_text ? leaf.text_dims.data() : leaf.tensor.sizes().data();
    output->rank = static_cast<int32_t>(leaf.is_text ? leaf.text_dims.size() : leaf.tensor.dim());
    output->type =
        leaf.is_text ? SLIPWAY_TORCH_BYTES : static_cast<int32_t>(leaf.tensor.scalar_type());
    output->key = leaf.key.empty() ? nullptr : leaf.key.c_str();
}

EXPORTED void slipway_torch_result_release(slipway_torch_result *result) { delete result; }

EXPORTED void slipway_torch_unload(slipway_torch_model *model) { delete model; }

}  // extern "C"
