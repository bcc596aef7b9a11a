import Delivery
import Foundation
import Logging
import Testing
import WorkerSupport

@testable import Workers

/// Events as numbers.
@Suite struct TelemetryTests {
    private let telemetry: WorkerTelemetry
    private let partition = TopicPartition(KafkaTopic("speeches.documents"), Partition(3))

    init() throws { telemetry = try Self.telemetry(.classifier) }

    private static func settings() throws -> Settings {
        try SettingsResolution(SettingsSources(environment: [:])).settings()
    }

    private static func telemetry(_ program: MetricFamily.Program) throws -> WorkerTelemetry {
        WorkerTelemetry(
            program, try settings(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func connect(_ partitions: [TopicPartition], end: Int64) {
        telemetry.state.connect {
            [
                BrokerConnection(
                    client: .consumer, connected: 2, age: .zero, fetchedAhead: 5, queuedRecords: 0, queuedBytes: 0,
                    partitions: Dictionary(
                        uniqueKeysWithValues: partitions.map {
                            ($0, (low: Offset(0), end: Offset(end), next: Offset(0)))
                        }
                    ))
            ]
        }
    }

    private func expect(_ line: String, _ location: SourceLocation = #_sourceLocation) {
        let text = telemetry.metricsText()
        #expect(text.split(separator: "\n").contains(line[...]), "\(line)\n\(text)", sourceLocation: location)
    }

    @Test func anEventCountsOnceItIsDurable() {
        connect([partition], end: 4)
        let made = RecordTimestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) - 5_000)
        telemetry.observe(.assigned([partition]))
        for offset in 0..<3 {
            telemetry.observe(.received(partition, Offset(Int64(offset)), bytes: 100, made: made))
            telemetry.observe(.processed(partition, Offset(Int64(offset)), took: .milliseconds(2)))
        }
        expect("rostrum_records_received_total 3")
        expect("rostrum_received_bytes_total 300")
        expect("rostrum_processing_seconds_bucket{le=\"0.0025\"} 3")
        expect("rostrum_in_flight_records 3")
        expect("rostrum_events_total 0")
        telemetry.observe(
            .deadLettered(
                partition, Offset(1),
                DeadLetterReason(code: "document.invalid", message: "m", exceptionClassName: "E")))
        for offset in 0..<3 { telemetry.observe(.completed(partition, Offset(Int64(offset)))) }
        expect("rostrum_events_total 2")
        expect("rostrum_dead_letters_total{code=\"document.invalid\"} 1")
        expect("rostrum_end_to_end_seconds_count 3")
        expect("rostrum_end_to_end_seconds_bucket{le=\"2.5\"} 0")
        expect("rostrum_lag_records{kafka_topic=\"speeches.documents\",partition=\"3\"} 4")
        telemetry.observe(.committed([partition: Offset(3)]))
        expect("rostrum_lag_records{kafka_topic=\"speeches.documents\",partition=\"3\"} 1")
        expect("rostrum_total_lag_records 1")
        expect("rostrum_commits_total 1")
        expect("rostrum_kafka_brokers_connected{client=\"consumer\"} 2")
        expect("rostrum_kafka_consumer_queue_records 5")
    }

    @Test func seriesOfPartitionsGoWithThem() {
        connect([partition], end: 4)
        telemetry.observe(.assigned([partition]))
        #expect(telemetry.metricsText().contains("partition=\"3\""))
        telemetry.observe(.revoked([partition]))
        #expect(!telemetry.metricsText().contains("partition=\"3\""))
        expect("rostrum_partitions_assigned 0")
        expect("rostrum_rebalances_total{kind=\"assigned\"} 1")
        expect("rostrum_rebalances_total{kind=\"revoked\"} 1")
    }

    /// A worker of ten thousand partitions shows a bounded number, those with the most lag, and the sum of all.
    @Test func tenThousandPartitionsAreBounded() {
        let partitions = (0..<10_000).map { TopicPartition(KafkaTopic("t\($0 % 100)"), Partition(Int32($0))) }
        connect(partitions, end: 10)
        telemetry.observe(.assigned(partitions))
        telemetry.observe(.received(partitions[9_999], Offset(0), bytes: 1, made: nil))
        telemetry.observe(.committed(Dictionary(uniqueKeysWithValues: partitions[..<9_999].map { ($0, Offset(10)) })))
        let lines = telemetry.metricsText().split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("rostrum_lag_records{") }.count == MetricsCatalogue.partitionsMax)
        #expect(lines.filter { $0.hasPrefix("rostrum_lag_seconds{") }.count == MetricsCatalogue.partitionsMax)
        #expect(lines.contains("rostrum_lag_records{kafka_topic=\"t99\",partition=\"9999\"} 10"))
        #expect(lines.contains("rostrum_total_lag_records 10"))
        #expect(lines.contains("rostrum_partitions_assigned 10000"))
    }

    @Test func aStoreCountsItsBatches() throws {
        let sink = try Self.telemetry(.sink)
        sink.state.stores(in: "s.sqlite")
        sink.observe(.assigned([partition]))
        for offset in 0..<3 { sink.observe(.received(partition, Offset(Int64(offset)), bytes: 1, made: nil)) }
        sink.observe(.retrying(partition, Offset(3), code: "store.busy", attempt: 1, delay: .seconds(1)))
        #expect(sink.metricsText().contains("rostrum_ready 0\n"))
        sink.observe(.stored([partition: Offset(3)], records: 3, bytes: 3, took: .milliseconds(30)))
        let text = sink.metricsText()
        for line in [
            "rostrum_store_batches_total 1", "rostrum_store_batch_records_sum 3",
            "rostrum_store_batch_seconds_sum 0.03", "rostrum_events_total 3", "rostrum_in_flight_records 0",
            "rostrum_retries_total{code=\"store.busy\"} 1",
        ] {
            #expect(text.contains(line + "\n"), "\(line)\n\(text)")
        }
        #expect(!text.contains("rostrum_documents_total"))
    }

    @Test func aStoreThatIsSilentWithoutWorkIsSaid() throws {
        let sink = try Self.telemetry(.sink)
        sink.started(try Self.settings())
        sink.state.stores(in: "s.sqlite")
        #expect(sink.state.ready().isGood)
        sink.observe(.storeAway(code: "store.unreachable"))
        #expect(sink.state.ready().problems.first?.contains("does not answer (store.unreachable)") == true)
        #expect(sink.state.live().isGood)
        #expect(sink.metricsText().contains("rostrum_store_checks_failed_total{code=\"store.unreachable\"} 1\n"))
        sink.observe(.storeBack)
        #expect(sink.state.ready().isGood)
        // A batch that is stored is an answer too.
        sink.observe(.storeAway(code: "store.unreachable"))
        sink.observe(.stored([partition: Offset(3)], records: 3, bytes: 3, took: .milliseconds(30)))
        #expect(sink.state.ready().isGood)
    }

    @Test func onlyTheRulesetInUseIsShown() {
        telemetry.uses(rulesetNamed: "r", version: "1", digest: "d1")
        telemetry.couldNotReload(ProgramFailure(.badConfiguration, code: "rules.bad", "line 3"))
        telemetry.reloaded(rulesetNamed: "r", version: "2", digest: "d2")
        let text = telemetry.metricsText()
        #expect(text.contains("rostrum_ruleset_info{name=\"r\",version=\"2\",digest=\"d2\"} 1\n"))
        #expect(!text.contains("digest=\"d1\""))
        #expect(text.contains("rostrum_ruleset_reloads_total{result=\"success\"} 1\n"))
        #expect(text.contains("rostrum_ruleset_reloads_total{result=\"failure\"} 1\n"))
    }
}
