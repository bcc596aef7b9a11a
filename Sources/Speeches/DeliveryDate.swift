/// When a speech was delivered: an ISO 8601 date with reduced precision (`2022`, `2022-05`, `2022-05-17`) or, where the
/// source knows the hour, an RFC 3339 timestamp (`2016-05-12T12:30:00+00:00`).
public struct DeliveryDate: Hashable, Sendable, CustomStringConvertible {
    /// The date as written.
    public let text: String

    /// Accepts the four forms, checks month, day and hour ranges, and refuses everything else with nil.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard Self.isDate(bytes.prefix(10)), bytes.count <= 10 || Self.isTime(bytes.dropFirst(10)) else { return nil }
        self.text = text
    }

    /// The date without a time of day.
    public var date: String { String(text.prefix(10)) }

    /// The whole timestamp where the time of day is known, else nil; what CloudEvents' `time` needs.
    public var timestamp: String? { text.utf8.count > 10 ? text : nil }

    /// The date as written.
    public var description: String { text }

    private static func isDate(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard [4, 7, 10].contains(bytes.count), number(bytes.prefix(4)) != nil else { return false }
        let rest = bytes.dropFirst(4)
        guard !rest.isEmpty else { return true }
        guard rest.first == UInt8(ascii: "-"), let month = number(rest.dropFirst().prefix(2)), 1...12 ~= month else {
            return false
        }
        let last = rest.dropFirst(3)
        guard !last.isEmpty else { return true }
        guard last.first == UInt8(ascii: "-"), let day = number(last.dropFirst()),
            let year = number(bytes.prefix(4))
        else { return false }
        return 1...days(in: month, of: year) ~= day
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// `THH:MM:SS`, an optional fraction, then `Z` or `±HH:MM`.
    private static func isTime(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        guard take("T", from: &rest), let hour = take(2, from: &rest), hour < 24, take(":", from: &rest),
            let minute = take(2, from: &rest), minute < 60, take(":", from: &rest),
            let second = take(2, from: &rest), second < 61
        else { return false }
        if take(".", from: &rest) {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard 1...9 ~= digits.count else { return false }
            rest = rest.dropFirst(digits.count)
        }
        if take("Z", from: &rest) { return rest.isEmpty }
        guard take("+", from: &rest) || take("-", from: &rest), let hours = take(2, from: &rest), hours < 24,
            take(":", from: &rest), let minutes = take(2, from: &rest), minutes < 60
        else { return false }
        return rest.isEmpty
    }

    private static func take(_ character: Unicode.Scalar, from rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func take(_ digits: Int, from rest: inout ArraySlice<UInt8>) -> Int? {
        guard rest.count >= digits, let value = number(rest.prefix(digits)) else { return nil }
        rest = rest.dropFirst(digits)
        return value
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for byte in bytes {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return bytes.isEmpty ? nil : value
    }
}
