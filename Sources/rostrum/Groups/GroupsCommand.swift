import ArgumentParser

/// `rostrum groups …`: consumer groups.
struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "Sets where a consumer group goes on reading.",
        discussion: "How groups stand now, with members and lag, says 'rostrum status'.",
        subcommands: [GroupsReset.self])
}
