#include "CTorchShim.h"
