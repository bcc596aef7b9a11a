import Delivery
import Foundation
import Logging
import SpeechFormats
import Speeches
import Testing
import WorkerSupport

@testable import Workers

/// The rounds of a watch, with files that cannot be read, documents that the brokers refuse, and no cluster.
@Suite struct WatchLoopTests {
    /// Publishes as a producer does; files named so cannot be read, for so many attempts, at their beginning or their end.
    private final class TestPublishing: WatchLoop.Publishing {
        let publisher: TestPublisher
        let stop: StopRequest
        var unreadable: [String: (attempts: Int, isPart: Bool)] = [:]
        /// Asked after each round.
        var isOver: (TestPublishing) -> Bool = { _ in false }
        private(set) var rounds: [String] = []
        private(set) var held: Set<String> = []
        private(set) var finished: [String] = []

        init(_ publisher: TestPublisher, stop: StopRequest) { (self.publisher, self.stop) = (publisher, stop) }

        func publish(
            _ files: sending SpeechFiles, alone file: String?, notice: @escaping (PublishingNotice) -> Void
        ) throws -> PublishingSummary {
            var outcomes: [SpeechFiles.Outcome] = []
            for outcome in files {
                guard case .speech(_, let path) = outcome, let broken = unreadable[name(path)], broken.attempts > 0
                else {
                    outcomes.append(outcome)
                    continue
                }
                unreadable[name(path)]?.attempts -= 1
                if broken.isPart { outcomes.append(outcome) }
                outcomes.append(.rejected(FormatError(.unreadable, "permission denied", cure: "-", file: path)))
            }
            rounds.append((file.map { "alone " + name($0) + ": " } ?? "") + "\(outcomes.count)")
            let settings = try SettingsResolution(SettingsSources(environment: [:])).settings()
            defer { if isOver(self) { stop.request() } }
            return try ProducerWorker(settings, publisher: publisher, notice: notice)
                .publish(outcomes, until: StopRequest())
        }

        func finished(alone file: String?) {
            if let file { held.remove(file) }
            finished.append(file.map(name) ?? "round")
            if isOver(self) { stop.request() }
        }
        func hold(_ file: String) { held.insert(file) }
        func isHeld(_ file: String) -> Bool { held.contains(file) }

        private func name(_ path: String) -> String { URL(filePath: path).lastPathComponent }
    }

    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: "watch-\(UUID().uuidString)")
        let state = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)")

        init(_ names: [String]) throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
            for name in names {
                let file = url.appending(path: name).path
                try Data("Speech \(name)\n\nThis was said in \(name).".utf8).write(to: URL(filePath: file))
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: file)
            }
        }

        deinit {
            try? FileManager.default.removeItem(at: url)
            try? FileManager.default.removeItem(at: state)
        }

        /// Which files are noted.
        func taken(_ names: [String]) throws -> [String] {
            let list = try TakenFiles(folder: state.path, watched: url.standardizedFileURL.path, topic: "t")
            return names.filter { name in
                FileVersion(url.standardizedFileURL.appending(path: name).path).map(list.contains) == true
            }
        }
    }

    /// Watches until the publishing is over, a minute at most, with a clock that makes waits short.
    private func watch(
        _ folder: Folder, _ publishing: TestPublishing, said: @escaping (PublishingNotice) -> Void = { _ in }
    ) throws -> PublishingSummary {
        let start = MonotonicClock.system.now()
        let stop = publishing.stop
        let clock = MonotonicClock {
            let now = MonotonicClock.system.now()
            if now - start > .seconds(60) { stop.request() }
            return now * 50
        }
        var loop = try WatchLoop(
            folder.url.standardizedFileURL.path, state: folder.state.path, topic: "t", registry: FormatRegistry(),
            context: SourceContext(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
        return try loop.run(publishing, until: stop, notice: said)
    }

    @Test func aFileThatCannotBeOpenedIsTriedAgainAndSaidOnce() throws {
        let names = ["a.txt", "b.txt", "c.txt"]
        let folder = try Folder(names)
        let publishing = TestPublishing(TestPublisher(), stop: StopRequest())
        publishing.unreadable = ["b.txt": (3, isPart: false)]
        publishing.isOver = { $0.publisher.records.count == 3 && $0.finished.count == $0.rounds.count }
        var refusals = 0
        let summary = try watch(folder, publishing) { if case .rejected = $0 { refusals += 1 } }
        #expect(summary.published == 3)
        #expect(summary.rejected == [:] && summary.failed == [:] && !summary.isInterrupted)
        #expect(refusals == 1)
        #expect(publishing.rounds.count == 4)
        #expect(try folder.taken(names) == names)
    }

    /// What cannot be read to the end is not taken: it counts, and comes again after the next start.
    @Test func aFileThatIsNeverReadIsRefusedAndNotTaken() throws {
        let names = ["a.txt", "b.txt"]
        let folder = try Folder(names)
        let publishing = TestPublishing(TestPublisher(), stop: StopRequest())
        publishing.unreadable = ["b.txt": (.max, isPart: false)]
        publishing.isOver = { $0.rounds.count == 3 }
        let summary = try watch(folder, publishing)
        #expect(summary.published == 1)
        #expect(summary.rejected == ["format.unreadable": 1])
        #expect(summary.exitCode == .problemsFound)
        #expect(try folder.taken(names) == ["a.txt"])
        let later = TestPublishing(TestPublisher(), stop: StopRequest())
        later.isOver = { $0.finished.count == 1 }
        #expect(try watch(folder, later).published == 1)
        #expect(try folder.taken(names) == names)
    }

    /// A file that broke off comes again alone, as the import that it was a part of; the others go on.
    @Test func aFileThatBreaksOffComesAgainAlone() throws {
        let names = ["a.txt", "b.txt"]
        let folder = try Folder(names)
        let publishing = TestPublishing(TestPublisher(), stop: StopRequest())
        publishing.unreadable = ["b.txt": (2, isPart: true)]
        publishing.isOver = { $0.finished.count == 2 }
        _ = try watch(folder, publishing)
        #expect(publishing.rounds == ["3", "alone b.txt: 2", "alone b.txt: 1"])
        #expect(publishing.finished == ["round", "b.txt"])
        #expect(try folder.taken(names) == names)
    }

    /// A document that the brokers refuse for its size holds up nothing: not its file, not the round, not the next ones.
    @Test(arguments: [true, false])
    func aDocumentThatTheBrokersRefuseHoldsUpNothing(isAtOnce: Bool) throws {
        let names = (0..<1_200).map { "speech-\($0).txt" }
        let folder = try Folder(names)
        let text = Array("said in speech-7.txt".utf8)
        let isLarge = { (record: OutgoingRecord) in record.value?.firstRange(of: text) != nil }
        let publisher = TestPublisher(
            capacity: 2_000, isFailing: { !isAtOnce && isLarge($0) }, failureClass: .data,
            isRefused: { isAtOnce && isLarge($0) })
        let publishing = TestPublishing(publisher, stop: StopRequest())
        publishing.isOver = { $0.finished.count == 2 }
        let summary = try watch(folder, publishing)
        #expect(summary.published == 1_199)
        #expect(summary.rejected == ["test-refused": 1])
        #expect(summary.exitCode == .problemsFound)
        #expect(publishing.rounds == ["1000", "200"])
        #expect(try folder.taken(names) == names)
    }

    /// What may pass is another matter: the round comes again as a whole, so that revisions keep their order.
    @Test func aRoundThatFailedComesAgain() throws {
        let names = ["a.txt", "b.txt"]
        let folder = try Folder(names)
        var attempts = 0
        let publisher = TestPublisher(isFailing: { _ in
            attempts += 1
            return attempts == 1
        })
        let publishing = TestPublishing(publisher, stop: StopRequest())
        publishing.isOver = { $0.finished.count == 1 }
        let summary = try watch(folder, publishing)
        #expect(publishing.rounds == ["2", "2"])
        #expect(summary.failed == [:])
        #expect(try folder.taken(names) == names)
    }
}

@Suite struct UnreadFilesTests {
    private func version() throws -> FileVersion { try #require(FileVersion(#filePath)) }

    @Test func attemptsBecomeRarerAndGoOn() throws {
        let version = try version()
        var files = UnreadFiles()
        var now = Duration.zero
        var waits: [Duration] = []
        for _ in 0..<100 {
            let isTried = files.note(version, isPart: false, at: now)
            #expect(isTried)
            let start = now
            while files.isResting(version, at: now) { now += .seconds(1) }
            waits.append(now - start)
        }
        let wanted: [Duration] = [2, 4, 8, 16, 32, 60, 60].map { .seconds($0) }
        #expect(Array(waits[..<7]) == wanted)
        #expect(waits.allSatisfy { $0 <= .seconds(60) })
        files.keep { _ in false }
        #expect(files.count == 0 && !files.isResting(version, at: .zero))
    }

    @Test func aFileThatBreaksOffIsGivenUpInTheEnd() throws {
        let version = try version()
        var files = UnreadFiles()
        for _ in 1..<UnreadFiles.partAttemptsMax {
            let isTried = files.note(version, isPart: true, at: .zero)
            #expect(isTried)
        }
        let isTriedUnopened = files.note(version, isPart: false, at: .zero)
        #expect(isTriedUnopened, "an attempt that did not open it is none of these")
        let isTriedOnceMore = files.note(version, isPart: true, at: .zero)
        #expect(!isTriedOnceMore)
        #expect(!files.contains(version))
    }
}
