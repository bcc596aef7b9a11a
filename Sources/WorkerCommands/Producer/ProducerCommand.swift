import ArgumentParser
import WorkerSupport

struct ProducerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rostrum-producer",
        abstract: "Reads speeches in the formats people have and publishes them as documents to Kafka.",
        discussion: "'rostrum-producer PATH…' is short for 'rostrum-producer publish PATH…'.",
        version: Version.rostrum,
        subcommands: [Publish.self, Serve.self, Withdraw.self],
        defaultSubcommand: Publish.self)
}
