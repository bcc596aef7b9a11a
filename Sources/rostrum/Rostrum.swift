import ArgumentParser
import KafkaClient
import WorkerCommands
import WorkerSupport

@main
struct Rostrum: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rostrum",
        abstract: "Tags crime-policy topics in speeches and shows the words that prove them.",
        discussion: "Start with 'rostrum demo', or 'rostrum classify FILE'.",
        version: "rostrum \(Version.rostrum) (librdkafka \(Librdkafka.version))",
        subcommands: [
            Demo.self, Classify.self, Topics.self, DeadLetterCommand.self, Replay.self, StoreCommand.self,
            RulesCommand.self, Config.self, Status.self, Top.self, GroupsCommand.self,
            Health.self,
        ])

    static func main() async {
        if let worker = WorkerProgram(calledAs: CommandLine.arguments.first ?? "") { await worker.main() }
        await Program.main(Self.self)
    }
}
