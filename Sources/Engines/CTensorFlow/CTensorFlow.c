#include "CTensorFlow.h"

#include <stdlib.h>

// Sizes that the library's interface fixes: strings lie one behind another in a string tensor.
_Static_assert(sizeof(TF_TString) == 24, "TF_TString");
_Static_assert(sizeof(TF_Output) == 16, "TF_Output");
_Static_assert(sizeof(TF_Buffer) == 24, "TF_Buffer");

// TensorFlow writes notes to descriptor 2 and reads this variable when it is opened. It is set
// before `main`, because the environment of a process with threads must not change; a value that
// the user has set stays. Level 2 leaves errors.
__attribute__((constructor)) static void keep_tensorflow_quiet(void) {
    setenv("TF_CPP_MIN_LOG_LEVEL", "2", 0);
}
