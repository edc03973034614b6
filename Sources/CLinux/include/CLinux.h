/* What Swift's Glibc module cannot say, and nothing else.
 *
 * A thing may be in here for one of three reasons: Swift's importer does not know it (epoll,
 * signalfd, timerfd, the wait macros, variadic functions, clone-like code that must not run Swift
 * between fork and exec); it is a union or a flexible record that would come through as unsafe
 * memory; or it has to run before Swift does. Everything is flat: integers, fixed records, arrays.
 * Functions return -errno where they can fail, so that no errno is read late.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>
#include <sys/types.h>

/* start.c: the arguments, kept by a constructor, for Swift's own copy needs /proc. */
int clinux_argument_count(void);
const char *clinux_argument(int index);
char *const *clinux_environment(void);
/* The path to execute for another one of us; relative where it was called so. */
const char *clinux_own_executable(void);
/* Overwrites the words of the command line that ps shows. */
void clinux_set_title(const char *title);

/* poll.c: epoll. `events` are CLINUX_ bits; `token` comes back as it was given. */
#define CLINUX_READABLE 1
#define CLINUX_WRITABLE 2
#define CLINUX_HANGUP 4
/* Of what is asked for: report once, and not again before the next change. */
#define CLINUX_ONCE 8
int clinux_poller_open(void);
int clinux_poller_add(int poller, int fd, int events, uint64_t token);
int clinux_poller_change(int poller, int fd, int events, uint64_t token);
int clinux_poller_remove(int poller, int fd);
/* At most `count` events; `timeout` in milliseconds, -1 for ever. */
int clinux_poller_wait(int poller, uint64_t *tokens, int *events, int count, int timeout);
/* One poll(2) of one descriptor: the CLINUX_ bits that hold, 0 on time-out. */
int clinux_poll_one(int fd, int events, int timeout);

/* clock.c */
typedef struct clinux_date {
  int year, month, day, hour, minute, second;
} clinux_date;
uint64_t clinux_monotonic(void);
int64_t clinux_wall(int32_t *nanoseconds);
void clinux_local_date(int64_t seconds, clinux_date *date);
void clinux_universal_date(int64_t seconds, clinux_date *date);
int clinux_timer_open(void);
/* Readable whenever the wall clock is set (TFD_TIMER_CANCEL_ON_SET), until it is read. */
int clinux_clock_watch_open(void);
/* Absolute, on the monotonic clock; 0 disarms. */
int clinux_timer_arm(int timer, uint64_t nanoseconds);

/* The wall clock's: also readable once when the clock is set, and then to be armed anew. */
int clinux_wall_timer_open(void);
/* Seconds since 1970; 0 disarms. */
int clinux_wall_timer_arm(int timer, int64_t seconds);

/* signals.c */
int clinux_signals_open(void);
/* Sets of signals have bit N-1 for signal N. Blocks those of the set, which are never faults or
 * SIGPIPE, and ignores all real-time signals that are not in it. */
int clinux_signals_take(uint64_t set);
/* A signalfd(2) for signals that are blocked. */
int clinux_signals_watch(uint64_t set);
/* At most CLINUX_SIGNAL_BATCH pending signals: those below 32 as a set, the others one by one.
 * Returns how many have been read in all. */
#define CLINUX_SIGNAL_BATCH 64
int clinux_signals_read(int fd, uint64_t *standard, uint8_t queued[CLINUX_SIGNAL_BATCH],
                        int *queued_count);
/* Blocks SIGCHLD alone, and reads it. */
int clinux_child_signal_open(void);
/* The number of one pending signal, 0 when there is none. */
int clinux_signals_next(int fd, int *sender);
void clinux_ignore_signal(int number);
/* It ends the process with 128 + its number, also PID 1, which no signal ends by default. */
void clinux_end_on_signal(int number);

/* children.c: how a child ended: CLINUX_EXITED with its code, or a signal with its number. */
#define CLINUX_NOBODY 0
#define CLINUX_EXITED 1
#define CLINUX_KILLED 2
#define CLINUX_DUMPED 3
/* The child has not ended: it was in a ptrace stop with this process as its tracer, and has been
 * detached (or killed where that is forbidden). The caller looks again. */
#define CLINUX_RELEASED 4
typedef struct clinux_ending {
  int32_t pid, kind, value;
} clinux_ending;
/* Leaves the zombie in place. kind is CLINUX_NOBODY when no child has ended.
 * Returns -ECHILD when there is no child at all. */
int clinux_peek_ended(clinux_ending *ending);
/* The same of one child. */
int clinux_peek_child(int32_t pid, clinux_ending *ending);
/* The same of the process behind a descriptor of pidfd_open(2). -ECHILD where it is no child. */
int clinux_peek_process(int handle, clinux_ending *ending);
/* Not zero: that child has been stopped by a signal since this was last asked. */
int clinux_has_stopped(int32_t pid);
int clinux_reap(int32_t pid, uint64_t *processor_time);

/* spawn.c */
typedef struct clinux_report {
  volatile int32_t stage, error;
} clinux_report;

typedef struct clinux_limit {
  int32_t resource;
  uint64_t soft, hard;
} clinux_limit;

enum clinux_stage {
  CLINUX_STAGE_NONE = 0,
  CLINUX_STAGE_GROUP,
  CLINUX_STAGE_TERMINAL,
  CLINUX_STAGE_DESCRIPTORS,
  CLINUX_STAGE_OOM,
  CLINUX_STAGE_NICE,
  CLINUX_STAGE_LIMITS,
  CLINUX_STAGE_PROCESSORS,
  CLINUX_STAGE_BOUNDING_SET,
  CLINUX_STAGE_GROUPS,
  CLINUX_STAGE_GID,
  CLINUX_STAGE_UID,
  CLINUX_STAGE_CAPABILITIES,
  CLINUX_STAGE_DIRECTORY,
  CLINUX_STAGE_PRIVILEGES,
  CLINUX_STAGE_EXEC,
};

/* What a role keeps: a helper process that runs this same binary. */
typedef struct clinux_role {
  /* Not zero: the role becomes `user`, with a group of the same number, and no other groups but
   * `group`, which it has where `has_group` is 1. */
  int32_t has_user, has_group;
  uint32_t user, group;
  /* The capabilities that it keeps, a bit for each. */
  uint64_t capabilities;
} clinux_role;

typedef struct clinux_launch {
  const char *path;
  char *const *arguments;
  char *const *environment;
  /* What become 0, 1 and 2; -1 is /dev/null. */
  int32_t stdio[3];
  /* One further descriptor and the number it gets; -1 is none. */
  int32_t extra_from, extra_to;
  /* Not zero: a process group in our session, and the foreground of the controlling terminal, if
   * there is one. Zero: a session of its own, unless stays_in_group. */
  int32_t foreground;
  /* Not zero: what is no program for the kernel is run by /bin/sh, as a shell would. */
  int32_t shell_fallback;
  const char *directory;
  int32_t umask_value; /* -1: as inherited */
  int32_t has_identity;
  uint32_t uid, gid;
  const uint32_t *groups;
  int32_t group_count;
  const clinux_limit *limits;
  int32_t limit_count;
  int32_t has_nice, nice, has_oom, oom, no_new_privileges;
  /* The processors it may run on, a bit for each; no words: as inherited. */
  const uint64_t *processors;
  int32_t processor_words;
  /* Not zero: it keeps the capabilities of this set and no others, a bit for each. */
  int32_t has_capabilities;
  uint64_t capabilities;
  /* Not NULL: a role, whose rights are reduced to this instead of by identity and capabilities. */
  const clinux_role *role;
  /* Not zero: it stays in the process group, and the session, of the process that starts it. */
  int32_t stays_in_group;
  /* Not zero: killed when the process that starts it ends. */
  int32_t dies_with_parent;
  /* A record the child sends before anything of its own, its last eight bytes replaced by its pid;
   * none while the size is 0. */
  const unsigned char *announcement;
  int32_t announcement_size, announcement_channel;
  clinux_report *report;
} clinux_launch;

/* The pid, or -errno. What fails in the child is in the report by the time it can be reaped. */
int clinux_spawn(const clinux_launch *launch);
/* Memory that a child shares until it execs; NULL when there is none. */
clinux_report *clinux_reports_make(int count);

/* roles.c */
/* Reduces the rights of this process for good: uid, groups, capabilities, PR_SET_NO_NEW_PRIVS. What
 * the kernel refuses stays as it is; the first refusal is returned as -errno. */
int clinux_reduce_rights(const clinux_role *role);
/* Its first step alone, for one that changes its user before: this takes CAP_SETPCAP. */
void clinux_reduce_bounding_set(uint64_t kept);
/* PR_SET_DUMPABLE: no other process without CAP_SYS_PTRACE may read the memory, the environment or
 * the descriptors of this process. execve(2) takes it back. */
int clinux_forbid_inspection(void);

/* seccomp.c: the sets of system calls that a role may make besides those that every role makes. */
#define CLINUX_CALLS_READING 1
#define CLINUX_CALLS_WRITING 2
#define CLINUX_CALLS_NETWORK 4
#define CLINUX_CALLS_SERVING 8
#define CLINUX_CALLS_STARTING 16
#define CLINUX_CALLS_FORKING 32
#define CLINUX_CALLS_LISTENING 64
#define CLINUX_CALLS_PASSING 128
#define CLINUX_CALLS_ACTING 256
/* For this process and its children, for good. */
int clinux_filter_calls(int sets);
int clinux_can_filter_calls(void);

/* process.c */
/* Sends SIGALRM to this process when so many seconds have passed since the last renewal. Each
 * 100 ms of processor time are a renewal. */
void clinux_limit_wait(unsigned seconds);
void clinux_renew_wait_limit(void);
int clinux_become_subreaper(void);
void clinux_set_name(const char *name);
int clinux_processor_count(void);
int clinux_give_terminal_to(int fd, int32_t group);
/* The group in its foreground, or -errno. */
int clinux_terminal_owner(int fd);
int clinux_resource_limit(int resource, uint64_t *soft, uint64_t *hard);
int clinux_set_resource_limit(int resource, uint64_t soft, uint64_t hard);
/* Whether a capability is in effect, by its number in capabilities(7). */
int clinux_has_capability(int number);
int clinux_become_user(uint32_t uid, uint32_t gid, const uint32_t *groups, int count);
/* The caller ends with 0; what goes on is a child in a session of its own, on /dev/null. */
int clinux_become_daemon(void);

/* sockets.c */
int clinux_make_nonblocking(int fd);
int clinux_unix_connect(const char *path);
/* The same without a file: a name in the abstract namespace of unix(7). */
int clinux_abstract_listen(const char *name, int backlog);
int clinux_abstract_connect(const char *name);
/* Who called listen(2), or connect(2), at the other end of a stream: unix(7), SO_PEERCRED. */
int clinux_peer(int fd, int32_t *uid, int32_t *pid);
int clinux_accept(int fd, int32_t *uid, int32_t *pid);
/* Whether connections can be accepted. A process that shares the socket can end that by connect(2)
 * with AF_UNSPEC, or by shutdown(2), which SO_ACCEPTCONN of a unix socket does not show. */
int clinux_is_listening(int fd);
/* Refuses connections at a unix socket from now on; 0 for any other socket. That of a TCP socket
 * may wait: a program that shares it can hold its lock, by a send(2) whose memory is slow. */
int clinux_stop_local_listening(int fd);
/* Processes at the other end of a unix(7) stream socket can pass no descriptors from now on
 * (SO_PASSRIGHTS, Linux 6.16; connections inherit it from their listener). Before Linux 6.16 they
 * can, so urgent data is read in its place: otherwise the kernel would drop it together with its
 * descriptors in the context of the reader, which may wait. */
void clinux_refuse_descriptors(int fd);
int clinux_datagram_connect(const char *path);
int clinux_message_pair(int fds[2]);
/* SOCK_STREAM, both ends non-blocking. */
int clinux_stream_pair(int fds[2]);
/* A record with at most one descriptor; pass -1 for none. */
int clinux_message_send(int fd, const void *bytes, int count, int passed);
/* Without `passed`, the kernel closes the descriptor. */
int clinux_message_receive(int fd, void *bytes, int count, int *passed);

/* files.c: variadic or macro-bound calls, and GNU's own. */
int clinux_pipe(int fds[2], int own_reader);
/* "ENOENT"; NULL for a number that has no name. */
const char *clinux_error_name(int error);
int clinux_open(const char *path, int flags, unsigned mode);
/* Whether this process may execute a file that has one of the three permissions to execute it.
 * access(2) would decide by the real uid, and where that is not 0 without capabilities. */
int clinux_may_execute(const char *path);
int clinux_duplicate(int fd, int minimum);
int clinux_set_inheritable(int fd, int inheritable);
/* A new open file of a pipe or terminal behind this descriptor, for writing without waiting; the
 * open file that others share stays as it is. -EINVAL for anything else. */
int clinux_reopen_for_writing(int fd);
#define CLINUX_FILE 0
#define CLINUX_SOCKET 1
#define CLINUX_PIPE 2
#define CLINUX_TERMINAL 3
int clinux_outlet_kind(int fd);
/* What fits now, of at most `count` bytes; -EAGAIN for nothing. */
int clinux_write_at_once(int fd, int kind, const void *bytes, int count);
/* Lets any user open it for writing by its name in /proc. */
int clinux_admit_writers(int fd);
int clinux_lock_file(int fd, int wait);
/* How many bytes a pipe holds. */
int clinux_unread(int fd);
int clinux_watch_directory(const char *path);
/* memfd_create(2), closed by exec. */
int clinux_memory_file(const char *name);
int clinux_read_at(int fd, void *buffer, int size, int64_t position);

#include "CLinuxFault.h"
#include "CLinuxFiles.h"
#include "CLinuxNetwork.h"
#include "CLinuxNotify.h"
#include "CLinuxTerminal.h"

#endif
