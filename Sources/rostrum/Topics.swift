import ArgumentParser
import Delivery
import Foundation
import KafkaClient
import WorkerSupport
import Workers

/// `rostrum topics …`: Kafka topics, not policy topics.
struct Topics: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes and describes the Kafka topics that the workers need.",
        subcommands: [Create.self, Describe.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes those Kafka topics that are not there yet; leaves the others as they are.",
            discussion: """
                Example: rostrum topics create --bootstrap-servers kafka:9092 --set kafkaTopics.replicationFactor=3

                \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration]))
                """)

        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let settings = try options.settings()
            let failed = try await Topics.work(settings) { admin in
                let wanted = KafkaTopicPlan.topics(settings)
                let failures = try admin.createTopics(wanted, timeout: .seconds(30))
                var failed = 0
                for topic in wanted {
                    switch failures[topic.name] {
                    case nil: StandardOutput.write("\(topic.name): made, \(topic.partitions) partitions\n")
                    case let failure? where failure.errorCode == .topicAlreadyExists:
                        StandardOutput.write("\(topic.name): is there already\n")
                    case let failure?:
                        failed += 1
                        Program.say("error: \(topic.name): \(failure)")
                    }
                }
                return failed
            }
            try Program.end(with: failed == 0 ? .done : .failed)
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compares the Kafka topics with what the settings want.",
            discussion: """
                Example: rostrum topics describe --bootstrap-servers kafka:9092

                \(ExitCode.explained([.done, .failed, .usage, .problemsFound, .unreachable, .badConfiguration]))
                """)

        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let settings = try options.settings()
            let problems = try await Topics.work(settings) { admin in
                var problems = 0
                for wanted in KafkaTopicPlan.topics(settings) {
                    let differences = try Topics.describe(wanted, admin)
                    problems += differences
                }
                return problems
            }
            try Program.end(with: problems == 0 ? .done : .problemsFound)
        }
    }

    /// Prints a line about a Kafka topic; returns how many things differ from what is wanted.
    private static func describe(_ wanted: KafkaAdmin.NewTopic, _ admin: KafkaAdmin) throws -> Int {
        let timeout = Duration.seconds(10)
        let partitions = try admin.metadata(of: wanted.name, timeout: timeout).partitions(of: wanted.name).count
        guard partitions > 0 else {
            StandardOutput.write("\(wanted.name): missing; make it with 'rostrum topics create'\n")
            return 1
        }
        let config = try admin.config(of: wanted.name, timeout: timeout)
        var differences: [String] = []
        if partitions != wanted.partitions { differences.append("\(wanted.partitions) partitions are wanted") }
        for (name, value) in wanted.config.sorted(by: { $0.key < $1.key }) {
            guard let actual = config[name], actual != value else { continue }
            differences.append("\(name) is \(actual), \(value) is wanted")
        }
        let facts = ["\(partitions) partitions"] + differences
        StandardOutput.write("\(wanted.name): \(facts.joined(separator: "; "))\n")
        return differences.count
    }

    /// Blocking work on the cluster, its errors turned into the program's failures.
    private static func work(
        _ settings: Settings, _ body: @escaping @Sendable (KafkaAdmin) throws -> Int
    ) async throws -> Int {
        let logger = Logs(level: settings.log.level == .info ? .error : settings.log.level, format: settings.log.format)
            .logger("rostrum")
        do {
            return try await OwnThread.run("topics") {
                let cluster = Cluster(settings, program: "rostrum", logger: logger)
                _ = try cluster.isReady(topics: [], until: StopRequest())
                return try body(cluster.admin())
            }
        } catch {
            throw ProgramFailure(error)
        }
    }
}
