/// A score from 0 to 1 in thousandths. Integers, so that every machine computes and prints the same digits.
public struct Score: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// From 0 to 1000.
    public let thousandths: Int

    /// Takes thousandths, 0 to 1000.
    public init(thousandths: Int) {
        precondition((0...1000).contains(thousandths), "a score lies between 0 and 1000 thousandths")
        self.thousandths = thousandths
    }

    /// `part / whole` rounded half up; `part` must not exceed `whole`, `whole` must be positive.
    public init(_ part: Int, of whole: Int) {
        self.init(thousandths: (part * 2000 + whole) / (2 * whole))
    }

    /// A decimal number without trailing zeros: `0`, `0.5`, `0.833`, `1`.
    public var description: String {
        if thousandths == 1000 { return "1" }
        if thousandths == 0 { return "0" }
        var digits = String(thousandths + 1000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "0." + digits
    }

    /// Orders by value.
    public static func < (left: Score, right: Score) -> Bool { left.thousandths < right.thousandths }
}
