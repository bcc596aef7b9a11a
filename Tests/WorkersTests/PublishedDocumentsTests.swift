import Delivery
import SpeechFormats
import Speeches
import TestSupport
import Testing
import WorkerSupport

@testable import Workers

/// What an import that was interrupted leaves in the Kafka topic, once it has gone on to its end.
@Suite struct PublishedDocumentsTests {
    /// One of few documents in one of few revisions; nil for withdrawn.
    private struct Step {
        let id: String
        let revision: Int?

        var outcome: SpeechFiles.Outcome {
            var speech = Speech(id: SpeechID(id), body: ["Text \(revision ?? 0)."])
            if revision == nil { speech.attributes["withdrawn_at"] = "2024-02-29" }
            return .speech(speech, file: "f")
        }
    }

    /// A run of an import of which the records before arrived, and what arrives in it.
    private func run(
        _ steps: some Sequence<Step>, after arrived: [OutgoingRecord], remembering most: Int = 1_000,
        losing isLost: @escaping (OutgoingRecord) -> Bool = { _ in false }
    ) throws -> [OutgoingRecord] {
        var known = PublishedDocuments(documentsMax: most)
        for record in arrived { known.noteArrived(key: record.key, value: record.value) }
        var policy = PublishingPolicy()
        policy.withdrawn = .withdraw
        var here: [OutgoingRecord] = []
        let publisher = TestPublisher(isFailing: { record in
            let isLost = isLost(record)
            if !isLost { here.append(record) }
            return isLost
        })
        let settings = try SettingsResolution(SettingsSources(environment: [:])).settings()
        let worker = ProducerWorker(
            settings, publisher: publisher, policy: policy, known: known, clock: .system, notice: { _ in })
        _ = try worker.publish(steps.map(\.outcome), until: StopRequest())
        return here
    }

    private func last(_ records: [OutgoingRecord]) -> [[UInt8]: [UInt8]?] {
        var last: [[UInt8]: [UInt8]?] = [:]
        for record in records { last.updateValue(record.value, forKey: record.key ?? []) }
        return last
    }

    private func steps(_ revisions: [Int?]) -> [Step] { revisions.map { Step(id: "x", revision: $0) } }

    /// Withdrawn and live again; back to an earlier revision; a withdrawal between.
    @Test(arguments: [[nil, 1], [1, 2, 1], [1, nil, 1], [1, 2, nil, 2, 1]] as [[Int?]])
    func everyCutEndsAsNone(_ revisions: [Int?]) throws {
        let whole = try run(steps(revisions), after: [])
        for cut in 0...revisions.count {
            let before = try run(steps(revisions).prefix(cut), after: [])
            #expect(try before + run(steps(revisions), after: before) == whole, "cut after \(cut)")
        }
    }

    /// A revision that did not arrive before one that did: both are published again, in their order.
    @Test func aGapIsFilledInOrder() throws {
        let lost = Array("Text 1.".utf8)
        let before = try run(steps([1, 2]), after: [], losing: { $0.value?.firstRange(of: lost) != nil })
        #expect(before.count == 1)
        #expect(try run(steps([1, 2]), after: before) == run(steps([1, 2]), after: []))
    }

    /// Random imports, interrupted several times with records lost anywhere, end as undisturbed ones; where nothing is
    /// lost but what follows a cut, nothing is published twice.
    @Test func randomCutsEndAsNone() throws {
        let seed = SeededGenerator.seed()
        var random = SeededGenerator(seed: seed)
        for round in 0..<400 {
            let steps = (0..<Int.random(in: 1...14, using: &random)).map { _ in
                Step(
                    id: Bool.random(using: &random) ? "x" : "y",
                    revision: [nil, 1, 2, 3].randomElement(using: &random) ?? 1)
            }
            let whole = try run(steps, after: [])
            let (isLossy, most) = (round.isMultiple(of: 2), round.isMultiple(of: 4) ? 3 : 1_000)
            var arrived: [OutgoingRecord] = []
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let cut = Int.random(in: 0...steps.count, using: &random)
                let lost = (0..<100).map { _ in isLossy && Int.random(in: 0..<3, using: &random) == 0 }
                var number = 0
                arrived += try run(steps.prefix(cut), after: arrived, remembering: most) { _ in
                    number += 1
                    return lost[number % lost.count]
                }
            }
            arrived += try run(steps, after: arrived, remembering: most)
            #expect(last(arrived) == last(whole), "seed \(seed), round \(round)")
            if !isLossy { #expect(arrived == whole, "seed \(seed), round \(round)") }
        }
    }

    /// Others' records between ours, and what is no document, stand in nobody's way.
    @Test func othersRecordsArePassedOver() throws {
        var known = PublishedDocuments()
        let topic = KafkaTopic("t")
        let ours = try run(steps([1, 2]), after: [])
        let theirs = try run(steps([3]), after: [])
        let broken = OutgoingRecord(topic: topic, key: Array("x".utf8), value: Array("{}".utf8))
        for record in [ours[0], broken, theirs[0], ours[1]] { known.noteArrived(key: record.key, value: record.value) }
        #expect(known.arrivedCount == 3)
        #expect(try run(steps([1, 2]), after: [ours[0], broken, theirs[0], ours[1]]).isEmpty)
    }
}
