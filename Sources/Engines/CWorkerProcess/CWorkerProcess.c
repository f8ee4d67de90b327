#include "CWorkerProcess.h"
