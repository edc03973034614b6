#define _GNU_SOURCE
#include "CLinuxNetwork.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int clinux_address_parse(const char *text, uint8_t bytes[16], uint32_t *scope) {
  char address[INET6_ADDRSTRLEN];
  const char *end = strchrnul(text, '%');
  size_t length = (size_t)(end - text);
  *scope = 0;
  if (length >= sizeof address) return -EINVAL;
  memcpy(address, text, length);
  address[length] = 0;
  if (*end == 0 && inet_pton(AF_INET, address, bytes) == 1) return 4;
  if (inet_pton(AF_INET6, address, bytes) != 1) return -EINVAL;
  if (*end == 0) return 16;
  *scope = if_nametoindex(end + 1);
  if (*scope != 0) return 16;
  char *rest;
  *scope = (uint32_t)strtoul(end + 1, &rest, 10);
  return *scope == 0 || *rest != 0 ? -EINVAL : 16;
}

int clinux_address_print(const uint8_t *bytes, int count, uint32_t scope, char *text) {
  if (!inet_ntop(count == 4 ? AF_INET : AF_INET6, bytes, text, INET6_ADDRSTRLEN)) return -errno;
  if (scope != 0) sprintf(text + strlen(text), "%%%u", scope);
  return 0;
}

static socklen_t fill(struct sockaddr_storage *place, const uint8_t *bytes, int count,
    uint32_t scope, uint16_t port) {
  memset(place, 0, sizeof *place);
  if (count == 4) {
    struct sockaddr_in *four = (struct sockaddr_in *)place;
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    memcpy(&four->sin_addr, bytes, 4);
    return sizeof *four;
  }
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)place;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  six->sin6_scope_id = scope;
  memcpy(&six->sin6_addr, bytes, 16);
  return sizeof *six;
}

static int begin(int kind, const struct sockaddr *address, socklen_t length) {
  int type = kind == CLINUX_DATAGRAM ? SOCK_DGRAM : SOCK_STREAM;
  int fd = socket(address->sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (connect(fd, address, length) == 0 || errno == EINPROGRESS) return fd;
  int failure = -errno;
  close(fd);
  return failure;
}

int clinux_connect_begin(
    const uint8_t *bytes, int count, uint32_t scope, uint16_t port, int kind) {
  struct sockaddr_storage address;
  socklen_t length = fill(&address, bytes, count, scope, port);
  return begin(kind, (struct sockaddr *)&address, length);
}

int clinux_local_connect_begin(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  return begin(CLINUX_STREAM, (struct sockaddr *)&address, sizeof address);
}

int clinux_peer_address(int fd, uint8_t bytes[16], uint32_t *scope) {
  struct sockaddr_storage place;
  socklen_t length = sizeof place;
  *scope = 0;
  if (getpeername(fd, (struct sockaddr *)&place, &length) < 0) return -errno;
  if (place.ss_family == AF_INET) {
    memcpy(bytes, &((struct sockaddr_in *)&place)->sin_addr, 4);
    return 4;
  }
  if (place.ss_family != AF_INET6) return -EAFNOSUPPORT;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&place;
  if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
    memcpy(bytes, six->sin6_addr.s6_addr + 12, 4);
    return 4;
  }
  memcpy(bytes, &six->sin6_addr, 16);
  *scope = six->sin6_scope_id;
  return 16;
}

int clinux_connect_result(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
  return -error;
}

int clinux_send(int fd, const void *bytes, int count) {
  ssize_t sent;
  do sent = send(fd, bytes, (size_t)count, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : (int)sent;
}

int clinux_tcp_listen(const uint8_t *bytes, int count, uint32_t scope, uint16_t port, int backlog,
    int blocking) {
  struct sockaddr_storage place;
  socklen_t length = fill(&place, bytes, count, scope, port);
  int type = SOCK_STREAM | SOCK_CLOEXEC | (blocking ? 0 : SOCK_NONBLOCK);
  int fd = socket(place.ss_family, type, 0);
  if (fd < 0) return -errno;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&place, length) == 0 && listen(fd, backlog) == 0) return fd;
  int failure = -errno;
  close(fd);
  return failure;
}
