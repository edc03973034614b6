/* Empty: the runtimes of the sanitizers find the functions of options.c by their names. */
