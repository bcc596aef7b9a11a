/// Writes JSON (RFC 8259) byte by byte, members in the order of the calls.
///
/// Foundation's encoder orders members by hash or by name and formats numbers as it likes; an event's value must be the
/// same bytes on every machine and in the order that people read it in, so the writer is ours. Reading stays with
/// Foundation. It writes UTF-8, no white space, and escapes only what RFC 8259 section 7 requires.
///
/// Everything is written into memory of its own: an array would be asked before each of an event's hundreds of pieces
/// whether it is shared and large enough.
struct JSONWriter: ~Copyable {
    /// A control character is written as `\u001f`.
    static let bytesPerByteAtMost = 6

    private var base: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int
    private var needsComma = false

    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// What was written so far.
    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        open("{")
        members(&self)
        close("}")
    }

    mutating func array<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
    ) {
        open("[")
        for element in elements { write(&self, element) }
        close("]")
    }

    mutating func key(_ name: StaticString) {
        reserve(name.utf8CodeUnitCount + 4)
        if needsComma { put(",") }
        put("\"")
        name.withUTF8Buffer { put($0) }
        put("\"")
        put(":")
        needsComma = false
    }

    mutating func key(_ name: String) {
        string(name)
        reserve(1)
        put(":")
        needsComma = false
    }

    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        number(value)
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        separate()
        reserve(5)
        let literal: StaticString = value ? "true" : "false"
        literal.withUTF8Buffer { put($0) }
    }

    /// The same digits as the score's `description`, which would be a text made to be thrown away.
    mutating func member(_ name: StaticString, _ value: Score) {
        key(name)
        separate()
        reserve(5)
        let thousandths = UInt(value.thousandths)
        guard thousandths % 1000 > 0 else { return digits(of: thousandths / 1000) }
        put("0")
        put(".")
        var rest = thousandths
        while rest > 0 {
            put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / 100))
            rest = rest % 100 * 10
        }
    }

    mutating func number(_ value: Int) {
        separate()
        reserve(20)
        if value < 0 { put("-") }
        digits(of: value.magnitude)
    }

    mutating func string(_ value: String) {
        separate()
        reserve(value.utf8.count + 2)
        put("\"")
        let isTaken: Void? = value.utf8.withContiguousStorageIfAvailable { escape($0) }
        if isTaken == nil {
            // Only a text that another language's runtime holds.
            var value = value
            value.withUTF8 { escape($0) }
        }
        reserve(1)
        put("\"")
    }

    private mutating func open(_ bracket: Unicode.Scalar) {
        separate()
        reserve(1)
        put(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        reserve(1)
        put(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma {
            reserve(1)
            put(",")
        }
        needsComma = true
    }

    /// Copies runs of plain bytes at once: almost every string is one run.
    private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
        var run = 0
        var index = 0
        while index < text.count {
            if index &+ 8 <= text.count, Self.isPlain(text, at: index) {
                index &+= 8
                continue
            }
            let byte = text[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                reserve(index &- run &+ Self.bytesPerByteAtMost)
                put(UnsafeBufferPointer(rebasing: text[run..<index]))
                putEscaped(byte)
                run = index &+ 1
            }
            index &+= 1
        }
        reserve(text.count &- run)
        put(UnsafeBufferPointer(rebasing: text[run...]))
    }

    /// Whether none of eight bytes needs escaping: none below 0x20, no quotation mark, no backslash. A byte less the bound
    /// has its high bit set where it was below, or already had it, which is taken out again. A borrow from the next byte
    /// can only make a plain one look special.
    @inline(__always)
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let chunk = UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let quote = chunk ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = chunk ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let special =
            (chunk &- ones &* 0x20) & ~chunk | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
        return special & (ones &* 0x80) == 0
    }

    // MARK: Memory

    /// Makes room for so many bytes more; whatever is put afterwards must have found room here.
    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if capacity &- count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        capacity = max(count + more, capacity * 2)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        assert(count < capacity)
        base[count] = byte
        count &+= 1
    }

    @inline(__always)
    private mutating func put(_ character: Unicode.Scalar) { put(UInt8(truncatingIfNeeded: character.value)) }

    @inline(__always)
    private mutating func put(_ run: UnsafeBufferPointer<UInt8>) {
        assert(run.count <= capacity - count)
        if let first = run.baseAddress { (base + count).update(from: first, count: run.count) }
        count &+= run.count
    }

    /// Most numbers are offsets of a few digits.
    private mutating func digits(of number: UInt) {
        if number >= 10 { digits(of: number / 10) }
        put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    private mutating func putEscaped(_ byte: UInt8) {
        put("\\")
        switch byte {
        case UInt8(ascii: "\n"): put("n")
        case UInt8(ascii: "\r"): put("r")
        case UInt8(ascii: "\t"): put("t")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): put(byte)
        default:
            put("u")
            put("0")
            put("0")
            for digit in [byte >> 4, byte & 15] {
                put(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            }
        }
    }
}
