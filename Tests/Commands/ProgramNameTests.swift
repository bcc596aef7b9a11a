import Foundation
import Testing

/// An image has one executable under four names: what it is depends on what it is called.
@Suite struct ProgramNameTests {
    /// Calls a link to `rostrum`.
    private func call(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Ended {
        let folder = try TemporaryFolder()
        let link = folder.url(of: name)
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: Programs.path(of: "rostrum"))
        // By its path, and by its name alone as a container engine does it.
        let ended = try run("sh", ["-c", #"exec "$0" "$@""#, link.path] + arguments, environment: environment)
        let path = ["PATH": "\(folder.path):/usr/bin:/bin"]
        let found = try run(
            "sh", ["-c", #"exec "$0" "$@""#, name] + arguments, environment: environment.merging(path) { $1 })
        #expect(found.code == ended.code)
        #expect(found.output == ended.output)
        return ended
    }

    @Test(arguments: ["rostrum-producer", "rostrum-classifier", "rostrum-sink"])
    func rostrumIsTheWorkerThatItIsCalledAs(worker: String) throws {
        let help = try call(worker, ["--help"])
        #expect(help.code == 0)
        #expect(help.output == (try run(worker, ["--help"]).output))
        #expect(help.output.contains("USAGE: \(worker) "))
        let wrong = try call(
            worker, ["--set", "log.level=loud", "--watch", "/no/such"], environment: FailureTests.away)
        let own = try run(
            worker, ["--set", "log.level=loud", "--watch", "/no/such"], environment: FailureTests.away)
        #expect(wrong.code == own.code)
        #expect(wrong.errors == own.errors)
    }

    @Test(arguments: ["rostrum", "rostrum-1.2", "rostrum-sink.old", "sink"])
    func underAnyOtherNameItIsRostrum(name: String) throws {
        #expect(try call(name, ["--help"]).output.contains("USAGE: rostrum <subcommand>"))
    }

    /// Rules and samples are looked for where the executable is, not where the link is.
    @Test func aLinkFindsTheShippedRules() throws {
        let ended = try call("rostrum", ["rules", "check"])
        #expect(ended.code == 0)
    }
}
