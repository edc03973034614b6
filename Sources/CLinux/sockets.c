#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int unix_address(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) return -ENAMETOOLONG;
  strcpy(address->sun_path, path);
  return 0;
}

static int connect_to(const char *path, int type) {
  struct sockaddr_un address;
  int failure = unix_address(path, &address);
  if (failure) return failure;
  int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
  failure = -errno;
  close(fd);
  return failure;
}

int clinux_unix_connect(const char *path) { return connect_to(path, SOCK_STREAM); }

int clinux_datagram_connect(const char *path) {
  return connect_to(path, SOCK_DGRAM | SOCK_NONBLOCK);
}

/* The name is not terminated: its length is part of the address. */
static int abstract_address(const char *name, struct sockaddr_un *address, socklen_t *size) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  size_t length = strlen(name);
  if (length > sizeof address->sun_path - 1) return -ENAMETOOLONG;
  memcpy(address->sun_path + 1, name, length);
  *size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
  return 0;
}

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

void clinux_refuse_descriptors(int fd) {
  int off = 0, on = 1;
  setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &off, sizeof off);
  setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
}

int clinux_abstract_listen(const char *name, int backlog) {
  struct sockaddr_un address;
  socklen_t size;
  int failure = abstract_address(name, &address, &size);
  if (failure) return failure;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  clinux_refuse_descriptors(fd);
  if (bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, backlog) == 0) return fd;
  failure = -errno;
  close(fd);
  return failure;
}

int clinux_peer(int fd, int32_t *uid, int32_t *pid) {
  struct ucred peer = {0};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
  *uid = (int32_t)peer.uid;
  *pid = peer.pid;
  return 0;
}

int clinux_abstract_connect(const char *name) {
  struct sockaddr_un address;
  socklen_t size;
  int failure = abstract_address(name, &address, &size);
  if (failure) return failure;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (connect(fd, (struct sockaddr *)&address, size) == 0) return fd;
  failure = -errno;
  close(fd);
  return failure;
}

int clinux_accept(int fd, int32_t *uid, int32_t *pid) {
  int client = accept4(fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return -errno;
  int failure = clinux_peer(client, uid, pid);
  if (failure == 0) return client;
  close(client);
  return failure;
}

int clinux_message_pair(int fds[2]) {
  int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
  return socketpair(AF_UNIX, type, 0, fds) < 0 ? -errno : 0;
}

int clinux_stream_pair(int fds[2]) {
  int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  return socketpair(AF_UNIX, type, 0, fds) < 0 ? -errno : 0;
}

int clinux_message_send(int fd, const void *bytes, int count, int passed) {
  if (passed < 0) {
    /* Roles that pass no descriptor must not need sendmsg(2): their filters do not allow it. */
    ssize_t sent = send(fd, bytes, (size_t)count, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? -errno : (int)sent;
  }
  char control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec piece = {(void *)bytes, (size_t)count};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
    .msg_controllen = sizeof control};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &passed, sizeof passed);
  ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? -errno : (int)sent;
}

int clinux_message_receive(int fd, void *bytes, int count, int *passed) {
  if (!passed) {
    ssize_t length = recv(fd, bytes, (size_t)count, MSG_DONTWAIT);
    return length < 0 ? -errno : (int)length;
  }
  char control[CMSG_SPACE(sizeof(int))];
  struct iovec piece = {bytes, (size_t)count};
  /* Not the size of `control`, which has room for the padding of one descriptor and so for a second
   * one: the kernel closes what does not fit. */
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control,
    .msg_controllen = CMSG_LEN(sizeof(int))};
  *passed = -1;
  ssize_t received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (received < 0) return -errno;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
    memcpy(passed, CMSG_DATA(header), sizeof *passed);
  return (int)received;
}

int clinux_is_listening(int fd) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens) return 0;
  struct pollfd state = {.fd = fd, .events = POLLRDHUP};
  return poll(&state, 1, 0) <= 0 || !(state.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

int clinux_stop_local_listening(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0 || domain != AF_UNIX) return 0;
  shutdown(fd, SHUT_RDWR);
  return 1;
}
