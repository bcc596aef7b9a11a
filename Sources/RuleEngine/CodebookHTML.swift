internal import RuleLanguage
internal import Speeches

extension Codebook {
    /// The codebook as one page: no script, nothing fetched, light and dark, fit to print.
    public var html: String {
        var body = "<h1>\(HTMLText.escaped("\(ruleset.name) \(ruleset.version)"))</h1>\n"
        if let description = ruleset.description { body += paragraph(description) }
        body += paragraph("\(topics.count) topics, \(ruleset.rules.count) rules.", "quiet")
        body += "<nav>\n<ul>\n"
        for entry in topics { body += "<li>\(link(entry.topic))</li>\n" }
        body += "</ul>\n</nav>\n"
        if let quality { body += overview(quality) }
        for entry in topics { body += section(entry) }
        if !ruleset.filters.isEmpty { body += filters }
        return HTMLText.page(title: "\(ruleset.name) \(ruleset.version): codebook", body: body)
    }

    private func paragraph(_ text: String, _ kind: String? = nil) -> String {
        "<p\(kind.map { " class=\"\($0)\"" } ?? "")>\(HTMLText.escaped(text))</p>\n"
    }

    private func link(_ topic: CheckedTopic) -> String {
        "<a href=\"#\(HTMLText.escaped(topic.id.rawValue))\">\(HTMLText.escaped(topic.label))</a>"
    }

    private func list(_ items: [String]) -> String {
        "<ul>\n" + items.map { "<li>\(HTMLText.escaped($0))</li>\n" }.joined() + "</ul>\n"
    }

    private func overview(_ quality: CodebookQuality) -> String {
        var table = Self.qualityTable
        for figure in [quality.crimePolicy] + quality.labels { Self.add(figure, to: &table) }
        let average = quality.macroF1.map { " Average F1 of the labels with enough documents: \($0.text)." } ?? ""
        return "<section>\n<h2>Quality</h2>\n"
            + paragraph(
                "Measured with version \(quality.version) on \(quality.documents) labelled documents (\(quality.half) half); "
                    + "95% intervals.\(average)") + table.html + "</section>\n"
    }

    private func section(_ entry: Entry) -> String {
        let topic = entry.topic
        var html =
            "<section id=\"\(HTMLText.escaped(topic.id.rawValue))\">\n<h2>\(HTMLText.escaped(topic.label))</h2>\n"
        html += paragraph(topic.description)
        if let note = topic.scopeNote { html += paragraph("Scope: \(note)") }
        let facts = ["Id \(topic.id)"] + Self.facts(topic)
        html += paragraph(facts.joined(separator: "; "), "quiet")
        if !entry.neighbours.isEmpty {
            html += "<p>See also \(entry.neighbours.map(link).joined(separator: ", ")).</p>\n"
        }
        if !entry.quality.isEmpty {
            var table = Self.qualityTable
            for figure in entry.quality { Self.add(figure, to: &table) }
            html += table.html
        }
        for rule in entry.rules { html += section(rule) }
        html += examples(topic.examples.map { ($0.text, $0.isTagged ? "tagged" : "not tagged", $0.isTagged) })
        return html + "</section>\n"
    }

    private func section(_ entry: RuleEntry) -> String {
        let rule = entry.rule
        var html =
            "<h3><code>\(HTMLText.escaped(rule.id.rawValue))</code></h3>\n" + paragraph(Self.facts(rule), "quiet")
        if let description = rule.description { html += paragraph(description) }
        html += "<p>Finds:</p>\n" + list(entry.plain)
        if let conditions = rule.conditions.inPlainWords { html += paragraph("Only where \(conditions).") }
        if let outranked = rule.winsOver.inPlainWords { html += paragraph(outranked) }
        html += "<details><summary>Query</summary>\n<pre>\(HTMLText.escaped(entry.query))</pre></details>\n"
        if !rule.notInside.isEmpty { html += "<p>No evidence inside:</p>\n" + list(rule.notInside.map(\.inPlainWords)) }
        if !rule.notDocument.isEmpty {
            html += "<p>Not in a document with:</p>\n" + list(rule.notDocument.map(\.inPlainWords))
        }
        if !rule.references.isEmpty { html += paragraph("From: \(rule.references.joined(separator: "; "))", "quiet") }
        return html + examples(rule.examples.map { ($0.text, Self.found($0), !$0.finds.isEmpty) })
    }

    private func examples(_ examples: [(text: String, result: String, isFound: Bool)]) -> String {
        guard !examples.isEmpty else { return "" }
        let rows = examples.map { example in
            "<tr><td>\(HTMLText.escaped(example.text))</td><td class=\"\(example.isFound ? "yes" : "no")\">"
                + "\(HTMLText.escaped(example.result))</td></tr>\n"
        }
        return
            "<table>\n<thead><tr><th>Example</th><th>Result</th></tr></thead>\n<tbody>\n\(rows.joined())</tbody>\n</table>\n"
    }

    private var filters: String {
        let items = ruleset.filters.map { filter in
            let reach =
                filter.topics.map { "for \($0.sorted().map(\.rawValue).joined(separator: ", "))" } ?? "for all topics"
            return "\(filter.id), \(reach): \(filter.description ?? "")"
        }
        return "<section>\n<h2>Names and phrases that prove nothing</h2>\n\(list(items))</section>\n"
    }
}
