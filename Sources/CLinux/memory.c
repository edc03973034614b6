/* Allocation that fails. Swift crashes on a NULL of malloc(3) in the middle of whatever it does;
 * so before it sees one a reserve is released, once, and the allocation is repeated.
 *
 * The linker gives every call of malloc(3) in the static binary to these wrappers (--wrap), those
 * of the Swift runtime and of the C library too. Without that option nothing calls them. */
#include "CLinux.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { reserve_size = 256 << 10 };

void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t number, size_t size) __attribute__((weak));
void *__real_realloc(void *memory, size_t size) __attribute__((weak));
int __real_posix_memalign(void **memory, size_t alignment, size_t size) __attribute__((weak));

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t number, size_t size);
void *__wrap_realloc(void *memory, size_t size);
int __wrap_posix_memalign(void **memory, size_t alignment, size_t size);

static void *reserve;
static int is_armed;

int clinux_memory_reserve(void) {
  if (is_armed) return 0;
  void *memory = mmap(0, reserve_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return -errno;
  reserve = memory;
  is_armed = 1;
  return 0;
}

/* Whether to repeat the allocation. */
static int has_more(size_t size, const void *caller) {
  if (!is_armed) return 0;
  if (!reserve) clinux_fault_die("no memory: cannot allocate ", size, " bytes", caller);
  munmap(reserve, reserve_size);
  reserve = 0;
  clinux_fault_warn("no memory: cannot allocate ", size,
      " bytes; released the reserve of 256 KiB, and the next failure ends the supervisor");
  return 1;
}

void *__wrap_malloc(size_t size) {
  void *found;
  do found = __real_malloc(size);
  while (!found && has_more(size, __builtin_return_address(0)));
  return found;
}

void *__wrap_calloc(size_t number, size_t size) {
  void *found;
  do found = __real_calloc(number, size);
  while (!found && has_more(number * size, __builtin_return_address(0)));
  return found;
}

void *__wrap_realloc(void *memory, size_t size) {
  void *found;
  do found = __real_realloc(memory, size);
  while (!found && size && has_more(size, __builtin_return_address(0)));
  return found;
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  int error;
  do error = __real_posix_memalign(memory, alignment, size);
  while (error == ENOMEM && has_more(size, __builtin_return_address(0)));
  return error;
}
