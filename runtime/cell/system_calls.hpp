// Which system calls a command may make, as data: everything that is not listed is refused. Not the
// filter: that is made of it in seccomp_filter.
#pragma once

#include <array>

namespace skein::cell {

/// The newest call of any architecture that was looked at (file_setattr). Newer ones answer ENOSYS,
/// which every library takes for an older kernel.
constexpr int newest_call = 469;

/// By family; calls an architecture or this libseccomp does not have are passed over.
constexpr const char* allowed_calls[] = {
    // files: open and close
    "open", "openat", "openat2", "creat", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
    "fcntl64", "flock", "ioctl", "memfd_create", "memfd_secret", "pipe", "pipe2",
    // files: contents
    "read", "readv", "pread64", "preadv", "preadv2", "write", "writev", "pwrite64", "pwritev",
    "pwritev2", "lseek", "_llseek", "sendfile", "sendfile64", "splice", "tee", "vmsplice",
    "copy_file_range", "truncate", "truncate64", "ftruncate", "ftruncate64", "fallocate",
    "fadvise64", "fadvise64_64", "readahead", "sync", "syncfs", "fsync", "fdatasync",
    "sync_file_range", "sync_file_range2", "io_setup", "io_destroy", "io_submit", "io_cancel",
    "io_getevents", "io_pgetevents",
    // files: names and attributes
    "access", "faccessat", "faccessat2", "stat", "fstat", "lstat", "newfstatat", "stat64",
    "fstat64", "lstat64", "fstatat64", "statx", "statfs", "fstatfs", "statfs64", "fstatfs64",
    "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "umask", "utime",
    "utimes", "utimensat", "futimesat", "getxattr", "lgetxattr", "fgetxattr", "setxattr",
    "lsetxattr", "fsetxattr", "listxattr", "llistxattr", "flistxattr", "removexattr",
    "lremovexattr", "fremovexattr", "mkdir", "mkdirat", "rmdir", "rename", "renameat", "renameat2",
    "link", "linkat", "unlink", "unlinkat", "symlink", "symlinkat", "readlink", "readlinkat",
    "mknod", "mknodat", "getdents", "getdents64", "getcwd", "chdir", "fchdir",
    // waiting
    "poll", "ppoll", "select", "_newselect", "pselect6", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "epoll_ctl_old", "epoll_wait_old",
    "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create", "timerfd_settime",
    "timerfd_gettime", "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // memory
    "mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "brk", "msync", "mincore", "mlock",
    "mlock2", "munlock", "mlockall", "munlockall", "pkey_alloc", "pkey_free", "pkey_mprotect",
    "membarrier", "mbind", "get_mempolicy", "set_mempolicy", "remap_file_pages",
    // processes and threads; clone and prlimit64 by their arguments
    "clone", "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid",
    "waitpid", "getpid", "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "getsid", "setsid",
    "pidfd_open", "pidfd_send_signal", "prctl", "arch_prctl", "set_thread_area", "get_thread_area",
    "set_tid_address", "set_robust_list", "get_robust_list", "futex", "futex_time64", "futex_waitv",
    "rseq", "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam",
    "sched_setparam", "sched_getscheduler", "sched_setscheduler", "sched_getattr", "sched_setattr",
    "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval", "getpriority",
    "setpriority", "ioprio_get", "ioprio_set", "getrlimit", "setrlimit", "ugetrlimit", "prlimit64",
    "getrusage", "times", "getcpu", "personality",
    // signals
    "kill", "tkill", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigpending", "rt_sigtimedwait",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigreturn", "rt_sigsuspend", "sigaltstack",
    "sigreturn", "pause", "restart_syscall",
    // time
    "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time",
    "alarm", "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime",
    "timer_getoverrun", "timer_delete",
    // who and where one is; a command has one user and no capability to change it
    "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid",
    "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
    "capget", "capset", "uname", "sysinfo", "getrandom",
    // a program may confine itself further
    "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
    // other processes of the phase, in its own IPC namespace
    "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semtimedop", "semctl", "msgget",
    "msgsnd", "msgrcv", "msgctl", "ipc", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive",
    "mq_notify", "mq_getsetattr",
    // sockets; socket and socketpair by their arguments
    "socket", "socketpair", "connect", "accept", "accept4", "bind", "listen", "getsockname",
    "getpeername", "getsockopt", "setsockopt", "sendto", "recvfrom", "sendmsg", "recvmsg",
    "sendmmsg", "recvmmsg", "shutdown"};

/// Newer than libseccomp 2.5.4, the same number everywhere: set_mempolicy_home_node, cachestat,
/// fchmodat2, map_shadow_stack, futex_wake, futex_wait, futex_requeue, mseal, setxattrat,
/// getxattrat, listxattrat, removexattrat, file_getattr, file_setattr.
constexpr std::array allowed_numbers{450, 451, 452, 453, 454, 455, 456,
                                     462, 463, 464, 465, 466, 468, 469};

/// Newer than the library and refused like the old ones, not as unknown: statmount and listmount
/// would name the host's paths, open_tree_attr makes mounts.
constexpr std::array refused_numbers{457, 458, 467};

}  // namespace skein::cell
