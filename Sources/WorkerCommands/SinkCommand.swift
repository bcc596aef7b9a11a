import ArgumentParser
import WorkerSupport
import Workers

struct SinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rostrum-sink",
        abstract: "Reads classification events from Kafka and keeps them in SQLite, PostgreSQL or NDJSON files.",
        discussion: """
            Events and the offsets that follow them are written in one transaction, so that every event has exactly one \
            set of rows, whatever crashes. Runs until SIGTERM or SIGINT, then stores what it has in hand and exits with \
            0. Log lines go to standard error.

            Example: rostrum-sink --bootstrap-servers kafka:9092 --store /var/lib/rostrum/rostrum.sqlite
            Example: ROSTRUM_STORE_CONNECTION_FILE=/run/secrets/db rostrum-sink --set store.kind=postgresql

            \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration, .interrupted]))
            """,
        version: Version.rostrum)

    @OptionGroup var options: SettingsOptions

    @OptionGroup var store: StoreOption

    func run() async throws {
        let settings = try options.settings(store.flags)
        let code = await WorkerProcess.run(.sink, settings) { worker in
            let watchdog = ProgressWatchdog(settings, logger: worker.logger, stop: worker.stop)
            watchdog.start()
            try SinkWorker.runLive(settings, telemetry: worker.telemetry, until: worker.stop, observe: watchdog.observe)
        }
        try Program.end(with: code)
    }
}
