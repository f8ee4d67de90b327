#include "CMXNet.h"
