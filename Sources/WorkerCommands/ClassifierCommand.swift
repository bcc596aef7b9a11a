import ArgumentParser
import WorkerSupport
import Workers

struct ClassifierCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rostrum-classifier",
        abstract: "Reads documents from Kafka, applies the rules, publishes one event per document.",
        discussion: """
            Runs until SIGTERM or SIGINT, then finishes what it has in hand, commits and exits with 0. Records that \
            cannot be read go to the dead-letter topic. Log lines go to standard error. Rules are read again when their \
            files change and at SIGHUP; rules that are not sound change nothing.

            Example: rostrum-classifier --bootstrap-servers kafka:9092 --rules Config/rules

            \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration, .interrupted]))
            """,
        version: Version.rostrum)

    @OptionGroup var options: SettingsOptions

    @Option(help: ArgumentHelp("Folder of rule files (rules.path).", valueName: "folder"))
    var rules: String?

    func run() async throws {
        let settings = try options.settings(
            rules.map { [SettingFlag(key: "rules.path", value: $0, flag: "--rules")] } ?? [])
        let code = await WorkerProcess.run(.classifier, settings) { worker in
            let rules = LiveRuleset(try Rules.load(settings))
            let reloader = RulesetReloader(rules, settings, told: worker.telemetry.observe)
            ProcessSignals.handleHangup { reloader.ask() }
            reloader.start(until: worker.stop)
            let watchdog = ProgressWatchdog(settings, logger: worker.logger, stop: worker.stop)
            watchdog.start()
            try ClassifierWorker.runLive(
                settings, rules: rules, shadow: Rules.loadShadow(settings), telemetry: worker.telemetry,
                until: worker.stop,
                observe: watchdog.observe)
        }
        try Program.end(with: code)
    }
}
