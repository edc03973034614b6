#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>
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

/* There must be room for all descriptors that a message can carry: those without room the kernel
 * closes in our own context, and that may wait. */
int clinux_notify_receive(int fd, void *buffer, int size, clinux_datagram *datagram) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(CLINUX_MAX_PASSED * sizeof(int))];
  } control;
  struct iovec piece = {buffer, (size_t)size};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = &control,
    .msg_controllen = sizeof control};
  datagram->pid = datagram->passed_count = 0;
  datagram->user = UINT32_MAX;
  ssize_t count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count < 0) return -errno;
  datagram->is_truncated = (message.msg_flags & MSG_TRUNC) != 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_CREDENTIALS) {
      struct ucred sender;
      memcpy(&sender, CMSG_DATA(c), sizeof sender);
      datagram->pid = sender.pid;
      datagram->user = sender.uid;
    } else if (c->cmsg_type == SCM_RIGHTS) {
      size_t size_of_all = c->cmsg_len - CMSG_LEN(0);
      memcpy(datagram->passed, CMSG_DATA(c), size_of_all);
      datagram->passed_count = (int32_t)(size_of_all / sizeof(int));
    }
  }
  return (int)count;
}

int clinux_shutdown_reading(int fd) { return shutdown(fd, SHUT_RD) < 0 ? -errno : 0; }

/* The child holds every descriptor until the parent has closed its own, and closes them by its
 * exit: an exiting process does not wait for SO_LINGER, and one that hangs hangs alone. */
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
    for (int i = 0; stops && i < count; i++) shutdown(fds[i], SHUT_RDWR);
    _exit(0);
  }
  close(ends[0]);
  for (int i = 0; i < count; i++) close(fds[i]);
  close(ends[1]);
  return pid;
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
