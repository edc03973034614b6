// The entry point of libFuzzer, which the toolchain's compiler runtime contains (option
// -sanitize=fuzzer). The runtime has no header of its own for it.
// Source: LLVM documentation, "libFuzzer", section "Using libFuzzer as a library".
#ifndef LIBFUZZER_H
#define LIBFUZZER_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(
    int *argument_count, char ***arguments,
    int (*test_one_input)(const uint8_t *data, size_t size));

#endif
