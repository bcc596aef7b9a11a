import ArgumentParser
import Foundation
import WorkerSupport

/// `rostrum health [URL]`
struct Health: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks a worker whether it is well; for containers, which have no curl.",
        discussion: """
            Without a URL it asks the worker of this machine at http.port (ROSTRUM_HTTP_PORT). Prints what is the matter, \
            nothing when nothing is.

            Examples:
              rostrum health
              rostrum health --ready http://classifier-0:9464

            \(ExitCode.explained([.done, .failed, .usage, .badConfiguration]))
            Here 1 means that the worker is not well or does not answer.
            """)

    @Argument(
        help: ArgumentHelp("The worker's endpoints, http://host:port, or the whole address of one.", valueName: "url"))
    var url: String?

    @Flag(help: "Ask whether it can work (/health/ready) instead of whether it makes progress (/health/live).")
    var ready = false

    @Option(help: ArgumentHelp("How long to wait for the answer, in seconds from 1 to 60.", valueName: "seconds"))
    var timeout = 5

    @OptionGroup var options: SettingsOptions

    func validate() throws {
        guard 1...60 ~= timeout else {
            throw ValidationError("--timeout is \(timeout); it must be from 1 to 60 seconds")
        }
        if let url, Self.address(url, path: "") == nil {
            throw ValidationError("'\(url)' is no address; give http://host:port")
        }
    }

    func run() async throws {
        let path = ready ? "/health/ready" : "/health/live"
        let base: String
        if let url {
            base = url
        } else {
            let settings = try options.settings()
            guard let port = settings.http.port, port > 0 else {
                throw ProgramFailure(
                    .badConfiguration, code: "http.no_port",
                    "there is no port to ask: set http.port (ROSTRUM_HTTP_PORT) as for the worker, or give its address")
            }
            // A worker that listens at all addresses is asked at this machine's own.
            let host = ["0.0.0.0", "::"].contains(settings.http.host) ? "127.0.0.1" : settings.http.host
            base = "http://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
        guard let address = Self.address(base, path: path) else {
            throw ProgramFailure(.usage, code: "http.bad_address", "'\(base)' is no address; give http://host:port")
        }
        do throws(WorkerQuestion.NoAnswer) {
            let (status, body) = try await WorkerQuestion.get(address, within: .seconds(timeout))
            guard status != 200 else { return }
            let report = try? JSONDecoder().decode(HealthReport.self, from: body)
            Program.say("\(report?.status ?? "HTTP status \(status)") (\(address.absoluteString))")
            for problem in report?.problems ?? [] { Program.say("  \(problem)") }
        } catch {
            Program.say("\(address.absoluteString): \(error)")
        }
        try Program.end(with: .failed)
    }

    /// An address that has a path of its own keeps it.
    static func address(_ text: String, path: String) -> URL? {
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false else {
            return nil
        }
        return url.path.isEmpty || url.path == "/" ? url.appending(path: path) : url
    }
}
