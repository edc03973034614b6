/* What the two halves of the tracer share: calls.c follows the tracee, inject.c takes requests. */
#ifndef INJECT_H
#define INJECT_H

#include <stdint.h>
#include <sys/types.h>

enum { depth = 12 };
enum target { pid1, logger, child, targets };

/* A call in the source with its callers. */
typedef struct site {
  enum target target;
  long number;
  uint32_t stack;
  unsigned count;
  int size;
  uint64_t frames[depth];
} site;

typedef struct fault {
  int is_armed;
  enum target target;
  long number;
  int error;
  uint32_t stack;
  unsigned skip, times;
} fault;

extern const char *const target_names[targets];
extern fault armed;
extern site sites[];
extern int site_count, is_recording, has_begun;
/* The process that is PID 1 of the new namespace, by its number out here. */
extern pid_t first;
extern unsigned long total;

/* A line to the test. */
void reply(const char *format, ...);
/* Begins to trace the first process, which waits. */
void follow(pid_t pid);
/* Handles every process that has stopped or ended. */
void reap(void);

#endif
