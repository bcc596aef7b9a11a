import Delivery
import Foundation
import KafkaClient
import Logging
import SpeechFormats
import WorkerSupport
import Workers

/// A producer's run on the cluster: what is refused on standard error as it happens, a summary on standard output.
struct PublishingProcess: Sendable {
    typealias Work =
        @Sendable (
            ImportRun, KafkaProducer, Logger, StopRequest, @escaping (PublishingNotice) -> Void
        ) throws -> PublishingSummary

    let settings: Settings
    var policy = PublishingPolicy()
    let json: Bool
    var rejects: String?
    var progress: ReadingProgress?

    func run(_ work: @escaping Work) async throws {
        let outcome = SummaryBox()
        let code = await WorkerProcess.run(.producer, settings) { worker in
            let (telemetry, stop) = (worker.telemetry, worker.stop)
            let cluster = Cluster(settings, program: "rostrum-producer", telemetry: telemetry)
            let folder = try rejects.map { try RejectFolder($0) }
            guard try cluster.isReady(topics: [settings.kafkaTopics.documents], until: stop) else {
                return telemetry.ends(with: .stoppedAtOnce, PublishingSummary.stoppedAtOnce.exitCode)
            }
            telemetry.started(settings, [.kafkaTopic: settings.kafkaTopics.documents])
            let notices = PublishingNotices(rejects: folder, progress: progress)
            let run = ImportRun(settings, cluster: cluster, policy: policy, logger: telemetry.logger)
            let producer = try cluster.producer(to: KafkaTopic(settings.kafkaTopics.documents))
            let summary = try work(run, producer, telemetry.logger, stop) { notice in
                telemetry.observe(notice)
                notices.take(notice)
            }
            notices.end()
            telemetry.ends(with: summary, summary.exitCode)
            outcome.put(summary)
        }
        guard code == .done else { return try Program.end(with: code) }
        let summary = outcome.take() ?? .stoppedAtOnce
        print(json ? summary.json : summary.text)
        try Program.end(with: summary.exitCode)
    }
}

extension PublishingSummary {
    /// Of a run that was stopped before it began.
    fileprivate static let stoppedAtOnce: PublishingSummary = {
        var summary = PublishingSummary()
        summary.isInterrupted = true
        return summary
    }()
}

/// What a person sees while documents are published. One thread.
private final class PublishingNotices {
    /// More refusals than this are counted and kept, not shown one by one.
    private static let shownMax = 100

    private let rejects: RejectFolder?
    private let progress: ReadingProgress?
    private let line = ProgressLine()
    private let start = MonotonicClock.system.now()
    private var shown = 0

    init(rejects: RejectFolder?, progress: ReadingProgress?) {
        self.rejects = rejects
        self.progress = progress
    }

    func take(_ notice: PublishingNotice) {
        switch notice {
        case .rejected(let error, _):
            rejects?.keep(error)
            say("refused: \(error)")
        case .refused(let id, let file, let code, let reason):
            rejects?.keep(id, of: file, code: code, reason: reason)
            say("refused: \(id): \(reason)")
        case .warning(let error): say("warning: \(error)")
        case .failed(let id, _, let reason): say("not published: \(id): \(reason)")
        case .nearDuplicate(let id, let earlier): say("nearly the same: \(id) repeats \(earlier)")
        case .progress(let published): line.show(bar(published))
        }
    }

    func end() {
        line.clear()
        if shown > Self.shownMax { Program.say("\(shown - Self.shownMax) more such lines are not shown") }
    }

    private func say(_ text: String) {
        shown += 1
        guard shown <= Self.shownMax else { return }
        line.clear()
        Program.say(text)
    }

    /// `[########------------]  41 %  1312 documents, 640/s, 0:03 left`.
    private func bar(_ published: Int) -> String {
        let seconds = max((MonotonicClock.system.now() - start) / .seconds(1), 0.001)
        let rate = "\(published) documents, \(Int(Double(published) / seconds))/s"
        guard let progress, progress.total > 0 else { return rate }
        let share = min(Double(progress.bytes) / Double(progress.total), 1)
        let done = Int(share * 20)
        let left = share > 0 ? Int(seconds / share - seconds) : 0
        let clock = "\(left / 60):" + (left % 60 < 10 ? "0" : "") + "\(left % 60)"
        return "[" + String(repeating: "#", count: done) + String(repeating: "-", count: 20 - done)
            + "] \(Int(share * 100)) %  \(rate), \(clock) left"
    }
}
