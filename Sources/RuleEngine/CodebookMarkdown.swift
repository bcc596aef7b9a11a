internal import RuleLanguage
internal import Speeches

extension Codebook {
    /// The codebook as Markdown.
    public var markdown: String {
        var lines = ["# \(ruleset.name) \(ruleset.version)", ""]
        if let description = ruleset.description { lines += [description.markdown, ""] }
        lines += ["\(topics.count) topics, \(ruleset.rules.count) rules.", ""]
        lines += topics.map { "- [\($0.topic.label.markdown)](#\($0.topic.id)) `\($0.topic.id)`" }
        if let quality { lines += [""] + Self.overview(quality) }
        for entry in topics { lines += [""] + Self.section(entry) }
        if !ruleset.filters.isEmpty { lines += ["", "## Names and phrases that prove nothing", ""] + filters }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func overview(_ quality: CodebookQuality) -> [String] {
        var table = qualityTable
        for figure in [quality.crimePolicy] + quality.labels { add(figure, to: &table) }
        return [
            "## Quality", "",
            "Measured with version \(quality.version) on \(quality.documents) labelled documents (\(quality.half) half); "
                + "95% intervals."
                + (quality.macroF1.map { " Average F1 of the labels with enough documents: \($0.text)." } ?? ""),
            "", table.markdown,
        ]
    }

    static var qualityTable: TextTable {
        TextTable(["label", "documents", "precision", "recall", "F1"], numbers: 1...4)
    }

    static func add(_ figure: CodebookQuality.Figure, to table: inout TextTable) {
        table.add([
            figure.label, "\(figure.positives)", figure.precision?.text ?? "-", figure.recall?.text ?? "-",
            figure.f1?.text ?? "-",
        ])
    }

    private static func section(_ entry: Entry) -> [String] {
        let topic = entry.topic
        var lines = ["<a id=\"\(topic.id)\"></a>", "", "## \(topic.label.markdown)", "", topic.description.markdown]
        if let note = topic.scopeNote { lines += ["", "Scope: \(note.markdown)"] }
        lines += ["", (["Id `\(topic.id)`"] + facts(topic)).joined(separator: "; ")]
        if !entry.neighbours.isEmpty {
            lines += [
                "",
                "See also " + entry.neighbours.map { "[\($0.label.markdown)](#\($0.id))" }.joined(separator: ", ")
                    + ".",
            ]
        }
        if !entry.quality.isEmpty {
            var table = qualityTable
            for figure in entry.quality { add(figure, to: &table) }
            lines += ["", table.markdown]
        }
        for rule in entry.rules { lines += [""] + section(rule) }
        lines += examples(topic.examples.map { ($0.text, $0.isTagged ? "tagged" : "not tagged") })
        return lines
    }

    /// What is said of a topic beside its id: what it says of a whole document, and its codes.
    static func facts(_ topic: CheckedTopic) -> [String] {
        (topic.standing.inPlainWords.map { [$0] } ?? [])
            + topic.codes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.joined(separator: ", "))" }
    }

    private static func section(_ entry: RuleEntry) -> [String] {
        let rule = entry.rule
        var lines = ["### `\(rule.id)`", "", facts(rule)]
        if let description = rule.description { lines += ["", description.markdown] }
        lines += ["", "Finds:", ""] + entry.plain.map { "- \($0.markdown)" }
        if let conditions = rule.conditions.inPlainWords { lines += ["", "Only where \(conditions)."] }
        if let outranked = rule.winsOver.inPlainWords { lines += ["", outranked] }
        lines += ["", "```", entry.query, "```"]
        if !rule.notInside.isEmpty {
            lines += ["", "No evidence inside:", ""] + rule.notInside.map { "- \($0.inPlainWords.markdown)" }
        }
        if !rule.notDocument.isEmpty {
            lines += ["", "Not in a document with:", ""] + rule.notDocument.map { "- \($0.inPlainWords.markdown)" }
        }
        if !rule.references.isEmpty { lines += ["", "From: \(rule.references.joined(separator: "; ").markdown)"] }
        return lines + examples(rule.examples.map { ($0.text, found($0)) })
    }

    static func facts(_ rule: CheckedRule) -> String {
        let strength = ["", "weak clue: counts only beside another rule in its paragraph", "clear", "names the topic"]
        return "Weight \(rule.weight) (\(strength[rule.weight])); \(rule.status.inPlainWords)."
    }

    static func found(_ example: RuleExample) -> String {
        example.finds.isEmpty ? "nothing" : "finds " + example.finds.map { "“\($0)”" }.joined(separator: ", ")
    }

    private static func examples(_ examples: [(text: String, result: String)]) -> [String] {
        guard !examples.isEmpty else { return [] }
        var table = TextTable(["example", "result"])
        for example in examples { table.add([example.text.markdown, example.result.markdown]) }
        return ["", table.markdown]
    }

    private var filters: [String] {
        ruleset.filters.flatMap { filter in
            let reach =
                filter.topics.map { "for \($0.sorted().map(\.rawValue).joined(separator: ", "))" } ?? "for all topics"
            return ["- `\(filter.id)` \(reach): \(filter.description?.markdown ?? "")"]
        }
    }
}

extension String {
    /// The text with its line ends as spaces, none at the ends.
    var singleLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }

    /// One line in which nothing is markup: `traffick*` keeps its star.
    var markdown: String {
        var escaped = ""
        for character in singleLine {
            if "\\`*_[]<>&#~".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}
