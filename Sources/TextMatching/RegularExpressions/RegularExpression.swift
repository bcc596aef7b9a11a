/// A regular expression without the constructs that make matching explode: a Thompson automaton simulated over the text,
/// all states at once (K. Thompson, Regular Expression Search Algorithm, CACM 11(6), 1968).
///
/// It knows literals, `.`, classes, `\d \w \s \b` and their opposites, groups, `|`, `* + ?`, `{m,n}`, `^` and `$` (ends of
/// the paragraph), and `(?-i)` in front for exact case. Letters match in either case unless that is given. It never spans
/// a line end. Matches are leftmost-longest and do not overlap; an empty match is none. Work is bounded whatever the
/// expression and the text: see `maximumMatchLength` and `maximumSteps`.
public struct RegularExpression: Sendable {
    /// The expression as written.
    public let pattern: String
    let program: [Instruction]
    let ignoresCase: Bool

    /// An expression may compile to so many instructions.
    public static let maximumInstructions = 512
    /// A match may have so many characters.
    public static let maximumMatchLength = 1_000
    /// A search takes so many steps, then ends with the matches it has: the same ones every time.
    public static let maximumSteps = 50_000_000

    enum Instruction: Sendable {
        case character(CharacterSet)
        case split(Int, Int)
        case jump(Int)
        case wordBoundary(Bool)
        case start
        case end
        case accept
    }

    /// Why an expression was refused.
    public struct Problem: Error, Equatable, Sendable {
        /// What is wrong.
        public let message: String
        /// How to mend it.
        public let cure: String
        /// The character at fault, counted in code points from 0.
        public let offset: Int
    }

    /// Compiles an expression.
    public init(_ pattern: String) throws(Problem) {
        self.pattern = pattern
        var scalars = Array(pattern.unicodeScalars)
        let exactCase = Array("(?-i)".unicodeScalars)
        ignoresCase = !scalars.starts(with: exactCase)
        let offset = ignoresCase ? 0 : exactCase.count
        scalars.removeFirst(offset)
        var parser = RegularExpressionParser(scalars, offset: offset)
        let tree = try parser.parse()
        var compiler = RegularExpressionCompiler()
        try compiler.compile(tree)
        program = compiler.program
        guard !tree.canBeEmpty else {
            throw Problem(
                message: "the expression matches nothing at all, everywhere", cure: "require at least one character",
                offset: 0)
        }
    }

    /// Hands over the byte range of each match in valid UTF-8, in order.
    /// - Parameter steps: how many the search may take, at most `maximumSteps`.
    /// - Returns: how many it took.
    @discardableResult
    public func forEachMatch(
        in text: UnsafeBufferPointer<UInt8>, steps: Int = maximumSteps, _ body: (Range<Int>) -> Void
    ) -> Int {
        var search = RegularExpressionSearch(self, text, stepsMaximum: min(steps, Self.maximumSteps))
        while let match = search.next() { body(match) }
        return search.steps
    }
}

/// A set of characters as ranges of code points.
struct CharacterSet: Equatable, Sendable {
    private(set) var ranges: [ClosedRange<UInt32>]
    private(set) var isInverted = false

    static let digits = CharacterSet([0x30...0x39])
    static let word = CharacterSet([
        0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F,
    ])
    static let space = CharacterSet([0x09...0x09, 0x20...0x20, 0xA0...0xA0, 0x2000...0x200A, 0x202F...0x202F])
    static let any = CharacterSet([0...0x10FFFF])

    init(_ ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

    var inverted: CharacterSet {
        var set = self
        set.isInverted.toggle()
        return set
    }

    mutating func formUnion(_ other: CharacterSet) {
        ranges += other.isInverted ? other.complement : other.ranges
    }

    private var complement: [ClosedRange<UInt32>] {
        var gaps: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
        return gaps
    }

    func contains(_ value: UInt32) -> Bool {
        // Line ends belong to no set: no match spans them.
        value != 0x0A && ranges.contains { $0.contains(value) } != isInverted
    }

    func contains(_ scalar: Unicode.Scalar, ignoringCase: Bool) -> Bool {
        if contains(scalar.value) { return true }
        return ignoringCase && Self.otherCases(scalar).contains { contains($0) }
    }

    /// The simple case counterparts of a letter.
    private static func otherCases(_ scalar: Unicode.Scalar) -> [UInt32] {
        switch scalar.value {
        case 0x41...0x5A: [scalar.value + 0x20]
        case 0x61...0x7A: [scalar.value - 0x20]
        case 0..<0xC0: []
        default:
            [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping].compactMap { mapping in
                let scalars = mapping.unicodeScalars
                return scalars.count == 1 && scalars.first != scalar ? scalars.first!.value : nil
            }
        }
    }
}
