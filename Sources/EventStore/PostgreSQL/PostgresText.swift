/// Texts to and from PostgreSQL.
///
/// Its `text` holds everything that a Swift string holds except U+0000, which JSON may escape and an event may have. It
/// is stored as U+FDD0 `0`, and U+FDD0 itself, a code point that no text has a reason to hold (Unicode 16, section 23.7),
/// as U+FDD0 `1`. So every text comes back as it was, and no two become one.
enum PostgresText {
    /// No literal may hold it; it is a scalar all the same.
    private static let mark = Unicode.Scalar(UInt16(0xFDD0))!

    /// A text as the database holds it.
    static func stored(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0 || $0 == 0xEF }) else { return text }
        var stored = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\0": stored.append(contentsOf: [mark, "0"])
            case mark: stored.append(contentsOf: [mark, "1"])
            default: stored.append(scalar)
            }
        }
        return String(stored)
    }

    /// The text that `stored` was made of.
    static func original(_ stored: String) -> String {
        guard stored.utf8.contains(0xEF), stored.unicodeScalars.contains(mark) else { return stored }
        var original = String.UnicodeScalarView()
        var scalars = stored.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == mark else {
                original.append(scalar)
                continue
            }
            if let next = scalars.next() { original.append(next == "0" ? "\0" : mark) }
        }
        return String(original)
    }

    /// An array as a parameter for `$1::text[]`: `{"a","b\"c",NULL}`.
    static func array(_ texts: [String?]) -> String {
        var literal = "{"
        for (index, text) in texts.enumerated() {
            if index > 0 { literal += "," }
            guard let text else {
                literal += "NULL"
                continue
            }
            literal += "\""
            for scalar in stored(text).unicodeScalars {
                if scalar == "\"" || scalar == "\\" { literal += "\\" }
                literal.unicodeScalars.append(scalar)
            }
            literal += "\""
        }
        return literal + "}"
    }

    /// An array of numbers as a parameter for `$1::bigint[]`.
    static func array(_ numbers: some Sequence<Int64>) -> String {
        "{" + numbers.map(String.init).joined(separator: ",") + "}"
    }
}

/// Rows for COPY in its text form: fields divided by tabs, `\N` for NULL, a backslash before what means something
/// (https://www.postgresql.org/docs/current/sql-copy.html).
struct PostgresRows {
    let table: String
    let columns: String
    private(set) var bytes: [UInt8] = []
    private var isAtStart = true

    init(_ table: String, _ columns: String) {
        self.table = table
        self.columns = columns
    }

    mutating func text(_ text: String?) {
        guard var text else { return null() }
        separate()
        text.withUTF8 { utf8 in
            var run = 0
            for index in utf8.indices {
                guard let escape = Self.escape(utf8, index) else { continue }
                bytes.append(contentsOf: utf8[run..<index])
                bytes.append(contentsOf: escape)
                run = index + (utf8[index] == 0xEF ? 3 : 1)
            }
            bytes.append(contentsOf: utf8[run...])
        }
    }

    /// What stands for a byte that cannot stand for itself. U+FDD0 is EF B7 90.
    private static func escape(_ utf8: UnsafeBufferPointer<UInt8>, _ index: Int) -> [UInt8]? {
        switch utf8[index] {
        case UInt8(ascii: "\\"): Array("\\\\".utf8)
        case UInt8(ascii: "\t"): Array("\\t".utf8)
        case UInt8(ascii: "\n"): Array("\\n".utf8)
        case UInt8(ascii: "\r"): Array("\\r".utf8)
        case 0: [0xEF, 0xB7, 0x90, UInt8(ascii: "0")]
        case 0xEF where utf8[index + 1] == 0xB7 && utf8[index + 2] == 0x90: [0xEF, 0xB7, 0x90, UInt8(ascii: "1")]
        default: nil
        }
    }

    mutating func number(_ number: some BinaryInteger) {
        separate()
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func number(_ number: Int64?) {
        if let number { self.number(number) } else { null() }
    }

    mutating func flag(_ flag: Bool) { number(flag ? 1 : 0) }

    /// A text that needs no escape, such as a score.
    mutating func plain(_ text: String?) {
        guard let text else { return null() }
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    mutating func endRow() {
        bytes.append(UInt8(ascii: "\n"))
        isAtStart = true
    }

    private mutating func null() {
        separate()
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(ascii: "N"))
    }

    private mutating func separate() {
        if !isAtStart { bytes.append(UInt8(ascii: "\t")) }
        isAtStart = false
    }
}
