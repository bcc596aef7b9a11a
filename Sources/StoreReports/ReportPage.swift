internal import EventStore
/// The parts of a report's page.
enum ReportPage {
    /// A whole page. The policy forbids scripts and every load, whatever documents may hold.
    static func whole(title: String, body: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <link rel="icon" href="data:,">
        <title>\(HTML.escaped(title))</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        <main>
        \(body)</main>
        </body>
        </html>

        """
    }

    static func section(_ title: String, _ content: String) -> String {
        "<section>\n<h2>\(HTML.escaped(title))</h2>\n\(content)</section>\n"
    }

    /// A chart as an image with a name, a note below it, and its figures as a table behind it.
    static func figure(name: String, _ chart: String, note: String, head: [String], rows: [[String]]) -> String {
        """
        <figure aria-label="\(HTML.escaped(note))">
        <div class="chart" role="img" aria-label="\(HTML.escaped(AnswerText.printable(name, atMost: 300)))">
        \(chart)</div>
        <figcaption>\(HTML.escaped(note))</figcaption>
        </figure>
        <details><summary>The figures as a table</summary>
        \(table(head: head, rows: rows))</details>

        """
    }

    /// Columns side by side, each at least visible where it is not nothing.
    static func columns(_ values: [Double], highest: Double) -> String {
        let height = 24.0
        let drawn = values.enumerated().filter { $0.element > 0 }.map { place, value in
            let length = max(1.5, value / max(highest, 1) * height)
            let top = Int(((height - length) * 100).rounded())
            return
                "<rect x=\"\(place)\" y=\"\(Double(top) / 100)\" width=\".82\" height=\"\(Double(Int(length * 100)) / 100)\"/>"
        }
        return "<svg viewBox=\"0 0 \(max(1, values.count)) 24\" preserveAspectRatio=\"none\" aria-hidden=\"true\" "
            + "focusable=\"false\">\(drawn.joined())</svg>"
    }

    /// A table whose cells are shaded by their value: chart and table in one, the numbers in every cell.
    static func heatmap(
        name: String, corner: String, columns: [String], rows: [(name: String, values: [Double])], note: String
    ) -> String {
        let highest = rows.flatMap(\.values).max() ?? 1
        var body = ""
        for row in rows {
            body += "<tr><th scope=\"row\">\(HTML.foreign(row.name, atMost: 60))</th>"
            for value in row.values {
                let shade = Int((value / max(highest, 1) * 100).rounded())
                // Where black and white are read equally well: at 80% of the dark shade by day, at 54% of the light one.
                let kind = shade > 80 ? " class=\"deep\"" : shade > 54 ? " class=\"middle\"" : ""
                body += "<td\(kind) style=\"--shade:\(shade)%\">\(value > 0 ? StoreNumber.text(value) : "")</td>"
            }
            body += "</tr>\n"
        }
        let head = columns.map { "<th scope=\"col\"><span>\(HTML.foreign($0, atMost: 60))</span></th>" }.joined()
        return """
            <figure aria-label="\(HTML.escaped(note))">
            <div class="scroll" tabindex="0" role="region" aria-label="\(HTML.escaped(name))">
            <table class="heat"><caption class="hidden">\(HTML.escaped(name))</caption>
            <thead><tr><th scope="col" class="corner">\(HTML.escaped(corner))</th>\(head)</tr></thead>
            <tbody>
            \(body)</tbody></table>
            </div>
            <figcaption>\(HTML.escaped(note))</figcaption>
            </figure>

            """
    }

    /// A plain table; every column but the first that holds numbers alone is aligned to the right.
    static func table(head: [String], rows: [[String]]) -> String {
        func isNumber(_ column: Int) -> Bool { column > 0 && rows.allSatisfy { Double($0[column]) != nil } }
        let kinds = head.indices.map { isNumber($0) ? " class=\"number\"" : "" }
        func cells(_ row: [String], _ tag: String, _ more: String) -> String {
            row.enumerated().map { column, cell in
                "<\(tag)\(more)\(kinds[column])>\(HTML.foreign(cell, atMost: 120))</\(tag)>"
            }.joined()
        }
        return
            "<div class=\"scroll\"><table>\n<thead><tr>\(cells(head, "th", " scope=\"col\""))</tr></thead>\n<tbody>\n"
            + rows.map { "<tr>\(cells($0, "td", ""))</tr>\n" }.joined() + "</tbody>\n</table></div>\n"
    }

    private static let style = """
        :root { color-scheme: light dark; --ink: #1b1b1b; --paper: #fff; --quiet: #595959; --line: #d6d6d2; --soft: #f1f1ee;
          --fill: #7a9cc0; --deep: #2f5d8a; --on-soft: #000; --on-middle: #000; --on-deep: #fff; --mark: #ffe89a;
          --mark-ink: #1b1b1b; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e8e8e8; --paper: #16181b; --quiet: #a8a8a8; --line: #3a3d42; --soft: #22252a; --fill: #4f7299;
            --deep: #8fbfee; --on-soft: #fff; --on-middle: #000; --on-deep: #000; --mark: #6b5a12; --mark-ink: #fff; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem; max-width: 64rem; color: var(--ink); background: var(--paper);
          font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }
        h2 { font-size: 1.25rem; margin: 2.2rem 0 .8rem; border-top: 1px solid var(--line); padding-top: 1rem; }
        figure { margin: 0 0 .8rem; }
        figcaption, .quiet, .value, dt { color: var(--quiet); font-size: .9rem; }
        .figures { display: flex; flex-wrap: wrap; gap: .8rem 2rem; margin: 1rem 0; }
        .figures div { display: flex; flex-direction: column-reverse; } .figures dd { margin: 0; font-size: 1.5rem; }
        .bar { display: grid; grid-template-columns: 14rem 1fr 3.5rem; gap: .6rem; align-items: center; margin: .15rem 0; }
        .bar .name { text-align: right; line-height: 1.15; font-size: .92rem; }
        .bar .value { font-variant-numeric: tabular-nums; }
        .track { display: flex; height: 1.05rem; background: var(--soft); }
        .track i { background: var(--fill); height: 100%; } .track i.focus { background: var(--deep); }
        .line svg { display: block; width: 100%; height: 1.8rem; background: var(--soft); } .line rect { fill: var(--deep); }
        .axis .ends { display: flex; justify-content: space-between; color: var(--quiet); font-size: .85rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; font-size: .9rem; }
        th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { font-weight: 600; } .number { text-align: right; font-variant-numeric: tabular-nums; }
        .heat th, .heat td { border: 1px solid var(--paper); padding: .2rem .35rem; }
        .heat td { background: color-mix(in srgb, var(--deep) var(--shade), var(--soft)); text-align: right; min-width: 2.2rem;
          font-variant-numeric: tabular-nums; color: var(--on-soft); }
        .heat td.middle { color: var(--on-middle); } .heat td.deep { color: var(--on-deep); }
        .heat th[scope=row] { font-weight: 400; min-width: 8rem; max-width: 13rem; position: sticky; left: 0;
          background: var(--paper); }
        .heat thead th { vertical-align: bottom; font-weight: 400; }
        .heat thead th:not(.corner) span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 12rem; }
        details { margin: .4rem 0 1rem; } summary { cursor: pointer; }
        .quotes { list-style: none; padding: 0; }
        .quotes li { border-left: 3px solid var(--line); padding: .1rem 0 .1rem .9rem; margin: 0 0 1.1rem; }
        .quotes p, .quotes blockquote { margin: .15rem 0; } .topic { font-weight: 600; }
        mark { background: var(--mark); color: var(--mark-ink); padding: 0 .1em; }
        a { color: inherit; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        @media (max-width: 40rem) {
          .bar { grid-template-columns: 8.2rem 1fr 2.6rem; gap: .4rem; } .bar .name { font-size: .82rem; }
          .heat th[scope=row] { min-width: 6.5rem; max-width: 8rem; font-size: .82rem; }
        }
        @media print {
          :root { --ink: #000; --paper: #fff; --quiet: #444; --line: #bbb; --soft: #f1f1ee; --fill: #7a9cc0; --deep: #2f5d8a;
            --on-soft: #000; --on-middle: #000; --on-deep: #fff; --mark: #ffe89a; --mark-ink: #000; }
          body { max-width: none; font-size: 10pt; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
          .bar, .quotes li, tr { break-inside: avoid; } h2 { break-after: avoid; } .scroll { overflow: visible; }
        }
        """
}
