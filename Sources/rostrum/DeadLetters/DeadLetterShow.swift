import ArgumentParser
import Delivery
import WorkerSupport
import Workers

/// `rostrum deadletter show PLACE`
struct DeadLetterShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows one dead letter: why it is one, where it came from, its headers, key and value.",
        discussion: """
            PLACE is what 'rostrum deadletter list' shows first: partition and offset in the dead-letter topic. --raw writes \
            the bytes of the value and nothing else.

            Examples:
              rostrum deadletter show 0:42
              rostrum deadletter show 0:42 --raw > speech.json && rostrum classify speech.json

            \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration]))
            """)

    @Argument(help: ArgumentHelp("PARTITION:OFFSET.", valueName: "place"))
    var place: Place

    @Option(help: "text or json.")
    var output: DeadLetterCommand.Output = .text

    @Flag(help: "Write the value's bytes alone.")
    var raw = false

    @OptionGroup var options: SettingsOptions

    struct Place: ExpressibleByArgument {
        let partition: Partition
        let offset: Offset

        init?(argument: String) {
            let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
                offset >= 0
            else { return nil }
            self.partition = Partition(partition)
            self.offset = Offset(offset)
        }
    }

    func run() async throws {
        let (partition, offset) = (place.partition, place.offset)
        let settings = try options.settings()
        let letter = try await DeadLetterCommand.work(settings) { job in
            try job.letter(at: partition, offset, until: StopRequest())
        }
        guard let letter else {
            throw ProgramFailure(
                .failed, code: "deadletter.not_there",
                "\(settings.kafkaTopics.deadletter) has no record at partition \(partition), offset \(offset); "
                    + "'rostrum deadletter list' shows what it has")
        }
        if raw {
            StandardOutput.write(letter.record.value ?? [])
        } else {
            StandardOutput.write(output == .json ? DeadLetterJSON.letter(letter) : DeadLetterText.letter(letter))
        }
    }
}
