#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_notify_socket(void) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  int on = 1;
  int failure = setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
  if (failure == 0) return fd;
  failure = -errno;
  close(fd);
  return failure;
}

int clinux_bind_abstract(int fd, const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length == 0 || length >= sizeof address.sun_path) return -ENAMETOOLONG;
  memcpy(address.sun_path + 1, name, length);
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
  return bind(fd, (struct sockaddr *)&address, size) < 0 ? -errno : 0;
}

static void read_sender(struct msghdr *message, clinux_datagram *datagram) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS) continue;
    struct ucred sender;
    memcpy(&sender, CMSG_DATA(c), sizeof sender);
    datagram->pid = sender.pid;
    datagram->user = sender.uid;
  }
}

/* The room is for the sender alone, so that MSG_CTRUNC means descriptors. MSG_PEEK leaves them to
 * the queue: a call that takes the message also discards descriptors for which there is no room,
 * and waits for that. */
int clinux_receive_plain(int fd, void *buffer, int size, int names_sender, clinux_datagram *found) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct ucred))];
  } control;
  struct iovec piece = {buffer, (size_t)size};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (names_sender) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
  }
  *found = (clinux_datagram){.user = UINT32_MAX};
  ssize_t count = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0) return -errno;
  found->is_truncated = (message.msg_flags & MSG_TRUNC) != 0;
  found->has_descriptors = (message.msg_flags & MSG_CTRUNC) != 0;
  read_sender(&message, found);
  if (found->has_descriptors) return (int)count;
  return recv(fd, buffer, (size_t)count, MSG_DONTWAIT) < 0 ? -errno : (int)count;
}

int clinux_shutdown_reading(int fd) { return shutdown(fd, SHUT_RD) < 0 ? -errno : 0; }

/* All but these, which are in ascending order: where the exit of a child waits, its other
 * descriptors would stay open. Linux before 5.9 has no close_range(2). */
static void close_all_but(const int32_t *fds, int count) {
  unsigned next = 0;
  for (int i = 0; i < count; i++) {
    unsigned kept = (unsigned)fds[i];
    if (kept > next) syscall(SYS_close_range, next, kept - 1, 0u);
    next = kept + 1;
  }
  syscall(SYS_close_range, next, ~0u, 0u);
}

/* The child holds the sockets until the parent has closed its own, and closes them by its exit: an
 * exiting process does not wait for SO_LINGER, and one that hangs hangs alone. */
int clinux_close_elsewhere(const int32_t *fds, int count, int stops) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t pid = _Fork();
  if (pid < 0) {
    int failure = -errno;
    close(ends[0]);
    close(ends[1]);
    return failure;
  }
  if (pid == 0) {
    char byte;
    close(ends[1]);
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {}
    close_all_but(fds, count);
    for (int i = 0; stops && i < count; i++) shutdown(fds[i], SHUT_RDWR);
    _exit(0);
  }
  close(ends[0]);
  for (int i = 0; i < count; i++) close(fds[i]);
  close(ends[1]);
  return pid;
}

/* SCM_MAX_FD of the kernel. Descriptors without room are discarded by the receiving call. */
enum { max_passed = 253 };

static ssize_t receive_with_descriptors(int fd) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(max_passed * sizeof(int))];
  } control;
  char byte;
  struct iovec piece = {&byte, 1};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control,
    .msg_controllen = sizeof control};
  return recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
}

static void become_receiver(const int32_t *fds, int count) {
  struct rlimit limit;
  close_all_but(fds, count);
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int clinux_receive_elsewhere(int fd) {
  pid_t pid = _Fork();
  if (pid != 0) return pid < 0 ? -errno : pid;
  become_receiver(&fd, 1);
  receive_with_descriptors(fd);
  close(fd);
  _exit(0);
}

int clinux_empty_elsewhere(const int32_t *fds, int count) {
  pid_t pid = _Fork();
  if (pid != 0) return pid < 0 ? -errno : pid;
  become_receiver(fds, count);
  for (int i = 0; i < count; i++) {
    while (receive_with_descriptors(fds[i]) >= 0) {}
    if (errno == EAGAIN) shutdown(fds[i], SHUT_RDWR);
    close(fds[i]);
  }
  _exit(0);
}

int clinux_process_open(int32_t pid) {
  long fd = syscall(SYS_pidfd_open, pid, 0);
  return fd < 0 ? -errno : (int)fd;
}

int clinux_process_signal(int fd, int number) {
  return syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) < 0 ? -errno : 0;
}

int clinux_random(void *bytes, int count) {
  ssize_t found = getrandom(bytes, (size_t)count, GRND_NONBLOCK);
  return found == count ? 0 : found < 0 ? -errno : -EAGAIN;
}
