/// An encoding that plain text may come in.
public enum TextEncoding: String, Sendable, CaseIterable {
    /// UTF-8, with or without a byte order mark.
    case utf8 = "utf-8"
    /// UTF-16, little end first.
    case utf16LittleEndian = "utf-16le"
    /// UTF-16, big end first.
    case utf16BigEndian = "utf-16be"
    /// The code page of Western European Windows.
    case windows1252 = "windows-1252"
}

/// Text and the encoding it was read in.
struct DecodedText: Equatable {
    let text: String
    let encoding: TextEncoding

    /// Decodes text. A byte order mark decides; without one it is UTF-8, or Windows-1252 where nothing speaks against
    /// it. What could only be guessed is refused: a speech with wrong letters is worse than one that is missing.
    /// - Throws: `FormatError` with code `binary` or `encoding`.
    init(_ bytes: [UInt8], as named: TextEncoding? = nil) throws(FormatError) {
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
            throw FormatError(.encoding, "the text is UTF-32", cure: Self.conversion)
        }
        let marked: TextEncoding? =
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { .utf8 } else if bytes.starts(with: [0xFF, 0xFE]) {
                .utf16LittleEndian
            } else if bytes.starts(with: [0xFE, 0xFF]) { .utf16BigEndian } else { nil }
        let mark = marked == nil ? 0 : marked == .utf8 ? 3 : 2
        let (text, encoding) = try Self.decode(bytes, from: mark, as: named ?? marked)
        try Self.refuseControls(in: text)
        self.text = text
        self.encoding = encoding
    }

    static let conversion = "convert it to UTF-8 (iconv -f ENCODING -t UTF-8), or name its encoding"

    private static func decode(
        _ bytes: [UInt8], from start: Int, as encoding: TextEncoding?
    ) throws(FormatError) -> (String, TextEncoding) {
        switch encoding {
        case .utf16LittleEndian: return (try utf16(bytes, from: start, highByte: 1), .utf16LittleEndian)
        case .utf16BigEndian: return (try utf16(bytes, from: start, highByte: 0), .utf16BigEndian)
        case .utf8: return (try utf8(bytes, from: start), .utf8)
        case .windows1252:
            guard let text = Windows1252.decode(bytes[start...]) else {
                let undefined = bytes.firstIndex(where: Windows1252.isUndefined) ?? 0
                throw FormatError(
                    .encoding, "byte 0x\(hexadecimal(bytes[undefined])) is undefined in windows-1252",
                    cure: conversion
                ).at(byte: undefined, of: bytes)
            }
            return (text, .windows1252)
        case nil:
            try refuseNULs(in: bytes)
            if let text = String(validating: bytes, as: UTF8.self) { return (text, .utf8) }
            if Windows1252.isPlausible(bytes), let text = Windows1252.decode(bytes[...]) {
                return (text, .windows1252)
            }
            return (try utf8(bytes, from: 0), .utf8)
        }
    }

    private static func utf8(_ bytes: [UInt8], from start: Int) throws(FormatError) -> String {
        if let text = String(validating: bytes[start...], as: UTF8.self) { return text }
        let offset = UTF8Damage.first(in: bytes)
        throw FormatError(
            .encoding, "byte 0x\(hexadecimal(bytes[offset])) at offset \(offset) is not valid UTF-8",
            cure: "fetch the text again if it is damaged; else " + conversion
        ).at(byte: offset, of: bytes)
    }

    private static func utf16(_ bytes: [UInt8], from start: Int, highByte: Int) throws(FormatError) -> String {
        let units = stride(from: start, to: bytes.count - 1, by: 2).map { index in
            UInt16(bytes[index + highByte]) << 8 | UInt16(bytes[index + 1 - highByte])
        }
        guard (bytes.count - start).isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) else {
            throw FormatError(
                .encoding, "the text is not valid UTF-16: half a character or half a surrogate pair is missing",
                cure: "fetch the text again")
        }
        return text
    }

    /// NUL never occurs in text; in every second place it means UTF-16 that lost its mark.
    private static func refuseNULs(in bytes: [UInt8]) throws(FormatError) {
        guard let first = bytes.firstIndex(of: 0) else { return }
        let even = stride(from: 0, to: bytes.count, by: 2).count { bytes[$0] == 0 }
        let odd = stride(from: 1, to: bytes.count, by: 2).count { bytes[$0] == 0 }
        if max(even, odd) * 4 > bytes.count, min(even, odd) * 50 < max(even, odd) {
            throw FormatError(
                .encoding, "the text looks like UTF-16 without a byte order mark",
                cure: "convert it to UTF-8, or name its encoding (utf-16le, utf-16be)")
        }
        throw FormatError(
            .binary, "byte \(first) is NUL: this is no text", cure: "extract the text (pdftotext, pandoc) first")
    }

    /// Stray form feeds and the like happen in text; a text full of control characters is none.
    private static func refuseControls(in text: String) throws(FormatError) {
        var controls = 0
        var nuls = 0
        var count = 0
        for scalar in text.unicodeScalars {
            count += 1
            let isControl = scalar.value < 0x20 && !(0x09...0x0D).contains(scalar.value)
            if isControl || scalar.value == 0x7F { controls += 1 }
            if scalar.value == 0 { nuls += 1 }
        }
        guard nuls > 0 || (controls > 3 && controls * 50 > count) else { return }
        throw FormatError(
            .binary, "\(controls) of \(count) characters are control characters: this is no text",
            cure: "extract the text (pdftotext, pandoc) first")
    }
}

/// Two hexadecimal digits.
private func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return byte < 16 ? "0" + digits : digits
}

/// Where bytes stop being UTF-8.
enum UTF8Damage {
    /// The offset of the first byte that belongs to no valid sequence; the byte count if all do.
    static func first(in bytes: [UInt8]) -> Int {
        var index = 0
        while index < bytes.count {
            guard let length = sequenceLength(in: bytes, at: index) else { return index }
            index += length
        }
        return bytes.count
    }

    /// The length of the valid sequence (RFC 3629) that starts here, nil if none does.
    static func sequenceLength(in bytes: [UInt8], at index: Int) -> Int? {
        let lead = bytes[index]
        let (length, second): (Int, ClosedRange<UInt8>)
        switch lead {
        case 0x00...0x7F: return 1
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard index + length <= bytes.count, second.contains(bytes[index + 1]) else { return nil }
        let rest = bytes[(index + 2)..<max(index + 2, index + length)]
        return rest.allSatisfy { (0x80...0xBF).contains($0) } ? length : nil
    }
}
