#include "json_tape.h"

#include <cstring>
#include <memory>
#include <new>
#include <vector>

#if defined(__SSE2__)
#define RAPIDJSON_SSE2
#endif
#include <rapidjson/reader.h>

struct json_tape {
  // Strings are resolved in place. The reader looks at 16 bytes at once and ends at a NUL.
  std::vector<char> texts;
  std::vector<json_tape_item> items;
};

namespace {

constexpr size_t padding = 16;
constexpr size_t lengthMax = size_t{1} << 30;
constexpr size_t depthMax = 500;

// A thread keeps one tape of an ordinary size for the next text.
constexpr size_t spareMax = 64 * 1024;
thread_local std::unique_ptr<json_tape> spare;

// Writes down what RapidJSON's reader meets. A function that gives false ends the reading.
class Recorder {
 public:
  explicit Recorder(json_tape &tape) : tape(tape) {}

  bool Null() { return add(json_tape_null, 0); }
  bool Bool(bool value) { return add(value ? json_tape_true : json_tape_false, 0); }
  bool Int(int value) { return add(json_tape_whole, value); }
  bool Uint(unsigned value) { return add(json_tape_whole, value); }
  bool Int64(int64_t value) { return add(json_tape_whole, value); }
  bool Uint64(uint64_t value) { return value <= INT64_MAX && add(json_tape_whole, static_cast<int64_t>(value)); }
  bool RawNumber(const char *, rapidjson::SizeType, bool) { return false; }

  // Readers differ on nothing written as a real number: 0e5, and what is too small for a double.
  bool Double(double value) {
    if (value == 0) return false;
    int64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return add(json_tape_real, bits);
  }

  bool String(const char *text, rapidjson::SizeType length, bool) {
    return !holdsSurrogate(text, length) && add(json_tape_string, text - tape.texts.data(), length);
  }

  bool Key(const char *text, rapidjson::SizeType length, bool copy) { return String(text, length, copy); }
  bool StartObject() { return begin(json_tape_object); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool StartArray() { return begin(json_tape_array); }
  bool EndArray(rapidjson::SizeType) { return end(); }

 private:
  json_tape &tape;
  std::vector<uint32_t> open;

  bool add(uint32_t kind, int64_t bits, uint32_t size = 0) {
    tape.items.push_back({kind, size, bits});
    return true;
  }

  bool begin(uint32_t kind) {
    if (open.size() >= depthMax) return false;
    open.push_back(static_cast<uint32_t>(tape.items.size()));
    return add(kind, 0);
  }

  bool end() {
    tape.items[open.back()].size = static_cast<uint32_t>(tape.items.size() - open.back() - 1);
    open.pop_back();
    return true;
  }

  // An escape of half a pair alone, which the reader lets pass where it is the second half, comes out as ED A0 80 or above.
  static bool holdsSurrogate(const char *text, size_t length) {
    const char *end = text + length;
    while ((text = static_cast<const char *>(std::memchr(text, 0xED, end - text))) != nullptr) {
      if (++text == end || static_cast<unsigned char>(*text) >= 0xA0) return true;
    }
    return false;
  }
};

}  // namespace

json_tape *json_tape_parse(const uint8_t *bytes, size_t length) {
  if (length == 0 || length >= lengthMax || std::memchr(bytes, 0, length) != nullptr) return nullptr;
  try {
    auto tape = spare ? std::move(spare) : std::make_unique<json_tape>();
    tape->texts.assign(bytes, bytes + length);
    tape->texts.resize(length + padding, 0);
    tape->items.clear();
    // An event has an item for every ten bytes or so.
    tape->items.reserve(length / 10 + 16);
    rapidjson::InsituStringStream stream(tape->texts.data());
    Recorder recorder(*tape);
    rapidjson::Reader reader;
    constexpr unsigned flags = rapidjson::kParseInsituFlag | rapidjson::kParseFullPrecisionFlag;
    if (reader.Parse<flags>(stream, recorder).IsError()) return nullptr;
    return tape.release();
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
}

const json_tape_item *json_tape_items(const json_tape *tape) { return tape->items.data(); }

const uint8_t *json_tape_texts(const json_tape *tape) {
  return reinterpret_cast<const uint8_t *>(tape->texts.data());
}

void json_tape_free(json_tape *tape) {
  std::unique_ptr<json_tape> done(tape);
  if (!spare && done->texts.capacity() <= spareMax) spare = std::move(done);
}
