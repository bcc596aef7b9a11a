import Delivery
import Foundation
import KafkaClient
import Logging
import WorkerSupport
import Workers

/// A producer's run on the cluster: what is refused on standard error as it happens, a summary on standard output.
struct PublishingProcess: Sendable {
    let settings: Settings
    let json: Bool

    func run(
        _ work: @escaping @Sendable (ProducerWorker<KafkaProducer>, StopRequest) throws -> PublishingSummary
    ) async throws {
        let outcome = SummaryBox()
        let code = await WorkerProcess.run(.producer, settings) { worker in
            let (telemetry, stop) = (worker.telemetry, worker.stop)
            let cluster = Cluster(settings, program: "rostrum-producer", telemetry: telemetry)
            guard try cluster.isReady(topics: [settings.kafkaTopics.documents], until: stop) else { return }
            telemetry.started(settings, [.kafkaTopic: settings.kafkaTopics.documents])
            let progress = ProgressLine()
            let worker = ProducerWorker(settings, publisher: try cluster.producer()) { notice in
                telemetry.observe(notice)
                switch notice {
                case .rejected(let error):
                    progress.clear()
                    Program.say("refused: \(error)")
                case .failed(let id, _, let reason):
                    progress.clear()
                    Program.say("not published: \(id): \(reason)")
                case .progress(let published): progress.show("\(published) documents published")
                }
            }
            let summary = try work(worker, stop)
            progress.clear()
            telemetry.ends(with: summary)
            outcome.put(summary)
        }
        guard code == .done else { return try Program.end(with: code) }
        var nothing = PublishingSummary()
        nothing.isInterrupted = true
        let summary = outcome.take() ?? nothing
        print(json ? summary.json : summary.text)
        try Program.end(with: summary.exitCode)
    }
}
