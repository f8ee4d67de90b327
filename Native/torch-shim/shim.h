// What the files of the shim share.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "CTorchShim.h"

namespace slipway {

/// A method of a TorchScript module.
struct Method {
    torch::jit::Method method;
    /// Whether a run may write into its inputs, or into tensors that outputs share.
    bool writes;
    /// Whether a run changes the module, so that runs must not overlap.
    bool changes_module;
};

/// A loaded file: one of the two.
struct Model {
    std::unique_ptr<torch::jit::Module> script;
    std::vector<Method> methods;
    std::unique_ptr<torch::inductor::AOTIModelPackageLoader> package;
};

/// One tensor of an answer.
struct Leaf {
    at::Tensor tensor;
    std::string key;
    /// Set for byte strings only, whose tensor holds the bytes.
    std::vector<int64_t> text_dims;
    bool is_text = false;
};

/// A value that has no form as a tensor.
struct Unsupported : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What goes on in this thread's run; read by the allocator.
struct RunState {
    const uint8_t *stop = nullptr;
    bool was_stopped = false;
    bool ran_out_of_memory = false;
};
extern thread_local RunState run_state;

void install_allocator();
std::string describe(Model &model);
std::vector<Method> methods_of(torch::jit::Module &module);
void flatten(const c10::IValue &value, bool copies, std::vector<Leaf> &leaves);
std::vector<c10::IValue> arguments_of(
    const c10::FunctionSchema &schema, const slipway_torch_argument *arguments, int32_t count,
    const slipway_torch_input *inputs, std::vector<at::Tensor> &tensors);

}  // namespace slipway

struct slipway_torch_model {
    std::shared_ptr<slipway::Model> model;
};

struct slipway_torch_result {
    // Tensors of a package may lie in the memory of its constants.
    std::shared_ptr<slipway::Model> model;
    std::vector<slipway::Leaf> leaves;
};
