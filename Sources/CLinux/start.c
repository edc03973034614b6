#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static int argument_count;
static char **arguments;

/* Before anything else runs: a missing 0, 1 or 2 would become whatever we open first, and what
 * programs write would go there. */
__attribute__((constructor(101))) static void fill_standard_descriptors(void) {
  for (int fd = 0; fd < 3; fd++)
    if (fcntl(fd, F_GETFD) < 0) open("/dev/null", O_RDWR);
}

/* Swift's runtime looks for its own place in /proc, and aborts where that is not mounted. */
__attribute__((constructor(101))) static void name_runtime_place(void) {
  if (access("/proc/self/exe", F_OK) < 0) setenv("SWIFT_ROOT", "/", 0);
}

const char *clinux_own_executable(void) {
  if (access("/proc/self/exe", F_OK) == 0) return "/proc/self/exe";
  const char *path = (const char *)getauxval(AT_EXECFN);
  return path ? path : "/proc/self/exe";
}

/* glibc hands (argc, argv, envp) to constructors, also in a static binary and without /proc. */
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
  argument_count = count;
  arguments = values;
}

int clinux_argument_count(void) { return argument_count; }

const char *clinux_argument(int index) {
  return index >= 0 && index < argument_count ? arguments[index] : "";
}

char *const *clinux_environment(void) { return environ; }

void clinux_set_title(const char *title) {
  if (argument_count == 0) return;
  char *first = arguments[0];
  char *last = arguments[argument_count - 1];
  size_t room = (size_t)(last + strlen(last) - first);
  size_t length = strlen(title);
  if (length > room) length = room;
  memcpy(first, title, length);
  memset(first + length, 0, room - length);
}
