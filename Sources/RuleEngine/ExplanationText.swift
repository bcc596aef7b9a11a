internal import Speeches

extension Explanation {
    /// The explanation as people read it on a terminal.
    /// - Parameter includingSilent: whether rules and topics of which nothing occurs are listed too.
    public func text(includingSilent: Bool = false) -> String {
        var lines = [title ?? document, verdict]
        for topic in topics where includingSilent || topic.isWorthReading {
            lines += ["", topic.heading] + topic.lines(includingSilent)
        }
        let silent = topics.count { !$0.isWorthReading }
        if silent > 0, !includingSilent { lines += ["", "\(silent) more topics of which nothing occurs"] }
        return lines.joined(separator: "\n") + "\n"
    }

    private var verdict: String {
        switch assessment {
        case .classified:
            "crime policy: \(crimePolicy == true ? "yes" : "no") (\(crimePolicyScore?.thousandths ?? "-"), needs 0.500)"
        case .unsupportedLanguage: "not classified: the document's language is not one the rules read"
        case .empty: "not classified: the document has no words"
        }
    }
}

extension Explanation.Topic {
    /// Whether anything of it occurs.
    fileprivate var isWorthReading: Bool { rules.contains { $0.outcome != .silent && $0.outcome != .inactive } }

    fileprivate var heading: String {
        let verdict =
            stands
            ? "tagged, \(prominence?.rawValue ?? "")"
            : "not tagged: score \(score.thousandths), needs \(needed.thousandths)"
        let title = titlePoints > 0 ? ", title +\(titlePoints.short)" : ""
        return "\(id)  \(stands ? score.thousandths + "  " : "")\(verdict)  (\(points.short) points\(title))"
    }

    fileprivate func lines(_ includingSilent: Bool) -> [String] {
        let shown = rules.filter { includingSilent || $0.outcome != .silent }
        let silent = rules.count - shown.count
        return shown.flatMap(\.lines)
            + (silent > 0 ? ["  \(silent) more rule\(silent == 1 ? "" : "s"): nothing occurs"] : [])
    }
}

extension Explanation.Rule {
    fileprivate var lines: [String] {
        let gave =
            outcome == .fired
            ? "+\(points.short)  (weight \(weight), \(sentences) sentence\(sentences == 1 ? "" : "s"))"
            : "weight \(weight)"
        return ["  \(id)  \(outcome.words)  \(gave)"]
            + evidence.map { "      «\($0.joined)»  \($0.place)" }
            + lost.map { "    - «\($0.quote.joined)»  \($0.quote.place): \($0.reason)" }
            + reasons.map { "    - \($0)" } + (outcome == .silent ? ["    - nothing of it occurs"] : [])
    }
}

extension Explanation.Outcome {
    fileprivate var words: String { rawValue.replacing("_", with: " ") }
}

extension Explanation.Quote {
    fileprivate var joined: String { words.joined(separator: " … ") }
    fileprivate var place: String { sentence == 0 ? "title" : "sentence \(sentence)" }
}

extension Double {
    /// Without a decimal where there is none.
    fileprivate var short: String { self == rounded() ? String(Int(self)) : String(self) }
}
