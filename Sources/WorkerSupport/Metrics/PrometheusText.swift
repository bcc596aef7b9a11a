/// The text that Prometheus reads: format 0.0.4 of https://prometheus.io/docs/instrumenting/exposition_formats/.
public enum PrometheusText {
    /// What HTTP says about it.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Every family with HELP and TYPE, those without a series too; series in order of their labels.
    static func render(_ families: [(family: MetricFamily, series: [MetricSeries])]) -> String {
        var text = ""
        for (family, series) in families {
            text += "# HELP \(family.name) \(escapedHelp(family.help))\n# TYPE \(family.name) \(family.kind.rawValue)\n"
            for series in series.sorted(by: { $0.labels.lexicographicallyPrecedes($1.labels) }) {
                write(series, of: family, to: &text)
            }
        }
        return text
    }

    private static func write(_ series: MetricSeries, of family: MetricFamily, to text: inout String) {
        let labels = zip(family.labels, series.labels).map { "\($0)=\"\(escapedLabel($1))\"" }
        switch series.sample {
        case .number(let number): text += family.name + braced(labels) + " \(written(number))\n"
        case .histogram(let counts, let sum):
            var cumulated: UInt64 = 0
            for (index, count) in counts.enumerated() {
                cumulated += count
                let bound = index < family.buckets.count ? written(family.buckets[index]) : "+Inf"
                text += "\(family.name)_bucket" + braced(labels + ["le=\"\(bound)\""]) + " \(cumulated)\n"
            }
            text += "\(family.name)_sum" + braced(labels) + " \(written(sum))\n"
            text += "\(family.name)_count" + braced(labels) + " \(cumulated)\n"
        }
    }

    private static func braced(_ labels: [String]) -> String {
        labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
    }

    /// Whole numbers without a fraction, others with as many digits as they need, as Go's ParseFloat reads them.
    static func written(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        if number == number.rounded(), abs(number) < 1e15 { return String(Int64(number)) }
        return String(number)
    }

    private static func escapedHelp(_ text: String) -> String {
        escaped(text, quotes: false)
    }

    private static func escapedLabel(_ text: String) -> String {
        escaped(text, quotes: true)
    }

    /// By Unicode scalars: a line break behind a carriage return, and a quote with a combining mark behind it, are one
    /// character with it to Swift.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "\"":
                if quotes || scalar == "\\" { escaped.append("\\") }
                escaped.append(scalar)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
