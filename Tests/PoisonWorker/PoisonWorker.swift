import Delivery
import Foundation
import KafkaClient
import RuleEngine
import Speeches
import WorkerSupport
import Workers

/// The classifier as shipped, but for one step: a speech with the title `poison` takes the process down or holds it up, in the way that
/// the argument says. For the tests of what is remembered over a crash; settings come from the environment.
@main
struct PoisonWorker {
    enum Death: String {
        case trap, abort, access, overflow, hang
        /// Hangs beside the shipped watchdog, which ends the process.
        case standstill
    }

    static func main() async throws {
        guard CommandLine.arguments.count == 2, let death = Death(rawValue: CommandLine.arguments[1]) else {
            let deaths = "trap|abort|access|overflow|hang|standstill"
            FileHandle.standardError.write(Data("usage: PoisonWorker \(deaths)\n".utf8))
            exit(ExitCode.usage.rawValue)
        }
        let settings = try SettingsResolution(
            SettingsSources(environment: ProcessInfo.processInfo.environment)
        ).settings()
        let code = await WorkerProcess.run(.classifier, settings) { worker in
            let (telemetry, stop) = (worker.telemetry, worker.stop)
            let rules = try Rules.load(settings)
            let cluster = Cluster(settings, program: "rostrum-classifier", logger: telemetry.logger)
            guard try cluster.isReady(topics: [settings.kafkaTopics.documents], until: stop) else { return }
            let watchdog = ProgressWatchdog(settings, logger: telemetry.logger, stop: stop)
            if death == .standstill { watchdog.start() }
            let worker = ClassifierWorker(settings, telemetry: telemetry, observe: watchdog.observe) {
                let classifier = Classifier(rules)
                return { speech in
                    if speech.title == "poison" { die(of: death) }
                    return classifier.classify(speech)
                }
            }
            let group = settings.consumer.classifierGroup
            telemetry.started(settings, group: group)
            try worker.run(
                from: cluster.consumer(of: [settings.kafkaTopics.documents], group: group), to: cluster.producer(),
                acknowledging: CommitAfterDelivery(), until: stop)
        }
        exit(code.rawValue)
    }

    private static func die(of death: Death) -> Never {
        switch death {
        case .trap: fatalError("poison")
        case .abort: abort()
        case .access: UnsafeMutablePointer<UInt8>(bitPattern: 16)?.pointee = 1
        case .overflow: print(depth(1))
        case .hang, .standstill: while true { Thread.sleep(forTimeInterval: 1) }
        }
        fatalError("poison did not work")
    }

    /// Never ends; each turn needs the stack, for its work comes after the call.
    private static func depth(_ level: Int) -> Int {
        level < 0 ? 0 : [level, depth(level + 1)].reduce(0, +)
    }
}
