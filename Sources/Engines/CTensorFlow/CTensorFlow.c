#include "CTensorFlow.h"
