/* Addresses and connections of probes: records of sockaddr's many shapes, which Swift would see as
 * unsafe memory. Admitted: addresses as bytes in network order, 4 for IPv4 and 16 for IPv6, with
 * the scope of a link-local one. Names are never resolved here: a static C library would load
 * modules of the image's own C library for that, and crash where they do not fit. */
#ifndef CLINUX_NETWORK_H
#define CLINUX_NETWORK_H

#include <stdint.h>

/* The length of the address, -EINVAL if it is none. "fe80::1%eth0" sets the scope. */
int clinux_address_parse(const char *text, uint8_t bytes[16], uint32_t *scope);
/* `text` holds 64 bytes: INET6_ADDRSTRLEN and a scope. */
int clinux_address_print(const uint8_t *bytes, int count, uint32_t scope, char *text);

/* Begins to connect a non-blocking socket: bytes in order or datagrams. */
#define CLINUX_STREAM 1
#define CLINUX_DATAGRAM 2
int clinux_connect_begin(const uint8_t *bytes, int count, uint32_t scope, uint16_t port, int kind);
/* To a unix(7) stream socket; -EAGAIN when its queue is full. */
int clinux_local_connect_begin(const char *path);
/* The length of the address at the other end of a TCP connection, or -errno. An IPv4 address that
 * is mapped into IPv6 (RFC 4291 section 2.5.5.2) comes as IPv4. */
int clinux_peer_address(int fd, uint8_t bytes[16], uint32_t *scope);
/* How a connection that has become writable went: 0 or -errno. */
int clinux_connect_result(int fd);
/* As write(2), but without SIGPIPE when the other side has gone. */
int clinux_send(int fd, const void *bytes, int count);

/* A listening socket, or -errno. */
int clinux_tcp_listen(const uint8_t *bytes, int count, uint32_t scope, uint16_t port, int backlog,
    int blocking);

#endif
