internal import Speeches

/// A date as people write it in English: `17 May 2022`, `Tuesday 17th of May, 2022`, `May 17, 2022`, `May 2022`, `2022`,
/// or ISO 8601. Dates in figures with slashes are not read: 5/6/2022 is June in London and May in Washington.
struct WrittenDate: Equatable {
    let date: DeliveryDate
    /// How many words it took.
    let wordCount: Int

    /// Reads the date that the words begin with, the longest form first; nil when they begin with none.
    init?(prefixOf words: ArraySlice<Substring>) {
        for count in stride(from: min(words.count, Self.wordsMax), to: 0, by: -1) {
            guard let date = Self.date(words.prefix(count)) else { continue }
            self.date = date
            wordCount = count
            return
        }
        return nil
    }

    /// `Tuesday, the 17th of May 2022`.
    private static let wordsMax = 6

    private static func date(_ words: ArraySlice<Substring>) -> DeliveryDate? {
        guard let last = words.last, last.contains(where: \.isNumber) else { return nil }
        let plain = words.map { word in
            word.lowercased().trimmingPrefix("(").reversed().drop { ".,;)".contains($0) }.reversed()
        }.map { String($0) }.filter { !["the", "of", ""].contains($0) }
        let parts = plain.first.map(weekdays.contains) == true ? Array(plain.dropFirst()) : plain
        switch parts.count {
        case 1: return iso(parts[0])
        case 2: return months[parts[0]].flatMap { date(year: parts[1], month: $0) }
        case 3:
            if let month = months[parts[1]] { return date(year: parts[2], month: month, day: parts[0]) }
            return months[parts[0]].flatMap { date(year: parts[2], month: $0, day: parts[1]) }
        default: return nil
        }
    }

    private static func iso(_ text: String) -> DeliveryDate? {
        guard text.utf8.count <= 10, let date = DeliveryDate(text) else { return nil }
        return years.contains(Int(text.prefix(4)) ?? 0) ? date : nil
    }

    private static func date(year: String, month: Int, day: String? = nil) -> DeliveryDate? {
        guard year.utf8.count == 4, let number = Int(year), years.contains(number) else { return nil }
        let yearAndMonth = "\(number)-\(twoDigits(month))"
        guard let day else { return DeliveryDate(yearAndMonth) }
        let digits = day.prefix { $0.isASCII && $0.isNumber }
        guard 1...2 ~= digits.count, let value = Int(digits),
            ["", "st", "nd", "rd", "th"].contains(day.dropFirst(digits.count))
        else { return nil }
        return DeliveryDate("\(yearAndMonth)-\(twoDigits(value))")
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    /// A number outside is no year of a speech.
    private static let years = 1200...2999

    private static let weekdays: Set<String> = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "tues", "wed",
        "thu", "thur", "thurs", "fri", "sat", "sun",
    ]

    private static let months: [String: Int] = {
        let names = [
            "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
            "november", "december",
        ]
        var months = ["sept": 9]
        for (index, name) in names.enumerated() {
            months[name] = index + 1
            months[String(name.prefix(3))] = index + 1
        }
        return months
    }()
}
