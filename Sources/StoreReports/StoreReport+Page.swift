internal import EventStore
/// The report as one HTML file: no script, nothing fetched, good on a phone and on paper, light and dark. Each chart is an
/// image with a name for those who hear it, and the same figures as a table behind it.
extension StoreReport {
    /// The page.
    /// - Parameters:
    ///   - title: what the reader calls the collection.
    ///   - made: when, for people.
    public func page(title: String, made: String) -> String {
        let body = """
            <header>
            <h1>\(HTML.escaped(AnswerText.printable(title, atMost: 200)))</h1>
            <p class="quiet">\(HTML.escaped(subtitle)) Made \(HTML.escaped(made)) by Rostrum.</p>
            \(summary)</header>
            \(topicsSection)\(timeSection)\(speakersSection)\(pairsSection)\(quotesSection)
            """
        return ReportPage.whole(title: AnswerText.printable(title, atMost: 200), body: body)
    }

    private func fact(_ place: Int) -> String { place < facts.count ? facts[place].description : "0" }

    private var subtitle: String {
        guard let ruleset else { return "The store has no results yet." }
        return "Rules \(ruleset.name) \(ruleset.version)."
    }

    private var summary: String {
        var span = fact(3)
        if fact(4) != span { span += "–" + fact(4) }
        let figures = [
            ("speeches", fact(0)), ("about crime policy", fact(1)), ("topics", fact(5)), ("speakers", fact(2)),
            ("delivered", span.isEmpty ? "unknown" : span),
        ]
        return "<dl class=\"figures\">\n"
            + figures.map { "<div><dt>\($0.0)</dt><dd>\(HTML.escaped($0.1))</dd></div>\n" }.joined() + "</dl>\n"
    }

    // MARK: Topics

    private var topicsSection: String {
        guard !topics.rows.isEmpty else { return ReportPage.section("Topics", "<p>No topics.</p>\n") }
        let shown = topics.rows.prefix(Chart.namesMax)
        let highest = shown.compactMap { $0[2].number }.max() ?? 1
        var chart = ""
        for row in shown {
            let all = row[2].number ?? 0
            let focus = row[3].number ?? 0
            chart +=
                "<div class=\"bar\"><span class=\"name\">\(HTML.foreign(row[1].description, atMost: 60))</span>"
                + "<span class=\"track\"><i class=\"focus\" style=\"width:\(percent(focus, highest))\"></i>"
                + "<i style=\"width:\(percent(all - focus, highest))\"></i></span>"
                + "<span class=\"value\">\(row[2].description)</span></div>\n"
        }
        let said = shown.prefix(3).map { "\($0[1].description) \($0[2].description)" }.joined(separator: ", ")
        let figure = ReportPage.figure(
            name: "Bar chart: speeches per topic. Most: \(said).", chart,
            note: "Speeches that treat the topic; in the stronger colour those that are about it.",
            head: ["Topic", "Speeches", "About it"], rows: topics.rows.map { [$0[1], $0[2], $0[3]].map(\.description) })
        return ReportPage.section("Topics", figure + more(topics.rows.count, shown.count, "topics"))
    }

    // MARK: Over time

    private var timeSection: String {
        guard let chart = Chart(overTime, title: ""), case .series(let series) = chart else { return "" }
        let names = topics.rows.prefix(Self.topicsMax).map { $0[1].description }
        let ordered = names.compactMap { name in series.series.first { $0.name == name } }
        var drawn = ""
        for (name, values) in ordered {
            drawn += "<div class=\"bar\"><span class=\"name\">\(HTML.foreign(name, atMost: 60))</span>"
            drawn += "<span class=\"line\">\(ReportPage.columns(values, highest: values.max() ?? 1))</span>"
            drawn += "<span class=\"value\">\(StoreNumber.text(values.max() ?? 0))</span></div>\n"
        }
        let (first, last) = (series.periods.first ?? "", series.periods.last ?? "")
        drawn +=
            "<div class=\"bar axis\"><span class=\"name\"></span><span class=\"ends\"><span>\(HTML.escaped(first))</span>"
            + "<span>\(HTML.escaped(last))</span></span><span class=\"value\">most</span></div>\n"
        let unit = period == .month ? "month" : "year"
        let figure = ReportPage.figure(
            name:
                "Column charts: speeches per \(unit) from \(first) to \(last), one row for each of \(ordered.count) topics.",
            drawn,
            note: "Speeches per \(unit); each row has a scale of its own, whose highest number stands at its end.",
            head: [period == .month ? "Month" : "Year"] + ordered.map(\.name),
            rows: series.periods.enumerated().map { place, name in
                [name] + ordered.map { StoreNumber.text($0.values[place]) }
            })
        return ReportPage.section("Topics over time", figure)
    }

    // MARK: Speakers and pairs

    private var speakersSection: String {
        guard !speakers.rows.isEmpty else { return "" }
        let columns = topics.rows.prefix(Self.topicsMax).map { (id: $0[0].description, name: $0[1].description) }
        var cells: [String: [String: Double]] = [:]
        for row in speakerTopics.rows { cells[row[0].description, default: [:]][row[1].description] = row[3].number }
        let rows = speakers.rows.map { row in
            let name = row[0].description
            return (name: name, values: columns.map { cells[name]?[$0.id] ?? 0 })
        }
        let figure = ReportPage.heatmap(
            name: "Table of shades: speeches of \(rows.count) speakers on \(columns.count) topics.",
            corner: "Speaker", columns: columns.map(\.name), rows: rows,
            note: "Speeches of the speakers with the most speeches that treat any topic.")
        return ReportPage.section("Speakers and topics", figure)
    }

    private var pairsSection: String {
        guard !pairs.rows.isEmpty else { return "" }
        let names = topics.rows.prefix(Self.topicsMax).map { (id: $0[0].description, name: $0[1].description) }
        var together: [String: [String: Double]] = [:]
        for row in pairs.rows {
            together[row[0].description, default: [:]][row[2].description] = row[4].number
            together[row[2].description, default: [:]][row[0].description] = row[4].number
        }
        let rows = names.map { row in (name: row.name, values: names.map { together[row.id]?[$0.id] ?? 0 }) }
        let figure = ReportPage.heatmap(
            name: "Table of shades: speeches that treat two of \(names.count) topics.", corner: "Topic",
            columns: names.map(\.name), rows: rows, note: "Speeches that treat both topics.")
        let list = pairs.rows.prefix(Self.pairsMax).map { [$0[1], $0[3], $0[4]].map(\.description) }
        let table = ReportPage.table(head: ["Topic", "and topic", "Speeches"], rows: list)
        return ReportPage.section(
            "Topics that go together",
            figure + "<details><summary>The \(list.count) most frequent pairs</summary>\n\(table)</details>\n")
    }

    // MARK: Evidence

    private var quotesSection: String {
        var taken: [String: Int] = [:]
        var html = ""
        var count = 0
        for row in quotes.rows where count < Self.quotesMax {
            let document = row[9].description
            guard taken[document, default: 0] < Self.quotesPerDocumentMax else { continue }
            taken[document, default: 0] += 1
            count += 1
            html += quote(row.map(\.description))
        }
        guard count > 0 else { return ReportPage.section("Newest evidence", "<p>No quotes are kept.</p>\n") }
        return ReportPage.section("Newest evidence", "<ul class=\"quotes\">\n\(html)</ul>\n")
    }

    private func quote(_ cells: [String]) -> String {
        let words =
            "…\(HTML.foreign(cells[4], atMost: 60))<mark>\(HTML.foreign(cells[5], atMost: 300))</mark>"
            + "\(HTML.foreign(cells[6], atMost: 60))…"
        let title = HTML.foreign(cells[7].isEmpty ? cells[9] : cells[7], atMost: 160)
        let source = HTML.link(cells[8]).map { "<a href=\"\($0)\" rel=\"noreferrer\">\(title)</a>" } ?? title
        let facts = [cells[0], cells[1]].filter { !$0.isEmpty }.map { HTML.foreign($0, atMost: 100) }
        return "<li><p class=\"topic\">\(HTML.foreign(cells[2], atMost: 60))</p><blockquote>\(words)</blockquote>"
            + "<p class=\"quiet\">\((facts + [source]).joined(separator: " · "))</p></li>\n"
    }

    private func percent(_ value: Double, _ whole: Double) -> String {
        "\(Int((max(0, value) / max(whole, 1) * 1000).rounded()) / 10)%"
    }

    private func more(_ found: Int, _ shown: Int, _ what: String) -> String {
        guard found > shown else { return "" }
        let atLeast = found >= Self.tableRowsMax ? "at least " : ""
        return "<p class=\"quiet\">And \(atLeast)\(found - shown) more \(what); the table has "
            + "\(found >= Self.tableRowsMax ? "the first \(found)" : "all"), and 'rostrum store query topics' any number.</p>\n"
    }
}
