/* A list of the system calls that a role may make: seccomp(2). A call that is not in it fails with
 * EPERM, so that a C library which begins to use another call does not end the role; a call that
 * only an attacker makes ends the process. */
#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sched.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the numbers of the system calls of this architecture are not known here"
#endif

enum { common = 0, x32_calls = 0x40000000, most_instructions = 700 };
enum { reading = CLINUX_CALLS_READING, writing = CLINUX_CALLS_WRITING };
enum { network = CLINUX_CALLS_NETWORK, serving = CLINUX_CALLS_SERVING };
enum { starting = CLINUX_CALLS_STARTING, forking = CLINUX_CALLS_FORKING };
enum { listening = CLINUX_CALLS_LISTENING, passing = CLINUX_CALLS_PASSING };
enum { acting = CLINUX_CALLS_ACTING };
/* What clone(2) could make new. */
enum {
  namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER
    | CLONE_NEWPID | CLONE_NEWNET
};

typedef struct rule {
  int call;
  /* The sets of which one has to be asked for; `common`: always allowed. */
  int sets;
} rule;

/* What the roles, Swift's runtime and glibc's malloc use; the most frequent ones first. */
static const rule allowed[] = {
  {SYS_read, common}, {SYS_write, common}, {SYS_epoll_pwait, common}, {SYS_recvmsg, common},
  {SYS_sendto, common}, {SYS_sendmsg, passing},
  {SYS_close, common}, {SYS_fstat, common}, {SYS_lseek, common},
  {SYS_munmap, common}, {SYS_mremap, common}, {SYS_madvise, common}, {SYS_brk, common},
  {SYS_rt_sigaction, common}, {SYS_rt_sigprocmask, common}, {SYS_rt_sigreturn, common},
  {SYS_sigaltstack, common}, {SYS_restart_syscall, common}, {SYS_ppoll, common},
  {SYS_epoll_create1, common}, {SYS_epoll_ctl, common}, {SYS_futex, common},
  {SYS_clock_gettime, common}, {SYS_gettimeofday, common}, {SYS_nanosleep, common},
  {SYS_clock_nanosleep, common}, {SYS_getpid, common}, {SYS_getppid, common},
  {SYS_gettid, common}, {SYS_getuid, common}, {SYS_geteuid, common}, {SYS_getgid, common},
  {SYS_getegid, common}, {SYS_getgroups, common}, {SYS_exit, common}, {SYS_exit_group, common},
  {SYS_getrandom, common}, {SYS_fcntl, common}, {SYS_dup, common}, {SYS_dup3, common},
  {SYS_pwritev2, common}, {SYS_pread64, common}, {SYS_pwrite64, common},
  {SYS_readv, common}, {SYS_writev, common},
  {SYS_timerfd_create, common}, {SYS_timerfd_settime, common}, {SYS_signalfd4, common},
  {SYS_prctl, common}, {SYS_prlimit64, common}, {SYS_getrlimit, common}, {SYS_setrlimit, common},
  {SYS_sched_yield, common}, {SYS_sched_getaffinity, common}, {SYS_rseq, common},
  {SYS_set_robust_list, common}, {SYS_membarrier, common}, {SYS_uname, common},
  {SYS_sysinfo, common}, {SYS_umask, common}, {SYS_getcwd, common}, {SYS_setitimer, common},
  {SYS_capget, common}, {SYS_newfstatat, common}, {SYS_statx, common},
#ifdef SYS_epoll_wait
  {SYS_epoll_wait, common}, {SYS_poll, common}, {SYS_time, common}, {SYS_alarm, common},
  {SYS_pause, common}, {SYS_dup2, common}, {SYS_stat, common}, {SYS_lstat, common},
  {SYS_access, reading | writing}, {SYS_readlink, reading | writing},
  {SYS_open, reading | writing},
#endif
  {SYS_openat, reading | writing}, {SYS_getdents64, reading | writing},
  {SYS_readlinkat, reading | writing}, {SYS_faccessat, reading | writing},
  {SYS_getxattr, reading | writing},
  {SYS_faccessat2, reading | writing}, {SYS_fstatfs, reading | writing},
  {SYS_statfs, reading | writing}, {SYS_fchdir, reading | writing},
  {SYS_chdir, reading | writing}, {SYS_openat2, reading | writing},
  {SYS_fadvise64, reading | writing}, {SYS_renameat2, writing}, {SYS_renameat, writing},
  {SYS_unlinkat, writing}, {SYS_mkdirat, writing}, {SYS_fchmod, writing}, {SYS_fchmodat, writing},
  {SYS_fchown, writing}, {SYS_fchownat, writing}, {SYS_ftruncate, writing}, {SYS_fsync, writing},
  {SYS_fdatasync, writing}, {SYS_fallocate, writing}, {SYS_linkat, writing},
  {SYS_symlinkat, writing}, {SYS_utimensat, writing}, {SYS_flock, writing},
  {SYS_setfsuid, acting}, {SYS_setfsgid, acting}, {SYS_setgroups, acting}, {SYS_capset, acting},
  {SYS_splice, writing},
  {SYS_tee, writing}, {SYS_sendfile, writing}, {SYS_copy_file_range, writing},
#ifdef SYS_rename
  {SYS_rename, writing}, {SYS_unlink, writing}, {SYS_mkdir, writing}, {SYS_rmdir, writing},
  {SYS_chmod, writing}, {SYS_chown, writing}, {SYS_lchown, writing}, {SYS_link, writing},
  {SYS_utime, writing},
#endif
  {SYS_socket, network}, {SYS_connect, network}, {SYS_getsockopt, network | serving},
  {SYS_setsockopt, network | serving}, {SYS_getsockname, network | serving},
  {SYS_getpeername, network | serving},
  {SYS_recvfrom, network | serving}, {SYS_shutdown, network | serving}, {SYS_bind, listening},
  {SYS_listen, listening},
  {SYS_accept4, serving}, {SYS_accept, serving},
  {SYS_execve, starting},
  {SYS_wait4, starting | forking}, {SYS_waitid, starting | forking},
  {SYS_pidfd_open, forking}, {SYS_kill, starting}, {SYS_setpgid, starting}, {SYS_setsid, starting},
  {SYS_setpriority, starting}, {SYS_close_range, starting | forking},
  {SYS_set_tid_address, starting}, {SYS_pipe2, starting}, {SYS_getpgid, starting},
  {SYS_getpriority, starting},
#ifdef SYS_arch_prctl
  {SYS_arch_prctl, starting}, {SYS_pipe, starting}, {SYS_fork, starting | forking},
  {SYS_vfork, starting},
#endif
};

/* No role makes these. The `sets` are those with which the call is not fatal. */
static const rule fatal[] = {
  {SYS_execve, starting}, {SYS_execveat, common}, {SYS_ptrace, common},
  {SYS_process_vm_readv, common}, {SYS_process_vm_writev, common}, {SYS_pidfd_getfd, common},
  {SYS_mount, common}, {SYS_umount2, common}, {SYS_pivot_root, common}, {SYS_chroot, common},
  {SYS_move_mount, common}, {SYS_open_tree, common}, {SYS_fsopen, common}, {SYS_fsmount, common},
  {SYS_unshare, common}, {SYS_setns, common}, {SYS_bpf, common}, {SYS_perf_event_open, common},
  {SYS_keyctl, common}, {SYS_add_key, common}, {SYS_request_key, common},
  {SYS_init_module, common}, {SYS_finit_module, common}, {SYS_delete_module, common},
  {SYS_kexec_load, common}, {SYS_userfaultfd, common}, {SYS_io_uring_setup, common},
  {SYS_open_by_handle_at, common}, {SYS_reboot, common}, {SYS_mknodat, common},
  {SYS_personality, common},
};

typedef struct program {
  struct sock_filter code[most_instructions];
  unsigned short length;
} program;

static void add(program *filter, struct sock_filter one) {
  if (filter->length < most_instructions) filter->code[filter->length++] = one;
}

static void load(program *filter, size_t offset) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset));
}

static void answer(program *filter, unsigned action) {
  add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* The next `skipped` instructions are for values other than this one. */
static void unless(program *filter, unsigned value, unsigned char skipped) {
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skipped));
}

static void decide(program *filter, int call, unsigned action) {
  unless(filter, (unsigned)call, 1);
  answer(filter, action);
}

/* The low half of an argument, on the architectures that are known here. */
static size_t argument(int index) {
  return offsetof(struct seccomp_data, args) + 8 * (size_t)index;
}

/* Only where the argument has this value; the accumulator holds the number again afterwards. */
static void allow_with(program *filter, int call, int index, unsigned value) {
  unless(filter, (unsigned)call, 4);
  load(filter, argument(index));
  unless(filter, value, 1);
  answer(filter, SECCOMP_RET_ALLOW);
  load(filter, offsetof(struct seccomp_data, nr));
}

/* Only where the argument has none of these bits. */
static void allow_without(program *filter, int call, int index, unsigned bits) {
  unless(filter, (unsigned)call, 4);
  load(filter, argument(index));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0));
  answer(filter, SECCOMP_RET_ALLOW);
  load(filter, offsetof(struct seccomp_data, nr));
}

static void allow_calls(program *filter, int sets) {
  for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
    if (allowed[i].sets == common || allowed[i].sets & sets)
      decide(filter, allowed[i].call, SECCOMP_RET_ALLOW);
  if (sets & (starting | forking)) {
    allow_without(filter, SYS_clone, 0, namespaces);
    /* Its flags are in memory, where no filter can see them: the C library uses clone(2) then. */
    decide(filter, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  }
  /* Memory that may be executed is mapped by the loader of a program that is started, only. */
  unsigned executable = sets & starting ? 0 : PROT_EXEC;
  allow_without(filter, SYS_mmap, 2, executable);
  allow_without(filter, SYS_mprotect, 2, executable);
  /* TIOCSTI among the others would type into the container's terminal. */
  static const unsigned requests[] = {FIONREAD, FIONBIO, TCGETS, TIOCGWINSZ};
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++)
    allow_with(filter, SYS_ioctl, 1, requests[i]);
  /* abort(3). */
  allow_with(filter, SYS_tgkill, 0, (unsigned)getpid());
}

static void build(program *filter, int sets) {
  load(filter, offsetof(struct seccomp_data, arch));
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCHITECTURE, 1, 0));
  answer(filter, SECCOMP_RET_KILL_PROCESS);
  load(filter, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
  /* The same calls under other numbers. */
  add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32_calls, 0, 1));
  answer(filter, SECCOMP_RET_KILL_PROCESS);
#endif
  allow_calls(filter, sets);
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
    if (!(fatal[i].sets & sets)) decide(filter, fatal[i].call, SECCOMP_RET_KILL_PROCESS);
  answer(filter, SECCOMP_RET_ERRNO | EPERM);
}

int clinux_filter_calls(int sets) {
  program filter = {.length = 0};
  build(&filter, sets);
  if (filter.length == most_instructions) return -E2BIG;
  struct sock_fprog all = {filter.length, filter.code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &all, 0, 0) < 0 ? -errno : 0;
}

int clinux_can_filter_calls(void) {
  /* A filter at no address: EFAULT where the kernel has filters, EINVAL where it has none. */
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, 0, 0, 0) < 0 && errno == EFAULT;
}
