/// Writes JSON (RFC 8259) byte by byte, members in the order of the calls.
///
/// Foundation's encoder orders members by hash or by name and formats numbers as it likes; an event's value must be the
/// same bytes on every machine and in the order that people read it in, so the writer is ours. Reading stays with
/// Foundation. It writes UTF-8, no white space, and escapes only what RFC 8259 section 7 requires.
struct JSONWriter {
    /// A control character is written as `\u001f`.
    static let bytesPerByteAtMost = 6

    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    mutating func object(_ members: (inout JSONWriter) -> Void) {
        container("{", "}", members)
    }

    mutating func array<Elements: Sequence>(
        _ elements: Elements, _ write: (inout JSONWriter, Elements.Element) -> Void
    ) {
        container("[", "]") { writer in
            for element in elements { write(&writer, element) }
        }
    }

    mutating func key(_ name: StaticString) {
        append(needsComma ? ",\"" : "\"")
        append(name)
        append("\":")
        needsComma = false
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
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
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    mutating func member(_ name: StaticString, _ value: Score) {
        key(name)
        separate()
        bytes.append(contentsOf: value.description.utf8)
    }

    mutating func number(_ value: Int) {
        separate()
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(of: value.magnitude)
    }

    /// Most numbers are offsets of a few digits.
    private mutating func digits(of number: UInt) {
        if number >= 10 { digits(of: number / 10) }
        bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }

    mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var value = value
        value.withUTF8 { escape($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func container(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ content: (inout JSONWriter) -> Void
    ) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
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
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[run..<index]))
                appendEscaped(byte)
                run = index &+ 1
            }
            index &+= 1
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[run...]))
    }

    /// Whether none of eight bytes needs escaping: none below 0x20, no quotation mark, no backslash. A byte less the bound
    /// has its high bit set where it was below, or already had it, which is taken out again. A borrow from the next byte
    /// can only make a plain one look special.
    private static func isPlain(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let chunk = UnsafeRawBufferPointer(text).loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let quote = chunk ^ (ones &* UInt64(UInt8(ascii: "\"")))
        let backslash = chunk ^ (ones &* UInt64(UInt8(ascii: "\\")))
        let special =
            (chunk &- ones &* 0x20) & ~chunk | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash
        return special & (ones &* 0x80) == 0
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\n"): bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\r"): bytes.append(UInt8(ascii: "r"))
        case UInt8(ascii: "\t"): bytes.append(UInt8(ascii: "t"))
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
