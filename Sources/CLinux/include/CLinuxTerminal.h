/* The terminal of an interactive command. Admitted: what must happen in a signal handler, where
 * no Swift may run, so that a shell is never left without echo; and termios, whose fields are
 * macros. */
#ifndef CLINUX_TERMINAL_H
#define CLINUX_TERMINAL_H

/* How a terminal treats what is typed. */
#define CLINUX_TERMINAL_COOKED 0 /* as it was found */
#define CLINUX_TERMINAL_KEYS 1   /* key by key, without echo; Ctrl-C is still a signal */
#define CLINUX_TERMINAL_SECRET 2 /* by lines, without echo */

/* Puts it in a mode, and back in the first one when a signal ends or stops the process. One
 * terminal at a time. */
int clinux_terminal_mode(int fd, int mode);
/* The width in columns, or -errno. */
int clinux_terminal_columns(int fd);
/* Ctrl-C and SIGWINCH, blocked, as a signalfd. */
int clinux_interrupts_open(void);
#endif
