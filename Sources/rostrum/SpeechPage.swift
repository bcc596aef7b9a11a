import Speeches

/// A page that shows speeches with their evidence marked: one file, no script, nothing fetched.
enum SpeechPage {
    /// Everything before the first speech. The policy forbids scripts and every load, whatever a document may hold.
    static let head = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Rostrum: topics and their evidence</title>
        <style>
        :root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --quiet: #595959; --line: #d0d0d0; --mark: #ffe89a;
          --mark-ink: #1b1b1b; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e8e8e8; --paper: #16181b; --quiet: #a8a8a8; --line: #3a3d42; --mark: #6b5a12; --mark-ink: #fff; }
        }
        body { margin: 0 auto; padding: 1rem; max-width: 44rem; color: var(--ink); background: var(--paper);
          font: 1.0625rem/1.6 system-ui, sans-serif; overflow-wrap: break-word; }
        h1 { font-size: 1.4rem; line-height: 1.3; }
        article { border-bottom: 1px solid var(--line); padding-bottom: 1.5rem; margin-bottom: 1.5rem; }
        .facts, sub { color: var(--quiet); }
        table { border-collapse: collapse; width: 100%; font-size: .95rem; }
        th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        mark { background: var(--mark); color: var(--mark-ink); padding: 0 .1em; border-radius: .15em; }
        mark:target, sub { scroll-margin-top: 2rem; }
        sub { font-size: .7rem; vertical-align: baseline; }
        a { color: inherit; }
        </style>
        </head>
        <body>
        <main>

        """

    /// Everything after the last speech.
    static let foot = "</main>\n</body>\n</html>\n"

    /// One speech: facts, a table of topics, the text with marks.
    /// - Parameter number: tells the speeches of a page apart.
    static func article(_ event: ClassifiedSpeech, of speech: Speech, number: Int) -> String {
        let marks = Marks(event)
        var html = "<article id=\"s\(number)\">\n"
        html += "<h1>\(escape(speech.title ?? speech.id.rawValue))</h1>\n"
        html += "<p class=\"facts\">\(escape(facts(event)))</p>\n"
        html += table(event, marks, number)
        html += text(event, speech, marks, number)
        return html + "</article>\n"
    }

    private static func facts(_ event: ClassifiedSpeech) -> String {
        let document = event.document
        let verdict: String =
            switch event.assessment {
            case .empty: "The document has no words."
            case .unsupportedLanguage: "The document's language is not one that the rules read."
            case .classified: "Crime policy: \(event.crimePolicy?.value == true ? "yes" : "no")."
            }
        let who = [document.speaker?.name, document.speaker?.role, document.deliveredOn?.text].compactMap(\.self)
        return (who.isEmpty ? "" : who.joined(separator: ", ") + ". ") + verdict
            + " Rules: \(event.ruleset.name) \(event.ruleset.version)."
    }

    private static func table(_ event: ClassifiedSpeech, _ marks: Marks, _ number: Int) -> String {
        guard !event.topics.isEmpty else { return "<p>No topics.</p>\n" }
        var html =
            "<table>\n<thead><tr><th></th><th>Topic</th><th>Prominence</th><th>Score</th><th>Evidence</th></tr></thead>\n<tbody>\n"
        for (place, topic) in event.topics.enumerated() {
            let starts = topic.evidence.compactMap { $0.spans.first?.start }
            let links = starts.enumerated().compactMap { index, start in
                marks.index(at: start).map { "<a href=\"#s\(number)m\($0)\">\(index + 1)</a>" }
            }
            html +=
                "<tr><td>\(place + 1)</td><td>\(escape(topic.label))</td><td>\(topic.prominence.rawValue)</td><td>\(topic.score)</td>"
            html += "<td>\(links.joined(separator: " "))</td></tr>\n"
        }
        return html + "</tbody>\n</table>\n"
    }

    private static func text(_ event: ClassifiedSpeech, _ speech: Speech, _ marks: Marks, _ number: Int) -> String {
        var html = ""
        var start = 0
        for (index, paragraph) in ((speech.title.map { [$0] } ?? []) + speech.body).enumerated() {
            let scalars = Array(paragraph.unicodeScalars)
            let isTitle = index == 0 && speech.title != nil
            html += isTitle ? "<p><strong>" : "<p>"
            for piece in marks.pieces(of: start..<(start + scalars.count)) {
                let words = escape(
                    String(
                        String.UnicodeScalarView(
                            scalars[(piece.range.lowerBound - start)..<(piece.range.upperBound - start)])))
                guard let mark = piece.mark else {
                    html += words
                    continue
                }
                let labels = escape(mark.topics.map { event.topics[$0].label }.joined(separator: ", "))
                html += "<mark id=\"s\(number)m\(piece.index)\" title=\"\(labels)\">\(words)</mark>"
                if !mark.ending.isEmpty {
                    html += "<sub>\(mark.ending.map { String($0 + 1) }.joined(separator: ","))</sub>"
                }
            }
            html += isTitle ? "</strong></p>\n" : "</p>\n"
            // Title and paragraphs are two line breaks apart in the canonical text.
            start += scalars.count + 2
        }
        return html
    }

    /// Text as HTML: nothing of a document can become markup.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

/// Where the text is marked. Evidence of several topics may overlap; marks do not: the text is cut wherever evidence
/// begins or ends, and each piece knows all topics that it proves.
private struct Marks {
    struct Mark {
        let range: Range<Int>
        /// Places in the event's list of topics, in its order.
        let topics: [Int]
        /// Those of which evidence ends with this piece.
        let ending: [Int]
    }

    struct Piece {
        let range: Range<Int>
        let mark: Mark?
        let index: Int
    }

    private let marks: [Mark]

    init(_ event: ClassifiedSpeech) {
        let spans = event.topics.enumerated().flatMap { topic, tag in
            tag.evidence.flatMap { evidence in
                evidence.spans.filter { $0.start < $0.end }.map { (range: $0.start..<$0.end, topic: topic) }
            }
        }
        let cuts = Set(spans.flatMap { [$0.range.lowerBound, $0.range.upperBound] }).sorted()
        marks = zip(cuts, cuts.dropFirst()).compactMap { start, end in
            let covering = spans.filter { $0.range.contains(start) }
            guard !covering.isEmpty else { return nil }
            let ending = covering.filter { $0.range.upperBound == end }
            return Mark(
                range: start..<end, topics: Set(covering.map(\.topic)).sorted(),
                ending: Set(ending.map(\.topic)).sorted())
        }
    }

    /// The number of the mark that begins there or holds it.
    func index(at position: Int) -> Int? { marks.firstIndex { $0.range.contains(position) } }

    /// The range cut into marked and unmarked pieces.
    func pieces(of range: Range<Int>) -> [Piece] {
        var pieces: [Piece] = []
        var position = range.lowerBound
        for (index, mark) in marks.enumerated() where mark.range.overlaps(range) {
            let marked = mark.range.clamped(to: range)
            if position < marked.lowerBound {
                pieces.append(Piece(range: position..<marked.lowerBound, mark: nil, index: 0))
            }
            pieces.append(Piece(range: marked, mark: mark, index: index))
            position = marked.upperBound
        }
        if position < range.upperBound { pieces.append(Piece(range: position..<range.upperBound, mark: nil, index: 0)) }
        return pieces
    }
}
