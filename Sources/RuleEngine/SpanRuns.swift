/// Stretches of words, to be asked whether one of them holds some other words.
struct SpanRuns {
    static let none = SpanRuns([])

    /// In order of first word.
    let spans: [WordSpan]
    /// The furthest last word of the spans so far, by number.
    private let furthest: [UInt32]

    /// The stretches from first to last word of matches.
    /// - Parameter matches: in order of place.
    init(_ matches: [Match]) {
        var spans: [WordSpan] = []
        var furthest: [UInt32] = []
        if !matches.isEmpty {
            spans.reserveCapacity(matches.count)
            furthest.reserveCapacity(matches.count)
        }
        for match in matches {
            spans.append(match.extent)
            furthest.append(max(furthest.last ?? 0, match.last))
        }
        self.spans = spans
        self.furthest = furthest
    }

    var isEmpty: Bool { spans.isEmpty }

    /// Whether `span` lies within one of the stretches: some stretch that begins no later ends no earlier.
    func contain(_ span: WordSpan) -> Bool {
        let after = spans.partitionPoint { $0.first > span.first }
        return after > 0 && furthest[after - 1] >= span.last
    }
}

/// What several exclusions find: words inside are no evidence.
struct Exclusions {
    static let none = Exclusions()

    /// Those of exclusions that find anything; in most documents that is none.
    private var runs: [SpanRuns] = []

    var isEmpty: Bool { runs.isEmpty }

    mutating func add(_ more: SpanRuns) {
        if !more.isEmpty { runs.append(more) }
    }

    func contain(_ span: WordSpan) -> Bool { runs.contains { $0.contain(span) } }
}

/// Matches, to be asked whether one of them lies within some words.
struct ContainedMatches {
    /// In order of first word, each with the earliest last word from there on.
    private let matches: [(first: UInt32, earliest: UInt32)]

    /// - Parameter matches: in order.
    init(_ matches: [Match]) {
        var earliest = UInt32.max
        self.matches = matches.reversed().map { match in
            earliest = min(earliest, match.last)
            return (match.first, earliest)
        }.reversed()
    }

    func isAny(within span: WordSpan) -> Bool {
        let from = matches.partitionPoint { $0.first >= span.first }
        return from < matches.count && matches[from].earliest <= span.last
    }
}
