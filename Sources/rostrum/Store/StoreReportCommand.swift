import ArgumentParser
import EventStore
import Foundation
import Speeches
import StoreReports
import WorkerSupport

/// `rostrum store report`
struct StoreReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes a page of the store: topics over time, speakers, pairs, the newest evidence.",
        discussion: """
            One HTML file without scripts that loads nothing: to be sent, read on a phone, printed.

            Example: rostrum store report --title "Speeches of 2022" > report.html

            \(StoreCommand.codes)
            """)

    @Option(help: ArgumentHelp("What the page is called.", valueName: "text"))
    var title = "Crime policy in speeches"

    @Option(help: ArgumentHelp("How long each question may take.", valueName: "seconds"))
    var secondsMax = 300

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard 1...86_400 ~= secondsMax else {
            throw ValidationError("--seconds-max is \(secondsMax); it must be from 1 to 86400")
        }
    }

    func run() async throws {
        let seconds = secondsMax
        let report = try await store.work(.read) { try StoreReport($0, secondsMax: seconds) }
        let made = Date.now.formatted(.iso8601.year().month().day())
        StandardOutput.write(report.page(title: title, made: made))
    }
}

/// `rostrum store export`
struct StoreExport: AsyncParsableCommand {
    enum Form: String, ExpressibleByArgument, CaseIterable {
        case ndjson, csv
    }

    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes what is stored to standard output: whole events, or a table of topics.",
        discussion: """
            ndjson: an event a line, byte for byte as it was published; those of the current ruleset and revision, or with \
            --all every event. csv: a line for each topic of each current document (the view current_topics).

            Example: rostrum store export --output ndjson > events.ndjson

            \(StoreCommand.codes)
            """)

    @Option(help: "ndjson or csv.")
    var output: Form = .ndjson

    @Flag(help: "Every event: earlier revisions and all rulesets, too (ndjson only).")
    var all = false

    @OptionGroup var store: StoreOptions

    func validate() throws {
        guard !(all && output == .csv) else { throw ValidationError("--all goes with --output ndjson alone") }
    }

    func run() async throws {
        let (form, all) = (output, all)
        try await store.work(.read) { store in
            if form == .csv { try Self.table(store) } else { try Self.events(store, all: all) }
        }
    }

    private static func events(_ store: any EventStore, all: Bool) throws {
        let current = try store.rulesets().first(where: \.isCurrent)?.digest
        var waiting: [UInt8] = []
        try store.forEachEvent { stored in
            guard all || (stored.isCurrent && stored.event.ruleset.digest == current) else { return }
            waiting += stored.event.json
            waiting.append(UInt8(ascii: "\n"))
            if waiting.count > 65_536 {
                StandardOutput.write(waiting)
                waiting = []
            }
        }
        StandardOutput.write(waiting)
    }

    private static func table(_ store: any EventStore) throws {
        let question = StoreQuestion(
            sql: """
                SELECT document_id, revision, title, speaker_id, speaker, speaker_role, speaker_organisation, delivered_on,
                    language, source_uri, topic_id, topic, score, prominence, evidence_count, event_id
                FROM current_topics ORDER BY document_id, position
                """)
        var waiting = ""
        try store.ask(question, secondsMax: 86_400) {
            waiting = AnswerText.csv($0)
        } row: { row in
            waiting += AnswerText.csv(row.map(\.description))
            if waiting.utf8.count > 65_536 {
                StandardOutput.write(waiting)
                waiting = ""
            }
            return true
        }
        StandardOutput.write(waiting)
    }
}
