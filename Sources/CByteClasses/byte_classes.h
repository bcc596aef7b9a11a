// What each of sixty-four bytes of text is, one bit a byte, lowest bit first.
//
// Swift has no way to turn a vector comparison into bits; Clang's portable vectors have, and become one instruction for
// sixteen bytes where the processor has it (pmovmskb). Everything here is inlined into the scanner.
#pragma once

#include <stdint.h>
#include <string.h>

typedef struct {
    /// ASCII letters and digits.
    uint64_t words;
    /// Spaces (0x20).
    uint64_t spaces;
} byte_classes;

/// Reads exactly sixty-four bytes, aligned or not.
static inline byte_classes byte_classes_of_64(const uint8_t *text) {
    typedef uint8_t bytes __attribute__((ext_vector_type(64)));
    typedef _Bool bits __attribute__((ext_vector_type(64)));
    bytes block;
    memcpy(&block, text, sizeof block);
    // The case bit turns capitals into small letters and leaves digits alone; unsigned wrapping makes each range one
    // comparison.
    bytes letters = (block | 0x20) - 'a';
    bytes digits = block - '0';
    bits words = __builtin_convertvector((letters < 26) | (digits < 10), bits);
    bits spaces = __builtin_convertvector(block == ' ', bits);
    byte_classes classes;
    memcpy(&classes.words, &words, sizeof classes.words);
    memcpy(&classes.spaces, &spaces, sizeof classes.spaces);
    return classes;
}
