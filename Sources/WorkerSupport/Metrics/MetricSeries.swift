internal import CoreMetrics
internal import Synchronization

/// One series of a family: its label values and its number. Any thread may change and read it.
class MetricSeries: @unchecked Sendable {
    // Unchecked because classes with subclasses cannot be checked; every subclass holds its number in an atomic or a
    // mutex, and the two constants here never change.

    let family: MetricFamily
    let labels: [String]

    init(family: MetricFamily, labels: [String]) {
        self.family = family
        self.labels = labels
    }

    /// What the series is at this moment.
    var sample: MetricSample { preconditionFailure("a series without a kind") }
}

/// A number, or a histogram's numbers.
enum MetricSample: Equatable {
    case number(Double)
    /// Counts by bucket, not cumulated, the last one for what lies above all bounds; the sum of all observations.
    case histogram(counts: [UInt64], sum: Double)
}

final class CounterSeries: MetricSeries, CounterHandler, @unchecked Sendable {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.add(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
    override var sample: MetricSample { .number(Double(count.load(ordering: .relaxed))) }
}

final class GaugeSeries: MetricSeries, MeterHandler, @unchecked Sendable {
    private let value = Mutex<Double>(0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    override var sample: MetricSample { .number(value.withLock { $0 }) }
}

final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler, @unchecked Sendable {
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }

    private let state: Mutex<State>

    override init(family: MetricFamily, labels: [String]) {
        state = Mutex(State(counts: Array(repeating: 0, count: family.buckets.count + 1)))
        super.init(family: family, labels: labels)
    }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) {
        // A handful of bounds: a plain search is as fast as a cleverer one.
        let bucket = family.buckets.firstIndex { value <= $0 } ?? family.buckets.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    override var sample: MetricSample { state.withLock { .histogram(counts: $0.counts, sum: $0.sum) } }
}
