// Runs are stopped where they ask for memory, which every operation that makes a tensor does:
// torch has no other way to end a run, and handles a failed allocation everywhere.
#include <c10/core/CPUAllocator.h>

#include "shim.h"

namespace slipway {

thread_local RunState run_state;

namespace {

class StoppingAllocator final : public c10::Allocator {
  public:
    explicit StoppingAllocator(c10::Allocator *inner) : inner_(inner) {}

    c10::DataPtr allocate(size_t count) override {
        if (run_state.stop && __atomic_load_n(run_state.stop, __ATOMIC_RELAXED)) {
            run_state.was_stopped = true;
            throw std::runtime_error("the run was stopped");
        }
        try {
            return inner_->allocate(count);
        } catch (...) {
            run_state.ran_out_of_memory = true;
            throw;
        }
    }

    c10::DeleterFnPtr raw_deleter() const override { return inner_->raw_deleter(); }

    bool is_simple_data_ptr(const c10::DataPtr &pointer) const override {
        return inner_->is_simple_data_ptr(pointer);
    }

    void copy_data(void *to, const void *from, size_t count) const override {
        inner_->copy_data(to, from, count);
    }

  private:
    c10::Allocator *inner_;
};

}  // namespace

void install_allocator() {
    // Never freed: tensors may be freed as late as at the end of the process.
    static auto *allocator = new StoppingAllocator(c10::GetCPUAllocator());
    c10::SetCPUAllocator(allocator, /*priority=*/255);
}

}  // namespace slipway
