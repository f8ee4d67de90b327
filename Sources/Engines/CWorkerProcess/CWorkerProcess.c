#define _GNU_SOURCE
#include "CWorkerProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Numbers of system calls that older headers lack.
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum { descriptors_maximum = 256 };

static void close_from(int first) {
    if (syscall(SYS_close_range, (unsigned)first, ~0u, 0u) == 0) return;
    struct rlimit limit;
    rlim_t end = 65536;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < end) end = limit.rlim_cur;
    for (rlim_t descriptor = (rlim_t)first; descriptor < end; descriptor++) close((int)descriptor);
}

static int place_descriptors(const slipway_spawn_request *request, int *copies) {
    // First out of the way of each other, then to their places.
    for (int i = 0; i < request->descriptor_count; i++) {
        copies[i] = fcntl(request->descriptors[i], F_DUPFD, request->descriptor_count);
        if (copies[i] < 0) return errno;
    }
    for (int i = 0; i < request->descriptor_count; i++) {
        if (dup2(copies[i], i) < 0) return errno;
    }
    close_from(request->descriptor_count);
    return 0;
}

static void limit_resources(const slipway_spawn_request *request) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (request->data_limit > 0) {
        struct rlimit data = {request->data_limit, request->data_limit};
        setrlimit(RLIMIT_DATA, &data);
    }
    if (request->processor_bytes > 0) {
        syscall(SYS_sched_setaffinity, 0, request->processor_bytes, request->processors);
    }
}

// Runs in the child, which shares this process's memory until exec: system calls only.
static int become(const slipway_spawn_request *request, pid_t parent, int *copies) {
    for (int number = 1; number < 65; number++) {
        struct sigaction usual;
        memset(&usual, 0, sizeof usual);
        usual.sa_handler = SIG_DFL;
        sigaction(number, &usual, NULL);
    }
    if (request->own_session ? setsid() < 0 : setpgid(0, 0) < 0) return errno;
    if (request->dies_with_thread) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
        if (getppid() != parent) return ESRCH;
    }
    int failure = place_descriptors(request, copies);
    if (failure != 0) return failure;
    limit_resources(request);
    if (request->directory != NULL && chdir(request->directory) != 0) return errno;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(request->executable, request->arguments, request->environment);
    return errno;
}

int slipway_spawn(const slipway_spawn_request *request) {
    if (request->descriptor_count < 0 || request->descriptor_count > descriptors_maximum) {
        return -EINVAL;
    }
    int copies[descriptors_maximum];
    volatile int failure = 0;
    sigset_t all, before;
    sigfillset(&all);
    // No handler of this process may run in the child while memory is shared.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t process = vfork();
    if (process == 0) {
        failure = become(request, parent, copies);
        _exit(127);
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (process < 0) return -error;
    if (failure != 0) {
        while (waitpid(process, NULL, 0) < 0 && errno == EINTR) {
        }
        return -failure;
    }
    return process;
}

int slipway_pidfd_open(pid_t process) {
    int descriptor = (int)syscall(SYS_pidfd_open, process, 0u);
    return descriptor < 0 ? -errno : descriptor;
}

int slipway_memory_file(const char *name) {
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -errno;
    if (fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        int error = errno;
        close(file);
        return -error;
    }
    return file;
}

int slipway_event(void) {
    int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return event < 0 ? -errno : event;
}

int slipway_pipe(int ends[2], int nonblocking) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    for (int i = 0; i < 2; i++) {
        if (nonblocking == i || nonblocking == 2) fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

void *slipway_remap(void *start, size_t old_size, size_t new_size) {
    void *moved = mremap(start, old_size, new_size, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

int slipway_punch(int file, uint64_t offset, uint64_t count) {
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return fallocate(file, mode, (off_t)offset, (off_t)count) == 0 ? 0 : -errno;
}

int slipway_affinity(unsigned char *bits, size_t bytes) {
    long count = syscall(SYS_sched_getaffinity, 0, bytes, bits);
    return count < 0 ? -errno : (int)count;
}

int slipway_die_with_parent(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 ? 0 : -errno;
}

int slipway_close_on_exec(int descriptor) {
    return fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 ? 0 : -errno;
}

int slipway_peek_exit(pid_t process, int *code, int *is_signal) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -errno;
    if (info.si_pid == 0) return 0;
    *code = info.si_status;
    *is_signal = info.si_code != CLD_EXITED;
    return 1;
}
