/* Runs a program as PID 1 of new PID and mount namespaces and makes chosen system calls fail.
 *
 *   inject CONTROL PROGRAM [ARGUMENT...]
 *
 * CONTROL is the number of a stream socket. Requests are lines:
 *
 *   arm TARGET NUMBER ERROR STACK SKIP TIMES
 *       Of the calls NUMBER of TARGET (pid1, logger, child) from STACK (0: from any) the first SKIP
 *       succeed, and then TIMES fail with ERROR. ERROR 0 stands for a short write: half of the
 *       bytes are written.
 *   go           Begins PROGRAM, once.
 *   disarm
 *   record       From here on, count calls by target, number and stack.
 *   report       Answers with a line `call TARGET NUMBER STACK COUNT FRAME...` each, then `end`.
 *   total        Answers `total N`: how many calls all targets have made.
 *
 * Replies that come by themselves: `pid1 PID`, `logger PID`, `exited CODE`, `killed SIGNAL`,
 * `injected TARGET NUMBER ARGUMENT ARGUMENT ARGUMENT FILE` with the first arguments and the file
 * behind the first one as a descriptor.
 *
 * The tracer ends, and with it every process, when the socket is closed.
 *
 * A stack is the hash of the return addresses in the chain of frame pointers, so it names a call
 * in the source together with its callers and is the same in every run of a binary.
 *
 * `child` is every process between its clone(2) by PID 1 and its execve(2). Programs are not
 * traced.
 * close(2) is performed and then reported as failed, as Linux does. */
#define _GNU_SOURCE
#include "inject.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { line_size = 256 };

static int gate, control;

void reply(const char *format, ...) {
  va_list list;
  va_start(list, format);
  vdprintf(control, format, list);
  va_end(list);
}

static void report(void) {
  for (int i = 0; i < site_count; i++) {
    const site *one = &sites[i];
    reply("call %s %ld %u %u", target_names[one->target], one->number, one->stack, one->count);
    for (int frame = 0; frame < one->size; frame++) reply(" %lx", one->frames[frame]);
    reply("\n");
  }
  reply("end\n");
}

static void arm(const char *line) {
  char name[16];
  if (sscanf(line, "arm %15s %ld %d %u %u %u", name, &armed.number, &armed.error, &armed.stack,
             &armed.skip, &armed.times) != 6) exit(98);
  for (int i = 0; i < targets; i++)
    if (strcmp(name, target_names[i]) == 0) armed.target = (enum target)i;
  armed.is_armed = 1;
  reply("armed\n");
}

static void request(const char *line) {
  if (strncmp(line, "arm ", 4) == 0) arm(line);
  if (strcmp(line, "disarm") == 0) {
    armed.is_armed = 0;
    reply("disarmed\n");
  }
  if (strcmp(line, "record") == 0) {
    site_count = 0;
    is_recording = 1;
    reply("recording\n");
  }
  if (strcmp(line, "go") == 0 && write(gate, "", 1) == 1) reply("going\n");
  if (strcmp(line, "report") == 0) report();
  if (strcmp(line, "total") == 0) reply("total %lu\n", total);
}

static void read_requests(void) {
  static char bytes[line_size];
  static size_t size;
  ssize_t count = read(control, bytes + size, sizeof bytes - 1 - size);
  /* The kernel kills every tracee when its tracer ends. */
  if (count <= 0) exit(0);
  size += (size_t)count;
  char *end;
  while ((end = memchr(bytes, '\n', size))) {
    *end = 0;
    request(bytes);
    size -= (size_t)(end + 1 - bytes);
    memmove(bytes, end + 1, size);
  }
}

static void become(char **command, int begin) {
  char byte;
  if (read(begin, &byte, 1) != 1) _exit(96);
  close(begin);
  close(control);
  if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) _exit(95);
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) _exit(94);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execv(command[0], command);
  _exit(93);
}

static void start(char **command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) exit(92);
  gate = ends[1];
  pid_t child_pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
  if (child_pid < 0) exit(91);
  if (child_pid == 0) {
    close(gate);
    become(command, ends[0]);
  }
  close(ends[0]);
  follow(child_pid);
  reply("pid1 %d\n", first);
}

int main(int count, char **arguments) {
  if (count < 3) return 2;
  control = atoi(arguments[1]);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, NULL);
  int ends = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  start(arguments + 2);
  for (;;) {
    reap();
    struct pollfd both[2] = {{.fd = ends, .events = POLLIN}, {.fd = control, .events = POLLIN}};
    poll(both, 2, -1);
    struct signalfd_siginfo information;
    if (both[0].revents) while (read(ends, &information, sizeof information) > 0);
    if (both[1].revents) read_requests();
  }
}
