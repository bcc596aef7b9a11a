/// Charts drawn in a terminal with Unicode's block elements.
public enum TerminalChart {
    /// Draws a chart.
    /// - Parameter columns: the terminal's width, from 40.
    public static func draw(_ chart: Chart, columns: Int) -> String {
        switch chart {
        case .bars(let bars): draw(bars, columns: max(40, columns))
        case .series(let series): draw(series, columns: max(40, columns))
        }
    }

    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    private static let heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    private static func draw(_ chart: Chart.Bars, columns: Int) -> String {
        let names = chart.bars.map { AnswerText.printable($0.name, atMost: columns / 3) }
        let values = chart.bars.map { StoreNumber.text($0.value) }
        let nameWidth = names.map(\.count).max() ?? 0
        let valueWidth = values.map(\.count).max() ?? 0
        let room = max(4, columns - nameWidth - valueWidth - 2)
        let highest = chart.bars.map(\.value).max() ?? 0
        var text = AnswerText.printable(chart.title, atMost: columns) + "\n"
        for (place, bar) in chart.bars.enumerated() {
            let length = highest > 0 ? Int((bar.value / highest * Double(room * 8)).rounded()) : 0
            let drawn = String(repeating: "█", count: length / 8) + eighths[length % 8]
            text += pad(names[place], nameWidth) + " " + drawn + " " + values[place] + "\n"
        }
        return text
    }

    private static func draw(_ chart: Chart.Series, columns: Int) -> String {
        let names = chart.series.map { AnswerText.printable($0.name, atMost: columns / 3) }
        let nameWidth = names.map(\.count).max() ?? 0
        let highest = chart.series.flatMap(\.values).max() ?? 0
        let valueWidth = StoreNumber.text(highest).count
        // Where there are more periods than columns, each column is the sum of a few neighbours.
        let room = max(8, columns - nameWidth - valueWidth - 3)
        let step = max(1, (chart.periods.count + room - 1) / room)
        let width = (chart.periods.count + step - 1) / step
        let grouped = chart.series.map { series in
            stride(from: 0, to: series.values.count, by: step).map { start in
                series.values[start..<min(series.values.count, start + step)].reduce(0, +)
            }
        }
        let top = grouped.flatMap(\.self).max() ?? 0
        var text = AnswerText.printable(chart.title, atMost: columns) + "\n"
        for (place, values) in grouped.enumerated() {
            let drawn = values.map { value in
                value <= 0 ? " " : heights[min(7, Int(value / top * 8))]
            }.joined()
            text +=
                pad(names[place], nameWidth) + " " + pad(drawn, width) + " "
                + StoreNumber.text(values.max() ?? 0) + "\n"
        }
        if let first = chart.periods.first, let last = chart.periods.last {
            let gap = width - first.count - last.count
            let axis = gap > 0 ? first + String(repeating: " ", count: gap) + last : "\(first) to \(last)"
            text +=
                pad("", nameWidth) + " " + axis + "  (numbers: the most in a column"
                + (step > 1 ? " of \(step) periods" : "") + ")\n"
        }
        return text
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// Numbers in charts: whole where they are whole, else with three digits.
enum StoreNumber {
    static func text(_ number: Double) -> String {
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        return String((number * 1000).rounded() / 1000)
    }
}
