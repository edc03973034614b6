/* Options of the sanitizers' runtimes, compiled in: a role has only some variables of the
 * environment, so that ASAN_OPTIONS would not reach it.
 *
 * Reports go to files, for the standard error of PID 1 belongs to the container. The product
 * handles the signals of faults itself. Leaks are not looked for: LeakSanitizer uses ptrace(2) at
 * the exit, which the roles forbid, and PID 1 and its roles end without releasing their memory.
 * Strict checks of strings stay off: strndup(3) of bytes without a NUL is allowed. */
#include "SanitizerOptions.h"

#define REPORTS "log_path=/tmp/entrypoint-sanitizers/report"

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void) {
  return REPORTS
      ":detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0"
      ":use_sigaltstack=0:detect_stack_use_after_return=1";
}

const char *__ubsan_default_options(void) { return REPORTS ":print_stacktrace=1"; }
