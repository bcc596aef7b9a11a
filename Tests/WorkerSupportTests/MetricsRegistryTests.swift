import CoreMetrics
import Foundation
import Testing

@testable import WorkerSupport

@Suite struct MetricsRegistryTests {
    private static let requests = MetricFamily("test_requests_total", .counter, "Requests.", labels: ["code"])
    private static let depth = MetricFamily("test_depth", .gauge, "Depth \\ of\nwhat waits.")
    private static let seconds = MetricFamily("test_seconds", .histogram, "Time.", buckets: [0.1, 1])

    @Test func theTextIsPrometheusText() {
        let registry = MetricsRegistry([Self.requests, Self.depth, Self.seconds])
        registry.counter(Self.requests, "b\"\\\n").increment(by: 2)
        registry.counter(Self.requests, "a").increment()
        registry.counter(Self.requests, "a").increment()
        registry.gauge(Self.depth).set(1.5)
        for value in [0.05, 0.1, 0.5, 7] { registry.recorder(Self.seconds).record(value) }
        #expect(
            registry.text() == """
                # HELP test_requests_total Requests.
                # TYPE test_requests_total counter
                test_requests_total{code="a"} 2
                test_requests_total{code="b\\"\\\\\\n"} 2
                # HELP test_depth Depth \\\\ of\\nwhat waits.
                # TYPE test_depth gauge
                test_depth 1.5
                # HELP test_seconds Time.
                # TYPE test_seconds histogram
                test_seconds_bucket{le="0.1"} 2
                test_seconds_bucket{le="1"} 3
                test_seconds_bucket{le="+Inf"} 4
                test_seconds_sum 7.65
                test_seconds_count 4

                """)
    }

    @Test(arguments: [
        (0.0, "0"), (-3, "-3"), (1e14, "100000000000000"), (0.00025, "0.00025"), (1e300, "1e+300"),
        (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
    ])
    func numbersAreWrittenAsGoReadsThem(number: Double, text: String) {
        #expect(PrometheusText.written(number) == text)
    }

    /// A quote with a combining mark, and a line break behind a carriage return, are one character to Swift.
    @Test func labelsAreEscapedByScalars() {
        let registry = MetricsRegistry([Self.requests])
        registry.counter(Self.requests, "a\"\u{301}\r\n").increment()
        #expect(registry.text().contains("{code=\"a\\\"\u{301}\r\\n\"} 1\n"), "\(registry.text())")
    }

    /// Ten thousand label values make as many series as the family allows and one more, and nothing is lost of the sum.
    @Test func labelSetsAreBounded() {
        let registry = MetricsRegistry([Self.requests])
        for index in 0..<10_000 { registry.counter(Self.requests, "code-\(index)").increment() }
        let lines = registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == Self.requests.seriesMax + 1)
        #expect(lines.contains { $0 == "test_requests_total{code=\"other\"} \(10_000 - Self.requests.seriesMax)" })
    }

    @Test func whatIsNotInTheCatalogueGoesNowhere() {
        let registry = MetricsRegistry([Self.requests])
        Counter(label: "foreign", dimensions: [], factory: registry).increment()
        Counter(label: "test_requests_total", dimensions: [("other", "x")], factory: registry).increment()
        Meter(label: "test_requests_total", dimensions: [("code", "x")], factory: registry).set(1)
        #expect(registry.text().split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
    }

    @Test func aDestroyedSeriesIsGoneAndBeginsAnew() {
        let registry = MetricsRegistry([Self.requests])
        let counter = registry.counter(Self.requests, "a")
        counter.increment(by: 5)
        counter.destroy()
        #expect(!registry.text().contains("code=\"a\""))
        registry.counter(Self.requests, "a").increment()
        #expect(registry.text().contains("test_requests_total{code=\"a\"} 1\n"))
    }

    @Test func countingFromManyThreadsLosesNothing() async {
        let registry = MetricsRegistry([Self.requests, Self.seconds])
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        registry.counter(Self.requests, "a").increment()
                        registry.timer(Self.seconds).recordNanoseconds(1_000_000_000)
                    }
                }
            }
        }
        #expect(registry.text().contains("test_requests_total{code=\"a\"} 8000\n"))
        #expect(registry.text().contains("test_seconds_sum 8000\n"))
    }

    /// Names, units and kinds as https://prometheus.io/docs/practices/naming/ asks; promtool looks again in the broker lane.
    @Test func theCatalogueKeepsToTheNamingRules() {
        let names = MetricsCatalogue.families.map(\.name)
        #expect(Set(names).count == names.count)
        for family in MetricsCatalogue.families {
            #expect(family.name.wholeMatch(of: /rostrum_[a-z_]+/) != nil)
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
            #expect((family.kind == .histogram) == !family.buckets.isEmpty, "\(family.name)")
            #expect(family.buckets == family.buckets.sorted())
            #expect(family.help.hasSuffix("."))
            #expect(!family.programs.isEmpty)
        }
    }
}
