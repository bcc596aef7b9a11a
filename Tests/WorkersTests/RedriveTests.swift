import Delivery
import Testing
import WorkerSupport

@testable import Workers

/// Which dead letters are meant, and what becomes of them.
@Suite struct RedriveTests {
    private func letter(
        topic: String? = "speeches.documents", partition: Int32 = 3, offset: Int64 = 42, code: String = "a",
        time: Int64? = 5_000,
        count: String = "0", omitted: String? = nil
    ) -> ReceivedDeadLetter {
        var headers = [RecordHeader("rostrum.error.code", code), RecordHeader("rostrum.redrive.count", count)]
        if let topic { headers.append(RecordHeader("__connect.errors.topic", topic)) }
        headers.append(RecordHeader("__connect.errors.partition", "\(partition)"))
        headers.append(RecordHeader("__connect.errors.offset", "\(offset)"))
        if let omitted { headers.append(RecordHeader("rostrum.error.omitted.bytes", omitted)) }
        return ReceivedDeadLetter(
            ReceivedRecord(
                origin: TopicPartition(KafkaTopic("speeches.deadletter"), Partition(0)), offset: Offset(0),
                timestamp: time.map { RecordTimestamp(milliseconds: $0) }, key: [1], value: [2], headers: headers))
    }

    private func rules(_ environment: [String: String] = [:]) throws -> RedriveRules {
        RedriveRules(try SettingsResolution(SettingsSources(environment: environment)).settings())
    }

    @Test func recordsGoBackToWhatTheWorkersReadAndNowhereElse() throws {
        let rules = try rules()
        for topic in ["speeches.documents", "speeches.classified", "speeches.classified.candidate"] {
            #expect(rules.verdict(on: letter(topic: topic)) == .send(KafkaTopic(topic)))
        }
        for topic in ["speeches.deadletter", "someone.elses"] {
            #expect(rules.verdict(on: letter(topic: topic)) == .hold(.foreignOrigin))
        }
        #expect(rules.verdict(on: letter(topic: nil)) == .hold(.noOrigin))
        #expect(rules.verdict(on: letter(omitted: "7")) == .hold(.incomplete))
        let prefixed = try self.rules(["ROSTRUM_KAFKA_TOPICS_PREFIX": "p."])
        #expect(prefixed.verdict(on: letter()) == .hold(.foreignOrigin))
    }

    /// What was offered and not acknowledged is not sent.
    @Test func onlyWhatTheBrokersHaveCountsAsSent() throws {
        let run = RedriveRun(try rules(), DeadLetterSelection(), DeadLetterJob.RedriveOptions())
        let letter = letter()
        guard case .publish(let records) = run.outcome(of: letter) else { return #expect(Bool(false)) }
        #expect(records.count == 1 && run.summary.chosen == 1 && run.summary.sent == 0 && run.summary.routes.isEmpty)
        run.observe(.completed(letter.record.origin, letter.record.offset)) { #expect($0 == 1) }
        #expect(run.summary.sent == 1 && run.summary.routes == ["speeches.documents": 1])
        var summary = run.summary
        #expect(summary.exitCode == .done)
        summary.isInterrupted = true
        #expect(summary.exitCode == .failed)
    }

    @Test func theMaximumCountsWhatIsUnderWay() throws {
        var options = DeadLetterJob.RedriveOptions()
        options.maximum = 1
        let run = RedriveRun(try rules(), DeadLetterSelection(), options)
        _ = run.outcome(of: letter())
        #expect(run.summary.isAtMaximum && run.summary.sent == 0)
    }

    @Test func theCountOfRedrivesIsTheGuard() throws {
        let rules = try rules(["ROSTRUM_DELIVERY_REDRIVE_LIMIT": "2"])
        #expect(rules.verdict(on: letter(count: "1")) == .send(KafkaTopic("speeches.documents")))
        for count in ["2", "3", "-1", "many", "99999999999999999999"] {
            #expect(rules.verdict(on: letter(count: count)) == .hold(.redriveLimit), "\(count)")
        }
    }

    @Test func aSelectionHoldsWhatAllItsPartsHold() {
        var selection = DeadLetterSelection()
        #expect(selection.holds(letter()) && selection.description == "")
        selection.codes = ["b", "a"]
        selection.since = .init(milliseconds: 5_000, text: "then")
        selection.until = .init(milliseconds: 6_000, text: "later")
        selection.origin = .init("speeches.documents/3/42")
        #expect(selection.description == "code=a+b,origin=speeches.documents/3/42,since=then,until=later")
        #expect(selection.holds(letter()) && selection.holds(letter(code: "b", time: 5_999)))
        #expect(selection.holds(letter(time: nil)))
        for other in [
            letter(code: "c"), letter(time: 4_999), letter(time: 6_000), letter(partition: 2), letter(offset: 41),
            letter(topic: "speeches.classified"), letter(topic: nil),
        ] { #expect(!selection.holds(other)) }
    }

    @Test(arguments: ["", "/1", "a/", "a/x", "a/1/", "a/1/x", "a/1/2/3", "a/-1", "a/1/-1"])
    func originsThatAreNone(text: String) { #expect(DeadLetterSelection.Origin(text) == nil) }

    @Test func theNewestAreKeptInOrder() {
        var newest = NewestDeadLetters(limit: 3)
        for time in [5, 1, 9, 3, 7, 8, 2] { newest.add(DeadLetterFacts(letter(time: Int64(time)))) }
        #expect(newest.count == 7 && newest.newest.map(\.time) == [7, 8, 9])
    }

    /// Headers may hold anything: names beyond a bound are counted together.
    @Test func countsAreBounded() {
        var statistics = DeadLetterStatistics()
        for number in 0..<1_500 { statistics.add(DeadLetterFacts(letter(code: "code-\(number)", count: "\(number)"))) }
        #expect(statistics.count == 1_500 && statistics.codes.count == DeadLetterStatistics.namesAtMost + 1)
        #expect(statistics.codes[DeadLetterStatistics.others] == 500)
        #expect(statistics.redriveCounts.count == DeadLetterStatistics.namesAtMost + 1)
        #expect(statistics.oldest == 5_000 && statistics.newest == 5_000)
    }
}
