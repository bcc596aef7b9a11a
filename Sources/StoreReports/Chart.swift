public import EventStore

/// What a picture shows, before it is drawn for a terminal, as SVG or in a page.
public enum Chart: Equatable, Sendable {
    /// A value under each name.
    case bars(Bars)
    /// Values under each name over the same periods.
    case series(Series)

    /// A value under each name, in the order in which they are drawn.
    public struct Bars: Equatable, Sendable {
        /// What it shows, in a sentence.
        public var title: String
        /// Names and values from 0.
        public var bars: [(name: String, value: Double)]

        /// Compares all of it.
        public static func == (left: Self, right: Self) -> Bool {
            left.title == right.title && left.bars.elementsEqual(right.bars) { $0 == $1 }
        }
    }

    /// Values under each name over the same periods.
    public struct Series: Equatable, Sendable {
        /// What it shows, in a sentence.
        public var title: String
        /// The periods in order, without gaps.
        public var periods: [String]
        /// Names, and a value from 0 for each period.
        public var series: [(name: String, values: [Double])]

        /// Compares all of it.
        public static func == (left: Self, right: Self) -> Bool {
            left.title == right.title && left.periods == right.periods
                && left.series.elementsEqual(right.series) { $0 == $1 }
        }
    }

    /// What it shows, in a sentence.
    public var title: String {
        switch self {
        case .bars(let chart): chart.title
        case .series(let chart): chart.title
        }
    }

    /// The most names that are drawn; those with the highest values stay.
    public static let namesMax = 30

    /// The picture of an answer: over time where it has a column `month` or `year`, else a bar for each row, named by its
    /// first column of text and as long as its first column of numbers; nil where it has no such columns.
    public init?(_ answer: StoreAnswer, title: String) {
        guard !answer.rows.isEmpty else { return nil }
        let isNumber = answer.columns.indices.map { column in answer.rows.allSatisfy { $0[column].number != nil } }
        let value = answer.columns.firstIndex(of: "documents") ?? isNumber.firstIndex(of: true)
        guard let value, isNumber[value] else { return nil }
        let names = ["topic", "speaker", "topic_a", "topic_b", "title"].compactMap { answer.columns.firstIndex(of: $0) }
        let period = answer.columns.firstIndex { ["month", "year", "delivered_month"].contains($0) }
        if let period {
            let name = names.first { $0 != period }
            let series = Self.series(answer, period: period, name: name, value: value, title: title)
            guard !series.periods.isEmpty else { return nil }
            self = .series(series)
            return
        }
        let shown = names.isEmpty ? [answer.columns.indices.first { $0 != value } ?? value] : names
        let bars = answer.rows.map { row in
            (
                name: shown.map { row[$0].description }.joined(separator: " · "),
                value: max(0, row[value].number ?? 0)
            )
        }
        self = .bars(Bars(title: title, bars: Array(bars.prefix(Self.namesMax))))
    }

    private static func series(
        _ answer: StoreAnswer, period: Int, name: Int?, value: Int, title: String
    ) -> Series {
        var values: [String: [String: Double]] = [:]
        var totals: [String: Double] = [:]
        for row in answer.rows where row[period] != .null {
            let key = name.map { row[$0].description } ?? answer.columns[value]
            values[key, default: [:]][row[period].description, default: 0] += max(0, row[value].number ?? 0)
            totals[key, default: 0] += max(0, row[value].number ?? 0)
        }
        let periods = Periods.between(Set(values.values.flatMap(\.keys)))
        let highest = totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(namesMax)
        return Series(
            title: title, periods: periods,
            series: highest.map { key, _ in (key, periods.map { values[key]?[$0] ?? 0 }) })
    }
}

/// Years (`2022`) or months (`2022-05`), those between the first and the last included.
enum Periods {
    /// The most periods that are filled in; beyond, only those that have something stay.
    static let max = 1_200

    static func between(_ found: Set<String>) -> [String] {
        let sorted = found.sorted()
        guard let first = sorted.first.flatMap(Self.number), let last = sorted.last.flatMap(Self.number),
            first.isMonth == last.isMonth, sorted.allSatisfy({ Self.number($0)?.isMonth == first.isMonth }),
            last.number - first.number < max
        else { return sorted }
        return (first.number...last.number).map { number in
            guard first.isMonth else { return text(number, digits: 4) }
            return "\(text(number / 12, digits: 4))-\(text(number % 12 + 1, digits: 2))"
        }
    }

    private static func number(_ period: String) -> (number: Int, isMonth: Bool)? {
        let parts = period.split(separator: "-").map { Int($0) }
        switch (parts.count, parts.first ?? nil, parts.last ?? nil) {
        case (1, let year?, _): return (year, false)
        case (2, let year?, let month?) where 1...12 ~= month: return (year * 12 + month - 1, true)
        default: return nil
        }
    }

    private static func text(_ number: Int, digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: Swift.max(0, digits - text.count)) + text
    }
}
