#define _GNU_SOURCE
#include "CLinux.h"

#include <string.h>
#include <unistd.h>

static int argument_count;
static char **arguments;

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
