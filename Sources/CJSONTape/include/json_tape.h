// A JSON text (RFC 8259) taken apart in one pass into a row of items, by RapidJSON's reader.
//
// Items stand in the order of the text. An object is an item, then a string and a value for each member; an array is an
// item, then its values. Either says how many items belong to it, so that a reader may step over what it does not want.

#ifndef ROSTRUM_JSON_TAPE_H
#define ROSTRUM_JSON_TAPE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  json_tape_null,
  json_tape_false,
  json_tape_true,
  json_tape_whole,   // bits: a 64-bit whole number, signed
  json_tape_real,    // bits: those of a double
  json_tape_string,  // bits: where it begins in the texts; size: its bytes
  json_tape_object,  // size: items after this one that belong to it
  json_tape_array    // the same
};

typedef struct {
  uint32_t kind;
  uint32_t size;
  int64_t bits;
} json_tape_item;

typedef struct json_tape json_tape;

// Takes a text apart, or gives NULL where it is not JSON, or is JSON of a kind that needs a more patient reader: a byte
// order mark, a raw NUL, half a surrogate pair, a zero with a point or an exponent, a whole number beyond 64 bits, 500 levels and more, 1 GiB and more. The bytes
// must be UTF-8; that is the caller's to check. Any thread; the tape is its caller's, to be freed by json_tape_free.
json_tape *json_tape_parse(const uint8_t *bytes, size_t length);

// The first item; the whole text's value.
const json_tape_item *json_tape_items(const json_tape *tape);

// The bytes that strings are in, escapes resolved.
const uint8_t *json_tape_texts(const json_tape *tape);

void json_tape_free(json_tape *tape);

#ifdef __cplusplus
}
#endif

#endif
