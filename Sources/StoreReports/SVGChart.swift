/// Charts as SVG files: text that can be selected, a title and a description for those who hear it, no script.
public enum SVGChart {
    private static let width = 760.0
    private static let rowHeight = 24.0
    private static let nameWidth = 230.0

    /// Draws a chart.
    public static func draw(_ chart: Chart) -> String {
        switch chart {
        case .bars(let bars): draw(bars)
        case .series(let series): draw(series)
        }
    }

    private static func draw(_ chart: Chart.Bars) -> String {
        let highest = max(chart.bars.map(\.value).max() ?? 0, .leastNonzeroMagnitude)
        let room = width - nameWidth - 70
        var body = ""
        for (place, bar) in chart.bars.enumerated() {
            let top = 40 + Double(place) * rowHeight
            let length = bar.value / highest * room
            body += name(bar.name, top: top)
            body +=
                "<rect x=\"\(number(nameWidth))\" y=\"\(number(top))\" width=\"\(number(length))\" height=\"16\"/>\n"
            body += value(bar.value, x: nameWidth + length + 6, top: top)
        }
        let said = chart.bars.prefix(5).map { "\($0.name) \(StoreNumber.text($0.value))" }.joined(separator: ", ")
        return page(chart.title, said: said, height: 50 + Double(chart.bars.count) * rowHeight, body)
    }

    private static func draw(_ chart: Chart.Series) -> String {
        let highest = max(chart.series.flatMap(\.values).max() ?? 0, .leastNonzeroMagnitude)
        let room = width - nameWidth - 70
        let step = room / Double(max(1, chart.periods.count))
        var body = ""
        for (place, series) in chart.series.enumerated() {
            let top = 40 + Double(place) * rowHeight
            body += name(series.name, top: top)
            for (period, value) in series.values.enumerated() where value > 0 {
                let height = max(1, value / highest * 18)
                body +=
                    "<rect x=\"\(number(nameWidth + Double(period) * step))\" y=\"\(number(top + 18 - height))\" "
                    + "width=\"\(number(max(0.5, step - 1)))\" height=\"\(number(height))\"/>\n"
            }
            body += value(series.values.max() ?? 0, x: nameWidth + room + 6, top: top)
        }
        let bottom = 56 + Double(chart.series.count) * rowHeight
        if let first = chart.periods.first, let last = chart.periods.last {
            body += "<text x=\"\(number(nameWidth))\" y=\"\(number(bottom))\">\(HTML.escaped(first))</text>\n"
            body +=
                "<text x=\"\(number(nameWidth + room))\" y=\"\(number(bottom))\" text-anchor=\"end\">"
                + "\(HTML.escaped(last))</text>\n"
        }
        let said = "\(chart.series.count) rows from \(chart.periods.first ?? "") to \(chart.periods.last ?? "")"
        return page(chart.title, said: said, height: bottom + 12, body)
    }

    private static func name(_ name: String, top: Double) -> String {
        let shown = HTML.escaped(AnswerText.printable(name, atMost: 34))
        return "<text x=\"\(number(nameWidth - 8))\" y=\"\(number(top + 13))\" text-anchor=\"end\">\(shown)</text>\n"
    }

    private static func value(_ value: Double, x: Double, top: Double) -> String {
        "<text class=\"value\" x=\"\(number(x))\" y=\"\(number(top + 13))\">\(StoreNumber.text(value))</text>\n"
    }

    private static func page(_ title: String, said: String, height: Double, _ body: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(width)) \(number(height))" role="img" \
        aria-labelledby="title description">
        <title id="title">\(HTML.escaped(title))</title>
        <desc id="description">\(HTML.escaped(AnswerText.printable(said, atMost: 300)))</desc>
        <style>
        svg { background: #fff; } text { font: 13px system-ui, sans-serif; fill: #1b1b1b; } rect { fill: #2f5d8a; }
        .title { font-size: 16px; font-weight: 600; } .value { fill: #595959; }
        @media (prefers-color-scheme: dark) {
          svg { background: #16181b; } text { fill: #e8e8e8; } rect { fill: #7fb2e5; } .value { fill: #a8a8a8; }
        }
        </style>
        <text class="title" x="8" y="24">\(HTML.escaped(AnswerText.printable(title, atMost: 90)))</text>
        \(body)</svg>

        """
    }

    /// With at most two digits behind the point, the same everywhere.
    private static func number(_ number: Double) -> String {
        let hundredths = Int((number * 100).rounded())
        return hundredths % 100 == 0 ? String(hundredths / 100) : String(Double(hundredths) / 100)
    }
}
