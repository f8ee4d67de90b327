#ifndef SLIPWAY_CPYTHONWORKER_H
#define SLIPWAY_CPYTHONWORKER_H

#include <stddef.h>

/// A file of the Python worker: its path below the package's directory, and its content, which lives
/// as long as the program.
typedef struct {
    const char *path;
    const unsigned char *bytes;
    size_t count;
} python_worker_file;

/// How many files there are.
size_t python_worker_file_count(void);

/// One of them; `index` must be below the count.
python_worker_file python_worker_file_at(size_t index);

#endif
