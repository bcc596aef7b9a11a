public import CoreMetrics
internal import Synchronization

/// The metrics of one program: the back end that swift-metrics counts into, and the text that `/metrics` answers.
///
/// Only families of the catalogue are kept; what other libraries count goes nowhere. The series of a family are bounded:
/// beyond its limit all further label values share one series, `other`. Any thread may use it.
public final class MetricsRegistry: MetricsFactory, Sendable {
    /// The label value of what came beyond a family's limit.
    static let overflow = "other"

    private struct Family {
        let family: MetricFamily
        var series: [[String]: MetricSeries] = [:]
    }

    private let families: Mutex<[String: Family]>
    private let order: [String]

    /// Makes a registry that shows the families of the given program, without series.
    public convenience init(of program: MetricFamily.Program) {
        self.init(MetricsCatalogue.families.filter { $0.programs.contains(program) })
    }

    init(_ families: [MetricFamily]) {
        order = families.map(\.name)
        self.families = Mutex(
            Dictionary(uniqueKeysWithValues: families.map { ($0.name, Family(family: $0)) }))
    }

    /// The Prometheus text of everything as it is now.
    public func text() -> String {
        let shown = families.withLock { families in
            order.compactMap { families[$0] }.map { ($0.family, Array($0.series.values)) }
        }
        return PrometheusText.render(shown)
    }

    /// Keeps of a family only the series with these label values.
    package func keep(_ labels: Set<[String]>, of family: MetricFamily) {
        families.withLock { families in
            guard let kept = families[family.name]?.series.filter({ labels.contains($0.key) }) else { return }
            families[family.name]?.series = kept
        }
    }

    private func series<Series: MetricSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind,
        _ make: (MetricFamily, [String]) -> Series
    ) -> Series? {
        families.withLock { families in
            guard var known = families[label], known.family.kind == kind,
                known.family.labels == dimensions.map(\.0)
            else { return nil }
            var values = dimensions.map(\.1)
            if let series = known.series[values] { return series as? Series }
            if known.series.count >= known.family.seriesMax {
                values = values.map { _ in Self.overflow }
                if let series = known.series[values] { return series as? Series }
            }
            let series = make(known.family, values)
            known.series[values] = series
            families[label] = known
            return series
        }
    }

    private func destroy(_ handler: Any) {
        guard let series = handler as? MetricSeries else { return }
        families.withLock { $0[series.family.name]?.series[series.labels] = nil }
    }
}

// What swift-metrics asks of a back end.
extension MetricsRegistry {
    /// A counter of the catalogue, else one that goes nowhere.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions, .counter) { CounterSeries(family: $0, labels: $1) } ?? NOOPMetricsHandler.instance
    }
    /// A gauge of the catalogue, else one that goes nowhere.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions, .gauge) { GaugeSeries(family: $0, labels: $1) } ?? NOOPMetricsHandler.instance
    }
    /// A histogram of the catalogue, else one that goes nowhere.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        series(label, dimensions, .histogram) { HistogramSeries(family: $0, labels: $1) } ?? NOOPMetricsHandler.instance
    }
    /// A histogram of seconds of the catalogue, else one that goes nowhere.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions, .histogram) { HistogramSeries(family: $0, labels: $1) } ?? NOOPMetricsHandler.instance
    }
    /// Removes a series.
    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }
    /// Removes a series.
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }
    /// Removes a series.
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }
    /// Removes a series.
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }
}

// How the project itself counts: by families, through swift-metrics, so that another back end could stand behind it.
extension MetricsFactory {
    package func counter(_ family: MetricFamily, _ labels: String...) -> Counter {
        Counter(label: family.name, dimensions: Self.dimensions(family, labels), factory: self)
    }
    package func gauge(_ family: MetricFamily, _ labels: String...) -> Meter {
        Meter(label: family.name, dimensions: Self.dimensions(family, labels), factory: self)
    }
    package func timer(_ family: MetricFamily, _ labels: String...) -> CoreMetrics.Timer {
        Timer(label: family.name, dimensions: Self.dimensions(family, labels), factory: self)
    }
    package func recorder(_ family: MetricFamily, _ labels: String...) -> Recorder {
        Recorder(label: family.name, dimensions: Self.dimensions(family, labels), aggregate: true, factory: self)
    }

    private static func dimensions(_ family: MetricFamily, _ labels: [String]) -> [(String, String)] {
        precondition(labels.count == family.labels.count, "\(family.name) has \(family.labels.count) labels")
        return Array(zip(family.labels, labels))
    }
}
