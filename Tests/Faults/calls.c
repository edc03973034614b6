/* Follows the tracee from call to call, and makes the armed call fail. */
#define _GNU_SOURCE
#include "inject.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { max_tasks = 256, max_sites = 8192 };

typedef struct task {
  pid_t pid;
  enum target target;
  long number;
  /* What is to become of the call that the task is in. */
  int alters, result;
} task;

const char *const target_names[targets] = {"pid1", "logger", "child"};
fault armed;
site sites[max_sites];
int site_count, is_recording, has_begun;
pid_t first;
unsigned long total;

static task tasks[max_tasks];

static task *find(pid_t pid) {
  for (int i = 0; i < max_tasks; i++)
    if (tasks[i].pid == pid) return &tasks[i];
  return NULL;
}

static task *add(pid_t pid, enum target target) {
  task *one = find(pid);
  if (!one) one = find(0);
  if (!one) exit(99);
  *one = (task){.pid = pid, .target = target};
  return one;
}

/* The return addresses of the frames that lead to the call. */
static int walk(pid_t pid, const struct user_regs_struct *registers, uint64_t *frames) {
  uint64_t frame = registers->rbp;
  int size = 0;
  while (size < depth) {
    uint64_t words[2];
    struct iovec to = {words, sizeof words}, from = {(void *)frame, sizeof words};
    if (frame % 8 || process_vm_readv(pid, &to, 1, &from, 1, 0) != sizeof words) break;
    frames[size++] = words[1];
    if (words[0] <= frame) break;
    frame = words[0];
  }
  return size;
}

static uint32_t hash(const uint64_t *frames, int size) {
  uint32_t value = 2166136261u;
  for (int i = 0; i < size; i++)
    for (int bit = 0; bit < 64; bit += 8) value = (value ^ (uint8_t)(frames[i] >> bit)) * 16777619u;
  return value | 1;
}

static void record(
    enum target target, long number, uint32_t stack, const uint64_t *frames, int size) {
  for (int i = 0; i < site_count; i++) {
    site *one = &sites[i];
    if (one->number == number && one->stack == stack && one->target == target) {
      one->count++;
      return;
    }
  }
  if (site_count == max_sites) return;
  site *one = &sites[site_count++];
  *one = (site){.target = target, .number = number, .stack = stack, .count = 1, .size = size};
  memcpy(one->frames, frames, sizeof one->frames);
}

static int is_due(enum target target, long number, uint32_t stack) {
  if (!armed.is_armed || armed.target != target || armed.number != number) return 0;
  if (armed.stack && armed.stack != stack) return 0;
  if (armed.skip) {
    armed.skip--;
    return 0;
  }
  if (!armed.times) return 0;
  armed.times--;
  return 1;
}

static void describe(const task *one, const struct user_regs_struct *registers) {
  char path[64], file[128] = "-";
  snprintf(path, sizeof path, "/proc/%d/fd/%d", one->pid, (int)registers->rdi);
  ssize_t size = readlink(path, file, sizeof file - 1);
  if (size > 0) file[size] = 0;
  reply("injected %s %ld %llx %llx %llx %s\n", target_names[one->target], one->number,
        registers->rdi, registers->rsi, registers->rdx, file);
}

static void change(task *one, struct user_regs_struct *registers) {
  describe(one, registers);
  if (armed.error == 0) {
    if (registers->rdx > 1) registers->rdx /= 2;
    ptrace(PTRACE_SETREGS, one->pid, 0, registers);
    return;
  }
  one->alters = 1;
  one->result = -armed.error;
  if (one->number == SYS_close) return;
  /* A call without effect in its place. No call at all (-1) would be refused by a role's filter. */
  registers->orig_rax = SYS_geteuid;
  ptrace(PTRACE_SETREGS, one->pid, 0, registers);
}

static void enter(task *one) {
  if (!has_begun) return;
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, one->pid, 0, &registers) < 0) return;
  one->number = (long)registers.orig_rax;
  one->alters = 0;
  total++;
  int concerns = armed.is_armed && armed.target == one->target && armed.number == one->number;
  if (!is_recording && !concerns) return;
  uint64_t frames[depth] = {0};
  int size = walk(one->pid, &registers, frames);
  uint32_t stack = hash(frames, size);
  if (is_recording) record(one->target, one->number, stack, frames, size);
  if (concerns && is_due(one->target, one->number, stack)) change(one, &registers);
}

static void leave(task *one) {
  if (!one->alters) return;
  struct user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, one->pid, 0, &registers) < 0) return;
  registers.rax = (unsigned long long)(long long)one->result;
  ptrace(PTRACE_SETREGS, one->pid, 0, &registers);
  one->alters = 0;
}

static int is_titled(pid_t pid, const char *title) {
  char path[32], text[64] = {0};
  snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  return size && strncmp(text, title, strlen(title)) == 0;
}

/* True where the task stays traced. */
static int executed(task *one) {
  has_begun = 1;
  if (one->target == pid1) return 1;
  if (is_titled(one->pid, "entrypoint: logger")) {
    one->target = logger;
    reply("logger %d\n", one->pid);
    return 1;
  }
  ptrace(PTRACE_DETACH, one->pid, 0, 0);
  *one = (task){0};
  return 0;
}

static void stopped(pid_t pid, int status) {
  task *one = find(pid);
  if (!one) one = add(pid, child);
  int signal = WSTOPSIG(status), event = status >> 16, delivered = 0;
  if (signal == (SIGTRAP | 0x80)) {
    struct __ptrace_syscall_info information;
    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof information, &information);
    if (information.op == PTRACE_SYSCALL_INFO_ENTRY) enter(one);
    if (information.op == PTRACE_SYSCALL_INFO_EXIT) leave(one);
  } else if (event == PTRACE_EVENT_EXEC) {
    if (!executed(one)) return;
  } else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
    ptrace(PTRACE_LISTEN, pid, 0, 0);
    return;
  } else if (!event) {
    delivered = signal;
  }
  ptrace(PTRACE_SYSCALL, pid, 0, (void *)(long)delivered);
}

static void ended(pid_t pid, int status) {
  task *one = find(pid);
  if (one) *one = (task){0};
  if (pid != first) return;
  if (WIFEXITED(status)) reply("exited %d\n", WEXITSTATUS(status));
  else reply("killed %d\n", WTERMSIG(status));
}

void reap(void) {
  int status;
  pid_t pid;
  while ((pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0)
    WIFSTOPPED(status) ? stopped(pid, status) : ended(pid, status);
}

void follow(pid_t pid) {
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE
    | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
  first = pid;
  if (ptrace(PTRACE_SEIZE, first, 0, options) < 0) exit(90);
  ptrace(PTRACE_INTERRUPT, first, 0, 0);
  add(first, pid1);
}
