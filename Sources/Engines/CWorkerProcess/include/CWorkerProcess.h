#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What worker processes need of Linux and the Swift module of the C library leaves out.
// Functions that fail return a negative errno, never -1 alone.

/// What a process is started with. All pointers stay the caller's.
typedef struct {
    /// Absolute path; `/proc/self/exe` is this program.
    const char *executable;
    /// Ends with NULL; the first is the program's name.
    char *const *arguments;
    /// Ends with NULL; the whole environment.
    char *const *environment;
    /// Working directory; NULL to keep this one.
    const char *directory;
    /// Descriptor i of the new process is a copy of `descriptors[i]`; all others are closed.
    const int *descriptors;
    int descriptor_count;
    /// Leads a session of its own instead of only a process group.
    int own_session;
    /// Gets SIGKILL when the thread that calls ends.
    int dies_with_thread;
    /// Limit for RLIMIT_DATA in bytes; 0 for none.
    uint64_t data_limit;
    /// Processors that it may run on, one bit each; `processor_bytes` 0 for all.
    const unsigned char *processors;
    size_t processor_bytes;
} slipway_spawn_request;

/// Starts a process without copying this one's memory; returns its identifier or a negative errno,
/// also when the executable could not be run.
int slipway_spawn(const slipway_spawn_request *request);

/// A descriptor that becomes readable when the process ends; negative errno before Linux 5.3.
int slipway_pidfd_open(pid_t process);

/// An anonymous file that can grow and not shrink; closed on exec.
int slipway_memory_file(const char *name);

/// A counter that poll can wait for; non-blocking, closed on exec.
int slipway_event(void);

/// A pipe whose ends are closed on exec, and of which this side's ends do not block.
/// `ends` is read end, write end. `nonblocking`: 0 the read end, 1 the write end, 2 both, 3 none.
int slipway_pipe(int ends[2], int nonblocking);

/// Moves a mapping of a file to a new size; MAP_FAILED is returned as NULL.
void *slipway_remap(void *start, size_t old_size, size_t new_size);

/// Gives the memory of a part of an anonymous file back to the system.
int slipway_punch(int file, uint64_t offset, uint64_t count);

/// The processors that this process may use, one bit each; returns the bytes written.
int slipway_affinity(unsigned char *bits, size_t bytes);

/// Asks for SIGKILL when the thread that started this process ends, and for no core dumps.
int slipway_die_with_parent(void);

/// Closes a descriptor on exec.
int slipway_close_on_exec(int descriptor);

/// How a process ended, without taking its status away: 1 and status as waitpid's, 0 when it lives,
/// or a negative errno.
int slipway_peek_exit(pid_t process, int *code, int *is_signal);
