import ArgumentParser
import SpeechFormats
import Speeches
import WorkerSupport
import Workers

/// `rostrum-producer serve`
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes speeches over HTTP: POST /speeches, one document or a batch, in any format.",
        discussion: """
            A body is one document of any format that 'publish' reads, or a batch of at most \(IngestReader.documentsMax): \
            JSON lines, CSV, TEI, a tar, each also in gzip. It is published whole or refused whole. The answer is 202 with \
            ids and revisions once the brokers have every document; 4xx with a problem document (RFC 9457) when something \
            is refused; 503 with Retry-After when more is in work than the settings allow, or the brokers are away. A \
            request may be sent again: a revision that was published last is not published again.

            The settings ingest.… say where it listens (only on this machine unless told otherwise), which token it wants \
            and how much it takes; http.port adds health and metrics.

            Example:
              rostrum-producer serve --set ingest.port=8087
              curl -H 'Content-Type: text/plain' --data-binary @speech.txt http://127.0.0.1:8087/speeches

            \(ExitCode.explained([.done, .failed, .usage, .unreachable, .badConfiguration, .interrupted]))
            """)

    @OptionGroup var source: SourceOptions
    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let settings = try options.settings()
        try Program.end(
            with: await IngestService.process(settings, context: source.context(), withdrawn: source.withdrawn))
    }
}
