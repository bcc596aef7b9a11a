internal import Speeches

/// The sentence under a speech's title that says who made it, in which office, where and when: `The speech made by Kit
/// Malthouse, the Minister for Crime and Policing, on 17 May 2022.` It is metadata and never part of the body, so that
/// an office such as 'Minister for Crime' is no evidence.
struct Byline: Equatable {
    var name: String?
    var role: String?
    var organisation: String?
    var date: DeliveryDate?
    var location: String?
    var event: String?

    /// Reads a line that is a byline from its first word to its last; nil for anything else, such as a sentence of
    /// the speech about a speech made by somebody.
    init?(_ line: String) {
        let words = line.split(separator: " ")
        guard words.count <= Self.wordsMax, let lead = Self.lead(of: words) else { return nil }
        let statement = Array(words[lead.end...])
        if let dated = Self.datedSplit(of: statement) {
            date = dated.date
            read(people: statement[..<dated.start])
            read(place: dated.place)
        } else {
            guard lead.hasVerb, Self.isOneClause(statement) else { return nil }
            read(people: statement[...])
        }
        guard name != nil || role != nil else { return nil }
        guard name.map(Self.isName) ?? true else { return nil }
    }

    private static let wordsMax = 80

    // MARK: The lead: 'Below is the text of the speech made by'

    private static let kinds: Set<String> = [
        "speech", "statement", "address", "remarks", "lecture", "article", "keynote", "broadcast", "contribution",
        "intervention", "message",
    ]
    private static let verbs: Set<String> = ["made", "given", "delivered", "presented"]
    private static let leadWords: Set<String> = [
        "below", "is", "here", "this", "the", "full", "text", "transcript", "of", "a", "maiden", "oral", "written",
        "ministerial", "opening", "closing", "keynote", "following", "budget", "resignation", "was", "'s", "conference",
        "joint",
    ]

    /// Where the words after 'by' begin, if everything before belongs to a byline.
    private static func lead(of words: [Substring]) -> (end: Int, hasVerb: Bool)? {
        guard let by = words.prefix(14).firstIndex(where: { $0.lowercased() == "by" }), by >= 1 else { return nil }
        let before = words[..<by].map { $0.lowercased() }
        guard before.contains(where: kinds.contains),
            before.allSatisfy({ kinds.contains($0) || verbs.contains($0) || leadWords.contains($0) })
        else { return nil }
        return (by + 1, verbs.contains(before[by - 1]))
    }

    // MARK: The date and what follows it

    private struct DatedSplit {
        let start: Int
        let date: DeliveryDate
        let place: ArraySlice<Substring>
    }

    /// The last 'on DATE' after which the line ends or goes on with a place.
    private static func datedSplit(of words: [Substring]) -> DatedSplit? {
        for index in words.indices.dropFirst().reversed() {
            guard ["on", "in", "dated"].contains(words[index].lowercased()),
                let written = WrittenDate(prefixOf: words[(index + 1)...])
            else { continue }
            let rest = words[(index + 1 + written.wordCount)...]
            guard rest.isEmpty || preposition(of: rest.first.map(String.init) ?? "") != nil else { continue }
            return DatedSplit(start: index, date: written.date, place: rest)
        }
        return nil
    }

    /// Without a date only a line that is names and offices throughout is a byline.
    private static func isOneClause(_ words: [Substring]) -> Bool {
        guard words.count <= 30, words.last?.hasSuffix(".") == true else { return false }
        return !words.dropLast().contains { $0.hasSuffix(".") && $0.count > 3 }
    }

    // MARK: People, offices and places

    private enum Preposition { case at, to, onBehalfOf }

    private static func preposition(of text: String) -> Preposition? {
        switch text.lowercased().prefix(while: { $0 != " " }) {
        case "in", "at", "from": .at
        case "to", "before", "during": .to
        default: text.lowercased().hasPrefix("on behalf of ") ? .onBehalfOf : nil
        }
    }

    /// `Kit Malthouse, the Minister for Crime and Policing, in the House of Commons`.
    private mutating func read(people words: ArraySlice<Substring>) {
        let text = words.joined(separator: " ")
        var segments = Self.splittingVenues(text.split(separator: ",").map { Self.trimmed($0) }.filter { !$0.isEmpty })
        if let first = segments.first, let office = Self.office(first) {
            role = office
            segments.removeFirst()
            if let next = segments.first, Self.isName(next), Self.office(next) == nil {
                name = segments.removeFirst()
            }
        } else if let first = segments.first {
            name = Self.withoutArticle(first)
            segments.removeFirst()
        }
        while let next = segments.first, Self.postNominals.contains(next), let known = name {
            name = "\(known), \(next)"
            segments.removeFirst()
        }
        let offices = segments.prefix { Self.preposition(of: $0) == nil }
        if !offices.isEmpty {
            let text = ([role].compactMap { $0 } + offices).joined(separator: ", ")
            role = Self.office(text) ?? text
        }
        readPlaces(segments.dropFirst(offices.count))
    }

    private mutating func read(place words: ArraySlice<Substring>) {
        let segments = words.joined(separator: " ").split(separator: ",").map { Self.trimmed($0) }
        readPlaces(segments[...])
    }

    /// A place runs on over commas ('in Manchester, England') until the next preposition.
    private mutating func readPlaces(_ segments: ArraySlice<String>) {
        var rest = segments
        while let first = rest.first, let kind = Self.preposition(of: first) {
            rest.removeFirst()
            let more = rest.prefix { Self.preposition(of: $0) == nil }
            rest = rest.dropFirst(more.count)
            let prefix = kind == .onBehalfOf ? "on behalf of ".count : first.prefix { $0 != " " }.count + 1
            let place = ([String(first.dropFirst(prefix))] + more).joined(separator: ", ")
            let text = TextNormalisation.optionalLine(place)
            switch kind {
            case .at: location = location ?? text.map(Self.withoutArticle)
            case .to: event = event ?? text.map(Self.withoutArticle)
            case .onBehalfOf: organisation = organisation ?? text.map(Self.withoutArticle)
            }
        }
    }

    /// Cuts a venue off the end of a name or office: 'Theresa May in the House of Commons'. After an office only the
    /// chambers are cut, because offices have prepositions of their own ('Minister of State at the Home Office').
    private static func splittingVenues(_ segments: [String]) -> [String] {
        segments.enumerated().flatMap { index, segment in
            let openings = index == 0 && office(segment) == nil ? nameEnds : chambers
            let cuts = openings.compactMap { segment.firstRange(of: $0)?.lowerBound }.filter { $0 > segment.startIndex }
            guard let cut = cuts.min() else { return [segment] }
            return [trimmed(segment[..<cut]), trimmed(segment[cut...])]
        }
    }

    private static let nameEnds = [" in ", " at ", " to the ", " before ", " on behalf of "]
    private static let chambers = [
        " in the House of", " in Westminster Hall", " in Parliament", " in the Commons", " in the Lords",
        " in the Scottish Parliament", " in the Senedd", " on behalf of ",
    ]
    private static let postNominals: Set<String> = [
        "MP", "MSP", "MS", "AM", "MLA", "MEP", "QC", "KC", "CBE", "OBE", "DBE", "KBE", "Jr", "Jr.", "Sr", "Sr.",
    ]

    /// The office without its article: 'the then Home Secretary' is 'Home Secretary'; nil for a name.
    private static func office(_ text: String) -> String? {
        let lower = text.lowercased()
        let titles = ["the rt hon", "the right hon", "the hon", "the lord bishop", "the earl", "the duke"]
        guard !titles.contains(where: lower.hasPrefix) else { return nil }
        for article in ["the then ", "then ", "the "] where lower.hasPrefix(article) {
            return String(text.dropFirst(article.count))
        }
        return nil
    }

    private static func withoutArticle(_ text: String) -> String {
        text.lowercased().hasPrefix("the ") ? String(text.dropFirst(4)) : text
    }

    /// A name begins with a capital, or in a script without capitals, and is short.
    private static func isName(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        guard let first = text.first, first.isLetter, !first.isLowercase, words.count <= 10 else { return false }
        return words.allSatisfy { $0.first?.isLowercase != true || particles.contains(String($0)) }
            && !text.contains(where: \.isNumber)
    }

    /// What stands in small letters between the capitals of a name.
    private static let particles: Set<String> = [
        "of", "and", "the", "de", "da", "del", "della", "di", "do", "dos", "du", "la", "le", "van", "von", "der", "den",
        "ten", "bin", "bint", "al", "el", "ap", "ferch", "y", "zu",
    ]

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = TextNormalisation.line(String(text))
        let initial = text.dropLast().last.map { !$0.isLetter || !$0.isUppercase } ?? true
        if text.hasSuffix("."), initial { text.removeLast() }
        return text
    }
}
