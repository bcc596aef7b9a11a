/// Outcomes by group, so that intervals can be drawn from whole groups: versions of one bill are no independent proof.
struct EvaluationTally {
    /// Draws for an interval.
    static let resamples = 1_000
    /// Fixed, so that the same data give the same intervals.
    static let seed: UInt64 = 20_211_118
    /// A label counts for the macro average from so many labelled documents.
    static let macroPositives = 10

    private(set) var totals: [EvaluationCounts]
    /// Per group, label and outcome of all its documents but true negatives, which F1 does not count.
    private var groups: [[(label: Int32, outcome: EvaluationOutcome)]] = []
    private var groupNumbers: [String: Int] = [:]

    init(labelCount: Int) {
        totals = [EvaluationCounts](repeating: EvaluationCounts(), count: labelCount)
    }

    var groupCount: Int { groups.count }

    /// Labels that count for the macro average; the verdict, label 0, does not.
    var macroLabels: [Int] {
        totals.indices.dropFirst().filter { totals[$0].positives >= Self.macroPositives }
    }

    /// Decisions on all labels together; the verdict, label 0, is none of them.
    var pooled: EvaluationCounts { Self.pooled(totals) }

    private static func pooled(_ counts: [EvaluationCounts]) -> EvaluationCounts {
        counts.dropFirst().reduce(into: EvaluationCounts()) { $0.add($1) }
    }

    mutating func add(_ outcomes: [(label: Int, outcome: EvaluationOutcome)], group: String) {
        let number = groupNumbers[group] ?? groups.count
        if number == groups.count {
            groupNumbers[group] = number
            groups.append([])
        }
        for (label, outcome) in outcomes {
            totals[label].add(outcome)
            if outcome != .trueNegative { groups[number].append((Int32(label), outcome)) }
        }
    }

    /// 95% percentile intervals of F1: by label, of the labels' average, of all decisions together.
    struct Intervals {
        var f1: [Interval?]
        var macroF1: Interval?
        var microF1: Interval?
    }

    /// The intervals, from draws of groups with replacement.
    func bootstrap(using random: inout SplitMix64) -> Intervals {
        let macroLabels = macroLabels
        var f1 = [[Double]](repeating: [], count: totals.count)
        var macro: [Double] = []
        var micro: [Double] = []
        guard !groups.isEmpty else { return Intervals(f1: totals.map { _ in nil }) }
        for _ in 0..<Self.resamples {
            var counts = [EvaluationCounts](repeating: EvaluationCounts(), count: totals.count)
            for _ in groups.indices {
                for (label, outcome) in groups[random.below(groups.count)] { counts[Int(label)].add(outcome) }
            }
            for (label, count) in counts.enumerated() { if let value = count.f1 { f1[label].append(value) } }
            if let average = Self.mean(macroLabels.compactMap { counts[$0].f1 }) { macro.append(average) }
            if let value = Self.pooled(counts).f1 { micro.append(value) }
        }
        let intervals = totals.indices.map { label in
            totals[label].f1.flatMap { Self.interval($0, drawn: f1[label]) }
        }
        let average = Self.mean(macroLabels.compactMap { totals[$0].f1 })
        return Intervals(
            f1: intervals, macroF1: average.flatMap { Self.interval($0, drawn: macro) },
            microF1: pooled.f1.flatMap { Self.interval($0, drawn: micro) })
    }

    private static func mean(_ values: [Double]) -> Double? {
        values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    private static func interval(_ value: Double, drawn: [Double]) -> Interval? {
        guard !drawn.isEmpty else { return nil }
        let sorted = drawn.sorted()
        return Interval(
            value: value, low: sorted[(sorted.count - 1) * 25 / 1000], high: sorted[(sorted.count - 1) * 975 / 1000])
    }
}

/// The generator of Steele, Lea and Flood (2014): the same numbers from the same seed on any machine.
struct SplitMix64 {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 to `bound` - 1; uneven by less than one in 2⁴⁰ for bounds below 2²⁴.
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }
}
