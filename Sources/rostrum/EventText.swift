import Speeches

/// An event as people read it on a terminal.
struct EventText {
    private let event: ClassifiedSpeech
    private let text: [Unicode.Scalar]?

    /// - Parameter speech: the document, where it is at hand; quotes that the event leaves out come from it.
    init(_ event: ClassifiedSpeech, of speech: Speech? = nil) {
        self.event = event
        text = speech.map { Array($0.canonicalText.unicodeScalars) }
    }

    /// Title, facts, every topic with all its evidence.
    var full: String {
        heading
            + event.topics.map { topic in
                line(topic) + topic.evidence.map { "      \(quote($0))  \(where: $0)\n" }.joined() + more(topic)
            }.joined()
    }

    /// Title, facts, every topic with one proof.
    var brief: String {
        heading
            + event.topics.map { topic in
                line(topic) + (topic.evidence.first.map { "      \(quote($0))\n" } ?? "")
            }.joined()
    }

    private var heading: String {
        let document = event.document
        let facts = [
            document.speaker?.name, document.speaker?.role, document.deliveredOn?.text, verdict,
        ].compactMap(\.self).map(Self.printable)
        let none = event.topics.isEmpty ? "  no topics\n" : ""
        return Self.printable(document.title ?? document.id.rawValue) + "\n" + facts.joined(separator: ", ") + "\n"
            + none
    }

    private var verdict: String {
        switch event.assessment {
        case .empty: "the document has no words"
        case .unsupportedLanguage: "language '\(event.document.language ?? "unknown")' is not one the rules read"
        case .classified:
            "crime policy: \(event.crimePolicy?.value == true ? "yes" : "no") "
                + "(\(event.crimePolicy?.score.description ?? "0"))"
        }
    }

    private func line(_ topic: TaggedTopic) -> String {
        let name = Self.printable(topic.id.rawValue)
        return "  \(name)\(String(repeating: " ", count: max(1, 28 - name.count)))"
            + "\(topic.prominence.rawValue)\(String(repeating: " ", count: 13 - topic.prominence.rawValue.count))"
            + "\(topic.score)\n"
    }

    private func more(_ topic: TaggedTopic) -> String {
        let left = topic.evidenceCount - topic.evidence.count
        return left > 0 ? "      and \(left) more\n" : ""
    }

    /// The words in angle quotes within what stands around them.
    private func quote(_ evidence: Evidence) -> String {
        evidence.spans.map { span in
            guard let exact = span.exact ?? slice(span.start, span.end) else {
                return "characters \(span.start) to \(span.end)"
            }
            let before = span.prefix ?? slice(span.start - Self.around, span.start) ?? ""
            let after = span.suffix ?? slice(span.end, span.end + Self.around) ?? ""
            let isAtStart = span.start <= before.unicodeScalars.count
            let isAtEnd = after.unicodeScalars.count < Self.around
            return Self.oneLine("\(isAtStart ? "" : "…")\(before)«\(exact)»\(after)\(isAtEnd ? "" : "…")")
        }.joined(separator: " + ")
    }

    /// How many characters before and behind a quote are shown, and kept in events.
    private static let around = 32

    private func slice(_ start: Int, _ end: Int) -> String? {
        guard let text else { return nil }
        let range = max(0, start)..<min(text.count, max(0, end))
        return String(String.UnicodeScalarView(text[range]))
    }

    /// Quotes may reach over paragraphs; each run of spaces and line breaks becomes one space.
    private static func oneLine(_ text: String) -> String {
        printable(text).split(separator: " ").joined(separator: " ")
    }

    /// A terminal obeys control characters, and a title may hold any; none reaches it.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
                        ? " " : $0
                }))
    }
}

extension DefaultStringInterpolation {
    fileprivate mutating func appendInterpolation(where evidence: Evidence) {
        appendLiteral("(\(evidence.rule), \(evidence.sentence == 0 ? "title" : "sentence \(evidence.sentence)"))")
    }
}
